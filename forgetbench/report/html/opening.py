"""The first screen: the verdict in a sentence, the gain beside the losses, and how sure they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from forgetbench.messages import clauses, plural, sentences
from forgetbench.messages import translated as _
from forgetbench.records import TARGET, Comparison, DeltaRow, Verdict
from forgetbench.report import wording
from forgetbench.report.numbers import MISSING, points, row_texts, share


@dataclass(frozen=True, slots=True)
class Card:
    """One number of the first screen with what must be known of it."""

    title: str
    number: str
    """`MISSING` where there is none."""
    verdict: Verdict | None
    """Gives the number its colour and its symbol."""
    symbol: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Opening:
    """What stands before all else."""

    sentence: str
    gain: Card
    cost: Card
    certainty: Card
    level: str
    """Of all intervals, as '95%'."""
    forest: tuple[DeltaRow, ...]
    """The target first, then the domains that may have lost, and the whole last."""


def opening(comparison: Comparison) -> Opening:
    """The first screen of a comparison."""
    targets = [row for row in comparison.domains if row.domain == TARGET]
    losers = [row for row in comparison.domains if row.domain != TARGET]
    level = f"{100 * (1 - comparison.alpha):.6g}%"
    return Opening(
        sentence=_sentence(losers),
        gain=_gain(targets, level),
        cost=_cost(comparison, level),
        certainty=_certainty(comparison, losers, level),
        level=level,
        forest=(*targets, *losers, comparison.overall),
    )


def _sentence(domains: Sequence[DeltaRow]) -> str:
    """The verdict: what regressed, and what the rest amounts to."""
    of = {word: [row for row in domains if row.judgement.verdict == word] for word in wording.VERDICTS}
    measured = len(domains) - len(of["not_measured"])
    if not measured:
        return _("No domain could be measured.")
    lost = of["regressed"]
    beyond = [row for row in lost if not row.judgement.within_margin]
    if beyond:
        told = plural(
            "{n} of {all} measured domains regressed: {worst}.",
            "{n} of {all} measured domains regressed, {worst} the most.",
            len(lost),
        ).format(n=len(lost), all=measured, worst=_worst(beyond))
    elif lost:
        told = _("{n} of {all} measured domains regressed, and only within the margin.").format(
            n=len(lost), all=measured
        )
    else:
        told = _("No domain is shown to have regressed.")
    return sentences([told, *_remainder(of)])


def _worst(rows: Sequence[DeltaRow]) -> str:
    worst = min(rows, key=lambda row: row.estimate.delta if row.estimate else 0.0)
    return f"{wording.title(worst.name)} {row_texts(worst).delta}"


def _remainder(of: dict[Verdict, list[DeltaRow]]) -> Iterator[str]:
    """A sentence for the domains that neither regressed nor stayed unmeasured."""
    counted = [
        (of["improved"], _("{n} improved")),
        (of["retained"], _("{n} retained within the margin")),
        (of["mixed"], _("{n} mixed")),
        (of["inconclusive"], _("{n} inconclusive, which is no evidence that nothing was lost")),
        (of["not_measured"], _("{n} not measured")),
    ]
    parts = [text.format(n=len(rows)) for rows, text in counted if rows]
    if parts:
        yield _("The others: {parts}.").format(parts=clauses(parts))


def _gain(targets: Sequence[DeltaRow], level: str) -> Card:
    title = _("Gain on its target")
    measured = [row for row in targets if row.estimate is not None]
    if not measured:
        asked = _("no task of this suite is the target; --target FILE brings your own prompts")
        return Card(title, MISSING, None, "", (_("what the fine-tuning was for was not measured"), asked))
    return _number(title, measured[0], level)


def _cost(comparison: Comparison, level: str) -> Card:
    title = _("Cost, over all other domains")
    if comparison.overall.estimate is None:
        return Card(title, MISSING, None, "", (_("not measured"),))
    return _number(title, comparison.overall, level, *_forgotten(comparison))


def _number(title: str, row: DeltaRow, level: str, *more: str) -> Card:
    texts, look = row_texts(row), wording.style_of(row)
    scores = _("{base} before, {tuned} after").format(base=texts.base, tuned=texts.candidate)
    interval = _("{word}, {level} interval {interval}").format(word=look.told, level=level, interval=texts.interval)
    return Card(title, texts.delta, row.judgement.verdict, look.symbol, (interval, scores, *more))


def _forgotten(comparison: Comparison) -> Iterator[str]:
    """How many right answers became wrong, over the tasks that have such."""
    known = [row for row in comparison.tasks if row.outcomes and row.estimate and row.domain != TARGET]
    right = sum(row.n_items * row.estimate.base for row in known if row.estimate)
    lost = sum(row.n_items * row.outcomes.forgotten for row in known if row.outcomes)
    if right:
        yield _("{share} of the answers that were right are wrong now").format(share=share(lost / right))


def _certainty(comparison: Comparison, domains: Sequence[DeltaRow], level: str) -> Card:
    seen = [row.estimate.mde for row in domains if row.estimate is not None and row.estimate.mde == row.estimate.mde]
    title = _("How sure")
    lines = [*noise_told(comparison), *_weak(comparison)]
    if not seen:
        return Card(title, MISSING, None, "", tuple(lines))
    n = len([row for row in domains if row.estimate is not None])
    adjusted = _("paired by item, {level} intervals, tests adjusted for {n} domains").format(level=level, n=n)
    least, most = points(min(seen)), points(max(seen))
    found = _("points: the smallest drop that shows four times out of five, by domain")
    return Card(title, f"{least}–{most}" if least != most else least, None, "", (found, adjusted, *lines))


def noise_told(comparison: Comparison) -> Iterator[str]:
    """What the base differs from itself by, in a sentence; nothing where that cannot be said of any row."""
    if comparison.noise_floor is None:
        yield _("noise floor not measured: what the base differs from itself by is unknown")
    elif wording.bit_equal(comparison):
        yield _("noise floor 0: asked twice, the base is bit-equal")
    else:
        deltas = [abs(row["delta"]) for row in comparison.noise_floor.values() if row.get("delta") is not None]
        yield _("noise floor: asked twice, the base moved by up to {most} points").format(
            most=points(max(deltas, default=0.0))
        )


def _weak(comparison: Comparison) -> Iterator[str]:
    """How many domains rest on little."""
    few = sum(row.estimate is not None and wording.has_few(row) for row in comparison.domains)
    cut = sum(row.cut.much for row in comparison.domains)
    counted = [
        (few, plural("{n} domain has few independent clusters", "{n} domains have few independent clusters", few)),
        (cut, plural("{n} has many cut answers", "{n} have many cut answers", cut)),
    ]
    weak = [text.format(n=n) for n, text in counted if n]
    if weak:
        yield clauses(weak)
