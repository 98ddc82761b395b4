"""The structure of an answer, apart from what it says and from its first words, and how much of it two answers share.

Two answers share a structure by their layout, their frame or their labels, whichever is most alike:

    layout   the marks of form that both have (`MARKS`: lists, headers, JSON, a line that leads in, ...) and their last
             words, as a weighted Jaccard index
    frame    the runs of three tokens that both have, as the cosine of the two sets: what is left of a template when
             its slots are filled in, wherever it stands. Of a broken answer, the share of its runs that the other has
    labels   what both have before a colon at the start of a line ("Reason:"), or in tags, over the lines of the longer

Plain prose has no mark, and two plain answers share only that. That is little (`PLAIN`), as people answer in plain
prose too; so a model of prose alone is neither free nor rigid, and can move either way.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from forgetbench.metrics.degeneration import degeneration
from forgetbench.metrics.pairs import FloatArray, PairSums, similar_pairs
from forgetbench.metrics.shape import BOLD, HEADER, LIST_ITEM, has_table, opening, parse_json, tokens
from forgetbench.metrics.text import NGram, ngrams, words

MAX_CHARS = 20_000

MARKS: Mapping[str, float] = {
    "json": 2,
    "code": 2,
    "table": 2,
    "header": 2,
    "bullets": 2,
    "numbers": 2,
    "bold": 1,
    "bold_term": 1,
    "lead_in": 1,
    "sign_off": 1,
}
"""Marks of form and what they weigh: what orders the whole answer twice what stands at a place in it. Ours."""
CLOSING = 1
"""Weight of equal last words."""
FULL = 2
"""Answers whose common marks weigh this, and that have no others, are of one layout."""
PLAIN = 0.25
"""How alike two answers are of which all that is known is that both are plain prose. Ours."""
EXTENT = 0.25
"""Share of the layout's similarity that depends on equal length and number of paragraphs."""
FRAME = 0.5
"""Cosine from which one frame is the other's: half of the runs are words of the template, half hold a slot. Ours."""

RUN = 3
CLOSING_TOKENS = 3
SHORT_LINE = 12
"""Words of a line that can lead in ("Dear Ms Lee,") or sign off ("Kind regards, Ann")."""

_DIGITS = re.compile(r"\d+")
_PARAGRAPHS = re.compile(r"\n[ \t\r]*\n")
_LABEL = re.compile(r"[\s*_#>-]{0,8}([^\W\d_][\w ]{0,24})[*_]{0,2}[:\uff1a]")
_TAG = re.compile(r"<([^\W\d_][\w-]{0,20})>")
_BOLD_TERM = re.compile(r"^(?:[-*+] |\d{1,3}[.)] )?\*\*(?=[^\s*])", re.MULTILINE)
_LEADS_IN = (",", ":", "!", "，", "：", "！")


@dataclass(frozen=True, slots=True)
class Structure:
    """What of an answer is compared."""

    marks: frozenset[str]
    """Names of `MARKS`."""
    opening: NGram
    closing: NGram
    """Its last tokens."""
    frame: frozenset[NGram]
    """Its distinct runs of `RUN` tokens, digits unified. Loops add none."""
    labels: frozenset[str]
    lines: int
    """How many lines are not blank."""
    paragraphs: int
    broken: bool
    """It says nothing or loops (`degeneration`). What a broken answer repeats is chance: all of them share one
    structure and one opening, lest junk count as variety."""


def structure(text: str) -> Structure:
    """The structure of `text`, of which the first `MAX_CHARS` characters are read."""
    text = text[:MAX_CHARS].strip()
    lines = [tokens(line) for line in _DIGITS.sub("0", text).split("\n")]
    filled = [line.strip() for line in text.split("\n") if line.strip()]
    flow = [token for line in lines if line for token in (*line, "\n")][:-1]
    faults = degeneration(text, text)
    return Structure(
        marks=frozenset(marks(text)),
        opening=opening(text),
        closing=tuple(flow[-CLOSING_TOKENS:]),
        frame=frozenset(ngrams(flow, min(RUN, len(flow))) if flow else ()),
        labels=labels(filled),
        lines=len(filled),
        paragraphs=len(_PARAGRAPHS.split(text)),
        broken=faults.empty or faults.repetitive,
    )


def marks(text: str) -> set[str]:
    """The names of `MARKS` that `text` has. What stands inside of JSON or code is not looked at."""
    if parse_json(text) is not None:
        return {"json"}
    outside = "\n".join(text.split("```")[::2])
    items = {"numbers" if item.group().strip()[0].isdigit() else "bullets" for item in LIST_ITEM.finditer(outside)}
    found = {
        "code": "```" in text,
        "table": has_table(outside),
        "header": HEADER.search(outside) is not None,
        "bold": BOLD.search(outside) is not None,
        "bold_term": BOLD.search(outside) is not None and _BOLD_TERM.search(outside) is not None,
    }
    return items | {name for name, is_there in found.items() if is_there} | _ends(outside)


def labels(lines: Sequence[str]) -> frozenset[str]:
    """What stands before a colon at the start of a line, and the names of tags, case-folded."""
    before_colons = (match.group(1) for line in lines if (match := _LABEL.match(line)))
    return frozenset(label.casefold() for label in (*before_colons, *_TAG.findall("\n".join(lines))))


def _ends(text: str) -> set[str]:
    """Whether a short first line leads in, and a short last line signs off. Verse has short lines only."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if len(lines) < 2:
        return set()
    ends = set()
    if lines[0].endswith(_LEADS_IN) and len(words(lines[0])) <= SHORT_LINE:
        ends.add("lead_in")
    plain = LIST_ITEM.match(lines[-1]) is None and "|" not in lines[-1]
    if plain and len(words(lines[-1])) <= SHORT_LINE < max(len(words(line)) for line in lines[:-1]):
        ends.add("sign_off")
    return ends


def structure_pairs(structures: Sequence[Structure], clusters: Sequence[str]) -> PairSums:
    """How much of their structure answers of different clusters share, in [0, 1]. Broken ones share all."""
    alike = (_Layouts(structures), _Frames(structures), _Labels(structures))
    broken = np.array([one.broken for one in structures], dtype=bool)

    def similarities(rows: slice) -> FloatArray:
        shared: FloatArray = np.maximum.reduce([by.similarities(rows) for by in alike])
        shared[broken[rows, None] & broken] = 1.0
        return shared

    return similar_pairs(similarities, clusters)


def opening_pairs(structures: Sequence[Structure], clusters: Sequence[str]) -> PairSums:
    """Whether answers of different clusters begin with the same three tokens. Broken ones do."""
    broken = np.array([one.broken for one in structures], dtype=bool)
    openings = _codes([one.opening for one in structures])
    return similar_pairs(
        lambda rows: np.asarray((openings[rows, None] == openings) | (broken[rows, None] & broken), dtype=np.float64),
        clusters,
    )


class _Layouts:
    """Similarities of layout, of some rows with all."""

    def __init__(self, structures: Sequence[Structure]) -> None:
        self._has = np.array([[name in one.marks for name in MARKS] for one in structures], dtype=np.float64)
        self._weights = np.array(list(MARKS.values()), dtype=np.float64)
        self._closings = _codes([one.closing for one in structures])
        self._lengths = np.array([max(1, len(one.frame)) for one in structures], dtype=np.float64)
        self._paragraphs = np.array([one.paragraphs for one in structures], dtype=np.float64)

    def similarities(self, rows: slice) -> FloatArray:
        weighted = self._has * self._weights
        common = weighted[rows] @ self._has.T
        either = weighted[rows].sum(axis=1)[:, None] + weighted.sum(axis=1) - common
        closing = CLOSING * (self._closings[rows, None] == self._closings)
        common, either = common + closing, either + closing
        alike = (common + PLAIN * np.maximum(0, FULL - either)) / np.maximum(either, FULL)
        extent = (_ratios(self._lengths, rows) + _ratios(self._paragraphs, rows)) / 2
        return np.asarray(alike * (1 - EXTENT + EXTENT * extent), dtype=np.float64)


class _Frames:
    """Similarities of frame, of some rows with all."""

    def __init__(self, structures: Sequence[Structure]) -> None:
        self._sets = _Sets([one.frame for one in structures])
        self._sizes = np.array([max(1, len(one.frame)) for one in structures], dtype=np.float64)
        self._broken = np.array([one.broken for one in structures], dtype=bool)

    def similarities(self, rows: slice) -> FloatArray:
        sizes, all_sizes = self._sizes[rows, None], self._sizes
        # Of a broken answer only the part before the loop can be compared: how much of it the other has as well.
        part = np.where(self._broken[rows, None], sizes, np.where(self._broken, all_sizes, np.inf))
        whole = np.where(np.isinf(part), np.sqrt(sizes * all_sizes), part)
        return np.asarray(np.minimum(1.0, self._sets.common(rows) / whole / FRAME), dtype=np.float64)


class _Labels:
    """Similarities of labels, of some rows with all."""

    def __init__(self, structures: Sequence[Structure]) -> None:
        self._sets = _Sets([one.labels for one in structures])
        self._lines = np.array([max(1, one.lines) for one in structures], dtype=np.float64)

    def similarities(self, rows: slice) -> FloatArray:
        longer = np.maximum(self._lines[rows, None], self._lines)
        return np.asarray(np.minimum(1.0, self._sets.common(rows) / longer), dtype=np.float64)


class _Sets:
    """How many members sets have in common, of some rows with all."""

    def __init__(self, sets: Sequence[Collection[Hashable]]) -> None:
        from scipy.sparse import csr_array

        number: dict[Hashable, int] = {}
        columns = [number.setdefault(member, len(number)) for one in sets for member in one]
        starts = np.cumsum([0, *map(len, sets)])
        shape = (len(sets), max(1, len(number)))
        self._has = csr_array((np.ones(len(columns)), np.array(columns, dtype=np.intp), starts), shape=shape)

    def common(self, rows: slice) -> FloatArray:
        return np.asarray((self._has[rows] @ self._has.T).toarray(), dtype=np.float64)


def _ratios(sizes: FloatArray, rows: slice) -> FloatArray:
    """The smaller over the larger of each pair."""
    return np.asarray(np.minimum(sizes[rows, None], sizes) / np.maximum(sizes[rows, None], sizes), dtype=np.float64)


def _codes(labels: Sequence[NGram]) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Equal labels get equal numbers."""
    number: dict[NGram, int] = {}
    return np.array([number.setdefault(label, len(number)) for label in labels], dtype=np.intp)
