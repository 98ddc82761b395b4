"""trajectory.md: one training in words, tables and pictures, as GitHub-flavoured Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from forgetbench.comparison.ship import Ship
from forgetbench.comparison.tradeoff import Tradeoff
from forgetbench.comparison.trajectory import Along
from forgetbench.messages import N_, items
from forgetbench.messages import translated as _
from forgetbench.report.course import along_lines, named
from forgetbench.report.markdown import delta_table, escaped, inline
from forgetbench.report.numbers import MISSING, delta_with_interval, interval, signed
from forgetbench.report.trajectory import TrainingLog, TrajectoryPoint
from forgetbench.report.wording import style_of, title

_PICTURES: Final = {
    "trajectory": N_("Retention by domain, step by step, with the training loss where it is known."),
    "pareto": N_("Gain on the target against the mean change of the other domains, a point per checkpoint."),
}


def trajectory_page(
    points: Sequence[TrajectoryPoint], log: TrainingLog | None, along: Along | None, pictures: Iterable[str]
) -> str:
    """The page; `pictures` are the names of those that lie in plots/, without a suffix. Names in it are escaped."""
    parts = [
        f"# {_('Trajectory to {checkpoint}').format(checkpoint=inline(points[-1].name))}" if points else "",
        "" if along is None else "\n".join(f"- {escaped(line, 2000)}" for line in along_lines(along)),
        *(f"![{_(_PICTURES[name])}](plots/{name}.png)" for name in pictures),
        f"## {_('Deltas against the base')}\n\n{_deltas(points)}" if points else "",
        *([] if along is None else [*_pareto(along.pareto), *ship_parts(along.ship)]),
        "" if log is None else _log_note(log),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose cells are Markdown already; the first column is text, the others are numbers."""
    align = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, align, *rows))


def _deltas(points: Sequence[TrajectoryPoint]) -> str:
    names = list(dict.fromkeys(name for point in points for name in point.domains))
    rows = [[escaped(point.name), str(point.step), *(_delta(point, name) for name in names)] for point in points]
    note = _("Points of 100 with intervals; a loss is negative.")
    return f"{note}\n\n{table([_('checkpoint'), _('step'), *map(escaped, map(title, names))], rows)}"


def _delta(point: TrajectoryPoint, name: str) -> str:
    row = point.domains.get(name)
    if row is None or row.estimate is None:
        return MISSING
    return f"{delta_with_interval(row.estimate)} {style_of(row).symbol}"


def _pareto(points: Sequence[Tradeoff]) -> Iterator[str]:
    measured = [point for point in points if point.on_front is not None]
    if measured:
        header = [_("checkpoint"), _("step"), _("gain on the target"), _("change elsewhere"), _("on the front")]
        yield f"## {_('Gain against forgetting')}\n\n{table(header, map(_tradeoff, measured))}"


def _tradeoff(point: Tradeoff) -> tuple[str, ...]:
    gain = f"{signed(point.gain)} {interval(point.gain_low, point.gain_high)}"
    change = f"{signed(point.change)} {interval(point.change_low, point.change_high)}"
    return escaped(named(point)), str(point.step), gain, change, _("yes") if point.on_front else ""


def ship_parts(ship: Ship) -> Iterator[str]:
    """The checkpoint to ship: the rule, what the choosing half said of all, and what the other says of it."""
    header = [
        _("checkpoint"), _("step"), _("gain on the target"), _("change elsewhere"), _("lost too much"), _("doubtful"),
    ]  # fmt: skip
    rows = [
        (
            escaped(each.name),
            str(each.step),
            signed(each.gain),
            signed(each.change),
            *(escaped(items(map(title, names))) for names in (each.harmed, each.doubtful)),
        )
        for each in ship.candidates
    ]
    rule = _(
        "Chosen on one half of the items ({n:,}; whole clusters). No checkpoint ships that is shown there to have lost "
        "more than the margin in a gated domain. Of those whose estimates lie within every margin, the one with the "
        "largest gain on the target is chosen, without a target the smallest loss; where no estimates do (doubtful), "
        "the smallest loss of the others; of equal ones the earlier. None ships where no gated domain was measured."
    ).format(n=ship.n_items)
    yield f"## {_('The checkpoint to ship')}\n\n{rule}\n\n{table(header, rows)}"
    if ship.comparison is not None:
        told = _("What the other half says of {name}, which knows nothing of the choice:").format(
            name=inline(ship.name or "")
        )
        yield f"{told}\n\n{delta_table((*ship.domains, ship.comparison.overall))}"


def _log_note(log: TrainingLog) -> str:
    last = _("Training loss {loss:.3g} at step {step}, the last that was logged.")
    return last.format(loss=log.losses[-1], step=log.steps[-1]) if log.steps else ""
