"""Task entries become lm-eval task objects with what the scorer must know of them."""

from __future__ import annotations

import contextlib
import importlib
import io
import logging
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from forgetbench import sandbox
from forgetbench.errors import InputError, SuiteError, first_line
from forgetbench.lm_eval_bridge.code_eval import sandboxed_code_eval
from forgetbench.lm_eval_bridge.data_sets import at_hand, data_set_of
from forgetbench.lm_eval_bridge.describing import describe
from forgetbench.lm_eval_bridge.groups import Subtasks
from forgetbench.lm_eval_bridge.registry import configurations, task_manager
from forgetbench.lm_eval_bridge.task_entry import TaskEntry
from forgetbench.lm_eval_bridge.task_yaml import read_declaration
from forgetbench.records import TaskInfo


@dataclass(frozen=True, slots=True)
class LoadedTask:
    """An lm-eval task with what the scorer must know of it."""

    info: TaskInfo
    task: Any
    limit: int | None
    rates_samples: bool
    """Its samples are also rated by likelihood under the reference checkpoint."""
    executes_code: bool = False
    """Its scoring runs what the model wrote, in the sandbox and with the user's consent."""


def load(entries: Sequence[TaskEntry], limit: int | None = None, suggestions: Collection[str] = ()) -> list[LoadedTask]:
    """The tasks of all entries; a group of lm-eval's is one task.

    An unknown name is answered with the nearest of lm-eval's names and `suggestions`. What the hub would have to be
    asked for is looked for before anything is loaded, for all tasks together. Raises SuiteError for unknown names,
    broken YAML, empty tasks and data that cannot be had, InputError for tasks that run a model's code where that may
    not be done.
    """
    with quiet_lm_eval():
        manager = task_manager([entry.name for entry in entries if entry.file is None], suggestions)
        configs = [named for entry in entries for named in _configurations(manager, entry).items()]
        executing = [name for name, config in configs if config.get("unsafe_code")]
        for name in executing:
            sandbox.require(f"task '{name}'")
        data_sets = [data_set for _, config in configs if (data_set := data_set_of(config))]
        with at_hand(data_sets), sandboxed_code_eval() if executing else contextlib.nullcontext():
            return [task for entry in entries for task in _load(manager, entry, limit)]


def _configurations(manager: Any, entry: TaskEntry) -> Mapping[str, Mapping[str, Any]]:
    """The configuration of each task behind an entry, with the names of functions instead of code."""
    if entry.configurations:
        return {str(config["task"]): config for config in entry.configurations}
    if entry.file is None:
        return configurations(manager, entry.name)
    # What is wrong with a YAML is reported when it is loaded.
    declaration = read_declaration(entry.file)
    return {entry.name: declaration.config} if declaration else {}


def _load(manager: Any, entry: TaskEntry, limit: int | None) -> list[LoadedTask]:
    """The tasks of an entry: one, or one for each of its configurations."""
    try:
        tasks = _lm_eval_tasks(manager, entry)
        fewest = min(len(task.eval_docs) for task in tasks)
    except InputError:
        raise
    except Exception as error:  # lm-eval, datasets and a task's own code raise many types
        why = f"{type(error).__name__}: {first_line(str(error))}"
        raise SuiteError(f"task '{entry.name}' cannot be loaded: {entry.where}{why}") from error
    if not fewest:
        raise SuiteError(f"task '{entry.name}' has no documents: {entry.where}check its data file")
    return [_with_settings(task, entry, limit) for task in tasks]


def _lm_eval_tasks(manager: Any, entry: TaskEntry) -> list[Any]:
    if entry.configurations:
        return list(manager.load(list(entry.configurations))["tasks"].values())
    if entry.file:
        return [manager.load([_runnable_configuration(entry.file)])["tasks"][entry.name]]
    return [_group(entry, manager.load([entry.name])["tasks"])]


def _runnable_configuration(path: Path) -> dict[str, Any]:
    """A YAML file's configuration with its functions as code.

    Data files that it names are relative to it; lm-eval would look for them in the working folder.
    """
    loader = importlib.import_module("lm_eval.tasks._yaml_loader")
    config: dict[str, Any] = loader.load_yaml(path)
    kwargs = config.get("dataset_kwargs") or {}
    data_files = kwargs.get("data_files")
    if data_files is None:
        return config
    by_split = data_files if isinstance(data_files, dict) else {"test": data_files}
    absolute = {split: str((path.parent / str(file)).resolve()) for split, file in by_split.items()}
    return {**config, "dataset_kwargs": {**kwargs, "data_files": absolute}}


def _group(entry: TaskEntry, tasks: Mapping[str, Any]) -> Subtasks:
    members = {name: task for name, task in tasks.items() if fnmatchcase(name, entry.subtasks or "*")}
    if not members:
        raise SuiteError(f"task '{entry.name}': none of its tasks matches '{entry.subtasks}': {', '.join(tasks)}")
    group = Subtasks(entry.name, members, entry.cluster or ("subtask" if len(members) > 1 else "document"))
    if differing := group.differing():
        raise SuiteError(f"the tasks of '{entry.name}' differ in {differing}; name them one by one")
    return group


def _with_settings(task: Any, entry: TaskEntry, limit: int | None) -> LoadedTask:
    if entry.num_fewshot is not None:
        task.set_config("num_fewshot", entry.num_fewshot)
    if entry.max_gen_toks is not None and task.OUTPUT_TYPE == "generate_until":
        task.set_config("generation_kwargs", {"max_gen_toks": entry.max_gen_toks}, update=True)
    limits = [size for size in (entry.limit, limit) if size is not None]
    metadata = task.config.metadata or {}
    return LoadedTask(
        info=describe(task, entry),
        task=task,
        limit=min(limits, default=None),
        rates_samples=bool(metadata.get("reference_likelihood")),
        executes_code=bool(metadata.get("executes_code") or task.config.unsafe_code),
    )


@contextlib.contextmanager
def quiet_lm_eval() -> Iterator[None]:
    """lm-eval and datasets draw progress bars and log per task; our own bar says what is going on."""
    os.environ.setdefault("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")
    for name in ("lm_eval", "lm-eval", "datasets", "evaluate"):
        logging.getLogger(name).setLevel(logging.ERROR)
    # Bars go to stderr, and nothing else does: what fails raises.
    with contextlib.redirect_stderr(io.StringIO()):
        yield
