"""Flip rows: what became of each item of one base under one or several candidates, with all that tells why.

Their fields as JSON (`dataclasses.asdict`) are what the page's browser, `forgetbench view` and
`forgetbench flips --jsonl` show:

    task, domain, view, item_id, cluster, stratum, languages, prompt, question, gold, choices,
    base:       {score, response, responses, finish_reasons, read, loglikelihoods, metrics}
    candidates: [{the same, and change, outcome, fate, reason, prompts_equal, prompt, lost}, or null where not compared]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from forgetbench.report.flips.changes import Change


@dataclass(frozen=True, slots=True)
class Answered:
    """What one checkpoint answered, and how it was read; fields without a word are empty where its run is not here."""

    score: float | None
    response: str | None
    """The first response, or the option ranked first."""
    responses: tuple[str, ...] = ()
    finish_reasons: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    """What the task's filter took out of each response."""
    loglikelihoods: tuple[float | None, ...] = ()
    """Of the row's `choices`, natural log."""
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Flip(Answered):
    """A candidate's answer, and what it is beside the base's."""

    change: Change = "unmeasured"
    outcome: str | None = None
    """As in items.parquet, as the next two."""
    fate: str | None = None
    reason: str | None = None
    prompts_equal: bool = True
    prompt: str | None = None
    """What this candidate was asked, where that differs."""
    lost: float | None = None
    """By how much the right answer's log-likelihood fell, nats; None where no options were rated."""


@dataclass(frozen=True, slots=True)
class FlipRow:
    """One item of one task."""

    task: str
    domain: str
    view: str | None
    item_id: str
    cluster: str | None
    stratum: str | None
    languages: tuple[str, ...]
    """BCP 47 tags, where the base's run or a candidate's says which."""
    prompt: str | None
    question: str | None
    gold: str | None
    choices: tuple[str, ...]
    base: Answered
    candidates: tuple[Flip | None, ...]
    """One of each candidate, None where it was not compared on this item."""

    @property
    def lost(self) -> float | None:
        """The most that any candidate lost."""
        known = [flip.lost for flip in self.candidates if flip is not None and flip.lost is not None]
        return max(known, default=None)


@dataclass(frozen=True, slots=True)
class Flips:
    """Rows, the worst first, and what they are of."""

    base: str
    candidates: tuple[str, ...]
    """Names; those that several share are told apart by their run."""
    rows: tuple[FlipRow, ...]
    n_items: int
    """Rows there are that were asked for, left out ones included."""
    runs_missing: tuple[str, ...]
    """Ids of runs that are not in the results folder: likelihoods, readings and languages are not known of these."""
