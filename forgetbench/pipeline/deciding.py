"""Jobs that decide: on as few items as it takes, and among several candidates."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from forgetbench.comparison.checked import load_checked
from forgetbench.engines.base import Engine, EngineOptions
from forgetbench.errors import InputError, did_you_mean, shown
from forgetbench.evaluation.options import EvaluationOptions
from forgetbench.gate.policy import Policy
from forgetbench.gate.scope import RowNames, check_names, in_scope
from forgetbench.progress import Progress
from forgetbench.records import OVERALL, Comparison
from forgetbench.report import write_report
from forgetbench.storage.comparisons import load_items, save_comparison
from forgetbench.storage.folder import check_writable
from forgetbench.storage.runs import Run, is_run, load_run

if TYPE_CHECKING:
    from forgetbench.gate.sequential import SequentialResult

from forgetbench.pipeline.results import SavedComparison


def gate_sequential(
    base: str | Run,
    candidate: str,
    policy: Policy = Policy(),
    *,
    evaluation: EvaluationOptions = EvaluationOptions(),
    engine: EngineOptions | Engine = EngineOptions(),
    progress: Progress = Progress(),
) -> tuple[SequentialResult, Path]:
    """Evaluate `candidate` against `base` until the gate is decided; the result, and the folder it was written to.

    `base` is a checkpoint, or its finished run (or that run's folder), which is not asked anything. Nor is what the
    ledger holds: a base that was evaluated before costs nothing. Raises InputError before anything is loaded,
    EngineError or StorageError with what was done kept.
    """
    from forgetbench.evaluation.evaluate import prepare
    from forgetbench.evaluation.session import open_session
    from forgetbench.gate.sequential import Evidence, decide_in_blocks

    if len(evaluation.protocols) != 1:
        raise InputError("a sequential gate asks in one way; give one --protocol")
    if isinstance(base, str) and is_run(Path(base)):
        base = load_run(Path(base))
    baseline, checkpoint = (base, None) if isinstance(base, Run) else (None, base)
    with open_session([candidate], checkpoint, evaluation=evaluation, engine=engine, progress=progress) as session:
        evidence = Evidence(prepare(session, evaluation.protocols[0]), baseline)
        result = decide_in_blocks(evidence, policy)
    folder = session.results.comparison(result.comparison.comparison_id)
    save_comparison(folder, result.comparison, result.items)
    write_report(result.comparison, result.items, folder)
    return result, folder


def choose(
    comparisons: Sequence[Path | str],
    policy: Policy = Policy(),
    *,
    by: str = OVERALL,
    seed: int = 0,
    out: Path | str | None = None,
) -> SavedComparison:
    """Choose the best of several candidates on one half of the items, and judge it on the other.

    `comparisons` are folders of comparisons with one base; `by` is a domain, or `overall` for the mean change of the
    domains that `policy` gates. What comes of it is a comparison of its own, written to `out`, by default beside the
    chosen candidate's. Raises InputError for comparisons that cannot be read or do not go together.
    """
    from forgetbench.comparison import chosen

    folders = [Path(folder) for folder in comparisons]
    compared = [(load_checked(folder), load_items(folder, chosen.COLUMNS)) for folder in folders]
    choice = chosen.choose(compared, _chosen_by(compared[0][0], policy, by) if compared else (), by=by, seed=seed)
    source = folders[choice.number]
    comparison, items = chosen.judged_on_half(compared[choice.number][0], load_items(source), choice)
    folder = source.resolve().parent / comparison.comparison_id if out is None else Path(out)
    check_writable(folder)
    save_comparison(folder, comparison, items)
    write_report(comparison, items, folder)
    return SavedComparison(comparison, folder)


def _chosen_by(comparison: Comparison, policy: Policy, by: str) -> list[str]:
    """The domains whose mean change decides which candidate is chosen."""
    names = RowNames.of(comparison)
    check_names(names, policy)
    if by == OVERALL:
        return [name for name in in_scope(names, policy) if name in names.domains]
    if by not in names.domains:
        raise InputError(f"--by {shown(by)}: no domain; {did_you_mean(shown(by), [OVERALL, *names.domains])}")
    return [by]
