"""What a results folder holds, read one by one: whatever is wrong with one thing costs that one its place.

Nothing outside the folder is read: a name from an address is looked up among the names that are there, and a link is
refused, since it may lead anywhere.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Generic, TypeVar

from forgetbench.comparison.checked import check_numbers
from forgetbench.errors import InputError, first_line
from forgetbench.messages import translated as _
from forgetbench.records import Comparison, RunManifest
from forgetbench.sanitize import one_line
from forgetbench.storage.comparisons import load_comparison
from forgetbench.storage.folder import ResultsFolder
from forgetbench.storage.runs import load_manifest
from forgetbench.view.trajectories import Trajectory, load_trajectory

T = TypeVar("T")

_SAFE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
"""Of a folder that has a page: nothing in it means anything in an address or to a reader of many files at once."""
_MOST: Final = 10_000
"""Folders of a kind that are looked at."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A folder that cannot be shown, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Contents(Generic[T]):
    """The folders of one kind: what they hold by name, and those that cannot be shown."""

    sound: Mapping[str, T]
    broken: tuple[Broken, ...]


class Catalogue:
    """The comparisons, runs and trajectories of a results folder, each read again when its file has changed."""

    def __init__(self, results: Path) -> None:
        self.root = results
        self._folder = ResultsFolder(results)
        self._read: dict[Path, tuple[tuple[int, ...], object]] = {}

    def comparisons(self) -> Contents[Comparison]:
        return self._contents(self._folder.comparisons, "comparison.json", _comparison)

    def runs(self) -> Contents[RunManifest]:
        return self._contents(self._folder.runs, "manifest.json", load_manifest)

    def trajectories(self) -> Contents[Trajectory]:
        return self._contents(self._folder.trajectories, "trajectory.json", load_trajectory)

    def comparison(self, name: str) -> Comparison | Broken | None:
        """One comparison by its folder's name; None where there is none."""
        return self._one(self._folder.comparisons, name, "comparison.json", _comparison)

    def run(self, run_id: str) -> RunManifest | Broken | None:
        """One run by its id; None where it is not here."""
        return self._one(self._folder.runs, run_id, "manifest.json", load_manifest)

    def trajectory(self, name: str) -> Trajectory | Broken | None:
        """One trajectory by its folder's name; None where there is none."""
        return self._one(self._folder.trajectories, name, "trajectory.json", load_trajectory)

    def items(self, name: str) -> Path | None:
        """items.parquet of a comparison that `comparison` has found; None where it has none. InputError for a link."""
        return _regular(self._folder.comparison(name) / "items.parquet")

    def samples(self, run_id: str) -> Path | None:
        """samples.parquet of a run that `run` has found. InputError for a link."""
        return _regular(self._folder.run(run_id) / "samples.parquet")

    def _contents(self, root: Path, file: str, load: Callable[[Path], T]) -> Contents[T]:
        sound: dict[str, T] = {}
        broken: list[Broken] = []
        for name in _names(root)[:_MOST]:
            found = self._one(root, name, file, load)
            if isinstance(found, Broken):
                broken.append(found)
            elif found is not None:
                sound[name] = found
        return Contents(sound, tuple(broken))

    def _one(self, root: Path, name: str, file: str, load: Callable[[Path], T]) -> T | Broken | None:
        folder = root / name
        if name not in _names(root) or not (folder.is_symlink() or (folder / file).exists()):
            return None
        try:
            return self._unchanged(folder, folder / file, load)
        except InputError as error:
            # The page names files from the folder on, not where that lies.
            return _broken(name, str(error).replace(f"{folder}{os.sep}", "").replace(f"{self.root}{os.sep}", ""))
        except Exception as error:  # what nobody thought of costs this one its place as well
            return _broken(name, f"cannot be read ({type(error).__name__}: {first_line(error)})")

    def _unchanged(self, folder: Path, path: Path, load: Callable[[Path], T]) -> T:
        """What was read before, unless the file is another now."""
        if not _SAFE_NAME.fullmatch(folder.name):
            raise InputError(_("its name is no safe one; use letters, digits, '.', '_' and '-'"))
        for each in (folder, path):
            if each.is_symlink():
                raise InputError(_("{path}: is a link; copy the files instead").format(path=each.name))
        status = path.stat()
        state = (status.st_mtime_ns, status.st_size, status.st_ino)
        before = self._read.get(path)
        if before is None or before[0] != state:
            before = self._read[path] = (state, load(folder))
        return before[1]  # type: ignore[return-value]  # a path is always read in the same way


def _comparison(folder: Path) -> Comparison:
    """A comparison that agrees with itself; its items are not read, which may be a million."""
    comparison = load_comparison(folder)
    check_numbers(comparison)
    return comparison


def _names(root: Path) -> list[str]:
    """The names in a folder of the results; none where it is a link."""
    if root.is_symlink():
        return []
    try:
        return sorted(entry.name for entry in os.scandir(root))
    except OSError:
        return []


def _regular(path: Path) -> Path | None:
    if path.is_symlink():
        raise InputError(_("{path}: is a link; copy the files instead").format(path=path.name))
    return path if path.is_file() else None


def _broken(name: str, reason: str) -> Broken:
    return Broken(one_line(name, 100), one_line(reason.removeprefix(f"{name}: "), 400))
