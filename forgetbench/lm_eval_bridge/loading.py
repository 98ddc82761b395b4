"""Suite entries become lm-eval task objects, checked and described."""

from __future__ import annotations

import contextlib
import functools
import importlib
import io
import logging
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from forgetbench import sandbox
from forgetbench.errors import InputError, SuiteError, did_you_mean
from forgetbench.fingerprint import digest, document_hash, file_digest
from forgetbench.lm_eval_bridge.code_eval import sandboxed_code_eval
from forgetbench.lm_eval_bridge.data_sets import at_hand, data_set_of
from forgetbench.lm_eval_bridge.groups import Subtasks, task_filters
from forgetbench.lm_eval_bridge.registry import configurations, task_manager
from forgetbench.records import TaskInfo
from forgetbench.suites.suite import Suite, SuiteTask, tasks_folder
from forgetbench.suites.target import target_tasks

BINARY_METRICS = frozenset({"acc", "acc_norm", "exact_match", "acc_bytes"})
"""lm-eval metrics whose value for one item is 0 or 1."""
_PRIMARY_METRICS = ("acc_norm", "exact_match", "acc", "bits_per_byte")
PER_BYTE_METRICS = frozenset({"bits_per_byte", "byte_perplexity"})
"""lm-eval metrics of text likelihood; their score is the geometric mean probability of a byte."""
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")
_METRICS = "forgetbench.metrics"
_FUNCTION = re.compile(r"!function\s+(\w+)\.")


@dataclass(frozen=True, slots=True)
class LoadedTask:
    """An lm-eval task with what the scorer must know of it."""

    info: TaskInfo
    task: Any
    limit: int | None
    judged: bool
    """Its samples are also rated by likelihood under the reference checkpoint."""
    filter: str
    """Which of its ways of reading an answer gives the score."""
    executes_code: bool = False
    """Its scoring runs what the model wrote, in the sandbox and with the user's consent."""


def load_tasks(suite: Suite, folder: Path | None = None, limit: int | None = None) -> list[LoadedTask]:
    """Load a suite's tasks: a user's files, embedded ones, those beside the suite file, else lm-eval's by name.

    A group of lm-eval's is one task. Raises SuiteError for unknown names, broken YAML, empty tasks and data that cannot
    be had, InputError for tasks that run a model's code where that may not be done. What the hub would have to be asked
    for is looked for before anything is loaded, for all tasks together.
    """
    with quiet_lm_eval():
        wanted = [(domain, entry) for domain, entries in suite.domains.items() for entry in entries]
        known = _task_files([tasks_folder(), *([folder] if folder else [])])
        sources = [_source(known, folder, entry) for _, entry in wanted]
        foreign = [entry.task for (_, entry), source in zip(wanted, sources, strict=True) if source is None]
        manager = task_manager(foreign, known)
        configs = [
            item
            for (_, entry), source in zip(wanted, sources, strict=True)
            if entry.file is None
            for item in _configurations(manager, entry.task, source).items()
        ]
        code = [name for name, config in configs if config.get("unsafe_code")]
        for name in code:
            sandbox.require(f"task '{name}'")
        data = [found for _, config in configs if (found := data_set_of(config))]
        with at_hand(data), sandboxed_code_eval() if code else contextlib.nullcontext():
            return [
                task
                for (domain, entry), source in zip(wanted, sources, strict=True)
                for task in _load(manager, source, domain, entry, limit)
            ]


def embedded_task_files() -> dict[str, Path]:
    """Names of the embedded tasks and their YAML files."""
    return _task_files([tasks_folder()])


def _task_files(folders: Iterable[Path]) -> dict[str, Path]:
    # lm-eval skips malformed YAML silently, so the names are read here, where a mistake is told.
    found: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*.yaml")):
            with contextlib.suppress(OSError, UnicodeDecodeError):
                for line in path.read_text(encoding="utf-8").splitlines():
                    if line.startswith("task:"):
                        found[line.partition(":")[2].split("#")[0].strip().strip("'\"")] = path
    return found


def _configurations(manager: Any, name: str, path: Path | None) -> Mapping[str, Mapping[str, Any]]:
    if path is None:
        return configurations(manager, name)
    loader = importlib.import_module("lm_eval.tasks._yaml_loader")
    try:
        return {name: loader.load_yaml(path, resolve_func=False)}
    except Exception:  # what is wrong with it is told when it is loaded
        return {}


def _source(known: Mapping[str, Path], folder: Path | None, entry: SuiteTask) -> Path | None:
    """The file that an entry's task is made from: a user's JSONL, or a YAML; None for lm-eval's own."""
    return (folder or Path()) / entry.file if entry.file else known.get(entry.task)


def _load(manager: Any, path: Path | None, domain: str, entry: SuiteTask, limit: int | None) -> list[LoadedTask]:
    """The task of an entry; of a user's file also its `choice` view, if it has one."""
    where = f"{path}: " if path else ""
    try:
        if entry.file and path:
            found = list(manager.load(target_tasks(path, entry.task))["tasks"].values())
        else:
            tasks = manager.load([_spec(entry.task, path)])["tasks"]
            found = [tasks[entry.task] if path else _subtasks(entry, tasks)]
        documents = min(len(task.eval_docs) for task in found)
    except InputError:
        raise
    except Exception as error:  # lm-eval, datasets and a task's own code raise many types
        first = (str(error).strip().splitlines() or [""])[0]
        raise SuiteError(f"task '{entry.task}' cannot be loaded: {where}{type(error).__name__}: {first}") from error
    if not documents:
        raise SuiteError(f"task '{entry.task}' has no documents: {where}check its data file")
    return [_with_settings(task, entry, domain, where, limit) for task in found]


def _with_settings(task: Any, entry: SuiteTask, domain: str, where: str, limit: int | None) -> LoadedTask:
    if isinstance(task, Subtasks) and (differing := task.differing()):
        raise SuiteError(f"the tasks of '{entry.task}' differ in {differing}; name them one by one")
    if entry.num_fewshot is not None:
        task.set_config("num_fewshot", entry.num_fewshot)
    if entry.max_gen_toks is not None and task.OUTPUT_TYPE == "generate_until":
        task.set_config("generation_kwargs", {"max_gen_toks": entry.max_gen_toks}, update=True)
    limits = [size for size in (entry.limit, limit) if size is not None]
    metadata = task.config.metadata or {}
    read_as = _filter(task, entry, where)
    info = _describe(task, entry, domain, metadata, where, read_as)
    judged = bool(metadata.get("reference_likelihood"))
    executes = bool(metadata.get("executes_code") or task.config.unsafe_code)
    return LoadedTask(info, task, min(limits, default=None), judged, read_as, executes)


def _subtasks(entry: SuiteTask, tasks: Mapping[str, Any]) -> Subtasks:
    wanted = {name: task for name, task in tasks.items() if fnmatchcase(name, entry.subtasks or "*")}
    if not wanted:
        raise SuiteError(f"task '{entry.task}': none of its tasks matches '{entry.subtasks}': {', '.join(tasks)}")
    return Subtasks(entry.task, wanted, entry.cluster or ("subtask" if len(wanted) > 1 else "document"))


def _filter(task: Any, entry: SuiteTask, where: str) -> str:
    names = task.filters if isinstance(task, Subtasks) else task_filters(task)
    if entry.filter is None and len(names) > 1:
        raise SuiteError(
            f"task '{entry.task}': {where}it reads answers in several ways ({', '.join(names)}); name one in a suite "
            f"file: {{task: {entry.task}, filter: {names[0]}}}"
        )
    if entry.filter is not None and entry.filter not in names:
        raise SuiteError(f"task '{entry.task}': {where}no filter '{entry.filter}'; {did_you_mean(entry.filter, names)}")
    return entry.filter or names[0]


def _spec(name: str, path: Path | None) -> Any:
    """What lm-eval is asked to load: a name of its own, or a file's configuration.

    Data files that a YAML names are relative to it; lm-eval would look for them in the working folder.
    """
    if path is None:
        return name
    loader = importlib.import_module("lm_eval.tasks._yaml_loader")
    config: dict[str, Any] = loader.load_yaml(path)
    kwargs = config.get("dataset_kwargs") or {}
    named = kwargs.get("data_files")
    if named is None:
        return config
    files = named if isinstance(named, dict) else {"test": named}
    absolute = {split: str((path.parent / str(file)).resolve()) for split, file in files.items()}
    return {**config, "dataset_kwargs": {**kwargs, "data_files": absolute}}


def _describe(
    task: Any, entry: SuiteTask, domain: str, metadata: Mapping[str, Any], where: str, read_as: str
) -> TaskInfo:
    metric = _metric(task, entry, metadata, where)
    chance = entry.chance if entry.chance is not None else metadata.get("chance")
    if chance is None:
        chance = 1 / len(task.doc_to_choice(task.eval_docs[0])) if task.OUTPUT_TYPE == "multiple_choice" else 0.0
    shots = metadata.get("completion_fewshot") if entry.num_fewshot is None else None
    return TaskInfo(
        name=entry.task if entry.file is None else str(task.config.task),
        domain=str(metadata.get("domain") or domain),
        metric=metric,
        chance=float(chance),
        view=entry.view or metadata.get("view") or None,
        version=str(metadata.get("version", "")),
        binary=bool(metadata.get("binary", metric in BINARY_METRICS)) if entry.binary is None else entry.binary,
        corpus_metric=metadata.get("corpus_metric"),
        repeats=int(task.config.repeats or 1),
        num_fewshot=int(task.config.num_fewshot or 0),
        fingerprint=_task_fingerprint(task, known_file="" if entry.file else where.removesuffix(": ")),
        completion_fewshot=None if shots is None else int(shots),
        supporting=bool(metadata.get("supporting")),
        licence=str(metadata.get("licence") or ""),
        language=tuple(map(str, metadata.get("language") or ())),
        filter=read_as,
    )


def _metric(task: Any, entry: SuiteTask, metadata: Mapping[str, Any], where: str) -> str:
    """The metric that is the item's score: declared, or the one that people quote."""
    better: dict[str, bool] = dict(task.higher_is_better())
    default = next((name for name in _PRIMARY_METRICS if name in better), next(iter(better), "acc"))
    metric = str(entry.metric or metadata.get("metric") or default)
    if metadata.get("corpus_metric"):
        return metric
    if better and metric not in better:
        raise SuiteError(f"task '{entry.task}': {where}no metric '{metric}'; {did_you_mean(metric, better)}")
    if not better.get(metric, True) and metric not in PER_BYTE_METRICS:
        others = [name for name, rising in better.items() if rising or name in PER_BYTE_METRICS]
        raise SuiteError(
            f"task '{entry.task}': {where}less is better in '{metric}', and a score must rise with quality; "
            f"metrics that can be one: {', '.join(others) or 'none'}"
        )
    return metric


def _task_fingerprint(task: Any, known_file: str) -> str:
    """Hash of the task's YAML and code (or its configuration), of how it decodes, and of all its documents."""
    parts: list[Any] = [document_hash(document) for document in task.eval_docs]
    if known_file:
        file = Path(known_file)
        named = sorted(set(_FUNCTION.findall(file.read_text(encoding="utf-8"))))
        code = [path for path in (file.with_name(f"{module}.py") for module in named) if path.is_file()]
        parts += [file_digest(path) for path in (file, *code)]
        metadata = task.config.metadata or {}
        if metadata.get("corpus_metric") or any(_METRICS in path.read_text(encoding="utf-8") for path in code):
            parts.append(_metrics_fingerprint())
    else:
        # Neither where lm-eval is installed nor where its functions lie in memory is part of a task.
        root = str(Path(str(importlib.import_module("lm_eval").__file__)).parent)
        parts.append(_ADDRESS.sub("", repr(sorted(task.dump_config().items()))).replace(root, ""))
        if getattr(task.config.process_results, "__module__", "").startswith("forgetbench."):
            parts.append(_metrics_fingerprint())
    return digest([parts, task.config.num_fewshot, repr(task.config.generation_kwargs)])


@functools.cache
def _metrics_fingerprint() -> str:
    """Hash of the code by which embedded tasks score: another metric gives scores that must not be paired."""
    folder = Path(str(importlib.import_module(_METRICS).__file__)).parent
    return digest([file_digest(path) for path in sorted(folder.rglob("*.py"))])


@contextlib.contextmanager
def quiet_lm_eval() -> Iterator[None]:
    """lm-eval and datasets draw progress bars and log per task; our own bar says what is going on."""
    os.environ.setdefault("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")
    for name in ("lm_eval", "lm-eval", "datasets", "evaluate"):
        logging.getLogger(name).setLevel(logging.ERROR)
    # Bars go to stderr, and nothing else does: what fails raises.
    with contextlib.redirect_stderr(io.StringIO()):
        yield
