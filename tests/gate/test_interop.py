"""What others read of the gate: each file is read by what would read it."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from junitparser import Error, Failure, JUnitXml, Skipped
from lxml import etree
from report_samples import HOSTILE, HOSTILE_NAME, changed
from report_samples import comparison as sample

from forgetbench.console import SafeConsole
from forgetbench.errors import InputError
from forgetbench.gate import Decision, Gate, GateResult, Policy, State, Waiver, decide, summary_line
from forgetbench.gate.formats import (
    append_summary,
    badge_json,
    junit_xml,
    print_gate,
    verdict_json,
    workflow_commands,
)
from forgetbench.records import DOMAINS, Comparison

SCHEMA = etree.XMLSchema(etree.parse(Path(__file__).parents[1] / "data" / "junit-10.xsd"))
STATES: tuple[State, ...] = ("failed", "not_measured", "inconclusive", "let_pass", "waived", "passed", "not_gated")
COMMAND = f"::error::x ##[error]y % , : {HOSTILE}"


def result(*states: State) -> GateResult:
    """A decision per state, with names and sentences that no one should trust."""
    made = [
        Decision(f"{HOSTILE_NAME}{COMMAND}{i}", "regressed", f"{state} {i}: {COMMAND}", state)
        for i, state in enumerate(states)
    ]
    return GateResult("regressed" if "failed" in states else "passed", tuple(made), notes=(f"note {COMMAND}",))


def decided(**policy: Any) -> tuple[GateResult, Comparison]:
    """A real decision with a failed, an open, a waived and a passed check, over hostile names and reasons."""
    found = sample()
    name = f"{HOSTILE_NAME}::error::x"
    found = replace(found, tasks=(replace(found.tasks[0], name=name), *found.tasks[1:]))
    made = Policy(
        gates={name: Gate(max_erased=0.01), "reasoning": Gate(min_score=0.1), "format_leakage": Gate()},
        waivers=[Waiver(row="knowledge", reason=COMMAND, until=date(2026, 3, 31))],
        **policy,
    )
    return decide(found, made, today=date(2026, 3, 1)), found


# --- JUnit ------------------------------------------------------------------------------------


def read_junit(text: str) -> JUnitXml:
    """Checked against the schema of Jenkins, then read by junitparser."""
    SCHEMA.assertValid(etree.fromstring(text.encode()))
    return JUnitXml.fromstring(text.encode())


def test_junit_tells_failures_errors_and_skips_apart() -> None:
    (suite,) = read_junit(junit_xml(result(*STATES), sample()))
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (7, 2, 1, 3)
    kinds = [[type(each) for each in case.result] for case in suite]
    assert kinds == [[Failure], [Error], [Failure], [Skipped], [Skipped], [], [Skipped]]
    assert suite.name.startswith("forgetbench: support-sft-harsh against")


def test_junit_of_a_real_decision_is_valid_and_says_why() -> None:
    found, of = decided()
    (suite,) = read_junit(junit_xml(found, of))
    cases = {case.name: case for case in suite}
    assert len(cases) == len(found.decisions)
    assert cases["reasoning: score"].result == []
    (skipped,) = cases["knowledge"].result
    assert "waived until 2026-03-31" in skipped.message
    (failure,) = next(case.result for name, case in cases.items() if name.endswith(": erased"))
    assert failure.type == "max_erased" and "10.4% of the items are erased, less luck" in failure.message


def test_junit_has_no_control_characters() -> None:
    text = junit_xml(result("failed", "passed"), sample())
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", text)
    assert "\\x1b[31mred" in next(iter(next(iter(read_junit(text))))).result[0].message


def test_junit_is_read_whatever_the_comparison_holds() -> None:
    everything = "".join(map(chr, [*range(0x20), *range(0x7F, 0xA0), 0xD800, 0xDFFF, 0xFFFE, 0xFFFF, 0x1F600]))
    odd = replace(sample(), created=everything, suite=everything, base=replace(sample().base, name=everything))
    suite = ElementTree.fromstring(junit_xml(result(*STATES), odd)).find("testsuite")
    assert suite is not None and "timestamp" not in suite.attrib
    dated = replace(sample(), created="2025-01-02T03:04:05\x1b[31m")
    suite = ElementTree.fromstring(junit_xml(result(*STATES), dated)).find("testsuite")
    assert suite is not None and suite.attrib["timestamp"] == "2025-01-02T03:04:05"


# --- GitHub -----------------------------------------------------------------------------------


def test_the_summary_has_every_check_and_no_markup_of_others(tmp_path: Path) -> None:
    found, of = decided()
    append_summary(tmp_path / "summary.md", found, of)
    text = (tmp_path / "summary.md").read_text()
    assert text.startswith("## Forgetting: regressed\n")
    assert "<script>" not in text and HOSTILE_NAME not in text and "\x1b" not in text and "\u202e" not in text
    table = [line for line in text.splitlines() if line.startswith("| ")]
    # A header and a ruler each, a line per check, and a line per row.
    assert len(table) == 2 + len(found.decisions) + 2 + len(found.rows)
    # Every line of the table has its five cells, whatever stands in them.
    checks = table[: 2 + len(found.decisions)]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in checks} == {6}
    assert sum(line.startswith("- ") for line in text.splitlines()) == len(found.decisions)


def test_a_summary_of_ten_thousand_tasks_keeps_its_limit_and_what_decides(tmp_path: Path) -> None:
    found = sample()
    many = tuple(changed(found.tasks[i % 8], name=f"task_{i:05d}", p_value=1e-9) for i in range(10_000))
    found = replace(found, tasks=many)
    made = decide(found, Policy(gates={row.name: Gate() for row in many}))
    path = tmp_path / "summary.md"
    path.write_text("before\n")
    append_summary(path, made, found)
    assert path.stat().st_size <= 1_048_576
    text = path.read_text()
    assert text.startswith("before\n")
    # What fails is told first; at least these stand in full.
    failed = made.in_state("failed")
    assert len(failed) > 3000
    assert text.index("fell 14.4 points") > text.index("| task\\_00000 |")
    note = re.search(r"\n([\d,]+) more lines are too long for this page; --json FILE has them all\.\n$", text)
    assert note and int(note[1].replace(",", "")) > 0
    path.write_bytes(b"x" * 999_990)
    append_summary(path, made, found)
    assert path.stat().st_size <= 1_000_000


def test_annotations_are_at_most_ten_and_stay_one_command_each() -> None:
    lines = workflow_commands(result(*STATES))
    kinds = [line.partition(" ")[0] for line in lines]
    assert kinds == ["::error", "::error", "::warning", "::warning", "::notice", "::notice"]
    for line in lines:
        assert line.isprintable()
        properties, data = re.fullmatch(r"::\w+ title=([^:,]*)::(.*)", line).groups()  # type: ignore[union-attr]
        # % only stands in what GitHub's toolkit writes for %, CR, LF, : and ,
        assert not re.search("%(?!25|0D|0A|3A|2C)", properties + data)
    many = workflow_commands(result(*["failed"] * 25))
    assert len(many) == 10
    assert many[-1] == "::warning title=forgetbench::17 more are in the job summary"


# --- badge and JSON ---------------------------------------------------------------------------

# https://shields.io/badges/endpoint-badge, its table of fields.
BADGE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "schemaVersion": {"const": 1},
        "label": {"type": "string"},
        "message": {"type": "string", "minLength": 1},
        "color": {"type": "string"},
        "labelColor": {"type": "string"},
        "isError": {"type": "boolean"},
        "namedLogo": {"type": "string"},
        "logoSvg": {"type": "string"},
        "logoColor": {"type": "string"},
        "logoSize": {"type": "string"},
        "style": {"type": "string"},
    },
    "required": ["schemaVersion", "label", "message"],
    "additionalProperties": False,
}


def test_the_badge_is_a_shields_endpoint() -> None:
    texts = {}
    for states in (("failed", "passed", "not_gated"), ("passed",)):
        badge = json.loads(badge_json(result(*states), sample()))
        jsonschema.validate(badge, BADGE)
        texts[states[0]] = (badge["message"], badge["color"])
    assert texts == {"failed": ("1 of 2 failed", "red"), "passed": ("passed", "brightgreen")}


def test_a_badge_counts_rows_and_not_their_checks() -> None:
    found, of = decided()
    badge = json.loads(badge_json(found, of))
    assert badge["message"] == "1 of 6 failed"


def test_the_json_has_every_check_and_the_domains_as_ever() -> None:
    found, of = decided()
    verdict = json.loads(verdict_json(found, of))
    assert verdict["outcome"] == "regressed" and verdict["exit_code"] == 1
    assert verdict["summary"] == summary_line(found)
    assert {each["name"] for each in verdict["domains"]} <= set(DOMAINS)
    assert {tuple(each) for each in verdict["domains"]} == {("name", "verdict", "sentence", "row")}
    assert [(check["name"], check["check"]) for check in verdict["checks"]] == [
        (decision.name, decision.check) for decision in found.decisions
    ]
    waived = next(check for check in verdict["checks"] if check["name"] == "knowledge")
    assert waived["state"] == "waived"
    assert waived["waiver"] == {"reason": COMMAND.strip(), "until": "2026-03-31"}
    assert waived["measured"] == pytest.approx(-0.144) and waived["limit"] == pytest.approx(-0.03)
    assert json.loads(verdict_json(result("failed"), of))["checks"][0]["sentence"].endswith(HOSTILE)


# --- terminal ---------------------------------------------------------------------------------


def printed(found: GateResult, width: int = 80, encoding: str = "utf-8") -> list[str]:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    print_gate(SafeConsole(file=stream, width=width, force_terminal=False), found)
    stream.seek(0)
    return stream.read().splitlines()


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_hostile_text_is_harmless_in_a_terminal(encoding: str) -> None:
    for found in (result(*STATES), decided()[0]):
        for line in printed(found, encoding=encoding):
            assert line.isprintable()
            # Neither of the runner's two kinds of command.
            assert not line.lstrip().startswith("::") and "##[" not in line


def test_the_terminal_shows_a_line_per_check_then_why_and_last_the_sum() -> None:
    found, _ = decided()
    lines = [line.rstrip() for line in printed(found)]
    table = lines[: lines.index("Changes and scores in points of 100, shares in per cent of the items.")]
    assert max(map(len, table)) <= 80
    row = next(line for line in table if line.startswith("reasoning: score"))
    assert row.split() == ["reasoning:", "score", "35.0", "-", ">=", "10.0", "passed"]
    heads = [line for line in lines if line.endswith(":")]
    assert heads == ["failed:", "open:", "not gated:", "waived:"]
    assert sum(line.startswith("  format rigidity changed by -0.7 points") for line in lines) == 1
    assert "  language was not measured: the engine gives no prompt log-probabilities" in lines
    assert lines[-1].startswith("gate: regressed (1 of 6 failed: ")
    assert lines[-1].endswith("; 3 open: format_leakage, creativity, format rigidity; 1 waived: knowledge)")


def test_long_names_fold_and_leave_the_numbers_whole() -> None:
    found = sample()
    name = "a" * 200
    made = decide(replace(found, tasks=(replace(found.tasks[0], name=name),)), Policy(gates={name: Gate()}))
    table = printed(made)
    assert max(len(line) for line in table if line.startswith("aaa")) <= 80
    assert any("-8.9 to -3.3" in line for line in table)


# --- all together -----------------------------------------------------------------------------


def test_a_decision_without_any_row_goes_into_all_of_them(tmp_path: Path) -> None:
    found = sample(domains=(), tasks=())
    made = decide(found)
    (suite,) = read_junit(junit_xml(made, found))
    assert suite.tests == 0
    jsonschema.validate(json.loads(badge_json(made, found)), BADGE)
    append_summary(tmp_path / "summary.md", made, found)
    assert "- no domain was measured" in (tmp_path / "summary.md").read_text()
    assert printed(made)[-1] == "gate: inconclusive (no row was gated)"
    assert workflow_commands(made) == []


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    made = sample()
    with pytest.raises(InputError, match=r"cannot be written \(File exists\); name another place"):
        append_summary(tmp_path / "file" / "summary.md", decide(made), made)
