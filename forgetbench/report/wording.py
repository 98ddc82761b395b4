"""The words and symbols that every report shares, and what it says of a comparison beside the numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isnan
from typing import Final

from forgetbench import messages
from forgetbench.comparison.verdict import bounds_at, opposed_tasks
from forgetbench.messages import N_, items, joined, phrases, sentences
from forgetbench.messages import translated as _
from forgetbench.records import ALPHA, OVERALL, TARGET, Comparison, DeltaRow, Fates, Verdict
from forgetbench.report.numbers import MISSING, delta_with_interval, interval, points, row_texts, share, signed
from forgetbench.sanitize import one_line
from forgetbench.stats.clustered import FEW
from forgetbench.stored import retold

_EQUAL: Final = 0.1
"""Shares of the forgotten within this distance of a half are about equal."""


@dataclass(frozen=True, slots=True)
class VerdictStyle:
    """How a verdict is shown: the word and a shape carry it, the colour only helps (Okabe-Ito)."""

    message: str
    """The word, as a message."""
    symbol: str
    ascii_symbol: str
    colour: str
    terminal: str
    """rich style"""
    marker: str
    """matplotlib marker"""
    hollow: bool
    beside: str = ""
    """What is said beside the word, as a message."""

    @property
    def word(self) -> str:
        """The word, as it is shown."""
        return _(self.message)

    @property
    def remark(self) -> str:
        """What is said beside the word, as it is shown."""
        return _(self.beside)

    @property
    def told(self) -> str:
        """The word with what is said beside it."""
        return _("{verdict}, {remark}").format(verdict=self.word, remark=self.remark) if self.remark else self.word


VERDICTS: Final[dict[Verdict, VerdictStyle]] = {
    "regressed": VerdictStyle(N_("regressed"), "▼", "v", "#D55E00", "bold red", "v", False),
    "retained": VerdictStyle(N_("retained"), "●", "o", "#0072B2", "blue", "o", False),
    "improved": VerdictStyle(N_("improved"), "▲", "^", "#009E73", "green", "^", False),
    "mixed": VerdictStyle(N_("mixed"), "◆", "%", "#CC79A7", "magenta", "D", False),
    "inconclusive": VerdictStyle(N_("inconclusive"), "◇", "?", "#444444", "yellow", "D", True),
    "not_measured": VerdictStyle(N_("not measured"), "×", "x", "#777777", "bright_black", "x", True),
}

_WITHIN_MARGIN: Final = replace(
    VERDICTS["regressed"], symbol="▽", ascii_symbol="w", terminal="red", hollow=True, beside=N_("within the margin")
)
MARGIN_OPEN: Final = replace(VERDICTS["inconclusive"], beside=N_("margin open"))
FRACTION_OPEN: Final = replace(VERDICTS["inconclusive"], beside=N_("fraction open"))
LEGEND: Final = (VERDICTS["regressed"], _WITHIN_MARGIN, *(VERDICTS[word] for word in VERDICTS if word != "regressed"))
"""Every look that a row may have."""

_TITLES: Final = (
    N_("knowledge"), N_("reasoning"), N_("multilingual"), N_("long context"), N_("instruction"), N_("tools"),
    N_("creativity"), N_("format rigidity"), N_("language"), N_("honesty"), N_("safety"), N_("target"), N_("overall"),
)  # fmt: skip
"""The domains that the package knows; a suite's own have no other name than the suite gives them."""


_NOISE: Final = (
    N_("delta"), N_("se"), N_("forgotten"), N_("gained"), N_("flip_rate"), N_("loss"), N_("differing"), N_("net"),
    N_("net_low"), N_("net_high"),
)  # fmt: skip
"""Fields of the noise floor, by the names that they have in comparison.json."""


def title(name: str) -> str:
    """A domain's name in running text."""
    return in_words(one_line(name, 40))


def in_words(name: str) -> str:
    """A domain's name as words, as long as it is."""
    words = name.replace("_", " ")
    return _(words) if words in _TITLES else words


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
    from_where = _("{name}, from {where}")
    at_step = from_where if candidate.step is None else _("{name} (step {step}), from {where}")
    asked = _("{suite}, protocol {protocol}, seed {seed}")
    engine = ", ".join(f"{key} {value}" for key, value in comparison.engine.items())
    return (
        (_("Base"), from_where.format(name=base.name, where=base.where)),
        (_("Fine-tuned"), at_step.format(name=candidate.name, step=candidate.step, where=candidate.where)),
        (_("Fingerprints"), f"{base.fingerprint[:12]}, {candidate.fingerprint[:12]}"),
        (_("Suite"), asked.format(suite=comparison.suite_label, protocol=comparison.protocol, seed=comparison.seed)),
        *looks(comparison),
        *among_candidates(comparison),
        (_("Engine"), engine),
        (_("Comparison"), _("{id}, made {date}").format(id=comparison.comparison_id, date=comparison.created)),
    )


def looks(comparison: Comparison) -> tuple[tuple[str, str], ...]:
    """Of a group-sequential evaluation, how far it went; nothing for an ordinary one."""
    looks = comparison.looks
    if looks is None:
        return ()
    extent = _(
        "look {taken} of {planned}, {share} of the items asked ({domains}); intervals and p-values are valid at every "
        "planned look"
    )
    by_domain = items(
        _("{domain} {asked:,} of {there:,}").format(domain=title(domain), asked=asked, there=there)
        for domain, (asked, there) in looks.asked.items()
    )
    asked = share(looks.share_asked)
    facts = [
        (
            _("Sequential"),
            extent.format(taken=looks.taken, planned=looks.planned, share=asked, domains=by_domain),
        )
    ]
    if looks.tries > 1:
        paid = _("try {n} at this candidate, tested at alpha / {divisor:.0f}, since earlier ones had their chance")
        facts.append((_("Tries"), paid.format(n=looks.tries, divisor=1 / looks.alpha_share)))
    if looks.adjusted:
        adjusted = items(
            _("{domain} {delta} (worth {worth:.2f} times the items asked)").format(
                domain=title(domain),
                delta=f"{signed(each.delta)} {interval(each.ci_low, each.ci_high)}",
                worth=each.worth,
            )
            for domain, each in looks.adjusted.items()
        )
        told = _("for the base's answers to what was not asked: {domains}; it decides nothing")
        facts.append((_("Adjusted"), told.format(domains=adjusted)))
    return tuple(facts)


def among_candidates(comparison: Comparison) -> tuple[tuple[str, str], ...]:
    """Of one candidate among several, what that did to its numbers; nothing for one that was evaluated alone."""
    selection = comparison.selection
    if selection is not None:
        by = _("the mean change of the gated domains") if selection.by == OVERALL else title(selection.by)
        chosen = _("chosen among {n} by {by} on one half ({n_items:,} items), judged on the other")
        told = chosen.format(n=len(selection.candidates), by=by, n_items=selection.n_items)
        return ((_("Candidates"), told),)
    if not comparison.family:
        return ()
    told = _("one of {n} candidates of one command; p-values are adjusted for all of them")
    return ((_("Candidates"), told.format(n=len(comparison.family) + 1)),)


def choice(comparison: Comparison) -> tuple[str, ...]:
    """A line for each run that a candidate was chosen among, the best first: its change on the choosing half."""
    candidates = {} if comparison.selection is None else comparison.selection.candidates
    ordered = sorted(candidates.items(), key=lambda item: -2.0 if item[1] is None else item[1], reverse=True)
    chosen = comparison.candidate.run_id
    lines = {True: _("{run}: {change}, chosen"), False: _("{run}: {change}")}
    return tuple(lines[run == chosen].format(run=one_line(run, 80), change=signed(score)) for run, score in ordered)


def noise_floor_facts(comparison: Comparison) -> tuple[tuple[str, str], ...]:
    """What the base differs from itself by, per row; or one line that says it was not measured."""
    if comparison.noise_floor is None:
        unknown = _("how much the base differs from itself is unknown; run again with --noise-floor")
        return ((_("Not measured"), unknown),)
    rows = tuple((str(name), _noise(value)) for name, value in comparison.noise_floor.items())
    if bit_equal(comparison):
        equal = _("asked twice, the base gave the same likelihoods and answers to the last bit")
        return ((_("Bit-equal"), equal), *rows)
    return rows


def bit_equal(comparison: Comparison) -> bool:
    """Whether the base was asked twice and no likelihood and no answer differed."""
    rows = (comparison.noise_floor or {}).values()
    return bool(rows) and all(isinstance(row, Mapping) and row.get("differing") == 0 for row in rows)


def exactness(comparison: Comparison) -> str | None:
    """A sentence where answers are known not to depend on what is asked beside them; else None."""
    deterministic = bool(comparison.engine.get("deterministic"))
    if bit_equal(comparison):
        if deterministic:
            return _("Noise floor 0 (deterministic engine): asked twice, the base is bit-equal.")
        return _("Noise floor 0: asked twice, the base is bit-equal.")
    return _("Deterministic engine: no answer depends on what was asked beside it.") if deterministic else None


def _noise(value: object) -> str:
    if isinstance(value, Mapping):
        return phrases(f"{_(key) if key in _NOISE else key} {_noise(item)}" for key, item in value.items())
    return points(value) if isinstance(value, float) else MISSING if value is None else str(value)


def missing_data(comparison: Comparison) -> tuple[tuple[DeltaRow, str], ...]:
    """Rows that were not measured in full, each with the sentence that says so and why."""
    rows = [row for row in (*comparison.domains, *comparison.tasks) if row.n_unmeasured or row.reason]
    counted = _("{n:,} items not measured")
    return tuple((row, reason_of(row) or counted.format(n=row.n_unmeasured)) for row in rows)


def reason_of(row: DeltaRow) -> str:
    """Why a row was not measured, or not in full; '' where that is not told."""
    return retold(one_line(row.reason, 1000)) if row.reason else ""


def few_clusters(comparison: Comparison) -> str:
    """A sentence on the domains that rest on few clusters; '' where none does."""
    each = _("{domain} ({n:.1f})")
    named = [
        each.format(domain=title(row.name), n=row.evidence.n_effective) for row in comparison.domains if has_few(row)
    ]
    told = _("few independent clusters, fewer than {few} effective ones: {domains}")
    return told.format(few=FEW, domains=joined(named)) if named else ""


def has_few(row: DeltaRow) -> bool:
    """Whether a row rests on few clusters."""
    return row.evidence.n_effective < FEW


def much_cut(comparison: Comparison) -> str:
    """A sentence on the domains of which so many answers are cut that a verdict must say so; '' where none is."""
    names = (comparison.base.name, comparison.candidate.name)
    rows = [row for row in comparison.domains if row.cut.much]
    if not rows:
        return ""
    of_one, of_domain = _("{share} of {name}"), _("{domain} ({shares}; with {what} the delta is {bounds})")
    parts = []
    for row in rows:
        shares = zip((row.cut.cut_base, row.cut.cut_candidate), names, strict=True)
        of_whom = joined(of_one.format(share=share(cut), name=one_line(name, 60)) for cut, name in shares if cut)
        texts = row_texts(row)
        parts.append(
            of_domain.format(domain=title(row.name), shares=of_whom, what=texts.bounds_of, bounds=texts.bounds)
        )
    return _("Answers cut before they could be read, and left out: {domains}.").format(domains=joined(parts))


def headline(comparison: Comparison, name: str | None = None) -> str:
    """The main finding as one or a few plain sentences; regressions come first. `name` stands for the candidate's."""
    return _("{candidate} against {base}: {finding}").format(
        candidate=one_line(name or comparison.candidate.name, 60),
        base=one_line(comparison.base.name, 60),
        finding=sentences(findings(comparison)),
    )


def findings(comparison: Comparison) -> tuple[str, ...]:
    """The sentences of the headline, what regressed first."""
    domains = [row for row in comparison.domains if row.domain != TARGET]
    if not domains:
        return (_("no domain was compared."),)
    by_verdict = {word: [row for row in domains if row.judgement.verdict == word] for word in VERDICTS}
    found = (
        _regressed(by_verdict["regressed"], domains, comparison.tasks, bool(by_verdict["inconclusive"])),
        _enumerated(_("Retained within the margin: {domains}."), by_verdict["retained"], _delta),
        _enumerated(_("Improved: {domains}."), by_verdict["improved"], _delta),
        _enumerated(_("Mixed: {domains}."), by_verdict["mixed"], lambda row: _moved_both_ways(row, comparison.tasks)),
        _enumerated(_("Inconclusive: {domains}."), by_verdict["inconclusive"], _left_open),
        _enumerated(_("Not measured: {domains}."), by_verdict["not_measured"], lambda row: ""),
        _enumerated(
            _("On its target: {domains}."), [row for row in comparison.domains if row.domain == TARGET], _on_target
        ),
        much_cut(comparison),
    )
    return tuple(filter(None, found))


def mostly(fates: Fates | None) -> str:
    """Whether what was forgotten is mostly locked or mostly erased, by their intervals; '' where that is not known."""
    if fates is None or not fates.n_fates:
        return ""
    reach = fates.of_forgotten_reach
    locked = (fates.locked_of_forgotten, reach * fates.locked_of_forgotten_se)
    erased = (fates.erased_of_forgotten, reach * fates.erased_of_forgotten_se)
    never_known = (fates.never_known_of_forgotten, reach * fates.never_known_of_forgotten_se)
    for (of_forgotten, arm), told in (
        (locked, _("mostly locked")),
        (erased, _("mostly erased")),
        (never_known, _("mostly never known by likelihood")),
    ):
        if of_forgotten - arm > 0.5:
            return told
    if all(abs(of_forgotten - 0.5) + arm <= _EQUAL for of_forgotten, arm in (locked, erased)):
        return _("locked and erased about equally")
    # With narrower intervals it is known, and neither.
    return "" if all(arm <= _EQUAL for _share, arm in (locked, erased)) else _("locked or erased: too few to tell")


def both_ways(row: DeltaRow, tasks: Iterable[DeltaRow]) -> str:
    """The tasks of a domain that are shown to have fallen and those that rose; '' where they do not oppose another."""
    opposed = opposed_tasks(row.name, tasks)
    return items(f"{one_line(task.name, 60)} {_delta(task)}" for task in (*opposed.fallen, *opposed.risen))


def _moved_both_ways(row: DeltaRow, tasks: Iterable[DeltaRow]) -> str:
    return _("{delta}: {tasks}").format(delta=_delta(row), tasks=both_ways(row, tasks))


def _on_target(row: DeltaRow) -> str:
    return _("{delta}, {verdict}").format(delta=delta_with_interval(row.estimate), verdict=style_of(row).told)


def _regressed(rows: Sequence[DeltaRow], domains: Sequence[DeltaRow], tasks: Sequence[DeltaRow], doubt: bool) -> str:
    if not rows:
        if doubt:
            return _("No domain is shown to have regressed, which is no evidence that nothing was lost.")
        return _("No domain is shown to have regressed.")
    measured = sum(row.judgement.verdict != "not_measured" for row in domains)
    within = [row for row in rows if row.judgement.within_margin]
    more = [row for row in rows if not row.judgement.within_margin]
    if not more:
        told = _("{n} of {measured} measured domains regressed, and only within the margin: {lower}.")
    elif within:
        told = _("{n} of {measured} measured domains regressed: {domains}; lower, but within the margin: {lower}.")
    else:
        told = _("{n} of {measured} measured domains regressed: {domains}.")
    return told.format(
        n=len(more or within),
        measured=measured,
        domains=joined(_loss(row, tasks) for row in more),
        lower=joined(_loss(row, tasks) for row in within),
    )


def _loss(row: DeltaRow, tasks: Sequence[DeltaRow]) -> str:
    opposed = both_ways(row, tasks)
    mixed = _("though mixed: {tasks}").format(tasks=opposed) if opposed else ""
    remarks = messages.clauses([mostly(row.fates), mixed])
    told = _("{domain} {delta} ({remarks})") if remarks else _("{domain} {delta}")
    return told.format(domain=title(row.name), delta=delta_with_interval(row.estimate), remarks=remarks)


def _delta(row: DeltaRow) -> str:
    return MISSING if row.estimate is None else signed(row.estimate.delta)


def _left_open(row: DeltaRow) -> str:
    if style_of(row) is FRACTION_OPEN:
        texts = row_texts(row)
        told = _(
            "{delta}, a loss of the margin is ruled out, but not that less than {asked}% of what the base can do is "
            "kept: {kept}"
        )
        kept = f"{texts.retention} {texts.retention_interval}".rstrip()
        return told.format(delta=texts.delta, asked=f"{100 * row.judgement.preserve:.0f}", kept=kept)
    if row.estimate is None or isnan(row.estimate.mde):
        return _delta(row)
    seen_from = row.estimate.mde
    told = (
        _("{delta}, any drop could go unseen") if seen_from >= 1 else _("{delta}, a drop under {mde} could go unseen")
    )
    return told.format(delta=_delta(row), mde=points(seen_from))


def _enumerated(told: str, rows: Sequence[DeltaRow], detail: Callable[[DeltaRow], str]) -> str:
    """`told` of the domains in `rows`, each with its detail; '' where there is none."""
    with_detail = _("{domain} ({detail})")
    parts = [
        with_detail.format(domain=title(row.name), detail=detail(row)) if detail(row) else title(row.name)
        for row in rows
    ]
    return told.format(domains=joined(parts)) if rows else ""
