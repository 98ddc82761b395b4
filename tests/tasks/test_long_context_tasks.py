"""The long texts: the same everywhere, every key found again in the text alone, and what degenerate models score."""

from __future__ import annotations

import hashlib
import importlib.util
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import long_context_reader
import pytest
import yaml
from lm_eval.tasks import TaskManager

from forgetbench.errors import InputError
from forgetbench.storage.jsonl import read_jsonl

FOLDER = Path(__file__).parents[2] / "tasks" / "long_context"
ITEMS, TEXTS = (read_jsonl(FOLDER / f"{name}.jsonl") for name in ("items", "texts"))
LENGTHS = {"2k": (2048, 22), "8k": (8192, 12), "32k": (32768, 6)}
SHA256 = {
    2048: "49a26b79b11e5d3f2e7307f57eb0a675f421768445b34ab3b8404a622a562ddd",
    8192: "78fb499324682751a4f7d7a6f45791b9f2e0041529c8e8677e1823c3dfe82758",
    32768: "bbce1f85b9ab95adfb9b02692a0733736f3e8c1e12969c24faf08d9bfebdce0e",
}
NOT_SAID = long_context_reader.NOT_SAID


def load(name: str) -> ModuleType:
    """A Python file of the task folder."""
    spec = importlib.util.spec_from_file_location(f"long_context_{name}", FOLDER / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MAKER = load("texts")
TEXT_2K = {row["text"]: MAKER.text_of(row["text"], 2048) for row in TEXTS}

# --- texts ------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", SHA256)
def test_a_text_is_the_same_on_every_machine(length: int) -> None:
    assert hashlib.sha256(MAKER.text_of("t00", length).encode()).hexdigest() == SHA256[length]


@pytest.mark.parametrize("length", SHA256)
def test_a_text_has_its_length_and_no_sentence_of_the_filler_twice(length: int) -> None:
    for row in TEXTS[:3]:
        text = MAKER.text_of(row["text"], length)
        assert -2 <= len(text) - round(length * MAKER.CHARS_PER_TOKEN) + MAKER.FRAME_CHARS < 300
        said = Counter(long_context_reader.sentences(text))
        assert max(said.values()) == 1
        assert all(said[statement] == 1 for _, statement in row["statements"])


def test_filler_has_no_digit_and_nothing_that_answers() -> None:
    people = MAKER.names()[:40]
    made = MAKER.filler(people, random.Random("any"))
    text = " ".join(next(made) for _ in range(3000))
    assert not re.search(r"\d", text)
    words = set(re.findall(r"[a-z]+", text.lower()))
    assert len(words) > 400
    phrases = {phrase for row in ITEMS if row["kind"] == "phrase" for phrase in row["rivals"]}
    assert not [phrase for phrase in phrases if re.search(rf"\b{phrase}\b", text, re.IGNORECASE)]
    assert not words & set("one two three four five six seven eight nine ten once twice first second last".split())
    asked = [row["question"] for row in ITEMS if row["kind"] == "phrase"]
    assert {long_context_reader.answer(text, question) for question in asked} == {NOT_SAID}


def test_statements_stand_where_their_depth_says() -> None:
    for length in (2048, 8192):
        text = MAKER.text_of("t01", length)
        for depth, statement in TEXTS[1]["statements"]:
            assert text.index(statement) / len(text) == pytest.approx(depth, abs=0.08 if length == 2048 else 0.03)


def test_a_length_without_room_is_refused() -> None:
    with pytest.raises(InputError, match="length 100"):
        MAKER.documents(100)


# --- keys and cues ----------------------------------------------------------------------------


def test_every_answer_is_found_in_the_text_by_a_second_reader() -> None:
    for row in ITEMS:
        assert long_context_reader.answer(TEXT_2K[row["text"]], row["question"]) == row["answer"], row["item_id"]


def test_answers_do_not_depend_on_the_length() -> None:
    for length, n_texts in LENGTHS.values():
        for name in sorted(TEXT_2K)[: min(n_texts, 3)]:
            text = MAKER.text_of(name, length)
            for row in (row for row in ITEMS if row["text"] == name):
                assert long_context_reader.answer(text, row["question"]) == row["answer"], (length, row["item_id"])


def test_items_are_unique_and_every_kind_is_asked_of_every_text() -> None:
    assert len({row["item_id"] for row in ITEMS}) == len(ITEMS) >= 200
    kinds = Counter(row["stratum"] for row in ITEMS)
    assert {kind: n // len(TEXTS) for kind, n in kinds.items()} == {
        "needle_alone": 2, "needle": 2, "needle_number": 2, "several": 1, "last_of_many": 2, "first_of_many": 1,
        "count": 1, "two_hop": 1, "absent": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    "kind", ["needle_alone", "needle", "needle_number", "two_hop", "last_of_many", "first_of_many"]
)
def test_depths_are_balanced(kind: str) -> None:
    depths = Counter(row["depth"] for row in ITEMS if row["stratum"] == kind)
    assert len(depths) == (4 if "many" in kind else 5)
    assert max(depths.values()) - min(depths.values()) <= 2


def test_options_are_four_that_the_text_names_and_places_are_balanced() -> None:
    for row in ITEMS:
        assert len(set(row["choices"])) == 4 and row["choices"][row["gold"]] == row["answer"]
        names = [name for choice in row["choices"] for name in re.split(", | and ", choice)]
        if row["stratum"] != "count":
            assert all(name in TEXT_2K[row["text"]] for name in names if name != NOT_SAID), row["item_id"]
    places = Counter(row["gold"] for row in ITEMS)
    assert max(places.values()) - min(places.values()) <= 0.1 * len(ITEMS)


def test_that_the_text_does_not_say_is_right_as_often_as_any_option() -> None:
    offered = [row for row in ITEMS if NOT_SAID in row["choices"]]
    assert 4 * sum(row["answer"] == NOT_SAID for row in offered) == len(offered)


def test_what_the_text_does_not_say_is_about_something_that_it_names() -> None:
    for row in (row for row in ITEMS if row["stratum"] == "absent"):
        place = re.search(r"(?:into|unlock|door of|key of) the (.+?)(?: kept| painted)?\?", row["question"])
        subject = place[1] if place else re.findall(r"[A-Z]\w+", row["question"])[-1]
        assert subject in TEXT_2K[row["text"]], row["question"]


# --- through lm-eval --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tasks() -> dict[str, Any]:
    manager = TaskManager(include_path=str(FOLDER), include_defaults=False)
    names = [f"long_context_{length}{view}" for length in LENGTHS for view in ("", "_choice")]
    loaded: dict[str, Any] = manager.load(names)["tasks"]
    return loaded


def scores(task: Any, reply: Callable[[dict[str, Any]], str]) -> dict[str, list[float]]:
    """What a model scores, by stratum, whose replies are a function of the document."""
    by_kind: dict[str, list[float]] = {}
    for doc in task.test_docs():
        by_kind.setdefault(doc["stratum"], []).append(task.process_results(doc, [reply(doc)])["correct"])
    return by_kind


def mean(by_kind: dict[str, list[float]], *kinds: str) -> float:
    values = [value for kind, of_kind in by_kind.items() for value in of_kind if not kinds or kind in kinds]
    return sum(values) / len(values)


def last_number(doc: dict[str, Any]) -> str:
    return re.findall(r"\d+", doc["text"])[-1]


def last_holder(doc: dict[str, Any]) -> str:
    return re.findall(r" went to (\w+)\.", doc["text"])[-1]


def last_name(doc: dict[str, Any]) -> str:
    return [word for word in re.findall(r"\w+", doc["text"][-3000:]) if word in MAKER.names()][-1]


def test_views_ask_the_same_and_lengths_are_dialled(tasks: dict[str, Any]) -> None:
    for length, (tokens, n_texts) in LENGTHS.items():
        by_view = [tasks[f"long_context_{length}{view}"] for view in ("", "_choice")]
        written, rated = (list(task.test_docs()) for task in by_view)
        assert [doc["item_id"] for doc in written] == [doc["item_id"] for doc in rated]
        assert len(written) == 13 * n_texts and written[0]["item_id"].startswith(f"{tokens}-t00-")
        prompts = [by_view[0].doc_to_text(doc) for doc in written]
        assert [by_view[1].doc_to_text(doc) for doc in rated] == prompts
        assert all(len(prompt) < tokens * MAKER.CHARS_PER_TOKEN for prompt in prompts)
        assert len({prompt.partition("\n\nQuestion: ")[0] for prompt in prompts}) == n_texts


def test_who_has_read_the_text_is_right_everywhere(tasks: dict[str, Any]) -> None:
    read = scores(tasks["long_context_2k"], lambda doc: long_context_reader.answer(doc["text"], doc["question"]))
    assert mean(read) == 1.0
    said = scores(tasks["long_context_8k"], lambda doc: f"The answer is {doc['answer']}.")
    assert mean(said) == 1.0


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("copied", [last_number, last_holder, last_name])
def test_who_copies_the_last_of_the_text_is_wrong(
    tasks: dict[str, Any], length: str, copied: Callable[[dict[str, Any]], str]
) -> None:
    copies = scores(tasks[f"long_context_{length}"], copied)
    assert mean(copies, "last_of_many") == 0.0
    assert mean(copies) < 0.05


def test_who_says_that_the_text_does_not_say_is_right_where_it_does_not(tasks: dict[str, Any]) -> None:
    never = scores(tasks["long_context_2k"], lambda doc: "The text does not say.")
    assert mean(never, "absent") == 1.0
    assert sum(map(sum, never.values())) == len(TEXTS)  # one of thirteen


def test_a_dial_of_ones_own_takes_three_lines(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    dial = {"length": 65536, "texts": 1}
    fields = {"include": str(FOLDER / "common_open.yaml"), "task": "own_64k", "dataset_kwargs": dial}
    own.write_text(yaml.safe_dump(fields))
    task = TaskManager(include_path=str(tmp_path), include_defaults=False).load(["own_64k"])["tasks"]["own_64k"]
    docs = list(task.test_docs())
    assert len(docs) == 13 and docs[0]["item_id"].startswith("65536-")
    assert len(docs[0]["text"]) > 240_000
    assert task.config.metadata["domain"] == "long_context"


def test_the_files_are_rebuilt_bit_for_bit() -> None:
    done = subprocess.run(
        [sys.executable, str(FOLDER / "build.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
