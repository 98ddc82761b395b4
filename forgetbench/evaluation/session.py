"""What an evaluation needs, opened together: tasks, checkpoints, an engine, and the ledger in front of it."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

from forgetbench import sandbox
from forgetbench.engines.base import Engine, EngineClass, EngineOptions
from forgetbench.engines.registry import make_engine, resolve_checkpoint
from forgetbench.errors import InputError
from forgetbench.evaluation.options import EvaluationOptions
from forgetbench.fingerprint import digest
from forgetbench.lm_eval_bridge import LoadedTask
from forgetbench.models.prompting import template_settings
from forgetbench.progress import Progress
from forgetbench.records import DEFAULT_MARGIN, Checkpoint, Margins
from forgetbench.storage.folder import ResultsFolder
from forgetbench.storage.ledger import Ledger
from forgetbench.suites.loading import check_names, load_tasks
from forgetbench.suites.suite import (
    Suite,
    load_suite,
    suite_of_tasks,
    with_level,
    with_prompting,
    with_target,
    with_token_limit,
)

Resolve = Callable[[str, Checkpoint | None], Checkpoint]
"""From `[NAME=]WHERE[@REVISION]` and the base, where it is known, to a checkpoint."""


@dataclass(frozen=True, slots=True)
class LoadedSuite:
    """A suite and its tasks."""

    suite: Suite
    tasks: tuple[LoadedTask, ...]

    @property
    def fingerprint(self) -> str:
        """Hash of the tasks and how many documents of each are asked."""
        tasks = [(task.info.fingerprint, task.info.name, task.limit) for task in self.tasks]
        settings = self.suite.prompting.as_dict()
        return digest([tasks, settings] if settings else tasks)

    @property
    def margins(self) -> dict[str, float]:
        """Non-inferiority margin of each domain that the tasks belong to."""
        domains = dict.fromkeys(task.info.domain for task in self.tasks)
        return {domain: self.suite.margins.get(domain, DEFAULT_MARGIN) for domain in domains}

    @property
    def allowed(self) -> Margins:
        """How much a candidate may lose."""
        return Margins(self.margins, self.suite.bits_margin, self.suite.preserve)


@dataclass(frozen=True, slots=True)
class Session:
    """What is open while checkpoints are evaluated."""

    suite: LoadedSuite
    base: Checkpoint | None
    checkpoints: tuple[Checkpoint, ...]
    """Besides the base: no two of the same content, each under a name of its own."""
    engine: Engine
    ledger: Ledger
    results: ResultsFolder
    seed: int = 0
    limit: int | None = None
    local_engines: int = 1
    """How many engines this machine holds at once; 0 where they run on other machines."""
    progress: Progress = field(default_factory=Progress)


@contextlib.contextmanager
def open_session(
    checkpoints: Sequence[str | Checkpoint],
    base: str | Checkpoint | None = None,
    *,
    evaluation: EvaluationOptions = EvaluationOptions(),
    engine: EngineOptions | Engine = EngineOptions(),
    suite: LoadedSuite | None = None,
    progress: Progress = Progress(),
) -> Iterator[Session]:
    """Open all that it takes to evaluate `checkpoints`, and a `base` they are compared with; closed at the end.

    A checkpoint is `[NAME=]WHERE[@REVISION]`, or one that was resolved before; of several with the same content the
    first is meant, and `progress` is told. `engine` says which to make; one that is handed in is used and left open.
    `suite` is one that was loaded before, in place of what `evaluation` names. Nothing is loaded into the engine
    yet. Raises InputError for whatever the user can mend, EngineError for an engine that cannot be had, StorageError
    where the ledger cannot be opened.
    """
    named = named_suite(evaluation) if suite is None else (suite.suite, None)
    if suite is None:
        check_names(*named)  # a wrong name is cheaply found, and checkpoints are read for minutes
    results = ResultsFolder(evaluation.results)
    results.check_writable()
    options = engine if isinstance(engine, EngineOptions) else EngineOptions()
    with Ledger(results.ledger) as ledger, sandbox.allowed(evaluation.run_code), contextlib.ExitStack() as stack:
        hash_file = functools.partial(ledger.file_digest, again=evaluation.rehash)

        def resolve(text: str, under: Checkpoint | None) -> Checkpoint:
            if isinstance(engine, EngineOptions):
                return resolve_checkpoint(text, options, base=under, hash_file=hash_file)
            return cast("EngineClass", type(engine)).resolve(text, options, base=under, hash_file=hash_file)

        the_base, candidates = _resolved(checkpoints, base, resolve, progress)
        progress.start("reading tasks", 0)
        loaded = suite or loaded_suite(*named, evaluation.limit)
        everyone = [*([the_base] if the_base else []), *candidates]
        if isinstance(engine, EngineOptions):
            opened = make_engine(engine, everyone)
            stack.callback(opened.close)
        else:
            opened = engine
        yield Session(
            suite=loaded,
            base=the_base,
            checkpoints=tuple(candidates),
            engine=opened,
            ledger=ledger,
            results=results,
            seed=evaluation.seed,
            limit=evaluation.limit,
            local_engines=0 if options.ray_address else options.replicas,
            progress=progress,
        )


def load_suite_of(evaluation: EvaluationOptions) -> LoadedSuite:
    """The suite that is asked for, with its tasks. Raises as `named_suite` and `loaded_suite`."""
    return loaded_suite(*named_suite(evaluation), evaluation.limit)


def loaded_suite(suite: Suite, folder: Path | None, limit: int | None = None) -> LoadedSuite:
    """A suite with its tasks, which may lie in `folder`; `limit` is the most documents of each.

    Raises SuiteError where one cannot be had, InputError for a task that runs a model's code where that is not allowed
    or the sandbox cannot be made.
    """
    tasks = tuple(load_tasks(suite, folder, limit))
    for task in tasks:
        if task.executes_code:
            sandbox.require(f"task '{task.info.name}'")
    return LoadedSuite(suite, tasks)


def named_suite(evaluation: EvaluationOptions) -> tuple[Suite, Path | None]:
    """The suite that is asked for, and the folder that its own tasks may lie in. SuiteError where it cannot be had."""
    folder: Path | None = None
    if evaluation.task:
        suite = suite_of_tasks(list(evaluation.task), evaluation.domain)
    else:
        suite, folder = load_suite(evaluation.suite or "core")
    if evaluation.target:
        suite = with_target(suite, evaluation.target)
    if evaluation.max_gen_toks:
        suite = with_token_limit(suite, evaluation.max_gen_toks)
    if evaluation.level:
        suite = with_level(suite, evaluation.level)
    told = template_settings(evaluation.chat_template_kwargs)
    return with_prompting(suite, told, evaluation.system_prompt, evaluation.add_bos), folder


def _resolved(
    checkpoints: Sequence[str | Checkpoint], base: str | Checkpoint | None, resolve: Resolve, progress: Progress
) -> tuple[Checkpoint | None, list[Checkpoint]]:
    """The checkpoints that are meant: each content once, each under a name of its own.

    InputError for one that is the base itself.
    """

    def one(given: str | Checkpoint, under: Checkpoint | None) -> Checkpoint:
        return resolve(given, under) if isinstance(given, str) else given

    the_base = None if base is None else one(base, None)
    candidates: dict[str, Checkpoint] = {}
    for given in checkpoints:
        checkpoint = one(given, the_base)
        shown = given if isinstance(given, str) else given.name
        if the_base is not None and checkpoint.fingerprint == the_base.fingerprint:
            raise InputError(f"checkpoint {shown} is the base itself (same content); for its noise use --noise-floor")
        if first := candidates.get(checkpoint.fingerprint):
            progress.note(same_content(shown, first))
            continue
        taken = [item.name for item in ([the_base] if the_base else []) + list(candidates.values())]
        candidates[checkpoint.fingerprint] = renamed(checkpoint, taken)
    return the_base, list(candidates.values())


def same_content(given: str, first: Checkpoint) -> str:
    """What is said of a checkpoint whose content was given before: a trainer's last checkpoint is often its result."""
    return f"{given} has the same content as {first.where}; it is evaluated once, as {first.name}"


def renamed(checkpoint: Checkpoint, taken: Iterable[str]) -> Checkpoint:
    """The checkpoint under a name that is still free: two folders called checkpoint-10 must be told apart."""
    names, name, number = set(taken), checkpoint.name, 2
    while name in names:
        name, number = f"{checkpoint.name}-{number}", number + 1
    return replace(checkpoint, name=name)
