"""Running Python that a model wrote: only with the user's consent, and only where it is shut in.

    with sandbox.allowed(yes):                 the user's consent
        sandbox.require("task 'humaneval'")    refuse early, in one line, where it may not or cannot be run
        sandbox.run_all(programs)              one ProgramOutcome each, several at a time

A program sees an interpreter with its standard library and an empty scratch folder: no network, no other file, no other
process, no environment. Its processor time, memory, output and files are bounded, and it cannot start a process.
Where that cannot be had, nothing is run: there is no weaker sandbox to fall back to. See docs/sandbox.md.
"""

from forgetbench.sandbox.bubblewrap import Limits
from forgetbench.sandbox.cell import ProgramOutcome
from forgetbench.sandbox.run import allowed, require, run_all, run_python
from forgetbench.sandbox.self_test import unavailable

__all__ = ["Limits", "ProgramOutcome", "allowed", "require", "run_all", "run_python", "unavailable"]
