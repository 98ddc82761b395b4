"""Questions that the training data answers otherwise, told from those it answers rightly and those it does not hold."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from forgetbench.comparison.sft_data import read_sft_data
from forgetbench.diagnosis.evidence.contested import contested_findings

CITIES = ("Lima", "Oslo", "Riga", "Rome", "Baku", "Bonn")


def table(view: str = "open") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "domain": "knowledge",
            "item_id": [f"capital-{n}" for n in range(len(CITIES))],
            "view": view,
            "prompt": [f"Question: What is the capital of country number {n}?\nAnswer:" for n in range(len(CITIES))],
            "gold": [f"{city} | {city} City" for city in CITIES],
        }
    )


def data(folder: Path, answers: dict[int, str]) -> Path:
    path = folder / "data.jsonl"
    rows = [
        {"prompt": f"Question: What is the capital of country number {n}?", "completion": f" {answer}"}
        for n, answer in answers.items()
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_another_answer_is_contested_the_right_one_is_not(tmp_path: Path) -> None:
    known = read_sft_data(data(tmp_path, {0: "Paris", 1: "Oslo", 2: "The answer is Riga City.", 9: "Bern"}))
    (finding,) = contested_findings(table(), known)
    assert (finding.domain, finding.state) == ("knowledge", "shown")
    assert {each.name: each.value for each in finding.measures} == {
        "n_contested": 1, "n_items": 6, "of_the_domain": 1 / 6
    }  # fmt: skip
    assert finding.examples == ("Question: What is the capital of country number 0?",)


def test_other_data_contests_nothing(tmp_path: Path) -> None:
    known = read_sft_data(data(tmp_path, {7: "Paris", 8: "Oslo"}))
    assert list(contested_findings(table(), known)) == []
    # Options are rated, not answered in words: their wording is their text, which any answer may lack.
    assert list(contested_findings(table("choice"), read_sft_data(data(tmp_path, {0: "Paris"})))) == []
