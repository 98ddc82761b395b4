"""Which items fell more than others of their domain: rarely told facts, and languages that the data lacks.

Two groups of a domain are different items, so their deltas are independent where they share no cluster. The half-width
of a difference is the root of the summed squares of theirs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from math import hypot
from typing import TYPE_CHECKING, Final

import numpy as np

from forgetbench.diagnosis.findings import Finding, Measure, State
from forgetbench.metrics.languages import language_of
from forgetbench.records import Comparison, StratumRow
from forgetbench.stats.blocks import block_difference

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("domain", "stratum", "second_cluster", "base_score", "candidate_score")
"""What is looked at of the items."""
HEAD, TAIL = "head", "tail"
_SAMPLE: Final = 2_000
"""Training answers whose language is looked at."""
_PRESENT: Final = 0.02
"""A language in this share of them is one that the data has."""


def tail_findings(comparison: Comparison, items: pd.DataFrame) -> Iterator[Finding]:
    """Of each domain whose strata are head and tail: did the tail fall more?

    Where its items have a second cluster (a relation, whose facts fall together) they are compared within it: a
    relation that fell as a whole says nothing of head and tail. `items` has `COLUMNS`.
    """
    for domain in dict.fromkeys(row.domain for row in comparison.strata):
        strata = {row.stratum: row for row in comparison.strata if row.domain == domain}
        if HEAD in strata and TAIL in strata:
            within = _within_relations(items[items["domain"] == domain], comparison.alpha)
            difference = within or _difference([strata[TAIL]], [strata[HEAD]])
            measures = (difference, _delta("tail", strata[TAIL]), _delta("head", strata[HEAD]))
            yield Finding("tail_first", _fell_more(difference), measures, domain)


def _within_relations(items: pd.DataFrame, alpha: float) -> Measure | None:
    """Tail less head within the second cluster; None where there is none, or too few hold both."""
    known = items[items["stratum"].isin((HEAD, TAIL)) & items["base_score"].notna() & items["candidate_score"].notna()]
    relations = known["second_cluster"].fillna("")
    if relations.eq("").any():
        return None
    deltas = (known["candidate_score"] - known["base_score"]).to_numpy(np.float64)
    codes = relations.factorize()[0].astype(np.intp)
    found = block_difference(deltas, known["stratum"].eq(TAIL).to_numpy(), codes, alpha)
    return None if found is None else Measure("difference", found.value, found.interval.low, found.interval.high)


def language_findings(comparison: Comparison, training_answers: Sequence[str]) -> Iterator[Finding]:
    """Of each domain whose strata are languages: did those fall more that no training answer is written in?"""
    has = languages_of(training_answers)
    for domain in dict.fromkeys(row.domain for row in comparison.strata):
        rows = [row for row in comparison.strata if row.domain == domain]
        if not all(_is_language(row.stratum) for row in rows):
            continue
        absent = [row for row in rows if row.stratum not in has]
        present = [row for row in rows if row.stratum in has]
        examples = tuple(row.stratum for row in sorted(absent, key=lambda row: row.delta))
        if absent and present:
            difference = _difference(absent, present)
            measures = (difference, replace(_mean(absent), name="absent"))
            yield Finding("absent_languages", _fell_more(difference), measures, domain, examples)
        elif absent:
            # Nothing to hold them against: that they fell may be what all languages would have done.
            mean = replace(_mean(absent), name="absent")
            yield Finding("absent_languages", "suspected" if mean.high < 0 else "open", (mean,), domain, examples)


def languages_of(texts: Iterable[str]) -> Collection[str]:
    """Languages (ISO 639-1) that at least 2 % of the first 2,000 texts are written in."""
    found = Counter(language_of(text) for text in islice((text for text in texts if len(text.split()) > 3), _SAMPLE))
    total = found.total()
    return {language for language, count in found.items() if language and count >= _PRESENT * total}


def _is_language(stratum: str) -> bool:
    return len(stratum) == 2 and stratum.isalpha() and stratum.islower()


def _fell_more(difference: Measure) -> State:
    return "shown" if difference.high < 0 else "ruled_out" if difference.low > 0 else "open"


def _difference(one: Sequence[StratumRow], other: Sequence[StratumRow]) -> Measure:
    first, second = _mean(one), _mean(other)
    value = first.value - second.value
    half = hypot(first.high - first.value, second.high - second.value)
    return Measure("difference", value, value - half, value + half)


def _mean(rows: Sequence[StratumRow]) -> Measure:
    """The mean of strata, weighted by their items."""
    n_items = sum(row.n_items for row in rows)
    value = sum(row.delta * row.n_items for row in rows) / n_items
    half = hypot(*((row.ci_high - row.ci_low) / 2 * row.n_items for row in rows)) / n_items
    return Measure("delta", value, value - half, value + half)


def _delta(name: str, row: StratumRow) -> Measure:
    return Measure(name, row.delta, row.ci_low, row.ci_high)
