"""What brings forgotten items back, of records whose luck and knowledge are known."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from math import isnan
from typing import Any

import numpy as np
import pytest
from hostile_outputs import read_markdown

from forgetbench.diagnosis import Asked, Elicitation, ElicitationRow, diagnose
from forgetbench.diagnosis.advice import advised
from forgetbench.diagnosis.elicitation import ANY, WAYS, AskedItem, Group, Lack, Way, elicitation_rows
from forgetbench.diagnosis.findings import Finding
from forgetbench.report.diagnosis import diagnosis_markdown, paragraphs
from forgetbench.report.diagnosis.words import LACKS
from forgetbench.report.diagnosis.words import WAYS as NAMES


def item(number: int, group: Group, right: dict[Way, bool], **fields: Any) -> AskedItem:
    plain = AskedItem("facts", "knowledge", f"item-{number}", group, cluster=f"cluster-{number}")
    return replace(plain, candidate=right, base=dict.fromkeys(right, group != "never_known"), **fields)


def guessed(rng: np.random.Generator, group: Group, n: int, luck: float, ways: Collection[Way]) -> Iterator[AskedItem]:
    """Items that are known in no way, and guessed in each."""
    for number in range(n):
        right: dict[Way, bool] = {way: bool(rng.random() < luck) for way in ways}
        yield item(number, group, right, cluster=f"{group}-{number}")


def rows(*items: AskedItem) -> Elicitation:
    return Elicitation(elicitation_rows(items), {"name": "scripted", "version": "1"}, 200, 5, 0)


def row(elicitation: Elicitation, way: Way) -> ElicitationRow:
    found = elicitation.row(way, "knowledge")
    assert found is not None
    return found


def test_only_one_way_brings_them_back() -> None:
    right: dict[Way, bool] = {"few_shot": True, "other_protocol": False}
    wrong: dict[Way, bool] = {"few_shot": False, "other_protocol": False}
    found = rows(
        *(item(n, "forgotten", right) for n in range(50)), *(item(50 + n, "never_known", wrong) for n in range(50))
    )
    shots = row(found, "few_shot")
    assert (shots.raw, shots.control, shots.corrected, shots.base) == (1.0, 0.0, 1.0, 1.0) and shots.low > 0.85
    assert row(found, "other_protocol").corrected == 0.0 and row(found, "other_protocol").high < 0.15
    assert row(found, ANY).corrected == 1.0
    assert (shots.erased, row(found, "other_protocol").erased) == (0.0, 1.0)
    assert found.row("likelihood", "knowledge") is None  # not asked


def test_six_ways_of_guessing_bring_nothing_back() -> None:
    """Each way is right a quarter of the time, so that any of six is 1 - .75^6 = .82: all of it luck."""
    rng = np.random.default_rng(3)
    ways = tuple(WAYS)
    found = rows(*guessed(rng, "forgotten", 150, 0.25, ways), *guessed(rng, "never_known", 150, 0.25, ways))
    together = row(found, ANY)
    assert together.raw == pytest.approx(0.82, abs=0.07) and together.control == pytest.approx(0.82, abs=0.07)
    assert together.low < 0.0 < together.high
    assert all(each.low < 0.0 < each.high for each in found.rows)


def test_the_share_that_is_known_is_found_under_luck() -> None:
    """40 % know; the others and the controls guess among four: raw is .4 + .6 / 4 = .55."""
    rng = np.random.default_rng(4)
    knowing = (item(n, "forgotten", {"few_shot": bool(n % 5 < 2 or rng.random() < 0.25)}) for n in range(400))
    shots = row(rows(*knowing, *guessed(rng, "never_known", 400, 0.25, ["few_shot"])), "few_shot")
    assert shots.raw == pytest.approx(0.55, abs=0.06)
    assert shots.low < 0.4 < shots.high and shots.high - shots.low < 0.25


def test_luck_is_that_of_the_forgotten_items_own_tasks() -> None:
    """A task of two options guesses half right, a free one nothing; forgotten are 30 and 10, controls 10 and 30."""

    def some(group: Group, free: int, choice: int) -> Iterator[AskedItem]:
        for n in range(free):
            yield item(n, group, {"few_shot": False}, cluster=f"free-{group}-{n}")
        for n in range(choice):
            yield item(n, group, {"few_shot": n % 2 == 0}, task="choices", cluster=f"choice-{group}-{n}")

    shots = row(rows(*some("forgotten", 30, 10), *some("never_known", 10, 30)), "few_shot")
    assert (shots.raw, shots.control, shots.corrected) == pytest.approx((5 / 40, 5 / 40, 0.0))


def test_luck_of_any_way_is_that_of_as_many_ways() -> None:
    """Of two ways there is more luck than of one; controls that could be asked in fewer do not stand for them."""
    both: dict[Way, bool] = {"few_shot": True, "lenient": False}
    missed: dict[Way, bool] = {"few_shot": False, "lenient": False}
    controls = [item(n, "never_known", both if n < 5 else missed, cluster=f"c{n}") for n in range(10)]
    fewer = [item(n, "never_known", {"few_shot": False}, cluster=f"d{n}") for n in range(10)]
    lost = [item(n, "forgotten", both if n < 5 else missed) for n in range(10)]
    together = row(rows(*lost, *controls, *fewer), ANY)
    assert (together.control, together.corrected, together.n_control) == (0.5, 0.0, 10)
    assert row(rows(*lost, *controls, *fewer), "few_shot").control == pytest.approx(0.25)


def test_what_the_base_cannot_do_either_is_not_erased() -> None:
    """The base had 40 right, and has 10 of them in another way: it knew no more, and these the candidate has lost."""
    lost = [replace(item(n, "forgotten", {"few_shot": False}), base={"few_shot": n < 10}) for n in range(40)]
    shots = row(rows(*lost, *(item(100 + n, "never_known", {"few_shot": False}) for n in range(40))), "few_shot")
    assert (shots.corrected, shots.erased) == (0.0, 0.25) and shots.erased_low > 0.05 and shots.erased_high < 0.5


def test_without_controls_luck_is_not_known() -> None:
    alone = row(rows(*(item(n, "forgotten", {"few_shot": True}) for n in range(5))), "few_shot")
    assert alone.raw == 1.0 and alone.n_control == 0 and isnan(alone.corrected) and isnan(alone.control)


def test_what_could_not_be_asked_says_why() -> None:
    lacks: dict[Way, Lack] = {"other_language": "no_translation"}
    lost = [replace(item(n, "forgotten", {"few_shot": False}), lacks=lacks) for n in range(3)]
    (found,) = (each for each in rows(*lost).rows if each.way == "other_language")
    assert (found.n_forgotten, found.lack) == (0, "no_translation")


def test_strata_and_languages_have_rows_of_their_own() -> None:
    lost = [
        item(n, "forgotten", {"few_shot": n % 2 == 0}, stratum=("head", "tail")[n % 2], language=("en", "zh")[n % 2])
        for n in range(20)
    ]
    found = {(each.stratum, each.language): each.raw for each in rows(*lost).rows if each.way == "few_shot"}
    assert found == {(None, None): 0.5, ("head", None): 1.0, ("tail", None): 0.0, (None, "en"): 1.0, (None, "zh"): 0.0}
    # Strata that are languages are told once.
    german = [replace(each, stratum=each.language) for each in lost]
    assert all(each.stratum is None for each in rows(*german).rows)


# --- what follows -----------------------------------------------------------------------------


def brought(way: Way, low: float, high: float) -> Elicitation:
    middle = (low + high) / 2
    lost = (1 - middle, 1 - high, 1 - low)  # the base has all of them
    of_way = ElicitationRow(way, "knowledge", None, None, 60, 60, 60, high, 0.0, middle, low, high, *lost)
    return Elicitation((of_way, replace(of_way, way=ANY)), {"name": "scripted", "version": "1"}, 200, 5, 0)


LOCKED = (Finding("locked", "shown"),)


def test_what_brings_them_back_decides_what_to_do() -> None:
    assert [each.cure for each in advised(LOCKED)] == ["show_examples"]
    assert [each.cure for each in advised(LOCKED, brought("few_shot", 0.4, 0.6))] == ["show_examples"]
    # Ranked first, and examples do not bring it back: they are no cure.
    assert [each.cure for each in advised(LOCKED, brought("few_shot", -0.1, 0.05))] == []
    # The other protocol does, whatever likelihoods say.
    assert [each.cure for each in advised((), brought("other_protocol", 0.3, 0.5))] == ["fix_template"]
    assert [each.because for each in advised((), brought("other_protocol", 0.3, 0.5))] == [("locked",)]


@pytest.mark.parametrize(
    ("low", "high", "locked", "erased"),
    [(0.6, 0.9, "shown", "ruled_out"), (-0.1, 0.2, "ruled_out", "shown"), (0.3, 0.7, "open", "open")],
)
def test_what_came_back_is_evidence(forgotten_without_views, low, high, locked, erased) -> None:  # type: ignore[no-untyped-def]
    asked = Asked(elicitation=brought("few_shot", low, high))
    found = diagnose(*forgotten_without_views, asked=asked)
    assert [finding.state for cause in ("locked", "erased") for finding in found.of(cause)] == [locked, erased]
    (measure, n) = found.of("locked")[0].measures
    assert (measure.name, measure.low, measure.high, n.value) == ("came_back", low, high, 60)
    assert found.elicitation == asked.elicitation


@pytest.fixture
def forgotten_without_views():  # type: ignore[no-untyped-def]
    from paired_runs import scored, task

    from forgetbench.comparison.delta import compare

    facts = task("facts", view="open")
    before, after = scored("base", {facts: np.ones(120)}), scored("tuned", {facts: np.zeros(120)})
    return compare(before, after, margins={}, resamples=200)


# --- in words ---------------------------------------------------------------------------------


def test_every_way_and_every_lack_has_its_words() -> None:
    assert set(NAMES) == {*WAYS, ANY}
    assert set(LACKS) == set(Lack.__args__)  # type: ignore[attr-defined]


def test_the_table_is_plain_whatever_domains_are_called(forgotten_without_views) -> None:  # type: ignore[no-untyped-def]
    hostile = "<script>alert(1)</script> | [x](javascript:1)"
    lost = [item(n, "forgotten", {"few_shot": n % 2 == 0}, domain=("knowledge", hostile)[n % 2]) for n in range(20)]
    found = diagnose(*forgotten_without_views, asked=Asked(elicitation=rows(*lost)))
    page = diagnosis_markdown(forgotten_without_views[0], found)
    assert list(read_markdown(page)) == []
    (told,) = (each for each in paragraphs(found) if each.table is not None)
    assert [cells[0] for cells in told.table.rows] == ["completion, after examples", "any of these"]  # type: ignore[union-attr]
    assert told.table.rows[0][1:3] == ("20", "50.0%")  # type: ignore[union-attr]
