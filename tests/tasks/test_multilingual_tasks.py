"""The multilingual tasks, through lm-eval's own machinery: sound keys, fair questions, readers that know languages."""

from __future__ import annotations

import csv
import importlib.util
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from statistics import mean
from types import ModuleType
from typing import Any

import pytest
from lm_eval.tasks import TaskManager
from multilingual_replies import FACTS_READ, IN_THEIR_LANGUAGE, LANGUAGE_OF_REPLY

from forgetbench.metrics.answers.inflections import plainly
from forgetbench.metrics.answers.normalisation import normalise
from forgetbench.metrics.reply_language import answers_in
from forgetbench.storage.jsonl import read_jsonl

FOLDER = Path(__file__).parents[2] / "tasks" / "multilingual"
Row = dict[str, Any]
FACTS, REPLIES, NAMES = (read_jsonl(FOLDER / name) for name in ("choice.jsonl", "replies.jsonl", "names.jsonl"))
LANGUAGES = sorted(IN_THEIR_LANGUAGE)
MISSPELT = ("KZT", "hi")
"""CLDR's tenge is a tenz in Hindi."""
CALLED = {(row["kind"], row["code"]): row for row in NAMES}
BY_ID = {row["item_id"]: row for row in FACTS}


def load_module(name: str) -> ModuleType:
    """A file of the task folder, as lm-eval loads it: by its path."""
    spec = importlib.util.spec_from_file_location(f"multilingual_{name}", FOLDER / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


UTILS = load_module("utils")


@pytest.fixture(scope="module")
def tasks() -> dict[str, Any]:
    manager = TaskManager(include_path=str(FOLDER), include_defaults=False)
    names = ["multilingual_choice", "multilingual_open", "multilingual_reply"]
    loaded: dict[str, Any] = manager.load(names)["tasks"]
    return loaded


# --- documents ----------------------------------------------------------------------------------


def test_every_language_is_asked_about_as_many_things() -> None:
    asked = Counter(row["stratum"] for row in FACTS)
    assert sorted(asked) == LANGUAGES
    assert min(asked.values()) >= 25
    assert len(FACTS) == len(BY_ID) >= 600


def test_a_fact_is_one_cluster_in_every_language() -> None:
    for row in FACTS:
        assert row["item_id"] == f"{row['cluster']}/{row['stratum']}"
    keys = {(row["cluster"], row["thing"], row["code"], row["level"]) for row in FACTS}
    assert len(keys) == len({row["cluster"] for row in FACTS}) >= 40


def test_kinds_go_from_easy_to_hard() -> None:
    levels = Counter(row["level"] for row in FACTS)
    assert min(levels[1], levels[2], levels[3]) >= 150


def test_no_place_is_better_than_another() -> None:
    assert max(Counter(row["gold"] for row in FACTS).values()) <= len(FACTS) / 4 + 3
    for kind in {row["kind"] for row in FACTS}:
        places = Counter(row["gold"] for row in FACTS if row["kind"] == kind)
        assert max(places.values()) - min(places[place] for place in range(4)) <= 1


def test_options_are_four_names_of_their_kind_in_the_language() -> None:
    for row in FACTS:
        names = {CALLED[key][row["stratum"]][0] for key in CALLED if key[0] == row["thing"]}
        assert len(set(row["choices"])) == 4
        assert set(row["choices"]) <= names
        assert row["choices"][row["gold"]] == row["answer"] == CALLED[row["thing"], row["code"]][row["stratum"]][0]


def test_no_option_stands_in_its_question() -> None:
    for row in FACTS:
        asked = f" {normalise(row['question'])} "
        assert not any(f" {normalise(choice)} " in asked for choice in row["choices"]), row["item_id"]


@pytest.mark.parametrize(("first", "size"), [(0, 7), (1, 12)], ids=["weekday", "month"])
def test_the_calendar_is_counted_right(first: int, size: int) -> None:
    """Another way round: the asked name is looked up in the question, and days and months are counted one by one."""
    kind = "weekday" if first == 0 else "month"
    rows = [row for row in FACTS if row["thing"] == kind]
    assert len(rows) >= 60
    for row in rows:
        language, place = row["stratum"], int(row["cluster"].partition(":")[2].partition("+")[0])
        assert CALLED[kind, str(place)][language][0] in row["question"]
        steps = int(row["cluster"].rpartition("+")[2]) if "+" in row["cluster"] else 1
        assert "+" not in row["cluster"] or str(steps) in row["question"]
        for _ in range(steps):
            place += -1 if row["kind"].endswith("before") else 1
            place = first if place == first + size else first + size - 1 if place < first else place
        assert row["code"] == str(place)


def test_numbered_weekdays_and_months_are_left_out() -> None:
    kinds = {(row["stratum"], row["thing"]) for row in FACTS}
    for language in ("pt", "vi", "zh", "el", "ar"):
        assert (language, "weekday") not in kinds
    for language in ("vi", "zh", "ja", "ko"):
        assert (language, "month") not in kinds


def test_requests_name_no_language() -> None:
    asked = Counter(row["stratum"] for row in REPLIES)
    assert sorted(asked) == LANGUAGES
    assert set(asked.values()) == {5}
    assert len({row["cluster"] for row in REPLIES}) == 17
    assert len({row["question"] for row in REPLIES}) == len(REPLIES)
    for row in REPLIES:
        names = [name for code in ("en", row["stratum"]) for name in CALLED.get(("language", code), {}).get("en", [])]
        assert not any(name in row["question"] for name in names)


def test_the_facts_are_those_of_another_source() -> None:
    """Currencies and official languages against babel's tables of territories, and nouns against CLDR's names."""
    pytest.importorskip("babel")
    from babel import Locale
    from babel.languages import get_official_languages
    from babel.numbers import get_territory_currencies

    for cluster, code in {(row["cluster"], row["code"]) for row in FACTS}:
        kind, _, subject = cluster.partition(":")
        if kind == "currency":
            assert get_territory_currencies(subject) == [code]
        if kind == "country_of_currency":
            assert get_territory_currencies(code) == [subject]
        if kind == "official_language":
            assert get_official_languages(subject, de_facto=True) == (code,)
    with (FOLDER / "currencies.tsv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            code = row.pop("code")
            for language, noun in row.items():
                full = Locale(language).currencies[code]
                assert noun.casefold() in full.casefold() or (code, language) == MISSPELT, (code, language)


def test_the_build_script_makes_the_same_bytes(tmp_path: Path) -> None:
    for file in (*FOLDER.glob("*.py"), *FOLDER.glob("*.tsv")):
        shutil.copy(file, tmp_path)
    run = [sys.executable, str(tmp_path / "build.py")]
    assert subprocess.run([*run, "--check"], capture_output=True, check=False).returncode == 1
    subprocess.run(run, capture_output=True, check=True)
    for name in ("choice.jsonl", "replies.jsonl", "names.jsonl"):
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes()


# --- readers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", FACTS_READ.strip().splitlines())
def test_a_fact_is_read_as_a_person_reads_it(line: str) -> None:
    item, reply, read = line.split("|")
    scores = UTILS.score_open(BY_ID[item], [reply.replace("\\n", "\n")])
    assert scores["correct"] == float(read == "1")
    assert read != "?" or scores["parsed"] == 0.0


@pytest.mark.parametrize(("language", "reply", "told"), LANGUAGE_OF_REPLY)
def test_the_language_of_a_reply_is_told(language: str, reply: str, told: bool | None) -> None:
    assert answers_in(reply, language) is told


@pytest.mark.parametrize("asked", LANGUAGES)
def test_a_reply_is_in_its_own_language_alone(asked: str) -> None:
    for language, replies in IN_THEIR_LANGUAGE.items():
        for reply in replies:
            assert answers_in(reply, asked) is (language == asked), (language, reply)


def test_every_name_is_read_in_every_language() -> None:
    for row in FACTS:
        for name in CALLED[row["thing"], row["code"]][row["stratum"]]:
            assert UTILS.score_open(row, [name])["correct"] == 1.0, (row["item_id"], name)


def test_a_reply_that_repeats_the_request_says_nothing(tasks: dict[str, Any]) -> None:
    whole = {row["item_id"]: row["question"] for row in REPLIES}
    labelled = {row["item_id"]: f"{row['ask']} {row['question']}\n{row['reply']}" for row in REPLIES}
    for said in (whole, labelled):
        scored = asked_of(tasks["multilingual_reply"], said)
        assert share(scored, "in_language") == share(scored, "parsed") == 0.0


def test_a_language_without_rules_is_left_as_it_is() -> None:
    assert plainly("No, Mondays.", ["Monday"], "en") == "No, Mondays."


# --- known-answer models ------------------------------------------------------------------------


def asked_of(task: Any, answers: list[str] | dict[str, str]) -> list[tuple[Row, dict[str, float]]]:
    """Each document with the scores of an answer, by way of lm-eval."""
    task.set_fewshot_seed(0)
    task.build_all_requests()
    docs = list(task.test_docs())
    replies = [answers[doc["item_id"]] for doc in docs] if isinstance(answers, dict) else answers
    return [(doc, task.process_results(doc, [reply])) for doc, reply in zip(docs, replies, strict=True)]


def share(scored: list[tuple[Row, dict[str, float]]], metric: str) -> float:
    return mean(scores[metric] for _, scores in scored)


def test_the_right_names_score_one_and_wrong_ones_nothing(tasks: dict[str, Any]) -> None:
    right = asked_of(tasks["multilingual_open"], {row["item_id"]: row["answer"] for row in FACTS})
    assert share(right, "correct") == share(right, "exact") == share(right, "parsed") == 1.0
    wrong = {row["item_id"]: row["choices"][(row["gold"] + 1) % 4] for row in FACTS}
    assert share(asked_of(tasks["multilingual_open"], wrong), "correct") == 0.0


def test_a_model_that_answers_all_in_english_knows_what_is_spelled_alike(tasks: dict[str, Any]) -> None:
    """It knows every fact, and says it in English: Namibia is Namibia in many languages."""
    locale = pytest.importorskip("babel").Locale("en")
    tables = {"country": locale.territories, "currency": locale.currencies, "language": locale.languages}

    def english(row: Row) -> str:
        calendar = {"weekday": locale.days, "month": locale.months}
        if row["thing"] in calendar:
            return str(calendar[row["thing"]]["stand-alone"]["wide"][int(row["code"])])
        return str(tables[row["thing"]][row["code"]])

    scored = asked_of(tasks["multilingual_open"], {row["item_id"]: english(row) for row in FACTS})
    own_script = [pair for pair in scored if pair[0]["stratum"] in ("ar", "el", "hi", "ja", "ko", "ru", "uk", "zh")]
    assert share(own_script, "correct") == 0.0
    assert 0.05 < share(scored, "correct") < 0.25
    said = ["That is a good question, and here is a short answer to it."] * len(REPLIES)
    assert share(asked_of(tasks["multilingual_reply"], said), "in_language") == 0.0


def test_a_model_that_answers_in_the_language_asked_in_scores_one(tasks: dict[str, Any]) -> None:
    replies = {row["item_id"]: IN_THEIR_LANGUAGE[row["stratum"]][n % 2] for n, row in enumerate(REPLIES)}
    scored = asked_of(tasks["multilingual_reply"], replies)
    assert share(scored, "in_language") == share(scored, "parsed") == 1.0


@pytest.mark.parametrize("reply", ["", "OK.", "I can't help with that, sorry.", "ha " * 40])
def test_nothing_a_refusal_and_a_loop_are_in_no_language_asked_in(tasks: dict[str, Any], reply: str) -> None:
    assert share(asked_of(tasks["multilingual_reply"], [reply] * len(REPLIES)), "in_language") == 0.0


@pytest.mark.parametrize("reply", ["Mittwoch", "Deutsch", "Это среда."])
def test_one_answer_to_all_is_hardly_ever_right(tasks: dict[str, Any], reply: str) -> None:
    assert share(asked_of(tasks["multilingual_open"], [reply] * len(FACTS)), "correct") < 0.03


def test_one_place_always_is_chance(tasks: dict[str, Any]) -> None:
    docs = list(tasks["multilingual_choice"].test_docs())
    for place in range(4):
        scores = [
            tasks["multilingual_choice"].process_results(doc, [(-float(n != place), False) for n in range(4)])["acc"]
            for doc in docs
        ]
        assert mean(scores) == pytest.approx(0.25, abs=0.01)
