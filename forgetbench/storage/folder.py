"""The results folder: every folder in it is spelled here, and nowhere else.

results/runs/<run id>/            manifest.json, samples.parquet, scores.json, engine.log
results/comparisons/<id>/         comparison.json, deltas.csv, items.parquet, the report, plots/
results/trajectories/<id>/        trajectory.json, trajectory.csv, plots/
results/surfaces/<id>/            surface.json, surface.csv, plots/
results/tries/<ids>.json          what sequential gates have tried of one candidate and base
results/.ledger.sqlite            every response a model gave
results/.claims/                  locks: which program is asking what
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from forgetbench.errors import InputError
from forgetbench.storage.files import unwritable


@dataclass(frozen=True, slots=True)
class ResultsFolder:
    """Where runs, comparisons, trajectories and the ledger of one results folder lie."""

    root: Path

    @property
    def ledger(self) -> Path:
        return self.root / ".ledger.sqlite"

    @property
    def claims(self) -> Path:
        return self.root / ".claims"

    @property
    def runs(self) -> Path:
        return self.root / "runs"

    @property
    def comparisons(self) -> Path:
        return self.root / "comparisons"

    @property
    def trajectories(self) -> Path:
        return self.root / "trajectories"

    def surface(self, surface_id: str) -> Path:
        """What several trainings show together."""
        return self.root / "surfaces" / surface_id

    def run(self, run_id: str) -> Path:
        return self.runs / run_id

    def engine_log(self, run_id: str) -> Path:
        """Where an engine that is started for a run writes."""
        return self.run(run_id) / "engine.log"

    def comparison(self, comparison_id: str) -> Path:
        return self.comparisons / comparison_id

    def trajectory(self, comparison_id: str) -> Path:
        """A trajectory is named after the comparison of its last checkpoint."""
        return self.trajectories / comparison_id

    def tries(self, base: str, candidate: str) -> Path:
        """Of two checkpoints, by their fingerprints."""
        return self.root / "tries" / f"{candidate[:16]}-vs-{base[:16]}.json"

    @classmethod
    def of_run(cls, run: Path) -> ResultsFolder:
        """The results folder that the folder of a run lies in."""
        return cls(run.resolve().parent.parent)

    def holds(self, folder: Path) -> bool:
        """Whether a folder is this one, or one of its runs, comparisons or trajectories, or lies in them."""
        own, given = self.root.resolve(), folder.resolve()
        return given == own or any(
            given.is_relative_to(own / name) for name in ("runs", "comparisons", "trajectories", "surfaces", "tries")
        )

    def check_writable(self) -> None:
        """Raise as `unwritable` unless the folder takes files, or can be made; it is not made yet."""
        check_writable(self.root, "name another folder with --results")


@contextlib.contextmanager
def told_how_to_mend(path: Path) -> Iterator[None]:
    """Add to an InputError about a file of a results folder which command makes the file again."""
    try:
        yield
    except InputError as error:
        if way_out := _way_out(path):
            raise InputError(f"{error}; {way_out}") from error
        raise


def _way_out(path: Path) -> str | None:
    kind, name = path.parent.parent.name, path.parent.name
    candidate, separator, base = name.partition("-vs-")
    if kind == "runs" or name.endswith(("-sequential", "-chosen")):
        return "the command that made it makes it again, from the ledger"
    if kind == "comparisons" and separator:
        runs = ResultsFolder(path.parent.parent.parent).runs
        return f"make it again: forgetbench compare {shlex.join([str(runs / base), str(runs / candidate)])}"
    return None


def slug(text: str) -> str:
    """A name that is safe as a folder name: letters, digits, '.', '_' and '-', at most 60 of them."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-.")[:60] or "unnamed"


def check_writable(folder: Path, way_out: str = "name another folder") -> None:
    """Raise as `unwritable` unless `folder` takes files, or can be made; it is not made yet."""
    try:
        with tempfile.TemporaryFile(dir=standing(folder)):
            pass
    except OSError as error:
        raise unwritable(folder, error, way_out) from error


def standing(folder: Path) -> Path:
    """The folder, or the nearest above it that is there."""
    return next(each for each in (folder.absolute(), *folder.absolute().parents) if os.path.lexists(each))
