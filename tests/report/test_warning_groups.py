"""Warnings by kind: as many lines as there are kinds, and every warning in one of them."""

from __future__ import annotations

import report_samples as samples

from forgetbench.report.markdown import markdown_report
from forgetbench.report.warning_groups import warning_groups
from forgetbench.report.warnings import told_once, warnings_told
from forgetbench.stored import Stored

CUT = [f"task_{n}: {n} of 40 answers of tuned were cut before they could be read; a larger limit" for n in range(1, 12)]


def test_eleven_of_a_kind_are_one_with_the_most_of_them() -> None:
    made = samples.comparison(warnings=(*CUT, "base: a: 4 of 4 answers ended at the token limit", "something new"))
    groups = warning_groups(made)
    assert [group.title for group in groups] == [
        "Answers that were cut before they could be read", "Answers that ended at the token limit, and were read",
        "Other warnings", "Rows that were not measured in full",
    ]  # fmt: skip
    assert groups[0].extent == "11 warnings, up to 11 of 40"
    assert len(groups[0].lines) == 11
    assert groups[1].extent == ""
    assert groups[2].lines == ("something new",)


def test_no_warning_is_lost() -> None:
    made = samples.comparison(warnings=(*CUT, *CUT, samples.HOSTILE, "0 of 0 items not measured: why"))
    lines = [line for group in warning_groups(made) for line in group.lines]
    assert all(any(warning in line for line in lines) for warning in CUT)
    assert not set("".join(lines)) & {"\x1b", "\u202e"}


def test_what_the_table_shows_of_cut_answers_is_not_said_again() -> None:
    cut = Stored.OF_PAIRED_NOT_MEASURED.format(n=3, all=40, reason=f"candidate: {Stored.CUT}")
    made = samples.comparison(warnings=(*CUT, cut, "the engines differ"))
    told = [group.text for group in told_once(made)]
    assert cut not in told
    assert "the engines differ" in told
    assert Stored.CUT not in markdown_report(made, (), {})


def test_the_same_warning_is_one() -> None:
    (group, *_few) = warnings_told(samples.comparison(warnings=("the engines differ",) * 2))
    assert (group.text, group.places) == ("the engines differ", ())


def test_without_warnings_there_is_no_group() -> None:
    assert warning_groups(samples.retained()) == () or all(group.lines for group in warning_groups(samples.retained()))
