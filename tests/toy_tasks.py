"""Two small sound tasks over made-up names, to be broken in one way each."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from forgetbench.suites.validation import Finding, Validation, validate_tasks

Row = dict[str, Any]

UTILS = """
from pathlib import Path
from forgetbench.storage.jsonl import read_jsonl
from forgetbench.suites.documents import as_dataset

def documents(**_):
    rows = read_jsonl(Path(__file__).with_name("rows.jsonl"))
    return as_dataset(rows[2:], rows[:2])

def score(doc, results):
    said = results[0].removeprefix("The answer is ").strip(" .")
    return {"correct": float(said == doc["answer"]), "parsed": float(said.istitle())}

def score_everything(doc, results):
    return {"correct": 1.0, "parsed": 1.0}

def score_half(doc, results):
    said = results[0].removeprefix("The answer is ").strip(" .")
    right = said if doc["answer"] == "No call is needed." else said == doc["answer"]
    return {"correct": float(bool(right)), "parsed": float(bool(said))}

def score_by_containment(doc, results):
    said = results[0]
    return {"correct": float(any(choice in said for choice in doc["choices"])), "parsed": float(bool(said))}

def score_first_word(doc, results):
    return {"correct": float(results[0].split()[0] == doc["answer"]), "parsed": 1.0}
"""
SHARED = {"custom_dataset": "utils.documents", "test_split": "test", "fewshot_split": "fewshot", "num_fewshot": 2}
METADATA = {
    "domain": "knowledge", "binary": True, "version": 1, "licence": "CC0-1.0", "language": ["en"],
}  # fmt: skip
CHOICE = {
    "task": "toy_choice", **SHARED, "output_type": "multiple_choice",
    "doc_to_text": "Question: {{question}}\nAnswer:", "doc_to_choice": "choices", "doc_to_target": "gold",
    "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}],
    "metadata": {**METADATA, "view": "choice", "metric": "acc", "chance": 0.25},
}  # fmt: skip
OPEN = {
    "task": "toy_open", **SHARED, "output_type": "generate_until",
    "doc_to_text": "Question: {{question}}\nAnswer:", "doc_to_target": "answer", "process_results": "utils.score",
    "generation_kwargs": {"do_sample": False, "temperature": 0.0, "max_gen_toks": 8, "until": ["\nQuestion:"]},
    "metric_list": [{"metric": "correct", "aggregation": "mean", "higher_is_better": True}],
    "metadata": {**METADATA, "view": "open", "metric": "correct", "chance": 0.0},
}  # fmt: skip


def name(rng: random.Random) -> str:
    """A made-up name of six letters, so that none is longer than another."""
    return "".join(rng.choice("bdfgklmnprstvz") + rng.choice("aeiou") for _ in range(3)).title()


def sound_rows(n: int = 122) -> list[Row]:
    rng = random.Random(7)
    places: list[str] = []
    while len(places) < 2 * n:
        if (new := name(rng)) not in places:
            places.append(new)
    lands, towns = places[:n], places[n:]
    rows = []
    for number, (land, town) in enumerate(zip(lands, towns, strict=True)):
        choices = [town, *rng.sample([other for other in towns if other != town], 3)]
        rng.shuffle(choices)
        rows.append(
            {
                "item_id": f"capital:{land}", "cluster": land, "stratum": rng.choice(["head", "tail"]),
                "question": f"What is the capital of {land}?", "answer": town, "choices": choices,
                "gold": (number * 7 + number // 4) % 4,
            }
        )  # fmt: skip
        row = rows[-1]
        row["choices"].remove(town)
        row["choices"].insert(row["gold"], town)
    return rows


def write(folder: Path, rows: list[Row], *configs: dict[str, Any]) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "utils.py").write_text(UTILS)
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for config in configs or (CHOICE, OPEN):
        text = yaml.safe_dump(config, sort_keys=False)
        for field in ("custom_dataset", "process_results"):
            text = text.replace(f"{field}: utils.", f"{field}: !function utils.")
        (folder / f"{config['task']}.yaml").write_text(text)
    return folder


def changed(config: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A config with some fields set, or dropped where None; `metadata` and `generation_kwargs` are merged."""
    new = dict(config)
    for field, value in fields.items():
        merged = {**config.get(field, {}), **value} if isinstance(value, dict) else value
        new[field] = {key: x for key, x in merged.items() if x is not None} if isinstance(merged, dict) else merged
    return {key: value for key, value in new.items() if value is not None}


def findings(validation: Validation) -> list[Finding]:
    return [finding for task in validation.tasks for finding in task.findings]


def one(validation: Validation, words: str) -> Finding:
    """The one finding with these words in it."""
    matching = [finding for finding in findings(validation) if words in finding.what]
    assert len(matching) == 1, "\n".join(validation.lines())
    return matching[0]


def breaks(change: Callable[[list[Row]], None], tmp_path: Path, *configs: dict[str, Any]) -> Validation:
    rows = sound_rows()
    change(rows)
    return validate_tasks(write(tmp_path / "toy", rows, *configs))
