"""Supplementary tables: how items were paired, the other way of prompting, what a chat format costs, chance-corrected
item outcomes, what was allowed, on how many clusters rows rest, strata, and every metric beside the scores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import starmap
from math import isfinite, isnan
from typing import Any

from forgetbench.comparison.preserved import preserved_bound
from forgetbench.comparison.verdict import bounds_at
from forgetbench.messages import N_, clauses
from forgetbench.messages import translated as _
from forgetbench.records import (
    MACRO_MEAN,
    AuditRow,
    Comparison,
    DeltaRow,
    Estimate,
    MetricRow,
    OutcomeRates,
    StratumRow,
)
from forgetbench.report.numbers import (
    MISSING,
    NOTHING,
    decimals,
    interval,
    p_value,
    points,
    ratio,
    row_texts,
    share,
    signed,
)
from forgetbench.report.wording import has_few, style_of, title
from forgetbench.sanitize import one_line
from forgetbench.stats.chance import marginal_correction
from forgetbench.stats.clustered import FEW
from forgetbench.stored import retold

_SHARES_OF_ANSWERS = {
    "at_limit": N_("answers that ended at the token limit"),
    "thinking": N_("answers with thinking before them"),
}
"""Numbers that every generated task has, in words."""


@dataclass(frozen=True, slots=True)
class SupplementaryTable:
    """A table of text cells; the first column is a name, the others are numbers, or words where `ends_in_words`."""

    title: str
    note: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    ends_in_words: bool = False
    """The last column holds sentences, which are broken into lines."""
    all_words: bool = False
    """Every column does."""


def protocols(comparison: Comparison) -> Iterator[SupplementaryTable]:
    """The domains under completion prompts, and what its chat template costs each checkpoint, where it is known."""
    if comparison.completion:
        yield SupplementaryTable(
            _("Both without a chat template"),
            _(
                "The same comparison with completion prompts on both sides. The headline above gives each its own "
                "format."
            ),
            (_("domain"), _("base"), _("tuned"), _("delta [interval]"), _("verdict")),
            tuple(map(_delta_cells, comparison.completion)),
        )
    for side, name in (("base", comparison.base.name), ("candidate", comparison.candidate.name)):
        if rows := comparison.chat_format_costs.get(side):
            yield SupplementaryTable(
                _("Costs of the chat format: {name}").format(name=one_line(name, 60)),
                _("One checkpoint, asked without its chat template and with it: a loss is what the format costs."),
                (_("domain"), _("completion"), _("chat"), _("delta [interval]")),
                tuple(_delta_cells(row)[:-1] for row in rows),
            )


def folder_settings(comparison: Comparison) -> Iterator[SupplementaryTable]:
    """What the two folders set differently, where they do."""
    if comparison.folder_differences:
        yield SupplementaryTable(
            _("Settings that differ between the folders"),
            _(
                "What the checkpoints bring along: configuration, tokenizer, chat template. Decoding is the task's "
                "alone: of generation_config the tokens that end an answer are used, and nothing else."
            ),
            (_("setting"), _("base"), _("tuned")),
            tuple(
                (one_line(row.setting, 60), *(MISSING if side is None else one_line(side, 120) for side in sides))
                for row in comparison.folder_differences
                for sides in [(row.base, row.candidate)]
            ),
            all_words=True,
        )


def allowances(comparison: Comparison) -> Iterator[SupplementaryTable]:
    """Both questions that decide whether a row is within its margin, with the numbers that answer them."""
    alpha = comparison.alpha
    rows = [row for row in _rows(comparison) if row.judgement.within_margin is not None]
    if rows:
        yield SupplementaryTable(
            _("Against what is allowed"),
            _(
                "One-sided bounds at {level:.6g}%, with missing items at their worst. Of the delta: above minus the "
                "margin, a larger loss is ruled out; p is that of the margin or more being lost. Of what is kept: the "
                "tuned model's score less the fraction of the base's that is to be kept, both above chance; above 0, "
                "that much is kept. Adjusted for nothing."
            ).format(level=100 * (1 - alpha)),
            (
                _("row"),
                _("delta at least"),
                _("margin"),
                "p",
                _("to keep"),
                _("kept beyond it at least"),
                _("within the margin"),
            ),
            tuple(_allowance_cells(row, alpha) for row in rows),
        )


def _allowance_cells(row: DeltaRow, alpha: float) -> tuple[str, ...]:
    judgement, keeps = row.judgement, row.judgement.preserve > 0.0
    beyond = preserved_bound(row.kept, judgement.preserve, alpha=alpha, interval_alpha=alpha) if keeps else None
    return (
        _name(row),
        signed(bounds_at(row, alpha=alpha, interval_alpha=alpha).lower),
        points(judgement.margin),
        p_value(judgement.p_noninferior),
        f"{100 * judgement.preserve:.0f}%" if keeps else MISSING,
        signed(beyond),
        _("yes") if judgement.within_margin else _("no"),
    )


def evidence(comparison: Comparison) -> Iterator[SupplementaryTable]:
    """On how many independent pieces of evidence each row rests, and what so many can show."""
    rows = [row for row in _rows(comparison) if row.evidence.n_clusters]
    if rows:
        yield SupplementaryTable(
            _("Clusters, and what they can show"),
            _(
                "Clusters by the first key, and by the second where a task declares one; effective: so many of equal "
                "weight would tell as much; dof: degrees of freedom of the standard error. Detects: the drop that is "
                "found four times out of five if it is spread evenly, and if whole clusters collapse. Effect: Cohen's "
                "d_av. Few: fewer than {few} effective clusters."
            ).format(few=FEW),
            (
                _("row"),
                _("clusters"),
                _("effective"),
                _("dof"),
                _("detects, spread"),
                _("detects, collapse"),
                _("effect"),
                _("note"),
            ),
            tuple(map(_evidence_cells, rows)),
            ends_in_words=True,
        )


def _evidence_cells(row: DeltaRow) -> tuple[str, ...]:
    found, estimate = row.evidence, row.estimate or NOTHING
    second = "" if found.n_second_clusters is None else f" / {found.n_second_clusters:,}"
    return (
        _name(row),
        f"{found.n_clusters:,}{second}",
        _one_decimal(found.n_effective),
        _one_decimal(found.dof),
        points(estimate.mde),
        points(estimate.mde_uneven),
        ratio(estimate.effect),
        _("few") if has_few(row) else "",
    )


def _one_decimal(number: float) -> str:
    return f"{number:,.1f}" if isfinite(number) else MISSING


def _rows(comparison: Comparison) -> tuple[DeltaRow, ...]:
    return (*comparison.domains, comparison.overall, *comparison.tasks)


def _name(row: DeltaRow) -> str:
    """A domain's name as running text has it, a task's as it is."""
    return title(row.name) if row.metric == MACRO_MEAN else one_line(row.name, 60)


def pairing_audit(comparison: Comparison) -> Iterator[SupplementaryTable]:
    """What became of every item of either run, and on how many of a task's items something can be lost at all."""
    if comparison.pairing:
        informative = {row.name: row.outcomes.informative for row in comparison.tasks if row.outcomes}
        yield SupplementaryTable(
            _("Pairing audit"),
            _(
                "Every item of either run is kept or refused. At the limit: an answer ended at the token limit and was "
                "read all the same, on the side of the base alone / of the tuned alone / of both. Ceiling and floor: "
                "items on which the base has all or nothing: none can be gained or lost there. Informative: items the "
                "base can do, chance-corrected."
            ),
            (
                _("task"),
                _("kept"),
                _("refused"),
                _("prompts equal"),
                _("at the limit"),
                _("ceiling"),
                _("floor"),
                _("informative"),
                _("why refused"),
            ),
            tuple(_audit_cells(row, informative.get(row.task)) for row in comparison.pairing),
            ends_in_words=True,
        )


def _audit_cells(row: AuditRow, informative: float | None) -> tuple[str, ...]:
    refused = sum(row.refused.values())
    at_limit = (row.n_at_limit_base, row.n_at_limit_candidate, row.n_at_limit_both)
    return (
        one_line(row.task, 60),
        f"{row.n_kept:,}",
        f"{refused:,}",
        _("all") if row.n_prompts_equal == row.n_kept else f"{row.n_prompts_equal:,}",
        " / ".join(f"{count:,}" for count in at_limit) if any(at_limit) else _("none"),
        *(
            share(None if count is None or not row.n_kept else count / row.n_kept)
            for count in (row.n_ceiling, row.n_floor)
        ),
        share(informative),
        clauses(starmap(_refused, row.refused.items())) or MISSING,
    )


def _refused(why: str, count: int) -> str:
    return _("{why} ({n:,})").format(why=retold(one_line(why, 160)), n=count)


def chance_correction(comparison: Comparison) -> Iterator[SupplementaryTable]:
    """What was forgotten and gained, chance-corrected in two ways, beside what noise alone does."""
    cells = [
        _correction_cells(row, row.estimate, row.outcomes, comparison.noise_floor)
        for row in comparison.tasks
        if row.chance and row.estimate is not None and row.outcomes is not None
    ]
    if cells:
        yield SupplementaryTable(
            _("Forgotten and gained, chance-corrected"),
            _(
                "Per cent of items, forgotten / gained. Marginal: less what the two accuracies alone would give by "
                "guessing (arXiv 2510.17776), not below 0. Latent: from the items that both have wrong, unclipped. "
                "Noise floor: the base asked twice."
            ),
            (_("task"), _("raw"), _("marginal"), _("latent"), _("noise floor")),
            tuple(cells),
        )


def _correction_cells(
    row: DeltaRow, estimate: Estimate, raw: OutcomeRates, noise_floor: Mapping[str, Any] | None
) -> tuple[str, ...]:
    marginal = marginal_correction(raw.forgotten, raw.gained, estimate.base, estimate.candidate, row.chance or 0.0)
    noise = (noise_floor or {}).get(row.name, {})
    pairs = (
        (raw.forgotten, raw.gained),
        (marginal.forgotten, marginal.gained),
        (raw.forgotten_corrected, raw.gained_corrected),
        (noise.get("forgotten"), noise.get("gained")),
    )
    return (one_line(row.name, 60), *(f"{points(lost)} / {points(won)}".replace("-", "−") for lost, won in pairs))


def strata(comparison: Comparison) -> Iterator[SupplementaryTable]:
    """Each domain's strata, where it has several."""
    if comparison.strata:
        yield SupplementaryTable(
            _("By stratum"),
            _(
                "Macro means over a domain's tasks; 95% intervals by Student's t over clusters. Exploratory: among "
                "many rows some stand out by chance."
            ),
            (_("domain"), _("stratum"), _("items"), _("base"), _("tuned"), _("delta [interval]")),
            tuple(map(_stratum_cells, comparison.strata)),
        )


def borrowed(comparison: Comparison) -> Iterator[SupplementaryTable]:
    """What every row is after borrowing from the others: domains from domains, tasks from those of their domain."""
    rows = [row for row in (*comparison.domains, *comparison.tasks) if not isnan(row.shrunk.shrunk)]
    if rows:
        yield SupplementaryTable(
            _("Borrowing from one another"),
            _(
                "Estimates drawn towards their common mean, as far as the rows' own uncertainty and spread say "
                "(empirical Bayes): domains among all, tasks within their domain. It decides nothing; a row that is "
                "unlike the others is drawn towards them all the same."
            ),
            (_("row"), _("delta"), _("shrunk ± sd"), _("P(drop > margin)")),
            tuple(map(_borrowed_cells, rows)),
        )


def _borrowed_cells(row: DeltaRow) -> tuple[str, ...]:
    shrunk = row.shrunk
    return (
        _name(row),
        row_texts(row).delta,
        f"{signed(shrunk.shrunk)} ± {points(shrunk.shrunk_sd)}",
        share(shrunk.p_beyond_margin),
    )


def other_metrics(comparison: Comparison) -> Iterator[SupplementaryTable]:
    """Every number beside the scores, by task, as means over each run's measured items."""
    # That nothing was cut goes without saying.
    shown = [row for row in comparison.metrics if row.metric not in _SHARES_OF_ANSWERS or row.base or row.candidate]
    if shown:
        yield SupplementaryTable(
            _("Numbers beside the scores"),
            _("Means over each run's measured items, as the tasks define them; higher is not always better here."),
            (_("task"), _("number"), _("base"), _("tuned"), _("difference")),
            tuple(map(_metric_cells, _grouped(shown))),
        )


def _grouped(rows: Sequence[MetricRow]) -> list[MetricRow]:
    order = {task: place for place, task in enumerate(dict.fromkeys(row.task for row in rows))}
    return sorted(rows, key=lambda row: order[row.task])


def _delta_cells(row: DeltaRow) -> tuple[str, ...]:
    texts, style = row_texts(row), style_of(row)
    verdict = f"{style.symbol} {style.told}"
    return (title(row.name), texts.base, texts.candidate, texts.delta_with_interval, verdict)


def _stratum_cells(row: StratumRow) -> tuple[str, ...]:
    return (
        title(row.domain),
        one_line(row.stratum, 60),
        f"{row.n_items:,}",
        points(row.base),
        points(row.candidate),
        f"{signed(row.delta)} {interval(row.ci_low, row.ci_high)}",
    )


def _metric_cells(row: MetricRow) -> tuple[str, ...]:
    difference = None if row.base is None or row.candidate is None else row.candidate - row.base
    shares = _SHARES_OF_ANSWERS.get(row.metric)
    name = one_line(row.metric, 60).replace("_", " ") if shares is None else _(shares)
    return (one_line(row.task, 60), name, decimals(row.base), decimals(row.candidate), decimals(difference))
