"""The course of a training in words."""

from __future__ import annotations

from forgetbench.comparison.course import Course, OnTheWay
from forgetbench.report.course import course_lines


def test_harm_and_what_was_lost_on_the_way() -> None:
    along = Course(
        {"knowledge": 20, "format_rigidity": 10, "reasoning": None},
        {"knowledge": OnTheWay(100, 60, 40, 5), "reasoning": OnTheWay(50, 10, 10, 0)},
    )
    harm, spared, lost = course_lines(along)
    assert harm == "harm beyond the margin first shown: knowledge at step 20, format rigidity at step 10"
    assert spared == "no harm beyond the margin shown at any checkpoint: reasoning"
    assert lost.startswith("right at some checkpoint or in the base, and wrong at the last: knowledge 20 of 100, 5 of ")


def test_nothing_is_said_of_what_did_not_happen() -> None:
    assert list(course_lines(Course({}, {}))) == []
