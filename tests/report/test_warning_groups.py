"""Warnings by kind: as many lines as there are kinds, and every warning in one of them."""

from __future__ import annotations

import report_samples as samples

from forgetbench.report.warning_groups import warning_groups

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
    assert len(lines) == len(made.warnings) + 2  # and two rows of the sample that were not measured
    assert not set("".join(lines)) & {"\x1b", "\u202e"}


def test_without_warnings_there_is_no_group() -> None:
    assert warning_groups(samples.retained()) == () or all(group.lines for group in warning_groups(samples.retained()))
