"""Details, row by row: one document and what a model made of it.

Since 0.9 a row holds `doc`, `model_response` and `metric`; up to 0.8 it holds the fields of
`logging/info_loggers.py`'s Detail side by side, and up to 0.6 each of them as the text of a Python literal.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forgetbench.interop.importers.values import mapping, number
from forgetbench.storage.parquet import read_table


@dataclass(frozen=True, slots=True)
class Row:
    """One document and what a model made of it."""

    key: str
    prompt: str
    question: str
    options: tuple[str, ...]
    gold: str
    ratings: tuple[float, ...]
    texts: tuple[str, ...]
    values: Mapping[str, Any]


def read_rows(path: Path) -> list[Row]:
    """The rows of a file of details. Raises InputError when it cannot be read as Parquet."""
    rows = read_table(path).to_pylist()
    read = _row if rows and "doc" in rows[0] else _older_row
    return [read(row, place) for place, row in enumerate(rows)]


def _row(content: Mapping[str, Any], place: int) -> Row:
    doc, response = mapping(content.get("doc")), mapping(content.get("model_response"))
    options = tuple(map(str, doc.get("choices") or ()))
    ratings = tuple(float(value) for value in response.get("logprobs") or () if isinstance(value, float | int))
    question = str(doc.get("original_query") or doc.get("query"))
    shots = [mapping(shot).get("query") for shot in doc.get("fewshot_samples") or ()]
    rated = len(ratings) == len(options) > 1
    return Row(
        key=str(doc.get("id") or place),
        prompt="\n\n".join(str(part) for part in (doc.get("instruction"), *shots, doc.get("query")) if part),
        question=question,
        options=options if rated else (),
        gold=_gold(options, doc.get("gold_index")),
        ratings=ratings if rated else (),
        texts=() if rated else tuple(map(str, response.get("text") or ())),
        values=mapping(content.get("metric")),
    )


def _older_row(content: Mapping[str, Any], place: int) -> Row:
    fields = {name: _literal(value) for name, value in content.items()}
    options = tuple(map(str, fields.get("choices") or ()))
    predictions = fields.get("predictions")
    answers = predictions if isinstance(predictions, list) else [predictions]
    ratings = tuple(
        float(value[0])
        for value in answers
        if isinstance(value, list | tuple) and value and number(value[0]) is not None
    )
    rated = len(ratings) == len(options) > 1
    prompt = str(fields.get("full_prompt") or fields.get("example") or "")
    return Row(
        key=str(place),
        prompt=prompt,
        question=str(fields.get("example") or prompt),
        options=options if rated else (),
        gold=_gold(options, fields.get("gold_index")),
        ratings=ratings if rated else (),
        texts=() if rated else tuple(map(str, answers)),
        values=mapping(fields.get("metrics")),
    )


def _literal(value: Any) -> Any:
    """A field up to 0.6 is the text of a literal; one that is none is a text."""
    if not isinstance(value, str) or value[:1] not in "[{(":
        return value
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return value


def _gold(options: Sequence[str], index: Any) -> str:
    places = index if isinstance(index, list) else [index]
    return "; ".join(options[place] for place in places if isinstance(place, int) and 0 <= place < len(options)).strip()
