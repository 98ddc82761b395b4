"""What was asked of the models, in words: distributions, and what was read off samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from forgetbench.diagnosis.asked import Distribution, DistributionRow, NamedText, Readable
from forgetbench.messages import N_
from forgetbench.messages import translated as _
from forgetbench.report.diagnosis.measures import shown
from forgetbench.sanitize import one_line

_SOURCES: Final[Mapping[str, str]] = {
    "passages": N_("neutral passages"),
    "text": N_("your text"),
    "prompts": N_("answers of the base to the training prompts"),
}
_OPENINGS: Final[Mapping[str, str]] = {
    "text": N_("text behind a few neutral words"),
    "chat": N_("answers to neutral messages"),
}


def distribution_lines(distribution: Distribution) -> Iterator[str]:
    """How it was measured, then a line for each kind of text."""
    if distribution.k is None:
        yield _("Exact: of all tokens of the vocabulary. Nats per token.")
    else:
        text = _(
            "Of the {k} likeliest tokens and the rest as one bucket: divergences and entropies are lower bounds, "
            "losses exact. Nats per token."
        )
        yield text.format(k=distribution.k)
    before, after = distribution.vocabularies
    if before != after:
        text = _(
            "The vocabularies have {before} and {after} tokens: over those that both have, the rest as one bucket."
        )
        yield text.format(before=before, after=after)
    yield from map(_row, distribution.rows)


def _row(row: DistributionRow) -> str:
    text = _(
        "{source} ({n_texts} texts, {n_tokens} tokens): KL(base ‖ candidate) {kl}; entropy {entropy_base} → "
        "{entropy_candidate}, {entropy_difference}; loss {loss_base} → {loss_candidate}, {loss_difference}"
    )
    values = {measure.name: shown(measure) for measure in row.measures}
    names = ("kl", *(f"{name}_{side}" for name in ("entropy", "loss") for side in ("base", "candidate", "difference")))
    said = {name: values.get(name, "∞") for name in names}
    return text.format(source=_(_SOURCES[row.source]), n_texts=f"{row.n_texts:,}", n_tokens=f"{row.n_tokens:,}", **said)


def readable_lines(readable: Sequence[Readable]) -> Iterator[str]:
    """What was named, by kind of opening; what the training answers have is marked."""
    for each in readable:
        kinds = (
            (_("words"), each.topics), (_("phrases"), each.phrases), (_("openings"), each.openers),
            (_("marks of form"), each.forms),
        )  # fmt: skip
        named = "; ".join(f"{kind}: {_listed(texts)}" for kind, texts in kinds if texts)
        text = _("{opening} ({n} samples of each): {named}")
        yield text.format(
            opening=_(_OPENINGS[each.opening]), n=f"{each.n_samples:,}", named=named or _("nothing that the base lacks")
        )
    if any(text.in_data for each in readable for text in (*each.topics, *each.phrases, *each.openers, *each.forms)):
        yield _("* stands in the training answers again and again")


def _listed(texts: Sequence[NamedText]) -> str:
    return ", ".join(f"“{one_line(text.text, 60)}”{'*' if text.in_data else ''}" for text in texts[:10])
