"""JUnit XML, which every CI server shows: each check of the gate is a test case."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from forgetbench.gate import Decision, GateResult, State
from forgetbench.records import Comparison
from forgetbench.sanitize import printable, shorten

_LONGEST = 2000
_TIMESTAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}")

_KINDS: dict[State, str] = {
    "failed": "failure",
    "inconclusive": "failure",
    "not_measured": "error",
    "let_pass": "skipped",
    "waived": "skipped",
    "not_gated": "skipped",
}
"""What stops the release is a failure or, where nothing was measured, an error; what is excused is skipped."""


def junit_xml(result: GateResult, comparison: Comparison) -> str:
    """One test suite with a case per check, in the dialect of Jenkins (junit-10.xsd of its xUnit plugin)."""
    sides = f"{comparison.candidate.name} against {comparison.base.name}"
    suite = ET.Element("testsuite", name=_clean(f"forgetbench: {sides}"), time="0")
    if _TIMESTAMP.match(comparison.created):
        suite.set("timestamp", comparison.created[:19])
    for decision in result.decisions:
        case = ET.SubElement(
            suite,
            "testcase",
            name=_clean(decision.label),
            classname=_clean(f"forgetbench.{comparison.suite}"),
            time="0",
        )
        _add_result(case, decision)
    for name, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(len(suite.findall(f"testcase/{kind}"))))
    suite.set("tests", str(len(result.decisions)))
    if result.notes:
        ET.SubElement(suite, "system-out").text = _clean("\n".join(result.notes))
    whole = ET.Element("testsuites")
    whole.append(suite)
    ET.indent(whole)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(whole, encoding="unicode") + "\n"


def _add_result(case: ET.Element, decision: Decision) -> None:
    kind = _KINDS.get(decision.state)
    if kind is None:
        ET.SubElement(case, "system-out").text = _clean(decision.sentence)
        return
    result = ET.SubElement(case, kind, message=_clean(decision.sentence))
    if kind != "skipped":
        result.set("type", decision.verdict if decision.check == "verdict" else decision.check)


def _clean(text: str) -> str:
    """XML holds what `printable` leaves."""
    return shorten(printable(text), _LONGEST)
