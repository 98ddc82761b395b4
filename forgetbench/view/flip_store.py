"""The flips that are looked at: indexed when they are first asked for, and again when a file has changed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from forgetbench.errors import InputError
from forgetbench.messages import translated as _
from forgetbench.records import Comparison, RunManifest
from forgetbench.report.flips.reading import candidate_names
from forgetbench.view.catalogue import Catalogue
from forgetbench.view.flip_pages import FlipPages, Who
from forgetbench.view.index import Sources
from forgetbench.view.parquet import ParquetFiles

_MOST_KEPT: Final = 4
"""Indexes; one of a million items and a candidate takes 20 MB."""


class FlipStore:
    """The flips of a results folder's comparisons."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._files = ParquetFiles()
        self._kept: OrderedDict[tuple[object, ...], FlipPages] = OrderedDict()
        # A page asks several things at once: only the first of them builds an index.
        self._building = threading.Lock()

    def of(self, comparisons: Mapping[str, Comparison]) -> FlipPages:
        """The flips of those comparisons of one base that have items, by the names of their folders.

        Raises InputError where none of them has, or a file cannot be read.
        """
        asked = comparisons
        comparisons = {name: each for name, each in asked.items() if self._catalogue.items(name) is not None}
        if not comparisons:
            raise InputError(_("{name}: holds no items.parquet").format(name=next(iter(asked))))
        runs = {run_id: self._run(run_id) for run_id in _run_ids(comparisons)}
        sources = self._sources(comparisons, runs)
        key = (*comparisons, *map(_state, (*sources.items, sources.base, *sources.candidates)))
        with self._building:
            if key not in self._kept:
                self._kept[key] = FlipPages(self._files, sources, _who(comparisons, runs))
            self._kept.move_to_end(key)
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
            return self._kept[key]

    def _sources(self, comparisons: Mapping[str, Comparison], runs: Mapping[str, RunManifest | None]) -> Sources:
        items = [self._catalogue.items(name) for name in comparisons]
        samples = {run_id: None if run is None else self._catalogue.samples(run_id) for run_id, run in runs.items()}
        first = next(iter(comparisons.values()))
        return Sources(
            items=tuple(path for path in items if path is not None),
            base=samples[first.base.run_id],
            candidates=tuple(samples[each.candidate.run_id] for each in comparisons.values()),
        )

    def _run(self, run_id: str) -> RunManifest | None:
        found = self._catalogue.run(run_id)
        return found if isinstance(found, RunManifest) else None


def _run_ids(comparisons: Mapping[str, Comparison]) -> tuple[str, ...]:
    """The base's, and each candidate's."""
    ids = [each.base.run_id for each in comparisons.values()]
    return tuple(dict.fromkeys([*ids, *(each.candidate.run_id for each in comparisons.values())]))


def _who(comparisons: Mapping[str, Comparison], runs: Mapping[str, RunManifest | None]) -> Who:
    return Who(
        base=next(iter(comparisons.values())).base.name,
        candidates=candidate_names(list(comparisons.values())),
        languages={task.name: task.language for run in runs.values() if run is not None for task in run.tasks},
        runs_missing=tuple(run_id for run_id, run in runs.items() if run is None),
    )


def _state(path: Path | None) -> tuple[object, ...]:
    """What differs once the file is another."""
    if path is None:
        return ()
    status = path.stat()
    return (path, status.st_mtime_ns, status.st_size, status.st_ino)
