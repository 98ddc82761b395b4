"""May this checkpoint be released? A policy file applied to a comparison.

policy.py    the file, its reading, and the template that `policy init` writes
judging.py   the gated rows under the policy's margins and levels
decide.py    every check, the waivers, and the outcome
wording.py   a sentence with numbers per check, and what would settle an open one
result.py    what was decided, as data
"""

from __future__ import annotations

from forgetbench.gate.decide import decide
from forgetbench.gate.policy import POLICY_TEMPLATE, Gate, Policy, Waiver, load_policy
from forgetbench.gate.result import EXIT_CODES, Check, Decision, GateResult, Outcome, State
from forgetbench.gate.wording import cells, summary_line

__all__ = [
    "EXIT_CODES",
    "POLICY_TEMPLATE",
    "Check",
    "Decision",
    "Gate",
    "GateResult",
    "Outcome",
    "Policy",
    "State",
    "Waiver",
    "cells",
    "decide",
    "load_policy",
    "summary_line",
]
