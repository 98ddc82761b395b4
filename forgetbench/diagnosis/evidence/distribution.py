"""Whether what is said next moved: on the training prompts, and on general text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite
from typing import Final

from forgetbench.diagnosis.asked import Distribution, DistributionRow
from forgetbench.diagnosis.findings import Finding, State
from forgetbench.diagnosis.measure import Measure

STILL: Final = 0.01
"""Nats per token below which two distributions are as good as the same: one model of 135 M parameters in float32 and in
bfloat16 lies .002 from itself."""


def distribution_findings(distribution: Distribution) -> Iterator[Finding]:
    """Did the distribution move on the training prompts, and did general text get less likely?"""
    rows = {row.source: row for row in distribution.rows}
    if "prompts" in rows:
        yield _far_on_prompts(rows["prompts"], rows.get("passages"))
    for source in ("passages", "text"):
        if source in rows:
            yield _general_loss(rows[source])


def _far_on_prompts(prompts: DistributionRow, neutral: DistributionRow | None) -> Finding:
    """Shown where it moved, and more than on neutral text where that was looked at: every fine-tuning moves something.

    The two are of different texts, so they are independent and their half-widths add as squares.
    """
    kl = prompts.measure("kl")
    measures = [kl, prompts.measure("entropy_base"), prompts.measure("entropy_candidate")]
    more = kl
    if neutral is not None:
        elsewhere = neutral.measure("kl")
        more = _difference("kl_more", kl, elsewhere)
        measures += [Measure("kl_neutral", elsewhere.value, elsewhere.low, elsewhere.high), more]
    if kl.low > STILL and more.low > 0:
        state: State = "shown"
    else:
        state = "ruled_out" if kl.high < STILL else "open"
    return Finding("far_on_prompts", state, _finite(measures))


def _general_loss(row: DistributionRow) -> Finding:
    difference = row.measure("loss_difference")
    names = (
        "loss_base", "loss_candidate", "bits_base", "bits_candidate", "bits_difference", "kl", "entropy_base",
        "entropy_candidate", "entropy_difference",
    )  # fmt: skip
    state: State = "shown" if difference.low > 0 else "ruled_out" if difference.high <= 0 else "open"
    measures = (difference, *(row.measure(name) for name in names), Measure("n_texts", row.n_texts))
    return Finding("general_loss", state, _finite(measures), examples=(row.source,))


def _finite(measures: Sequence[Measure]) -> tuple[Measure, ...]:
    """Those that there are: a divergence may be infinite, and is left out then."""
    return tuple(measure for measure in measures if isfinite(measure.value))


def calibration_findings(measures: Sequence[Measure]) -> Iterator[Finding]:
    """Did the calibration error of choices grow? Nothing where no choice was rated."""
    difference = next((each for each in measures if each.name == "ece_difference"), None)
    if difference is not None:
        state: State = "shown" if difference.low > 0 else "ruled_out" if difference.high <= 0 else "open"
        yield Finding("miscalibrated", state, tuple(measures))


def _difference(name: str, one: Measure, other: Measure) -> Measure:
    value = one.value - other.value
    below = ((one.value - one.low) ** 2 + (other.high - other.value) ** 2) ** 0.5
    above = ((one.high - one.value) ** 2 + (other.value - other.low) ** 2) ** 0.5
    return Measure(name, value, value - below, value + above)
