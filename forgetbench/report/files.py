"""The files of a report. jinja2 and matplotlib cost half a second: only a command that writes pays it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forgetbench.comparison.surface import Surface, SurfacePoint
from forgetbench.messages import sentences
from forgetbench.messages import translated as _
from forgetbench.records import SCHEMA_VERSION, Comparison
from forgetbench.report.course import shipped
from forgetbench.report.examples import DomainExamples, select_examples
from forgetbench.report.trajectory import TrainingLog, TrajectoryPoint
from forgetbench.report.wording import headline
from forgetbench.storage.comparisons import save_comparison
from forgetbench.storage.csv_files import csv_text
from forgetbench.storage.files import write_atomic
from forgetbench.storage.flat_rows import COLUMNS, flat
from forgetbench.storage.folder import ResultsFolder
from forgetbench.storage.json_files import plain_data, to_json

if TYPE_CHECKING:
    import pandas as pd

    from forgetbench.comparison.ship import Ship
    from forgetbench.comparison.trajectory import Along
    from forgetbench.report.flips import Compared
    from forgetbench.report.flips.page import FlipBrowser


def write_report(
    comparison: Comparison,
    items: pd.DataFrame,
    out_dir: Path | str,
    others: Sequence[Compared] = (),
    results: ResultsFolder | None = None,
) -> list[Path]:
    """Write plots/forest and plots/outcomes (PNG and SVG), report.md and report.html into `out_dir`.

    `items` is the table of items.parquet. Where `results`, by default the results folder that `out_dir` lies in, holds
    the runs too, report.html shows what these know of each item; beside the candidate it shows those of `others`. Equal
    input gives equal files. Returns the written paths. Raises
    InputError where the place cannot be written, StorageError where the disk is full.
    """
    out_dir = Path(out_dir)
    examples = select_examples(comparison, items)
    written = _write_markdown(comparison, examples, out_dir / "report.md")
    (outcomes,) = (path.read_bytes() for path in written if path.name == "outcomes.svg")
    page = out_dir / "report.html"
    results = results or results_of(out_dir)
    browser = _browser(comparison, items, results, others)
    write_atomic(page, _html(comparison, items, examples, outcomes, browser, results))
    return [*written, page]


def write_markdown(comparison: Comparison, items: pd.DataFrame, path: Path, link: str | None = None) -> list[Path]:
    """Write the Markdown that a pull request takes: one short file; `link` is the address of the whole report."""
    from forgetbench.report.short import short_report

    write_atomic(path, short_report(comparison, select_examples(comparison, items), link))
    return [path]


def write_html(
    comparison: Comparison,
    items: pd.DataFrame,
    path: Path,
    results: ResultsFolder | None = None,
    others: Sequence[Compared] = (),
) -> list[Path]:
    """Write the HTML report: one file that needs nothing beside it; `results` is the folder that may hold the runs."""
    write_atomic(path, html_page(comparison, items, _browser(comparison, items, results, others), results))
    return [path]


def html_page(
    comparison: Comparison,
    items: pd.DataFrame | None,
    browser: FlipBrowser | None = None,
    results: ResultsFolder | None = None,
) -> str:
    """The text of that file, with a browser of its items or without; `items` is None where they are not at hand."""
    from forgetbench.report import plots

    examples = () if items is None else select_examples(comparison, items)
    return _html(comparison, items, examples, plots.outcomes_svg(comparison), browser, results)


def write_plots(comparison: Comparison, folder: Path) -> list[Path]:
    """Write every plot of a comparison as PNG, SVG and PDF, for papers."""
    from forgetbench.report import plots

    return [*plots.for_papers(comparison, folder)]


def results_of(comparison: Path) -> ResultsFolder:
    """The results folder that the folder of a comparison lies in, if it lies in one."""
    return ResultsFolder(comparison.resolve().parent.parent)


def _write_markdown(comparison: Comparison, examples: Sequence[DomainExamples], path: Path) -> list[Path]:
    from forgetbench.report import plots
    from forgetbench.report.markdown import markdown_report

    folder = path.parent / "plots"
    written = [*plots.forest(comparison, folder), *plots.outcomes(comparison, folder)]
    linked = {text: f"plots/{stem}.png" for stem, text in _descriptions(comparison).items()}
    write_atomic(path, markdown_report(comparison, examples, linked))
    return [*written, path]


def _html(
    comparison: Comparison,
    items: pd.DataFrame | None,
    examples: Sequence[DomainExamples],
    outcomes_svg: bytes,
    browser: FlipBrowser | None,
    results: ResultsFolder | None,
) -> str:
    from forgetbench.report import plots
    from forgetbench.report.html import Panels, html_report

    panels = Panels(browser=browser) if items is None else Panels.of(comparison, items, browser, results)
    drawn = {**plots.flow_svg(comparison), "outcomes": outcomes_svg, **plots.drift_svg(panels.weights)}
    return html_report(comparison, examples, drawn, panels)


def _browser(
    comparison: Comparison, items: pd.DataFrame, results: ResultsFolder | None, others: Sequence[Compared]
) -> FlipBrowser | None:
    """None where there are so many items that joining them would take longer than all else."""
    from forgetbench.report.flips import Compared, read_flips
    from forgetbench.report.flips.page import embedded
    from forgetbench.report.flips.payload import MOST_ROWS
    from forgetbench.report.html.page import MOST_BROWSED

    if len(items) > MOST_BROWSED:
        return None
    return embedded(read_flips([Compared(comparison, items, results), *others], most=MOST_ROWS))


def write_trajectory(
    points: Sequence[TrajectoryPoint], log: TrainingLog | None, out_dir: Path, along: Along | None = None
) -> list[Path]:
    """Write plots/ (PNG and SVG), trajectory.csv, trajectory.md and trajectory.json into `out_dir`.

    `along` is what checkpoints that were judged together show; None where they were not. The checkpoint to ship has its
    comparison, of the items that did not choose it, in ship/. trajectory.csv has one line per checkpoint and domain,
    with the training loss logged last by then.
    """
    from forgetbench.report import plots
    from forgetbench.report.trajectory_page import trajectory_page

    ordered = sorted(points, key=lambda point: point.step)
    drawn = list(plots.trajectory(ordered, log, out_dir / "plots"))
    if along is not None:
        drawn += plots.pareto(along.pareto, shipped(along.pareto, along.ship), out_dir / "plots")
        _write_ship(along.ship, out_dir / "ship")
    table, page, record = (out_dir / f"trajectory.{suffix}" for suffix in ("csv", "md", "json"))
    write_atomic(table, _trajectory_csv(ordered, log))
    write_atomic(page, trajectory_page(ordered, log, along, [path.stem for path in drawn if path.suffix == ".png"]))
    write_atomic(record, to_json(_trajectory_record(ordered, log, along)))
    return [*drawn, table, page, record]


def _trajectory_record(
    points: Sequence[TrajectoryPoint], log: TrainingLog | None, along: Along | None
) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "points": [
            {"step": point.step, "name": point.name, "comparison": point.comparison, "domains": dict(point.domains)}
            for point in points
        ],
        "training_log": None if log is None else asdict(log),
        "course": None if along is None else along.course,
        "pareto": [] if along is None else along.pareto,
        "ship": None if along is None else _ship_record(along.ship),
    }


def _ship_record(ship: Ship) -> dict[str, Any]:
    return {
        "step": ship.step,
        "name": ship.name,
        "by": ship.by,
        "n_items": ship.n_items,
        "candidates": ship.candidates,
        "domains": {row.name: row for row in ship.domains},
        "overall": None if ship.comparison is None else ship.comparison.overall,
    }


def _write_ship(ship: Ship, folder: Path) -> None:
    """The judged comparison, for `forgetbench gate`; what an earlier look chose is taken away."""
    if ship.comparison is None:
        shutil.rmtree(folder, ignore_errors=True)
    else:
        save_comparison(folder, ship.comparison, ship.items)


def write_surface(surface: Surface, out_dir: Path) -> list[Path]:
    """Write plots/ (PNG and SVG), surface.csv, surface.md and surface.json into `out_dir`.

    surface.csv has one line per checkpoint; ship/ is as in a trajectory.
    """
    from forgetbench.report import plots
    from forgetbench.report.surface import surface_page

    drawn = list(plots.surface(surface, out_dir / "plots"))
    if surface.ship is not None:
        _write_ship(surface.ship, out_dir / "ship")
    sheet, page, record = (out_dir / f"surface.{suffix}" for suffix in ("csv", "md", "json"))
    write_atomic(sheet, _surface_csv(surface))
    write_atomic(page, surface_page(surface, [path.stem for path in drawn if path.suffix == ".png"]))
    ship = None if surface.ship is None else _ship_record(surface.ship)
    content = {"schema_version": SCHEMA_VERSION, **plain_data(replace(surface, ship=None)), "ship": ship}
    write_atomic(record, to_json(content))
    return [*drawn, sheet, page, record]


def _surface_csv(surface: Surface) -> str:
    columns = [field.name for field in fields(SurfacePoint) if field.name != "domains"]
    domains = list(dict.fromkeys(name for point in surface.points for name in point.domains))
    rows = (
        [*(plain_data(getattr(point, name)) for name in columns), *(point.domains.get(name) for name in domains)]
        for point in surface.points
    )
    return csv_text([*columns, *domains], rows)


def _descriptions(comparison: Comparison) -> dict[str, str]:
    """What each plot shows, in words, for those who do not see it."""
    return {
        "forest": sentences([_("Deltas with intervals per domain and task."), headline(comparison)]),
        "outcomes": _("Shares of items kept, gained, locked and erased, per domain and task."),
    }


def _trajectory_csv(points: Sequence[TrajectoryPoint], log: TrainingLog | None) -> str:
    columns = [name for name in COLUMNS if name not in ("name", "domain")]
    rows = (
        [point.step, point.name, _loss_by(point.step, log), name, *(flat(row)[column] for column in columns)]
        for point in points
        for name, row in point.domains.items()
    )
    return csv_text(["step", "checkpoint", "training_loss", "domain", *columns], rows)


def _loss_by(step: int, log: TrainingLog | None) -> float | None:
    if log is None:
        return None
    logged = [(at, loss) for at, loss in zip(log.steps, log.losses, strict=True) if at <= step]
    return max(logged, key=lambda entry: entry[0])[1] if logged else None
