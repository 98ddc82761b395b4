"""The gate's verdict as plain JSON."""

from __future__ import annotations

from dataclasses import asdict

from forgetbench.gate import GateResult
from forgetbench.records import SCHEMA_VERSION, Comparison
from forgetbench.run_store import to_json


def verdict_json(result: GateResult, comparison: Comparison) -> str:
    """`outcome`, `exit_code`, `comparison_id`, and per gated domain `name`, `verdict`, `sentence` and `row`."""
    return to_json(
        {
            "schema_version": SCHEMA_VERSION,
            "comparison_id": comparison.comparison_id,
            "base": comparison.base.name,
            "candidate": comparison.candidate.name,
            "outcome": result.outcome,
            "exit_code": result.exit_code,
            "domains": [
                {
                    "name": found.name,
                    "verdict": found.verdict,
                    "sentence": found.sentence,
                    "row": None if found.row is None else asdict(found.row),
                }
                for found in result.decisions
            ],
        }
    )
