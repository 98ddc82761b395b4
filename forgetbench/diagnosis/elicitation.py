"""Forgotten items that were asked again: what brings their answers back, and how much of it is luck.

An item counts as brought back by a way of asking where the candidate is right in it. Of several ways one brings
something back by chance alone, so items that neither checkpoint ever had right are asked in the same ways: their share
is luck, which is taken out as Abbott does (`stats.controls`). Where some of those are known after all, and only not
said by either, they make luck look larger than it is, and what is corrected for it smaller.

Everything here is records in and rows out; `pipeline.eliciting` asks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import nan
from typing import Final, Literal, TypeVar, get_args

import numpy as np
import pandas as pd

from forgetbench.stats.clustered import Floats
from forgetbench.stats.controls import WeightedSample, corrected_difference, corrected_share
from forgetbench.stats.item_clusters import clusters_of_names

T = TypeVar("T")

Way = Literal["likelihood", "few_shot", "other_protocol", "lenient", "larger_budget", "other_language", "any"]
"""How an item is asked again:

likelihood      its `choice` view: is the right answer ranked first?
few_shot        completion, with examples of the task before the question
other_protocol  with a chat template what was asked without, and the reverse; as many examples as before
lenient         nothing is asked: does the right answer stand anywhere in the answer that was given?
larger_budget   as before with four times the token limit, where the answer ended at the limit
other_language  the same fact, asked in another language
any             at least one of those that were asked
"""
ANY: Final = "any"
WAYS: Final[tuple[Way, ...]] = tuple(way for way in get_args(Way) if way != ANY)
Group = Literal["forgotten", "never_known", "kept"]
"""forgotten: right by the base, wrong by the candidate. never_known: wrong by both. kept: right by both."""
Lack = Literal[
    "no_choice_view", "no_examples", "as_before", "no_other_protocol", "no_text", "not_cut", "no_translation",
    "changed", "too_long", "unread",
]  # fmt: skip
"""Why an item was not asked in a way:

no_choice_view     no `choice` view of it, or it is one itself
no_examples        its task has no answered items to show besides those asked again
as_before          its prompt had as many examples already
no_other_protocol  the candidate has no chat template
no_text            the answer is no text, or there is none to look for in it
not_cut            the answer ended before the token limit
no_translation     its task has the fact in no other language
changed            the task asks another question under its id today
too_long           the prompt does not fit into the model's window
unread             the new answer could not be read, for instance since it was cut
"""


@dataclass(frozen=True, slots=True)
class AskedItem:
    """An item, and whether base and candidate had it right in each way that it could be asked."""

    task: str
    domain: str
    item_id: str
    group: Group
    stratum: str = ""
    language: str = ""
    cluster: str = ""
    second_cluster: str = ""
    base: Mapping[Way, bool] = field(default_factory=dict)
    candidate: Mapping[Way, bool] = field(default_factory=dict)
    lacks: Mapping[Way, Lack] = field(default_factory=dict)
    """Ways that the candidate was not asked in, and why."""

    def right(self, way: Way) -> bool | None:
        """Whether the candidate was right in this way, for `any` in one at least; None where it was not asked."""
        return any(self.candidate.values()) if way == ANY and self.candidate else self.candidate.get(way)

    def base_right(self, way: Way) -> bool | None:
        """The same of the base, for `any` in the ways that the candidate was asked in."""
        if way != ANY:
            return self.base.get(way)
        asked = [self.base[each] for each in self.candidate if each in self.base]
        return any(asked) if asked else None


@dataclass(frozen=True, slots=True)
class ElicitationRow:
    """What one way brings back of the forgotten items of all domains, of one, or of a stratum or language of it.

    Shares are in [0, 1]; NaN where there is no item of the kind.
    """

    way: Way
    domain: str | None = None
    stratum: str | None = None
    language: str | None = None
    n_forgotten: int = 0
    """Forgotten items that the candidate was asked in this way."""
    n_control: int = 0
    """Items that neither had right, asked in the same way, of tasks of which something was forgotten."""
    n_kept: int = 0
    raw: float = nan
    """Share of the forgotten items that the candidate has right in this way."""
    control: float = nan
    """The same share of the controls, in the mixture of tasks that the forgotten items have: luck."""
    corrected: float = nan
    """(raw - control) / (1 - control); may be negative by chance."""
    low: float = nan
    high: float = nan
    """Its interval at the comparison's level, clustered; NaN where an end is unbounded."""
    erased: float = nan
    """(base - raw) / (1 - control): what the base can still do in this way, and the candidate cannot; the rest, that
    neither can, was never known but by luck."""
    erased_low: float = nan
    erased_high: float = nan
    base: float = nan
    """Share of the forgotten items that the base has right in this way: more can hardly come back."""
    kept: float = nan
    """Share of the kept items that the candidate still has right in this way: what the way itself costs."""
    lack: Lack | None = None
    """Of a way that no forgotten item was asked in: the most frequent reason."""


@dataclass(frozen=True, slots=True)
class Elicitation:
    """The field `elicitation` of diagnosis.json."""

    rows: tuple[ElicitationRow, ...]
    engine: Mapping[str, str]
    """Name and version of the engine that asked again."""
    items: int
    """At most so many forgotten items were drawn of a domain."""
    shots: int
    """Examples of the way `few_shot`."""
    seed: int

    def row(self, way: Way, domain: str | None = None) -> ElicitationRow | None:
        """The row of a way and a domain as a whole, where something was asked in it; None for the domain: of all."""
        for row in self.rows:
            if row.n_forgotten and (row.way, row.domain, row.stratum, row.language) == (way, domain, None, None):
                return row
        return None


def elicitation_rows(items: Sequence[AskedItem], alpha: float = 0.05) -> tuple[ElicitationRow, ...]:
    """The table of what was asked again: every way and `any`, for the whole, each domain, its strata and languages.

    Strata and languages have rows only where a domain has several, and only of ways in which something was asked.
    Intervals have level 1 - `alpha`.
    """
    return tuple(_rows(items, alpha))


def _rows(items: Sequence[AskedItem], alpha: float) -> Iterator[ElicitationRow]:
    domains = _distinct(item.domain for item in items if item.group == "forgotten")
    if len(domains) > 1:
        yield from (_row(way, {}, items, alpha) for way in (*WAYS, ANY))
    for domain in domains:
        members = [item for item in items if item.domain == domain]
        yield from (_row(way, {"domain": domain}, members, alpha) for way in (*WAYS, ANY))
        for kind in ("stratum", "language"):
            yield from _parts(kind, domain, members, alpha)


def _parts(kind: str, domain: str, members: Sequence[AskedItem], alpha: float) -> Iterator[ElicitationRow]:
    """Of a domain's strata or languages, where it has several; strata that are its languages are told once."""
    forgotten = [item for item in members if item.group == "forgotten"]
    values = _distinct(getattr(item, kind) for item in forgotten)
    if len(values) < 2 or (kind == "stratum" and all(item.stratum in ("", item.language) for item in forgotten)):
        return
    for value in filter(None, values):
        part = [item for item in members if getattr(item, kind) == value]
        rows = (_row(way, {"domain": domain, kind: value}, part, alpha) for way in (*WAYS, ANY))
        yield from (row for row in rows if row.n_forgotten)


def _row(way: Way, where: Mapping[str, str], members: Sequence[AskedItem], alpha: float) -> ElicitationRow:
    row = ElicitationRow(way, where.get("domain"), where.get("stratum"), where.get("language"))
    asked = [item for item in members if item.right(way) is not None]
    forgotten, controls, kept = (
        [item for item in asked if item.group == group] for group in ("forgotten", "never_known", "kept")
    )
    if not forgotten:
        lacks = Counter(lack for item in members if item.group == "forgotten" and (lack := item.lacks.get(way)))
        return replace(row, lack=lacks.most_common(1)[0][0] if lacks else None)
    row = replace(
        row,
        n_forgotten=len(forgotten),
        n_kept=len(kept),
        raw=_share([item.right(way) for item in forgotten]),
        base=_share([right for item in forgotten if (right := item.base_right(way)) is not None]),
        kept=_share([item.right(way) for item in kept]),
    )
    weights = _matched([_cell(item, way) for item in controls], [_cell(item, way) for item in forgotten])
    row = replace(row, n_control=int(np.count_nonzero(weights)))
    return _less_luck(row, forgotten, _sample(controls, [_right(item, way) for item in controls], weights), alpha)


def _less_luck(
    row: ElicitationRow, forgotten: Sequence[AskedItem], controls: WeightedSample, alpha: float
) -> ElicitationRow:
    """The row with what came back and what is gone, both less the luck of the controls."""
    if not row.n_control:
        return row
    way = row.way
    back = corrected_share(_evenly(forgotten, [_right(item, way) for item in forgotten]), controls, alpha)
    row = replace(row, control=controls.mean, corrected=back.value, low=back.low, high=back.high)
    both = [(item, right) for item in forgotten if (right := item.base_right(way)) is not None]
    if not both:
        return row
    differences = [float(right) - _right(item, way) for item, right in both]
    gone = corrected_difference(_evenly([item for item, _ in both], differences), controls, alpha)
    return replace(row, erased=gone.value, erased_low=gone.low, erased_high=gone.high)


def _right(item: AskedItem, way: Way) -> float:
    return float(bool(item.right(way)))


def _cell(item: AskedItem, way: Way) -> tuple[str, frozenset[str]]:
    """Items of one cell have the same luck: one task, and for `any` the same ways that it can come in."""
    return item.task, frozenset(item.candidate) if way == ANY else frozenset()


def _matched(controls: Sequence[T], forgotten: Sequence[T]) -> Floats:
    """Weights that give the controls the mixture of cells that the forgotten items have; 0 where there is no cell.

    Forgotten items in a cell without a control tell nothing of luck, and the others stand for them.
    """
    wanted, there = Counter(forgotten), Counter(controls)
    weights = np.array([wanted[cell] / there[cell] for cell in controls], dtype=np.float64)
    return weights / weights.sum() if weights.any() else weights


def _evenly(items: Sequence[AskedItem], values: Sequence[float]) -> WeightedSample:
    return _sample(items, values, np.full(len(items), 1.0 / len(items)))


def _sample(items: Sequence[AskedItem], values: Sequence[float], weights: Floats) -> WeightedSample:
    """Without the items that have no weight."""
    members = [item for item, weight in zip(items, weights, strict=True) if weight > 0]
    clusters = clusters_of_names(
        pd.Series([item.cluster or item.item_id for item in members], dtype=object),
        pd.Series([item.second_cluster for item in members], dtype=object),
    )
    return WeightedSample(np.array(values, dtype=np.float64)[weights > 0], weights[weights > 0], clusters)


def _share(values: Collection[bool | None]) -> float:
    return sum(map(bool, values)) / len(values) if values else nan


def _distinct(values: Iterator[str]) -> list[str]:
    return sorted(set(values))
