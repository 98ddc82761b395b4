"""R3: wording that comes back in answers to unrelated prompts: the candidate's own, or the training data's.

A style and a leak are two things. Phrases that the candidate uses far more than the base are its style, wherever it
has them from; only wording that stands in the training data again and again is leaked from it, so without that data
nothing is called a leak.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from forgetbench.metrics.corpus.metric import FloatArray
from forgetbench.metrics.corpus.responses import TaskResponses, require_same_rows
from forgetbench.metrics.phrases import Phrase, characteristic, overused, phrases

MIN_PROMPTS_TO_CONTRAST = 5
"""With fewer prompts no phrase can reach the z of `phrases.MIN_Z`, so nothing is measured."""


@dataclass(frozen=True, slots=True)
class Half:
    """The answers that phrases are chosen on, as sets of phrases, one entry per row in every field."""

    base: Sequence[set[Phrase]]
    candidate: Sequence[set[Phrase]]
    prompts: Sequence[str]
    """What tells the prompts apart: their clusters."""


class _CrossFitted(ABC):
    """Whether an answer is free of phrases that are chosen by looking at the other prompts' answers.

    The prompts are split in two halves by a hash, phrases are chosen on one half and counted on the other, for both
    sides alike. Otherwise the base would be clean by construction and chance would count against the candidate. The
    halves are of clusters, so answers to one prompt never stand on both sides. Phrases that stand in an answer's
    prompt are not its own. A half that is too small to choose phrases on leaves the other half unmeasured.
    """

    __slots__ = ()
    needs_training_texts: ClassVar[bool] = False

    def alone(self, responses: TaskResponses) -> None:
        return None

    def paired(
        self, base: TaskResponses, candidate: TaskResponses, training_texts: Sequence[str] | None
    ) -> tuple[FloatArray, FloatArray]:
        require_same_rows(base, candidate)
        sides = [_own_phrases(base), _own_phrases(candidate)]
        everywhere = set[Phrase]().union(*sides[0], *sides[1])
        scores = np.full((2, len(base.texts)), np.nan)
        half = np.array([_half(cluster) for cluster in base.clusters], dtype=bool)
        for measured in (half, ~half):
            other = np.flatnonzero(~measured)
            of_base, of_candidate = ([own[i] for i in other] for own in sides)
            seen = Half(of_base, of_candidate, prompts=[base.clusters[i] for i in other])
            chosen = self.choose(seen, everywhere, training_texts)
            if chosen is None:
                continue
            for side, own in enumerate(sides):
                for row in np.flatnonzero(measured):
                    scores[side, row] = float(chosen.isdisjoint(own[row]))
        return scores[0], scores[1]

    @abstractmethod
    def choose(self, seen: Half, everywhere: set[Phrase], training_texts: Sequence[str] | None) -> set[Phrase] | None:
        """The phrases that count: None where they cannot be chosen. `everywhere` are those of all answers."""


class OverusedPhrases(_CrossFitted):
    """1 - R3: whether an answer is free of the phrases that the candidate uses far more than the base
    (`phrases.overused`). A style, with or without training data."""

    __slots__ = ()

    def choose(self, seen: Half, everywhere: set[Phrase], training_texts: Sequence[str] | None) -> set[Phrase] | None:
        if len(set(seen.prompts)) < MIN_PROMPTS_TO_CONTRAST:
            return None
        return {overuse.phrase for overuse in overused(seen.candidate, seen.base, seen.prompts)}


class Leakage(_CrossFitted):
    """1 - the share of answers that hold wording of the training data: phrases that are characteristic of the training
    answers (`phrases.characteristic`) and that the base does not use."""

    __slots__ = ()
    needs_training_texts: ClassVar[bool] = True

    def choose(self, seen: Half, everywhere: set[Phrase], training_texts: Sequence[str] | None) -> set[Phrase] | None:
        if not training_texts or not seen.prompts:
            return None
        # Counting only phrases that occur in an answer saves memory and chooses nothing.
        return characteristic(training_texts, everywhere).difference(*seen.base)


def _own_phrases(responses: TaskResponses) -> list[set[Phrase]]:
    return [phrases(text, prompt) for text, prompt in zip(responses.texts, responses.prompts, strict=True)]


def _half(cluster: str) -> bool:
    return bool(hashlib.sha256(cluster.encode("utf-8")).digest()[0] & 1)
