"""Flip rows: what became of each item of one base under one or several candidates, with all that tells why.

A row joins items.parquet with the samples of both runs, where these lie in the results folder. Its fields as JSON
(`dataclasses.asdict`) are what the page's browser, `forgetbench view` and `forgetbench flips --jsonl` show:

    task, domain, view, item_id, cluster, stratum, languages, prompt, question, gold, choices,
    base:       {score, response, responses, finish_reasons, read, loglikelihoods, metrics}
    candidates: [{the same, and change, outcome, fate, reason, prompts_equal, prompt, lost}, or null where not compared]
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from forgetbench.errors import InputError
from forgetbench.records import CUT, Comparison
from forgetbench.storage.folder import ResultsFolder
from forgetbench.storage.runs import Run, is_run, load_run

if TYPE_CHECKING:
    import pandas as pd

Change = Literal[
    "locked", "erased", "never_known", "forgotten", "fell", "cut", "unmeasured", "gained", "rose", "never", "level",
    "kept",
]  # fmt: skip
"""What became of an item, the worst first.

A right-or-wrong item is one of items.parquet's `fate`s, or its `outcome`; one scored by degree `fell`, `rose` or stayed
`level`; the others were `cut` by the token limit, or are `unmeasured` for another reason.
"""
CHANGES: Final[tuple[Change, ...]] = get_args(Change)
_FORGOTTEN: Final[tuple[Change, ...]] = ("locked", "erased", "never_known", "forgotten")
OUTCOMES: Final[Mapping[str, tuple[Change, ...]]] = {
    "lost": (*_FORGOTTEN, "fell"),
    "forgotten": _FORGOTTEN,
    **{change: (change,) for change in CHANGES if change != "forgotten"},
}
"""What can be asked for, and which changes that is."""
_RANKS: Final = np.array([0 if change in _FORGOTTEN else place for place, change in enumerate(CHANGES)])
"""Of each change; whatever is forgotten is equally bad."""
_SAMPLE_COLUMNS: Final = ("responses", "finish_reasons", "read", "loglikelihoods", "metrics", "choices", "question")


@dataclass(frozen=True, slots=True)
class Answered:
    """What one checkpoint answered, and how it was read; fields without a word are empty where its run is not here."""

    score: float | None
    response: str | None
    """The first response, or the option ranked first."""
    responses: tuple[str, ...] = ()
    finish_reasons: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    """What the task's filter took out of each response."""
    loglikelihoods: tuple[float | None, ...] = ()
    """Of the row's `choices`, natural log."""
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Flip(Answered):
    """A candidate's answer, and what it is beside the base's."""

    change: Change = "unmeasured"
    outcome: str | None = None
    """As in items.parquet, as the next two."""
    fate: str | None = None
    reason: str | None = None
    prompts_equal: bool = True
    prompt: str | None = None
    """What this candidate was asked, where that differs."""
    lost: float | None = None
    """By how much the right answer's log-likelihood fell, nats; None where no options were rated."""


@dataclass(frozen=True, slots=True)
class FlipRow:
    """One item of one task."""

    task: str
    domain: str
    view: str | None
    item_id: str
    cluster: str | None
    stratum: str | None
    languages: tuple[str, ...]
    """BCP 47 tags, where the base's run or a candidate's says which."""
    prompt: str | None
    question: str | None
    gold: str | None
    choices: tuple[str, ...]
    base: Answered
    candidates: tuple[Flip | None, ...]
    """One of each candidate, None where it was not compared on this item."""

    @property
    def lost(self) -> float | None:
        """The most that any candidate lost."""
        known = [flip.lost for flip in self.candidates if flip is not None and flip.lost is not None]
        return max(known, default=None)


@dataclass(frozen=True, slots=True)
class Flips:
    """Rows, the worst first, and what they are of."""

    base: str
    candidates: tuple[str, ...]
    """Names; those that several share are told apart by their run."""
    rows: tuple[FlipRow, ...]
    n_items: int
    """Rows there are that were asked for, left out ones included."""
    runs_missing: tuple[str, ...]
    """Ids of runs that are not in the results folder: likelihoods, readings and languages are not known of these."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison, its items.parquet, and the results folder in which its runs may lie."""

    comparison: Comparison
    items: pd.DataFrame
    results: ResultsFolder | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows are asked for; None asks for all."""

    task: str | None = None
    domain: str | None = None
    outcome: str | None = None
    """A name of `OUTCOMES`, of any candidate."""


def read_flips(compared: Sequence[Compared], wanted: Wanted = Wanted(), *, most: int | None = None) -> Flips:
    """The rows of one base and its candidates: regressions first, then by how much the score fell, at most `most`.

    Raises InputError where the comparisons do not share a base run, or a run cannot be read.
    """
    _check_one_base(compared)
    joined = _Joined.of([each.items for each in compared])
    asked = joined.asked(wanted)
    shown = asked if most is None else asked[:most]
    runs = _Runs.of(compared)
    return Flips(
        base=compared[0].comparison.base.name,
        candidates=_names([each.comparison for each in compared]),
        rows=tuple(_rows(joined, shown, runs)),
        n_items=len(asked),
        runs_missing=runs.missing,
    )


def changes(items: pd.DataFrame) -> NDArray[np.intp]:
    """What became of each row of items.parquet, as positions in `CHANGES`."""
    outcome, fate = items["outcome"].astype(object), items["fate"].astype(object)
    fall = (items["base_score"] - items["candidate_score"]).to_numpy(dtype=np.float64)
    cut = items["reason"].astype(object).fillna("").str.contains(CUT, regex=False).to_numpy(dtype=bool)
    names: list[tuple[Any, Change]] = [
        *(((fate == name).to_numpy(), name) for name in ("locked", "erased", "never_known")),
        *(((outcome == name).to_numpy(), name) for name in ("forgotten", "gained", "never", "kept")),
        (cut, "cut"),
        (fall > 0, "fell"),
        (fall < 0, "rose"),
        (fall == 0, "level"),
    ]
    found = np.select([mask for mask, _ in names], [CHANGES.index(name) for _, name in names], _UNMEASURED)
    return found.astype(np.intp)


_UNMEASURED: Final = CHANGES.index("unmeasured")


def _check_one_base(compared: Sequence[Compared]) -> None:
    if not compared:
        raise InputError("no comparison to show; give its folder under results/comparisons/")
    bases = {each.comparison.base.run_id for each in compared}
    if len(bases) > 1:
        raise InputError(
            f"the comparisons are of {len(bases)} bases ({', '.join(sorted(bases))}); give those of one base run"
        )


def _names(comparisons: Sequence[Comparison]) -> tuple[str, ...]:
    names = [comparison.candidate.name for comparison in comparisons]
    return tuple(
        name if names.count(name) == 1 else f"{name} ({comparison.candidate.run_id})"
        for name, comparison in zip(names, comparisons, strict=True)
    )


# --- items of several comparisons, side by side ------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Joined:
    """The union of the rows of several items tables; arrays have a row per item and a column per table."""

    items: tuple[pd.DataFrame, ...]
    at: NDArray[np.intp]
    """Position in the table, -1 where it does not have the row."""
    change: NDArray[np.intp]
    fall: NDArray[np.float64]

    @classmethod
    def of(cls, tables: Sequence[pd.DataFrame]) -> _Joined:
        import pandas as pd

        keys = pd.concat([items[["task", "item_id"]] for items in tables], ignore_index=True)
        row = keys.groupby(["task", "item_id"], sort=False, dropna=False).ngroup().to_numpy()
        shape = (int(row.max(initial=-1)) + 1, len(tables))
        at, fall = np.full(shape, -1, dtype=np.intp), np.full(shape, -np.inf)
        change = np.full(shape, _UNMEASURED, dtype=np.intp)
        start = 0
        for column, items in enumerate(tables):
            mine = row[start : start + len(items)]
            start += len(items)
            at[mine, column] = np.arange(len(items))
            change[mine, column] = changes(items)
            falls = (items["base_score"] - items["candidate_score"]).to_numpy(dtype=np.float64)
            fall[mine, column] = np.where(np.isnan(falls), -np.inf, falls)
        return cls(tuple(tables), at, change, fall)

    def asked(self, wanted: Wanted) -> NDArray[np.intp]:
        """Rows that are wanted, the worst first; equals in the order of their tables."""
        there = self.at >= 0
        matching = there.copy()
        if wanted.outcome is not None:
            matching &= np.isin(self.change, [CHANGES.index(change) for change in OUTCOMES[wanted.outcome]])
        for name, value in (("task", wanted.task), ("domain", wanted.domain)):
            if value is not None:
                for column, items in enumerate(self.items):
                    matching[:, column] &= (items[name] == value).to_numpy()[self.at[:, column]]
        rows = np.flatnonzero(matching.any(axis=1))
        rank = np.where(there, _RANKS[self.change], len(CHANGES)).min(axis=1)
        order: NDArray[np.intp] = rows[np.lexsort((-self.fall.max(axis=1)[rows], rank[rows]))]
        return order

    def records(self, rows: NDArray[np.intp], column: int) -> list[dict[str, Any] | None]:
        """The rows of one table as mappings, None where it lacks one; missing values are None."""
        at = self.at[rows, column]
        found = self.items[column].iloc[at[at >= 0]]
        records = iter(found.astype(object).where(found.notna(), None).to_dict("records"))
        return [None if place < 0 else {str(key): value for key, value in next(records).items()} for place in at]


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

    if run is None or not len(keys):
        return [{} for _ in keys]
    own = pd.MultiIndex.from_arrays([run.table.column(name).to_pandas().astype(str) for name in ("task", "item_id")])
    first = np.flatnonzero(~own.duplicated())
    at = own[first].get_indexer(keys)
    there = np.flatnonzero(at >= 0)
    rows: list[dict[str, Any]] = [{} for _ in keys]
    where = pa.array(first[at[there]])
    for name in columns:
        for place, value in zip(there, run.table.column(name).take(where).to_pylist(), strict=True):
            rows[place][name] = value
    return rows


# --- rows ---------------------------------------------------------------------------------------


def _rows(joined: _Joined, shown: NDArray[np.intp], runs: _Runs) -> Iterable[FlipRow]:
    import pandas as pd

    records = [joined.records(shown, column) for column in range(len(joined.items))]
    firsts = [next(record for record in of_item if record is not None) for of_item in zip(*records, strict=True)]
    keys = pd.MultiIndex.from_arrays([[str(row[name]) for row in firsts] for name in ("task", "item_id")])
    base = _samples(runs.base, keys, _SAMPLE_COLUMNS)
    candidates = [_samples(run, keys, (*_SAMPLE_COLUMNS, "prompt")) for run in runs.candidates]
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
            cluster=first["cluster"],
            stratum=first.get("stratum"),
            languages=_languages(languages.get(first["task"], ()), first.get("stratum")),
            prompt=first["prompt"],
            question=next((str(each["question"]) for each in known if each), None),
            gold=first["gold"] or None,
            choices=next((tuple(each["choices"] or ()) for each in known if each), ()),
            base=Answered(score=_number(first["base_score"]), response=first["base_response"], **_reading(base[place])),
            candidates=tuple(flips),
        )


def _flip(
    record: dict[str, Any] | None, change: int, first: dict[str, Any], base: dict[str, Any], own: dict[str, Any]
) -> Flip | None:
    if record is None:
        return None
    equal = bool(record["prompts_equal"])
    return Flip(
        score=_number(record["candidate_score"]),
        response=record["candidate_response"],
        **_reading(own),
        change=CHANGES[change],
        outcome=record["outcome"],
        fate=record["fate"],
        reason=record["reason"],
        prompts_equal=equal,
        prompt=None if equal else own.get("prompt"),
        lost=_lost(first["gold"], base, own),
    )


def _reading(sample: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of `Answered` that only a run knows."""
    metrics = sample.get("metrics") or {}
    return {
        **{name: tuple(sample.get(name) or ()) for name in ("responses", "finish_reasons", "read")},
        "loglikelihoods": tuple(map(_number, sample.get("loglikelihoods") or ())),
        "metrics": {
            name: value
            for name, raw in (json.loads(metrics) if isinstance(metrics, str) else metrics).items()
            if (value := _number(raw)) is not None
        },
    }


def _lost(gold: str | None, base: Mapping[str, Any], candidate: Mapping[str, Any]) -> float | None:
    """The fall of the right answer's log-likelihood; None where it is not one of the options, or not rated twice."""
    choices = list(base.get("choices") or ())
    ratings = [list(side.get("loglikelihoods") or ()) for side in (base, candidate)]
    if gold is None or choices.count(gold) != 1 or any(len(each) != len(choices) for each in ratings):
        return None
    if list(candidate.get("choices") or ()) != choices:
        return None
    was, now = (_number(each[choices.index(gold)]) for each in ratings)
    return None if was is None or now is None else was - now


def _languages(of_task: tuple[str, ...], stratum: str | None) -> tuple[str, ...]:
    """An item's languages: those of its task, or the one of them that is its stratum."""
    return (stratum,) if stratum is not None and stratum in of_task else of_task


def _number(value: Any) -> float | None:
    return float(value) if value is not None and np.isfinite(value) else None
