"""A badge: the JSON of a shields.io endpoint."""

from __future__ import annotations

from forgetbench.gate import GateResult
from forgetbench.records import Comparison
from forgetbench.run_store import to_json

_COLOURS = {"passed": "brightgreen", "regressed": "red", "inconclusive": "yellow"}


def badge_json(result: GateResult, comparison: Comparison) -> str:
    """`schemaVersion`, `label`, `message`, `color`, as https://shields.io/badges/endpoint-badge asks for them."""
    lost = sum(decision.verdict == "regressed" for decision in result.decisions)
    message = f"{lost} of {len(result.decisions)} domains regressed" if lost else result.outcome
    return to_json({"schemaVersion": 1, "label": "forgetting", "message": message, "color": _COLOURS[result.outcome]})
