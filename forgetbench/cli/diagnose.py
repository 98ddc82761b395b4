"""`forgetbench diagnose`: why a candidate lost what it lost, and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from forgetbench.cli.console import say, shown_progress, stdout
from forgetbench.cli.options import Again, ComparisonArgument, Engine
from forgetbench.engines.base import EngineOptions
from forgetbench.evaluation.again import AskAgain


def diagnose(
    comparison: ComparisonArgument,
    /,
    *,
    training_log: Annotated[Path | None, Parameter(help="trainer_state.json, or a checkpoint's folder.")] = None,
    sft_data: Annotated[Path | None, Parameter(help="The training data (JSONL).")] = None,
    weights: Annotated[bool, Parameter(help="Also how far the weights moved.")] = False,
    spectra: Annotated[int, Parameter(help="Look closer at so many matrices, those that moved most.")] = 0,
    base: Annotated[str | None, Parameter(help="Where the base is now, if not where it was evaluated.")] = None,
    candidate: Annotated[str | None, Parameter(help="Where the candidate is now.")] = None,
    distribution: Annotated[bool, Parameter(help="Also how far what both models say next lies apart.")] = False,
    text: Annotated[
        Path | None, Parameter(help="General text of your own for --distribution (JSONL or plain).")
    ] = None,
    distribution_texts: Annotated[
        int | None, Parameter(help="So many texts of each kind for --distribution, drawn by the comparison's seed.")
    ] = None,
    without_data: Annotated[
        int, Parameter(help="Read what the candidate was trained on off so many samples of each model.")
    ] = 0,
    again: Again = AskAgain(),
    engine: Engine = EngineOptions(),
) -> None:
    """Why a candidate lost what it lost, and what to do: each possible cause held against the numbers.

    Writes diagnosis.json and diagnosis.md beside the comparison, and a section of its report.html.

    No model is run, but for --distribution, --without-data and --ask-again.
    """
    from forgetbench import pipeline
    from forgetbench.report.diagnosis import print_diagnosis
    from forgetbench.storage.made import comparison_folder

    with shown_progress() as progress:
        made = pipeline.diagnose(
            comparison_folder(comparison),
            training_log=training_log,
            sft_data=sft_data,
            weights=weights
            or spectra > 0
            or (candidate is not None and not (distribution or without_data or again.ask_again)),
            spectra=spectra,
            base=base,
            candidate=candidate,
            distribution=distribution,
            text=text,
            distribution_texts=distribution_texts,
            without_data=without_data,
            again=again,
            engine=engine,
            progress=progress,
        )
    print_diagnosis(stdout(), made.comparison, made.diagnosis)
    say(f"written to {made.path}")
