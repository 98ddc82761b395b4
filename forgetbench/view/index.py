"""Where every item of one base and its candidates lies, and what became of it: numbers, and no texts.

A filter or an order of a million items is then arithmetic on arrays; texts are read of those rows that are shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from forgetbench.errors import InputError
from forgetbench.messages import translated as _
from forgetbench.records import CUT
from forgetbench.report.flips.changes import CHANGES, Change
from forgetbench.view.parquet import ParquetFiles

Rows = NDArray[np.int32]
ABSENT: Final = -1
MOST_ROWS: Final = 20_000_000
"""Of one items.parquet."""
_MOST_VALUES: Final = 10_000
"""Of a text column that rows are chosen by; more cannot be chosen from."""


@dataclass(frozen=True, slots=True)
class Sources:
    """The files of one base and its candidates."""

    items: tuple[Path, ...]
    """items.parquet of each comparison."""
    base: Path | None
    """samples.parquet of the base's run; None where it is not here."""
    candidates: tuple[Path | None, ...]
    """The same of each candidate's."""


@dataclass(frozen=True, slots=True)
class Names:
    """A text column of few values: `values` in order, and each row's place among them, `ABSENT` for none."""

    values: tuple[str, ...]
    codes: Rows

    def equal(self, value: str) -> NDArray[np.bool_]:
        """The rows that hold `value`."""
        place = self.values.index(value) if value in self.values else len(self.values)
        return np.equal(self.codes, place, dtype=np.bool_)


@dataclass(frozen=True, slots=True)
class CandidateIndex:
    """One candidate; every array has an entry per row."""

    at: Rows
    """The row's place in the candidate's items.parquet; `ABSENT` where it is not compared."""
    sample: Rows
    """The row's place in its samples.parquet; likewise."""
    change: NDArray[np.int8]
    """Position in `CHANGES`; `ABSENT` where it is not compared."""
    score: NDArray[np.float32]
    lost: NDArray[np.float32]
    """Nats that the right answer's log-likelihood fell by; NaN where it is not known, as in `score`."""


@dataclass(frozen=True, slots=True)
class Index:
    """All rows: the items of the first candidate in the order of their file, then those that only others have."""

    task: Names
    domain: Names
    stratum: Names
    sample: Rows
    """Each row's place in the base's samples.parquet; `ABSENT` where it is not there."""
    candidates: tuple[CandidateIndex, ...]

    def __len__(self) -> int:
        return len(self.task.codes)


def build_index(files: ParquetFiles, sources: Sources) -> Index:
    """Look through the files once. InputError where one cannot be read, lacks a column, or has too many rows."""
    _check_size(files, sources.items)
    at = _joined(files, sources.items)
    tables = [_Table(files, path, rows) for path, rows in zip(sources.items, at, strict=True)]
    return Index(
        **{name: _names(tables, name) for name in ("task", "domain", "stratum")},
        sample=_of_first(tables, [table.samples(sources.base) for table in tables]),
        candidates=tuple(
            CandidateIndex(
                at=table.rows,
                sample=table.samples(own),
                change=table.changes(),
                score=table.scores(),
                lost=table.lost(sources.base, own),
            )
            for table, own in zip(tables, sources.candidates, strict=True)
        ),
    )


def ranks_of_ids(files: ParquetFiles, sources: Sources, index: Index) -> Rows:
    """Each row's place in the order of the items' ids."""
    parts = " UNION ALL ".join(
        f"SELECT {k} AS file, item_id, file_row_number AS place FROM read_parquet($items{k}, file_row_number = true)"
        for k in range(len(sources.items))
    )
    found = files.arrays(
        f"SELECT file, place, dense_rank() OVER (ORDER BY item_id) AS value FROM ({parts})",
        **{f"items{k}": path for k, path in enumerate(sources.items)},
    )
    tables = [_Table(files, path, each.at) for path, each in zip(sources.items, index.candidates, strict=True)]
    ranks = [
        table.placed({name: found[name][found["file"] == k] for name in ("place", "value")}, ABSENT, np.int32)
        for k, table in enumerate(tables)
    ]
    return _of_first(tables, ranks)


def _check_size(files: ParquetFiles, items: Sequence[Path]) -> None:
    # A file of a few kilobytes may stand for billions of rows.
    for path in items:
        (counted,) = files.rows("SELECT count(*) AS n FROM read_parquet($items)", items=path)
        if counted["n"] > MOST_ROWS:
            raise InputError(
                _("{path}: holds {n:,} rows, at most {most:,} are shown").format(
                    path=f"{path.parent.name}/{path.name}", n=counted["n"], most=MOST_ROWS
                )
            )


def _joined(files: ParquetFiles, items: Sequence[Path]) -> list[Rows]:
    """For each file, where each row of the union by (task, item_id) stands in it."""
    first, *others = (
        f"(SELECT task, item_id, file_row_number AS at{k} FROM read_parquet($items{k}, file_row_number = true))"
        for k in range(len(items))
    )
    joins = "".join(f" FULL JOIN {other} USING (task, item_id)" for other in others)
    places = [f"at{k}" for k in range(len(items))]
    found = files.arrays(
        f"SELECT {', '.join(f'coalesce({place}, {ABSENT})::INTEGER AS {place}' for place in places)} "
        f"FROM {first}{joins} ORDER BY {', '.join(f'{place} NULLS LAST' for place in places)}",
        **{f"items{k}": path for k, path in enumerate(items)},
    )
    return [found[place] for place in places]


@dataclass(frozen=True, slots=True)
class _Table:
    """One items.parquet, and where each row of the index stands in it."""

    files: ParquetFiles
    path: Path
    rows: Rows

    def scores(self) -> NDArray[np.float32]:
        return self._numbers(
            f"SELECT file_row_number AS place, candidate_score AS value FROM {_ITEMS} WHERE value IS NOT NULL"
        )

    def changes(self) -> NDArray[np.int8]:
        """As `flips.changes` says."""
        whens = "".join(f" WHEN {condition} THEN {CHANGES.index(change)}" for change, condition in _CONDITIONS.items())
        value = f"CASE{whens} ELSE {CHANGES.index('unmeasured')} END"
        sql = f"SELECT file_row_number AS place, {value} AS value FROM {_ITEMS}"
        return self.placed(self.files.arrays(sql, items=self.path, cut=CUT), ABSENT, np.int8)

    def samples(self, samples: Path | None) -> Rows:
        """Each row's place in a samples.parquet."""
        if samples is None:
            return np.full(len(self.rows), ABSENT, dtype=np.int32)
        found = self.files.arrays(
            f"SELECT i.file_row_number AS place, s.file_row_number AS value FROM {_ITEMS} AS i "
            "JOIN read_parquet($samples, file_row_number = true) AS s USING (task, item_id)",
            items=self.path,
            samples=samples,
        )
        return self.placed(found, ABSENT, np.int32)

    def lost(self, base: Path | None, own: Path | None) -> NDArray[np.float32]:
        """By how much the right answer's log-likelihood fell, where the same options were rated twice."""
        if base is None or own is None:
            return np.full(len(self.rows), np.nan, dtype=np.float32)
        return self._numbers(_LOST, base=base, own=own)

    def codes(self, column: str, values: Sequence[str]) -> Rows:
        """Each row's text as its place in `values`."""
        found = self.files.arrays(
            f"SELECT file_row_number AS place, code AS value FROM {_ITEMS} "
            f"JOIN (SELECT unnest($values) AS {column}, generate_subscripts($values, 1) - 1 AS code) USING ({column})",
            items=self.path,
            values=list(values),
        )
        return self.placed(found, ABSENT, np.int32)

    def _numbers(self, sql: str, **sources: Path) -> NDArray[np.float32]:
        return self.placed(self.files.arrays(sql, items=self.path, **sources), np.nan, np.float32)

    def placed(self, found: dict[str, NDArray[Any]], absent: float, kind: type[Any]) -> NDArray[Any]:
        """`value` at the rows of the index that stand `at` these places of the file."""
        in_file = np.full(
            max(int(self.rows.max(initial=0)), int(found["place"].max(initial=0))) + 1, absent, dtype=kind
        )
        in_file[found["place"]] = found["value"]
        return np.where(self.rows >= 0, in_file[self.rows], kind(absent))


_ITEMS: Final = "read_parquet($items, file_row_number = true)"
_CONDITIONS: Final[dict[Change, str]] = {
    **{change: f"fate = '{change}'" for change in ("locked", "erased", "never_known")},
    **{change: f"outcome = '{change}'" for change in ("forgotten", "gained", "never", "kept")},
    "cut": "contains(reason, $cut)",
    "fell": "base_score > candidate_score AND NOT isnan(base_score)",
    "rose": "base_score < candidate_score AND NOT isnan(candidate_score)",
    "level": "base_score = candidate_score AND NOT isnan(base_score)",
}
"""The first that holds."""
_RATED: Final = "WHERE len(choices) > 0 AND len(choices) = len(loglikelihoods)"
# A text that stands first and last in one place stands there once.
_LOST: Final = f"""
SELECT i.file_row_number AS place,
       b.loglikelihoods[list_position(b.choices, i.gold)] - c.loglikelihoods[list_position(b.choices, i.gold)] AS value
FROM {_ITEMS} AS i
JOIN (SELECT task, item_id, choices, loglikelihoods FROM read_parquet($base) {_RATED}) AS b USING (task, item_id)
JOIN (SELECT task, item_id, choices, loglikelihoods FROM read_parquet($own) {_RATED}) AS c USING (task, item_id)
WHERE b.choices = c.choices AND list_position(b.choices, i.gold) > 0 AND isfinite(value)
  AND list_position(b.choices, i.gold) + list_position(list_reverse(b.choices), i.gold) = len(b.choices) + 1
"""


def _names(tables: Sequence[_Table], column: str) -> Names:
    """A text column of the union, from whichever table has the row first; older files lack some."""
    there = [table for table in tables if column in table.files.columns(table.path)]
    sql = f"SELECT DISTINCT {column} AS value FROM {_ITEMS} WHERE value IS NOT NULL ORDER BY value LIMIT {_MOST_VALUES}"
    values = sorted({row["value"] for table in there for row in table.files.rows(sql, items=table.path)})
    if not values:
        return Names((), np.full(len(tables[0].rows), ABSENT, dtype=np.int32))
    return Names(tuple(values), _of_first(there, [table.codes(column, values) for table in there]))


def _of_first(tables: Sequence[_Table], columns: Sequence[Rows]) -> Rows:
    """Each row's value in the first table that has the row."""
    found = columns[0].copy()
    missing = tables[0].rows < 0
    for table, column in zip(tables[1:], columns[1:], strict=True):
        found[missing] = column[missing]
        missing &= table.rows < 0
    return found
