"""The comparison as a comment on a pull request: what decides in sight, the rest folded, always short enough."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from forgetbench.errors import InputError, shown
from forgetbench.messages import translated as _
from forgetbench.records import TARGET, Comparison
from forgetbench.report.examples import DomainExamples, Example, Passage
from forgetbench.report.markdown import (
    escaped,
    example_text,
    fact_list,
    inline,
    short_table,
    warning_lines,
    whole_lines,
)
from forgetbench.report.wording import facts, findings
from forgetbench.sanitize import shorten

MOST_BYTES: Final = 60_000
"""GitHub takes no comment of more than 65,536 characters."""
_ROOM: Final = {"domains": 16_000, "tasks": 18_000, "warnings": 8_000, "answers": 10_000}
"""Bytes of each part; the headline and the facts need no more than what is left."""
_ADDRESS: Final = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$&'*+,;=%-]+")
_MOST_ANSWERS: Final = 5
_MOST_TEXT: Final = 300


def short_report(comparison: Comparison, examples: Sequence[DomainExamples], link: str | None = None) -> str:
    """Markdown of at most `MOST_BYTES`; `link` is the address of the whole report.

    Texts of others are harmless in it as they are in report.md. Raises InputError for a link that is no address.
    """
    if link is not None and not _ADDRESS.fullmatch(link):
        raise InputError(f"--link {shown(link)}: no address; give one that begins with https://")
    domains = short_table((*comparison.domains, comparison.overall)).splitlines()
    tasks = short_table(comparison.tasks).splitlines()
    forgotten = [*_forgotten(comparison, examples)]
    warnings = warning_lines(comparison)
    first, *others = findings(comparison)
    sides = _("{candidate} against {base}")
    where = f"`{comparison.comparison_id}`" if _is_plain(comparison.comparison_id) else _("the comparison's folder")
    parts = [
        f"### {sides.format(candidate=inline(comparison.candidate.name), base=inline(comparison.base.name))}",
        f"**{escaped(first, 2000)}**",
        "\n".join(f"- {escaped(finding, 2000)}" for finding in others),
        _fitting("domains", domains),
        _folded(_("Tasks ({n})").format(n=len(comparison.tasks)), _fitting("tasks", tasks)),
        _folded(_("Some of what was forgotten ({n})").format(n=len(forgotten)), _fitting("answers", forgotten)),
        _folded(_("Warnings ({n})").format(n=len(warnings)), _fitting("warnings", warnings)),
        _folded(_("What was compared"), fact_list(facts(comparison))),
        f"[{_('The whole report')}]({link})"
        if link
        else _("The whole report: report.html in {where}").format(where=where),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _fitting(part: str, lines: Sequence[str]) -> str:
    more = _("{n} more are in the whole report.")
    return whole_lines(lines, _ROOM[part], lambda n: more.format(n=f"{n:,}")).strip()


def _folded(summary: str, text: str) -> str:
    # The blank lines make what is inside Markdown again.
    return f"<details><summary>{summary}</summary>\n\n{text}\n\n</details>" if text else ""


def _is_plain(name: str) -> bool:
    return inline(name) == f"`{name}`"


def _forgotten(comparison: Comparison, examples: Sequence[DomainExamples]) -> Iterator[str]:
    """The first example of each domain that lost most, but of the target, which is meant to change."""
    falls = {row.name: row.estimate.delta for row in comparison.domains if row.estimate and row.domain != TARGET}
    shown = [domain for domain in examples if domain.examples and falls.get(domain.domain, 0) < 0]
    for domain in sorted(shown, key=lambda domain: falls[domain.domain])[:_MOST_ANSWERS]:
        yield f"{example_text(_shortened(domain.examples[0]))}\n"


def _shortened(example: Example) -> Example:
    def short(passages: Sequence[Passage]) -> tuple[Passage, ...]:
        return tuple(replace(passage, text=shorten(passage.text, _MOST_TEXT)) for passage in passages)

    return replace(example, question=short(example.question), answers=short(example.answers))
