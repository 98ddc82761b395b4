"""What a diagnosis consists of: findings, each a possible cause held against numbers, and the advice that follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from forgetbench.diagnosis.asked import Distribution, Readable
from forgetbench.diagnosis.drift_map import DriftMap
from forgetbench.diagnosis.elicitation import Elicitation
from forgetbench.diagnosis.measure import Measure
from forgetbench.records import SCHEMA_VERSION

__all__ = ["Advice", "Cause", "Diagnosis", "Finding", "Measure", "Name", "NamedCause", "State"]

Cause = Literal[
    "locked",
    "erased",
    "voice",
    "training_wording",
    "tail_first",
    "absent_languages",
    "prompting",
    "contamination",
    "contested",
    "high_rate",
    "many_epochs",
    "loss_hides",
    "far_weights",
    "far_on_prompts",
    "general_loss",
    "miscalibrated",
    "readable",
]
"""What may lie behind a loss:

locked            the answers are still known by likelihood, and no longer said
erased            they are not known any more
voice             answers have become alike in form and wording
training_wording  phrases of the training answers stand in answers to unrelated prompts
tail_first        rarely told facts fell more than well-known ones
absent_languages  languages that the training data lacks fell more than those it has
prompting         the loss comes with the chat template, and not without it
contamination     items stand in the training data: what was gained there is no gain
contested         questions stand in the training data with another answer: what was known is overwritten
high_rate         the learning rate went higher than what usually keeps a model's abilities
many_epochs       the data was seen often enough to be learnt by heart
loss_hides        the training loss improved while abilities fell
far_weights       where in the network the weights moved most; a description, no verdict
far_on_prompts    what is said to the training prompts moved, and more than what follows in neutral text
general_loss      general text got less likely
miscalibrated     choices are less well calibrated: surer than they are right, or less sure
readable          what the model was trained on can be read off what it writes from neutral openings
"""
State = Literal["shown", "suspected", "open", "ruled_out", "not_measured"]
"""shown: the interval says so. suspected: a circumstance that often has this effect. open: the interval holds both.
ruled_out: the interval says that it is not so. not_measured: what it takes is not there."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One possible cause, held against what was measured."""

    cause: Cause
    state: State
    measures: tuple[Measure, ...] = ()
    domain: str | None = None
    """None where it is said of the whole."""
    examples: tuple[str, ...] = ()
    """Phrases, languages, layers, texts: what the numbers are of, the strongest first. A model's or a file's text."""


@dataclass(frozen=True, slots=True)
class Advice:
    """Something to do, and the findings that speak for it."""

    cure: str
    """Its key in `advice.RULES`."""
    because: tuple[Cause, ...]
    source: str
    """Where its effect is published, as 'arXiv 2401.05605'."""


Name = Literal[
    "no_loss_shown",
    "contamination",
    "prompting",
    "high_rate",
    "many_epochs",
    "overwritten",
    "rigid_voice",
    "unexplained",
]
"""What a diagnosis may be summed up as:

no_loss_shown  no domain regressed beyond its margin; which are retained and which not known their verdicts say
overwritten    the training data tells otherwise what was known, or rare facts went first and no voice explains it
rigid_voice    over-fitted to the form of the training answers
unexplained    something was lost, and no finding says by what
The others are the causes of these names."""


@dataclass(frozen=True, slots=True)
class NamedCause:
    """The one cause that the findings speak for most, and the next in line."""

    name: Name
    because: tuple[Cause, ...] = ()
    """The findings that speak for it."""
    runner_up: Name | None = None
    runner_up_because: tuple[Cause, ...] = ()


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """diagnosis.json."""

    comparison_id: str
    findings: tuple[Finding, ...]
    advice: tuple[Advice, ...]
    """In the order of expected effect; empty where nothing was lost, or no cure has evidence here."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """What was looked at besides the comparison: 'training_log', 'sft_data', 'weights'."""
    weights: DriftMap | None = None
    """How far each module of each layer moved; None where the weights were not looked at."""
    named: NamedCause | None = None
    """None in files that were written before there were names."""
    distribution: Distribution | None = None
    """Where a model was asked for it."""
    readable: tuple[Readable, ...] = ()
    """What can be read without the training data, where samples were asked for."""
    elicitation: Elicitation | None = None
    """What brought forgotten items back; None where they were not asked again."""
    schema_version: int = SCHEMA_VERSION

    def of(self, cause: Cause) -> tuple[Finding, ...]:
        """The findings on one cause."""
        return tuple(finding for finding in self.findings if finding.cause == cause)
