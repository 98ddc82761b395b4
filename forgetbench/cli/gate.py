"""The commands that decide: on a comparison, or by evaluating until it is decided."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from forgetbench.cli.announcement import Announcement, write_json
from forgetbench.cli.console import say, shown_progress
from forgetbench.cli.options import (
    Checkpoint,
    ComparisonArgument,
    Engine,
    Evaluation,
    GateFiles,
    OutIdOption,
    Verdict,
)
from forgetbench.cli.without_items import tell_without_items
from forgetbench.console import command, print_line
from forgetbench.engines.base import EngineOptions
from forgetbench.errors import InputError
from forgetbench.evaluation.options import EvaluationOptions
from forgetbench.messages import speaking
from forgetbench.messages import translated as _

if TYPE_CHECKING:
    from rich.console import Console

    from forgetbench.gate import Policy
    from forgetbench.records import Comparison


def gate(comparison: ComparisonArgument, /, *, verdict: Verdict = GateFiles()) -> int:
    """Decide on a comparison: exit 0 passed, 1 regression, 3 not enough evidence."""
    from forgetbench.comparison.checked import load_checked
    from forgetbench.gate import load_policy
    from forgetbench.storage.made import comparison_folder

    made = Announcement(None, verdict.json, verdict.badge)
    where = comparison_folder(comparison)
    compared, policy = load_checked(where), load_policy(verdict.policy)
    return _tell(compared, policy, verdict, made.console, tell_without_items(where))


def gate_sequential(
    base: Annotated[str, Parameter(help="[NAME=]WHERE[@REVISION], or the folder of the base's finished run.")],
    candidate: Checkpoint,
    /,
    *,
    out_id: OutIdOption = None,
    verdict: Verdict = GateFiles(),
    evaluation: Evaluation = EvaluationOptions(),
    engine: Engine = EngineOptions(),
) -> int:
    """Evaluate a checkpoint against a base in random blocks, until every gated row is decided.

    Exit codes are those of gate. What was answered is kept: the same command again asks nothing. A base given by the
    folder of its finished run (results/runs/...) is not asked anything.
    """
    from forgetbench import pipeline
    from forgetbench.gate import load_policy
    from forgetbench.report.wording import looks

    made = Announcement(out_id, verdict.json, verdict.badge)
    policy = load_policy(verdict.policy)
    with shown_progress() as progress:
        result, folder = pipeline.gate_sequential(
            base, candidate, policy, evaluation=evaluation, engine=engine, progress=progress
        )
    made.of_comparison(result.comparison, folder)
    for name, text in looks(result.comparison):
        print_line(made.console, _("{term}: {text}").format(term=name.lower(), text=text))
    print_line(made.console, _("written to {folder}").format(folder=folder))
    return _tell(result.comparison, policy, verdict, made.console)


def choose(
    comparisons: Annotated[
        list[Path], Parameter(help="Comparisons of candidates with one base, or files of --out-id.")
    ],
    /,
    *,
    policy: Annotated[Path | None, Parameter(help="Whose gated domains decide; by default all but target.")] = None,
    by: Annotated[str, Parameter(help="overall, or the domain that decides.")] = "overall",
    seed: Annotated[int, Parameter(help="Of the split into two halves.")] = 0,
    out: Annotated[Path | None, Parameter(help="Where to write; by default beside the comparisons.")] = None,
    out_id: OutIdOption = None,
) -> None:
    """Choose the best of several candidates on one half of the items, and judge it on the other."""
    from forgetbench import pipeline
    from forgetbench.gate import load_policy
    from forgetbench.report import print_comparison
    from forgetbench.report.wording import choice
    from forgetbench.storage.made import comparison_folders

    made = Announcement(out_id)
    folders = [folder for where in comparisons for folder in comparison_folders(where)]
    saved = pipeline.choose(folders, load_policy(policy), by=by, seed=seed, out=out)
    for line in choice(saved.comparison):
        print_line(made.console, line)
    print_comparison(made.console, saved.comparison)
    print_line(made.console, _("written to {folder}").format(folder=saved.folder))
    made.of_comparison(saved.comparison, saved.folder)


def init_policy(path: Annotated[Path, Parameter(help="The file to write.")] = Path("forgetbench.yaml"), /) -> None:
    """Write a policy with every field in it, explained."""
    from forgetbench.gate import POLICY_TEMPLATE
    from forgetbench.storage.files import write_atomic

    if path.exists():
        raise InputError(f"{path}: is there already; name another file")
    write_atomic(path, POLICY_TEMPLATE)
    say(_("written to {path}").format(path=path))


def _tell(
    comparison: Comparison, policy: Policy, files: GateFiles, console: Console, told: tuple[str, ...] = ()
) -> int:
    """Print the verdict and write it to every file that is asked for, with notes that were `told`; its exit code."""
    from forgetbench.gate import GateResult, decide, formats
    from forgetbench.storage.files import write_atomic

    def noted(result: GateResult) -> GateResult:
        return replace(result, notes=(*result.notes, *map(_, told)))

    # What programs read is English whatever the language that people read.
    with speaking("en"):
        result = noted(decide(comparison, policy))
        if files.junit is not None:
            write_atomic(files.junit, formats.junit_xml(result, comparison))
        for path, text in ((files.badge, formats.badge_json), (files.json, formats.verdict_json)):
            if path is not None:
                write_json(path, text(result, comparison))
    result = decide(comparison, policy)
    if files.summary is not None:
        formats.append_summary(files.summary, noted(result), comparison)
    if os.environ.get("GITHUB_ACTIONS") == "true" and not console.stderr:
        for line in formats.workflow_commands(noted(result)):
            command(line)
    formats.print_gate(console, result)
    return result.exit_code
