"""GitHub Actions: a job summary in Markdown, and annotations."""

from __future__ import annotations

from pathlib import Path

from forgetbench.errors import InputError
from forgetbench.gate import GateResult
from forgetbench.records import Comparison
from forgetbench.report.markdown import delta_table, escaped, inline

_MOST_BYTES = 1_000_000
"""GitHub drops a summary of more than 1 MiB as a whole."""
_MOST_ANNOTATIONS = 10
"""GitHub shows no more per step and kind."""
_KINDS = {"regressed": "error", "not_measured": "error", "inconclusive": "warning"}


def summary(result: GateResult, comparison: Comparison) -> str:
    """The outcome, a sentence per gated domain, and the table of their rows."""
    sides = f"{inline(comparison.candidate.name)} against {inline(comparison.base.name)}"
    parts = [
        f"## Forgetting: {result.outcome}",
        f"{sides}, suite {inline(comparison.suite)}, protocol {comparison.protocol}",
        "\n".join(f"- {escaped(reason, 1000)}" for reason in result.reasons),
        delta_table(result.rows) if result.rows else "",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def append_summary(path: Path, result: GateResult, comparison: Comparison) -> None:
    """Add the summary to a file, as GITHUB_STEP_SUMMARY wants it, within its limit. InputError when it cannot be."""
    data = summary(result, comparison).encode()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        room = _MOST_BYTES - (path.stat().st_size if path.is_file() else 0)
        if len(data) > room:
            data = f"Forgetting: {result.outcome}. The table is too long for this page.\n".encode()
        with path.open("ab") as stream:
            stream.write(data)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error}); name another file") from error


def workflow_commands(result: GateResult) -> list[str]:
    """Workflow commands for what did not pass, at most ten; the summary has them all."""
    found = [decision for decision in result.decisions if decision.verdict in _KINDS]
    return [
        f"::{_KINDS[decision.verdict]} title=forgetbench::{_escaped(decision.sentence)}"
        for decision in found[:_MOST_ANNOTATIONS]
    ]


def _escaped(text: str) -> str:
    """What a workflow command takes for its own is escaped as GitHub's toolkit does."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
