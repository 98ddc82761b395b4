"""Room above a good base: levels, hard relations whose keys follow from plain ones, and shares of what few know."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from test_knowledge_tasks import BY_RELATION, COLUMNS, HARD, LISTED, TEST, Row, grouped, split_rows

from forgetbench.metrics.answers.normalisation import normalise

CHINESE, _ = split_rows("zh.jsonl")
BY_CHINESE = grouped(CHINESE)
STRATA = ("head", "torso", "tail")
FACTS = {row["item_id"]: row for row in TEST}


@pytest.mark.parametrize("rows", [TEST, CHINESE], ids=["english", "chinese"])
def test_levels_go_from_easy_to_hard(rows: list[Row]) -> None:
    levels = Counter(row["level"] for row in rows)
    assert set(levels) == {1, 2, 3, 4, 5} and all(type(row["level"]) is int for row in rows)
    assert levels[4] + levels[5] >= 0.2 * len(rows)
    for of_relation in grouped(rows).values():
        lowest = [min((row["level"] for row in of_relation if row["stratum"] == name), default=None) for name in STRATA]
        known = [level for level in lowest if level is not None]
        assert all(one < other or other == 5 for one, other in pairwise(known))


@pytest.mark.parametrize("rows", [TEST, CHINESE], ids=["english", "chinese"])
def test_no_kind_that_few_know_is_much_of_the_whole(rows: list[Row]) -> None:
    relations = Counter(row["relation"] for row in rows)
    share = {
        kind: sum(count for name, count in relations.items() if kind in name) / len(rows)
        for kind in ("calling_code", "number", "idiom")
    }
    assert share["calling_code"] <= 0.08 and share["number"] <= 0.08 and share["idiom"] <= 0.25


def test_there_are_enough_hard_questions_and_nearly_all_can_be_asked_openly() -> None:
    hard = [row for row in TEST if row["relation"] in HARD]
    assert len(hard) >= 400
    assert all(row["open"] and row["level"] >= 3 for row in hard)


@pytest.mark.parametrize(
    ("hard", "plain"),
    [
        ("currency_of_capital", "currency"), ("language_of_capital", "language"),
        ("capital_of_currency", "capital"), ("capital_of_domain", "capital"),
    ],
)  # fmt: skip
def test_the_second_of_two_steps_is_the_plain_fact(hard: str, plain: str) -> None:
    plainly = {row["cluster"]: row["answer"] for row in BY_RELATION[plain]}
    checked = [row for row in BY_RELATION[hard] if row["cluster"] in plainly]
    assert len(checked) >= 0.8 * len(BY_RELATION[hard])
    assert all(row["answer"] == plainly[row["cluster"]] for row in checked)


def test_the_common_neighbour_borders_both_and_no_other_option_does() -> None:
    # `neighbour` accepts every neighbour of the country that it asks about.
    borders = {row["cluster"]: set(row["aliases"]) for row in BY_RELATION["neighbour"]}
    checked = 0
    for row in BY_RELATION["common_neighbour"]:
        known = [borders[code] for code in row["item_id"].split(":")[1].split("-") if code in borders]
        assert all(row["answer"] in each for each in known), row["item_id"]
        if len(known) == 2:
            checked += 1
            both = [choice for choice in row["choices"] if choice in known[0] & known[1]]
            assert both == [row["answer"]], row["item_id"]
    assert checked >= 20


def test_the_first_of_four_is_first_by_the_second_source() -> None:
    countryinfo = pytest.importorskip("countryinfo")
    of = {"most_populous": "population", "largest_area": "area"}
    for relation, field in of.items():
        for row in BY_RELATION[relation]:
            codes = row["item_id"].split(":")[1].split("-")
            value = {code: countryinfo.CountryInfo(code).info()[field] for code in codes}
            assert max(value, key=value.__getitem__) == row["cluster"], row["item_id"]


def test_a_question_that_lists_its_options_lists_all_of_them() -> None:
    for row in TEST:
        if row["relation"] in LISTED:
            assert all(normalise(choice) in normalise(row["question"]) for choice in row["choices"]), row["item_id"]


def test_the_place_of_an_element_is_that_of_its_family() -> None:
    group = {"alkali metals": 1, "alkaline earth metals": 2, "halogens": 17, "noble gases": 18}
    for row in BY_RELATION["element_of_place"]:
        number = int(row["subject"].split()[1])
        for family, symbols in COLUMNS.items():
            if row["cluster"] in symbols.split():
                assert number == group[family], row["item_id"]


def test_chinese_hard_questions_are_there_and_have_the_english_keys() -> None:
    assert len(BY_CHINESE["zh:common_neighbour"]) + len(BY_CHINESE["zh:currency_of_capital"]) >= 100
    for row in BY_CHINESE["zh:common_neighbour"]:
        english = FACTS.get(row["item_id"].removeprefix("zh:"))
        assert english is None or english["cluster"] == row["cluster"]
