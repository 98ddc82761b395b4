"""Two runs compared: what fine-tuning did to every score, with its uncertainty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from forgetbench.comparison.delta_rows import DeltaRows, delta_rows
from forgetbench.comparison.estimates import Inference
from forgetbench.comparison.intervals import FixedSample, GroupSequential
from forgetbench.comparison.pairing import Pairing, pair
from forgetbench.comparison.sft_data import SftData
from forgetbench.comparison.strata import metric_rows, stratum_rows
from forgetbench.errors import IncomparableError
from forgetbench.models.folder_defaults import folder_differences
from forgetbench.records import ALPHA, Comparison, DeltaRow, Looks, Margins, RunManifest, Side
from forgetbench.stats.clustered import FEW, dominating_task
from forgetbench.storage.runs import Run
from forgetbench.stored import Stored

if TYPE_CHECKING:
    from forgetbench.metrics.corpus import CorpusMetric


def compare(
    base: Run,
    candidate: Run,
    *,
    margins: Margins | Mapping[str, float] | None = None,
    sft_data: SftData | None = None,
    noise_floor: Mapping[str, Any] | None = None,
    alpha: float = ALPHA,
    resamples: int = 10_000,
    seed: int = 0,
    corpus_metrics: Mapping[str, CorpusMetric] | None = None,
    looks: Looks | None = None,
    completion: Sequence[DeltaRow] = (),
    chat_format_costs: Mapping[str, tuple[DeltaRow, ...]] | None = None,
) -> tuple[Comparison, pd.DataFrame]:
    """Compare a fine-tuned model's run with its base's: one row per task, per domain and for all domains together.

    Items are paired by task and id, and a delta is the mean of the paired differences candidate - base of scores in
    [0, 1] (Miller 2024, arXiv 2411.00640); a domain is the macro mean of its tasks, the whole that of all domains but
    target. Items of one cluster (a subject, a template, a prompt) are dependent, so the cluster is the unit of every
    standard error, interval and test: a cluster bootstrap with expanded percentiles (Hesterberg 2015), exact McNemar
    for independent right-or-wrong items, and sign flips of clusters for all others (Phipson and Smyth 2010). Task
    p-values are adjusted by Benjamini and Hochberg (1995), those of domains by Holm (1979). Verdicts are those of
    `comparison.verdict.verdict`; docs/statistics.md has every formula with its source.

    margins            how much may be lost, or the non-inferiority margin by domain alone, in score units; by default
                       what the base's run declares
    sft_data           the fine-tuning data: items that it contains are counted as contaminated
    noise_floor        by row, what the base loses against itself; it is shown, and decides nothing, since chance flips
                       are in the paired standard errors already
    alpha              intervals have level 1 - alpha, and tests this size
    resamples, seed    of the bootstrap and the sign flips; equal runs and seed give equal numbers
    corpus_metrics     functions of metrics whose item scores need the other items, by name; the built-in ones if None
    looks              of a group-sequential evaluation: intervals and p-values hold at every planned look, and nothing
                       is drawn
    completion, chat_format_costs
                       rows of the same checkpoints under another protocol, kept beside the others as they are

    Returns the comparison, and items.parquet's table: one row per task and item of either run.
    Raises IncomparableError when the runs must not be paired.
    """
    pairing = pair(base, candidate, sft_data=sft_data, corpus_metrics=corpus_metrics)
    method = GroupSequential(alpha, looks.taken, looks.planned) if looks else FixedSample(alpha, resamples, seed)
    allowed = _allowed(margins, base.manifest)
    rows = delta_rows(pairing.tasks, Inference(allowed, method))
    comparison = Comparison(
        comparison_id=comparison_id(base.manifest, candidate.manifest),
        base=_side(base.manifest),
        candidate=_side(candidate.manifest),
        suite=base.manifest.suite,
        suite_version=base.manifest.suite_version,
        protocol=base.manifest.protocol,
        engine=candidate.manifest.engine,
        domains=rows.domains,
        tasks=rows.tasks,
        overall=rows.overall,
        noise_floor=noise_floor,
        warnings=_warnings(pairing, rows),
        seed=seed,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        alpha=alpha,
        margins=allowed,
        looks=looks,
        pairing=tuple(task.audit for task in pairing.tasks),
        strata=stratum_rows(pairing, alpha),
        metrics=metric_rows(pairing),
        folder_differences=folder_differences(base.manifest.folder, candidate.manifest.folder),
        completion=tuple(completion),
        chat_format_costs=chat_format_costs or {},
    )
    return comparison, pairing.items


def chat_format_costs(
    completion: Run, chat: Run, *, alpha: float = ALPHA, resamples: int = 10_000, seed: int = 0
) -> tuple[DeltaRow, ...]:
    """What its own chat template costs one checkpoint: a row per domain, `base` without it and `candidate` with it.

    Items are paired as between two checkpoints; margins and verdicts have no meaning here and are those of `compare`.
    Raises IncomparableError when the runs are not of one checkpoint or differ in more than the rendering.
    """
    if completion.manifest.fingerprint != chat.manifest.fingerprint:
        raise IncomparableError(
            f"runs {completion.manifest.run_id} and {chat.manifest.run_id} are of different checkpoints; "
            "the costs of a chat format are those of one"
        )
    pairing = pair(completion, chat, across_protocols=True)
    return delta_rows(pairing.tasks, Inference(chat.manifest.allowed, FixedSample(alpha, resamples, seed))).domains


def with_net(
    noise_floor: Mapping[str, Any],
    again: Run,
    candidate: Run,
    sft_data: SftData | None = None,
    *,
    alpha: float = ALPHA,
    resamples: int = 10_000,
    seed: int = 0,
) -> dict[str, Any]:
    """`noise_floor` with what is left of each row's delta when the base's change between its two passes is taken off.

    (candidate - base) - (again - base) is candidate - again, item by item, so its interval is that of one paired
    bootstrap. `net`, `net_low` and `net_high`, in score units, stand beside the floor's other numbers.
    """
    pairing = pair(again, candidate, sft_data=sft_data)
    rows = delta_rows(pairing.tasks, Inference(again.manifest.allowed, FixedSample(alpha, resamples, seed)))
    net = {row.name: row.estimate for row in (*rows.tasks, *rows.domains) if row.estimate is not None}
    return {
        name: {**floor, "net": net[name].delta, "net_low": net[name].ci_low, "net_high": net[name].ci_high}
        if name in net
        else floor
        for name, floor in noise_floor.items()
    }


def comparison_id(base: RunManifest, candidate: RunManifest) -> str:
    """Names a comparison and its folder: one per pair of runs."""
    return f"{candidate.run_id}-vs-{base.run_id}"


def _allowed(margins: Margins | Mapping[str, float] | None, base: RunManifest) -> Margins:
    if margins is None:
        return base.allowed
    return margins if isinstance(margins, Margins) else replace(base.allowed, domains=dict(margins))


def _side(manifest: RunManifest) -> Side:
    return Side(manifest.label, manifest.where, manifest.fingerprint, manifest.run_id, manifest.step)


def _warnings(pairing: Pairing, rows: DeltaRows) -> tuple[str, ...]:
    runs = (pairing.base, pairing.candidate)
    own = [Stored.OF_ONE.format(label=run.label, sentence=text) for run in runs for text in run.warnings]
    made = [*_few_clusters(rows.domains), *_unequal_tasks(rows), *_computed_in(pairing.base, pairing.candidate)]
    return tuple(dict.fromkeys([*pairing.warnings, *made, *own]))


def _few_clusters(domains: Sequence[DeltaRow]) -> Iterator[str]:
    """In one line the domains that rest on few independent pieces of evidence."""
    few = [row for row in domains if row.estimate is not None and row.evidence.n_effective < FEW]
    if few:
        named = ", ".join(f"{row.name} ({row.evidence.n_effective:.1f})" for row in few)
        yield Stored.FEW_CLUSTERS.format(few=FEW, domains=named)


def _unequal_tasks(rows: DeltaRows) -> Iterator[str]:
    """The domains whose error is that of one small task."""
    for domain in rows.domains:
        tasks = [row for row in rows.tasks if row.domain == domain.name and row.estimate and not row.supporting]
        found = dominating_task([task.evidence.n_effective for task in tasks])
        if found:
            at, share = found
            yield Stored.UNEQUAL_TASKS.format(
                task=tasks[at].name,
                n=tasks[at].n_items,
                all=sum(task.n_items for task in tasks),
                domain=domain.name,
                share=f"{share:.0%}",
            )


def _computed_in(base: RunManifest, candidate: RunManifest) -> Iterator[str]:
    """That the two computed in different types, where each folder's own was taken."""
    types = (base.folder.get("dtype"), candidate.folder.get("dtype"))
    if base.engine.get("dtype") == "auto" and all(types) and types[0] != types[1]:
        yield Stored.OTHER_DTYPES.format(base=types[0], candidate=types[1])
