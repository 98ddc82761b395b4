"""Task entries become lm-eval task objects with what the scorer must know of them."""

from __future__ import annotations

import contextlib
import io
import itertools
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from forgetbench import sandbox
from forgetbench.errors import ForgetbenchError, SuiteError, first_line
from forgetbench.lm_eval_bridge.clusters import check_cluster_keys
from forgetbench.lm_eval_bridge.code_eval import sandboxed_code_eval
from forgetbench.lm_eval_bridge.data_sets import at_hand, data_set_of
from forgetbench.lm_eval_bridge.describing import describe
from forgetbench.lm_eval_bridge.documents import check_documents
from forgetbench.lm_eval_bridge.filtering import check_filters
from forgetbench.lm_eval_bridge.groups import Subtasks, asked_documents
from forgetbench.lm_eval_bridge.local_data import data_mistake, read_anew
from forgetbench.lm_eval_bridge.members import Member, members
from forgetbench.lm_eval_bridge.registry import configurations, task_manager
from forgetbench.lm_eval_bridge.selection import select
from forgetbench.lm_eval_bridge.settings import check_settings
from forgetbench.lm_eval_bridge.shots import check_shots
from forgetbench.lm_eval_bridge.task_code import code_of
from forgetbench.lm_eval_bridge.task_entry import TaskEntry
from forgetbench.lm_eval_bridge.task_yaml import OwnTasks, with_functions
from forgetbench.lm_eval_bridge.templates import sandbox_templates
from forgetbench.records import TaskInfo
from forgetbench.sandbox.limits import LimitError

_STRUCTURE = ("tag", "group", "task_list", "include")
"""Fields that say where a task belongs, and are none of its own."""


@dataclass(frozen=True, slots=True)
class LoadedTask:
    """An lm-eval task with what the scorer must know of it."""

    info: TaskInfo
    task: Any
    limit: int | None
    rates_samples: bool
    """Its samples are also rated by likelihood under the reference checkpoint."""
    neutral_request: str | None = None
    """What they are rated after as well: a request, as a template over the document, that any text answers."""
    executes_code: bool = False
    """Its scoring runs what the model wrote, in the sandbox and with the user's consent."""
    faults: Mapping[int, str] = field(default_factory=dict)
    """By number, the documents that cannot be scored whatever is answered, and why; see `documents`."""


def load(
    entries: Sequence[TaskEntry], limit: int | None = None, own: OwnTasks = OwnTasks(), *, any_documents: bool = False
) -> list[LoadedTask]:
    """The tasks of all entries; a group or a tag is one task.

    `own` has the tasks outside lm-eval that groups may hold. An unknown name is answered with the nearest of lm-eval's
    names and its. What the hub would have to be asked for is looked for before anything is loaded, for all tasks
    together; a task that has no item of the levels asked for is left out. Raises SuiteError for unknown names, broken
    YAML, settings that cannot be honoured, empty tasks, documents that cannot be scored (unless `any_documents`) and
    data that cannot be had, InputError for tasks that run a model's code where that may not be done.
    """
    with quiet_lm_eval():
        sandbox_templates()
        behind = {entry.name: members(entry.name, own, entry.yaml) for entry in entries if not entry.configurations}
        for member in itertools.chain(*behind.values()):
            check_settings(member.name, member.fields, member.where)
        of_lm_eval = [member.name for found in behind.values() for member in found if member.config is None]
        manager = task_manager(of_lm_eval, own.names)
        configs = [named for entry in entries for named in _configurations(manager, entry, behind)]
        executing = [name for name, config in configs if config.get("unsafe_code")]
        for name in executing:
            sandbox.require(f"task '{name}'")
        data_sets = [data_set for _, config in configs if (data_set := data_set_of(config))]
        with at_hand(data_sets), sandboxed_code_eval() if executing else contextlib.nullcontext():
            loaded = [
                task
                for entry in entries
                for task in _load(manager, entry, behind.get(entry.name, ()), limit, any_documents)
            ]
    if entries and not loaded:
        raise SuiteError(f"no task has items of level {entries[0].levels}; see their field 'level' with 'tasks show'")
    return loaded


def _configurations(
    manager: Any, entry: TaskEntry, behind: Mapping[str, Sequence[Member]]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The configuration of each task behind an entry, without code."""
    for config in entry.configurations:
        yield str(config["task"]), config
    for member in behind.get(entry.name, ()):
        if member.config is None:
            for name, config in configurations(manager, member.name).items():
                yield name, {**config, **member.overrides}
        else:
            yield member.name, member.fields


def _load(
    manager: Any, entry: TaskEntry, behind: Sequence[Member], limit: int | None, any_documents: bool
) -> list[LoadedTask]:
    """The tasks of an entry: one, or one for each of its configurations; none where no document is of its levels."""
    try:
        tasks = _lm_eval_tasks(manager, entry, behind)
        if not all(len(task.eval_docs) for task in tasks):
            raise SuiteError(f"task '{entry.name}' has no documents: {entry.where}check its data file")
        return [_with_settings(task, entry, limit, any_documents) for task in tasks]
    except LimitError as error:
        raise SuiteError(f"task '{entry.name}': {entry.where}{error}") from error
    except ForgetbenchError:
        raise
    except (Exception, SystemExit) as error:  # lm-eval, datasets and a task's own code raise many types
        raise SuiteError(f"task '{entry.name}' cannot be loaded: {entry.where}{_why(error, behind)}") from error


def _why(error: BaseException, behind: Sequence[Member]) -> str:
    fields = {key: value for member in behind for key, value in member.fields.items()}
    for name in ("test_split", "validation_split", "training_split", "fewshot_split"):
        if isinstance(error, KeyError) and fields.get(name) is not None and error.args[0] == fields[name]:
            return (
                f"field '{name}': its data has no split '{fields[name]}'; files of no named split are 'train', and "
                "for a part of a split there is 'limit' in a suite"
            )
    for member in behind:
        if (mistake := data_mistake(member.fields)) is not None:
            return mistake
    while error.__cause__ is not None:  # `datasets` says last what it was doing, and first what went wrong
        error = error.__cause__
    return f"{type(error).__name__}: {first_line(error)}"


def _lm_eval_tasks(manager: Any, entry: TaskEntry, behind: Sequence[Member]) -> list[Any]:
    if entry.configurations:
        return list(manager.load(list(entry.configurations))["tasks"].values())
    tasks = {name: task for member in behind for name, task in _built(manager, member).items()}
    if entry.levels is not None or entry.share is not None:
        tasks = {name: task for name, task in tasks.items() if select(task, entry.levels, entry.share)}
        if not tasks:
            return []
    if len(behind) == 1 and behind[0].name == entry.name and behind[0].config is not None:
        return list(tasks.values())
    return [_group(entry, tasks)]


def _built(manager: Any, member: Member) -> dict[str, Any]:
    """lm-eval's task objects for a member: several where lm-eval has a group under its name."""
    overrides = with_functions(member.overrides, code_of)
    if member.config is None:
        spec = {"group": "forgetbench", "task": [{"task": member.name, **overrides}]} if overrides else member.name
    else:
        spec = _runnable(member)
    tasks: dict[str, Any] = manager.load([spec])["tasks"]
    return tasks


def _runnable(member: Member) -> dict[str, Any]:
    """The configuration of a task outside lm-eval, with its functions as code."""
    config = {key: value for key, value in member.fields.items() if key not in _STRUCTURE}
    runnable = with_functions(read_anew(config, member.where("dataset_kwargs.data_files")), code_of)
    return {**runnable, "task": member.name}


def _group(entry: TaskEntry, tasks: Mapping[str, Any]) -> Subtasks:
    members = {name: task for name, task in tasks.items() if fnmatchcase(name, entry.subtasks or "*")}
    if not members:
        raise SuiteError(f"task '{entry.name}': none of its tasks matches '{entry.subtasks}': {', '.join(tasks)}")
    group = Subtasks(entry.name, members, entry.cluster or ("subtask" if len(members) > 1 else "document"))
    if differing := group.differing():
        raise SuiteError(f"the tasks of '{entry.name}' differ in {differing}; name them one by one")
    return group


def _with_settings(task: Any, entry: TaskEntry, limit: int | None, any_documents: bool) -> LoadedTask:
    if entry.num_fewshot is not None:
        task.set_config("num_fewshot", entry.num_fewshot)
    if entry.max_gen_toks is not None and task.OUTPUT_TYPE == "generate_until":
        task.set_config("generation_kwargs", {"max_gen_toks": entry.max_gen_toks}, update=True)
    given = {name: getattr(task.config, name) for name in ("generation_kwargs", "doc_to_image", "doc_to_audio")}
    check_settings(entry.name, given, lambda _: str(entry.file or ""))
    most = min((size for size in (entry.limit, limit) if size is not None), default=None)
    metadata = task.config.metadata or {}
    info = describe(task, entry)
    bad: Mapping[int, str] = {}
    if not any_documents:
        check_shots(info, entry.where, task)
        check_filters(info.name, entry.where, task)
        asked = asked_documents(task, most)
        check_cluster_keys(info.name, entry.where, metadata, asked)
        bad = check_documents(info.name, entry.where, task, asked)
    return LoadedTask(
        info=info,
        task=task,
        limit=most,
        rates_samples=bool(metadata.get("reference_likelihood")),
        neutral_request=metadata.get("neutral_request"),
        executes_code=bool(metadata.get("executes_code") or task.config.unsafe_code),
        faults=bad,
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
