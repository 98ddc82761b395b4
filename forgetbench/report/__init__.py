"""Everything a person looks at: terminal tables, plots, report.md and report.html."""

from __future__ import annotations

from forgetbench.report.files import html_page, write_html, write_markdown, write_report, write_trajectory
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
    "write_report",
    "write_trajectory",
]
