"""Why a comparison came out as it did."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from forgetbench.comparison.checked import load_checked
from forgetbench.comparison.sft_data import read_sft_data
from forgetbench.engines.base import Engine, EngineOptions
from forgetbench.errors import InputError
from forgetbench.evaluation.again import AskAgain
from forgetbench.progress import Progress
from forgetbench.records import Comparison
from forgetbench.storage.comparisons import load_items
from forgetbench.storage.files import write_atomic
from forgetbench.storage.runs import is_run, load_manifest

if TYPE_CHECKING:
    from forgetbench.diagnosis import DriftMap, WeightDrift
    from forgetbench.storage.folder import ResultsFolder

from forgetbench.pipeline.results import SavedDiagnosis


def diagnose(
    comparison: Path | str,
    *,
    training_log: Path | str | None = None,
    sft_data: Path | str | None = None,
    weights: bool = False,
    spectra: int = 0,
    base: str | None = None,
    candidate: str | None = None,
    distribution: bool = False,
    text: Path | str | None = None,
    distribution_texts: int | None = None,
    without_data: int = 0,
    again: AskAgain = AskAgain(),
    engine: EngineOptions | Engine = EngineOptions(),
    progress: Progress = Progress(),
) -> SavedDiagnosis:
    """Hold each possible cause of a comparison's losses against the numbers; write diagnosis.json, .md and report.html.

    `comparison` is its folder. With `weights` the drift of the weights is measured, `spectra` matrices of it in depth;
    `base` and `candidate` say where the two checkpoints are, by default where they were evaluated. With `distribution`
    both are asked, by `engine`, what they say next: on neutral passages, in the file `text`, and to the prompts of
    `sft_data`, `distribution_texts` of each or all. With `without_data` each writes so many samples, and what the
    candidate was trained on is read off them. Where `again` says so, forgotten items are asked again of both. Else
    nothing is asked of a model. Raises InputError for what cannot be read, and for checkpoints that are not those of
    the comparison, EngineError or StorageError where the engine or the machine fails, with everything answered so far
    kept.
    """
    from forgetbench.diagnosis import Asked, read_training_history
    from forgetbench.diagnosis import diagnose as held_against
    from forgetbench.diagnosis.evidence import COLUMNS
    from forgetbench.diagnosis.stored import save_diagnosis
    from forgetbench.report import write_html
    from forgetbench.report.diagnosis import diagnosis_markdown
    from forgetbench.report.files import results_of

    where = Path(comparison)
    folder = where if where.is_dir() else where.parent
    compared, items = load_checked(where), load_items(folder, COLUMNS)
    history = None if training_log is None else read_training_history(Path(training_log))
    data = None if sft_data is None else read_sft_data(Path(sft_data))
    drift, adapter = _drift(compared, base, candidate, spectra) if weights else (None, False)
    asked = Asked()
    if distribution or without_data or text is not None:
        from forgetbench.pipeline.asking import Questions, ask_models

        if not isinstance(engine, EngineOptions):
            raise InputError("distributions and samples are asked of an engine that is named, not of one handed in")
        questions = Questions(distribution, None if text is None else Path(text), distribution_texts, without_data)
        asked = ask_models(questions, compared, folder, data, engine, base=base, candidate=candidate, progress=progress)
    if again.ask_again:
        from forgetbench.pipeline.eliciting import ask_again

        came_back = ask_again(folder, compared, again, engine=engine, base=base, candidate=candidate, progress=progress)
        asked = replace(asked, elicitation=came_back)
    width = _width(results_of(folder), compared)
    found = held_against(
        compared, items, training=history, data=data, drift=drift, adapter=adapter, width=width, asked=asked
    )
    save_diagnosis(folder, found)
    picture = _draw(found.weights, folder / "plots")
    page = folder / "diagnosis.md"
    write_atomic(page, diagnosis_markdown(compared, found, picture and f"plots/{picture}"))
    write_html(compared, load_items(folder), folder / "report.html", results_of(folder))
    return SavedDiagnosis(compared, found, page)


def _draw(weights: DriftMap | None, folder: Path) -> str | None:
    """Draw the heat map of the weights; the PNG's name. That of an earlier diagnosis does not outlive it."""
    from forgetbench.report import plots

    drawn = () if weights is None else plots.drift(weights, folder)
    if not drawn:
        for stale in folder.glob("drift.*"):
            stale.unlink(missing_ok=True)
    return next((path.name for path in drawn if path.suffix == ".png"), None)


def _width(results: ResultsFolder, compared: Comparison) -> int | None:
    """The base's `hidden_size`, by whichever name its configuration has for it; None where its run is not at hand."""
    name = compared.base.run_id
    # An id is a name of a folder, never a path out of it.
    if name in ("", ".", "..") or "/" in name or "\\" in name or not is_run(results.run(name)):
        return None
    settings = load_manifest(results.run(name)).folder
    found = next((settings[field] for field in ("hidden_size", "n_embd", "d_model") if field in settings), None)
    return found if isinstance(found, int) and found > 0 else None


def _drift(compared: Comparison, base: str | None, candidate: str | None, spectra: int) -> tuple[WeightDrift, bool]:
    """How far the candidate's weights lie from the base's, and whether it is an adapter."""
    from forgetbench.diagnosis.drift import weight_drift
    from forgetbench.models.checkpoints import resolve
    from forgetbench.pipeline.two_models import check_side

    before = resolve(base or compared.base.where)
    after = resolve(candidate or compared.candidate.where, base=before)
    for resolved, side in ((before, compared.base), (after, compared.candidate)):
        check_side(resolved, side)
    if before.path is None or after.path is None:
        raise InputError("weights can be compared of checkpoints with files only")
    return weight_drift(before.path, after.path, spectra=spectra), after.adapter_base is not None
