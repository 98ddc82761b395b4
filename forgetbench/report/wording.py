"""The words, symbols and number formats that every report shares, and the finding put in a sentence.

Scores are shown as points of 100, so a delta of -0.123 reads '−12.3'. Item outcomes are shares in
per cent. A value that does not exist is an em dash, never a zero.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeGuard

from forgetbench.records import Comparison, DeltaRow, Verdict
from forgetbench.report.sanitize import one_line

MISSING: Final = "—"


@dataclass(frozen=True, slots=True)
class VerdictStyle:
    """How a verdict is told: the word and a shape carry it, the colour only helps (Okabe-Ito)."""

    word: str
    symbol: str
    ascii_symbol: str
    colour: str
    terminal: str
    """rich style"""
    marker: str
    """matplotlib marker"""
    hollow: bool


VERDICTS: Final[dict[Verdict, VerdictStyle]] = {
    "regressed": VerdictStyle("regressed", "▼", "v", "#D55E00", "bold red", "v", False),
    "retained": VerdictStyle("retained", "●", "o", "#0072B2", "blue", "o", False),
    "improved": VerdictStyle("improved", "▲", "^", "#009E73", "green", "^", False),
    "inconclusive": VerdictStyle("inconclusive", "◇", "?", "#444444", "yellow", "D", True),
    "not_measured": VerdictStyle("not measured", "×", "x", "#777777", "bright_black", "x", True),
}

HOW_TO_READ: Final[dict[str, str]] = {
    "Delta": (
        "Fine-tuned minus base on the same items, in points of 100. Higher is better in every row, so a "
        "negative delta is a loss. Creativity is quality-weighted novelty; format rigidity is shown as "
        "flexibility (1 minus the rigidity index)."
    ),
    "Interval": (
        "The 95% range of deltas that the items are compatible with, from a paired bootstrap that resamples "
        "whole clusters (subjects, templates, prompts)."
    ),
    "Regressed": (
        "The whole interval lies below zero, and the drop is significant after correction for the number of "
        "domains (Holm) or of tasks (Benjamini-Hochberg). Where the base was asked twice, more was lost than "
        "it loses against itself."
    ),
    "Retained": ("A drop as large as the margin is ruled out. The margin was declared in the suite, before the run."),
    "Improved": "The whole interval lies above zero, and the gain is significant after the same correction.",
    "Inconclusive": (
        "Too few items to tell. This is not evidence that nothing was lost: a drop smaller than the smallest "
        "detectable drop could go unseen."
    ),
    "Not measured": (
        "No score could be made, or the base is at chance and has nothing to lose; the reason is given. It never "
        "counts as retained."
    ),
    "Smallest detectable drop (detects from)": (
        "The true drop that this many items would show as significant four times out of five."
    ),
    "Forgotten, gained": (
        "Items the base gets right and the fine-tuned model gets wrong, and the reverse, as a share of the "
        "paired items. Corrected: without the flips that lucky guesses alone would make."
    ),
    "Locked, erased": (
        "A forgotten item is locked when the model still ranks the right answer first by likelihood but no "
        "longer says it: the ability is there, and a few examples or another prompt bring it back. It is "
        "erased when the likelihood is gone too."
    ),
    "Marked +": "The task stands beside its domain: it is shown, and is no part of the domain's score.",
    "Retention": "Fine-tuned over base, both above chance. It does not exist where the base is at chance.",
}


def title(name: str) -> str:
    """A domain's name in running text."""
    return one_line(name, 40).replace("_", " ")


def beside_mark(row: DeltaRow) -> str:
    """The mark of a task that is no part of its domain's score; '' for one that is."""
    return " +" if row.supporting else ""


def points(score: float | None) -> str:
    """0.4621 -> '46.2'."""
    return MISSING if not is_number(score) else f"{100 * score:.1f}"


def signed(delta: float | None) -> str:
    """-0.123 -> '−12.3', with a true minus; a value that rounds to nothing has no sign."""
    if not is_number(delta):
        return MISSING
    text = f"{100 * delta:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text.replace("-", "−")


def interval(row: DeltaRow) -> str:
    """'[−15.0, −9.6]', or '' where there is none."""
    if not (is_number(row.ci_low) and is_number(row.ci_high)):
        return ""
    return f"[{signed(row.ci_low)}, {signed(row.ci_high)}]"


def delta_with_interval(row: DeltaRow) -> str:
    """'−12.3 [−15.0, −9.6]'."""
    return f"{signed(row.delta)} {interval(row)}".rstrip()


def share(rate: float | None) -> str:
    """0.081 -> '8.1%'."""
    return MISSING if not is_number(rate) else f"{100 * rate:.1f}%"


def p_value(p: float | None) -> str:
    """Three decimals, or '<0.001'."""
    if not is_number(p):
        return MISSING
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def ratio(value: float | None) -> str:
    """Two decimals."""
    return MISSING if not is_number(value) else f"{value:.2f}"


def is_number(value: float | None) -> TypeGuard[float]:
    """Present and finite."""
    return value is not None and math.isfinite(value)


def tasks_of(comparison: Comparison, domain: str) -> tuple[DeltaRow, ...]:
    """The task rows of one domain, in order."""
    return tuple(row for row in comparison.tasks if row.domain == domain)


def blocks(comparison: Comparison) -> tuple[tuple[DeltaRow, tuple[DeltaRow, ...]], ...]:
    """Each domain row with its task rows, in the comparison's order."""
    return tuple((row, tasks_of(comparison, row.name)) for row in comparison.domains)


def facts(comparison: Comparison) -> tuple[tuple[str, str], ...]:
    """What was compared and how, as names and values."""
    base, candidate = comparison.base, comparison.candidate
    step = "" if candidate.step is None else f" (step {candidate.step})"
    engine = ", ".join(f"{key} {value}" for key, value in comparison.engine.items())
    return (
        ("Base", f"{base.name}, from {base.where}"),
        ("Fine-tuned", f"{candidate.name}{step}, from {candidate.where}"),
        ("Fingerprints", f"{base.fingerprint[:12]}, {candidate.fingerprint[:12]}"),
        ("Suite", f"{comparison.suite}, protocol {comparison.protocol}, seed {comparison.seed}"),
        *looks(comparison),
        ("Engine", engine),
        ("Comparison", f"{comparison.comparison_id}, made {comparison.created}"),
    )


def looks(comparison: Comparison) -> tuple[tuple[str, str], ...]:
    """Of a sequential evaluation, how far it went; nothing for an ordinary one."""
    if comparison.looks is None:
        return ()
    found = comparison.looks
    said = ", ".join(f"{title(domain)} {asked:,} of {there:,}" for domain, (asked, there) in found.asked.items())
    went = f"look {found.taken} of {found.planned}, {share(found.share_asked)} of the items asked ({said})"
    return (("Sequential", f"{went}; intervals and p-values are valid at every look"),)


def noise_floor_facts(comparison: Comparison) -> tuple[tuple[str, str], ...]:
    """What the base differs from itself by, per row; or one line that says it was not measured."""
    if comparison.noise_floor is None:
        return (("Not measured", "how much the base differs from itself is unknown; run again with --noise-floor"),)
    return tuple((str(name), _noise(value)) for name, value in comparison.noise_floor.items())


def _noise(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_noise(item)}" for key, item in value.items())
    return points(value) if isinstance(value, float) else MISSING if value is None else str(value)


def unmeasured(comparison: Comparison) -> tuple[tuple[DeltaRow, str], ...]:
    """Rows that were not measured in full, each with the sentence that says so and why."""
    rows = [row for row in (*comparison.domains, *comparison.tasks) if row.n_unmeasured or row.reason]
    return tuple((row, _unmeasured(row)) for row in rows)


def _unmeasured(row: DeltaRow) -> str:
    return row.reason or f"{row.n_unmeasured:,} items not measured"


def forgotten_in_words(row: DeltaRow) -> str:
    """'15.9% (locked 7.1%, erased 8.4%; corrected 14.3%)', as far as it is known."""
    if not is_number(row.forgotten):
        return MISSING
    fates = fate_shares(row)
    return f"{share(row.forgotten)} ({fates})" if fates else share(row.forgotten)


def fate_shares(row: DeltaRow) -> str:
    """'locked 7.1%, erased 8.4%; corrected 14.3%', as far as it is known."""
    parts = []
    if is_number(row.locked) and is_number(row.erased):
        parts.append(f"locked {share(row.locked)}, erased {share(row.erased)}")
    if is_number(row.forgotten_corrected):
        parts.append(f"corrected {share(row.forgotten_corrected)}")
    return "; ".join(parts)


def headline(comparison: Comparison, name: str | None = None) -> str:
    """The main finding as one or a few plain sentences; regressions come first. `name` stands for the candidate's."""
    named = f"{one_line(name or comparison.candidate.name, 60)} against {one_line(comparison.base.name, 60)}"
    measured_for = [row for row in comparison.domains if row.domain != "target"]
    if not measured_for:
        return f"{named}: no domain was compared."
    by_verdict = {verdict: [row for row in measured_for if row.verdict == verdict] for verdict in VERDICTS}
    sentences = [
        _regressed(by_verdict["regressed"], measured_for, bool(by_verdict["inconclusive"])),
        _listed("Retained within the margin", by_verdict["retained"], lambda row: signed(row.delta)),
        _listed("Improved", by_verdict["improved"], lambda row: signed(row.delta)),
        _listed("Inconclusive", by_verdict["inconclusive"], _unseen_below),
        _listed("Not measured", by_verdict["not_measured"], lambda row: ""),
        _listed(
            "On its target",
            [row for row in comparison.domains if row.domain == "target"],
            lambda row: f"{delta_with_interval(row)}, {VERDICTS[row.verdict].word}",
        ),
    ]
    return f"{named}: " + " ".join(sentence for sentence in sentences if sentence)


def joined(parts: Iterable[str]) -> str:
    """'a, b and c'."""
    words = list(parts)
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def fate_in_words(row: DeltaRow) -> str:
    """Whether what was forgotten is mostly locked or mostly erased; '' where that is not known."""
    if not (is_number(row.locked) and is_number(row.erased)) or row.locked + row.erased <= 0:
        return ""
    locked = row.locked / (row.locked + row.erased)
    if locked >= 0.6:
        return "mostly locked"
    return "mostly erased" if locked <= 0.4 else "locked and erased about equally"


def _regressed(rows: Sequence[DeltaRow], measured_for: Sequence[DeltaRow], doubt: bool) -> str:
    if not rows:
        tail = ", which is no evidence that nothing was lost" if doubt else ""
        return f"No domain is shown to have regressed{tail}."
    measured = sum(row.verdict != "not_measured" for row in measured_for)
    return f"{len(rows)} of {measured} measured domains regressed: {joined(map(_loss, rows))}."


def _loss(row: DeltaRow) -> str:
    fate = fate_in_words(row)
    return f"{title(row.name)} {delta_with_interval(row)}{f' ({fate})' if fate else ''}"


def _unseen_below(row: DeltaRow) -> str:
    seen = f", a drop under {points(row.mde)} could go unseen" if is_number(row.mde) else ""
    return f"{signed(row.delta)}{seen}"


def _listed(lead: str, rows: Sequence[DeltaRow], detail: Callable[[DeltaRow], str]) -> str:
    if not rows:
        return ""
    parts = [f"{title(row.name)} ({detail(row)})" if detail(row) else title(row.name) for row in rows]
    return f"{lead}: {joined(parts)}."
