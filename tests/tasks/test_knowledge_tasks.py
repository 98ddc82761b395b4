"""The English knowledge questions: sound keys, no leaks, no cue that marks the right option, views that join."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from forgetbench.metrics.answers.normalisation import normalise, normalised_words
from forgetbench.storage.jsonl import read_jsonl

FOLDER = Path(__file__).parents[2] / "tasks" / "knowledge"
Row = dict[str, Any]

# Symbols of the elements in the order of their atomic number (IUPAC, 1 to 94): the second source for the elements.
SYMBOLS = """H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr
Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt
Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu""".split()
# Symbols that do not begin as the English name does.
LATIN = {
    "Na": "sodium", "K": "potassium", "Fe": "iron", "Cu": "copper", "Ag": "silver", "Sn": "tin", "Sb": "antimony",
    "W": "tungsten", "Au": "gold", "Hg": "mercury", "Pb": "lead",
}  # fmt: skip
# Groups 1, 2, 17 and 18 of the periodic table, as far as it is asked about.
COLUMNS = {
    "alkali metals": "Li Na K Rb Cs Fr", "alkaline earth metals": "Be Mg Ca Sr Ba Ra",
    "halogens": "F Cl Br I", "noble gases": "He Ne Ar Kr Xe Rn",
}  # fmt: skip


def load_module(name: str) -> ModuleType:
    """utils.py of the task folder, as lm-eval loads it: by its path."""
    spec = importlib.util.spec_from_file_location(f"knowledge_{name}", FOLDER / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


UTILS = load_module("utils")


def load_config(task: str) -> dict[str, Any]:
    """A task's YAML with its functions as plain names."""

    class Loader(yaml.SafeLoader):
        pass

    Loader.add_constructor("!function", lambda loader, node: loader.construct_scalar(node))
    config = yaml.load((FOLDER / f"{task}.yaml").read_text(encoding="utf-8"), Loader)
    assert isinstance(config, dict)
    return config


def split_rows(file: str) -> tuple[list[Row], list[Row]]:
    """Test rows and few-shot examples of a data file."""
    rows = read_jsonl(FOLDER / file)
    return [row for row in rows if row["split"] == "test"], [row for row in rows if row["split"] == "fewshot"]


def grouped(rows: Sequence[Row], key: str = "relation") -> dict[str, list[Row]]:
    """Rows by the value of a field."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[key]].append(row)
    return groups


def chance(rows: Sequence[Row]) -> float:
    """How often a blind guess is right."""
    return sum(1 / len(row["choices"]) for row in rows) / len(rows)


def share(rows: Sequence[Row], pick: Callable[[Row], str]) -> float:
    """How often a rule that does not know the subject picks the right option; ties are shared."""
    return sum(pick(row) == row["choices"][row["gold"]] for row in rows) / len(rows)


def tied_share(rows: Sequence[Row], value: Callable[[Row, str], float]) -> float:
    """As `share`, of the rule that picks the option of the highest value and guesses among equals."""
    total = 0.0
    for row in rows:
        values = [value(row, choice) for choice in row["choices"]]
        total += (values[row["gold"]] == max(values)) / values.count(max(values))
    return total / len(rows)


def overlap(row: Row, choice: str) -> float:
    """How many words of an option stand in the question."""
    return len(set(normalised_words(choice)) & set(normalised_words(row["question"])))


def cues(rows: Sequence[Row]) -> dict[str, float]:
    """How often each rule that knows nothing is right."""
    right = Counter(row["choices"][row["gold"]] for row in rows)
    offered = Counter(choice for row in rows for choice in row["choices"])
    fewest = min(len(row["choices"]) for row in rows)
    places = {f"place {place}": share(rows, lambda row, at=place: row["choices"][at]) for place in range(fewest)}
    return places | {
        "longest": tied_share(rows, lambda row, choice: len(choice)),
        "shortest": tied_share(rows, lambda row, choice: -len(choice)),
        "most often right": tied_share(rows, lambda row, choice: right[choice]),
        "most often offered": tied_share(rows, lambda row, choice: offered[choice]),
        "least often offered": tied_share(rows, lambda row, choice: -offered[choice]),
        "first in the alphabet": share(rows, lambda row: min(row["choices"])),
        "words of the question": tied_share(rows, overlap),
    }


TEST, SHOTS = split_rows("facts.jsonl")
ROWS = SHOTS + TEST
BY_RELATION = grouped(TEST)
VIEWS = ("choice", "cloze", "open", "strict")
LISTED = {"most_populous", "largest_area", "farthest_north", "melts_last"}
"""Relations whose questions name their options."""
HARD = LISTED | {
    "common_neighbour", "currency_of_capital", "language_of_capital", "capital_of_currency", "capital_of_domain",
    "element_of_place",
}  # fmt: skip


def test_there_are_enough_questions_of_every_relation_and_stratum() -> None:
    assert len(TEST) >= 1500
    assert set(BY_RELATION) == {
        "capital", "country_of_capital", "country_of_city", "continent", "currency", "country_of_currency", "language",
        "country_of_language", "neighbour", "calling_code", "country_of_calling_code", "country_of_domain",
        "capital_of_state", "state_of_capital", "state_of_city", "symbol", "element_of_symbol", "number_of_element",
        "element_of_number", "family_of_element", *HARD,
    }  # fmt: skip
    assert min(map(len, BY_RELATION.values())) >= 25
    strata = Counter(row["stratum"] for row in TEST)
    assert set(strata) == {"head", "torso", "tail"}
    assert min(strata.values()) >= 300


def test_ids_and_questions_are_unique_and_rows_have_one_shape() -> None:
    assert len({row["item_id"] for row in ROWS}) == len(ROWS)
    assert len({row["question"] for row in ROWS}) == len(ROWS)
    assert len({row["cloze"] for row in ROWS}) == len(ROWS)
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


def test_a_sentence_offers_the_same_options() -> None:
    for row in ROWS:
        assert [choice.removeprefix("the ") for choice in row["cloze_choices"]] == row["choices"]
        assert row["cloze"][-1].isalpha()
        assert row["subject"].lower() in row["cloze"].lower()
    said = {row["item_id"]: f"{row['cloze']} {row['cloze_choices'][row['gold']]}." for row in TEST}
    assert said["capital:FR"] == "The capital of France is Paris."
    assert said["country_of_capital:GB"] == "London is the capital of the United Kingdom."


def test_the_question_does_not_name_the_answer() -> None:
    for row in ROWS:
        if row["relation"] in LISTED:
            continue
        asked = f" {' '.join(normalised_words(row['question'], keep_case=True))} "
        for alias in row["aliases"]:
            assert f" {' '.join(normalised_words(alias, keep_case=True))} " not in asked, row["item_id"]
        if row["relation"] in (
            "capital", "country_of_capital", "country_of_city", "continent", "state_of_city", "neighbour",
        ):  # fmt: skip
            heads = {word[:3] for word in normalised_words(row["subject"]) if len(word) >= 3}
            assert not any(word[:3] in heads for word in normalised_words(row["answer"]) if len(word) >= 3), row[
                "item_id"
            ]


def test_the_right_position_is_balanced() -> None:
    positions = Counter(row["gold"] for row in TEST)
    expected = len(TEST) / 4
    chi_square = sum((positions[place] - expected) ** 2 / expected for place in range(4))
    assert chi_square < 7.81  # the 5 % point at 3 degrees of dof


@pytest.mark.parametrize("cue", sorted(cues(TEST)))
def test_nothing_but_knowledge_marks_the_right_option(cue: str) -> None:
    assert cues(TEST)[cue] == pytest.approx(0.25, abs=0.04)
    for relation, rows in BY_RELATION.items():
        # Three standard errors of a guess, and a little more for the relations with few different answers.
        assert cues(rows)[cue] == pytest.approx(0.25, abs=0.03 + 3 * (0.1875 / len(rows)) ** 0.5), relation


def test_few_shot_subjects_are_held_out() -> None:
    assert len(SHOTS) == 3
    assert not {row["cluster"] for row in SHOTS} & {row["cluster"] for row in TEST}


@pytest.mark.parametrize("row", SHOTS + TEST[::60], ids=lambda row: str(row["item_id"]))
def test_the_right_answer_scores_in_every_written_view(row: Row) -> None:
    answer, wrong = row["answer"], row["choices"][(row["gold"] + 1) % 4]
    assert UTILS.score_open(row, [f"The answer is {answer}."]) == {
        "correct": 1.0,
        "exact": 0.0,
        "parsed": 1.0,
        "conflict": 0.0,
    }
    assert UTILS.score_open(row, [f"{answer}\n\nNext"]) == {
        "correct": 1.0,
        "exact": 1.0,
        "parsed": 1.0,
        "conflict": 0.0,
    }
    assert UTILS.score_open(row, [f"{wrong}, or {answer}"])["correct"] == 0.0
    assert UTILS.score_open(row, ["I do not know."]) == {"correct": 0.0, "exact": 0.0, "parsed": 0.0, "conflict": 0.0}
    full = {"strict_match": 1.0, "correct": 1.0, "parsed": 1.0, "conflict": 0.0}
    assert UTILS.score_strict(row, [f"Answer: {answer}"]) == full
    assert UTILS.score_strict(row, [f"It is {answer}."]) == {**full, "strict_match": 0.0}
    assert UTILS.score_strict(row, [""]) == {"strict_match": 0.0, "correct": 0.0, "parsed": 0.0, "conflict": 0.0}


def test_no_right_answer_is_taken_for_a_wrong_one() -> None:
    for row in TEST:
        for alias in row["aliases"]:
            assert UTILS.score_open(row, [alias]) == {"correct": 1.0, "exact": 1.0, "parsed": 1.0, "conflict": 0.0}, (
                row["item_id"]
            )
        for place, choice in enumerate(row["choices"]):
            assert UTILS.score_open(row, [choice])["correct"] == float(place == row["gold"]), row["item_id"]


def test_the_subject_may_be_named_and_any_neighbour_is_right() -> None:
    row = next(row for row in TEST if row["item_id"] == "neighbour:FR")
    for reply in ("France borders Spain.", "Germany", "Belgium, Luxembourg, Germany and Spain"):
        assert UTILS.score_open(row, [reply])["correct"] == 1.0, reply
    assert UTILS.score_open(row, ["France borders Portugal."])["correct"] == 0.0


def test_an_answer_in_a_whole_sentence_is_right() -> None:
    # The subject may hold the name of another candidate: Port of Spain, Benin City, United Arab Emirates.
    for row in TEST:
        said = row["cloze_choices"][row["gold"]]
        for reply in (f"{row['cloze']} {said}.", f"{row['subject']}: {said}", f"{row['subject']} is {said}."):
            assert UTILS.score_open(row, [reply])["correct"] == 1.0, (row["item_id"], reply)


@pytest.mark.parametrize(
    ("item_id", "reply"),
    [
        ("country_of_domain:TL", "Timor-Leste"),
        ("country_of_capital:KP", "The Democratic People's Republic of Korea"),
        ("country_of_capital:VN", "Viet Nam"),
        ("country_of_city:US-5128581", "New York City is in the US."),
        ("capital_of_state:MN", "St. Paul"),
        ("capital:MN", "Ulan Bator"),
        ("currency:CN", "RMB"),
        ("currency:NO", "Norwegian kroner"),
        ("currency:RU", "rouble"),
        ("currency:RW", "RWF"),
        ("currency:DE", "€"),
        ("capital:GR", "La capital de Grecia es Atenas."),
        ("country_of_capital:KR", "대한민국"),
        ("country_of_domain:CI", "République de Côte d'Ivoire"),
        ("element_of_symbol:W", "wolfram"),
        ("element_of_number:Na", "Na"),
        ("number_of_element:Ar", "Eighteen."),
        ("family_of_element:F", "Group 17"),
        ("state_of_city:4990729", "Detroit, MI"),
        ("language:BR", "português"),
        ("language:EG", "Egyptian Arabic"),
        ("capital:CA", "Ottowa"),
        ("capital:CA", "Ottawa was chosen by Queen Victoria in 1857."),
        ("language:IR", "Farsi"),
    ],
)
def test_another_usual_name_is_right(item_id: str, reply: str) -> None:
    row = next(row for row in TEST if row["item_id"] == item_id)
    assert UTILS.score_open(row, [reply])["correct"] == 1.0


@pytest.mark.parametrize(
    ("item_id", "reply"),
    [
        ("currency:EG", "The British pound"),
        ("currency:EG", "Pound sterling"),
        ("currency:SG", "US dollars"),
        ("currency:MX", "Argentina's peso"),
        ("capital:AU", "Sydney. Canberra is only the seat of parliament."),
        ("capital_of_state:TX", "Houston"),
        ("number_of_element:Mg", "Its group is 12, its atomic number is 22."),
    ],
)
def test_another_thing_of_a_like_name_is_wrong(item_id: str, reply: str) -> None:
    row = next(row for row in TEST if row["item_id"] == item_id)
    scores = UTILS.score_open(row, [reply])
    assert (scores["correct"], scores["parsed"]) == (0.0, 1.0)


def test_names_tell_one_thing_of_a_kind() -> None:
    told = [(row["kind"], row["code"], normalise(name)) for row in read_jsonl(FOLDER / "names.jsonl")
            for name in (row["name"], *row["also"])]  # fmt: skip
    things = grouped([{"name": (kind, name), "code": code} for kind, code, name in told if kind != "city"], "name")
    shared = {name for name, rows in things.items() if len({row["code"] for row in rows}) > 1}
    assert not {name for kind, name in shared if kind in ("country", "element", "state", "number", "continent")}


def test_the_views_hold_the_same_items() -> None:
    configs = {view: load_config(f"knowledge_{view}") for view in VIEWS}
    for view, config in configs.items():
        assert config["task"] == f"knowledge_{view}"
        assert config["metadata"]["domain"] == "knowledge"
        assert config["metadata"]["view"] == {"cloze": "choice"}.get(view, view)
        assert config["metadata"]["metric"] in {entry["metric"] for entry in config["metric_list"]}
        assert config["custom_dataset"] == "utils.documents"
    for view in ("open", "strict"):
        assert configs[view]["generation_kwargs"]["do_sample"] is False
        assert configs[view]["generation_kwargs"]["temperature"] == 0.0


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_task_declares_what_it_is(path: Path) -> None:
    metadata = load_config(path.stem)["metadata"]
    assert metadata["licence"] and metadata["language"] in (["en"], ["zh"])
    assert isinstance(metadata["version"], int)


def test_lm_eval_reads_the_tasks() -> None:
    from lm_eval.tasks import TaskManager

    manager = TaskManager(include_path=str(FOLDER), include_defaults=False)
    ids = {}
    for view in VIEWS:
        task = manager.load([f"knowledge_{view}"])["tasks"][f"knowledge_{view}"]
        shots = 0 if view == "cloze" else 3
        task.set_config("num_fewshot", shots)
        task.set_fewshot_seed(0)
        task.build_all_requests(limit=2)
        ids[view] = [doc["item_id"] for doc in task.test_docs()]
        prompt, doc = task.instances[0].args[0], task.instances[0].doc
        if view == "cloze":
            assert prompt == doc["cloze"]
            assert [each.args[1] for each in task.instances[:4]] == [f" {choice}" for choice in doc["cloze_choices"]]
            continue
        assert prompt.count("Question: ") == 4
        assert prompt.startswith(f"Question: {SHOTS[0]['question']}")
        if view == "choice":
            assert [each.args[1] for each in task.instances[:4]] == [f" {choice}" for choice in doc["choices"]]
    assert all(ids_of == [row["item_id"] for row in TEST] for ids_of in ids.values())


def test_elements_agree_with_the_periodic_table() -> None:
    for row in BY_RELATION["symbol"] + BY_RELATION["element_of_symbol"]:
        symbol, name = (
            (row["answer"], row["subject"].lower()) if row["relation"] == "symbol" else (row["subject"], row["answer"])
        )
        assert symbol in SYMBOLS
        if symbol in LATIN:
            assert name == LATIN[symbol]
        else:
            assert name[0] == symbol[0].lower() and symbol[-1].lower() in name
    for row in BY_RELATION["number_of_element"]:
        assert SYMBOLS[int(row["answer"]) - 1] == row["cluster"]
    for row in BY_RELATION["element_of_number"]:
        assert SYMBOLS[int(row["subject"]) - 1] == row["cluster"]
    for row in BY_RELATION["family_of_element"]:
        for family, symbols in COLUMNS.items():
            assert (row["answer"] == family) == (row["cluster"] in symbols.split())


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


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What is the capital of France?", "Paris"),
        ("What is the capital of Australia?", "Canberra"),
        ("What is the capital of Turkey?", "Ankara"),
        ("What is the currency of Japan?", "yen"),
        ("What is the currency of the United Kingdom?", "pound"),
        ("What is the official language of Brazil?", "Portuguese"),
        ("What is the chemical symbol of gold?", "Au"),
        ("Which country has the capital London?", "United Kingdom"),
        ("What is the atomic number of oxygen?", "8"),
        ("To which family of chemical elements does neon belong?", "noble gases"),
        ("What is the international calling code of Mexico?", "+52"),
        ("Which country has the internet top-level domain .ch?", "Switzerland"),
        ("In which country do most speakers of Yoruba live?", "Nigeria"),
        ("What is the capital of the US state of Texas?", "Austin"),
        ("In which US state is the city of Chicago?", "Illinois"),
        ("Which country's currency is the forint?", "Hungary"),
        ("What is the capital of the country whose currency is the yen?", "Tokyo"),
        ("Which chemical element stands in group 11 and period 6 of the periodic table?", "gold"),
    ],
)
def test_well_known_facts_are_there_and_right(question: str, answer: str) -> None:
    assert next(row["answer"] for row in TEST if row["question"] == question) == answer


def test_disputed_and_stale_facts_are_absent() -> None:
    ids = {row["item_id"] for row in ROWS}
    for item_id in (
        "capital:ZA", "capital:BO", "capital:LK", "capital:IL", "capital:KZ", "capital:ID", "capital:MX", "capital:SG",
        "capital:LU", "currency:HR", "currency:BG", "currency:VE", "language:CH", "language:FR", "continent:TR",
        "continent:RU", "language:ET", "language:US", "country_of_language:lg",
        "country_of_language:pa", "family_of_element:Pt",
    ):  # fmt: skip
        assert item_id not in ids


def rebuild(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A build script's run."""
    command = [sys.executable, str(FOLDER / script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_files_are_rebuilt_bit_for_bit() -> None:
    done = rebuild("build.py", "--check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_chance_is_a_blind_guess() -> None:
    assert load_config("knowledge_choice")["metadata"]["chance"] == chance(TEST)
