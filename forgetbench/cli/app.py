"""The commands: parse, call, print, exit code. Nothing is decided here.

Exit codes: 0 done or gate passed, 1 regression, 2 bad input, 3 not enough evidence, 4 the engine or the machine failed,
130 interrupted, 143 terminated, 141 whoever reads the output has left. Imports that take time stay inside the commands,
so `--help` answers at once.
"""

from __future__ import annotations

import gc
import sys
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import App, Parameter

from forgetbench import __version__
from forgetbench.cli import gate
from forgetbench.cli.announcement import Announcement, write_json
from forgetbench.cli.console import no_garbage_collection, say, shown_progress, stdout
from forgetbench.cli.diagnose import diagnose
from forgetbench.cli.evaluating import evaluate
from forgetbench.cli.exports import export
from forgetbench.cli.flips import flips
from forgetbench.cli.guard import run_guarded
from forgetbench.cli.imports import import_log
from forgetbench.cli.lab import lab
from forgetbench.cli.leaderboard import leaderboard
from forgetbench.cli.ledger import ledger
from forgetbench.cli.options import (
    Assumed,
    BaseOption,
    Checkpoint,
    Checkpoints,
    Engine,
    Evaluation,
    FineTuning,
    JsonFile,
    LanguageOption,
    MaxGenToksOption,
    NoiseFloorOption,
    OutIdOption,
    PolicyOption,
    PromptOptions,
    Prompts,
    RatesOption,
    ResultsOption,
)
from forgetbench.cli.reports import report
from forgetbench.cli.sweep import sweep
from forgetbench.cli.view import view
from forgetbench.cli.watched import run_watched
from forgetbench.comparison.options import ComparisonOptions
from forgetbench.console import print_line, say_lines
from forgetbench.engines.base import EngineOptions
from forgetbench.evaluation.assumptions import Assumptions
from forgetbench.evaluation.options import EvaluationOptions
from forgetbench.messages import speaking
from forgetbench.messages import translated as _


def _shown_default(value: object) -> str | None:
    """Defaults worth showing: what is off or empty goes without saying."""
    return None if value in (None, False, ()) else str(value)


app = App(
    name="forgetbench",
    help="Measure what fine-tuning takes away from a language model.",
    version=__version__,
    default_parameter=Parameter(negative=(), show_default=_shown_default),
    suppress_keyboard_interrupt=False,
    # Reading help as Markdown takes a quarter of the time that it is shown in.
    help_format="plaintext",
)
# An interrupt is told by whoever guards the whole.
app.meta.suppress_keyboard_interrupt = False
app.register_install_completion_command()
_AS_CALLED: Final[dict[str, Any]] = {"exit_on_error": False, "print_error": False, "result_action": "return_value"}


@app.meta.default
def in_language(
    *tokens: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)], lang: LanguageOption = "en"
) -> object:
    """Call the command that `tokens` are, all that it shows in one language."""
    with speaking(lang):
        return app(tokens, console=stdout(), **_AS_CALLED)


@app.command
def run(
    checkpoints: Checkpoints,
    /,
    *,
    base: BaseOption = None,
    noise_floor: NoiseFloorOption = False,
    dry_run: Annotated[bool, Parameter(help="Ask nothing: show what plan shows of the first checkpoint.")] = False,
    out_id: OutIdOption = None,
    evaluation: Evaluation = EvaluationOptions(),
    fine_tuning: FineTuning = ComparisonOptions(),
    engine: Engine = EngineOptions(),
) -> None:
    """Evaluate checkpoints; with --base also compare each against it."""
    from forgetbench import pipeline

    if dry_run:
        _show_plan(checkpoints[0], None, None, None, Assumptions(), evaluation, engine)
        return

    evaluate(partial(pipeline.run, checkpoints, base), evaluation, fine_tuning, engine, noise_floor, out_id)


@app.command
def plan(
    checkpoint: Checkpoint,
    /,
    *,
    policy: PolicyOption = None,
    rates: RatesOption = None,
    json: Annotated[JsonFile, Parameter(help="Write the plan as JSON here; - is standard output.")] = None,
    assumed: Assumed = Assumptions(),
    evaluation: Evaluation = EvaluationOptions(),
    engine: Engine = EngineOptions(),
) -> None:
    """What an evaluation would cost and could show: items, tokens, detectable drops, the chance to pass a policy.

    No model is loaded.
    """
    _show_plan(checkpoint, policy, rates, json, assumed, evaluation, engine)


def _show_plan(
    checkpoint: str,
    policy: Path | None,
    rates: tuple[float, float] | None,
    json: Path | None,
    assumed: Assumptions,
    evaluation: EvaluationOptions,
    engine: EngineOptions,
) -> None:
    from forgetbench import pipeline
    from forgetbench.cli.listing import drawn
    from forgetbench.cli.planned import plan_json, planned_costs, planned_power, power_lines
    from forgetbench.gate import load_policy

    wanted = Announcement(None, json)
    loaded = load_policy(policy)
    with shown_progress() as progress:
        made = pipeline.plan(
            checkpoint, loaded, assumptions=assumed, evaluation=evaluation, engine=engine, progress=progress
        )
    console = wanted.console
    console.print(drawn(planned_costs(made.costs, rates)))
    console.print(drawn(planned_power(made.power)))
    for line in power_lines(made.power, made.assumptions):
        print_line(console, line)
    if json is not None:
        write_json(json, plan_json(made))


@app.command
def demo(
    *,
    suite: Annotated[str, Parameter(help="A suite by name, or a suite file.")] = "demo",
    max_gen_toks: MaxGenToksOption = None,
    results: ResultsOption = Path("results"),
    engine: Engine = EngineOptions(),
) -> None:
    """Fine-tune the embedded real model on a narrow set, and show what that cost it."""
    from forgetbench import pipeline
    from forgetbench.lab.demo.demo_checkpoints import prepare

    with shown_progress() as progress:
        made = prepare(progress)
    candidates = [f"mild={made.mild}", f"harsh={made.harsh}"]
    evaluation = EvaluationOptions(suite=suite, max_gen_toks=max_gen_toks, results=results)
    fine_tuning = ComparisonOptions(sft_data=made.data)
    evaluate(partial(pipeline.run, candidates, f"base={made.base}"), evaluation, fine_tuning, engine, True)


@app.command
def compare(
    base_run: Annotated[Path, Parameter(help="Folder of the base's run, or a file of --out-id.")],
    candidate_run: Annotated[Path, Parameter(help="Folder of the candidate's run, or a file of --out-id.")],
    /,
    *,
    out: Annotated[Path | None, Parameter(help="Where to write; by default beside the runs.")] = None,
    out_id: OutIdOption = None,
    fine_tuning: FineTuning = ComparisonOptions(),
) -> None:
    """Pair two runs and score the deltas."""
    from forgetbench import pipeline
    from forgetbench.report import print_comparison
    from forgetbench.storage.made import run_folder

    made = Announcement(out_id)
    base, candidate = run_folder(base_run), run_folder(candidate_run)
    with no_garbage_collection():
        saved = pipeline.compare(base, candidate, out, comparison=fine_tuning)
    print_comparison(made.console, saved.comparison)
    print_line(made.console, _("written to {folder}").format(folder=saved.folder))
    made.of_comparison(saved.comparison, saved.folder)


@app.command
def rescore(
    run: Annotated[Path, Parameter(help="Folder of a run, or a file of --out-id.")],
    /,
    *,
    suite: Annotated[str | None, Parameter(help="A suite by name or file, where it is not the run's own.")] = None,
    task: Annotated[tuple[str, ...], Parameter(help="Tasks by name instead of a suite; repeatable.")] = (),
    target: Annotated[Path | None, Parameter(help="The file of --target that the run was made with.")] = None,
    run_code: Annotated[bool, Parameter(help="Run code that the model wrote, in a sandbox.")] = False,
    results: Annotated[Path | None, Parameter(help="Where to write; by default beside the run.")] = None,
    out_id: OutIdOption = None,
) -> None:
    """Read a run's answers again with today's readers, without asking a model: a run of its own comes of it."""
    from forgetbench import pipeline
    from forgetbench.cli.listing import drawn, rescored_tasks
    from forgetbench.storage.made import run_folder

    made = Announcement(out_id)
    evaluation = EvaluationOptions(suite=suite, task=task, target=target, run_code=run_code)
    done, folder = pipeline.rescore(run_folder(run), results, evaluation=evaluation)
    made.console.print(drawn(rescored_tasks(done.changes)))
    print_line(made.console, _("written to {folder}").format(folder=folder))
    made.of_run(done.run, folder)


app.command(gate.gate)
app.command(gate.choose)
app.command(gate.gate_sequential)
policy = App(name="policy", help="The gate's policy files.")
policy.command(gate.init_policy, name="init")
app.command(policy)
app.command(sweep)
app.command(ledger)
app.command(report)
app.command(diagnose)
app.command(export)
app.command(import_log, name="import")


app.command(flips)
app.command(leaderboard)
app.command(lab)


app.command(view)


tasks = App(name="tasks", help="The task modules.")
app.command(tasks)


@tasks.command(name="list")
def list_tasks() -> None:
    """The embedded suites and tasks."""
    from forgetbench.cli import listing

    console = stdout()
    for table in (listing.suites(), listing.tasks()):
        console.print(listing.drawn(table))


@tasks.command(name="show")
def show_task(name: Annotated[str, Parameter(help="A task's or a suite's name, or its YAML file.")], /) -> None:
    """A task's declaration and its first item as it is asked; or a suite's tasks."""
    from forgetbench.cli.listing import show

    say_lines(show(name))


@tasks.command(name="validate")
def validate_tasks(
    path: Annotated[Path, Parameter(help="A folder of tasks, or the YAML file of a task or a suite.")],
    /,
) -> int:
    """Check task modules: declaration, items, keys, leaks, scoring. Exit code 2 when a check fails."""
    from forgetbench.suites.validation import validate_tasks as check_tasks

    validation = check_tasks(path)
    for line in validation.lines():
        say(line)
    return 2 if validation.failed else 0


@app.command
def doctor(
    checkpoint: Annotated[str | None, Parameter(help="[NAME=]WHERE[@REVISION]: can it be run here?")] = None,
    /,
    *,
    base: BaseOption = None,
    no_load: Annotated[bool, Parameter(help="Only what can be known without loading it.")] = False,
    show_prompts: Annotated[bool, Parameter(help="A short item as it is asked, beside the base's.")] = False,
    prompts: Prompts = PromptOptions(),
    engine: Engine = EngineOptions(),
) -> int:
    """What this machine can run, and what is missing; with a checkpoint, whether that one runs here.

    Exit code 2 where what is given is refused as a run would refuse it, 4 where another check fails.
    """
    from forgetbench.cli.doctor import examine, machine, prompts_of

    code = 0
    prompting = prompts.prompting
    for row in (
        machine()
        if checkpoint is None
        else examine(checkpoint, engine, base=base, load=not no_load, prompting=prompting)
    ):
        say(str(row))
        if row.state == "FAIL":
            code = row.exit_code
    if show_prompts and checkpoint is not None and not code:
        for line in prompts_of(checkpoint, engine, base=base, prompting=prompting):
            say(line)
    return code


def main() -> None:
    """Entry point: a command in a process of its own, so that a fault of compiled code is told too."""
    sys.exit(run_watched(called))


def called() -> int:
    """Run the command in this process; every way out has its exit code and, where something failed, one line."""
    # Most objects of a command live to its end: looking through them less often saves a twentieth of a large
    # comparison's time.
    gc.set_threshold(100_000, 20, 20)
    return run_guarded(lambda: app.meta(console=stdout(), **_AS_CALLED))
