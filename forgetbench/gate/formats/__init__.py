"""The gate's verdict for those who read it: a terminal, CI servers, GitHub and badges."""

from __future__ import annotations

from forgetbench.gate.formats.badge import badge_json
from forgetbench.gate.formats.github import append_summary, workflow_commands
from forgetbench.gate.formats.junit import junit_xml
from forgetbench.gate.formats.terminal import print_gate
from forgetbench.gate.formats.verdict_json import verdict_json

__all__ = [
    "append_summary",
    "badge_json",
    "junit_xml",
    "print_gate",
    "verdict_json",
    "workflow_commands",
]
