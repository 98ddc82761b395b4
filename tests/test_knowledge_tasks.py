"""The knowledge questions: sound keys, no leaks, no cue that marks the right option, three views that join."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from forgetbench.metrics.extraction import normalise, words
from forgetbench.task_data import read_jsonl

TASKS = Path(__file__).parent.parent / "tasks"
FOLDER = TASKS / "knowledge"
VIEWS = ("choice", "open", "strict")
ROWS = read_jsonl(FOLDER / "facts.jsonl")
TEST = [row for row in ROWS if row["split"] == "test"]
SHOTS = [row for row in ROWS if row["split"] == "fewshot"]
BY_RELATION: dict[str, list[dict[str, Any]]] = defaultdict(list)
for _row in TEST:
    BY_RELATION[_row["relation"]].append(_row)

# Symbols of the elements in the order of their atomic number (IUPAC, 1 to 94): the second source for the elements.
SYMBOLS = """H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr
Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt
Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu""".split()
# Symbols that do not begin as the English name does.
LATIN = {
    "Na": "sodium", "K": "potassium", "Fe": "iron", "Cu": "copper", "Ag": "silver", "Sn": "tin", "Sb": "antimony",
    "W": "tungsten", "Au": "gold", "Hg": "mercury", "Pb": "lead",
}  # fmt: skip


def load_module(name: str) -> ModuleType:
    """build.py or utils.py of the task folder."""
    spec = importlib.util.spec_from_file_location(f"knowledge_{name}", FOLDER / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


UTILS = load_module("utils")


def load_config(view: str) -> dict[str, Any]:
    """A task's YAML with its functions as plain names."""

    class Loader(yaml.SafeLoader):
        pass

    Loader.add_constructor("!function", lambda loader, node: loader.construct_scalar(node))
    text = (FOLDER / f"knowledge_{view}.yaml").read_text(encoding="utf-8")
    config = yaml.load(text, Loader)
    assert isinstance(config, dict)
    return config


def share(rows: list[dict[str, Any]], pick: Any) -> float:
    """How often a rule that does not know the subject picks the right option."""
    return sum(pick(row) == row["answer"] for row in rows) / len(rows)


def test_there_are_enough_questions_of_every_relation_and_stratum() -> None:
    assert len(TEST) >= 600
    assert set(BY_RELATION) == {
        "capital", "country_of_capital", "country_of_city", "continent", "currency", "language", "symbol",
        "element_of_symbol",
    }  # fmt: skip
    assert min(map(len, BY_RELATION.values())) >= 30
    strata = Counter(row["stratum"] for row in TEST)
    assert set(strata) == {"head", "torso", "tail"}
    assert min(strata.values()) >= 150


def test_ids_and_questions_are_unique_and_rows_have_one_shape() -> None:
    assert len({row["item_id"] for row in ROWS}) == len(ROWS)
    assert len({row["question"] for row in ROWS}) == len(ROWS)
    shapes = {tuple((key, type(value).__name__) for key, value in row.items()) for row in ROWS}
    assert len(shapes) == 1


def test_every_option_list_has_four_different_answers_of_one_type() -> None:
    answers = {relation: {row["answer"] for row in ROWS if row["relation"] == relation} for relation in BY_RELATION}
    for row in ROWS:
        assert len({normalise(choice) for choice in row["choices"]}) == 4
        assert row["choices"][row["gold"]] == row["answer"] == row["aliases"][0]
        accepted = {normalise(alias) for alias in row["aliases"]}
        assert sum(normalise(choice) in accepted for choice in row["choices"]) == 1
    # Nearly all options are right answers to other questions; a few of the facts behind them were held out.
    offered = Counter(choice in answers[row["relation"]] for row in ROWS for choice in row["choices"])
    assert offered[True] / offered.total() > 0.95


def test_the_question_does_not_name_the_answer() -> None:
    for row in ROWS:
        asked = f" {' '.join(words(row['question'], keep_case=True))} "
        for alias in row["aliases"]:
            assert f" {' '.join(words(alias, keep_case=True))} " not in asked, row["item_id"]
        if row["relation"] not in ("symbol", "element_of_symbol"):
            heads = {word[:3] for word in words(row["subject"]) if len(word) >= 3}
            assert not any(word[:3] in heads for word in words(row["answer"]) if len(word) >= 3), row["item_id"]


def test_the_right_position_is_balanced() -> None:
    positions = Counter(row["gold"] for row in TEST)
    expected = len(TEST) / 4
    chi_square = sum((positions[place] - expected) ** 2 / expected for place in range(4))
    assert chi_square < 7.81  # the 5 % point at 3 degrees of freedom
    for rows in BY_RELATION.values():
        assert all(abs(share(rows, lambda row, place=place: row["choices"][place]) - 0.25) < 0.06 for place in range(4))


def test_length_and_frequency_do_not_mark_the_right_option() -> None:
    frequency = {name: Counter(row["answer"] for row in rows) for name, rows in BY_RELATION.items()}
    for pick in (
        lambda row: max(row["choices"], key=len),
        lambda row: min(row["choices"], key=len),
        lambda row: max(row["choices"], key=lambda choice: frequency[row["relation"]][choice]),
        lambda row: min(row["choices"]),
    ):
        assert share(TEST, pick) == pytest.approx(0.25, abs=0.05)
        for name, rows in BY_RELATION.items():
            assert share(rows, pick) == pytest.approx(0.25, abs=0.15), name


def test_few_shot_subjects_are_held_out() -> None:
    assert len(SHOTS) == 3
    assert not {row["cluster"] for row in SHOTS} & {row["cluster"] for row in TEST}
    assert not {row["answer"] for row in SHOTS} & {row["answer"] for row in TEST}


@pytest.mark.parametrize("row", SHOTS + TEST[::40], ids=lambda row: str(row["item_id"]))
def test_the_right_answer_scores_in_every_written_view(row: dict[str, Any]) -> None:
    answer, wrong = row["answer"], row["choices"][(row["gold"] + 1) % 4]
    assert UTILS.score_open(row, [f"The answer is {answer}."]) == {"correct": 1.0}
    assert UTILS.score_open(row, [f"{wrong}, or {answer}"]) == {"correct": 0.0}
    assert UTILS.score_strict(row, [f"Answer: {answer}"]) == {"strict_match": 1.0, "correct": 1.0}
    assert UTILS.score_strict(row, [f"It is {answer}."]) == {"strict_match": 0.0, "correct": 1.0}
    assert UTILS.score_strict(row, [""]) == {"strict_match": 0.0, "correct": 0.0}


def test_no_right_answer_is_taken_for_a_wrong_one() -> None:
    for row in TEST:
        for alias in row["aliases"]:
            assert UTILS.score_open(row, [alias]) == {"correct": 1.0}, (row["item_id"], alias)
        for place, choice in enumerate(row["choices"]):
            assert UTILS.score_open(row, [choice]) == {"correct": float(place == row["gold"])}, row["item_id"]


def test_the_three_views_hold_the_same_items() -> None:
    configs = {view: load_config(view) for view in VIEWS}
    for view, config in configs.items():
        assert config["task"] == f"knowledge_{view}"
        assert config["metadata"]["view"] == view
        assert config["metadata"]["domain"] == "knowledge"
        assert config["metadata"]["metric"] in {entry["metric"] for entry in config["metric_list"]}
        assert config["custom_dataset"] == "utils.documents"
    for view in ("open", "strict"):
        assert configs[view]["generation_kwargs"]["do_sample"] is False
        assert configs[view]["generation_kwargs"]["temperature"] == 0.0


def test_lm_eval_reads_the_tasks() -> None:
    from lm_eval.tasks import TaskManager

    manager = TaskManager(include_path=str(FOLDER), include_defaults=False)
    ids = {}
    for view in VIEWS:
        task = manager.load([f"knowledge_{view}"])["tasks"][f"knowledge_{view}"]
        task.set_config("num_fewshot", 3)
        task.set_fewshot_seed(0)
        task.build_all_requests(limit=2)
        ids[view] = [doc["item_id"] for doc in task.test_docs()]
        prompt = task.instances[0].args[0]
        assert prompt.count("Question: ") == 4
        assert prompt.startswith(f"Question: {SHOTS[0]['question']}")
        if view == "choice":
            options = [instance.args[1] for instance in task.instances[:4]]
            assert options == [f" {choice}" for choice in task.instances[0].doc["choices"]]
    assert ids["choice"] == ids["open"] == ids["strict"] == [row["item_id"] for row in TEST]


def test_symbols_agree_with_the_periodic_table() -> None:
    for row in BY_RELATION["symbol"] + BY_RELATION["element_of_symbol"]:
        symbol, name = (
            (row["answer"], row["subject"].lower()) if row["relation"] == "symbol" else (row["subject"], row["answer"])
        )
        assert symbol in SYMBOLS
        if symbol in LATIN:
            assert name == LATIN[symbol]
        else:
            assert name[0] == symbol[0].lower() and symbol[-1].lower() in name


def test_capitals_and_currencies_agree_with_the_second_source() -> None:
    countryinfo = pytest.importorskip("countryinfo")
    for row in BY_RELATION["capital"]:
        second = normalise(countryinfo.CountryInfo(row["cluster"]).capital())
        assert second in {normalise(alias) for alias in row["aliases"]}, row["item_id"]
    for row in BY_RELATION["country_of_capital"]:
        second = normalise(countryinfo.CountryInfo(row["cluster"]).capital())
        assert second == normalise(row["subject"]) or row["cluster"] == "US", row["item_id"]


def test_south_american_countries_are_those_of_the_continent() -> None:
    # UN M49, region 005, without the overseas departments and the Falkland Islands.
    south_america = {"AR", "BO", "BR", "CL", "CO", "EC", "GY", "PE", "PY", "SR", "UY", "VE"}
    for row in BY_RELATION["continent"]:
        assert (row["answer"] == "South America") == (row["cluster"] in south_america), row["item_id"]


def test_well_known_facts_are_there_and_right() -> None:
    answers = {row["question"]: row["answer"] for row in TEST}
    assert answers["What is the capital of France?"] == "Paris"
    assert answers["What is the capital of Australia?"] == "Canberra"
    assert answers["What is the capital of Turkey?"] == "Ankara"
    assert answers["What is the currency of Japan?"] == "yen"
    assert answers["What is the currency of the United Kingdom?"] == "pound"
    assert answers["What is the official language of Brazil?"] == "Portuguese"
    assert answers["What is the chemical symbol of gold?"] == "Au"
    assert answers["Which country has the capital London?"] == "United Kingdom"


def test_disputed_and_stale_facts_are_absent() -> None:
    ids = {row["item_id"] for row in ROWS}
    for item_id in (
        "capital:ZA", "capital:BO", "capital:LK", "capital:IL", "capital:KZ", "capital:ID", "capital:MX", "capital:SG",
        "capital:LU", "currency:HR", "currency:BG", "currency:VE", "language:CH", "language:FR", "continent:TR",
        "continent:RU",
    ):  # fmt: skip
        assert item_id not in ids


def test_the_file_is_rebuilt_bit_for_bit() -> None:
    build = load_module("build")
    for name, version in build.VERSIONS.items():
        assert importlib.metadata.version(name) == version, "the data extra pins what facts.jsonl is built from"
    done = subprocess.run(
        [sys.executable, str(FOLDER / "build.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_check_notices_a_changed_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build = load_module("build")
    changed = tmp_path / "facts.jsonl"
    changed.write_text(json.dumps(ROWS[0]) + "\n", encoding="utf-8")
    monkeypatch.setattr(build, "OUTPUT", changed)
    monkeypatch.setattr(build, "version_mismatch", lambda: None)
    monkeypatch.setattr(build, "build", list)
    monkeypatch.setattr(sys, "argv", ["build.py", "--check"])
    assert build.main() == 1
