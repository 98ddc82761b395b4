"""Everything a person looks at: terminal tables, plots, report.md and report.html.

files.py            what is written
terminal.py  markdown.py  html/     the comparison in three forms
flips/              every item, to be browsed: in the page, over HTTP, in the terminal
plots/              the pictures
wording.py  numbers.py  how_to_read.py              words and numbers that all of them share
examples.py  flow.py  supplementary.py     what is shown of items, outcomes, tables
warnings.py  warning_groups.py            what was doubtful, each said once, and by kind
trajectory.py       what the trajectory plot is drawn from; course.py, trajectory_page.py: a training in words
surface.py          several trainings in words
templates/          of the page
"""

from __future__ import annotations

from forgetbench.report.files import (
    html_page,
    write_html,
    write_markdown,
    write_plots,
    write_report,
    write_surface,
    write_trajectory,
)
from forgetbench.report.terminal import print_comparison, print_comparisons, print_runs
from forgetbench.report.trajectory import TrainingLog, TrajectoryPoint

__all__ = [
    "TrainingLog",
    "TrajectoryPoint",
    "html_page",
    "print_comparison",
    "print_comparisons",
    "print_runs",
    "write_html",
    "write_markdown",
    "write_plots",
    "write_report",
    "write_surface",
    "write_trajectory",
]
