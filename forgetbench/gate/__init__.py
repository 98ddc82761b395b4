"""May this checkpoint be released? A policy file applied to a comparison.

policy.py    the file, its reading, and the template of a new one
scope.py     which rows the policy gates, and whether its names are the comparison's
rows.py      the gated rows, judged under the policy's margins and levels
decide.py    every check, the waivers, and the outcome
wording.py   a sentence with numbers per check, and what would settle an open one
result.py    what was decided, as data
formats/     the result for a terminal, CI servers, GitHub and badges
power.py     how likely a checkpoint that lost nothing passes, before it is asked
sequential/  the gate that stops asking as soon as it is decided
"""

from __future__ import annotations

from forgetbench.gate.decide import decide
from forgetbench.gate.policy import POLICY_TEMPLATE, Gate, Policy, Waiver, load_policy
from forgetbench.gate.result import EXIT_CODES, Check, Decision, GateOutcome, GateResult, State
from forgetbench.gate.wording import check_cells, summary_line

__all__ = [
    "EXIT_CODES",
    "POLICY_TEMPLATE",
    "Check",
    "Decision",
    "Gate",
    "GateOutcome",
    "GateResult",
    "Policy",
    "State",
    "Waiver",
    "check_cells",
    "decide",
    "load_policy",
    "summary_line",
]
