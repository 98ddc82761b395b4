"""The words and symbols that every report shares, and the main finding put in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isnan
from typing import Final

from forgetbench.comparison.verdict import bounds_at, opposed_tasks
from forgetbench.records import ALPHA, OVERALL, TARGET, Comparison, DeltaRow, Fates, Verdict
from forgetbench.report.numbers import MISSING, delta_with_interval, interval, points, row_texts, share, signed
from forgetbench.sanitize import one_line
from forgetbench.stats.clustered import FEW

_EQUAL: Final = 0.1
"""Shares of the forgotten within this distance of a half are about equal."""


@dataclass(frozen=True, slots=True)
class VerdictStyle:
    """How a verdict is shown: the word and a shape carry it, the colour only helps (Okabe-Ito)."""

    word: str
    symbol: str
    ascii_symbol: str
    colour: str
    terminal: str
    """rich style"""
    marker: str
    """matplotlib marker"""
    hollow: bool
    remark: str = ""
    """What is said beside the word."""

    @property
    def told(self) -> str:
        """The word with what is said beside it."""
        return f"{self.word}, {self.remark}" if self.remark else self.word


VERDICTS: Final[dict[Verdict, VerdictStyle]] = {
    "regressed": VerdictStyle("regressed", "▼", "v", "#D55E00", "bold red", "v", False),
    "retained": VerdictStyle("retained", "●", "o", "#0072B2", "blue", "o", False),
    "improved": VerdictStyle("improved", "▲", "^", "#009E73", "green", "^", False),
    "mixed": VerdictStyle("mixed", "◆", "%", "#CC79A7", "magenta", "D", False),
    "inconclusive": VerdictStyle("inconclusive", "◇", "?", "#444444", "yellow", "D", True),
    "not_measured": VerdictStyle("not measured", "×", "x", "#777777", "bright_black", "x", True),
}

_WITHIN_MARGIN: Final = replace(
    VERDICTS["regressed"], symbol="▽", ascii_symbol="w", terminal="red", hollow=True, remark="within the margin"
)
MARGIN_OPEN: Final = replace(VERDICTS["inconclusive"], remark="margin open")
FRACTION_OPEN: Final = replace(VERDICTS["inconclusive"], remark="fraction open")
LEGEND: Final = (VERDICTS["regressed"], _WITHIN_MARGIN, *(VERDICTS[word] for word in VERDICTS if word != "regressed"))
"""Every look that a row may have."""

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
        "Something was lost: the drop is significant (McNemar's test, or one of the signs of whole clusters) after "
        "correction for the number of domains (Holm) or of tasks (Benjamini-Hochberg). The test decides, so the "
        "interval may hold zero where clusters are few or very unequal. What the base loses against itself is shown "
        "as the noise floor, and excuses no loss."
    ),
    "Within the margin": (
        "Beside a verdict of regressed (hollow mark): something was lost, and less than is allowed, as for retained. "
        "A gate lets it pass. Regressed without these words: as much as is allowed, or more, may be lost."
    ),
    "Retained": (
        "A drop as large as the margin is ruled out, and so is that less than the asked fraction (80% if nothing "
        "else is said) of what the base can do, above chance, was kept. Both were declared before the run. Bars and "
        "the forest plot draw the margin beside each interval."
    ),
    "Improved": "The gain is significant after the same correction, whatever missing items may have been.",
    "Mixed": (
        "The domain's tasks moved in opposite directions: at least one is shown to have fallen and one to have risen. "
        "Their mean says neither; read the tasks."
    ),
    "Inconclusive": (
        "Too few items to tell. This is not evidence that nothing was lost: a drop smaller than the minimum "
        "detectable effect could go unseen. Margin open: a loss of the margin is not ruled out. Fraction open: it is, "
        "but that the asked fraction of what the base can do was kept is not shown."
    ),
    "Not measured": (
        "No score could be made, or the base is at chance and has nothing to lose; the reason is given. It never "
        "counts as retained."
    ),
    "Minimum detectable effect (detects from)": (
        "The true drop that this many items would show as significant four times out of five if it is spread evenly "
        "over them; the table of clusters has that where whole clusters collapse and the others stay as they are."
    ),
    "Clusters, degrees of freedom": (
        "Items of one subject, template or prompt are no independent evidence: what counts is the number of their "
        "clusters, by both keys where a task declares two. Effective: clusters of equal weight that tell as much. "
        f"With fewer than {FEW}, an interval is wide and rests on assumptions. Degrees of freedom (dof): how well the "
        "standard error itself is known."
    ),
    "Standardised effect": (
        "Cohen's d_av: the delta over the mean of the two standard deviations of item scores; of several tasks the "
        "mean. It compares changes of scores that spread differently."
    ),
    "Overall": (
        "The mean of the domains, without target, which the fine-tuning was for, and without format rigidity, a habit "
        "among abilities. It hides which domain lost: read how many did first."
    ),
    "Forgotten, gained": (
        "Items the base gets right and the fine-tuned model gets wrong, and the reverse, as a share of the "
        "paired items. Corrected: chance-corrected, less the flips that guessing alone makes, by how often the tuned "
        "model's wrong guess is the base's; not known of answers in which no options were rated."
    ),
    "Locked, erased": (
        "A forgotten item is locked when the model still ranks the right answer first by likelihood but no "
        "longer says it: the ability is there, and a few examples or another prompt bring it back. It is "
        "erased when the base ranked it first and the tuned model does not, and was never known by likelihood when "
        "not even the base did. Of the forgotten, less luck: what is left of these shares without the answers that "
        "guessing ranks first, with the reach of the 95% interval."
    ),
    "Cut": (
        "The token limit ended an answer before it could be read: it is neither right nor wrong, and no item. Shown as "
        "the share of the base's / the tuned model's answers."
    ),
    "Missing items": (
        "With cut answers, or with missing items, the delta lies between two numbers: if every score that is not known "
        "were its worst for the tuned model, and its best. A score that one side has counts as it is. Retained, "
        "improved and within the margin hold at the worst."
    ),
    "Marked +": "The task stands beside its domain: it is shown, and is no part of the domain's score.",
    "Retention": (
        "Fine-tuned over base, both above chance, with the interval of a ratio (Fieller): unbounded where the base's "
        "own score is too unsure. It does not exist where the base is at chance."
    ),
    "Borrowed estimates": (
        "Shrunk: a row's delta drawn towards the others', the more the less it is known by itself, with the "
        "probability that more than the margin was lost. They decide nothing."
    ),
}


def title(name: str) -> str:
    """A domain's name in running text."""
    return one_line(name, 40).replace("_", " ")


def style_of(row: DeltaRow) -> VerdictStyle:
    """How a row's verdict is shown, with what it leaves open or whether a loss is within the margin."""
    judgement = row.judgement
    if judgement.verdict == "regressed" and judgement.within_margin:
        return _WITHIN_MARGIN
    if judgement.verdict == "inconclusive" and not isnan(judgement.preserve):
        return FRACTION_OPEN if _loss_ruled_out(row) else MARGIN_OPEN
    return VERDICTS[judgement.verdict]


def _loss_ruled_out(row: DeltaRow) -> bool:
    # At the level of the row's own bounds, whichever that is.
    bounds = bounds_at(row, alpha=ALPHA, interval_alpha=ALPHA)
    return bounds.lower > -row.judgement.margin


def supporting_mark(row: DeltaRow) -> str:
    """The mark of a task that is no part of its domain's score; '' for one that is."""
    return " +" if row.supporting else ""


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
        ("Suite", f"{comparison.suite_label}, protocol {comparison.protocol}, seed {comparison.seed}"),
        *looks(comparison),
        *among_candidates(comparison),
        ("Engine", engine),
        ("Comparison", f"{comparison.comparison_id}, made {comparison.created}"),
    )


def looks(comparison: Comparison) -> tuple[tuple[str, str], ...]:
    """Of a group-sequential evaluation, how far it went; nothing for an ordinary one."""
    looks = comparison.looks
    if looks is None:
        return ()
    by_domain = ", ".join(f"{title(domain)} {asked:,} of {there:,}" for domain, (asked, there) in looks.asked.items())
    extent = f"look {looks.taken} of {looks.planned}, {share(looks.share_asked)} of the items asked ({by_domain})"
    sequential = ("Sequential", f"{extent}; intervals and p-values are valid at every planned look")
    adjusted = ", ".join(
        f"{title(domain)} {signed(each.delta)} {interval(each.ci_low, each.ci_high)} (worth {each.worth:.2f} times the "
        "items asked)"
        for domain, each in looks.adjusted.items()
    )
    facts = [sequential]
    if looks.tries > 1:
        paid = f"try {looks.tries} at this candidate, tested at alpha / {1 / looks.alpha_share:.0f}"
        facts.append(("Tries", f"{paid}, since earlier ones had their chance"))
    if adjusted:
        facts.append(("Adjusted", f"for the base's answers to what was not asked: {adjusted}; it decides nothing"))
    return tuple(facts)


def among_candidates(comparison: Comparison) -> tuple[tuple[str, str], ...]:
    """Of one candidate among several, what that did to its numbers; nothing for one that was evaluated alone."""
    selection = comparison.selection
    if selection is not None:
        by = "the mean change of the gated domains" if selection.by == OVERALL else title(selection.by)
        chosen = f"chosen among {len(selection.candidates)} by {by} on one half ({selection.n_items:,} items)"
        return (("Candidates", f"{chosen}, judged on the other"),)
    if not comparison.family:
        return ()
    n = len(comparison.family) + 1
    return (("Candidates", f"one of {n} candidates of one command; p-values are adjusted for all of them"),)


def choice(comparison: Comparison) -> tuple[str, ...]:
    """A line for each run that a candidate was chosen among, the best first: its change on the choosing half."""
    candidates = {} if comparison.selection is None else comparison.selection.candidates
    ordered = sorted(candidates.items(), key=lambda item: -2.0 if item[1] is None else item[1], reverse=True)
    chosen = comparison.candidate.run_id
    return tuple(f"{one_line(run, 80)}: {signed(score)}{', chosen' if run == chosen else ''}" for run, score in ordered)


def noise_floor_facts(comparison: Comparison) -> tuple[tuple[str, str], ...]:
    """What the base differs from itself by, per row; or one line that says it was not measured."""
    if comparison.noise_floor is None:
        return (("Not measured", "how much the base differs from itself is unknown; run again with --noise-floor"),)
    rows = tuple((str(name), _noise(value)) for name, value in comparison.noise_floor.items())
    if bit_equal(comparison):
        return (("Bit-equal", "asked twice, the base gave the same likelihoods and answers to the last bit"), *rows)
    return rows


def bit_equal(comparison: Comparison) -> bool:
    """Whether the base was asked twice and no likelihood and no answer differed."""
    rows = (comparison.noise_floor or {}).values()
    return bool(rows) and all(isinstance(row, Mapping) and row.get("differing") == 0 for row in rows)


def exactness(comparison: Comparison) -> str | None:
    """A sentence where answers are known not to depend on what is asked beside them; else None."""
    mode = "deterministic engine" if comparison.engine.get("deterministic") else ""
    if bit_equal(comparison):
        return f"Noise floor 0{mode and f' ({mode})'}: asked twice, the base is bit-equal."
    return f"{mode.capitalize()}: no answer depends on what was asked beside it." if mode else None


def _noise(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_noise(item)}" for key, item in value.items())
    return points(value) if isinstance(value, float) else MISSING if value is None else str(value)


def missing_data(comparison: Comparison) -> tuple[tuple[DeltaRow, str], ...]:
    """Rows that were not measured in full, each with the sentence that says so and why."""
    rows = [row for row in (*comparison.domains, *comparison.tasks) if row.n_unmeasured or row.reason]
    return tuple((row, row.reason or f"{row.n_unmeasured:,} items not measured") for row in rows)


def few_clusters(comparison: Comparison) -> str:
    """A sentence on the domains that rest on few clusters; '' where none does."""
    named = [f"{title(row.name)} ({row.evidence.n_effective:.1f})" for row in comparison.domains if has_few(row)]
    return f"few independent clusters, fewer than {FEW} effective ones: {joined(named)}" if named else ""


def has_few(row: DeltaRow) -> bool:
    """Whether a row rests on few clusters."""
    return row.evidence.n_effective < FEW


def much_cut(comparison: Comparison) -> str:
    """A sentence on the domains of which so many answers are cut that a verdict must say so; '' where none is."""
    names = (comparison.base.name, comparison.candidate.name)
    rows = [row for row in comparison.domains if row.cut.much]
    if not rows:
        return ""
    parts = []
    for row in rows:
        shares = zip((row.cut.cut_base, row.cut.cut_candidate), names, strict=True)
        of_whom = joined(f"{share(cut)} of {one_line(name, 60)}" for cut, name in shares if cut)
        texts = row_texts(row)
        parts.append(f"{title(row.name)} ({of_whom}; with {texts.bounds_of} the delta is {texts.bounds})")
    return f"Answers cut before they could be read, and left out: {joined(parts)}."


def headline(comparison: Comparison, name: str | None = None) -> str:
    """The main finding as one or a few plain sentences; regressions come first. `name` stands for the candidate's."""
    named = f"{one_line(name or comparison.candidate.name, 60)} against {one_line(comparison.base.name, 60)}"
    domains = [row for row in comparison.domains if row.domain != TARGET]
    if not domains:
        return f"{named}: no domain was compared."
    by_verdict = {word: [row for row in domains if row.judgement.verdict == word] for word in VERDICTS}
    sentences = [
        _regressed(by_verdict["regressed"], domains, comparison.tasks, bool(by_verdict["inconclusive"])),
        _enumerated("Retained within the margin", by_verdict["retained"], _delta),
        _enumerated("Improved", by_verdict["improved"], _delta),
        _enumerated("Mixed", by_verdict["mixed"], lambda row: f"{_delta(row)}: {both_ways(row, comparison.tasks)}"),
        _enumerated("Inconclusive", by_verdict["inconclusive"], _left_open),
        _enumerated("Not measured", by_verdict["not_measured"], lambda row: ""),
        _enumerated(
            "On its target",
            [row for row in comparison.domains if row.domain == TARGET],
            lambda row: f"{delta_with_interval(row.estimate)}, {style_of(row).told}",
        ),
    ]
    sentences.append(much_cut(comparison))
    return f"{named}: " + " ".join(sentence for sentence in sentences if sentence)


def joined(parts: Iterable[str]) -> str:
    """'a, b and c'."""
    words = list(parts)
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def mostly(fates: Fates | None) -> str:
    """Whether what was forgotten is mostly locked or mostly erased, by their intervals; '' where that is not known."""
    if fates is None or not fates.n_fates:
        return ""
    shares = {
        "locked": (fates.locked_of_forgotten, fates.locked_of_forgotten_se),
        "erased": (fates.erased_of_forgotten, fates.erased_of_forgotten_se),
        "never known by likelihood": (fates.never_known_of_forgotten, fates.never_known_of_forgotten_se),
    }
    arms = {kind: fates.of_forgotten_reach * se for kind, (_, se) in shares.items()}
    for kind, (of_forgotten, _) in shares.items():
        if of_forgotten - arms[kind] > 0.5:
            return f"mostly {kind}"
    either = [(shares[kind][0], arms[kind]) for kind in ("locked", "erased")]
    if all(abs(of_forgotten - 0.5) + arm <= _EQUAL for of_forgotten, arm in either):
        return "locked and erased about equally"
    # With narrower intervals it is known, and neither.
    return "" if all(arm <= _EQUAL for _, arm in either) else "locked or erased: too few to tell"


def both_ways(row: DeltaRow, tasks: Iterable[DeltaRow]) -> str:
    """The tasks of a domain that are shown to have fallen and those that rose; '' where they do not oppose another."""
    opposed = opposed_tasks(row.name, tasks)
    return ", ".join(f"{one_line(task.name, 60)} {_delta(task)}" for task in (*opposed.fallen, *opposed.risen))


def _regressed(rows: Sequence[DeltaRow], domains: Sequence[DeltaRow], tasks: Sequence[DeltaRow], doubt: bool) -> str:
    if not rows:
        tail = ", which is no evidence that nothing was lost" if doubt else ""
        return f"No domain is shown to have regressed{tail}."
    measured = sum(row.judgement.verdict != "not_measured" for row in domains)
    within = [row for row in rows if row.judgement.within_margin]
    more = [row for row in rows if not row.judgement.within_margin]
    lower = joined(_loss(row, tasks) for row in within)
    if not more:
        return f"{len(within)} of {measured} measured domains regressed, and only within the margin: {lower}."
    found = f"{len(more)} of {measured} measured domains regressed: {joined(_loss(row, tasks) for row in more)}"
    return f"{found}; lower, but within the margin: {lower}." if within else f"{found}."


def _loss(row: DeltaRow, tasks: Sequence[DeltaRow]) -> str:
    opposed = both_ways(row, tasks)
    remarks = "; ".join(filter(None, (mostly(row.fates), opposed and f"though mixed: {opposed}")))
    return f"{title(row.name)} {delta_with_interval(row.estimate)}{f' ({remarks})' if remarks else ''}"


def _delta(row: DeltaRow) -> str:
    return MISSING if row.estimate is None else signed(row.estimate.delta)


def _left_open(row: DeltaRow) -> str:
    if style_of(row) is FRACTION_OPEN:
        texts = row_texts(row)
        kept = f"{texts.retention} {texts.retention_interval}".rstrip()
        asked = f"{100 * row.judgement.preserve:.0f}% of what the base can do"
        return f"{texts.delta}, a loss of the margin is ruled out, but not that less than {asked} is kept: {kept}"
    if row.estimate is None or isnan(row.estimate.mde):
        return _delta(row)
    seen_from = row.estimate.mde
    return f"{_delta(row)}, {'any drop' if seen_from >= 1 else f'a drop under {points(seen_from)}'} could go unseen"


def _enumerated(lead: str, rows: Sequence[DeltaRow], detail: Callable[[DeltaRow], str]) -> str:
    if not rows:
        return ""
    parts = [f"{title(row.name)} ({detail(row)})" if detail(row) else title(row.name) for row in rows]
    return f"{lead}: {joined(parts)}."
