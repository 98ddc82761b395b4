"""What a page's browser of flips asks for: the words of an address, read and held to what they may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from forgetbench.errors import InputError
from forgetbench.messages import translated as _
from forgetbench.report.flips import OUTCOMES

Field = Literal["worst", "lost", "change", "score", "task", "item_id"]
FIELDS: Final[tuple[Field, ...]] = get_args(Field)
MOST_ROWS: Final = 1_000
"""Of one page."""
_LONGEST: Final = 1_000
"""Characters of a text that is looked for, or of a name."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which rows are asked for; None asks for all."""

    domain: str | None = None
    task: str | None = None
    language: str | None = None
    stratum: str | None = None
    outcome: str | None = None
    """A name of `OUTCOMES`."""
    candidate: int | None = None
    """The candidate whose outcome is meant, by its place; else any."""
    text: str | None = None
    """In lower case; somewhere in the item's id, question, right answer or answers."""
    item_id: str | None = None


@dataclass(frozen=True, slots=True)
class Sort:
    """How they are ordered; missing values come last, equals stay as they are in the file."""

    field: Field = "worst"
    descending: bool = False


def filter_of(query: Mapping[str, str], n_candidates: int) -> Filter:
    """The filter in an address. InputError for a word that means nothing."""
    named = {name: _text(query, name) for name in ("domain", "task", "language", "stratum", "outcome", "item_id")}
    if named["outcome"] is not None and named["outcome"] not in OUTCOMES:
        raise InputError(
            _("outcome: '{word}' is none of {known}").format(word=named["outcome"], known=", ".join(OUTCOMES))
        )
    text = _text(query, "text")
    return Filter(
        **named,
        candidate=_number(query, "candidate", n_candidates - 1) if query.get("candidate") else None,
        text=None if text is None else text.lower(),
    )


def sort_of(query: Mapping[str, str]) -> Sort:
    """The order in an address. InputError for a word that means nothing."""
    wanted = query.get("sort") or "worst"
    for field in FIELDS:
        if field == wanted:
            return Sort(field, query.get("descending") == "1")
    raise InputError(_("sort: '{word}' is none of {known}").format(word=wanted[:60], known=", ".join(FIELDS)))


def slice_of(query: Mapping[str, str]) -> slice:
    """The rows of a page: from `offset`, `limit` of them, at most `MOST_ROWS`. InputError for no numbers."""
    start = _number(query, "offset", 10**9)
    return slice(start, start + _number(query, "limit", MOST_ROWS))


def _text(query: Mapping[str, str], name: str) -> str | None:
    value = query.get(name) or None
    if value is not None and len(value) > _LONGEST:
        raise InputError(_("{name}: more than {most} characters").format(name=name, most=_LONGEST))
    return value


def _number(query: Mapping[str, str], name: str, most: int) -> int:
    value = query.get(name) or "0"
    if not (value.isascii() and value.isdecimal() and len(value) < 12 and int(value) <= most):
        raise InputError(
            _("{name}: '{value}' is no number from 0 to {most}").format(name=name, value=value[:60], most=most)
        )
    return int(value)
