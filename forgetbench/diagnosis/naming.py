"""One name for what most probably happened: a small precedence over findings.

What makes a number worthless comes first, then what the trainer did beyond the usual, then what the answers show. A
name says what the evidence speaks for most, never what is proven; the next in line stands beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from forgetbench.diagnosis.findings import Cause, Finding, Name, NamedCause

CONTAMINATED: Final = 1 / 3
"""Share of a task's items in the training data from which it counts. Of items that templates make a seventh may stand
in both though none was copied (docs/causes.md)."""
CONTESTED: Final = 0.05
"""Share of a domain's questions that the training data answers otherwise from which it counts."""


def named_cause(findings: Sequence[Finding], *, lost: bool) -> NamedCause:
    """The first name in `PRECEDENCE` that the findings speak for, and the next.

    `lost` says that a domain regressed by more than its margin allows.

    Where nothing was lost only contamination is named, which makes a gain worthless without any loss.
    """
    seen = _Seen(findings)
    told = [(name, because) for name, rule in PRECEDENCE.items() if (because := rule(seen))]
    if not lost:
        told = [*((name, because) for name, because in told if name == "contamination"), ("no_loss_shown", ())]
        return NamedCause(*told[0])
    if not told:
        return NamedCause("unexplained", tuple(seen.shown("erased", "locked")))
    return NamedCause(*told[0], *told[1]) if len(told) > 1 else NamedCause(*told[0])


@dataclass(frozen=True, slots=True)
class _Seen:
    """Findings, asked for by cause."""

    findings: Sequence[Finding]

    def shown(self, *causes: Cause) -> Iterator[Cause]:
        """Those of the causes that are shown, of the whole or of any domain."""
        there = {finding.cause for finding in self.findings if finding.state == "shown"}
        return (cause for cause in causes if cause in there)

    def ruled_out(self, cause: Cause) -> bool:
        return any(finding.cause == cause and finding.state == "ruled_out" for finding in self.findings)

    def largest(self, cause: Cause, measure: str) -> float:
        """The largest value of a measure; 0 where it was not measured."""
        found = (
            each.value
            for finding in self.findings
            if finding.cause == cause
            for each in finding.measures
            if each.name == measure
        )
        return max(found, default=0.0)

    def beyond(self, cause: Cause, measure: str) -> float:
        """By what factor a suspected circumstance exceeds the usual; 0 where it is not suspected."""
        if not any(finding.cause == cause and finding.state == "suspected" for finding in self.findings):
            return 0.0
        return self.largest(cause, measure) / self.largest(cause, "usual_at_most")


def _contamination(seen: _Seen) -> tuple[Cause, ...]:
    return ("contamination",) if seen.largest("contamination", "of_a_task") >= CONTAMINATED else ()


def _prompting(seen: _Seen) -> tuple[Cause, ...]:
    return tuple(seen.shown("prompting"))


def _high_rate(seen: _Seen) -> tuple[Cause, ...]:
    """Beyond the usual, and further than the passes over the data are."""
    rate = seen.beyond("high_rate", "peak_rate")
    return ("high_rate", *seen.shown("erased")) if rate and rate >= seen.beyond("many_epochs", "epochs") else ()


def _many_epochs(seen: _Seen) -> tuple[Cause, ...]:
    return ("many_epochs", *seen.shown("training_wording")) if seen.beyond("many_epochs", "epochs") else ()


def _overwritten(seen: _Seen) -> tuple[Cause, ...]:
    """By what the data says. That rare facts went first suffices where no voice explains it: any training does that."""
    tail = tuple(seen.shown("tail_first"))
    if seen.largest("contested", "of_the_domain") >= CONTESTED:
        return ("contested", *tail)
    return () if any(seen.shown("voice", "training_wording")) else tail


def _rigid_voice(seen: _Seen) -> tuple[Cause, ...]:
    """Wording of the training data alone will do where flexibility was not measured; kept flexibility refutes it."""
    if seen.ruled_out("voice"):
        return ()
    told = tuple(seen.shown("voice", "training_wording"))
    return (*told, *seen.shown("locked")) if told else ()


PRECEDENCE: Final[Mapping[Name, Callable[[_Seen], tuple[Cause, ...]]]] = {
    "contamination": _contamination,
    "prompting": _prompting,
    "high_rate": _high_rate,
    "many_epochs": _many_epochs,
    "overwritten": _overwritten,
    "rigid_voice": _rigid_voice,
}
"""For each name the findings that speak for it; none where they do not. The first that any speak for is named."""
