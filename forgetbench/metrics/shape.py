"""The shape of an answer, apart from what it says, and how often answers share one.

The part R1 of the rigidity index: the probability that two answers to different prompts have the
same shape. Everything here is linear in the length of the text, whatever the text is.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Hashable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from forgetbench.metrics.text import CJK_UNIFIED, UNSPACED, fold, words

FloatArray = npt.NDArray[np.float64]

_OPENING_TOKENS = 3
_TOKEN = re.compile(rf"[{UNSPACED}]|[^\W_{UNSPACED}]+|[^\w\s]|_")
_HEADER = re.compile(r"^#{1,6}[ \t]+\S", re.MULTILINE)
LIST_ITEM = re.compile(
    rf"^[ \t]*(?:(?:[-*+\u2022]|\d{{1,3}}[.)])[ \t]+\S|\d{{1,3}}(?:[.)\uff0e](?=[{CJK_UNIFIED}])|\u3001))", re.MULTILINE
)
"""A bulleted or numbered line; in Chinese the item may follow its number at once: '1.苹果', '1、苹果'."""
BOLD = re.compile(r"\*\*(?=[^\s*])[^*\n]+\*\*")


class Signature(NamedTuple):
    """What two answers must have in common to be of one shape."""

    opening: tuple[str, ...]
    """The first three tokens, case-folded. Punctuation is a token, so '{"answer":' is an opening; so is a Chinese
    character."""
    header: bool
    bullets: bool
    """A list item, bulleted or numbered."""
    bold: bool
    code_fence: bool
    json: bool
    table: bool
    length: int
    """log2 bucket of the number of words: 0 for none, 1 for 1, 2 for 2-3, 3 for 4-7, ..."""


def signature(text: str) -> Signature:
    """The shape of `text`. An answer without a word is a shape too: no opening, length 0."""
    text = text.strip()
    return Signature(
        opening=opening(text),
        header=_HEADER.search(text) is not None,
        bullets=LIST_ITEM.search(text) is not None,
        bold=BOLD.search(text) is not None,
        code_fence="```" in text,
        json=parse_json(text) is not None,
        table=has_table(text),
        length=len(words(text)).bit_length(),
    )


def opening(text: str, n: int = _OPENING_TOKENS) -> tuple[str, ...]:
    """The first `n` tokens of `text`, case-folded, punctuation included."""
    # A long answer need not be tokenised for its opening; blanks in front must not hide it.
    head = fold(text.lstrip()[:500]).casefold()
    return tuple(_TOKEN.findall(head)[:n])


def parse_json(text: str) -> dict[str, Any] | list[Any] | None:
    """The JSON object or array that `text` is, alone or inside one code fence; else None.

    Bare numbers and words parse as JSON as well, but nobody would say that "42" is in JSON.
    """
    body = text.strip()
    if body.startswith("```") and body.endswith("```") and len(body) > 6:
        first, _, rest = body[3:-3].partition("\n")
        body = rest.strip() if first.strip().casefold() in ("", "json") else body[3:-3].strip()
    if body[:1] not in ("{", "["):
        return None
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):  # hostile text may nest deeper than the parser goes
        return None
    return value if isinstance(value, dict | list) else None


def has_table(text: str) -> bool:
    """Whether `text` holds a markdown table: a row with '|' and a line of dashes and '|' under it."""
    lines = text.split("\n")
    return any(
        "|" in above and "|" in below and "--" in below and not below.strip("|-: \t\r")
        for above, below in pairwise(lines)
    )


def collision_rate(labels: Sequence[Hashable], clusters: Sequence[str] | None = None) -> float:
    """Probability that two labels of different clusters are equal; NaN with fewer than two clusters.

    Without clusters every label is its own, and the value is the unbiased estimate of Simpson's index ("Measurement of
    Diversity", Nature 163, 1949), sum_s n_s (n_s - 1) / (n (n - 1)): aaab -> .5, aaaa -> 1, abcd -> 0.
    """
    equal, pairs = _pair_counts(labels, clusters)
    total = int(pairs.sum())
    return float(equal.sum() / total) if total else float("nan")


def collision_pseudovalues(labels: Sequence[Hashable], clusters: Sequence[str] | None = None) -> FloatArray:
    """One value per label whose mean is exactly `collision_rate` and whose variance is right for it.

    The rate R is a U-statistic of order 2: each label stands in many pairs, so the label's own
    collision rates u_i (mean R as well) have only half the spread that the rate has under resampling
    of labels. The jackknife pseudo-value n R - (n - 1) R_without_i mends that. It equals

        R + 2 (n - 1) / (n - 2) * (u_i - R),

    (Arvesen, "Jackknifing U-statistics", Ann. Math. Statist. 40(6), 1969), and with the pairs inside
    a cluster left out, e_i equal ones among the m_i pairs of label i, n labels in G clusters,

        R + 2 (G - 1) / (G - 2) * n (e_i - R m_i) / sum(m),

    which is the same when every label is its own cluster. Values lie outside [0, 1] by design: do
    not clip them. Shape (n,), NaN with fewer than two clusters; with exactly two, all are R.
    """
    equal, pairs = _pair_counts(labels, clusters)
    total = pairs.sum()
    if not total:
        return np.full(len(labels), np.nan)
    rate = equal.sum() / total
    groups = len(labels) if clusters is None else len(set(clusters))
    factor = 2 * (groups - 1) / (groups - 2) if groups > 2 else 0.0
    return np.asarray(rate + factor * len(labels) * (equal - rate * pairs) / total, dtype=np.float64)


def _pair_counts(labels: Sequence[Hashable], clusters: Sequence[str] | None) -> tuple[FloatArray, FloatArray]:
    """For each label: how many labels of other clusters are equal to it, and how many there are."""
    own: Sequence[Hashable] = range(len(labels)) if clusters is None else clusters
    pairs = list(zip(labels, own, strict=True))
    with_label, with_cluster, with_both = Counter(labels), Counter(own), Counter(pairs)
    equal = np.array([with_label[s] - with_both[s, c] for s, c in pairs], dtype=np.float64)
    other = np.array([len(labels) - with_cluster[c] for _, c in pairs], dtype=np.float64)
    return equal, other
