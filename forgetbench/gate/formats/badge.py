"""A badge: the JSON of a shields.io endpoint."""

from __future__ import annotations

from forgetbench.gate import GateResult
from forgetbench.records import Comparison
from forgetbench.storage.json_files import to_json

_COLOURS = {"passed": "brightgreen", "regressed": "red", "inconclusive": "yellow"}


def badge_json(result: GateResult, comparison: Comparison) -> str:
    """`schemaVersion`, `label`, `message`, `color`, as https://shields.io/badges/endpoint-badge asks for them."""
    return to_json(
        {"schemaVersion": 1, "label": "forgetting", "message": _message(result), "color": _COLOURS[result.outcome]}
    )


def _message(result: GateResult) -> str:
    failed = {decision.name for decision in result.in_state("failed")}
    if not failed:
        return result.outcome
    gated = {decision.name for decision in result.decisions if decision.state != "not_gated"}
    return f"{len(failed)} of {len(gated)} failed"
