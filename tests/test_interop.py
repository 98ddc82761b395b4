"""What other programs read of the gate: each file is read by what would read it."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from report_samples import HOSTILE, HOSTILE_NAME
from report_samples import comparison as sample

from forgetbench.errors import InputError
from forgetbench.gate import POLICY_TEMPLATE as TEMPLATE
from forgetbench.gate import Decision, GateResult, Policy, decide, load_policy
from forgetbench.interop import append_summary, badge_json, junit_xml, verdict_json, workflow_commands, write_output


def result(*verdicts: str, inconclusive_fails: bool = True) -> GateResult:
    decisions = [Decision(f"domain-{i}", word, f"{word} {i}: {HOSTILE}") for i, word in enumerate(verdicts)]  # type: ignore[arg-type]
    return GateResult("regressed", tuple(decisions), inconclusive_fails=inconclusive_fails)


def test_junit_tells_failures_errors_and_skips_apart() -> None:
    found = result("regressed", "not_measured", "inconclusive", "retained", inconclusive_fails=False)
    suite = ET.fromstring(junit_xml(found, sample())).find("testsuite")
    assert suite is not None
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "4", "failures": "1", "errors": "1", "skipped": "1"}
    assert [child.tag for case in suite for child in case] == ["failure", "error", "skipped", "system-out"]
    strict = ET.fromstring(junit_xml(result("inconclusive"), sample()))
    assert strict.find("testsuite/testcase/failure") is not None


def test_hostile_text_stays_text_in_every_file(tmp_path: Path) -> None:
    found = result("regressed")
    assert "\x1b" not in junit_xml(found, sample())
    assert json.loads(verdict_json(found, sample()))["domains"][0]["sentence"].endswith(HOSTILE)
    append_summary(tmp_path / "summary.md", found, sample())
    text = (tmp_path / "summary.md").read_text()
    assert "<script>" not in text and HOSTILE_NAME not in text
    (line,) = workflow_commands(found)
    assert line.startswith("::error title=forgetbench::") and "\n" not in line and "\r" not in line


def test_annotations_are_few_and_the_summary_keeps_its_limit(tmp_path: Path) -> None:
    many = result(*["regressed"] * 25, "retained")
    assert len(workflow_commands(many)) == 10
    path = tmp_path / "summary.md"
    path.write_text("before\n")
    append_summary(path, many, sample())
    assert path.read_text().startswith("before\n") and "regressed 24" in path.read_text()
    path.write_bytes(b"x" * 999_900)
    append_summary(path, many, sample())
    assert path.stat().st_size <= 1_048_576 and path.read_text().endswith("too long for this page.\n")


def test_the_badge_has_the_fields_of_a_shields_endpoint() -> None:
    badge = json.loads(badge_json(result("regressed", "retained"), sample()))
    assert badge == {
        "schemaVersion": 1, "label": "forgetting", "message": "1 of 2 domains regressed", "color": "red"
    }  # fmt: skip
    passed = GateResult("passed", (Decision("knowledge", "retained", ""),))
    assert json.loads(badge_json(passed, sample()))["color"] == "brightgreen"


def test_a_comparison_goes_into_all_of_them(tmp_path: Path) -> None:
    found = sample()
    decided = decide(found, Policy())
    assert ET.fromstring(junit_xml(decided, found)).find("testsuite") is not None
    verdict = json.loads(verdict_json(decided, found))
    assert verdict["outcome"] == decided.outcome and len(verdict["domains"]) == len(decided.decisions)
    append_summary(tmp_path / "summary.md", decided, found)
    assert (tmp_path / "summary.md").read_text().count("\n| ") >= len(decided.rows)


def test_the_policy_that_init_writes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "forgetbench.yaml"
    path.write_text(TEMPLATE)
    assert load_policy(path).margins == {"knowledge": 0.05, "reasoning": 0.05}
    # What is commented out is right as well.
    offered = ("# domains:", "# require:")
    lines = [line.removeprefix("# ") if line.startswith(offered) else line for line in TEMPLATE.splitlines()]
    path.write_text("\n".join(lines))
    assert load_policy(path).require == ["knowledge"]


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        write_output(tmp_path / "file" / "junit.xml", "text")
