"""A diagnosis as paragraphs: what was found, what else could explain it, what would refute it, what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from string import Formatter

from forgetbench.diagnosis.findings import Cause, Diagnosis, Finding, NamedCause, State
from forgetbench.messages import clauses
from forgetbench.messages import translated as _
from forgetbench.report.diagnosis.asked import distribution_lines, readable_lines
from forgetbench.report.diagnosis.elicited import asked_again
from forgetbench.report.diagnosis.measures import shown
from forgetbench.report.diagnosis.words import CAUSES, CURES, NAMES, STATES
from forgetbench.report.numbers import MISSING
from forgetbench.report.supplementary import SupplementaryTable
from forgetbench.report.wording import title
from forgetbench.sanitize import one_line
from forgetbench.stored import retold


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A heading and its lines; every line is plain text."""

    state: State | None
    """None of what is no finding."""
    heading: str
    lines: tuple[str, ...]
    table: SupplementaryTable | None = None


def paragraphs(diagnosis: Diagnosis) -> Iterator[Paragraph]:
    """The one name for it; what was found, what is shown first; what could not be looked at, and what to do."""
    if diagnosis.named is not None:
        yield _named(diagnosis.named)
    order = list(STATES)
    told = [finding for finding in diagnosis.findings if finding.state != "not_measured"]
    for finding in sorted(told, key=lambda finding: order.index(finding.state)):
        notes = diagnosis.weights.notes if diagnosis.weights and finding.cause == "far_weights" else ()
        yield _paragraph(finding, notes)
    if diagnosis.elicitation is not None:
        yield Paragraph(None, _("Forgotten items, asked again"), *asked_again(diagnosis.elicitation))
    if diagnosis.distribution is not None:
        yield Paragraph(None, _("What both say next"), tuple(distribution_lines(diagnosis.distribution)))
    if diagnosis.readable:
        lines = tuple(readable_lines(diagnosis.readable))
        yield Paragraph(None, _("Read off without the training data"), lines)
    if unknown := _unknown(diagnosis):
        yield Paragraph("not_measured", _("What could not be looked at"), tuple(unknown))
    yield Paragraph(None, _("What to do"), tuple(_advice(diagnosis)))


def _named(named: NamedCause) -> Paragraph:
    """What it is summed up as, what speaks for that, and the next in line."""
    lines = []
    if named.because:
        lines.append(_("What speaks for it: {findings}.").format(findings=_titles(named.because)))
    elif named.name == "no_loss_shown":
        lines.append(
            _("No domain regressed beyond its margin; their verdicts say which are retained and which not known.")
        )
    if named.runner_up is not None:
        told = _("Next in line: {name} ({findings}).") if named.runner_up_because else _("Next in line: {name}.")
        lines.append(told.format(name=_(NAMES[named.runner_up]), findings=_titles(named.runner_up_because)))
    certain = named.name in ("no_loss_shown", "unexplained")
    heading = _(NAMES[named.name]) if certain else _("Most likely: {name}").format(name=_(NAMES[named.name]))
    return Paragraph(None, heading, tuple(lines))


def _titles(causes: Sequence[Cause]) -> str:
    return clauses(_(CAUSES[cause].title) for cause in causes)


def _paragraph(finding: Finding, notes: Sequence[str]) -> Paragraph:
    words = CAUSES[finding.cause]
    values = _Values({measure.name: shown(measure) for measure in finding.measures})
    more = bool(words.more) and _fields(words.more) <= values.keys()
    lines = [] if more and not _fields(words.evidence) & values.keys() else [_(words.evidence).format_map(values)]
    if more:
        lines.append(_(words.more).format_map(values))
    if words.examples and finding.examples:
        examples = ", ".join(f"“{one_line(text, 60)}”" for text in finding.examples)
        lines.append(_(words.examples).format(examples=examples))
    lines += [retold(one_line(note, 300)) for note in notes]
    if finding.state != "ruled_out":
        lines.append(_("What else could explain it: {text}").format(text=_(words.otherwise)))
        lines.append(_("What would refute it: {text}").format(text=_(words.test)))
    heading = _(words.title)
    if finding.domain is not None:
        heading = _("{domain}: {cause}").format(domain=title(finding.domain), cause=heading)
    return Paragraph(finding.state, heading, tuple(lines))


def _fields(template: str) -> set[str]:
    """Names of what stands in a template."""
    return {field for _text, field, _format, _conversion in Formatter().parse(template) if field}


def _unknown(diagnosis: Diagnosis) -> Iterator[str]:
    found = {finding.cause for finding in diagnosis.findings if finding.state != "not_measured"}
    for cause, words in CAUSES.items():
        if cause not in found and words.lacks:
            yield _("{cause}: give {what}").format(cause=_(words.title), what=_(words.lacks))


def _advice(diagnosis: Diagnosis) -> Iterator[str]:
    for number, advice in enumerate(diagnosis.advice, 1):
        because = ", ".join(_(CAUSES[cause].title) for cause in advice.because)
        text = _("{number}. {cure} ({source}; because: {because})")
        yield text.format(number=number, cure=_(CURES[advice.cure]), source=advice.source, because=because)
    if not diagnosis.advice:
        yield _("No evidence for a cure.")


class _Values(dict[str, str]):
    """What was not measured is a dash in a sentence."""

    def __missing__(self, key: str) -> str:
        return MISSING


def summary(findings: Sequence[Finding]) -> str:
    """The shown causes in one line; '' where none is."""
    shown = dict.fromkeys(_(CAUSES[finding.cause].title) for finding in findings if finding.state == "shown")
    return "; ".join(shown)
