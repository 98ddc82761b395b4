"""lm-eval's task files as they are written: fields, includes and lines, without running the code that they name."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from forgetbench.errors import InputError, SuiteError, shown


@dataclass(frozen=True, slots=True)
class TaskDeclaration:
    """A task's YAML, before lm-eval fills in what is missing."""

    name: str
    path: Path
    config: Mapping[str, Any]
    """Its fields over those of the files it includes; `!function utils.name` is the text 'utils.name'."""
    lines: Mapping[str, int]
    """Line (from 1) of every field and of those inside mappings, as in 'metadata.domain'."""
    broken: str | None = None
    """Why the file is no valid YAML; `config` is then empty."""

    @property
    def metadata(self) -> Mapping[str, Any]:
        metadata = self.config.get("metadata")
        return metadata if isinstance(metadata, dict) else {}

    @property
    def languages(self) -> tuple[str, ...]:
        """The declared languages; none where the field is missing."""
        languages = self.metadata.get("language") or ()
        return tuple(map(str, [languages] if isinstance(languages, str) else languages))

    @property
    def shows_examples(self) -> bool:
        """Whether some prompt has few-shot examples."""
        fewshot = (self.config.get("fewshot_split"), self.config.get("num_fewshot"))
        return any(fewshot) or bool(self.metadata.get("completion_fewshot"))

    def where(self, field: str) -> str:
        """file:line of a field; of the mapping that lacks it, where it is missing."""
        while field not in self.lines and field:
            field = field.rpartition(".")[0]
        return f"{self.path}:{self.lines.get(field, 1)}"


def task_files(folders: Iterable[Path]) -> dict[str, Path]:
    """The tasks that files in and below `folders` declare, by name; of two files with one name the later counts.

    lm-eval skips a file that is no valid YAML without a word, so names are read from the text alone.
    """
    paths: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*.yaml")):
            with contextlib.suppress(OSError, UnicodeDecodeError):
                if name := _declared_name(path.read_text(encoding="utf-8")):
                    paths[name] = path
    return paths


def read_declaration(path: Path) -> TaskDeclaration | None:
    """The task that a file declares; None for a file without a task name, as suites and lm-eval's groups are.

    Raises InputError when it is no UTF-8 text, SuiteError when it is no mapping or includes what cannot be included.
    """
    text = _read(path)
    declared_name = _declared_name(text)
    if declared_name is None:
        return None
    try:
        config = _with_includes(path, text, ())
        lines = dict(_lines(yaml.compose(text, Loader=yaml.SafeLoader)))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        lines = {"": mark.line + 1} if mark else {}
        broken = f"not valid YAML ({shown(str(getattr(error, 'problem', None) or error))})"
        return TaskDeclaration(declared_name, path, {}, lines, broken)
    name = config.get("task")
    return TaskDeclaration(name, path, config, lines) if isinstance(name, str) else None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as UTF-8 text ({error})") from error


def _declared_name(text: str) -> str | None:
    """What stands behind `task:` at the beginning of a line."""
    line = next((line for line in text.splitlines() if line.startswith("task:")), "")
    return line.removeprefix("task:").split("#")[0].strip().strip("'\"") or None


class _Loader(yaml.SafeLoader):
    """Reads `!function utils.name` as text."""


_Loader.add_constructor("!function", lambda loader, node: str(node.value))


def _with_includes(path: Path, text: str, including: Sequence[Path]) -> dict[str, Any]:
    """The file's fields over those of the files it includes, as lm-eval merges them."""
    config = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader with one more tag
    if not isinstance(config, dict):
        raise SuiteError(f"{path}: a YAML mapping is expected, not {type(config).__name__}")
    includes = config.pop("include", [])
    merged: dict[str, Any] = {}
    for name in includes if isinstance(includes, list) else [includes]:
        included = path.parent / str(name)
        if included in (*including, path) or not included.is_file():
            raise SuiteError(f"{path}: cannot include '{name}'; give a file beside it that does not include this one")
        merged |= _with_includes(included, _read(included), (*including, path))
    return merged | config


def _lines(node: yaml.Node | None, prefix: str = "") -> Iterator[tuple[str, int]]:
    """Line (from 1) of each field of a mapping and of the mappings in it."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield f"{prefix}{key.value}", key.start_mark.line + 1
            yield from _lines(value, f"{prefix}{key.value}.")
