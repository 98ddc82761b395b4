"""Cut answers in a comparison: left out of the delta, bounded both ways, and said where they are many."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from paired_runs import item, run, task
from rich.console import Console

from forgetbench.comparison.checked import load_checked
from forgetbench.comparison.delta import compare
from forgetbench.comparison.recomputed import recomputed_rows
from forgetbench.errors import InputError
from forgetbench.gate.decide import decide
from forgetbench.gate.policy import Gate, Policy
from forgetbench.records import CUT, Comparison, ItemScore
from forgetbench.report.html import html_report
from forgetbench.report.markdown import markdown_report
from forgetbench.report.terminal import print_comparison
from forgetbench.report.wording import headline
from forgetbench.storage.comparisons import deltas_csv, load_comparison, save_comparison

OPEN, CHOICE, OTHER = task("open", view="open"), task("choice", view="choice"), task("other", "reasoning")


def items(info: object, scores: str) -> list[ItemScore]:
    """'1' right, '0' wrong, 'c' cut, 'x' not answered."""
    made = {"1": (1.0, None), "0": (0.0, None), "c": (None, CUT), "x": (None, "no answer from the engine")}
    return [item(info, n, made[sign][0], reason=made[sign][1]) for n, sign in enumerate(scores)]  # type: ignore[arg-type]


def compared(base: str, candidate: str, **others: tuple[str, str]) -> Comparison:
    return _compared(base, candidate, **others)[0]


def _compared(base: str, candidate: str, **others: tuple[str, str]):  # type: ignore[no-untyped-def]
    pairs = {OPEN: (base, candidate)} | {
        {"choice": CHOICE, "other": OTHER}[name]: pair for name, pair in others.items()
    }
    sides = [
        run(name, list(pairs), [row for info, pair in pairs.items() for row in items(info, pair[side])])
        for side, name in enumerate(("base", "sft"))
    ]
    return compare(*sides, margins={}, resamples=500)


def test_ten_items_of_which_four_are_cut_in_the_candidate() -> None:
    """Measured: 1 lost of 6. Cut: the base has 3 of 4 right. Worst (-1 - 3) / 10; best (-1 + 1) / 10."""
    (row,) = compared("1111001110", "111000cccc").tasks
    assert (row.n_items, row.n_unmeasured, row.estimate.delta) == (6, 4, pytest.approx(-1 / 6))
    assert row.outcomes.forgotten == pytest.approx(1 / 6)
    assert (row.cut.n_cut_base, row.cut.n_cut_candidate, row.cut.cut_base, row.cut.cut_candidate) == (0, 4, 0.0, 0.4)
    assert (row.cut.delta_worst, row.cut.delta_best) == (pytest.approx(-0.4), pytest.approx(0.0))


def test_either_side_or_both_may_be_cut() -> None:
    """Worst: 0 - 1 (base cut, candidate wrong), 0 - 1 (both); best: 0 - 0, 1 - 0. Of four items, two measured, kept."""
    (row,) = compared("11cc", "110c").tasks
    assert (row.cut.n_cut_base, row.cut.n_cut_candidate) == (2, 1)
    assert (row.cut.delta_worst, row.cut.delta_best) == (-0.5, 0.25)


def test_what_is_missing_for_another_reason_is_not_cut() -> None:
    (row,) = compared("1111", "11xx").tasks
    assert (row.n_unmeasured, row.cut.n_cut_candidate, row.cut.cut_candidate) == (2, 0, 0.0)
    # The engine refused one side, the limit cut the other: cut on that side alone, and nothing is known of either.
    (row,) = compared("111x", "111c").tasks
    assert (row.cut.n_cut_base, row.cut.n_cut_candidate) == (0, 1)
    assert (row.cut.delta_worst, row.cut.delta_best) == (-0.25, 0.25)


def test_a_domain_is_the_mean_of_its_tasks_and_one_that_is_cut_whole_is_bounded() -> None:
    found = compared("1100", "cccc", choice=("1111", "1110"))
    (domain,) = found.domains
    by_name = {row.name: row for row in found.tasks}
    assert by_name["open"].estimate is None
    assert (by_name["open"].cut.delta_worst, by_name["open"].cut.delta_best) == (-0.5, 0.5)
    assert (domain.cut.cut_candidate, domain.cut.n_cut_candidate) == (0.5, 4)
    assert (domain.cut.delta_worst, domain.cut.delta_best) == ((-0.5 - 0.25) / 2, (0.5 - 0.25) / 2)
    assert (found.overall.cut.delta_worst, found.overall.cut.delta_best) == (
        domain.cut.delta_worst,
        domain.cut.delta_best,
    )


def test_no_verdict_is_made_of_cut_answers() -> None:
    # Counted wrong, sixty of a hundred would be lost.
    (row,) = compared("1" * 100, "1" * 40 + "c" * 60).tasks
    assert row.estimate.delta == 0.0 and row.judgement.verdict == "inconclusive"
    # Forty gains are shown among what was measured, and could be undone by sixty cut answers.
    (gain,) = compared("0" * 40 + "1" * 60, "1" * 40 + "c" * 60).tasks
    assert gain.estimate.ci_low > 0 and gain.judgement.verdict != "improved"
    (sure,) = compared("0" * 90 + "1" * 10, "1" * 98 + "cc").tasks
    assert sure.judgement.verdict == "improved"


def shown(comparison: Comparison, width: int) -> str:
    console = Console(width=width, file=StringIO())
    print_comparison(console, comparison)
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def test_both_bounds_stand_in_every_row_of_every_report(tmp_path: Path) -> None:
    comparison, table = _compared("1111001110", "111000cccc", other=("1111", "1111"))
    for text in (shown(comparison, 80), shown(comparison, 140), markdown_report(comparison, (), {}).replace("\\", "")):
        assert "−40.0 to 0.0" in text and "cut 0.0% / 40.0%" in text
    html = html_report(comparison, (), {})
    assert html.count("with cut answers −40.0 to 0.0") == 2 and "cut 0.0% / 40.0%" in html
    assert "knowledge (40.0% of sft; with cut answers the delta is −40.0 to 0.0)" in headline(comparison)
    assert "open: 4 of 10 answers of sft were cut" in " ".join(comparison.warnings)
    assert "n_cut_base,n_cut_candidate,cut_base,cut_candidate,delta_worst,delta_best" in deltas_csv(comparison)
    save_comparison(tmp_path, comparison, table)
    assert load_comparison(tmp_path).tasks[0].cut == comparison.tasks[0].cut
    assert load_checked(tmp_path).tasks[0].cut.n_cut_candidate == 4


def test_a_count_that_is_not_that_of_the_items_is_refused(tmp_path: Path) -> None:
    comparison, table = _compared("1111001110", "111000cccc")
    save_comparison(tmp_path, comparison, table)
    path = tmp_path / "comparison.json"
    path.write_text(path.read_text().replace('"n_cut_candidate": 4', '"n_cut_candidate": 0'))
    with pytest.raises(InputError, match="n_cut_candidate is not that of its items"):
        load_checked(tmp_path)


def test_rows_made_again_from_the_items_have_the_same_bounds() -> None:
    """Of a chosen candidate's half they are all there is."""
    comparison, table = _compared("1111001110", "111000cccc", other=("11c1", "1111"))
    again = recomputed_rows(comparison, table)
    for rows in ("tasks", "domains"):
        assert [row.cut for row in getattr(again, rows)] == [row.cut for row in getattr(comparison, rows)]


def test_the_gate_says_so_and_may_limit_it() -> None:
    comparison = compared("1" * 100, "1" * 80 + "c" * 20)
    result = decide(comparison, Policy(max_cut=0.1, on_inconclusive="fail"))
    (limit,) = [decision for decision in result.decisions if decision.check == "max_cut"]
    assert (limit.state, limit.measured, limit.limit) == ("inconclusive", pytest.approx(0.2), 0.1)
    assert "20.0% of the candidate's answers were cut" in limit.sentence
    (verdict,) = [decision for decision in result.decisions if decision.check == "verdict"]
    assert "with which the change is -20.0 to +0.0" in verdict.sentence
    assert result.exit_code == 3
    allowed = decide(comparison, Policy(max_cut=0.1, gates={"knowledge": Gate(max_cut=0.5)}))
    assert [decision.state for decision in allowed.decisions if decision.check == "max_cut"] == ["passed"]
