"""Task files as they are written, and their documents as the runner asks them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from forgetbench.errors import InputError, SuiteError
from forgetbench.lm_eval_bridge import LoadedTask, load_tasks
from forgetbench.suites.suite import suite_of_tasks


@dataclass(frozen=True, slots=True)
class Declaration:
    """A task's YAML as it is written, before lm-eval fills in what is missing."""

    name: str
    path: Path
    config: Mapping[str, Any]
    lines: Mapping[str, int]
    """Line of every field and of those in `metadata` and `generation_kwargs`, as in 'metadata.domain'."""
    broken: str | None = None
    """Why the file cannot be read as YAML; the other fields are then empty."""

    @property
    def metadata(self) -> Mapping[str, Any]:
        found = self.config.get("metadata")
        return found if isinstance(found, dict) else {}

    @property
    def languages(self) -> tuple[str, ...]:
        """The declared languages; none where the field is missing."""
        named = self.metadata.get("language") or ()
        return tuple(map(str, [named] if isinstance(named, str) else named))

    @property
    def shows_examples(self) -> bool:
        """Whether some prompt has solved examples in it."""
        named = (self.config.get("fewshot_split"), self.config.get("num_fewshot"))
        return any(named) or bool(self.metadata.get("completion_fewshot"))

    def where(self, field: str) -> str:
        """file:line of a field; of the part it is missing from, where it is missing."""
        while field not in self.lines and field:
            field = field.rpartition(".")[0]
        return f"{self.path}:{self.lines.get(field, 1)}"


@dataclass(frozen=True, slots=True)
class Item:
    """A document as it is asked: the question as rendered, without solved examples."""

    item_id: str
    cluster: str
    stratum: str
    question: str
    choices: tuple[str, ...]
    """Options that are rated by likelihood; none for a written answer."""
    gold: tuple[int, ...]
    """Places of the right options; a place outside `choices` is a wrong key."""
    answers: tuple[str, ...]
    """Accepted answers as text; none for a task without right answers."""

    @property
    def answer(self) -> str:
        """The first accepted answer, or the empty string."""
        return self.answers[0] if self.answers else ""


@dataclass(frozen=True, slots=True)
class ReadTask:
    """A task with all that the checks look at."""

    declaration: Declaration
    loaded: LoadedTask
    items: tuple[Item, ...]
    examples: tuple[Item, ...]
    """Solved examples that prompts may show."""

    @property
    def by_choice(self) -> bool:
        """Whether options are rated by likelihood."""
        return bool(self.loaded.task.OUTPUT_TYPE == "multiple_choice")

    @property
    def generates(self) -> bool:
        return bool(self.loaded.task.OUTPUT_TYPE == "generate_until")

    @property
    def has_answers(self) -> bool:
        """Whether written answers are right or wrong, so that the declared answer must score 1."""
        info, executes = self.loaded.info, self.declaration.metadata.get("executes_code")
        plain = info.binary and not info.corpus_metric and not executes
        return self.generates and plain and any(item.answer for item in self.items)


# --- files ------------------------------------------------------------------------------------


def declarations(path: Path) -> list[Declaration]:
    """The tasks under a folder, or of one YAML file, by name. Files without a `task:` field are no tasks.

    Raises InputError when there is none, or when a file is no UTF-8 text.
    """
    if not path.exists():
        raise InputError(f"no such file or folder: {path}")
    files = sorted(path.rglob("*.yaml")) if path.is_dir() else [path]
    found = [declared for file in files if (declared := _declaration(file)) is not None]
    if not found:
        raise InputError(f"{path}: no task here; a task is a .yaml file with a field 'task:'")
    return sorted(found, key=lambda declared: declared.name)


def _declaration(path: Path) -> Declaration | None:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as UTF-8 text ({error})") from error
    named = next((line for line in text.splitlines() if line.startswith("task:")), None)
    if named is None:
        return None
    try:
        config = _with_includes(path, text, ())
        lines = dict(_lines(yaml.compose(text, Loader=yaml.SafeLoader)))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        lines = {"": mark.line + 1} if mark else {}
        broken = f"not valid YAML ({getattr(error, 'problem', None) or error})"
        return Declaration(named.removeprefix("task:").strip(), path, {}, lines, broken)
    name = config.get("task")
    # A list of names is one of lm-eval's groups.
    return Declaration(name, path, config, lines) if isinstance(name, str) else None


class _Loader(yaml.SafeLoader):
    """Reads `!function utils.name` as the plain text."""


_Loader.add_constructor("!function", lambda loader, node: str(node.value))


def _with_includes(path: Path, text: str, including: Sequence[Path]) -> dict[str, Any]:
    """The file's fields over those of the files that it includes, as lm-eval merges them."""
    config = yaml.load(text, Loader=_Loader)  # noqa: S506  a SafeLoader with one more tag
    if not isinstance(config, dict):
        raise InputError(f"{path}: a YAML mapping is expected, not {type(config).__name__}")
    named = config.pop("include", [])
    merged: dict[str, Any] = {}
    for name in named if isinstance(named, list) else [named]:
        included = path.parent / str(name)
        if included in including or not included.is_file():
            raise InputError(f"{path}: cannot include '{name}'; give a file beside it that does not include this one")
        merged |= _with_includes(included, included.read_text(encoding="utf-8"), (*including, path))
    return merged | config


def _lines(node: yaml.Node | None, prefix: str = "") -> Iterator[tuple[str, int]]:
    """Line (from 1) of each field of a mapping and of the mappings in it."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield f"{prefix}{key.value}", key.start_mark.line + 1
            yield from _lines(value, f"{prefix}{key.value}.")


# --- documents --------------------------------------------------------------------------------


def read_task(declared: Declaration, folder: Path) -> ReadTask:
    """Load a task as the runner does. Raises SuiteError when it cannot be loaded or a document cannot be asked."""
    (loaded,) = load_tasks(suite_of_tasks([declared.name], None), folder)
    task = loaded.task
    try:
        items = tuple(_item(task, document, number) for number, document in enumerate(task.eval_docs))
        shown = task.fewshot_docs() if declared.shows_examples else None
        examples = tuple(_item(task, document, number) for number, document in enumerate(shown or []))
    except Exception as error:  # a task's own templates and code raise many types
        first = (str(error).strip().splitlines() or [""])[0]
        raise SuiteError(f"a document cannot be rendered: {type(error).__name__}: {first}") from error
    return ReadTask(declared, loaded, items, examples)


def _item(task: Any, document: Mapping[str, Any], number: int) -> Item:
    asked, target = task.doc_to_text(document), task.doc_to_target(document)
    if task.OUTPUT_TYPE == "loglikelihood_rolling":  # the whole passage is rated, and there is no answer
        asked, target = target, ""
    choices = tuple(map(str, task.doc_to_choice(document))) if task.config.doc_to_choice is not None else ()
    # An integer for a text means that the options are contexts, and the text is the place of the right one.
    gold = _places(asked if isinstance(asked, int) else target, choices)
    if choices:
        answers = [choices[place] for place in gold if 0 <= place < len(choices)]
    else:
        answers = list(map(str, target if isinstance(target, list) else [target]))
    return Item(
        item_id=str(document.get("item_id", number)),
        cluster=str(document.get("cluster") or ""),
        stratum=str(document.get("stratum") or ""),
        question="" if isinstance(asked, int) else str(asked),
        choices=choices,
        gold=gold,
        answers=tuple(answer for answer in answers if answer.strip()),
    )


def _places(target: Any, choices: Sequence[str]) -> tuple[int, ...]:
    """Places of the right options; -1 for one that is not among them."""
    if not choices:
        return ()
    targets = target if isinstance(target, list) else [target]
    return tuple(
        place if isinstance(place, int) else choices.index(str(place)) if str(place) in choices else -1
        for place in targets
    )
