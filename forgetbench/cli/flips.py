"""The command that shows what became of items, one by one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from forgetbench.cli.console import stdout
from forgetbench.cli.options import OR_STANDARD_OUTPUT, ComparisonArgument
from forgetbench.console import data
from forgetbench.errors import InputError

Outcome = Literal[
    "lost", "forgotten", "locked", "erased", "never_known", "fell", "cut", "unmeasured", "gained", "rose", "never",
    "level", "kept",
]  # fmt: skip
_SHOWN = 20


def flips(
    comparison: ComparisonArgument,
    /,
    *others: Annotated[Path, Parameter(help="Further comparisons of the same base, side by side.")],
    task: Annotated[str | None, Parameter(help="Only this task.")] = None,
    domain: Annotated[str | None, Parameter(help="Only this domain.")] = None,
    outcome: Annotated[
        Outcome | None, Parameter(help="What became of the items, of any candidate; lost is forgotten or fell.")
    ] = None,
    sort: Annotated[
        Literal["worst", "lost"], Parameter(help="Regressions first, or by the likelihood that the right answer lost.")
    ] = "worst",
    limit: Annotated[int | None, Parameter(help=f"At most so many; {_SHOWN} are shown, and all are written.")] = None,
    jsonl: Annotated[
        Path | None,
        OR_STANDARD_OUTPUT,
        Parameter(help="Write them as JSON Lines instead; - is standard output."),
    ] = None,
) -> None:
    """Show items side by side: the question, the right answer, what base and candidate said."""
    from forgetbench.report.flips import Wanted, load_compared, read_flips
    from forgetbench.report.flips.terminal import by_lost, by_worst, json_lines, print_flips
    from forgetbench.storage.files import write_atomic

    if limit is not None and limit < 1:
        raise InputError(f"--limit {limit}: must be at least 1")
    compared = load_compared([comparison, *others])
    found = read_flips(compared, Wanted(task, domain, outcome))
    rows = by_lost(found.rows) if sort == "lost" else by_worst(found.rows)
    found = replace(found, rows=tuple(rows[:limit]))
    if jsonl is None:
        print_flips(stdout(), found, _SHOWN if limit is None else limit)
    elif str(jsonl) == "-":
        for line in json_lines(found):
            data(line)
    else:
        write_atomic(jsonl, "".join(f"{line}\n" for line in json_lines(found)))
