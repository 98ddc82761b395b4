"""How the measures of findings are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isnan
from typing import Final

from forgetbench.diagnosis.measure import Measure
from forgetbench.report.numbers import share, signed, within_share


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _general(value: float) -> str:
    return f"{value:.3g}"


def _change(value: float) -> str:
    return f"{value:+.3g}" if abs(value) >= 5e-4 else "0"


_COUNTS: Final = (
    "n_forgotten", "n_phrases", "n_contaminated", "n_contested", "n_items", "words_base", "words_candidate",
    "intruders", "n_texts", "n_asked",
)  # fmt: skip
_GENERAL: Final = (
    "peak_rate", "usual_at_most", "epochs", "first_loss", "last_loss", "effective_rank", "kl", "kl_neutral",
    *(f"{name}_{side}" for name in ("entropy", "loss", "bits", "brier", "ece") for side in ("base", "candidate")),
)  # fmt: skip
_CHANGES: Final = (
    "kl_more", *(f"{name}_difference" for name in ("entropy", "loss", "bits", "brier", "ece")),
)  # fmt: skip
_RATES: Final = tuple(
    f"{name}{side}" for name in ("with_named", "precision_phrases", "precision_topics") for side in ("", "_control")
)
_FORMATS: Final[Mapping[str, Callable[[float], str]]] = {
    **dict.fromkeys(("of_forgotten", "answers_with_them", "leaked", "leaked_base", "relative"), share),
    **dict.fromkeys(("most_in_a_layer", "of_a_task", "of_the_domain", "came_back", "gone"), share),
    **dict.fromkeys(_COUNTS, _count),
    **dict.fromkeys(_GENERAL, _general),
    **dict.fromkeys(_CHANGES, _change),
    **dict.fromkeys(_RATES, share),
}
"""How a measure's value is written; deltas, which all others are, as points with a sign."""


def shown(measure: Measure) -> str:
    """A value with its interval, where it has one."""
    write = _FORMATS.get(measure.name, signed)
    if isnan(measure.low) or isnan(measure.high):
        return write(measure.value).replace("-", "−")
    numbers = [measure.value, measure.low, measure.high]
    if write is share:
        # Of few items an estimate that luck is taken out of may leave the range that a share has.
        numbers = [within_share(number) for number in numbers]
    text, low, high = map(write, numbers)
    return f"{text} [{low}, {high}]".replace("-", "−")
