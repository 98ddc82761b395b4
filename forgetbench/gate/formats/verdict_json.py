"""The gate's verdict as plain JSON."""

from __future__ import annotations

from dataclasses import asdict
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
                    "name": found.name,
                    "verdict": found.verdict,
                    "sentence": found.sentence,
                    "row": None if found.row is None else asdict(found.row),
                }
                for found in result.decisions
                if found.is_domain and found.check == "verdict"
            ],
            "checks": [_check(found) for found in result.decisions],
            "notes": list(result.notes),
        }
    )


def _check(found: Decision) -> dict[str, Any]:
    waiver = found.waiver
    return {
        "name": found.name,
        "check": found.check,
        "state": found.state,
        "verdict": found.verdict,
        "measured": found.measured,
        "limit": found.limit,
        "interval": found.interval,
        "sentence": found.sentence,
        "waiver": None if waiver is None else {"reason": waiver.reason, "until": waiver.until.isoformat()},
    }
