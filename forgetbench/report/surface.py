"""Several trainings in words and tables: surface.md, and what the terminal says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import isnan
from typing import Final

from forgetbench.comparison.surface import Law, Surface, SurfacePoint
from forgetbench.messages import N_, items, phrases
from forgetbench.messages import translated as _
from forgetbench.records import OVERALL
from forgetbench.report.course import ship_lines, tradeoff_lines
from forgetbench.report.markdown import escaped
from forgetbench.report.numbers import MISSING, interval, signed
from forgetbench.report.trajectory_page import ship_parts, table
from forgetbench.report.wording import title
from forgetbench.stats.power_law import Bounded, PowerLaw

_PREDICTORS: Final = {
    "steps": N_("steps"),
    "learning_rate": N_("learning rate"),
    "tuned_parameters": N_("tuned parameters"),
    "tokens": N_("tokens"),
}
_LEFT_OUT: Final = {
    "unknown": N_("not known of every checkpoint"),
    "same": N_("the same everywhere"),
    "given": N_("given by the others"),
}
_PICTURES: Final = {
    "surface": N_("Forgetting as a heat map: a row per training by learning rate, a column per step."),
    "law": N_("Forgetting against steps, measured and as the law has it."),
    "pareto": N_("Gain on the target against the mean change of the other domains, a line per training."),
}


def surface_lines(surface: Surface) -> Iterator[str]:
    """What several trainings show together, a line each."""
    yield from tradeoff_lines(surface.pareto)
    overall = surface.laws[0]
    yield _law_line(overall)
    if overall.foretold:
        yield _foretold_line(overall)
    if surface.left_out:
        told = _("{predictor} ({why})")
        left = [
            told.format(predictor=_(_PREDICTORS[name]), why=_(_LEFT_OUT[why])) for name, why in surface.left_out.items()
        ]
        yield _("no part of the law: {predictors}").format(predictors=items(left))
    if surface.ship is not None:
        yield from ship_lines(surface.ship)


def surface_page(surface: Surface, pictures: Iterable[str]) -> str:
    """surface.md; `pictures` are the names of those that lie in plots/. Names in it are escaped."""
    parts = [
        f"# {_('Trainings from one base: {n}').format(n=len(surface.runs))}",
        "\n".join(f"- {escaped(line, 2000)}" for line in surface_lines(surface)),
        *(f"![{_(_PICTURES[name])}](plots/{name}.png)" for name in pictures),
        f"## {_('Checkpoints')}\n\n{_points_table(surface.points)}",
        f"## {_('Laws')}\n\n{_law_note()}\n\n{_laws_table(surface)}",
        *_foretold(surface),
        *(() if surface.ship is None else ship_parts(surface.ship)),
    ]
    return "\n\n".join(parts) + "\n"


def _law_line(law: Law) -> str:
    if law.law is None:
        return _("no law of forgetting: {why}").format(why=law.why_not)
    power = _("{predictor}^{exponent}")
    powers = [
        power.format(predictor=_(_PREDICTORS[name]), exponent=_number(exponent))
        for name, exponent in zip(law.law.predictors, law.law.exponents, strict=True)
    ]
    told = _(
        "forgetting follows a constant plus a multiple of {powers} over {n} checkpoints, leaving {sigma} points (R² "
        "{r2:.2f})"
    )
    return told.format(powers=phrases(powers), n=law.law.n, sigma=f"{100 * law.law.sigma:.1f}", r2=law.law.r_squared)


def _foretold_line(law: Law) -> str:
    found = law.foretold
    told = _(
        "the last checkpoint of each training, foretold from all the others: off by {error} points in the mean, where "
        "the checkpoint before it is off by {carried}; {held} of {n} within the interval"
    )
    return told.format(
        error=f"{100 * _mean(abs(each.measured - each.foretold.value) for each in found):.1f}",
        carried=f"{100 * _mean(abs(each.measured - each.carried) for each in found):.1f}",
        held=sum(each.holds for each in found),
        n=len(found),
    )


def _mean(values: Iterable[float]) -> float:
    known = list(values)
    return sum(known) / len(known)


def _number(bounded: Bounded) -> str:
    told = f"{bounded.value:.2f} [{bounded.low:.2f}, {bounded.high:.2f}]"
    return told.replace("-", "−")


def _points_table(points: Iterable[SurfacePoint]) -> str:
    header = [
        _("training"), _("step"), _("learning rate"), _("tokens"), _("tuned parameters"), _("forgetting [interval]"),
    ]  # fmt: skip
    rows = [
        (
            escaped(point.run),
            str(point.step),
            MISSING if point.learning_rate is None else f"{point.learning_rate:.3g}",
            *(MISSING if number is None else f"{number:,}" for number in (point.tokens, point.tuned_parameters)),
            MISSING if isnan(point.forgetting) else f"{signed(point.forgetting)} {interval(point.low, point.high)}",
        )
        for point in points
    ]
    return f"{_('Points of 100; a loss is positive here.')}\n\n{table(header, rows)}"


def _law_note() -> str:
    return _(
        "forgetting = shift + scale × a power of each predictor, by least squares. At the centre: forgetting at the "
        "geometric means of all predictors. The curvature is below 0 where forgetting levels off and above where it "
        "keeps growing; where its interval holds 0 neither is shown, and there is no shift to tell. Intervals are at "
        "95% and take checkpoints as independent, which those of one training are not quite."
    )


def _laws_table(surface: Surface) -> str:
    names = surface.laws[0].law.predictors if surface.laws[0].law else ()
    header = [
        _("row"), _("at the centre"), *(_(_PREDICTORS[name]) for name in names), _("curvature"), _("shift"),
        _("left over"), "R²",
    ]  # fmt: skip
    return table(header, [_law_cells(law, len(header)) for law in surface.laws])


def _law_cells(law: Law, width: int) -> list[str]:
    name = escaped(title(law.of))
    if law.law is None:
        return [name, escaped(_("none: {why}").format(why=law.why_not)), *[""] * (width - 2)]
    fitted: PowerLaw = law.law
    level = f"{signed(fitted.level.value)} {interval(fitted.level.low, fitted.level.high)}"
    cells = [name, level, *map(_number, fitted.exponents)]
    cells += [""] * (width - 4 - len(cells))
    return [
        *cells,
        _number(fitted.curvature),
        MISSING if isnan(fitted.shift) else signed(fitted.shift),
        f"{100 * fitted.sigma:.1f}",
        f"{fitted.r_squared:.2f}",
    ]


def _foretold(surface: Surface) -> Iterator[str]:
    overall = next(law for law in surface.laws if law.of == OVERALL)
    if overall.foretold:
        header = [_("training"), _("step"), _("measured"), _("foretold [interval]"), _("checkpoint before"), _("held")]
        rows = [
            (
                escaped(surface.points[each.at].run),
                str(surface.points[each.at].step),
                signed(each.measured),
                f"{signed(each.foretold.value)} {interval(each.foretold.low, each.foretold.high)}",
                signed(each.carried),
                _("yes") if each.holds else _("no"),
            )
            for each in overall.foretold
        ]
        note = _("The last checkpoint of each training, which the law did not see.")
        yield f"## {_('Held out')}\n\n{note}\n\n{table(header, rows)}"
