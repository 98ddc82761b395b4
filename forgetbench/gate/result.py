"""What the gate decided, as data; `wording` says it, `formats` write it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from forgetbench.gate.policy import Waiver
from forgetbench.messages import translated as _
from forgetbench.records import DeltaRow, Verdict
from forgetbench.report.wording import in_words

GateOutcome = Literal["passed", "regressed", "inconclusive"]
Check = Literal["verdict", "min_items", "min_gain", "max_locked", "max_erased", "max_rigidity", "min_score", "max_cut"]
State = Literal["failed", "not_measured", "inconclusive", "let_pass", "waived", "passed", "not_gated"]

EXIT_CODES: dict[GateOutcome, int] = {"passed": 0, "regressed": 1, "inconclusive": 3}

STATES: dict[State, GateOutcome] = {
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


def title(name: str, *, is_domain: bool) -> str:
    """A domain's name in running text; a task keeps the name that it can be found by."""
    return in_words(name) if is_domain else name


_LABELS: dict[Check, str] = {
    "verdict": "",
    "min_items": "items",
    "min_gain": "gain",
    "max_locked": "locked",
    "max_erased": "erased",
    "max_rigidity": "rigidity",
    "min_score": "score",
    "max_cut": "cut",
}


@dataclass(frozen=True, slots=True)
class Decision:
    """One thing that is asked of one domain or task, and what came of it."""

    name: str
    verdict: Verdict
    """Of the row, whatever this check is about."""
    sentence: str
    """What the numbers say, what would settle it where it is open, and its waiver."""
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
    is_domain: bool = False
    """It is about a domain, not about a task."""

    @property
    def label(self) -> str:
        """'knowledge', 'knowledge: erased'; of its own among the decisions."""
        tail = _LABELS[self.check]
        return f"{self.name}: {tail}" if tail else self.name

    @property
    def title(self) -> str:
        """The name in running text."""
        return title(self.name, is_domain=self.is_domain)


@dataclass(frozen=True, slots=True)
class GateResult:
    """What the gate decided and why, the checks that decide first."""

    outcome: GateOutcome
    decisions: tuple[Decision, ...]
    rows: tuple[DeltaRow, ...] = ()
    """The gated rows that were measured, in the comparison's order, under the policy's margins."""
    notes: tuple[str, ...] = ()
    """What a reader should know and decides nothing."""

    @property
    def exit_code(self) -> int:
        """0 passed, 1 regressed, 3 inconclusive."""
        return EXIT_CODES[self.outcome]

    @property
    def reasons(self) -> tuple[str, ...]:
        """A sentence per check, those that decide first."""
        return tuple(decision.sentence for decision in self.decisions) or (_("no domain was measured"),)

    def in_state(self, *states: State) -> tuple[Decision, ...]:
        """The checks in any of these states, in order."""
        return tuple(decision for decision in self.decisions if decision.state in states)
