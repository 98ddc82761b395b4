"""The tools task, through lm-eval's own machinery: every key found again, and models of which the score is known."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import fmean
from typing import Any

import jsonschema
import pytest
from lm_eval.tasks import TaskManager
from tools_values import said_in

from forgetbench.storage.jsonl import read_jsonl

FOLDER = Path(__file__).parents[2] / "tasks" / "tools"
ROWS = read_jsonl(FOLDER / "items.jsonl")
CATALOGUE = {tool["name"]: tool for tool in read_jsonl(FOLDER / "catalogue.jsonl")}
CHOICES = read_jsonl(FOLDER / "choices.jsonl")
CALLS, TWINS = ROWS[::2], ROWS[1::2]
Reply = Callable[[dict[str, Any]], str]


@pytest.fixture(scope="module")
def task() -> Any:
    manager = TaskManager(include_path=str(FOLDER), include_defaults=False)
    return manager.load(["tools_decision"])["tasks"]["tools_decision"]


@pytest.fixture(scope="module")
def choice() -> Any:
    manager = TaskManager(include_path=str(FOLDER), include_defaults=False)
    return manager.load(["tools_choice"])["tasks"]["tools_choice"]


def score(task: Any, reply: Reply, metric: str = "correct") -> float:
    """The mean of a model with these replies, by way of lm-eval."""
    return fmean(task.process_results(doc, [reply(doc)])[metric] for doc in task.test_docs())


def arguments(row: dict[str, Any]) -> dict[str, Any]:
    held: dict[str, Any] = json.loads(row["call"])["arguments"]
    return held


# --- the data ---------------------------------------------------------------------------------


def test_half_of_the_items_are_calls_and_each_has_a_twin_with_the_same_tools() -> None:
    assert len(CALLS) == len(TWINS) >= 130
    for call, twin in zip(CALLS, TWINS, strict=True):
        assert call["kind"] == "call" and call["call"] and not twin["call"]
        assert call["item_id"].removesuffix("/call") == twin["item_id"].removesuffix("/none") == call["cluster"]
        shared = ("cluster", "stratum", "level", "tools")
        assert all(call[field] == twin[field] for field in shared)
        assert len(call["said"]) == len(twin["said"]) and call["said"][:-1] == twin["said"][:-1]


def test_ids_and_last_turns_are_unique() -> None:
    assert len({row["item_id"] for row in ROWS}) == len({row["said"][-1] for row in ROWS}) == len(ROWS)


def test_levels_and_kinds_have_enough_items() -> None:
    assert min(Counter(row["level"] for row in CALLS).values()) >= 28
    kinds = Counter(row["kind"] for row in TWINS)
    assert kinds["talk"] >= 50 and kinds["missing"] >= 50 and kinds["withdrawn"] >= 18
    assert sum(len(row["said"]) > 1 for row in CALLS) >= 18


def test_the_first_pairs_are_a_fair_sample() -> None:
    levels = Counter(row["level"] for row in CALLS)
    for n in (10, 40, 80):
        first = Counter(row["level"] for row in CALLS[:n])
        assert all(abs(first[level] - n * size / len(CALLS)) < 2 for level, size in levels.items())


def test_many_tools_are_listed_and_the_right_one_has_no_place() -> None:
    assert len(CATALOGUE) >= 40
    assert len({json.loads(row["call"])["tool"] for row in CALLS}) >= 40
    places = [row["tools"].index(json.loads(row["call"])["tool"]) / (len(row["tools"]) - 1) for row in CALLS]
    assert fmean(places) == pytest.approx(0.5, abs=0.1)
    assert all(3 <= len(set(row["tools"])) == len(row["tools"]) <= 6 for row in ROWS)


def test_a_near_relative_of_the_right_tool_is_always_listed() -> None:
    for words in [("timer", "alarm", "time"), ("event", "events")]:
        kin = {name for name in CATALOGUE if set(name.split("_")) & set(words)}
        for row in CALLS:
            if json.loads(row["call"])["tool"] in kin and row["level"] >= 3:
                assert len(kin & set(row["tools"])) >= 2


# --- the keys ---------------------------------------------------------------------------------


def test_the_right_calls_satisfy_their_schemas() -> None:
    for row in CALLS:
        call = json.loads(row["call"])
        assert call["tool"] in row["tools"]
        schema = CATALOGUE[call["tool"]]["parameters"]
        jsonschema.validate(call["arguments"], schema)
        assert call["arguments"].keys() <= schema["properties"].keys()


def test_every_argument_is_what_a_second_reader_finds_in_the_conversation() -> None:
    for row in CALLS:
        said = said_in(" ".join(row["said"]))
        assert not [value for value in leaves(arguments(row)) if not said(value)], row["said"]


def leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for each in value.values() for leaf in leaves(each)]
    return [leaf for each in value for leaf in leaves(each)] if isinstance(value, list) else [value]


def test_what_is_asked_without_a_tool_names_no_tool_that_is_listed() -> None:
    for row in TWINS:
        said = row["said"][-1].casefold()
        assert not any(name.replace("_", " ") in said for name in row["tools"]), row


# --- the choice view ---------------------------------------------------------------------------


def test_the_choice_view_asks_for_the_same_calls() -> None:
    assert [(row["item_id"], row["cluster"], row["choices"][row["gold"]]) for row in CHOICES] == [
        (row["item_id"], row["cluster"], row["call"]) for row in CALLS
    ]
    assert max(Counter(row["gold"] for row in CHOICES).values()) == len(CHOICES) / 4


def test_options_are_two_tools_with_two_values_each() -> None:
    for row in CHOICES:
        options = [json.loads(choice) for choice in row["choices"]]
        assert sorted(Counter(option["tool"] for option in options).values()) == [2, 2]
        for option in options:
            assert option["tool"] in row["tools"]
            jsonschema.validate(option["arguments"], CATALOGUE[option["tool"]]["parameters"])
        right = options[row["gold"]]
        (near,) = [one for one in options if one["tool"] == right["tool"] and one != right]
        assert right["arguments"].keys() == near["arguments"].keys()
        pairs = zip(leaves(right["arguments"]), leaves(near["arguments"]), strict=False)
        assert sum(one != other for one, other in pairs) <= 3  # one value, or the days of one


def test_the_last_turn_of_a_choice_says_nothing_of_the_request(choice: Any) -> None:
    for doc in choice.test_docs():
        assert doc["turns"][-1]["content"] == "Yes, please."
        assert doc["said"][:-2] == next(row["said"] for row in CALLS if row["item_id"] == doc["item_id"])
        listed = [json.loads(line)["name"] for line in doc["turns"][0]["content"].splitlines() if line.startswith("{")]
        assert listed == doc["tools"] and len(set(listed)) == len(listed)


def test_a_value_that_the_user_took_back_is_a_wrong_option() -> None:
    taken_back = 0
    for row in CHOICES:
        options = [leaves(json.loads(choice)["arguments"]) for choice in row["choices"]]
        said = said_in(" ".join(row["said"]))
        taken_back += len(row["said"]) > 3 and sum(all(map(said, option)) for option in options) == 2
    assert taken_back >= 6


# --- the prompt -------------------------------------------------------------------------------


def test_a_conversation_lists_its_tools_and_says_how_to_call_one(task: Any) -> None:
    for doc in task.test_docs():
        system, *spoken = doc["turns"]
        assert system["role"] == "system" and spoken[-1]["role"] == "user"
        assert [turn["content"] for turn in spoken] == doc["said"]
        listed = [json.loads(line)["name"] for line in system["content"].splitlines() if line.startswith("{")]
        assert listed == doc["tools"]
        assert '{"tool": NAME, "arguments": {...}}' in system["content"]
        assert len(system["content"]) < 3000


def test_the_halves_are_the_calls_and_their_twins() -> None:
    halves = TaskManager(include_path=str(FOLDER), include_defaults=False).load(["tools_call", "tools_no_call"])[
        "tasks"
    ]
    for name, rows in (("tools_call", CALLS), ("tools_no_call", TWINS)):
        assert [doc["item_id"] for doc in halves[name].test_docs()] == [row["item_id"] for row in rows]


# --- models of which the score is known -------------------------------------------------------


def call_of(tool: str, values: dict[str, Any]) -> str:
    return json.dumps({"tool": tool, "arguments": values})


def right_call_or_any(doc: dict[str, Any]) -> str:
    return str(doc["call"]) or call_of(doc["tools"][0], {})


def one_argument_off(doc: dict[str, Any]) -> str:
    """The right tool with its last argument changed; words where no tool fits."""
    if not doc["call"]:
        return str(doc["answer"])
    values = arguments(doc)
    last = list(values)[-1]
    return call_of(json.loads(doc["call"])["tool"], values | {last: changed(values[last])})


def changed(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str):
        return value + "x"
    return value[1:] if isinstance(value, list) else {key: changed(each) for key, each in value.items()}


def one_argument_more(doc: dict[str, Any]) -> str:
    return call_of(json.loads(doc["call"])["tool"], {**arguments(doc), "extra": 1}) if doc["call"] else doc["answer"]


def neighbour(doc: dict[str, Any]) -> str:
    """The right arguments for the tool that is listed next."""
    if not doc["call"]:
        return str(doc["answer"])
    place = doc["tools"].index(json.loads(doc["call"])["tool"])
    return call_of(doc["tools"][place - 1], arguments(doc))


def test_perfect_replies_score_one(task: Any) -> None:
    for metric in ("correct", "exact", "parsed", "tool"):
        assert score(task, lambda doc: doc["answer"], metric) == 1.0
    assert score(task, lambda doc: doc["answer"], "called") == 0.5


NEVER = ("Certainly! Here is what I know about that.", "I'm sorry, but I can't help with that.", "lantern")


@pytest.mark.parametrize("words", NEVER)
def test_a_model_that_never_calls_is_at_chance(task: Any, words: str) -> None:
    assert score(task, lambda doc: words) == 0.5


def test_a_model_that_calls_a_tool_for_everything_is_at_chance_at_best(task: Any) -> None:
    assert score(task, right_call_or_any) == 0.5
    assert score(task, lambda doc: call_of(doc["tools"][0], {})) == 0.0
    assert score(task, lambda doc: call_of("do_everything", {"request": doc["said"][-1]})) == 0.0


@pytest.mark.parametrize("model", [one_argument_off, one_argument_more, neighbour])
def test_one_thing_wrong_in_every_call_leaves_what_needs_none(task: Any, model: Reply) -> None:
    assert score(task, model) == 0.5


def test_the_right_tool_with_a_wrong_argument_is_told_apart(task: Any) -> None:
    assert score(task, one_argument_off, "tool") == 1.0
    assert score(task, neighbour, "tool") == 0.5


def test_silence_and_half_a_call_are_right_nowhere_and_not_parsed(task: Any) -> None:
    for reply in ("", '{"tool": "', '{"name": "set_timer", "arguments": {'):
        assert score(task, lambda doc, reply=reply: reply) == 0.0  # type: ignore[misc]
        assert score(task, lambda doc, reply=reply: reply, "parsed") == 0.0  # type: ignore[misc]


def test_habits_of_other_models_are_correct_and_not_exact(task: Any) -> None:
    def habit(doc: dict[str, Any]) -> str:
        if not doc["call"]:
            return '{"tool": "none", "arguments": {}}'
        call = json.loads(doc["call"])
        inner = {"name": call["tool"], "arguments": json.dumps(call["arguments"])}
        return f"<tool_call>\n{json.dumps(inner)}\n</tool_call>"

    assert score(task, habit) == 1.0
    assert score(task, habit, "exact") == 0.0


# --- the files --------------------------------------------------------------------------------


def test_the_files_are_what_the_script_builds() -> None:
    command = [sys.executable, str(FOLDER / "build.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
