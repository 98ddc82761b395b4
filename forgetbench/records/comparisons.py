"""Two runs compared: comparison.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from forgetbench.records.names import SCHEMA_VERSION, Protocol
from forgetbench.records.rows import AuditRow, DeltaRow, MetricRow, StratumRow
from forgetbench.records.runs import Margins


@dataclass(frozen=True, slots=True)
class AdjustedDelta:
    """A domain's delta over the asked items, adjusted for what the base's run knows of them and of all others.

    It decides nothing: the rows' own numbers can be made again from the items that were asked, this one cannot.
    """

    delta: float
    ci_low: float
    ci_high: float
    """Two-sided at the comparison's level, valid at every planned look."""
    worth: float
    """The items that would have had to be asked for as small a standard error without it, over those that were."""


@dataclass(frozen=True, slots=True)
class Looks:
    """How far a sequential evaluation went before everything that gates was decided."""

    taken: int
    planned: int
    asked: Mapping[str, tuple[int, int]]
    """Per domain, how many items were asked, and how many there are; an item counts once for each of its views."""
    adjusted: Mapping[str, AdjustedDelta] = field(default_factory=dict)
    """By domain, where the base's finished run stood for it and its side of what was not asked tells something."""
    tries: int = 1
    """Which different try at this candidate and base it is in its results folder, from 1."""
    alpha_share: float = 1.0
    """The share of alpha that this try is tested at, so that all tries together hold it; the comparison's `alpha` and
    the levels of a policy are multiplied with it."""

    @property
    def share_asked(self) -> float:
        """The share of all items that were asked; 0 where there are none."""
        asked, there = (sum(counts[place] for counts in self.asked.values()) for place in (0, 1))
        return asked / there if there else 0.0


@dataclass(frozen=True, slots=True)
class Selection:
    """How a comparison's candidate was chosen among several: on one half of the clusters, and judged on the other."""

    candidates: Mapping[str, float | None]
    """By run id, the mean change on the choosing half; None where a domain was not measured."""
    by: str
    """`OVERALL` for the mean over the gated domains, or the domain that decided."""
    n_items: int
    """On how many items it was chosen; an item counts once for each of its views."""
    seed: int
    """Of the split."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two checkpoints of a comparison."""

    name: str
    where: str
    fingerprint: str
    run_id: str
    step: int | None = None


@dataclass(frozen=True, slots=True)
class FolderDifference:
    """A setting that base and candidate bring along and that is not the same; None where a folder does not set it."""

    setting: str
    base: str | None
    candidate: str | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """comparison.json."""

    comparison_id: str
    base: Side
    candidate: Side
    suite: str
    protocol: Protocol
    engine: Mapping[str, Any]
    domains: tuple[DeltaRow, ...]
    tasks: tuple[DeltaRow, ...]
    overall: DeltaRow
    noise_floor: Mapping[str, Any] | None
    warnings: tuple[str, ...]
    seed: int
    created: str
    alpha: float = 0.05
    """Intervals have level 1 - alpha."""
    margins: Margins = field(default_factory=Margins)
    """How much may be lost, as it was declared."""
    family: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """P-values of the other candidates of the same command, by run id and row: what is adjusted for beside the own."""
    selection: Selection | None = None
    """Of a candidate that was chosen among several, all else is of the items that did not choose it; else None."""
    looks: Looks | None = None
    """Of a group-sequential evaluation, whose intervals and p-values are valid at every planned look; else None."""
    pairing: tuple[AuditRow, ...] = ()
    strata: tuple[StratumRow, ...] = ()
    metrics: tuple[MetricRow, ...] = ()
    folder_differences: tuple[FolderDifference, ...] = ()
    """What the two folders set differently by themselves."""
    completion: tuple[DeltaRow, ...] = ()
    """The domains with both sides prompted without a chat template, where that was evaluated as well."""
    chat_format_costs: Mapping[str, tuple[DeltaRow, ...]] = field(default_factory=dict)
    """For 'base' and 'candidate', the domains of that one checkpoint: `base` is its score without a chat template,
    `candidate` its score with its own. Only of checkpoints that have one and were evaluated both ways."""
    suite_version: int | None = None
    """The suite's version; None where it has none."""
    schema_version: int = SCHEMA_VERSION

    @property
    def suite_label(self) -> str:
        """The suite's name, and its version where it has one: what a table of several comparisons names."""
        return self.suite if self.suite_version is None else f"{self.suite} v{self.suite_version}"
