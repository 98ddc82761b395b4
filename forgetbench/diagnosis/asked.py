"""What base and candidate told when they were asked again, beyond the comparison."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import Literal

from forgetbench.diagnosis.elicitation import Elicitation
from forgetbench.diagnosis.measure import Measure

Source = Literal["passages", "text", "prompts"]
"""Where next tokens were looked at: the embedded neutral passages, a text of the user's own, or what the base says to
the training prompts."""


@dataclass(frozen=True, slots=True)
class DistributionRow:
    """Next-token distributions of base and candidate on one kind of text; intervals by passage or prompt."""

    source: Source
    n_texts: int
    n_tokens: int
    """Places at which a next token was looked at."""
    measures: tuple[Measure, ...]
    """Nats per token: `kl` (base || candidate); `entropy_` and `loss_` of `base`, `candidate`, and their `difference`
    (candidate less base). Of texts also `bits_` per byte. The loss is of the text's own tokens."""

    def measure(self, name: str) -> Measure:
        """By its name; NaN where it is not there."""
        return next((each for each in self.measures if each.name == name), Measure(name, nan))


@dataclass(frozen=True, slots=True)
class Distribution:
    """How far what the candidate says next lies from what the base says."""

    method: Literal["exact", "top_k"]
    """exact: of all tokens. top_k: of the likeliest ones and the rest as one bucket, which makes `kl` and `entropy_`
    lower bounds; losses are exact either way."""
    k: int | None
    """Tokens of each place that an engine named; None for all."""
    vocabularies: tuple[int, int]
    """Tokens of base and candidate; where they differ, what only one has is part of the rest."""
    rows: tuple[DistributionRow, ...]


@dataclass(frozen=True, slots=True)
class NamedText:
    """A word, phrase, opening or form that the candidate writes far more often than the base."""

    text: str
    z: float
    """Of the log-odds ratio (Monroe et al. 2008)."""
    n_texts: int
    """Of the candidate's samples, in how many it stands."""
    n_base: int
    in_data: bool | None = None
    """Whether the training answers have it again and again; None where they are not known."""


@dataclass(frozen=True, slots=True)
class Readable:
    """What was read off one kind of samples, the strongest first."""

    opening: Literal["text", "chat"]
    """Whether they go on behind a few neutral words, or answer a neutral message."""
    n_samples: int
    """Of either side."""
    topics: tuple[NamedText, ...]
    phrases: tuple[NamedText, ...]
    openers: tuple[NamedText, ...]
    forms: tuple[NamedText, ...]
    """Marks of form, as 'numbers' for a numbered list."""
    measures: tuple[Measure, ...]
    """`with_named`: share of the samples with a named phrase; `precision_topics`, `precision_phrases`: share of the
    first k that stand in the training answers, a missing one counted as wrong. `_control` is the same of the base
    against itself with another seed, `_difference` what lies between."""


@dataclass(frozen=True, slots=True)
class Asked:
    """All of it."""

    distribution: Distribution | None = None
    calibration: tuple[Measure, ...] = ()
    """Of the comparison's choices; see `distribution.calibration`."""
    readable: tuple[Readable, ...] = ()
    elicitation: Elicitation | None = None
    """What brought forgotten items back."""
