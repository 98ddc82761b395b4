"""`forgetbench report`: print a comparison, and write its report and plots again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from forgetbench.cli.console import stdout
from forgetbench.cli.options import ComparisonArgument


def report(
    comparison: ComparisonArgument,
    /,
    *others: Annotated[Path, Parameter(help="Further comparisons of the same base: their candidates, item by item.")],
    html: Annotated[Path | None, Parameter(help="Write the HTML report here.")] = None,
    markdown: Annotated[Path | None, Parameter(help="Write Markdown for a pull request here: a short one.")] = None,
    link: Annotated[str | None, Parameter(help="The whole report's address, for that Markdown.")] = None,
    plots: Annotated[Path | None, Parameter(help="Write every plot into this folder: PNG, SVG and PDF.")] = None,
) -> None:
    """Print a comparison, and write its report again."""
    from forgetbench.comparison.checked import load_checked
    from forgetbench.report import print_comparison, write_html, write_markdown, write_plots, write_report
    from forgetbench.report.files import results_of
    from forgetbench.report.flips import load_compared
    from forgetbench.storage.comparisons import load_items
    from forgetbench.storage.made import comparison_folder

    comparison = comparison_folder(comparison)
    folder = comparison if comparison.is_dir() else comparison.parent
    compared, items = load_checked(comparison), load_items(folder)
    beside = load_compared(others)
    print_comparison(stdout(), compared)
    if html is not None:
        write_html(compared, items, html, results_of(folder), beside)
    if markdown is not None:
        write_markdown(compared, items, markdown, link)
    if plots is not None:
        write_plots(compared, plots)
    if html is None and markdown is None and plots is None:
        write_report(compared, items, folder, beside)
