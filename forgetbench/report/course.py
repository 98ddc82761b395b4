"""A training in words: its course, what was gained for what was lost, and which checkpoint to ship."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isnan

from forgetbench.comparison.course import Course, is_harm
from forgetbench.comparison.ship import Ship
from forgetbench.comparison.tradeoff import Tradeoff
from forgetbench.comparison.trajectory import Along
from forgetbench.messages import clauses, items, some
from forgetbench.messages import translated as _
from forgetbench.records import TARGET, DeltaRow
from forgetbench.report.numbers import delta_with_interval, signed
from forgetbench.report.wording import style_of, title
from forgetbench.sanitize import one_line


def along_lines(along: Along) -> Iterator[str]:
    """All that a training's checkpoints show together, a line each; what to ship comes last."""
    yield from course_lines(along.course)
    yield from tradeoff_lines(along.pareto)
    yield from ship_lines(along.ship)


def shipped(points: Sequence[Tradeoff], ship: Ship) -> Tradeoff | None:
    """The checkpoint to ship on the plane of gain and change; None where none is to be shipped."""
    return next((point for point in points if (point.step, point.name) == (ship.step, ship.name)), None)


def course_lines(course: Course) -> Iterator[str]:
    """When harm was first shown, by domain, and what the training had on the way and lost again."""
    harmed = {name: step for name, step in course.first_harm.items() if step is not None}
    if harmed:
        steps = [_("{domain} at step {step}").format(domain=title(name), step=step) for name, step in harmed.items()]
        yield _("harm beyond the margin first shown: {steps}").format(steps=items(steps))
    if spared := [title(name) for name in course.first_harm if name not in harmed]:
        yield _("no harm beyond the margin shown at any checkpoint: {domains}").format(domains=items(spared))
    if course.unmeasured:
        yield _("measured at no checkpoint: {domains}").format(domains=items(map(title, course.unmeasured)))
    proven = {name: step for name, step in course.first_proven.items() if step is not None}
    if proven:
        steps = [_("{domain} at step {step}").format(domain=title(name), step=step) for name, step in proven.items()]
        yield _("a loss first proven, whatever checkpoints follow: {steps}").format(steps=items(steps))
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


def tradeoff_lines(points: Sequence[Tradeoff]) -> Iterator[str]:
    """Which checkpoints no other beats in gain and loss, or that there is no target to gain on."""
    if all(isnan(point.gain) for point in points):
        yield _("no target was measured, so what was gained is not known: --target or a suite's target tells it")
        return
    told = _("{name} (gain {gain}, change elsewhere {change})")
    front = [
        told.format(name=named(point), gain=signed(point.gain), change=signed(point.change))
        for point in points
        if point.on_front
    ]
    yield _("not beaten in gain and loss at once: {checkpoints}").format(checkpoints=some(front))


def ship_lines(ship: Ship) -> Iterator[str]:
    """Which checkpoint to ship and why, and its figures on the items that did not choose it."""
    if ship.comparison is None:
        yield _nothing_to_ship(ship)
        return
    told = _("to ship: {name}, step {step}: {why}")
    yield told.format(name=one_line(ship.name or "", 60), step=ship.step, why=_why(ship))
    rows = [*ship.domains, ship.comparison.overall]
    yield _("its figures on the other half, which did not choose it: {rows}").format(
        rows=clauses(_figure(row) for row in rows if row.estimate is not None)
    )
    if any(map(is_harm, ship.domains)):
        yield _("on that half it has regressed: ship none of these, or look at more items")


def _why(ship: Ship) -> str:
    """What it was chosen for, and among which."""
    unharmed = [each for each in ship.candidates if not each.harmed]
    within = [each for each in unharmed if not each.doubtful]
    if ship.by == TARGET:
        told = _("the largest gain on the target of the {n} of {all} that are within every margin on one half")
    elif within:
        told = _("the smallest loss of the {n} of {all} that are within every margin on one half; there is no target")
    else:
        told = _(
            "the smallest loss of the {n} of {all} that are not shown to have lost more than a margin on one half; by "
            "the estimates all have"
        )
    return told.format(n=len(within or unharmed), all=len(ship.candidates))


def _nothing_to_ship(ship: Ship) -> str:
    if not all(each.harmed for each in ship.candidates):
        return _("to ship: cannot be told, the half of the items that chooses has measured nothing to choose by")
    lost = _("{name} in {domains}")
    told = [
        lost.format(name=one_line(each.name, 60), domains=items(title(name) for name in each.harmed))
        for each in ship.candidates
    ]
    none = _("to ship: none. Every checkpoint is shown to have lost more than a margin, on one half: {checkpoints}.")
    return none.format(checkpoints=clauses(told))


def _figure(row: DeltaRow) -> str:
    told = _("{domain} {delta} {verdict}")
    return told.format(domain=title(row.name), delta=delta_with_interval(row.estimate), verdict=style_of(row).told)


def named(point: Tradeoff, limit: int = 60) -> str:
    """The checkpoint's name, with its training's where that does not say it."""
    return one_line(point.name if point.name.startswith(point.run) else f"{point.run}/{point.name}", limit)
