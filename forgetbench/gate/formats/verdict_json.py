"""The gate's verdict as plain JSON."""

from __future__ import annotations

from typing import Any

from forgetbench.gate import Decision, GateResult, summary_line
from forgetbench.records import SCHEMA_VERSION, Comparison
from forgetbench.storage.json_files import to_json


def verdict_json(result: GateResult, comparison: Comparison) -> str:
    """`outcome`, `exit_code`, `summary`, every check, and per gated domain its verdict with the whole row.

    docs/output_formats.md has every field.
    """
    return to_json(
        {
            "schema_version": SCHEMA_VERSION,
            "comparison_id": comparison.comparison_id,
            "base": comparison.base.name,
            "candidate": comparison.candidate.name,
            "outcome": result.outcome,
            "exit_code": result.exit_code,
            "summary": summary_line(result),
            "domains": [
                {
                    "name": decision.name,
                    "verdict": decision.verdict,
                    "sentence": decision.sentence,
                    "row": decision.row,
                }
                for decision in result.decisions
                if decision.is_domain and decision.check == "verdict"
            ],
            "checks": [_check(decision) for decision in result.decisions],
            "notes": list(result.notes),
        }
    )


def _check(decision: Decision) -> dict[str, Any]:
    waiver = decision.waiver
    return {
        "name": decision.name,
        "check": decision.check,
        "state": decision.state,
        "verdict": decision.verdict,
        "measured": decision.measured,
        "limit": decision.limit,
        "interval": decision.interval,
        "sentence": decision.sentence,
        "waiver": None if waiver is None else {"reason": waiver.reason, "until": waiver.until.isoformat()},
    }
