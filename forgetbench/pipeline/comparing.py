"""Finished runs become comparisons: two of them, or the base's and those of several candidates."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forgetbench.comparison.delta import chat_format_costs, comparison_id, with_net
from forgetbench.comparison.delta import compare as compare_runs
from forgetbench.comparison.options import ComparisonOptions
from forgetbench.comparison.sft_data import SftData
from forgetbench.errors import InputError
from forgetbench.pipeline.results import RunResult, SavedComparison
from forgetbench.records import Comparison, DeltaRow, RunManifest
from forgetbench.report import write_report
from forgetbench.storage.comparisons import load_items, save_comparison, save_items
from forgetbench.storage.folder import ResultsFolder, check_writable
from forgetbench.storage.runs import Run, load_run
from forgetbench.storage.samples import BASE_COLUMNS, CANDIDATE_COLUMNS

if TYPE_CHECKING:
    from forgetbench.evaluation.session import Session


def compare(
    base_run: Path | str,
    candidate_run: Path | str,
    out: Path | str | None = None,
    *,
    comparison: ComparisonOptions = ComparisonOptions(),
) -> SavedComparison:
    """Pair two finished runs, given by their folders, score the deltas, and write comparison and report.

    `out` is where, by default among the comparisons of the results folder that the candidate's run lies in. Raises
    InputError for a run that cannot be read and IncomparableError for two that must not be paired.
    """
    base = load_run(Path(base_run), ahead=BASE_COLUMNS)
    candidate = load_run(Path(candidate_run), ahead=CANDIDATE_COLUMNS)
    _check_two(base.manifest, candidate.manifest)
    results = ResultsFolder.of_run(Path(candidate_run))
    if out is None:
        folder = results.comparison(comparison_id(base.manifest, candidate.manifest))
        check_writable(results.comparisons)
    else:
        folder = Path(out)
        check_writable(folder)
    return _save_compared(base, candidate, folder, results, sft_data=comparison.read_sft_data())


def _check_two(base: RunManifest, candidate: RunManifest) -> None:
    """Raise InputError for a run beside itself, or one checkpoint under two names: that would pass every gate.

    A second pass over the base is another run of it, and is compared for its noise.
    """
    if base.run_id == candidate.run_id:
        raise InputError(f"{candidate.run_id} is the base's run itself; give another run")
    if base.fingerprint == candidate.fingerprint and base.replicate == candidate.replicate:
        raise InputError(
            f"{candidate.run_id} is of the same checkpoint as the base's run {base.run_id} (same content); "
            "for the noise of the base use run --noise-floor"
        )


def _save_compared(base: Run, candidate: Run, folder: Path, results: ResultsFolder, **settings: Any) -> SavedComparison:
    """Score the deltas of two runs that lie in `results`, and write comparison and report into `folder`."""
    comparison, items = compare_runs(base, candidate, **settings)
    # Packing a million items takes a second, and none of it Python's: the report is written meanwhile.
    with ThreadPoolExecutor(1) as pool:
        saved = pool.submit(save_comparison, folder, comparison, items)
        write_report(comparison, items, folder, results=results)
        saved.result()
    return SavedComparison(comparison, folder)


def compared(
    session: Session, runs: Sequence[Run], sft_data: SftData | None, beside: RunResult
) -> tuple[Comparison, ...]:
    """The comparison of each candidate's run with the base's, which is the first; not judged among each other yet.

    Their items are saved, and the base's second pass is published where there is one. `beside` is what another protocol
    has shown before.
    """
    from forgetbench.evaluation.summary import noise_floor_of

    base, *others = runs

    def saved(candidate: Run, **settings: Any) -> Comparison:
        comparison, items = compare_runs(base, candidate, **settings)
        save_items(session.results.comparison(comparison.comparison_id), items)
        return comparison

    noise, again = None, None
    for replicate in (other for other in others if other.manifest.replicate):
        # Kept as any other comparison: what a gate says of a model that did not change can be seen there. It is no
        # candidate, so its p-values are adjusted for by nobody.
        (of_noise,) = published(session.results, [saved(replicate)])
        rows = (*of_noise.comparison.domains, *of_noise.comparison.tasks)
        noise = noise_floor_of(list(rows), base.samples, replicate.samples)
        again = replicate
    by_fingerprint = {other.manifest.fingerprint: other for other in others if not other.manifest.replicate}
    return tuple(
        saved(
            candidate,
            sft_data=sft_data,
            noise_floor=noise if noise is None or again is None else with_net(noise, again, candidate, sft_data),
            completion=_completion(beside, candidate),
            chat_format_costs={"base": _chat_costs(beside, base), "candidate": _chat_costs(beside, candidate)},
        )
        for candidate in (by_fingerprint[checkpoint.fingerprint] for checkpoint in session.checkpoints)
    )


def published(results: ResultsFolder, comparisons: Sequence[Comparison]) -> tuple[SavedComparison, ...]:
    """Write comparisons whose items are saved, each with its report."""

    def one(comparison: Comparison) -> SavedComparison:
        folder = results.comparison(comparison.comparison_id)
        save_comparison(folder, comparison)
        write_report(comparison, load_items(folder), folder)
        return SavedComparison(comparison, folder)

    return tuple(map(one, comparisons))


def _completion(beside: RunResult, candidate: Run) -> tuple[DeltaRow, ...]:
    """The domains of the same comparison without chat templates; none where it was not made."""
    fingerprint = candidate.manifest.fingerprint
    for saved in beside.comparisons:
        comparison = saved.comparison
        if comparison.protocol == "completion" and comparison.candidate.fingerprint == fingerprint:
            return comparison.domains
    return ()


def _chat_costs(beside: RunResult, chat: Run) -> tuple[DeltaRow, ...]:
    """What its chat template costs this run's checkpoint; nothing where it has none or was asked in one way only."""
    if not chat.manifest.chat_template:
        return ()
    completion = [
        other
        for other in beside.runs
        if other.manifest.protocol == "completion"
        and other.manifest.fingerprint == chat.manifest.fingerprint
        and other.manifest.reference == chat.manifest.reference
        and not other.manifest.replicate
    ]
    return chat_format_costs(completion[0], chat) if completion else ()
