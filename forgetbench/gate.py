"""May this checkpoint be released? A policy's margins applied to a comparison.

A policy file, every field optional:

    margins: {knowledge: 0.05}        # how much each domain may lose; the suite's margin where not named
    domains: [knowledge, reasoning]   # which domains gate; all that were measured, but target, if left out
    require: [creativity]             # domains that must have been measured
    on_inconclusive: fail             # or pass: too little evidence lets the checkpoint through
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from forgetbench.delta import TARGET
from forgetbench.errors import did_you_mean
from forgetbench.records import DOMAINS, Comparison, DeltaRow, Verdict
from forgetbench.stats.multiplicity import holm
from forgetbench.suite import DEFAULT_MARGIN
from forgetbench.verdict import judged, one_sided_low, unmeasured_share
from forgetbench.yaml_files import read_yaml

Outcome = Literal["passed", "regressed", "inconclusive"]

EXIT_CODES: dict[Outcome, int] = {"passed": 0, "regressed": 1, "inconclusive": 3}


POLICY_TEMPLATE = """\
# How much a fine-tuned checkpoint may lose before its release is stopped: forgetbench gate COMPARISON --policy THIS.
# Every field is optional; what is commented out stands for the default.

# How much each domain may lose, in score units: 0.05 is five points of 100. By default what the suite declares.
margins:
  knowledge: 0.05
  reasoning: 0.05

# Which domains gate. By default every measured one but target.
# domains: [knowledge, reasoning, creativity, format_rigidity, language]

# Domains that must have been measured, whatever they show.
# require: [knowledge]

# Too little evidence lets the checkpoint through (pass), or does not (fail).
on_inconclusive: fail
"""
"""What `forgetbench gate --init` writes."""


class Policy(BaseModel):
    """A policy file."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    margins: dict[str, Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)]] = {}
    domains: Annotated[list[str], Field(min_length=1)] | None = None
    require: list[str] = []
    on_inconclusive: Literal["fail", "pass"] = "fail"

    @field_validator("margins", "domains", "require")
    @classmethod
    def _known_domains(cls, value: dict[str, float] | list[str] | None) -> dict[str, float] | list[str] | None:
        for name in value or ():
            if name not in DOMAINS:
                raise ValueError(f"unknown domain '{name}'; {did_you_mean(name, DOMAINS)}")
        return value


@dataclass(frozen=True, slots=True)
class Decision:
    """What the gate says of one domain."""

    name: str
    verdict: Verdict
    sentence: str
    """The verdict with its numbers, and for an inconclusive one what would settle it."""
    row: DeltaRow | None = None
    """The domain under the policy's margins; None where it was not measured."""


@dataclass(frozen=True, slots=True)
class GateResult:
    """What the gate decided and why, the domains that decide first."""

    outcome: Outcome
    decisions: tuple[Decision, ...]
    rows: tuple[DeltaRow, ...] = ()
    """The gated domains that were measured, in the comparison's order, under the policy's margins."""
    inconclusive_fails: bool = True

    @property
    def exit_code(self) -> int:
        return EXIT_CODES[self.outcome]

    @property
    def reasons(self) -> tuple[str, ...]:
        return tuple(decision.sentence for decision in self.decisions) or ("no domain was measured",)


def load_policy(path: Path | None) -> Policy:
    """Read a policy file; without one, every measured domain gates with its suite's margin.

    Raises InputError, one line naming file, line and field, at the first mistake.
    """
    return Policy() if path is None else read_yaml(path, Policy)


def decide(comparison: Comparison, policy: Policy = Policy()) -> GateResult:
    """Judge the gated domains again, from the stored deltas and intervals, and sum up.

    Regressed (exit 1) if any domain is; else inconclusive (exit 3) if a domain that is required, or named in
    `domains`, was not measured, or if any is inconclusive and the policy does not let that pass; else passed (0).
    Nothing is scored again: Holm's adjustment is made over the gated domains from the stored p-values.
    """
    rows = _judged(comparison, policy)
    missing = _not_measured(comparison, policy)
    regressed = [row for row in rows if row.verdict == "regressed"]
    unclear = [row for row in rows if row.verdict == "inconclusive"]
    others = [row for row in rows if row not in regressed and row not in unclear]
    outcome: Outcome = "passed"
    if regressed:
        outcome = "regressed"
    elif missing or not rows or (unclear and policy.on_inconclusive == "fail"):
        outcome = "inconclusive"
    said = [Decision(row.name, row.verdict, sentence(row), row) for row in (*regressed, *unclear, *others)]
    decisions = [*said[: len(regressed)], *missing, *said[len(regressed) :]]
    return GateResult(outcome, tuple(decisions), rows, policy.on_inconclusive == "fail")


def _judged(comparison: Comparison, policy: Policy) -> tuple[DeltaRow, ...]:
    """The gated domains that were measured, with the policy's margins and verdicts."""
    named = policy.domains
    rows = [
        row
        for row in comparison.domains
        if row.delta is not None and (row.name in named if named is not None else row.name != TARGET)
    ]
    # A p-value that is not there is no evidence.
    adjusted = holm([1.0 if row.p_value is None else row.p_value for row in rows])
    return tuple(_judged_row(row, float(p), policy, comparison) for row, p in zip(rows, adjusted, strict=True))


def _judged_row(row: DeltaRow, p_adjusted: float, policy: Policy, comparison: Comparison) -> DeltaRow:
    margin = policy.margins.get(row.name, DEFAULT_MARGIN if row.margin is None else row.margin)
    tasks = (task for task in comparison.tasks if task.domain == row.name and not task.supporting)
    unmeasured = unmeasured_share(tasks)
    return judged(row, p_adjusted, margin, unmeasured=unmeasured, noise_floor=comparison.noise_floor)


def _not_measured(comparison: Comparison, policy: Policy) -> list[Decision]:
    """The domains that the policy counts on and the comparison does not have."""
    by_name = {row.name: row for row in comparison.domains}
    found = []
    for name in dict.fromkeys([*policy.require, *(policy.domains or ())]):
        row = by_name.get(name)
        if row is None:
            why = f"suite '{comparison.suite}' does not cover it"
        elif row.delta is None:
            why = row.reason or "no reason was recorded"
        else:
            continue
        found.append(Decision(name, "not_measured", f"{_title(name)} was not measured: {why}"))
    return found


# --- in words ---------------------------------------------------------------------------------


def sentence(row: DeltaRow) -> str:
    """A gated domain in one sentence with its numbers, in points of 100."""
    name, margin = _title(row.name), 100 * (row.margin or 0.0)
    if row.delta is None or row.ci_low is None or row.ci_high is None:
        return f"{name} was not measured: {row.reason or 'no reason was recorded'}"
    low, high = 100 * row.ci_low, 100 * row.ci_high
    if row.verdict == "regressed":
        fell = f"{name} fell {-100 * row.delta:.1f} points, 95% interval {-high:.1f} to {-low:.1f}"
        return f"{fell}; allowed {margin:.1f}"
    if row.verdict == "improved":
        return f"{name} rose {100 * row.delta:.1f} points, 95% interval {low:.1f} to {high:.1f}"
    changed = f"{name} changed by {100 * row.delta:+.1f} points, 95% interval {low:+.1f} to {high:+.1f}"
    if row.verdict == "retained":
        return f"{changed}: a loss of the allowed {margin:.1f} is ruled out"
    return f"{changed}: a loss of the allowed {margin:.1f} is neither shown nor ruled out{_settled_by(row)}"


def _settled_by(row: DeltaRow) -> str:
    """What would settle an inconclusive domain, if its delta stays what it is."""
    if row.delta is None or row.ci_low is None or row.ci_high is None or row.margin is None:
        return ""
    low = one_sided_low(row.delta, row.ci_low)
    # Either the lower bound must rise above the margin, or the upper end of the interval fall below 0.
    distance, reach = row.delta + row.margin, row.delta - low
    if distance <= 0:
        distance, reach = -row.delta, row.ci_high - row.delta
    more = ceil(row.n_items * ((reach / distance) ** 2 - 1)) if distance > 0 else 0
    if row.n_unmeasured:
        return f"; {row.n_unmeasured} items that were not measured count as lost"
    items = f"about {_rounded(more)} more items like these, or " if more > 0 else ""
    return f"; {items}a margin of {-100 * low + 0.05:.1f} points would settle it"


def _rounded(number: int) -> str:
    """Two digits are all that such a guess is worth."""
    digits = max(len(str(number)) - 2, 0)
    return f"{round(number, -digits):,}"


def _title(name: str) -> str:
    return name.replace("_", " ")
