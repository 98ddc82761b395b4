"""What a planted fault is, and how it is tried: the commands that a user would give, and what they said."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import re
import shutil
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Outcome = Literal["refused", "warned", "silent", "unclear", "quiet", "false alarm"]
"""Of a fault: refused before a verdict, or warned beside it, by a message that names what is wrong; `silent` is a
verdict without a word, `unclear` a failure that does not name it. Of a sound twin: `quiet`, else `false alarm`."""

_PATIENCE = 90
"""Seconds that a trial may take. A sound one takes two."""
_TELLING = ("warnings", "folder_differences")
"""The fields of manifest.json and comparison.json by which a reader is warned."""

Step = tuple[str, ...] | Callable[[], "tuple[str, ...] | None"]
"""A command, or what happens between two of them, which may give the next."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Commands that are given one after the other, and what happens between them; a verdict is what the last makes."""

    steps: tuple[Step, ...]
    base: Path | None = None
    candidate: Path | None = None
    task: Path | None = None
    """These three: what another program would be given."""


@dataclass(frozen=True, slots=True)
class Case:
    """A fault and its sound twin."""

    name: str
    kind: str
    unnoticed: str
    """What becomes of the numbers where nobody notices."""
    twin_name: str
    fault: Callable[[Path], Trial]
    """From an empty folder to the trial."""
    twin: Callable[[Path], Trial]
    names: str
    """A pattern that a message must match to name what is wrong."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a trial."""

    outcome: Outcome
    exit_code: int
    message: str
    """The line that names the fault, else the last one."""


Tool = Callable[[Trial, Path], tuple[int, str, bool]]
"""A program that is given a trial and a folder for results: exit code, all that it said, whether it gave a verdict."""


def try_fault(case: Case, folder: Path, tool: Tool | None = None) -> Tried:
    """Give a fault to a program, by default to forgetbench, as its user would."""
    code, text, verdict = _alone(case.fault, folder, tool or forgetbench)
    line = _line(text, case.names)
    if line is not None and not verdict and code:
        return Tried("refused", code, line)
    if line is not None and verdict:
        return Tried("warned", code, line)
    return Tried("silent" if verdict and code == 0 else "unclear", code, _last(text))


def try_twin(case: Case, folder: Path, tool: Tool | None = None) -> Tried:
    """Give the sound twin to a program."""
    code, text, verdict = _alone(case.twin, folder, tool or forgetbench)
    line = _line(text, case.names)
    sound = code == 0 and verdict and line is None
    return Tried("quiet" if sound else "false alarm", code, line or _last(text))


def warm_up(case: Case) -> None:
    """Try a twin in this process: it imports what every trial needs, and takes longer than all that follow."""
    with tempfile.TemporaryDirectory() as name:
        forgetbench(case.twin(Path(name)), Path(name) / "results")


def _alone(prepare: Callable[[Path], Trial], folder: Path, tool: Tool) -> tuple[int, str, bool]:
    """The trial in a process of its own: what hangs is ended, and nothing is left behind for the next one.

    A fork has the imports already, which take longer than a trial.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_report, args=(there, prepare, folder, tool))
    process.start()
    there.close()
    try:
        if here.poll(_PATIENCE):
            result: tuple[int, str, bool] = here.recv()
            return result
        return -1, f"no answer within {_PATIENCE} seconds", False
    except EOFError:
        return -1, "the process ended without a word", False
    finally:
        process.kill()
        process.join()


def _report(pipe: Any, prepare: Callable[[Path], Trial], folder: Path, tool: Tool) -> None:
    import torch

    # OpenMP's threads are not there any more after a fork.
    torch.set_num_threads(1)
    os.environ["COLUMNS"] = "200"
    # A test runner has its own in their place.
    sys.stdout, sys.stderr = (os.fdopen(number, "w", closefd=False) for number in (1, 2))
    with printed():
        trial = prepare(folder)
    pipe.send(tool(trial, folder / "results"))


def forgetbench(trial: Trial, results: Path) -> tuple[int, str, bool]:
    """Give the trial's commands; what stands in the results as a warning counts as said."""
    code, said = 0, []
    for step in trial.steps:
        command = step() if callable(step) else step
        if command is None:
            continue
        code, text = _command([*command, *(["--results", str(results)] if command[0] == "run" else [])])
        said.append(text)
        if code:
            break
    verdicts = sorted(results.glob("comparisons/*/comparison.json"))
    for path in (*verdicts, *sorted(results.glob("runs/*/manifest.json"))):
        content = json.loads(path.read_text(encoding="utf-8"))
        said.extend(str(content.get(field, "")) for field in _TELLING)
        said.extend(str(row["reason"] or "") for row in content["tasks"] if "reason" in row)
    return code, "\n".join(said), bool(verdicts)


def _command(arguments: list[str]) -> tuple[int, str]:
    """A command in this process: its exit code, and all that it printed."""
    from forgetbench.cli.app import called

    sys.argv = ["forgetbench", *arguments]
    code = 0
    # As in a terminal, where a test's filters are not.
    with printed() as text, warnings.catch_warnings(action="default"):
        try:
            code = called()
        except Exception as error:  # ends in a traceback: exit 1, which CI reads as a regression
            print("".join(traceback.format_exception_only(error)))
            code = 1
    return code, text()


@contextlib.contextmanager
def printed() -> Iterator[Callable[[], str]]:
    """Both streams by their descriptors, since progress keeps its own copy of the terminal."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)

        def text() -> str:
            return content

        try:
            yield text
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for descriptor, target in zip(kept, (1, 2), strict=True):
                os.dup2(descriptor, target)
                os.close(descriptor)
            file.seek(0)
            content = file.read().decode("utf-8", "replace")


def _line(text: str, pattern: str) -> str | None:
    found = re.search(rf"^.*(?:{pattern}).*$", text, re.IGNORECASE | re.MULTILINE)
    return found.group(0).strip() if found else None


def _last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""
