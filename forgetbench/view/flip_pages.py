"""The flips of one base and its candidates, page by page: what `httpSource` of the browser of flips asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, Final
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

from forgetbench.report.flips import CHANGES, OUTCOMES
from forgetbench.view.asked import Field, Filter, Sort
from forgetbench.view.flip_texts import flip_rows
from forgetbench.view.index import ABSENT, CandidateIndex, Rows, Sources, build_index, ranks_of_ids
from forgetbench.view.parquet import ParquetFiles

Bools = NDArray[np.bool_]
Floats = NDArray[np.float32]

_KEPT_FILTERS: Final = 16
_KEPT_ORDERS: Final = 8
"""Of a million rows each takes a megabyte, or four."""
_READ_AT_ONCE: Final = 2_000
_SAMPLES: Final = "read_parquet($samples, file_row_number = true)"
_TEXT: Final = " OR ".join(
    f"contains(lower({column}), $text)" for column in ("item_id", "gold", "base_response", "candidate_response")
)
_FORGOTTEN: Final = [CHANGES.index(change) for change in OUTCOMES["forgotten"]]


@dataclass(frozen=True, slots=True)
class Who:
    """What the rows are of, in words that stand in no table."""

    base: str
    candidates: tuple[str, ...]
    languages: Mapping[str, tuple[str, ...]]
    """BCP 47 tags by task."""
    runs_missing: tuple[str, ...]


class FlipPages:
    """One base and its candidates. Raises InputError where a file cannot be read."""

    def __init__(self, files: ParquetFiles, sources: Sources, who: Who) -> None:
        self._files, self._sources, self._who = files, sources, who
        self._index = build_index(files, sources)
        self._matching = lru_cache(_KEPT_FILTERS)(self._found)
        self._ordered = lru_cache(_KEPT_ORDERS)(self._order)

    @property
    def n_candidates(self) -> int:
        return len(self._index.candidates)

    def facets(self) -> dict[str, Any]:
        """What there is to choose from."""
        index = self._index
        tags = {tag for task in index.task.values for tag in self._who.languages.get(task, ())}
        return {
            "base": self._who.base,
            "candidates": self._who.candidates,
            "n_items": len(index),
            "n_rows": len(index),
            "runs_missing": self._who.runs_missing,
            "domains": index.domain.values,
            "tasks": index.task.values,
            "languages": sorted(tags),
            "strata": index.stratum.values,
        }

    def count(self, wanted: Filter) -> int:
        """How many rows match."""
        return int(np.count_nonzero(self._matching(wanted)))

    def page(self, wanted: Filter, sort: Sort, part: slice) -> list[dict[str, Any]]:
        """Those rows, in order, with their texts cut short, and without what only a whole row shows."""
        order = self._ordered(sort, wanted.candidate)
        return self._rows(order[self._matching(wanted)[order]][part], whole=False)

    def whole(self, wanted: Filter, sort: Sort) -> Iterator[dict[str, Any]]:
        """All of those rows whole and with whose they are, in order, read some at a time."""
        order = self._ordered(sort, wanted.candidate)
        rows = order[self._matching(wanted)[order]]
        for start in range(0, len(rows), _READ_AT_ONCE):
            for row in self._rows(rows[start : start + _READ_AT_ONCE], whole=True):
                yield {**row, "names": (self._who.base, *self._who.candidates)}

    def item(self, key: str) -> dict[str, Any] | None:
        """One whole row by 'task/item_id', both as in an address; None where there is none."""
        task, _, item_id = (unquote(part) for part in key.partition("/"))
        found = np.flatnonzero(self._matching(Filter(task=task, item_id=item_id)))
        return next(iter(self._rows(found[:1].astype(np.int32), whole=True)), None)

    def _rows(self, rows: Rows, *, whole: bool) -> list[dict[str, Any]]:
        texts = flip_rows(self._files, self._sources, self._index, rows, self._who.languages, whole=whole)
        return [asdict(row) for row in texts]

    # --- which rows ---------------------------------------------------------------------------

    def _found(self, wanted: Filter) -> Bools:
        index = self._index
        found = np.ones(len(index), dtype=np.bool_)
        for names, value in (
            (index.domain, wanted.domain),
            (index.task, wanted.task),
            (index.stratum, wanted.stratum),
        ):
            if value is not None:
                found &= names.equal(value)
        if wanted.language is not None:
            found &= self._in_language(wanted.language)
        if wanted.item_id is not None:
            found &= self._holding("item_id = $text", wanted.item_id)
        if wanted.text is not None:
            found &= self._with_text(wanted.text)
        return found & self._with_outcome(wanted)

    def _with_outcome(self, wanted: Filter) -> Bools:
        changes = [CHANGES.index(change) for change in OUTCOMES[wanted.outcome]] if wanted.outcome else None
        found = np.zeros(len(self._index), dtype=np.bool_)
        asked = self._index.candidates if wanted.candidate is None else (self._index.candidates[wanted.candidate],)
        for each in asked:
            found |= each.at >= 0 if changes is None else np.isin(each.change, changes)
        return found

    def _in_language(self, language: str) -> Bools:
        """An item is in the languages of its task, or in the one of them that is its stratum."""
        found = np.zeros(len(self._index), dtype=np.bool_)
        for task, tags in self._who.languages.items():
            if language in tags:
                others = np.zeros(len(self._index), dtype=np.bool_)
                for tag in set(tags) - {language}:
                    others |= self._index.stratum.equal(tag)
                found |= self._index.task.equal(task) & ~others
        return found

    def _with_text(self, text: str) -> Bools:
        found = self._holding(_TEXT, text)
        alone = self._index.sample == ABSENT
        if alone.any():
            # Without the base's run only the whole prompt is known of the question.
            found |= alone & self._holding("contains(lower(prompt), $text)", text)
        if self._sources.base is not None:
            sql = f"SELECT file_row_number AS place FROM {_SAMPLES} WHERE contains(lower(question), $text)"
            at = self._files.arrays(sql, samples=self._sources.base, text=text)["place"]
            found |= _placed(at, self._index.sample)
        return found

    def _holding(self, condition: str, text: str) -> Bools:
        """Rows of which any candidate's items.parquet holds the condition of a text."""
        sql = f"SELECT file_row_number AS place FROM read_parquet($items, file_row_number = true) WHERE {condition}"
        found = np.zeros(len(self._index), dtype=np.bool_)
        for path, each in zip(self._sources.items, self._index.candidates, strict=True):
            found |= _placed(self._files.arrays(sql, items=path, text=text)["place"], each.at)
        return found

    # --- in which order -----------------------------------------------------------------------

    def _order(self, sort: Sort, candidate: int | None) -> Rows:
        asked = self._index.candidates if candidate is None else (self._index.candidates[candidate],)
        if sort.field == "worst":
            keys = [-_most([each.lost for each in asked]), _least([_ranks(each) for each in asked])]
        else:
            values = self._values(sort.field, asked)
            keys = [-values if sort.descending else values]
        # Sorting puts what is no number last, and leaves equals as they are.
        order: Rows = np.lexsort(keys).astype(np.int32)
        return order

    def _values(self, field: Field, asked: Sequence[CandidateIndex]) -> Floats:
        if field == "lost":
            return _most([each.lost for each in asked])
        if field == "score":
            return _least([each.score for each in asked])
        if field == "change":
            return _least([_where_there(each, each.change) for each in asked])
        if field == "task":
            return self._index.task.codes.astype(np.float32)
        return ranks_of_ids(self._files, self._sources, self._index).astype(np.float32)


def _ranks(candidate: CandidateIndex) -> Floats:
    """How bad a change is; whatever is forgotten is equally bad."""
    return _where_there(candidate, np.where(np.isin(candidate.change, _FORGOTTEN), 0, candidate.change))


def _where_there(candidate: CandidateIndex, values: NDArray[Any]) -> Floats:
    return np.where(candidate.at == ABSENT, np.nan, values).astype(np.float32)


def _most(columns: Sequence[Floats]) -> Floats:
    most: Floats = np.fmax.reduce(columns)
    return most


def _least(columns: Sequence[Floats]) -> Floats:
    least: Floats = np.fmin.reduce(columns)
    return least


def _placed(at: NDArray[Any], where: Rows) -> Bools:
    """The rows that stand in a file at one of these places."""
    there = np.zeros(max(int(where.max(initial=0)), int(at.max(initial=0))) + 1, dtype=np.bool_)
    there[at] = True
    return np.where(where == ABSENT, np.False_, there[where])
