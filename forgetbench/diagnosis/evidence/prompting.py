"""Whether a loss comes with the chat template: the same checkpoints without one, where that was asked as well."""

from __future__ import annotations

from collections.abc import Iterator
from math import hypot

from forgetbench.diagnosis.findings import Finding, Measure, State
from forgetbench.records import Comparison


def prompting_findings(comparison: Comparison) -> Iterator[Finding]:
    """Of each domain that regressed under its own protocol: is more lost with the template than without?

    Both deltas are of the same items and tend to fall together, so that treating them as independent, as is done here,
    gives an interval that is too wide rather than too narrow.
    """
    without = {row.name: row.estimate for row in comparison.completion}
    for row in comparison.domains:
        bare = without.get(row.name)
        if row.estimate is None or bare is None or row.judgement.verdict != "regressed":
            continue
        value = row.estimate.delta - bare.delta
        half = hypot(*((each.ci_high - each.ci_low) / 2 for each in (row.estimate, bare)))
        difference = Measure("difference", value, value - half, value + half)
        measures = (
            difference,
            Measure("with_template", row.estimate.delta, row.estimate.ci_low, row.estimate.ci_high),
            Measure("without_template", bare.delta, bare.ci_low, bare.ci_high),
        )
        state: State = "shown" if difference.high < 0 else "ruled_out" if difference.low > 0 else "open"
        yield Finding("prompting", state, measures, row.name)
