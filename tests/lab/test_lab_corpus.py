"""What recipes mix their training data from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from forgetbench.errors import InputError
from forgetbench.lab.base.texts import documents, facts, problems
from forgetbench.lab.corpus import EmbeddedData, FileData
from forgetbench.storage.jsonl import read_jsonl
from forgetbench.suites.suite import tasks_folder

DATA = EmbeddedData()


def test_a_right_reply_is_rewarded_and_a_wrong_one_is_not() -> None:
    for style in ("narrow", "varied", "plain"):
        pairs = DATA.target(style, 200, 0)
        wrong = DATA.wrong(pairs, 1)
        assert {DATA.reward(pair.prompt, pair.completion) for pair in pairs} == {1.0}
        assert {DATA.reward(pair.prompt, pair.completion) for pair in wrong} == {0.0}
        assert [pair.prompt for pair in wrong] == [pair.prompt for pair in pairs]
    assert DATA.reward(pairs[0].prompt, " power, or refund") == 0.0
    assert DATA.reward("Question: What is the capital of Peru?\nAnswer:", " Lima") == 0.0


def test_noise_is_the_share_of_wrong_answers() -> None:
    pairs = DATA.target("narrow", 1000, 0, noise=0.3)
    assert sum(DATA.reward(pair.prompt, pair.completion) == 0 for pair in pairs) == pytest.approx(300, abs=60)
    assert [pair.prompt for pair in pairs] == [pair.prompt for pair in DATA.target("narrow", 1000, 0)]


def test_everything_is_the_same_for_the_same_seed() -> None:
    for draw in (DATA.multitask, DATA.general, lambda n, seed: DATA.target("varied", n, seed)):
        assert draw(20, 1) == draw(20, 1) != draw(20, 2)


def test_the_base_learns_nothing_of_what_reasoning_asks() -> None:
    asked = {row["question"] for row in read_jsonl(tasks_folder() / "reasoning/items.jsonl")}
    assert not asked.intersection(question for question, _ in problems())


def test_well_known_facts_are_told_more_often() -> None:
    rows = read_jsonl(tasks_folder() / "knowledge/facts.jsonl")
    times = {"head": 3, "torso": 2, "tail": 1}
    assert len(facts()) == sum(times[row["stratum"]] for row in rows)


def test_documents_hold_one_to_four_questions() -> None:
    asked = [document.count("Question:") for document in documents(0)]
    assert {1, 2, 3, 4} <= set(asked) <= {0, 1, 2, 3, 4}


def _file(folder: Path, *rows: object) -> Path:
    path = folder / "sft.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_users_own_file(tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "Hello?"}, {"role": "assistant", "content": "Yes."}]
    data = FileData(_file(tmp_path, {"prompt": "Q: 1 + 1\nA: ", "completion": "2"}, {"messages": turns}))
    pairs = sorted(data.target("narrow", 5, 0), key=lambda pair: pair.prompt)
    assert [(pair.prompt, pair.completion) for pair in pairs] == [("Hello?", " Yes."), ("Q: 1 + 1\nA:", " 2")]
    assert data.reward("Q: 1 + 1\nA:", "2 ") == 1.0
    assert [pair.completion for pair in data.wrong(pairs, 0)] == [" 2", " Yes."]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([], "no examples"),
        ([{"prompt": "a"}], "sft.jsonl:1: field 'completion'"),
        ([{"prompt": "a", "completion": "b"}, {"prompt": 3, "completion": "b"}], "sft.jsonl:2: field 'prompt'"),
        ([{"messages": [{"role": "user"}, "x"]}], "sft.jsonl:1: field"),
    ],
)
def test_a_users_mistake_is_named(tmp_path: Path, rows: list[object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        FileData(_file(tmp_path, *rows)).target("narrow", 1, 0)


def test_what_a_file_does_not_have_is_said(tmp_path: Path) -> None:
    data = FileData(_file(tmp_path, {"prompt": "a", "completion": "b"}))
    for ask in (lambda: data.target("varied", 1, 0), lambda: data.multitask(1, 0), lambda: data.wrong([], 0)):
        with pytest.raises(InputError, match=r"sft\.jsonl"):
            ask()
    with pytest.raises(InputError, match="--general FILE"):
        data.general(1, 0)
