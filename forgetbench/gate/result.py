"""What the gate decided, as data; `wording` says it, `interop` writes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from forgetbench.gate.policy import Waiver
from forgetbench.records import DOMAINS, DeltaRow, Verdict

Outcome = Literal["passed", "regressed", "inconclusive"]
Check = Literal["verdict", "min_items", "min_gain", "max_locked", "max_erased", "max_rigidity", "min_score"]
State = Literal["failed", "not_measured", "inconclusive", "let_pass", "waived", "passed", "not_gated"]

EXIT_CODES: dict[Outcome, int] = {"passed": 0, "regressed": 1, "inconclusive": 3}

STATES: dict[State, Outcome] = {
    "failed": "regressed",
    "not_measured": "inconclusive",
    "inconclusive": "inconclusive",
    "let_pass": "passed",
    "waived": "passed",
    "passed": "passed",
    "not_gated": "passed",
}
"""What each state does to the release, those that decide first.

let_pass is too little evidence that the policy lets through, not_gated a row that is shown and decides nothing.
"""

_LABELS: dict[Check, str] = {
    "verdict": "",
    "min_items": "items",
    "min_gain": "gain",
    "max_locked": "locked",
    "max_erased": "erased",
    "max_rigidity": "rigidity",
    "min_score": "score",
}


@dataclass(frozen=True, slots=True)
class Decision:
    """One thing that is asked of one domain or task, and what came of it."""

    name: str
    verdict: Verdict
    """Of the row, whatever this check is about."""
    sentence: str
    """What was found, with its numbers, what would settle it where it is open, and its waiver."""
    state: State
    row: DeltaRow | None = None
    """The row under the policy's margin; None where the comparison has none."""
    check: Check = "verdict"
    measured: float | None = None
    """What the limit is held against: the delta for verdict and min_gain, in score units; a share, score or count."""
    limit: float | None = None
    """For verdict minus the margin."""
    interval: tuple[float, float] | None = None
    """Of the delta, at the row's own alpha."""
    waiver: Waiver | None = None
    """The one that covers this check, or did until it expired."""

    @property
    def label(self) -> str:
        """'knowledge', 'knowledge: erased'; of its own among the decisions."""
        tail = _LABELS[self.check]
        return f"{self.name}: {tail}" if tail else self.name

    @property
    def is_domain(self) -> bool:
        return self.name in DOMAINS


@dataclass(frozen=True, slots=True)
class GateResult:
    """What the gate decided and why, the checks that decide first."""

    outcome: Outcome
    decisions: tuple[Decision, ...]
    rows: tuple[DeltaRow, ...] = ()
    """The gated rows that were measured, in the comparison's order, under the policy's margins."""
    notes: tuple[str, ...] = ()
    """What a reader should know and decides nothing."""

    @property
    def exit_code(self) -> int:
        return EXIT_CODES[self.outcome]

    @property
    def reasons(self) -> tuple[str, ...]:
        return tuple(decision.sentence for decision in self.decisions) or ("no domain was measured",)

    def in_state(self, *states: State) -> tuple[Decision, ...]:
        return tuple(decision for decision in self.decisions if decision.state in states)
