"""`pair`: the join, what was measured and what became of it, as one table and as arrays per task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from forgetbench.comparison.pairing.columns import Bools, Codes, Floats, codes, holds
from forgetbench.comparison.pairing.comparable import check_comparable
from forgetbench.comparison.pairing.contaminated import IN_TRAINING, contaminated_rows, novelty_of_samples
from forgetbench.comparison.pairing.item_outcomes import ItemOutcomes, fates
from forgetbench.comparison.pairing.measured import SUPPORTING, Reasons, first_reasons, measured_scores
from forgetbench.comparison.pairing.rows import Rows
from forgetbench.comparison.sft_data import SftData
from forgetbench.records import AuditRow, Run, RunManifest, TaskInfo
from forgetbench.storage.results import StoredRun

if TYPE_CHECKING:
    from forgetbench.metrics.corpus import CorpusMetric


@dataclass(frozen=True, slots=True)
class PairedTask:
    """One task on both sides. The arrays have one entry per item that was measured on both."""

    info: TaskInfo
    item_codes: Codes
    """A code per item_id, the same in every task."""
    cluster_codes: Codes
    """A code per cluster name, the same in every task."""
    stratum_codes: Codes
    """A code per stratum, its place in `Pairing.strata`; -1 for none."""
    base: Floats
    candidate: Floats
    has_choice_view: Bools
    """The item's `choice` view was measured, so a loss can be told locked or erased."""
    locked: Bools
    """Forgotten, and the candidate still ranks the right answer first in the `choice` view."""
    erased: Bools
    """Forgotten, and wrong in the `choice` view too."""
    audit: AuditRow
    n_contaminated: int | None
    """Items that the fine-tuning data contains, measured or left out for it; None where that data is not known."""
    unmeasured: Mapping[str, int]
    """How many items were not measured, by reason."""

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
    base: Run | StoredRun,
    candidate: Run | StoredRun,
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
    rows = Rows.join(base, candidate)
    reasons = first_reasons(rows, base.manifest, candidate.manifest)
    known = None if sft_data is None else contaminated_rows(rows, sft_data)
    if known is not None and sft_data is not None and sft_data.exclude:
        reasons.give(known, IN_TRAINING)
    scores = measured_scores(rows, reasons, None if sft_data is None else sft_data.answers, corpus_metrics)
    prompts_equal = rows.on_both & ~rows.differ("prompt_hash")
    found = _Found(rows, reasons, *scores, fates(rows, *scores), prompts_equal, _cut(rows), known)
    # In one piece: the reports take single rows from here and there.
    item_ids = rows.texts("item_id").combine_chunks()
    # An item without a cluster is its own.
    clusters = pc.coalesce(rows.texts("cluster"), item_ids)
    stratum, strata = codes(rows.texts("stratum"))
    tasks = _tasks(found, codes(clusters)[0], stratum)
    items = _table(found, item_ids, clusters).to_pandas(split_blocks=True)
    warnings = _warnings(base.manifest, candidate.manifest, tasks, sft_data)
    novelty = {} if sft_data is None else novelty_of_samples(rows, sft_data)
    names = tuple(map(str, strata.to_pylist()))
    return Pairing(base.manifest, candidate.manifest, tasks, items, warnings, names, novelty)


@dataclass(frozen=True, slots=True)
class _Found:
    """Everything the pairing says of its rows."""

    rows: Rows
    reasons: Reasons
    base: Floats
    candidate: Floats
    fates: ItemOutcomes
    prompts_equal: Bools
    cut: tuple[Bools, Bools]
    """Rows of which the token limit cut an answer of the base; of the candidate."""
    contaminated: Bools | None


def _table(found: _Found, item_ids: pa.Array, clusters: pa.ChunkedArray) -> pa.Table:
    """items.parquet."""
    rows = found.rows
    base_answers, candidate_answers = rows.answers()
    return pa.table(
        {
            "task": rows.task_texts(task.name for task in rows.tasks),
            "domain": rows.task_texts(task.domain for task in rows.tasks),
            "view": rows.task_texts(task.view for task in rows.tasks),
            "item_id": item_ids,
            "cluster": clusters,
            "stratum": rows.texts("stratum"),
            "base_score": found.base,
            "candidate_score": found.candidate,
            "outcome": found.fates.outcome_column(),
            "fate": found.fates.fate_column(),
            "reason": found.reasons.column(),
            "prompt": rows.texts("prompt"),
            "gold": rows.texts("gold"),
            "base_response": base_answers,
            "candidate_response": candidate_answers,
            "prompts_equal": found.prompts_equal,
            "contaminated": pa.nulls(len(rows), pa.bool_()) if found.contaminated is None else found.contaminated,
        }
    )


def _tasks(found: _Found, clusters: Codes, strata: Codes) -> tuple[PairedTask, ...]:
    return tuple(
        _paired_task(found, clusters, strata, info, part)
        for info, part in zip(found.rows.tasks, found.rows.parts(), strict=True)
    )


def _paired_task(found: _Found, clusters: Codes, strata: Codes, info: TaskInfo, part: slice) -> PairedTask:
    measured = part.start + np.flatnonzero(found.reasons.codes[part] < 0)
    reasons = found.reasons.counts(part)
    contaminated = None
    if found.contaminated is not None:
        contaminated = int(found.contaminated[measured].sum()) + reasons.get(IN_TRAINING, 0)
    return PairedTask(
        info=info,
        item_codes=found.rows.item[measured],
        cluster_codes=clusters[measured],
        stratum_codes=strata[measured],
        base=found.base[measured],
        candidate=found.candidate[measured],
        has_choice_view=found.fates.has_choice_view[measured],
        locked=found.fates.locked[measured],
        erased=found.fates.erased[measured],
        audit=_audit(found, info.name, measured, reasons),
        n_contaminated=contaminated,
        unmeasured={why: count for why, count in reasons.items() if why not in (SUPPORTING, IN_TRAINING)},
    )


def _audit(found: _Found, task: str, measured: Codes, refused: Mapping[str, int]) -> AuditRow:
    base, candidate = (side[measured] for side in found.cut)
    return AuditRow(
        task=task,
        n_kept=len(measured),
        refused=dict(refused),
        n_prompts_equal=int(found.prompts_equal[measured].sum()),
        n_cut_base=int((base & ~candidate).sum()),
        n_cut_candidate=int((candidate & ~base).sum()),
        n_cut_both=int((base & candidate).sum()),
    )


def _cut(rows: Rows) -> tuple[Bools, Bools]:
    base, candidate = (holds(side.column("finish_reasons"), "length") for side in (rows.base, rows.candidate))
    return base, candidate


# --- what the reader must know ----------------------------------------------------------------


def _warnings(
    base: RunManifest, candidate: RunManifest, tasks: Sequence[PairedTask], sft_data: SftData | None
) -> tuple[str, ...]:
    found = []
    if base.tokenizer != candidate.tokenizer:
        found.append("base and candidate have different tokenizers or chat templates")
    if base.chat_template != candidate.chat_template:
        with_template = base.name if base.chat_template else candidate.name
        found.append(f"only {with_template} was prompted with a chat template")
    if base.reference != candidate.reference:
        found.append(
            "base and candidate were judged under different reference checkpoints: text rated by likelihood "
            "was not compared; evaluate the candidate with --base"
        )
    n_items = sum(len(task.base) for task in tasks)
    unequal = n_items - sum(task.audit.n_prompts_equal for task in tasks)
    if unequal:
        found.append(f"{unequal} of {n_items} paired items were prompted differently on the two sides")
    for side, cut in (
        (base.name, sum(task.audit.n_cut_base for task in tasks)),
        (candidate.name, sum(task.audit.n_cut_candidate for task in tasks)),
    ):
        if cut:
            found.append(f"{cut} of {n_items} paired items: an answer of {side} alone was cut by the token limit")
    contaminated = sum(task.n_contaminated or 0 for task in tasks)
    if sft_data is not None and contaminated:
        hint = "a gain on them is no gain; --exclude-contaminated leaves them out"
        done = "they were left out" if sft_data.exclude else hint
        found.append(f"{contaminated} items stand in the fine-tuning data {sft_data.path.name}: {done}")
    why: Counter[str] = Counter()
    for task in tasks:
        why.update(task.unmeasured)
    total = n_items + sum(why.values())
    found += [f"{count} of {total} items not measured: {reason}" for reason, count in why.most_common()]
    return tuple(found)
