"""The course of a training in words."""

from __future__ import annotations

from collections.abc import Iterator

from forgetbench.comparison.course import Course
from forgetbench.messages import clauses, items
from forgetbench.messages import translated as _
from forgetbench.report.wording import title


def course_lines(course: Course) -> Iterator[str]:
    """When harm was first shown, by domain, and what the training had on the way and lost again."""
    harmed = {name: step for name, step in course.first_harm.items() if step is not None}
    if harmed:
        steps = [_("{domain} at step {step}").format(domain=title(name), step=step) for name, step in harmed.items()]
        yield _("harm beyond the margin first shown: {steps}").format(steps=items(steps))
    if spared := [title(name) for name in course.first_harm if name not in harmed]:
        yield _("no harm beyond the margin shown at any checkpoint: {domains}").format(domains=items(spared))
    lost = [
        _("{domain} {lost} of {n}, {learnt} of them learnt meanwhile").format(
            domain=title(name), lost=each.lost, n=each.n_items, learnt=each.learnt_and_lost
        )
        for name, each in course.on_the_way.items()
        if each.lost
    ]
    if lost:
        yield _("right at some checkpoint or in the base, and wrong at the last: {domains}").format(
            domains=clauses(lost)
        )
