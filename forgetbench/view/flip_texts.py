"""The texts of a few rows, from where the index says that they lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from forgetbench.report.flips import CHANGES, Answered, Flip, FlipRow
from forgetbench.report.flips.reading import languages_of, number, reading
from forgetbench.view.index import ABSENT, Index, Rows, Sources
from forgetbench.view.parquet import ParquetFiles

_MOST_IN_PAGE, _MOST_IN_ITEM = 2_000, 200_000
"""Characters of a text, of which the end is left out."""
_ITEM: Final = (
    "task", "domain", "view", "item_id", "cluster", "stratum", "gold", "base_score", "candidate_score", "outcome",
    "fate", "reason", "base_response", "candidate_response", "prompts_equal",
)  # fmt: skip
_SAMPLE: Final = ("question", "choices")
_ITEM_WHOLE: Final = (*_ITEM, "prompt")
_SAMPLE_WHOLE: Final = (
    *_SAMPLE, "prompt", "responses", "finish_reasons", "read", "loglikelihoods", "metrics",
)  # fmt: skip
_FEW: Final = 200
"""Places that are looked through for each row of a file faster than a table of them is made."""
_AMONG_MANY: Final = "file_row_number IN (SELECT unnest($at))"

Record = Mapping[str, Any]


def flip_rows(
    files: ParquetFiles,
    sources: Sources,
    index: Index,
    rows: Rows,
    languages: Mapping[str, tuple[str, ...]],
    *,
    whole: bool,
) -> list[FlipRow]:
    """The rows of an index, in this order; prompts, likelihoods and readings only where `whole`.

    Raises InputError where a file cannot be read.
    """
    most = _MOST_IN_ITEM if whole else _MOST_IN_PAGE

    def records(path: Path | None, at: Rows, columns: Sequence[str]) -> list[Record]:
        return _records(files, path, at[rows], columns, most)

    base = records(sources.base, index.sample, _SAMPLE_WHOLE if whole else _SAMPLE)
    items = [
        records(path, each.at, _ITEM_WHOLE if whole else _ITEM)
        for path, each in zip(sources.items, index.candidates, strict=True)
    ]
    samples = [
        records(path, each.sample if whole else _not_in(index.sample, each.sample), _SAMPLE_WHOLE if whole else _SAMPLE)
        for path, each in zip(sources.candidates, index.candidates, strict=True)
    ]
    made = []
    for place, row in enumerate(rows.tolist()):
        flips = tuple(
            _flip(item[place], sample[place], CHANGES[each.change[row]], float(each.lost[row])) if item[place] else None
            for item, sample, each in zip(items, samples, index.candidates, strict=True)
        )
        first = next(item[place] for item in items if item[place])
        known = [each for each in (base[place], *(sample[place] for sample in samples)) if each]
        made.append(_row(first, base[place], known, flips, languages))
    return made


def _not_in(base: Rows, own: Rows) -> Rows:
    """A candidate's samples where the base's do not say already what was asked."""
    return np.where(base == ABSENT, own, ABSENT)


def _row(
    first: Record,
    base: Record,
    known: Sequence[Record],
    flips: tuple[Flip | None, ...],
    languages: Mapping[str, tuple[str, ...]],
) -> FlipRow:
    return FlipRow(
        task=first["task"],
        domain=first["domain"],
        view=first["view"],
        item_id=first["item_id"],
        cluster=first["cluster"],
        stratum=first.get("stratum"),
        languages=languages_of(languages.get(first["task"], ()), first.get("stratum")),
        prompt=first.get("prompt"),
        question=next((each["question"] for each in known), None),
        gold=first["gold"] or None,
        choices=next((tuple(each["choices"] or ()) for each in known), ()),
        base=Answered(number(first["base_score"]), first["base_response"], **reading(base)),
        candidates=flips,
    )


def _flip(item: Record, sample: Record, change: Any, lost: float) -> Flip:
    equal = bool(item["prompts_equal"])
    return Flip(
        score=number(item["candidate_score"]),
        response=item["candidate_response"],
        **reading(sample),
        change=change,
        outcome=item["outcome"],
        fate=item["fate"],
        reason=item["reason"],
        prompts_equal=equal,
        prompt=None if equal else sample.get("prompt"),
        lost=number(lost),
    )


def _records(files: ParquetFiles, path: Path | None, at: Rows, columns: Sequence[str], most: int) -> list[Record]:
    """Columns of a file at these places, texts cut; an empty mapping where there is no such place."""
    wanted = [int(place) for place in at if place != ABSENT]
    if path is None or not wanted:
        return [{} for _ in at]
    there = files.columns(path)
    shown = ", ".join(_cut(column) if column in _TEXTS else column for column in columns if column in there)
    found = files.rows(
        f"SELECT file_row_number AS place, {shown} FROM read_parquet($path, file_row_number = true) "
        f"WHERE {'list_contains($at, file_row_number)' if len(wanted) < _FEW else _AMONG_MANY}",
        path=path,
        at=wanted,
        **({"most": most} if _TEXTS & there & set(columns) else {}),
    )
    by_place = {row["place"]: row for row in found}
    return [by_place.get(place, {}) for place in at.tolist()]


_TEXTS: Final = frozenset({"gold", "reason", "base_response", "candidate_response", "prompt", "question"})


def _cut(column: str) -> str:
    return f"CASE WHEN length({column}) > $most THEN left({column}, $most) || '…' ELSE {column} END AS {column}"
