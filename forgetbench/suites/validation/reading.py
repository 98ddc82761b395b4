"""Tasks with all that the checks look at: their files as written, their documents as a run asks them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forgetbench.errors import InputError, SuiteError, first_line
from forgetbench.lm_eval_bridge import LoadedTask
from forgetbench.lm_eval_bridge.clusters import clusters_of
from forgetbench.lm_eval_bridge.task_yaml import TaskDeclaration, read_declaration, yaml_files
from forgetbench.suites.loading import load_tasks
from forgetbench.suites.suite import suite_of_tasks


@dataclass(frozen=True, slots=True)
class RenderedItem:
    """A document as it is asked: the question as rendered, without few-shot examples."""

    item_id: str
    cluster: str
    """By the first of the task's cluster keys; empty where the document has none."""
    second_cluster: str
    """By the second, likewise."""
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

    declaration: TaskDeclaration
    loaded: LoadedTask
    items: tuple[RenderedItem, ...]
    examples: tuple[RenderedItem, ...]
    """Few-shot examples that prompts may show."""

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


def declarations(path: Path) -> list[TaskDeclaration]:
    """The tasks under a folder, or of one YAML file, by name. Files without a task name are no tasks.

    Raises InputError when there is none, or when a file is no UTF-8 text.
    """
    if not path.exists():
        raise InputError(f"no such file or folder: {path}")
    files = yaml_files(path) if path.is_dir() else [path]
    declared = [declaration for file in files if (declaration := read_declaration(file)) is not None]
    if not declared:
        raise InputError(f"{path}: no task here; a task is a .yaml file with a field 'task:'")
    return sorted(declared, key=lambda declaration: declaration.name)


# --- documents --------------------------------------------------------------------------------


def read_task(declaration: TaskDeclaration, folder: Path) -> ReadTask:
    """Load a task as the runner does. Raises SuiteError when it cannot be loaded or a document cannot be asked."""
    (loaded,) = load_tasks(suite_of_tasks([declaration.name], None), folder, any_documents=True)
    task = loaded.task
    try:
        items = tuple(_item(loaded, document, number) for number, document in enumerate(task.eval_docs))
        fewshot = (task.fewshot_docs() if declaration.shows_examples else None) or ()
        examples = tuple(_item(loaded, document, number) for number, document in enumerate(fewshot))
    except Exception as error:  # a task's own templates and code raise many types
        why = f"{type(error).__name__}: {first_line(str(error))}"
        raise SuiteError(f"a document cannot be rendered: {why}") from error
    return ReadTask(declaration, loaded, items, examples)


def _item(loaded: LoadedTask, document: Mapping[str, Any], number: int) -> RenderedItem:
    task = loaded.task
    text, answer = task.doc_to_text(document), task.doc_to_target(document)
    if task.OUTPUT_TYPE == "loglikelihood_rolling":  # the whole passage is rated, and there is no answer
        text, answer = answer, ""
    choices = tuple(map(str, task.doc_to_choice(document))) if task.config.doc_to_choice is not None else ()
    # An integer for a text means that the options are contexts, and the text is the place of the right one.
    gold = _places(text if isinstance(text, int) else answer, choices)
    if choices:
        answers = [choices[place] for place in gold if 0 <= place < len(choices)]
    else:
        answers = list(map(str, answer if isinstance(answer, list) else [answer]))
    cluster, second_cluster = clusters_of(document, loaded.info.clusters, "")
    return RenderedItem(
        item_id=str(document.get("item_id", number)),
        cluster=cluster,
        second_cluster=second_cluster,
        stratum=str(document.get("stratum") or ""),
        question="" if isinstance(text, int) else str(text),
        choices=choices,
        gold=gold,
        answers=tuple(accepted for accepted in answers if accepted.strip()),
    )


def _places(key: Any, choices: Sequence[str]) -> tuple[int, ...]:
    """Places of the right options; -1 for one that is not among them."""
    if not choices:
        return ()
    keys = key if isinstance(key, list) else [key]
    return tuple(
        place if isinstance(place, int) else choices.index(str(place)) if str(place) in choices else -1
        for place in keys
    )
