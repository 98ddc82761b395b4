"""Forgotten items that were asked again: a table of what each way brings back, and a line for each domain."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan

from forgetbench.diagnosis.elicitation import ANY, WAYS, Elicitation, ElicitationRow
from forgetbench.messages import clauses
from forgetbench.messages import translated as _
from forgetbench.report.diagnosis.words import LACKS
from forgetbench.report.diagnosis.words import WAYS as NAMES
from forgetbench.report.numbers import MISSING, share, within_share
from forgetbench.report.supplementary import SupplementaryTable
from forgetbench.report.wording import title


def asked_again(elicitation: Elicitation) -> tuple[tuple[str, ...], SupplementaryTable]:
    """The lines under the table, and the table: of all domains together, or of the only one."""
    domains = list(dict.fromkeys(row.domain for row in elicitation.rows if row.domain is not None))
    whole = [row for row in elicitation.rows if row.domain is None] or _of_domain(elicitation, domains[0])
    lines = [_not_asked(row) for row in whole if not row.n_forgotten]
    if len(domains) > 1:
        lines += [_domain(domain, _of_domain(elicitation, domain)) for domain in domains]
    return tuple(lines), _table(elicitation, [row for row in whole if row.n_forgotten])


def _of_domain(elicitation: Elicitation, domain: str) -> list[ElicitationRow]:
    return [row for row in elicitation.rows if row.domain == domain and row.stratum is None and row.language is None]


def _table(elicitation: Elicitation, rows: list[ElicitationRow]) -> SupplementaryTable:
    note = _(
        "How many of the forgotten answers are right when asked for in another way, by {engine}. Luck: the same of "
        "items that neither had right before. Base: the same of the base. Kept: the same of items that were kept. Up "
        "to {items} forgotten items of each domain, {shots} examples, seed {seed}."
    )
    told = note.format(
        engine=" ".join(elicitation.engine.values()),
        items=elicitation.items,
        shots=elicitation.shots,
        seed=elicitation.seed,
    )
    columns = (_("asked again"), _("items"), _("came back"), _("luck"), _("less luck"), _("base"), _("kept"))
    return SupplementaryTable(_("Forgotten items, asked again"), told, columns, tuple(map(_cells, rows)))


def _cells(row: ElicitationRow) -> tuple[str, ...]:
    numbers = share(row.raw), share(row.control), _corrected(row), share(row.base), share(row.kept)
    return _(NAMES[row.way]), f"{row.n_forgotten:,}", *numbers


def _corrected(row: ElicitationRow) -> str:
    """Less luck it may be below 0 by chance; estimate and interval are shown as what a share can be."""
    if isnan(row.corrected):
        return MISSING
    low = 0.0 if isnan(row.low) else within_share(row.low)
    high = 1.0 if isnan(row.high) else within_share(row.high)
    return f"{share(within_share(row.corrected))} [{share(low)}, {share(high)}]"


def _not_asked(row: ElicitationRow) -> str:
    why = _(LACKS[row.lack]) if row.lack else MISSING
    return _("Not asked: {way} ({why}).").format(way=_(NAMES[row.way]), why=why)


def _domain(domain: str, rows: list[ElicitationRow]) -> str:
    """What any way brings back of a domain, and which way brings back most of it."""
    (together,) = (row for row in rows if row.way == ANY)
    if not together.n_forgotten:
        return _("{domain}: nothing could be asked again.").format(domain=title(domain))
    told = _("{domain}: of {n} {share} came back, less luck {corrected}; {ways}.")
    ways = clauses(f"{_(NAMES[row.way])} {_corrected(row)}" for row in _asked(rows))
    return told.format(
        domain=title(domain),
        n=together.n_forgotten,
        share=share(together.raw),
        corrected=_corrected(together),
        ways=ways,
    )


def _asked(rows: list[ElicitationRow]) -> Iterator[ElicitationRow]:
    return (row for way in WAYS for row in rows if row.way == way and row.n_forgotten)
