"""lm-eval's task files as lm-eval resolves them: includes merged, data files found, and no code run."""

from __future__ import annotations

import contextlib
import glob
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from forgetbench.errors import InputError, SuiteError
from forgetbench.storage.yaml_files import compose, construct, yaml_mistake, yaml_text

_BASE = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
"""lm-eval's own choice."""
_NO_TASKS = frozenset({"__pycache__", ".ipynb_checkpoints"})
_SOURCES = ("dataset_path", "dataset_kwargs")
"""Fields that may name files."""
FORMATS = frozenset(
    "arrow audiofolder csv generator imagefolder json niftifolder pandas parquet pdffolder spark sql text videofolder "
    "webdataset xml".split()
)
"""What `dataset_path` says for files of a format, whatever folders are called."""


@dataclass(frozen=True, slots=True)
class FunctionName:
    """What `!function utils.name` stands for, and the folder of the file that says so."""

    name: str
    folder: Path

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class TaskDeclaration:
    """A task's or a group's YAML, before lm-eval fills in what is missing."""

    name: str
    path: Path
    resolved: Mapping[str, Any]
    """Its fields over those of the files it includes, with a FunctionName for each function; files are absolute."""
    places: Mapping[str, tuple[Path, int]] = field(default_factory=dict)
    """File and line (from 1) of every field and of those inside mappings, as in 'metadata.domain'."""
    broken: str | None = None
    """Why it cannot be read; `resolved` is then empty."""

    @property
    def config(self) -> Mapping[str, Any]:
        """Its fields; `!function utils.name` is the text 'utils.name'."""
        named: dict[str, Any] = with_functions(self.resolved, str)
        return named

    @property
    def is_group(self) -> bool:
        return isinstance(self.resolved.get("task"), list)

    @property
    def metadata(self) -> Mapping[str, Any]:
        metadata = self.config.get("metadata")
        return metadata if isinstance(metadata, dict) else {}

    @property
    def languages(self) -> tuple[str, ...]:
        """The declared languages; none where the field is missing or no text."""
        languages = self.metadata.get("language") or ()
        given = languages if isinstance(languages, list) else [languages]
        return tuple(language for language in given if isinstance(language, str))

    @property
    def shows_examples(self) -> bool:
        """Whether some prompt has few-shot examples."""
        fewshot = (self.config.get("fewshot_split"), self.config.get("num_fewshot"))
        return any(fewshot) or bool(self.metadata.get("completion_fewshot"))

    def where(self, field: str) -> str:
        """file:line of a field; of the mapping that lacks it, where it is missing."""
        while field not in self.places and field:
            field = field.rpartition(".")[0]
        path, line = self.places.get(field, (self.path, 1))
        return f"{path}:{line}"


@dataclass(frozen=True, slots=True)
class OwnTasks:
    """Tasks, groups and tags that files outside lm-eval declare."""

    files: Mapping[str, Path] = field(default_factory=dict)
    """Of tasks and groups, by name."""
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The tasks of each tag, sorted."""

    @property
    def names(self) -> list[str]:
        return [*self.files, *self.tags]


def own_tasks(folders: Iterable[Path]) -> OwnTasks:
    """What the files in and below `folders` declare.

    A later folder goes before an earlier one; of two files of one folder with one name the first in order counts.
    lm-eval skips a file that is no valid YAML without a word, so the name of one is read from its text alone.
    """
    files: dict[str, Path] = {}
    tags: dict[str, set[str]] = {}
    for folder in folders:
        of_folder: dict[str, Path] = {}
        for path in yaml_files(folder):
            name, fields = _named(path)
            if name is None or name in of_folder:
                continue
            of_folder[name] = path
            for tag in () if isinstance(fields.get("task"), list) else _tags(fields):
                tags.setdefault(tag, set()).add(name)
        files |= of_folder
    return OwnTasks(files, {tag: tuple(sorted(names)) for tag, names in tags.items() if tag not in files})


def task_files(folders: Iterable[Path]) -> dict[str, Path]:
    """The files that declare tasks and groups in and below `folders`, by name."""
    return dict(own_tasks(folders).files)


def yaml_files(folder: Path) -> list[Path]:
    """The YAML files in and below a folder: those in it before those below, else in lm-eval's order."""
    paths = (path for path in folder.rglob("*.yaml") if _NO_TASKS.isdisjoint(path.parts))
    return sorted(paths, key=lambda path: (len(path.parts), path.as_posix()))


def read_declaration(path: Path) -> TaskDeclaration | None:
    """The task that a file declares; None for a file without a task, as suites and lm-eval's groups are.

    Raises InputError when it is no regular file of UTF-8 text, SuiteError when it includes what cannot be included.
    """
    declaration = read_definition(path)
    return None if declaration is None or declaration.is_group else declaration


def read_definition(path: Path) -> TaskDeclaration | None:
    """The task or the group that a file declares; None for a file of another kind. Raises as `read_declaration`."""
    text = yaml_text(path)
    if "task" not in text and "include" not in text:
        return None
    try:
        merged = _read(path, text, {path.resolve()})
    except yaml.YAMLError as error:
        named = _declared_name(text)
        return None if named is None else _broken(named, path, *yaml_mistake(error))
    except _BrokenIncludeError as error:
        named = _declared_name(text) or path.stem
        return _broken(named, error.path, error.line, error.why)
    if merged is None:
        named = _declared_name(text)
        return None if named is None else _broken(named, path, 1, "a YAML mapping is expected")
    name = _name(merged.fields)
    if name is None:
        return None
    places = dict(_places(merged))
    return TaskDeclaration(name, path, _with_files_found(merged, path.parent), places)


def with_functions(value: Any, resolve: Any) -> Any:
    """A copy of a configuration with `resolve(function)` in place of each FunctionName."""
    if isinstance(value, FunctionName):
        return resolve(value)
    if isinstance(value, Mapping):
        return {key: with_functions(item, resolve) for key, item in value.items()}
    if isinstance(value, list):
        return [with_functions(item, resolve) for item in value]
    return value


def function_names(value: Any) -> Iterator[FunctionName]:
    """Every function that a configuration names."""
    if isinstance(value, FunctionName):
        yield value
    elif isinstance(value, (Mapping, list)):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from function_names(item)


# --- one file and those it includes -----------------------------------------------------------


class _BrokenIncludeError(Exception):
    def __init__(self, path: Path, line: int, why: str) -> None:
        super().__init__(why)
        self.path, self.line, self.why = path, line, why


@dataclass(frozen=True, slots=True)
class _Merged:
    """The fields of a file over those of the files it includes, and which file has each."""

    fields: dict[str, Any]
    nodes: dict[str, tuple[Path, yaml.Node, yaml.Node]]
    """The file that has each field, and the nodes of key and value in it."""


def _read(path: Path, text: str, seen: set[Path]) -> _Merged | None:
    """As lm-eval merges them; None where the file is no mapping. Raises yaml.YAMLError where it is no YAML.

    `seen` has the files that were read; as in lm-eval none is read twice.
    """
    loader = _loader(path.parent)
    tree = compose(text, loader)
    if not isinstance(tree, yaml.MappingNode):
        return None
    _check_twice(tree)
    nodes = {str(key.value): (path, key, value) for key, value in tree.value}
    fields = construct(tree, loader)
    includes = fields.pop("include", None) or []
    merged = _Merged({}, {})
    for name in includes if isinstance(includes, list) else [includes]:
        included = _included(path, name, seen)
        # lm-eval takes no list of tasks from an included file.
        merged.fields.update({key: value for key, value in included.fields.items() if key != "task_list"})
        merged.nodes.update(included.nodes)
    merged.fields.update(fields)
    merged.nodes.update(nodes)
    return merged


def _check_twice(node: yaml.Node) -> None:
    """Raise yaml.YAMLError for a field that stands twice, of which lm-eval takes the last without a word."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _check_twice(item)
    if not isinstance(node, yaml.MappingNode):
        return
    first: dict[str, int] = {}
    for key, value in node.value:
        name, line = str(key.value), key.start_mark.line + 1
        if name in first and key.tag != "tag:yaml.org,2002:merge":
            why = f"field '{name}' stands twice, first in line {first[name]}"
            raise yaml.MarkedYAMLError(problem=why, problem_mark=key.start_mark)
        first[name] = line
        _check_twice(value)


def _included(path: Path, name: object, seen: set[Path]) -> _Merged:
    target = (path.parent / str(name)).resolve()
    if target in seen or not target.is_file():
        why = "give a file that is there, and that neither includes this one nor is included twice"
        raise SuiteError(f"{path}: cannot include '{name}'; {why}")
    seen.add(target)
    try:
        included = _read(target, yaml_text(target, SuiteError), seen)
    except yaml.YAMLError as error:
        raise _BrokenIncludeError(target, *yaml_mistake(error)) from error
    if included is None:
        raise SuiteError(f"{target}: a YAML mapping is expected of a file that is included")
    return included


def _loader(folder: Path) -> Any:
    class Loader(_BASE):  # type: ignore[misc, valid-type]
        pass

    def function(loader: Any, node: yaml.ScalarNode) -> FunctionName:
        return FunctionName(str(loader.construct_scalar(node)), folder)

    Loader.add_constructor("!function", function)
    return Loader


def _places(merged: _Merged) -> Iterator[tuple[str, tuple[Path, int]]]:
    for name, (path, key, value) in merged.nodes.items():
        yield name, (path, key.start_mark.line + 1)
        for inner, line in _lines(value, f"{name}."):
            yield inner, (path, line)


def _lines(node: yaml.Node, prefix: str) -> Iterator[tuple[str, int]]:
    """Line (from 1) of each field of a mapping and of the mappings in it."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield f"{prefix}{key.value}", key.start_mark.line + 1
            yield from _lines(value, f"{prefix}{key.value}.")


def _broken(name: str, path: Path, line: int, why: str) -> TaskDeclaration:
    return TaskDeclaration(name, path, {}, {"": (path, line)} if line else {}, why)


# --- names ------------------------------------------------------------------------------------


def _name(fields: Mapping[str, Any]) -> str | None:
    """The name of a task, or of a group, whose `task` lists others."""
    name = fields.get("group") if isinstance(fields.get("task"), list) else fields.get("task")
    return name if isinstance(name, str) and name else None


def _named(path: Path) -> tuple[str | None, Mapping[str, Any]]:
    """The name that a file declares, and its fields; what is wrong with them is told when it is asked for."""
    with contextlib.suppress(InputError):
        declaration = read_definition(path)
        return (declaration.name, declaration.resolved) if declaration else (None, {})
    with contextlib.suppress(InputError):
        return _declared_name(yaml_text(path)), {}
    return None, {}


def _declared_name(text: str) -> str | None:
    """What stands behind `task:` at the beginning of a line."""
    line = next((line for line in text.splitlines() if line.startswith("task:")), "")
    return line.removeprefix("task:").split("#")[0].strip().strip("'\"") or None


def _tags(fields: Mapping[str, Any]) -> list[str]:
    """`tag`, and `group` of a single task, which was its name once."""
    given = [fields.get("tag"), fields.get("group")]
    return [tag for tags in given for tag in (tags if isinstance(tags, list) else [tags]) if isinstance(tag, str)]


# --- data files -------------------------------------------------------------------------------


def _with_files_found(merged: _Merged, folder: Path) -> dict[str, Any]:
    """The fields with absolute data files: relative to the file that names them, else to the task's, as the user means.

    Last comes the working folder, where lm-eval looks.
    """
    fields = dict(merged.fields)
    for name in _SOURCES:
        if name in fields:
            fields[name] = found(fields[name], name, [merged.nodes[name][0].parent, folder, Path()])
    return fields


def found(value: Any, name: str, folders: Sequence[Path]) -> Any:
    """`dataset_path` or `dataset_kwargs` with the files that they name made absolute, where they lie in `folders`."""
    if name == "dataset_path":
        named = isinstance(value, str) and value not in FORMATS
        return (_found(value, folders, must_be_folder=True) if named else None) or value
    if not isinstance(value, Mapping):
        return value
    kwargs = dict(value)
    if "data_files" in kwargs:
        kwargs["data_files"] = _each(kwargs["data_files"], folders)
    if isinstance(kwargs.get("data_dir"), str):
        kwargs["data_dir"] = _found(kwargs["data_dir"], folders, must_be_folder=True) or kwargs["data_dir"]
    return kwargs


def _each(files: Any, folders: Sequence[Path]) -> Any:
    if isinstance(files, Mapping):
        return {split: _each(of_split, folders) for split, of_split in files.items()}
    if isinstance(files, list):
        return [_each(file, folders) for file in files]
    if not isinstance(files, str) or "://" in files:
        return files
    return _found(files, folders) or str((folders[0] / files).resolve())


def _found(name: str, folders: Sequence[Path], *, must_be_folder: bool = False) -> str | None:
    """The absolute path, or pattern, of what lies in the first of `folders` that has it; None where none has."""
    for folder in folders if name and "\0" not in name else ():
        path = folder.resolve() / name
        if (
            path.is_dir()
            if must_be_folder
            else path.exists()
            or any(
                glob.iglob(str(path), recursive=True)  # noqa: PTH207 - an absolute pattern
            )
        ):
            return str(path)
    return None
