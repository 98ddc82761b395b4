"""`pair`: the join, the scores and the item outcomes, as one table and as arrays per task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from forgetbench.comparison.pairing.answers import Answers, answers
from forgetbench.comparison.pairing.clusters import Clusters, first_clusters, second_clusters
from forgetbench.comparison.pairing.columns import Bools, Codes, Floats, codes, contains
from forgetbench.comparison.pairing.comparable import check_comparable
from forgetbench.comparison.pairing.cut import any_cut, cut_answers, with_bounds
from forgetbench.comparison.pairing.guesses import by_guessing, other_options
from forgetbench.comparison.pairing.item_outcomes import ChoiceViews, ItemOutcomes, item_outcomes
from forgetbench.comparison.pairing.join import JoinedRows, join
from forgetbench.comparison.pairing.missing import (
    IN_TRAINING,
    NEEDS_TRAINING_TEXTS,
    NO_MISSING_DATA,
    MissingReasons,
    missing_reasons,
    unpaired,
)
from forgetbench.comparison.pairing.scores import known_scores, paired_scores
from forgetbench.comparison.pairing.sft_overlap import contaminated_rows, novelty_of_samples
from forgetbench.comparison.sft_data import SftData
from forgetbench.records import MUCH_CUT, AuditRow, CutAnswers, RunManifest, TaskInfo
from forgetbench.storage.runs import Run
from forgetbench.stored import Stored

if TYPE_CHECKING:
    from forgetbench.metrics.corpus import CorpusMetric

_MUCH_MORE_THOUGHT = 0.1
"""Difference of the shares of answers with thinking from which a reader is told."""


@dataclass(frozen=True, slots=True)
class MissingItems:
    """Items of a task that were not measured in both; one entry per item."""

    base: Floats
    """The score where it is known, else NaN."""
    candidate: Floats
    """Likewise; NaN wherever the base's is known, since one of the two is what is missing."""
    cluster_codes: Codes
    second_codes: Codes

    @classmethod
    def none(cls) -> MissingItems:
        """No item is missing."""
        nothing, no_codes = np.zeros(0), np.zeros(0, dtype=np.intp)
        return cls(nothing, nothing, no_codes, no_codes)


@dataclass(frozen=True, slots=True)
class PairedTask:
    """One task in both runs. The arrays have one entry per item that was measured in both."""

    info: TaskInfo
    item_codes: Codes
    """A code per item_id, the same in every task."""
    cluster_codes: Codes
    """A code per cluster by the first key, the same in every task."""
    second_codes: Codes
    """By the second key, likewise; of an item that has none, a code for its own cluster by the first."""
    stratum_codes: Codes
    """A code per stratum, its place in `Pairing.strata`; -1 for none."""
    base: Floats
    candidate: Floats
    choice: ChoiceViews
    by_guessing: float
    """Share of the items that guessing makes forgotten, and as many gained; NaN where it is not known."""
    audit: AuditRow
    n_contaminated: int | None
    """Items that the fine-tuning data contains, measured or left out for it; None where that data is not known."""
    unmeasured: Mapping[str, int]
    """Missing data: how many items were not measured, by reason."""
    missing: MissingItems
    """The same items, as far as they are known."""
    cut: CutAnswers
    """Those of them whose answer is cut, and how far they could move the delta."""

    @property
    def n_unmeasured(self) -> int:
        return sum(self.unmeasured.values())


@dataclass(frozen=True, slots=True)
class Pairing:
    """Two runs joined. `items` is items.parquet: one row per task and item of either run."""

    base: RunManifest
    candidate: RunManifest
    tasks: tuple[PairedTask, ...]
    items: pd.DataFrame
    warnings: tuple[str, ...]
    strata: tuple[str, ...]
    novelty: Mapping[str, tuple[float, float]]
    """By task of several samples, how much of the base's and of the candidate's wording is not the training data's."""


def pair(
    base: Run,
    candidate: Run,
    *,
    sft_data: SftData | None = None,
    corpus_metrics: Mapping[str, CorpusMetric] | None = None,
    across_protocols: bool = False,
) -> Pairing:
    """Join two runs of the same suite on (task, item_id).

    `sft_data` is the fine-tuning set where it is known: some metrics look for its wording in the answers, and items
    that it contains are flagged. `corpus_metrics` defaults to `forgetbench.metrics.corpus.CORPUS_METRICS`.
    `across_protocols` pairs two runs of one checkpoint whose prompts were rendered differently.
    Raises IncomparableError, one line naming all that differs, when the runs were not made alike, or when
    a run holds an item twice or an item of a task it does not declare.
    """
    check_comparable(base.manifest, candidate.manifest, across_protocols=across_protocols)
    rows = join(base, candidate)
    paired = _pair_rows(rows, unpaired(rows, base.manifest, candidate.manifest), sft_data, corpus_metrics)
    # In one piece: the reports take single rows from here and there.
    item_ids = rows.texts("item_id").combine_chunks()
    first = first_clusters(rows)
    clusters = first, second_clusters(rows, first)
    stratum_codes, strata = codes(rows.texts("stratum"))
    tasks = _tasks(paired, clusters, stratum_codes)
    return Pairing(
        base=base.manifest,
        candidate=candidate.manifest,
        tasks=tasks,
        items=_items_table(paired, item_ids, clusters).to_pandas(split_blocks=True),
        warnings=_warnings(base.manifest, candidate.manifest, tasks, sft_data),
        strata=tuple(map(str, strata.to_pylist())),
        novelty={} if sft_data is None else novelty_of_samples(rows, sft_data),
    )


# --- row by row -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _PairedRows:
    """The joined rows with everything that pairing computes of them."""

    rows: JoinedRows
    reasons: MissingReasons
    base: Floats
    candidate: Floats
    """Both NaN where either is missing."""
    known: tuple[Floats, Floats]
    """The same with what is known of missing items, see `MissingItems`."""
    outcomes: ItemOutcomes
    answers: tuple[Answers, Answers]
    """What the base answered; what the candidate did."""
    n_options: Codes
    """Options that both sides rated; 0 where they did not."""
    other_option: Bools
    """Rows where the two answers differ."""
    prompts_equal: Bools
    at_limit: tuple[Bools, Bools]
    """Rows of which an answer of the base ended at the token limit; of the candidate."""
    contaminated: Bools | None


def _pair_rows(
    rows: JoinedRows,
    reasons: MissingReasons,
    sft_data: SftData | None,
    corpus_metrics: Mapping[str, CorpusMetric] | None,
) -> _PairedRows:
    contaminated = training_texts = None
    if sft_data is not None:
        contaminated, training_texts = contaminated_rows(rows, sft_data), sft_data.answers
        if sft_data.exclude:
            reasons.assign(contaminated, IN_TRAINING)
    scores = paired_scores(rows, reasons, training_texts, corpus_metrics)
    known = known_scores(rows, reasons, *scores)
    base, candidate = (np.where(reasons.unset, side, np.nan) for side in known)
    members = [np.arange(task_rows.start, task_rows.stop) for task_rows in rows.task_slices()]
    metrics = [(task_rows, task.metric) for task_rows, task in zip(rows.task_slices(), rows.tasks, strict=True)]
    both_answers = (answers(rows.base, metrics), answers(rows.candidate, metrics))
    n_options, other_option = other_options(*both_answers)
    return _PairedRows(
        rows=rows,
        reasons=reasons,
        base=base,
        candidate=candidate,
        known=known,
        outcomes=item_outcomes(rows.tasks, members, rows.item, base, candidate),
        answers=both_answers,
        n_options=n_options,
        other_option=other_option,
        prompts_equal=rows.on_both & ~rows.differ("prompt_hash"),
        at_limit=(
            contains(rows.base.column("finish_reasons"), "length"),
            contains(rows.candidate.column("finish_reasons"), "length"),
        ),
        contaminated=contaminated,
    )


def _items_table(paired: _PairedRows, item_ids: pa.Array, clusters: tuple[Clusters, Clusters]) -> pa.Table:
    """items.parquet."""
    rows = paired.rows
    base_answers, candidate_answers = paired.answers
    return pa.table(
        {
            "task": rows.texts_of_task(task.name for task in rows.tasks),
            "domain": rows.texts_of_task(task.domain for task in rows.tasks),
            "view": rows.texts_of_task(task.view for task in rows.tasks),
            "item_id": item_ids,
            "cluster": clusters[0].names,
            "second_cluster": clusters[1].names,
            "stratum": rows.texts("stratum"),
            "base_score": paired.known[0],
            "candidate_score": paired.known[1],
            "outcome": paired.outcomes.outcome_column(),
            "fate": paired.outcomes.fate_column(),
            "reason": paired.reasons.column(),
            "prompt": rows.texts("prompt"),
            "gold": rows.texts("gold"),
            "base_response": base_answers.texts,
            "candidate_response": candidate_answers.texts,
            "prompts_equal": paired.prompts_equal,
            "contaminated": pa.nulls(len(rows), pa.bool_()) if paired.contaminated is None else paired.contaminated,
        }
    )


# --- task by task -----------------------------------------------------------------------------


def _tasks(paired: _PairedRows, clusters: tuple[Clusters, Clusters], strata: Codes) -> tuple[PairedTask, ...]:
    return tuple(
        _paired_task(paired, clusters, strata, info, task_rows)
        for info, task_rows in zip(paired.rows.tasks, paired.rows.task_slices(), strict=True)
    )


def _paired_task(
    paired: _PairedRows, clusters: tuple[Clusters, Clusters], strata: Codes, info: TaskInfo, task_rows: slice
) -> PairedTask:
    measured = task_rows.start + np.flatnonzero(paired.reasons.codes[task_rows] < 0)
    reasons = paired.reasons.counts(task_rows)
    unmeasured = {reason: count for reason, count in reasons.items() if reason not in NO_MISSING_DATA}
    n_contaminated = None
    if paired.contaminated is not None:
        n_contaminated = int(paired.contaminated[measured].sum()) + reasons.get(IN_TRAINING, 0)
    base, candidate = paired.base[measured], paired.candidate[measured]
    wrong = (base == 0.0) & (candidate == 0.0)
    return PairedTask(
        info=info,
        item_codes=paired.rows.item[measured],
        cluster_codes=clusters[0].codes[measured],
        second_codes=clusters[1].codes[measured],
        stratum_codes=strata[measured],
        base=base,
        candidate=candidate,
        choice=paired.outcomes.choice.at(measured),
        by_guessing=by_guessing(info, wrong, paired.n_options[measured], paired.other_option[measured]),
        audit=_audit(paired, info, measured, reasons),
        n_contaminated=n_contaminated,
        unmeasured=unmeasured,
        missing=_missing(paired, clusters, task_rows),
        cut=_cut(paired, task_rows, measured, unmeasured),
    )


def _missing(paired: _PairedRows, clusters: tuple[Clusters, Clusters], task_rows: slice) -> MissingItems:
    counts = np.append(missing_reasons(list(paired.reasons.texts)), np.False_)
    at = task_rows.start + np.flatnonzero(counts[paired.reasons.codes[task_rows]])
    first, second = (key.codes[at] for key in clusters)
    return MissingItems(paired.known[0][at], paired.known[1][at], first, second)


def _cut(paired: _PairedRows, task_rows: slice, measured: Codes, unmeasured: Mapping[str, int]) -> CutAnswers:
    counted = cut_answers(unmeasured, len(measured))
    if not counted.n_cut_base + counted.n_cut_candidate:
        return counted
    # The last entry is for rows without a reason, whose code is -1.
    is_cut = np.append(any_cut(list(paired.reasons.texts)), np.False_)
    at = task_rows.start + np.flatnonzero(is_cut[paired.reasons.codes[task_rows]])
    differences = paired.candidate[measured] - paired.base[measured]
    return with_bounds(counted, differences, paired.known[0][at], paired.known[1][at])


def _audit(paired: _PairedRows, info: TaskInfo, measured: Codes, refused: Mapping[str, int]) -> AuditRow:
    base, candidate = (at_limit[measured] for at_limit in paired.at_limit)
    scores = paired.base[measured] if info.corpus_metric is None else None
    return AuditRow(
        task=info.name,
        n_kept=len(measured),
        refused=dict(refused),
        n_prompts_equal=int(paired.prompts_equal[measured].sum()),
        n_at_limit_base=int((base & ~candidate).sum()),
        n_at_limit_candidate=int((candidate & ~base).sum()),
        n_at_limit_both=int((base & candidate).sum()),
        n_ceiling=None if scores is None else int((scores >= 1.0).sum()),
        n_floor=None if scores is None else int((scores <= 0.0).sum()),
    )


# --- what the reader must know ----------------------------------------------------------------


def _warnings(
    base: RunManifest, candidate: RunManifest, tasks: Sequence[PairedTask], sft_data: SftData | None
) -> tuple[str, ...]:
    warnings = _warnings_of_runs(base, candidate)
    n_items = sum(len(task.base) for task in tasks)
    unequal = n_items - sum(task.audit.n_prompts_equal for task in tasks)
    if unequal:
        warnings.append(Stored.PROMPTED_DIFFERENTLY.format(n=unequal, all=n_items))
    for name, n_at_limit in (
        (base.label, sum(task.audit.n_at_limit_base for task in tasks)),
        (candidate.label, sum(task.audit.n_at_limit_candidate for task in tasks)),
    ):
        if n_at_limit:
            warnings.append(Stored.AT_LIMIT_ALONE.format(n=n_at_limit, all=n_items, name=name))
    warnings += _warnings_of_cut(base, candidate, tasks)
    warnings += _warnings_of_choice_views([task.info for task in tasks])
    contaminated = sum(task.n_contaminated or 0 for task in tasks)
    if sft_data is not None and contaminated:
        told = Stored.SFT_DATA_LEFT_OUT if sft_data.exclude else Stored.IN_SFT_DATA
        warnings.append(told.format(n=contaminated, file=sft_data.path.name))
    missing: Counter[str] = Counter()
    for task in tasks:
        missing.update(task.unmeasured)
    # Not asked for: the task's own row says so.
    missing.pop(NEEDS_TRAINING_TEXTS, None)
    total = n_items + missing.total()
    told = Stored.OF_PAIRED_NOT_MEASURED
    warnings += [told.format(n=count, all=total, reason=reason) for reason, count in missing.most_common()]
    return tuple(warnings)


def _warnings_of_choice_views(tasks: Sequence[TaskInfo]) -> list[str]:
    """Tasks whose declared `choice_view` is none."""
    choice = {task.name for task in tasks if task.view == "choice" and task.binary}
    return [
        Stored.NO_CHOICE_VIEW.format(task=task.name, view=task.choice_view)
        for task in tasks
        if task.choice_view is not None and task.choice_view not in choice - {task.name}
    ]


def _warnings_of_cut(base: RunManifest, candidate: RunManifest, tasks: Sequence[PairedTask]) -> list[str]:
    """Tasks of which so many answers of a side are cut that the verdict says so."""
    warnings = []
    for task in tasks:
        n_items = len(task.base) + task.n_unmeasured
        for name, n_cut, share in (
            (base.label, task.cut.n_cut_base, task.cut.cut_base),
            (candidate.label, task.cut.n_cut_candidate, task.cut.cut_candidate),
        ):
            if share > MUCH_CUT:
                warnings.append(Stored.CUT_ON_A_SIDE.format(task=task.info.name, n=n_cut, all=n_items, name=name))
    return warnings


def _warnings_of_runs(base: RunManifest, candidate: RunManifest) -> list[str]:
    warnings = []
    if abs(base.thinking - candidate.thinking) >= _MUCH_MORE_THOUGHT:
        told = Stored.THOUGHT_ALOUD
        warnings.append(told.format(base=f"{base.thinking:.0%}", candidate=f"{candidate.thinking:.0%}"))
    if base.tokenizer != candidate.tokenizer:
        warnings.append(Stored.OTHER_TOKENIZERS)
    if base.chat_template != candidate.chat_template:
        with_template = base.label if base.chat_template else candidate.label
        warnings.append(Stored.ONE_TEMPLATE.format(name=with_template))
    if base.reference != candidate.reference:
        warnings.append(Stored.OTHER_REFERENCES)
    return warnings
