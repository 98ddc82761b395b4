"""How far a long run is: callbacks for whoever does the work, and their drawing for whoever is watching."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import (
    BarColumn,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import (
    Progress as Bar,
)

from forgetbench.console import tell
from forgetbench.sanitize import one_line

_LINE_EVERY = 30.0
"""Seconds between two lines where there is no terminal to redraw."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Callbacks by which a caller shows what is going on; the defaults show nothing but warnings."""

    start: Callable[[str, int], None] = lambda label, total: None
    """A stage begins; `total` is its work in tokens, 0 where it is unknown."""
    advance: Callable[[int], None] = lambda amount: None
    label: Callable[[str], None] = lambda text: None
    note: Callable[[str], None] = lambda text: tell(f"! {text}")
    """A warning that cannot wait for the end."""


@contextlib.contextmanager
def show_progress(console: Console) -> Iterator[Progress]:
    """A bar with the remaining time on a terminal; elsewhere (a log, CI) a line now and then.

    The bar is gone when the block ends, so what is printed last stands alone.
    """
    if not console.is_terminal:
        lines = _Lines(console)
        yield Progress(start=lines.start, advance=lines.advance)
        return
    bar = Bar(
        SpinnerColumn(),
        # Labels hold names out of files: text, no markup.
        TextColumn("{task.description:<28}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[label]}", markup=False),
        console=console,
        transient=True,
    )
    with bar:
        stages = _Stages(bar)
        yield Progress(start=stages.start, advance=stages.advance, label=stages.label)


@dataclass
class _Stages:
    """One line of the bar per stage."""

    bar: Bar
    current: TaskID | None = None

    def start(self, label: str, total: int) -> None:
        if self.current is not None:
            done = self.bar.tasks[self.current].total or 1
            self.bar.update(self.current, total=done, completed=done, label="")
        self.current = self.bar.add_task(one_line(label), total=total or None, label="")

    def advance(self, amount: int) -> None:
        if self.current is not None:
            self.bar.advance(self.current, amount)

    def label(self, text: str) -> None:
        if self.current is not None:
            self.bar.update(self.current, label=one_line(text))


@dataclass
class _Lines:
    """A line every half a minute for stages of known length."""

    console: Console
    stage: str = ""
    total: int = 0
    done: int = 0
    began: float = field(default_factory=time.monotonic)
    printed: float = field(default_factory=time.monotonic)

    def start(self, label: str, total: int) -> None:
        self.stage, self.total, self.done = one_line(label), total, 0
        self.began = self.printed = time.monotonic()

    def advance(self, amount: int) -> None:
        self.done += amount
        now = time.monotonic()
        # The first requests wait for the engine to start: an estimate from them alone would be far off.
        if self.done * 50 >= self.total > 0 and now - self.printed >= _LINE_EVERY:
            self.printed = now
            left = (now - self.began) * (self.total - self.done) / max(self.done, 1)
            self.console.print(
                f"{self.stage}: {100 * self.done // self.total} %, about {left:.0f} s left",
                highlight=False,
                markup=False,
            )
