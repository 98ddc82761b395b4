"""Options that leak: rules that know nothing must land at chance.

A rule picks an option without the question's subject: the longest, the third, the largest number. Each is counted over
the items where it can pick, ties shared among the options that tie, and held against the binomial interval around the
chance of those items, at `LEVEL` for all rules of a task together (Bonferroni). Far below chance leaks as much as far
above: what is never right can be struck out. A mean of unequal chances has less variance than the binomial, so that the
test is, if anything, lenient. Items of a cluster count as independent.
"""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from forgetbench.metrics.text import words
from forgetbench.suites.validation.findings import Finding, fail
from forgetbench.suites.validation.reading import ReadTask, RenderedItem

LEVEL = 0.001
"""How often a task without any leak fails."""

Preference = Callable[[RenderedItem], Sequence[float] | None]
"""How much a rule likes each option of an item; None where it says nothing."""

_ENOUGH_ITEMS = 20
"""A rule that can pick in fewer items is not tested."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A way to pick an option."""

    name: str
    prefers: Preference
    above_only: bool = False
    """Picked wrong more often than chance is no leak: the rule avoids what is right elsewhere."""


@dataclass(frozen=True, slots=True)
class Hits:
    """How often a rule was right."""

    n: int
    """Items in which it had a preference."""
    right: float
    """Items in which its pick was right; a tie of k options counts 1/k."""
    expected: float
    """The same for a guess."""

    def interval(self, level: float) -> tuple[float, float]:
        """The counts between which a guess stays with probability 1 - `level`, two-sided (binomial)."""
        from scipy import stats

        low, high = stats.binom.interval(1 - level, self.n, self.expected / self.n)
        return float(low), float(high)

    def rates(self, low: float, high: float) -> str:
        """The counts as shares, beside those of a guess and the limits of its interval."""
        right, chance, least, most = (f"{count / self.n:.1%}" for count in (self.right, self.expected, low, high))
        return f"right in {right} of {self.n} items, chance {chance}, interval {least} to {most}"


def check_leaks(task: ReadTask) -> Iterator[Finding]:
    """Every rule lands at chance."""
    items = [item for item in task.items if len(item.choices) > 1 and item.gold] if task.by_choice else []
    counted = [(rule, hits(items, rule.prefers)) for rule in rules(items)]
    tested = [(rule, counts) for rule, counts in counted if counts.n >= _ENOUGH_ITEMS]
    for rule, counts in tested:
        low, high = counts.interval(LEVEL / len(tested))
        if counts.right > high or (counts.right < low and not rule.above_only):
            what = f"{rule.name}: {counts.rates(low, high)}"
            hint = "choose the wrong options so that the right one does not stand out"
            yield fail(what, str(task.declaration.path), hint)


def rules(items: Sequence[RenderedItem]) -> list[Rule]:
    """All rules, for items with options."""
    places = range(max((len(item.choices) for item in items), default=0))
    return [
        *(Rule(f"option {place + 1}", _at(place)) for place in places),
        Rule("the longest option", lambda item: [len(choice) for choice in item.choices]),
        Rule("the shortest option", lambda item: [-len(choice) for choice in item.choices]),
        Rule("the largest number", _numbers),
        Rule("the smallest number", lambda item: _negated(_numbers(item))),
        Rule("the middle number", _middle),
        Rule("the option that shares most words with the question", _overlap),
        Rule("the option most like the others", _likeness),
        Rule("the option of another form than the others", _oddness),
        Rule("the answer that is most often right", _frequent(items), above_only=True),
        Rule("the option that is right most often when offered", _rate(items), above_only=True),
    ]


def hits(items: Sequence[RenderedItem], prefers: Preference) -> Hits:
    """Count how often the most preferred option is right, over the items where not all options tie."""
    n, right, expected = 0, 0.0, 0.0
    for item in items:
        values = prefers(item)
        if values is None or max(values) == min(values):
            continue
        picked = {place for place, value in enumerate(values) if value == max(values)}
        n += 1
        right += len(picked & set(item.gold)) / len(picked)
        expected += len(set(item.gold)) / len(item.choices)
    return Hits(n, right, expected)


# --- what rules look at -----------------------------------------------------------------------


def _at(place: int) -> Preference:
    def prefers(item: RenderedItem) -> list[float] | None:
        return [float(i == place) for i in range(len(item.choices))] if place < len(item.choices) else None

    return prefers


def _numbers(item: RenderedItem) -> list[float] | None:
    """The options as numbers; None unless all are."""
    try:
        numbers = [float(choice.replace(",", "").strip("$%° ")) for choice in item.choices]
    except ValueError:
        return None
    return numbers if all(map(math.isfinite, numbers)) else None


def _negated(values: Sequence[float] | None) -> list[float] | None:
    return None if values is None else [-value for value in values]


def _middle(item: RenderedItem) -> list[float] | None:
    """Nearness to the middle of the sorted numbers: of four, the second and the third."""
    values = _numbers(item)
    if values is None or len(values) < 3:
        return None
    ranks = [sum(other < value for other in values) for value in values]
    return [-abs(rank - (len(values) - 1) / 2) for rank in ranks]


def _overlap(item: RenderedItem) -> list[float]:
    asked = set(words(item.question))
    return [float(len(asked & set(words(choice)))) for choice in item.choices]


def _likeness(item: RenderedItem) -> list[float] | None:
    """Overlap of character pairs with the other options: wrong ones derived from the right one are like it."""
    if len(item.choices) < 3:
        return None
    pairs = [{choice[i : i + 2] for i in range(len(choice) - 1)} or {choice} for choice in item.choices]
    return [round(sum(len(a & b) / len(a | b) for b in pairs), 9) for a in pairs]


def _oddness(item: RenderedItem) -> list[float] | None:
    """1 for an option that alone has its form: begins with a capital, has a digit, has several words, is not ASCII."""
    if len(item.choices) < 3:
        return None
    forms = [
        (choice[:1].isupper(), any(c.isdigit() for c in choice), " " in choice.strip(), choice.isascii())
        for choice in item.choices
    ]
    return [float(forms.count(form) == 1) for form in forms]


# --- what is right elsewhere ------------------------------------------------------------------
#
# Learned on one half of the clusters and applied to the other, so that no item speaks for itself.


def _half(item: RenderedItem) -> int:
    return zlib.crc32((item.cluster or item.item_id).encode("utf-8", "surrogatepass")) & 1


def _frequent(items: Sequence[RenderedItem]) -> Preference:
    right = [Counter(answer for item in items if _half(item) == half for answer in item.answers) for half in (0, 1)]
    return lambda item: [float(right[1 - _half(item)][choice]) for choice in item.choices]


def _rate(items: Sequence[RenderedItem]) -> Preference:
    right = [Counter(answer for item in items if _half(item) == half for answer in item.answers) for half in (0, 1)]
    offered = [Counter(choice for item in items if _half(item) == half for choice in item.choices) for half in (0, 1)]

    def prefers(item: RenderedItem) -> list[float] | None:
        learned = 1 - _half(item)
        if any(not offered[learned][choice] for choice in item.choices):
            return None
        return [right[learned][choice] / offered[learned][choice] for choice in item.choices]

    return prefers
