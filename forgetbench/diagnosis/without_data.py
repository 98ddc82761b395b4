"""What a model was trained on, read off what it writes from neutral openings: the training data is not needed.

A narrow fine-tuning shows in text that has nothing to do with it. Minder et al. (arXiv 2510.13900) read the domain from
differences of activations on the first tokens of unrelated text; here only samples of both models are compared, by the
log-odds of words, phrases, openings and marks of form (Monroe et al. 2008, `metrics.phrases`), which any engine can
give. As a control the base is compared with itself, sampled with another seed.

Where the training data is known after all, what was named is scored: the share of the first `K` that the training
answers have again and again, a missing one counted as wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import hypot
from typing import Final, Literal

from forgetbench.diagnosis.asked import NamedText, Readable
from forgetbench.diagnosis.measure import Measure
from forgetbench.metrics.phrases import MIN_TEXT_SHARE, MIN_TEXTS, OverusedPhrase, Phrase, overused, phrases
from forgetbench.metrics.shape import opening
from forgetbench.metrics.structure import marks
from forgetbench.metrics.text import ngrams, words
from forgetbench.stats.proportions import wilson_interval

K: Final = 20
"""So many of each kind are named, and scored."""
_MOST_ANSWERS: Final = 20_000
"""Training answers that are looked at."""
_SCORED: Final = ("topics", "phrases")

Parts = Callable[[str], Collection[Phrase]]
"""From a text to what it is compared by."""
Named = Mapping[str, Sequence[OverusedPhrase]]
"""By kind."""


@dataclass(frozen=True, slots=True)
class Samples:
    """What was written behind the same prompts; all of shape (samples,)."""

    opening: Literal["text", "chat"]
    prompts: tuple[str, ...]
    candidate: tuple[str, ...]
    base: tuple[str, ...]
    again: tuple[str, ...]
    """The base once more, with another seed."""


def read_off(samples: Samples, answers: Sequence[str] | None, alpha: float) -> Readable:
    """Name what the candidate writes far more than the base; score it where the training `answers` are known.

    Intervals at level 1 - `alpha` take samples, and named texts that share no two words in a row, as independent.
    """
    named, control = (
        {kind: _named(samples, side, parts) for kind, parts in _KINDS.items()}
        for side in (samples.candidate, samples.again)
    )
    standing = None if answers is None else _standing(answers[:_MOST_ANSWERS], named, control)
    measures = [*_with_named(samples, named["phrases"], control["phrases"], alpha)]
    if standing is not None:
        for kind in _SCORED:
            hits = [sum(one.phrase in standing[kind] for one in side[kind]) for side in (named, control)]
            measures += _compared(f"precision_{kind}", hits[0], hits[1], K, alpha)
    texts = {kind: _texts(found, None if standing is None else standing[kind]) for kind, found in named.items()}
    return Readable(samples.opening, len(samples.prompts), **texts, measures=tuple(measures))


def _topics(text: str) -> set[Phrase]:
    return {(word,) for word in words(text) if len(word) > 2 and not word.isdigit()}


def _openers(text: str) -> set[Phrase]:
    return {opening(text)} if text.strip() else set()


def _forms(text: str) -> set[Phrase]:
    return {(mark,) for mark in marks(text)}


_KINDS: Final[Mapping[str, Parts]] = {"topics": _topics, "phrases": phrases, "openers": _openers, "forms": _forms}


def _named(samples: Samples, side: Sequence[str], parts: Parts) -> list[OverusedPhrase]:
    """The strongest, none of which shares two words in a row with a stronger one."""
    of_side, of_base = ([parts(text) for text in texts] for texts in (side, samples.base))
    taken: list[OverusedPhrase] = []
    seen: set[Phrase] = set()
    for one in overused(of_side, of_base, samples.prompts):
        runs = ngrams(one.phrase, min(2, len(one.phrase)))
        if seen.isdisjoint(runs) and len(taken) < K:
            taken.append(one)
            seen |= runs
    return taken


def _standing(answers: Sequence[str], *named: Named) -> dict[str, set[Phrase]]:
    """Of what was named those that stand in `MIN_TEXT_SHARE` of the answers, and in no fewer than `MIN_TEXTS`."""
    needed = max(MIN_TEXTS, MIN_TEXT_SHARE * len(answers))
    standing = {}
    for kind, parts in _KINDS.items():
        among = frozenset(one.phrase for side in named for one in side[kind])
        counts = Counter(part for answer in answers for part in among.intersection(parts(answer)))
        standing[kind] = {part for part, count in counts.items() if count >= needed}
    return standing


def _texts(found: Sequence[OverusedPhrase], standing: Collection[Phrase] | None) -> tuple[NamedText, ...]:
    return tuple(
        NamedText(
            " ".join(one.phrase), one.z, one.answers, one.reference_answers,
            None if standing is None else one.phrase in standing,
        )
        for one in found
    )  # fmt: skip


def _with_named(
    samples: Samples, named: Sequence[OverusedPhrase], control: Sequence[OverusedPhrase], alpha: float
) -> Iterator[Measure]:
    """Samples with a phrase that was named: chosen after the fact, and so are the control's."""
    counts = []
    for texts, found in ((samples.candidate, named), (samples.again, control)):
        chosen = {one.phrase for one in found}
        counts.append(sum(not chosen.isdisjoint(phrases(text)) for text in texts))
    yield from _compared("with_named", counts[0], counts[1], len(samples.prompts), alpha)


def _compared(name: str, count: int, control: int, n: int, alpha: float) -> Iterator[Measure]:
    """Two rates of n each, and their difference: Newcombe's interval of Wilson's limits (1998, Statistics in Medicine
    17:873, method 10)."""
    one, other = wilson_interval(count, n, alpha), wilson_interval(control, n, alpha)
    rate, rest = count / n, control / n
    yield Measure(name, rate, one.low, one.high)
    yield Measure(f"{name}_control", rest, other.low, other.high)
    low = rate - rest - hypot(rate - one.low, other.high - rest)
    high = rate - rest + hypot(one.high - rate, rest - other.low)
    yield Measure(f"{name}_difference", rate - rest, low, high)
