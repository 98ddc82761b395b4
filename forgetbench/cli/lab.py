"""`forgetbench lab`: train the mitigations, evaluate every checkpoint, rank them at the same gain."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Group, Parameter

from forgetbench.cli.console import say, shown_progress
from forgetbench.cli.options import Engine
from forgetbench.engines.base import EngineOptions
from forgetbench.errors import InputError
from forgetbench.messages import translated as _

if TYPE_CHECKING:
    from forgetbench.lab.corpus import LabData
    from forgetbench.lab.paths import Lab
    from forgetbench.lab.recipe import Recipe
    from forgetbench.progress import Progress

lab = App(name="lab", help="Fine-tune one base by recipes, and compare what each costs at the same gain.")
_OUT = Path("results/lab")
_EMBEDDED = "lab"
"""The name of the embedded base, and of its data."""


@dataclass(frozen=True, slots=True)
class LabOptions:
    """What is trained, and where."""

    out: Path = _OUT
    """Where trainings, runs and tables are kept; the same folder goes on where it was."""
    base: str = _EMBEDDED
    """A folder with full weights; by default the lab's own small base, trained on first use in ten minutes."""
    seeds: Annotated[tuple[int, ...], Parameter(consume_multiple=True)] = (0, 1, 2)
    """Of data and order; a ranking needs three."""
    suite: str = "lab"
    """A suite by name, or a suite file; it needs domain target."""
    limit: int | None = None
    """Only the first so many items of each task."""
    reference: str = "full-mid"
    """The recipe that others are compared with, at shares of what it gains."""
    sft_data: Path | None = None
    """Your own examples (JSONL with prompt and completion, or messages), for a base of your own."""
    general: Path | None = None
    """General text (JSONL with text) for recipes that replay some."""


Lab_ = Annotated[LabOptions, Parameter(name="*", group=Group("What is trained", sort_key=1))]


@lab.default
def run(
    *recipes: Annotated[str, Parameter(help="Built-in recipes by name, or YAML files.")],
    all: Annotated[bool, Parameter(help="All built-in recipes.")] = False,  # noqa: A002
    list: Annotated[bool, Parameter(help="Show the built-in recipes.")] = False,  # noqa: A002
    smoke: Annotated[bool, Parameter(help="To see that it works: random base, few steps and items.")] = False,
    options: Lab_ = LabOptions(),
    engine: Engine = EngineOptions(),
) -> None:
    """Train recipes from one base, evaluate every checkpoint, and rank what each forgot at the same target gain.

    Whatever is there is taken as it is, so the same command goes on after an interrupt, and more recipes and seeds can
    join the same folder. Writes lab.json, lab.csv, lab.md and plots after every recipe.
    """
    from forgetbench.lab.recipe import builtin_recipes, load_recipe

    if list:
        for name in builtin_recipes():
            say(f"{name}: {load_recipe(name).what}")
        return
    names = [*recipes, *(builtin_recipes() if all else _SMOKE if smoke and not recipes else ())]
    if not names:
        raise InputError("lab: no recipe; name some, or --all; --list shows them")
    chosen = [load_recipe(name) for name in dict.fromkeys(names)]
    if smoke:
        chosen, options, engine = _made_small(chosen, options, engine)
    if options.base == _EMBEDDED:
        engine = _for_small_models(engine)
    with shown_progress() as progress:
        made = _run(chosen, options, engine, progress, random_base=smoke)
    _show(made, options.out)


@lab.command
def findings(
    *,
    out: Annotated[Path, Parameter(help="A lab's folder.")] = _OUT,
    findings: Annotated[Path | None, Parameter(help="Hypotheses (YAML); by default those of the manual.")] = None,
) -> None:
    """Settle contested findings by what a lab measured: confirmed, refuted, or undecidable at this size.

    Writes findings.json and findings.md beside lab.json. No model is run.
    """
    from forgetbench.lab.findings import load_findings, settle
    from forgetbench.lab.pages import numbers, write_findings
    from forgetbench.lab.stored import load_lab

    settled = settle(load_lab(out), load_findings(findings))
    write_findings(settled, out)
    for finding in settled:
        say(f"{finding.verdict}: {finding.claim} ({finding.source})")
        for shown in finding.shown:
            say(f"    {shown.what}: {numbers(shown)}" + (f" ({shown.reason})" if shown.reason else ""))
    say(_("written to {folder}").format(folder=out / "findings.md"))


_SMOKE = ("full-mid", "lora-r8")
_SMOKE_TOKENS = 6
"""Of every generated answer: a random base never comes to an end."""


def _made_small(
    recipes: list[Recipe], options: LabOptions, engine: EngineOptions
) -> tuple[list[Recipe], LabOptions, EngineOptions]:
    """A few steps, one seed, a few items, and an engine that starts at once."""
    from forgetbench.lab.recipe import with_starts

    if options.base != _EMBEDDED or options.sft_data is not None:
        raise InputError("--smoke has a base and data of its own; leave out --base and --sft-data")
    small = replace(options, seeds=options.seeds[:1], limit=options.limit or 3)
    if options.out == _OUT:
        small = replace(small, out=_OUT.with_name("lab-smoke"))
    quick = replace(engine, engine="transformers") if engine == EngineOptions() else engine
    return [recipe.shortened(4) for recipe in with_starts(recipes)], small, quick


def _for_small_models(engine: EngineOptions) -> EngineOptions:
    """One thread for each of the two processes, which many would only keep waiting for one another; and no rounding,
    which vLLM would do to a base in float32."""
    for name, value in {
        "OMP_NUM_THREADS": "1",
        "VLLM_CPU_OMP_THREADS_BIND": "nobind",
        "VLLM_CPU_KVCACHE_SPACE": "1",
    }.items():
        os.environ.setdefault(name, value)
    return replace(engine, dtype="float32") if engine.dtype == "auto" else engine


def _run(
    recipes: list[Recipe], options: LabOptions, engine: EngineOptions, progress: Progress, *, random_base: bool
) -> Lab:
    from forgetbench.evaluation.options import EvaluationOptions
    from forgetbench.lab.evaluator import Evaluator
    from forgetbench.lab.learning import Teacher
    from forgetbench.lab.pages import write_pages
    from forgetbench.lab.running import run_lab
    from forgetbench.lab.stored import alone, save_lab
    from forgetbench.storage.folder import check_writable

    check_writable(options.out)
    data, data_name = _data(options)
    base = _base(options.base, progress, random_base=random_base)
    tokens = _SMOKE_TOKENS if random_base else None
    evaluation = EvaluationOptions(suite=options.suite, limit=options.limit, max_gen_toks=tokens, results=options.out)

    def after(made: Lab) -> None:
        save_lab(options.out, made)
        write_pages(made, options.out)

    with alone(options.out), Evaluator(f"base={base}", evaluation, engine, progress) as evaluator:
        return run_lab(
            recipes,
            tuple(dict.fromkeys(options.seeds)),
            Teacher(base, data, options.out / "trainings"),
            evaluator,
            options.out,
            data=data_name,
            reference=options.reference,
            after=after,
            own_process=not random_base,
            progress=progress,
        )


def _base(where: str, progress: Progress, *, random_base: bool) -> Path:
    from forgetbench.lab.base import lab_base, untrained_base

    if random_base:
        return untrained_base()
    if where != _EMBEDDED:
        return Path(where)
    progress.start("the lab's base", 0)
    return lab_base(on_step=lambda step, loss: progress.label(f"step {step}, loss {loss:.2f}"))


def _data(options: LabOptions) -> tuple[LabData, str]:
    """What is learned from, and its name in lab.json."""
    from forgetbench.fingerprint import file_digest
    from forgetbench.lab.corpus import EmbeddedData, FileData

    if options.sft_data is None:
        if options.general is not None:
            raise InputError("--general goes with --sft-data; the embedded data has general text of its own")
        return EmbeddedData(), "embedded"
    files = [path for path in (options.sft_data, options.general) if path is not None]
    return FileData(options.sft_data, options.general), " ".join(file_digest(path)[:16] for path in files)


def _show(made: Lab, out: Path) -> None:
    from forgetbench.lab.matched import SHARES, rank
    from forgetbench.lab.pages import ranking_lines

    for share in SHARES:
        ranking = rank(made, share)
        for line in ranking_lines(made, ranking) if ranking is not None else ():
            say(line)
    say(_("written to {folder}").format(folder=out / "lab.md"))
