"""The runner's progress callbacks, drawn as a rich progress bar with the remaining time."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from rich.console import Console
from rich.progress import BarColumn, Progress as Bar, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import TimeRemainingColumn

from forgetbench.runner import Progress


@contextlib.contextmanager
def progress_bar(console: Console) -> Iterator[Progress]:
    """A `Progress` that draws one line per stage; on something that is no terminal it prints a line per stage."""
    bar = Bar(
        SpinnerColumn(),
        TextColumn("{task.description:<28}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[label]}"),
        console=console,
    )
    current: list[TaskID] = []

    def finish() -> None:
        if current:
            task = bar.tasks[current[-1]]
            bar.update(current[-1], total=task.total or 1, completed=task.total or 1, label="")

    def start(label: str, total: int) -> None:
        finish()
        if not console.is_terminal:
            console.print(label, highlight=False, markup=False)
        current.append(bar.add_task(label, total=total or None, label=""))

    def advance(amount: int) -> None:
        bar.advance(current[-1], amount)

    def label(text: str) -> None:
        bar.update(current[-1], label=text)

    with bar:
        yield Progress(start=start, advance=advance, label=label)
        finish()
