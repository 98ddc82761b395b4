"""A diagnosis as paragraphs: what was found, what else could explain it, what would refute it, what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from string import Formatter
from typing import Final

from forgetbench.diagnosis.findings import Cause, Diagnosis, Finding, Measure, NamedCause, State
from forgetbench.messages import clauses
from forgetbench.messages import translated as _
from forgetbench.report.diagnosis.words import CAUSES, CURES, NAMES, STATES
from forgetbench.report.numbers import MISSING, interval, share, signed
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


def paragraphs(diagnosis: Diagnosis) -> Iterator[Paragraph]:
    """The one name for it; what was found, what is shown first; what could not be looked at, and what to do."""
    if diagnosis.named is not None:
        yield _named(diagnosis.named)
    order = list(STATES)
    told = [finding for finding in diagnosis.findings if finding.state != "not_measured"]
    for finding in sorted(told, key=lambda finding: order.index(finding.state)):
        notes = diagnosis.weights.notes if diagnosis.weights and finding.cause == "far_weights" else ()
        yield _paragraph(finding, notes)
    if unknown := _unknown(diagnosis):
        yield Paragraph("not_measured", _("What could not be looked at"), tuple(unknown))
    yield Paragraph(None, _("What to do"), tuple(_advice(diagnosis)))


def _named(named: NamedCause) -> Paragraph:
    """What it is summed up as, what speaks for that, and the next in line."""
    lines = []
    if named.because:
        lines.append(_("What speaks for it: {findings}.").format(findings=_titles(named.because)))
    elif named.name == "no_loss_shown":
        lines.append(_("No domain regressed. Which are retained, and of which it is not known, their verdicts say."))
    if named.runner_up is not None:
        told = _("Next in line: {name} ({findings}).") if named.runner_up_because else _("Next in line: {name}.")
        lines.append(told.format(name=_(NAMES[named.runner_up]), findings=_titles(named.runner_up_because)))
    return Paragraph(None, _("Most likely: {name}").format(name=_(NAMES[named.name])), tuple(lines))


def _titles(causes: Sequence[Cause]) -> str:
    return clauses(_(CAUSES[cause].title) for cause in causes)


def _paragraph(finding: Finding, notes: Sequence[str]) -> Paragraph:
    words = CAUSES[finding.cause]
    values = _Values({measure.name: _shown(measure) for measure in finding.measures})
    lines = [_(words.evidence).format_map(values)]
    if words.more and _fields(words.more) <= values.keys():
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


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _general(value: float) -> str:
    return f"{value:.3g}"


_COUNTS: Final = (
    "n_forgotten", "n_phrases", "n_contaminated", "n_items", "words_base", "words_candidate", "intruders"
)  # fmt: skip
_GENERAL: Final = ("peak_rate", "usual_at_most", "epochs", "first_loss", "last_loss", "effective_rank")
_FORMATS: Final[Mapping[str, Callable[[float], str]]] = {
    **dict.fromkeys(("of_forgotten", "answers_with_them", "leaked", "leaked_base", "relative"), share),
    **dict.fromkeys(("most_in_a_layer", "of_a_task"), share),
    **dict.fromkeys(_COUNTS, _count),
    **dict.fromkeys(_GENERAL, _general),
}
"""How a measure's value is written; deltas, which all others are, as points with a sign."""


def _shown(measure: Measure) -> str:
    write = _FORMATS.get(measure.name, signed)
    text = write(measure.value).replace("-", "−")
    if isnan(measure.low) or isnan(measure.high):
        return text
    low, high = measure.low, measure.high
    if write is share:
        # Of few items an estimate that luck is taken out of may leave the range that a share has.
        low, high = min(max(low, 0.0), 1.0), min(max(high, 0.0), 1.0)
    return f"{text} {interval(low, high) if write is signed else f'[{write(low)}, {write(high)}]'}"


def summary(findings: Sequence[Finding]) -> str:
    """The shown causes in one line; '' where none is."""
    shown = dict.fromkeys(_(CAUSES[finding.cause].title) for finding in findings if finding.state == "shown")
    return "; ".join(shown)
