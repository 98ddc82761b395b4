"""The commands that look after a results folder's ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from forgetbench.cli.console import say
from forgetbench.errors import listed

ledger = App(name="ledger", help="The ledger of a results folder: every answer that a model gave.")
_Results = Annotated[Path, Parameter(help="A results folder.")]


@ledger.command
def check(results: _Results, /) -> int:
    """Read every answer in the ledger. Exit code 2 when something of it cannot be read."""
    from forgetbench.storage import ledger_care
    from forgetbench.storage.folder import ResultsFolder

    path = ResultsFolder(results).ledger
    state = ledger_care.check(path)
    say(f"{path}: {state.sound} answers can be read, {len(state.damaged)} rows are damaged")
    if state.faults:
        say(f"the file itself is damaged: {listed(state.faults, 2)}")
    if state.is_sound:
        return 0
    say(f"forgetbench ledger prune {results} removes what cannot be read; a run asks it again")
    return 2


@ledger.command
def prune(results: _Results, /) -> None:
    """Remove what cannot be read from the ledger; the next run asks it again."""
    from forgetbench.storage import ledger_care
    from forgetbench.storage.folder import ResultsFolder

    path = ResultsFolder(results).ledger
    pruned = ledger_care.prune(path)
    say(f"{path}: {pruned.removed} damaged rows removed, {pruned.kept} answers kept")
    if pruned.aside is not None:
        say(f"the file itself was damaged: what could be read is in a new one, the old one is {pruned.aside}")
