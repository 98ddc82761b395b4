"""Flip rows from files: items.parquet joined with the samples of both runs, where these lie in the results folder."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from forgetbench.comparison.checked import load_checked
from forgetbench.errors import InputError, did_you_mean, first_line, shown
from forgetbench.records import Comparison
from forgetbench.report.flips.changes import CHANGES
from forgetbench.report.flips.joined import JoinedItems, Wanted
from forgetbench.report.flips.rows import Answered, Flip, FlipRow, Flips
from forgetbench.storage.comparisons import load_items
from forgetbench.storage.folder import ResultsFolder
from forgetbench.storage.made import comparison_folders
from forgetbench.storage.runs import Run, is_run, load_run

if TYPE_CHECKING:
    import pandas as pd

_SAMPLE_COLUMNS: Final = ("responses", "finish_reasons", "read", "loglikelihoods", "metrics", "choices", "question")


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison, its items.parquet, and the results folder in which its runs may lie."""

    comparison: Comparison
    items: pd.DataFrame
    results: ResultsFolder | None = None


def load_compared(paths: Sequence[Path]) -> list[Compared]:
    """Comparisons by their folders, their comparison.json or files of `--out-id`, checked. Raises InputError."""
    folders = [folder for path in paths for folder in comparison_folders(path)]
    folders = [folder if folder.is_dir() else folder.parent for folder in folders]
    return [
        Compared(load_checked(folder), load_items(folder), ResultsFolder(folder.resolve().parent.parent))
        for folder in folders
    ]


def read_flips(compared: Sequence[Compared], wanted: Wanted = Wanted(), *, most: int | None = None) -> Flips:
    """The rows of one base and its candidates: regressions first, then by how much the score fell, at most `most`.

    Raises InputError where the comparisons do not share a base run, where none has the task or domain that is wanted,
    or a run cannot be read.
    """
    _check_one_base(compared)
    _check_names(compared, wanted)
    joined = JoinedItems.of([each.items for each in compared])
    asked = joined.asked(wanted)
    shown = asked if most is None else asked[:most]
    runs = _Runs.of(compared)
    return Flips(
        base=compared[0].comparison.base.name,
        candidates=candidate_names([each.comparison for each in compared]),
        rows=tuple(_rows(joined, shown, runs)),
        n_items=len(asked),
        runs_missing=runs.missing,
    )


def _check_one_base(compared: Sequence[Compared]) -> None:
    if not compared:
        raise InputError("no comparison to show; give its folder under results/comparisons/")
    bases = {each.comparison.base.run_id for each in compared}
    if len(bases) > 1:
        raise InputError(
            f"the comparisons are of {len(bases)} bases ({', '.join(sorted(bases))}); give those of one base run"
        )


def _check_names(compared: Sequence[Compared], wanted: Wanted) -> None:
    tasks = [row for each in compared for row in each.comparison.tasks]
    for option, name, known in (
        ("task", wanted.task, {row.name for row in tasks}),
        ("domain", wanted.domain, {row.domain for row in tasks}),
    ):
        if name is not None and name not in known:
            raise InputError(f"--{option} {shown(name)}: none here; {did_you_mean(shown(name), map(shown, known))}")


def candidate_names(comparisons: Sequence[Comparison]) -> tuple[str, ...]:
    names = [comparison.candidate.name for comparison in comparisons]
    return tuple(
        name if names.count(name) == 1 else f"{name} ({comparison.candidate.run_id})"
        for name, comparison in zip(names, comparisons, strict=True)
    )


# --- what the runs know beside ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Runs:
    """The base's run and each candidate's, None where it is not here."""

    base: Run | None
    candidates: tuple[Run | None, ...]
    missing: tuple[str, ...]

    @classmethod
    def of(cls, compared: Sequence[Compared]) -> _Runs:
        sides = [(compared[0].comparison.base.run_id, each.results) for each in compared if each.results is not None]
        base = next((run for run_id, results in sides if (run := _run(run_id, results)) is not None), None)
        candidates = tuple(_run(each.comparison.candidate.run_id, each.results) for each in compared)
        ids = [compared[0].comparison.base.run_id, *(each.comparison.candidate.run_id for each in compared)]
        missing = [run_id for run_id, run in zip(ids, (base, *candidates), strict=True) if run is None]
        return cls(base, candidates, tuple(missing))

    def languages(self) -> dict[str, tuple[str, ...]]:
        """By task."""
        known = [run for run in (*self.candidates, self.base) if run is not None]
        return {info.name: info.language for run in known for info in run.manifest.tasks}


def _run(run_id: str, results: ResultsFolder | None) -> Run | None:
    # An id is a name of a folder, never a path out of it.
    if results is None or not run_id or run_id in (".", "..") or "/" in run_id or "\\" in run_id:
        return None
    folder = results.run(run_id)
    return load_run(folder) if is_run(folder) else None


def _samples(run: Run | None, keys: pd.MultiIndex, columns: Iterable[str]) -> list[dict[str, Any]]:
    """Columns of a run's samples at (task, item_id); an empty mapping where it does not have the item."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    rows: list[dict[str, Any]] = [{} for _ in keys]
    if run is None or not len(keys):
        return rows
    ids = run.table.column("item_id").cast(pa.large_string())
    # Of a million rows only those with a wanted id are looked at one by one.
    near = np.flatnonzero(pc.is_in(ids, pa.array(keys.get_level_values(1).unique(), pa.large_string())).to_numpy())
    tasks = run.table.column("task").take(pa.array(near))
    own = pd.MultiIndex.from_arrays([tasks.to_pylist(), ids.take(pa.array(near)).to_pylist()])
    first = np.flatnonzero(~own.duplicated())
    at = own[first].get_indexer(keys)
    there = np.flatnonzero(at >= 0)
    where = pa.array(near[first[at[there]]])
    for name in columns:
        for place, value in zip(there, run.table.column(name).take(where).to_pylist(), strict=True):
            rows[place][name] = value
    return rows


# --- rows ---------------------------------------------------------------------------------------


def _rows(joined: JoinedItems, shown: NDArray[np.intp], runs: _Runs) -> Iterable[FlipRow]:
    import pandas as pd

    records = [joined.records(shown, column) for column in range(len(joined.items))]
    firsts = [next(record for record in of_item if record is not None) for of_item in zip(*records, strict=True)]
    keys = pd.MultiIndex.from_arrays([[str(row[name]) for row in firsts] for name in ("task", "item_id")])
    base = _samples(runs.base, keys, _SAMPLE_COLUMNS)
    candidates = [
        _samples(run, keys, (*_SAMPLE_COLUMNS, *([] if _all_equal(of_item) else ["prompt"])))
        for run, of_item in zip(runs.candidates, records, strict=True)
    ]
    languages = runs.languages()
    for place, (row, first) in enumerate(zip(shown, firsts, strict=True)):
        flips = [
            _flip(of_item[place], int(joined.change[row, column]), first, base[place], candidates[column][place])
            for column, of_item in enumerate(records)
        ]
        known = [base[place], *(candidate[place] for candidate in candidates)]
        yield FlipRow(
            task=str(first["task"]),
            domain=str(first["domain"]),
            view=first["view"],
            item_id=str(first["item_id"]),
            cluster=first.get("cluster"),
            stratum=first.get("stratum"),
            languages=languages_of(languages.get(first["task"], ()), first.get("stratum")),
            prompt=first["prompt"],
            question=next((each["question"] for each in known if each), None),
            gold=first["gold"] or None,
            choices=next((_texts(each["choices"]) for each in known if each), ()),
            base=Answered(score=number(first["base_score"]), response=first["base_response"], **reading(base[place])),
            candidates=tuple(flips),
        )


def _all_equal(records: Iterable[Mapping[str, Any] | None]) -> bool:
    return all(record is None or record["prompts_equal"] for record in records)


def _flip(
    record: dict[str, Any] | None, change: int, first: dict[str, Any], base: dict[str, Any], own: dict[str, Any]
) -> Flip | None:
    if record is None:
        return None
    equal = bool(record["prompts_equal"])
    return Flip(
        score=number(record["candidate_score"]),
        response=record["candidate_response"],
        **reading(own),
        change=CHANGES[change],
        outcome=record["outcome"],
        fate=record["fate"],
        reason=record["reason"],
        prompts_equal=equal,
        prompt=None if equal else own.get("prompt"),
        lost=_lost(first["gold"], base, own),
    )


def reading(sample: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of `Answered` that only a run knows."""
    return {
        **{name: _texts(sample.get(name)) for name in ("responses", "finish_reasons", "read")},
        "loglikelihoods": tuple(map(number, sample.get("loglikelihoods") or ())),
        "metrics": _metrics(sample.get("metrics")),
    }


def _texts(values: Sequence[str | None] | None) -> tuple[str, ...]:
    return tuple(value for value in values or () if value is not None)


def _metrics(told: Any) -> dict[str, float]:
    """What scoring returned: an object of a run in memory, JSON in its file. Raises InputError for what is none."""
    try:
        numbers = json.loads(told) if isinstance(told, str) else told or {}
        known = {str(name): number(value) for name, value in numbers.items()}
    except (ValueError, AttributeError, RecursionError) as error:
        raise InputError(f"a run's column 'metrics' holds no JSON object ({first_line(error)})") from error
    return {name: value for name, value in known.items() if value is not None}


def _lost(gold: str | None, base: Mapping[str, Any], candidate: Mapping[str, Any]) -> float | None:
    """The fall of the right answer's log-likelihood; None where it is not one of the options, or not rated twice."""
    choices = list(base.get("choices") or ())
    ratings = [list(side.get("loglikelihoods") or ()) for side in (base, candidate)]
    if gold is None or choices.count(gold) != 1 or any(len(each) != len(choices) for each in ratings):
        return None
    if list(candidate.get("choices") or ()) != choices:
        return None
    was, now = (number(each[choices.index(gold)]) for each in ratings)
    return None if was is None or now is None else was - now


def languages_of(of_task: tuple[str, ...], stratum: str | None) -> tuple[str, ...]:
    """An item's languages: those of its task, or the one of them that is its stratum."""
    return (stratum,) if stratum is not None and stratum in of_task else of_task


def number(value: Any) -> float | None:
    """A finite number; None for all else."""
    return float(value) if isinstance(value, int | float) and abs(value) <= sys.float_info.max else None
