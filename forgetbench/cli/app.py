"""The commands: parse, call, print, exit code. Nothing is decided here.

Exit codes: 0 done or gate passed, 1 regression, 2 bad input, 3 not enough evidence, 4 the engine or the machine failed,
130 interrupted. Imports that take time stay inside the commands, so `--help` answers at once.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from forgetbench.cli.options import (
    BaseOption,
    ConcurrencyOption,
    DomainOption,
    DtypeOption,
    EngineOption,
    ExcludeOption,
    LimitOption,
    NoiseOption,
    PickleOption,
    ProtocolName,
    ProtocolOption,
    RayOption,
    RemoteOption,
    ReplicasOption,
    ResultsOption,
    RunCodeOption,
    SeedOption,
    SftOption,
    SuiteOption,
    TargetOption,
    TaskOption,
    TensorParallelOption,
    TokenizerOption,
    UrlOption,
)
from forgetbench.errors import ForgetbenchError, InputError

if TYPE_CHECKING:
    from rich.console import Console

    from forgetbench.gate import GateResult
    from forgetbench.pipeline import Options, Outcome
    from forgetbench.progress import Progress
    from forgetbench.records import Comparison, Protocol

# typer carries a click of its own in newer versions; this is the base of usage errors in either.
UsageError: Any = typer.BadParameter.__base__

_INTERRUPTED = 130

app = typer.Typer(
    name="forgetbench",
    help="Measure what fine-tuning takes away from a language model.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
tasks_app = typer.Typer(help="The task modules.", no_args_is_help=True)
app.add_typer(tasks_app, name="tasks")


@app.command()
def run(
    checkpoints: Annotated[list[str], typer.Argument(metavar="CHECKPOINT...", help="[NAME=]WHERE[@REVISION]")],
    base: BaseOption = None,
    suite: SuiteOption = None,
    task: TaskOption = None,
    domain: DomainOption = None,
    target: TargetOption = None,
    engine: EngineOption = "vllm",
    protocol: ProtocolOption = ProtocolName.native,
    limit: LimitOption = None,
    seed: SeedOption = 0,
    results: ResultsOption = Path("results"),
    noise_floor: NoiseOption = False,
    sft_data: SftOption = None,
    exclude_contaminated: ExcludeOption = False,
    allow_pickle: PickleOption = False,
    trust_remote_code: RemoteOption = False,
    run_code: RunCodeOption = False,
    dtype: DtypeOption = "auto",
    tensor_parallel: TensorParallelOption = 1,
    replicas: ReplicasOption = 1,
    ray_address: RayOption = None,
    base_url: UrlOption = None,
    concurrency: ConcurrencyOption = 32,
    tokenizer: TokenizerOption = None,
) -> None:
    """Evaluate checkpoints; with --base also compare each against it."""
    from forgetbench.models.checkpoints import Consent
    from forgetbench.pipeline import Options, run_checkpoints

    if suite and task:
        raise InputError("--suite and --task exclude each other; give one of them")
    _check_sft(sft_data, exclude_contaminated)
    if noise_floor and not base:
        raise InputError("--noise-floor needs --base: it is the base asked twice")
    options = Options(
        results=results,
        suite=suite,
        tasks=tuple(task or ()),
        domain=domain,
        target=target,
        engine=engine,
        protocols=_protocols(protocol),
        limit=limit,
        seed=seed,
        noise_floor=noise_floor,
        sft_data=sft_data,
        exclude_contaminated=exclude_contaminated,
        consent=Consent(pickle=allow_pickle, remote_code=trust_remote_code, run_code=run_code),
        dtype=dtype,
        tensor_parallel=tensor_parallel,
        replicas=replicas,
        ray_address=ray_address,
        base_url=base_url,
        concurrency=concurrency,
        tokenizer=tokenizer,
    )
    with _progress() as progress:
        outcome = run_checkpoints(checkpoints, base, options, progress)
    _print_outcome(outcome, options)


@app.command()
def sweep(
    base: Annotated[str, typer.Argument(help="[NAME=]WHERE of the base.")],
    trainer_output_dir: Annotated[Path, typer.Argument(help="A training run's folder with checkpoint-N in it.")],
    suite: SuiteOption = None,
    target: TargetOption = None,
    engine: EngineOption = "vllm",
    limit: LimitOption = None,
    seed: SeedOption = 0,
    results: ResultsOption = Path("results"),
    sft_data: SftOption = None,
    exclude_contaminated: ExcludeOption = False,
    run_code: RunCodeOption = False,
    replicas: ReplicasOption = 1,
    ray_address: RayOption = None,
) -> None:
    """Evaluate every checkpoint-N of a training run, as a trajectory."""
    from forgetbench.models.checkpoints import Consent
    from forgetbench.pipeline import Options, checkpoints_of_training, run_checkpoints

    _check_sft(sft_data, exclude_contaminated)
    options = Options(
        results=results,
        suite=suite,
        target=target,
        engine=engine,
        limit=limit,
        seed=seed,
        sft_data=sft_data,
        exclude_contaminated=exclude_contaminated,
        consent=Consent(run_code=run_code),
        replicas=replicas,
        ray_address=ray_address,
    )
    with _progress() as progress:
        outcome = run_checkpoints(checkpoints_of_training(trainer_output_dir), base, options, progress)
    _print_outcome(outcome, options)


@app.command()
def demo(
    results: ResultsOption = Path("results"),
    suite: SuiteOption = "demo",
    engine: EngineOption = "vllm",
) -> None:
    """Fine-tune the embedded real model on a narrow set, and show what that cost it."""
    from forgetbench.lab.demo.demo_checkpoints import prepare
    from forgetbench.pipeline import Options, run_checkpoints

    with _progress() as progress:
        made = prepare(progress)
        options = Options(results=results, suite=suite, engine=engine, sft_data=made.data, noise_floor=True)
        checkpoints = [f"mild={made.mild}", f"harsh={made.harsh}"]
        outcome = run_checkpoints(checkpoints, f"base={made.base}", options, progress)
    _print_outcome(outcome, options)


@app.command()
def compare(
    base_run: Annotated[Path, typer.Argument(help="Folder of the base's run.")],
    run: Annotated[Path, typer.Argument(help="Folder of the candidate's run.")],
    out: Annotated[Path | None, typer.Option(help="Where to write. [default: beside the runs]")] = None,
    sft_data: SftOption = None,
    exclude_contaminated: ExcludeOption = False,
) -> None:
    """Pair two runs and score the deltas."""
    from forgetbench.comparison.sft_data import read_sft_data
    from forgetbench.pipeline import compare_runs, comparison_folder
    from forgetbench.report import print_comparison
    from forgetbench.storage.folder import check_writable
    from forgetbench.storage.results import BASE_COLUMNS, CANDIDATE_COLUMNS, open_run

    _check_sft(sft_data, exclude_contaminated)
    with _no_garbage_collection():
        base, candidate = open_run(base_run, BASE_COLUMNS), open_run(run, CANDIDATE_COLUMNS)
        folder = out or comparison_folder(run.resolve().parent.parent, base, candidate)
        check_writable(folder.parent if out is None else folder)
        known = read_sft_data(sft_data, exclude=exclude_contaminated) if sft_data else None
        comparison = compare_runs(base, candidate, folder, sft_data=known)
    console = _stdout()
    print_comparison(console, comparison)
    console.print(f"written to {folder}", highlight=False, markup=False)


@app.command()
def gate(
    comparison: Annotated[
        str | None, typer.Argument(help="comparison.json or its folder; with --sequential a checkpoint.")
    ] = None,
    policy: Annotated[Path | None, typer.Option(help="What each domain or task must show (YAML).")] = None,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML here.", metavar="FILE")] = None,
    summary: Annotated[Path | None, typer.Option(help="Add a GitHub job summary to this file.", metavar="FILE")] = None,
    badge: Annotated[Path | None, typer.Option(help="Write a shields.io endpoint badge here.", metavar="FILE")] = None,
    json: Annotated[Path | None, typer.Option(help="Write the verdict as JSON here.", metavar="FILE")] = None,
    init: Annotated[
        bool, typer.Option("--init", help="Write a commented policy to --policy or forgetbench.yaml.")
    ] = False,
    sequential: Annotated[
        bool,
        typer.Option("--sequential", help="Evaluate a checkpoint against --base only until each gated row is decided."),
    ] = False,
    base: BaseOption = None,
    base_run: Annotated[
        Path | None,
        typer.Option(help="Folder of the base's finished run, in place of --base.", metavar="FOLDER"),
    ] = None,
    suite: SuiteOption = None,
    engine: EngineOption = "vllm",
    protocol: ProtocolOption = ProtocolName.native,
    limit: LimitOption = None,
    seed: SeedOption = 0,
    results: ResultsOption = Path("results"),
    run_code: RunCodeOption = False,
    dtype: DtypeOption = "auto",
) -> None:
    """Decide: exit 0 passed, 1 regression, 3 not enough evidence."""
    from forgetbench.gate import decide, load_policy
    from forgetbench.gate import formats as interop
    from forgetbench.models.checkpoints import Consent
    from forgetbench.pipeline import Options
    from forgetbench.storage.results import load_comparison

    if init:
        _write_policy(policy or Path("forgetbench.yaml"))
        return
    if comparison is None:
        raise InputError("give a comparison: a folder under results/comparisons/ or its comparison.json")
    if sequential:
        options = Options(
            results=results,
            suite=suite,
            engine=engine,
            protocols=_protocols(protocol),
            limit=limit,
            seed=seed,
            consent=Consent(run_code=run_code),
            dtype=dtype,
        )
        found, result = _gate_sequentially(comparison, base, base_run, policy, options)
    else:
        if base or base_run or suite:
            raise InputError("--base, --base-run and --suite are for --sequential; a comparison has been made already")
        found = load_comparison(Path(comparison))
        result = decide(found, load_policy(policy))
    for target, text in ((junit, interop.junit_xml), (badge, interop.badge_json), (json, interop.verdict_json)):
        if target is not None:
            interop.write_output(target, text(result, found))
    if summary is not None:
        interop.append_summary(summary, result, found)
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for line in interop.workflow_commands(result):
            _stdout().print(line, highlight=False, markup=False, emoji=False, soft_wrap=True)
    interop.print_gate(_stdout(), result)
    raise typer.Exit(result.exit_code)


def _write_policy(path: Path) -> None:
    from forgetbench.gate import POLICY_TEMPLATE
    from forgetbench.gate.formats import write_output

    if path.exists():
        raise InputError(f"{path}: is there already; name another file with --policy")
    write_output(path, POLICY_TEMPLATE)
    _stdout().print(f"written to {path}", highlight=False, markup=False)


def _gate_sequentially(
    candidate: str, base: str | None, base_run: Path | None, policy: Path | None, options: Options
) -> tuple[Comparison, GateResult]:
    from forgetbench.gate import load_policy
    from forgetbench.gate.sequential.gate import gate_sequentially
    from forgetbench.report.wording import looks
    from forgetbench.storage.results import load_run

    if (base is None) == (base_run is None):
        raise InputError("--sequential needs a base to compare with: either --base or --base-run")
    wanted = load_policy(policy)
    against = load_run(base_run) if base_run else base or ""
    with _progress() as progress:
        found, folder = gate_sequentially(candidate, against, wanted, options, progress)
    for name, text in looks(found.comparison):
        _stdout().print(f"{name.lower()}: {text}", highlight=False, markup=False, soft_wrap=True)
    _stdout().print(f"written to {folder}", highlight=False, markup=False, soft_wrap=True)
    return found.comparison, found.gate


@app.command()
def report(
    comparison: Annotated[Path, typer.Argument(help="comparison.json or its folder.")],
    html: Annotated[Path | None, typer.Option(help="Write the HTML report here.")] = None,
    markdown: Annotated[Path | None, typer.Option(help="Write the Markdown report here.")] = None,
) -> None:
    """Print a comparison, and write its report again."""
    from forgetbench.report import print_comparison, write_html, write_markdown, write_report
    from forgetbench.storage.results import load_comparison, load_items

    folder = comparison if comparison.is_dir() else comparison.parent
    found, items = load_comparison(comparison), load_items(folder)
    print_comparison(_stdout(), found)
    if html is not None:
        write_html(found, items, html)
    if markdown is not None:
        write_markdown(found, items, markdown)
    if html is None and markdown is None:
        write_report(found, items, folder)


@app.command()
def leaderboard(
    results: Annotated[Path, typer.Argument(help="A results folder.")],
    out: Annotated[Path, typer.Option(help="Folder of the site.")],
) -> None:
    """Write one static page with a row per comparison."""
    from forgetbench.leaderboard import build
    from forgetbench.storage.folder import check_writable

    check_writable(out)
    _stdout().print(f"written to {build(results, out)}", highlight=False, markup=False)


@tasks_app.command("list")
def tasks_list() -> None:
    """The embedded suites and tasks."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from forgetbench.cli.listing import suites, tasks

    console = _stdout()
    for title, columns, rows in (suites(), tasks()):
        table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
        for number, column in enumerate(columns):
            # A name is what is typed, so it is never cut; what is long is folded.
            table.add_column(column, no_wrap=number == 0, overflow="fold")
        for row in rows:
            table.add_row(*row, style="bold" if len(row) == 1 else None)
        console.print(table)


@tasks_app.command("show")
def tasks_show(name: Annotated[str, typer.Argument(help="A task's or a suite's name.")]) -> None:
    """A task's declaration and its first item as it is asked; or a suite's tasks."""
    from forgetbench.cli.listing import show

    _stdout().print(show(name), highlight=False, markup=False)


@tasks_app.command("validate")
def tasks_validate(path: Annotated[Path, typer.Argument(help="A folder of tasks, or one task's YAML file.")]) -> None:
    """Check task modules: declaration, items, keys, leaks, scoring. Exit code 2 when a check fails."""
    from forgetbench.suites.validation import validate

    found, console = validate(path), _stdout()
    for line in found.lines():
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    if found.failed:
        raise typer.Exit(2)


@app.command()
def doctor(
    checkpoint: Annotated[str | None, typer.Argument(help="[NAME=]WHERE[@REVISION]: can it be run here?")] = None,
    engine: EngineOption = "vllm",
    no_load: Annotated[bool, typer.Option("--no-load", help="Only what can be known without loading it.")] = False,
    dtype: DtypeOption = "auto",
    tensor_parallel: TensorParallelOption = 1,
    base_url: UrlOption = None,
    tokenizer: TokenizerOption = None,
    allow_pickle: PickleOption = False,
    trust_remote_code: RemoteOption = False,
) -> None:
    """What this machine can run, and what is missing; with a checkpoint, whether that one runs here."""
    from forgetbench.cli.doctor import examine, machine
    from forgetbench.engines.base import EngineOptions

    options = EngineOptions(
        engine,
        dtype,
        tensor_parallel,
        base_url=base_url,
        tokenizer=tokenizer,
        allow_pickle=allow_pickle,
        trust_remote_code=trust_remote_code,
    )
    console, failed = _stdout(), False
    for row in machine() if checkpoint is None else examine(checkpoint, options, load=not no_load):
        console.print(str(row), highlight=False, markup=False, soft_wrap=True)
        failed = failed or row.state == "FAIL"
    if failed:
        raise typer.Exit(4)


def _check_sft(data: Path | None, exclude: bool) -> None:
    if exclude and data is None:
        raise InputError("--exclude-contaminated needs --sft-data: without it nothing is known to be contaminated")


def _protocols(name: ProtocolName) -> tuple[Protocol, ...]:
    named: dict[ProtocolName, tuple[Protocol, ...]] = {
        ProtocolName.native: ("native",),
        ProtocolName.completion: ("completion",),
        ProtocolName.chat: ("chat",),
        # The headline comes last, and shows the other beside it.
        ProtocolName.both: ("completion", "native"),
    }
    return named[name]


# --- what commands share ----------------------------------------------------------------------


def _stdout() -> Console:
    from rich.console import Console

    return Console(soft_wrap=False)


def _print_outcome(outcome: Outcome, options: Options) -> None:
    from forgetbench.report import print_comparisons, print_runs

    console = _stdout()
    if not outcome.comparisons:
        print_runs(console, outcome.runs, options.results)
        return
    print_comparisons(console, [comparison for comparison, _ in outcome.comparisons])
    for folder in (*(folder for _, folder in outcome.comparisons), *outcome.trajectories):
        console.print(f"written to {folder}", highlight=False, markup=False)


@contextlib.contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """For work of seconds that leaves no garbage behind: looking for some takes a tenth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextlib.contextmanager
def _progress() -> Iterator[Progress]:
    """A progress bar with the remaining time, on stderr.

    It keeps its own copy of the terminal, since engines send the process's stdout and stderr to a log.
    """
    from rich.console import Console

    from forgetbench.progress import show_progress

    with os.fdopen(os.dup(2), "w") as terminal, show_progress(Console(file=terminal)) as progress:
        yield progress


def main() -> None:
    """Entry point: runs a command and turns expected failures into one line and their exit code."""
    try:
        # A command that ends with typer.Exit gives its code back here, and an interrupt comes as 130.
        code = app(standalone_mode=False) or 0
    except typer.Exit as error:
        code = error.exit_code
    except (typer.Abort, KeyboardInterrupt):
        code = _INTERRUPTED
    except ForgetbenchError as error:
        sys.stderr.write(f"forgetbench: {error}\n")
        code = error.exit_code
    except UsageError as error:
        sys.stderr.write(f"forgetbench: {error.format_message()}; see forgetbench --help\n")
        code = 2
    if code == _INTERRUPTED:
        sys.stderr.write("interrupted; what was done is kept, the same command goes on from there\n")
    sys.exit(code)
