"""JUnit XML, which every CI server shows: a gated domain is a test case."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from forgetbench.gate import Decision, GateResult
from forgetbench.records import Comparison

# All that XML 1.0 allows; names and reasons may hold anything else.
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(result: GateResult, comparison: Comparison) -> str:
    """One test suite: regressed is a failure, not measured an error, inconclusive a failure or, by policy, skipped."""
    sides = f"{comparison.candidate.name} against {comparison.base.name}"
    suite = ET.Element("testsuite", name=_clean(f"forgetbench: {sides}"), time="0", timestamp=comparison.created[:19])
    for decision in result.decisions:
        case = ET.SubElement(
            suite, "testcase", name=_clean(decision.name), classname=_clean(f"forgetbench.{comparison.suite}"), time="0"
        )
        kind = _kind(decision, result.inconclusive_fails)
        if kind is None:
            ET.SubElement(case, "system-out").text = _clean(decision.sentence)
        else:
            found = ET.SubElement(case, kind, message=_clean(decision.sentence))
            if kind != "skipped":
                found.set("type", decision.verdict)
    for name, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(len(suite.findall(f"testcase/{kind}"))))
    suite.set("tests", str(len(result.decisions)))
    whole = ET.Element("testsuites")
    whole.append(suite)
    ET.indent(whole)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(whole, encoding="unicode") + "\n"


def _kind(decision: Decision, inconclusive_fails: bool) -> str | None:
    if decision.verdict == "inconclusive":
        return "failure" if inconclusive_fails else "skipped"
    return {"regressed": "failure", "not_measured": "error"}.get(decision.verdict)


def _clean(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)
