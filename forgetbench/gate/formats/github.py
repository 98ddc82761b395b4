"""GitHub Actions: a job summary in Markdown, and annotations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from forgetbench.gate import Decision, GateResult, State, check_cells, summary_line
from forgetbench.messages import N_
from forgetbench.messages import translated as _
from forgetbench.records import Comparison
from forgetbench.report.markdown import delta_table, escaped, inline, whole_lines
from forgetbench.sanitize import one_line
from forgetbench.storage.files import unwritable

_MOST_BYTES = 1_000_000
"""GitHub drops a summary of more than 1 MiB as a whole."""
_MOST_ANNOTATIONS = 10
"""GitHub shows no more per step and kind."""
_KINDS: dict[State, str] = {
    "failed": "error",
    "not_measured": "error",
    "inconclusive": "warning",
    "let_pass": "warning",
    "waived": "notice",
}
_HEADER = (N_("check"), N_("change or value"), N_("interval"), N_("allowed"), N_("result"))
_MORE = N_("{n:,} more lines are too long for this page; --json FILE has them all.")


def summary(result: GateResult, comparison: Comparison, most_bytes: int = _MOST_BYTES) -> str:
    """The outcome, the table of checks, a sentence per check, and the table of their rows; what decides comes first.

    Cut between two lines where it would be longer than `most_bytes`, with a note that says so.
    """
    return whole_lines(_lines(result, comparison), most_bytes, lambda n: _(_MORE).format(n=n))


def append_summary(path: Path, result: GateResult, comparison: Comparison) -> None:
    """Add the summary to a file, as GITHUB_STEP_SUMMARY wants it, within its limit. Raises as `unwritable`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        room = _MOST_BYTES - (path.stat().st_size if path.is_file() else 0)
        with path.open("ab") as stream:
            stream.write(summary(result, comparison, room).encode())
    except OSError as error:
        raise unwritable(path, error) from error


def _lines(result: GateResult, comparison: Comparison) -> Iterator[str]:
    asked = _("{candidate} against {base}, suite {suite}, protocol {protocol}").format(
        candidate=inline(comparison.candidate.name),
        base=inline(comparison.base.name),
        suite=inline(comparison.suite_label),
        protocol=comparison.protocol,
    )
    yield from (_("## Forgetting: {outcome}").format(outcome=_(result.outcome)), "")
    yield from (asked, "")
    yield from (f"**{escaped(summary_line(result), 1000)}**", "")
    if result.decisions:
        yield from (_table_line(map(_, _HEADER)), _table_line(["---", *["---:"] * 3, "---"]))
        yield from (_table_line(escaped(cell) for cell in check_cells(decision)) for decision in result.decisions)
        yield ""
    yield from (f"- {escaped(reason, 1000)}" for reason in result.reasons)
    yield from (f"- {escaped(note, 1000)}" for note in result.notes)
    if result.rows:
        yield from ("", *delta_table(result.rows).splitlines())


def _table_line(texts: Iterable[str]) -> str:
    return f"| {' | '.join(texts)} |"


def workflow_commands(result: GateResult) -> list[str]:
    """Workflow commands for what did not pass and for notes, at most ten; the summary has them all."""
    commands = [_command(decision) for decision in result.decisions if decision.state in _KINDS]
    commands += [f"::notice title=forgetbench::{_data(note)}" for note in result.notes]
    return commands if len(commands) <= _MOST_ANNOTATIONS else _capped(commands)


def _capped(commands: Sequence[str]) -> list[str]:
    shown = commands[: _MOST_ANNOTATIONS - 1]
    rest = len(commands) - len(shown)
    return [*shown, f"::warning title=forgetbench::{_('{n} more are in the job summary').format(n=rest)}"]


def _command(decision: Decision) -> str:
    title = _property(f"forgetbench: {decision.label}")
    return f"::{_KINDS[decision.state]} title={title}::{_data(decision.sentence)}"


def _data(text: str) -> str:
    """What a workflow command takes for its own is escaped as GitHub's toolkit does (actions/toolkit, command.ts)."""
    return one_line(text, 1000).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
