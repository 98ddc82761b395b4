"""May this checkpoint be released? A policy's margins applied to a comparison.

A policy file, every field optional:

    margins: {knowledge: 0.05}        # how much each domain may lose; the suite's margin where not named
    domains: [knowledge, reasoning]   # which domains gate; all that were measured, but target, if left out
    require: [creativity]             # domains that must have been measured
    on_inconclusive: fail             # or pass: too little evidence lets the checkpoint through
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from forgetbench.delta import TARGET
from forgetbench.errors import did_you_mean
from forgetbench.records import DOMAINS, Comparison, DeltaRow
from forgetbench.stats.multiplicity import holm
from forgetbench.suite import DEFAULT_MARGIN
from forgetbench.verdict import one_sided_low, unmeasured_share, verdict
from forgetbench.yaml_files import read_yaml

Outcome = Literal["passed", "regressed", "inconclusive"]

EXIT_CODES: dict[Outcome, int] = {"passed": 0, "regressed": 1, "inconclusive": 3}


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
class GateResult:
    """What the gate decided and why; `rows` are the gated domains under the policy's margins."""

    outcome: Outcome
    exit_code: int
    reasons: tuple[str, ...]
    rows: tuple[DeltaRow, ...]


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
    outcome: Outcome = "passed"
    if regressed:
        outcome = "regressed"
    elif missing or not rows or (unclear and policy.on_inconclusive == "fail"):
        outcome = "inconclusive"
    reasons = [*map(_said, regressed), *missing, *map(_said, unclear)]
    if not rows and not missing:
        reasons.append("no domain was measured")
    reasons += [_said(row) for row in rows if row not in regressed and row not in unclear]
    return GateResult(outcome, EXIT_CODES[outcome], tuple(reasons), rows)


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
    return tuple(_judged_row(row, float(p), policy, comparison.tasks) for row, p in zip(rows, adjusted, strict=True))


def _judged_row(row: DeltaRow, p_adjusted: float, policy: Policy, tasks: Sequence[DeltaRow]) -> DeltaRow:
    margin = policy.margins.get(row.name, DEFAULT_MARGIN if row.margin is None else row.margin)
    low = None
    if row.delta is not None and row.ci_low is not None:
        unmeasured = unmeasured_share(task for task in tasks if task.domain == row.name and not task.supporting)
        low = one_sided_low(row.delta, row.ci_low, unmeasured=unmeasured)
    word = verdict(row.delta, row.ci_low, row.ci_high, low, p_adjusted, margin)
    return replace(row, margin=margin, p_adjusted=p_adjusted, verdict=word)


def _not_measured(comparison: Comparison, policy: Policy) -> list[str]:
    """A line per domain that the policy counts on and the comparison does not have."""
    by_name = {row.name: row for row in comparison.domains}
    lines = []
    for name in dict.fromkeys([*policy.require, *(policy.domains or ())]):
        row = by_name.get(name)
        if row is None:
            lines.append(f"{name}: not measured: suite '{comparison.suite}' does not cover it")
        elif row.delta is None:
            lines.append(f"{name}: not measured: {row.reason or 'no reason was recorded'}")
    return lines


def _said(row: DeltaRow) -> str:
    """One domain in one line: verdict, delta with interval, margin."""
    if row.delta is None or row.ci_low is None or row.ci_high is None:
        return f"{row.name}: {row.verdict.replace('_', ' ')}"
    text = (
        f"{row.name}: {row.verdict}, delta {row.delta:+.3f} [{row.ci_low:+.3f}, {row.ci_high:+.3f}], "
        f"margin {row.margin:.3f}"
    )
    if row.verdict == "inconclusive" and row.mde is not None:
        text += f", smallest detectable drop {row.mde:.3f}"
    return text
