"""Have answers become alike: phrases that come back, and whether the training data has them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final

import numpy as np

from forgetbench.diagnosis.findings import Finding, Measure, State
from forgetbench.metrics.phrases import PHRASE_WORDS, OverusedPhrase, Phrase, characteristic, overused, phrases
from forgetbench.metrics.text import words
from forgetbench.records import FORMAT_RIGIDITY, Comparison
from forgetbench.stats.proportions import rate_difference_interval, wilson_interval

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("domain", "view", "cluster", "prompt", "base_response", "candidate_response")
"""What is looked at of the items."""
_EXAMPLES: Final = 8
_LOOKED_AT: Final = 60
"""The strongest phrases, which are joined to longer wordings."""
_LONGEST: Final = 20
"""Words of a wording that is shown."""
_NO_LEAK: Final = 0.02
"""A share of answers below which wording of the training data does not matter."""
_MOST: Final = 20_000
"""Answers that are looked at: the first of them, which is enough for any phrase that matters."""


def voice_findings(comparison: Comparison, items: pd.DataFrame, training: Sequence[str] | None) -> Iterator[Finding]:
    """The voice: is the candidate less flexible, which phrases come back, and are they the training data's?

    `items` has `COLUMNS`; `training` are the answers of the training data, None where it is not known.
    """
    written = _written(items)
    of_base, of_candidate = (
        [phrases(text, prompt) for text, prompt in zip(written[side], written["prompt"], strict=True)]
        for side in ("base_response", "candidate_response")
    )
    clusters = written["cluster"].tolist()
    yield _voice(comparison, written, overused(of_candidate, of_base, clusters), of_candidate)
    if training is not None and len(written):
        yield _training_wording(of_base, of_candidate, clusters, training)


def _written(items: pd.DataFrame) -> pd.DataFrame:
    """The items that both sides answered in words."""
    free = items[items["view"].fillna("") != "choice"]
    both = free["base_response"].notna() & free["candidate_response"].notna()
    return free[both].head(_MOST)


def _voice(
    comparison: Comparison, written: pd.DataFrame, new: Sequence[OverusedPhrase], own: Sequence[set[Phrase]]
) -> Finding:
    row = next((row for row in comparison.domains if row.name == FORMAT_RIGIDITY), None)
    state: State = "not_measured"
    measures: list[Measure] = []
    if row is not None and row.estimate is not None:
        estimate = row.estimate
        measures.append(Measure("flexibility", estimate.delta, estimate.ci_low, estimate.ci_high))
        verdict = row.judgement.verdict
        state = "shown" if verdict == "regressed" else "ruled_out" if verdict in ("retained", "improved") else "open"
    if len(written):
        chosen = {overuse.phrase for overuse in new}
        with_any = sum(not chosen.isdisjoint(answer) for answer in own)
        interval = wilson_interval(with_any, len(own), comparison.alpha)
        measures += [
            Measure("n_phrases", len(new)),
            Measure("answers_with_them", with_any / len(own), interval.low, interval.high),
            *_lengths(written),
        ]
    return Finding("voice", state, tuple(measures), examples=wordings(overuse.phrase for overuse in new))


def _lengths(written: pd.DataFrame) -> Iterator[Measure]:
    for side in ("base", "candidate"):
        yield Measure(f"words_{side}", float(np.median([len(words(text)) for text in written[f"{side}_response"]])))


def _training_wording(
    of_base: Sequence[set[Phrase]], of_candidate: Sequence[set[Phrase]], clusters: Sequence[str], texts: Sequence[str]
) -> Finding:
    """How many answers hold wording that the training data has again and again, against the base on the same items?

    Which wording counts is for the training data alone to say, so what the base says anyway counts against nobody. The
    interval of the difference is of clusters (`rate_difference_interval`).
    """
    everywhere = set[Phrase]().union(*of_base, *of_candidate)
    learnt = characteristic(texts, everywhere)
    before, after = (
        np.array([not learnt.isdisjoint(answer) for answer in answers], dtype=np.float64)
        for answers in (of_base, of_candidate)
    )
    gain, loss = float(np.mean(after > before)), float(np.mean(before > after))
    interval = rate_difference_interval(loss, gain, len(set(clusters)))
    measures = (
        Measure("leaked", float(after.mean())),
        Measure("leaked_base", float(before.mean())),
        Measure("difference", gain - loss, interval.low, interval.high),
    )
    state: State = "shown" if interval.low > 0 else "ruled_out" if interval.high <= _NO_LEAK else "open"
    return Finding("training_wording", state, measures, examples=_most_new(learnt, of_base, of_candidate))


def _most_new(
    learnt: set[Phrase], of_base: Sequence[set[Phrase]], of_candidate: Sequence[set[Phrase]]
) -> tuple[str, ...]:
    """Learnt phrases by how many more answers of the candidate hold them."""
    surplus = Counter(phrase for answer in of_candidate for phrase in answer & learnt)
    surplus.subtract(phrase for answer in of_base for phrase in answer & learnt)
    ordered = sorted(surplus.items(), key=lambda each: (-each[1], each[0]))
    return wordings(phrase for phrase, more in ordered if more > 0)


def wordings(ordered: Iterable[Phrase]) -> tuple[str, ...]:
    """The strongest phrases as text, those that overlap joined: the runs of one longer wording stand close together.

    >>> wordings([("you", "for", "your", "order"), ("a", "b", "c", "d"), ("thank", "you", "for", "your")])
    ('thank you for your order', 'a b c d')
    """
    # Twice: two that became longer may overlap by now.
    joined = _pass(_pass(islice(ordered, _LOOKED_AT)))
    return tuple(" ".join(phrase) for phrase in joined[:_EXAMPLES])


def _pass(phrases: Iterable[Phrase]) -> list[Phrase]:
    """Each joined to the first of those before it that it overlaps."""
    joined: list[Phrase] = []
    for phrase in phrases:
        for at, other in enumerate(joined):
            if len(other) < _LONGEST and (longer := _joined(phrase, other) or _joined(other, phrase)):
                joined[at] = longer
                break
        else:
            joined.append(phrase)
    return joined


def _joined(one: Phrase, other: Phrase) -> Phrase | None:
    """Both as one where the first ends with the words that the second begins with, a phrase's but one."""
    shared = min(len(one), len(other), PHRASE_WORDS) - 1
    return one + other[shared:] if shared and one[-shared:] == other[:shared] else None
