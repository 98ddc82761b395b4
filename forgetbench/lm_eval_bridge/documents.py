"""A task's documents, looked at before anything is asked: which cannot be scored, whatever a model answers.

A few bad rows of a published benchmark leave those items unmeasured, with the reason. Where more than TOLERATED of a
task's documents are bad it is the task that is wrong, and nothing is asked.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from forgetbench.errors import ForgetbenchError, SuiteError, first_line
from forgetbench.lm_eval_bridge.templates import NullFieldError, nulls_refused, template_limit

TOLERATED = 0.01
"""Share of a task's documents that may be bad."""
_BATCH = 64
"""Documents that are rendered under one limit of time and memory, which costs as much as five renderings."""
_WRITTEN = 60
"""Characters of a value that a message shows."""


def faults(task: Any, documents: Iterable[tuple[int, Mapping[str, Any]]]) -> dict[int, str]:
    """By number, the documents that cannot be scored, and why.

    Raises SuiteError for a document that cannot be rendered, LimitError for one whose rendering does not end.
    """
    found: dict[int, str] = {}
    asked: dict[Hashable, list[tuple[int, frozenset[str]]]] = defaultdict(list)
    for batch in _batches(documents):
        with template_limit():
            for number, document in batch:
                try:
                    with nulls_refused():
                        seen = _Rendered(task, document)
                except NullFieldError as error:
                    found[number] = str(error)
                    continue
                except ForgetbenchError:
                    raise
                except Exception as error:  # templates and a task's own code raise many types
                    why = f"{type(error).__name__}: {first_line(error)}"
                    raise SuiteError(f"item {item_name(document, number)} cannot be rendered: {why}") from error
                if why_not := seen.fault:
                    found[number] = why_not
                elif seen.answers:
                    asked[seen.question].append((number, seen.answers))
    for items in asked.values():
        found |= dict.fromkeys(_contradicting(items), "the same is asked again, with another right answer")
    return found


def check_documents(
    name: str, where: str, task: Any, documents: Sequence[tuple[int, Mapping[str, Any]]]
) -> dict[int, str]:
    """`faults`. Raises SuiteError, one line, where they are too many, and for ids that stand twice."""
    _check_ids(name, where, documents)
    try:
        bad = faults(task, documents)
    except ForgetbenchError as error:
        raise SuiteError(f"task '{name}': {where}{error}") from error
    if len(bad) > TOLERATED * len(documents):
        first = min(bad)
        document = next(document for number, document in documents if number == first)
        raise SuiteError(
            f"task '{name}': {where}{len(bad)} of {len(documents)} documents cannot be scored; item "
            f"{item_name(document, first)}: {bad[first]}; `forgetbench tasks validate` says more"
        )
    return bad


def item_name(document: Mapping[str, Any], number: int) -> str:
    """A document's own id, else its number."""
    return str(document.get("item_id", number))


def _check_ids(name: str, where: str, documents: Iterable[tuple[int, Mapping[str, Any]]]) -> None:
    first: dict[str, int] = {}
    for number, document in documents:
        item_id = document.get("item_id")
        if "item_id" in document and (item_id is None or item_id == ""):
            raise SuiteError(
                f"task '{name}': {where}document {number + 1} has no item_id, by which runs are paired, where others "
                "do; give it one"
            )
        if "item_id" in document and first.setdefault(str(item_id), number) != number:
            raise SuiteError(
                f"task '{name}': {where}documents {first[str(item_id)] + 1} and {number + 1} both have the item_id "
                f"'{item_id}'; runs are paired by it: make each one unique"
            )


def _batches(documents: Iterable[tuple[int, Mapping[str, Any]]]) -> Iterator[list[tuple[int, Mapping[str, Any]]]]:
    rest = iter(documents)
    while batch := list(itertools.islice(rest, _BATCH)):
        yield batch


def _contradicting(items: Sequence[tuple[int, frozenset[str]]]) -> list[int]:
    """The numbers of equal questions, where some have no answer in common."""
    disjoint = any(one.isdisjoint(other) for (_, one), (_, other) in itertools.pairwise(items))
    return [number for number, _ in items] if disjoint else []


class _Rendered:
    """A document as it is asked."""

    def __init__(self, task: Any, document: Mapping[str, Any]) -> None:
        config = task.config
        self._kind = str(task.OUTPUT_TYPE)
        self._own_scoring = callable(config.process_results)
        self._text = task.doc_to_text(document)
        self._target = task.doc_to_target(document)
        self._choices = task.doc_to_choice(document) if config.doc_to_choice is not None else None

    @property
    def question(self) -> Hashable:
        """What is the same for two documents that ask the same."""
        if isinstance(self._text, int):  # the options are contexts, and the target is what follows them
            return tuple(map(str, self._choices or ())), str(self._target)
        return str(self._text), tuple(map(str, self._choices or ()))

    @property
    def answers(self) -> frozenset[str]:
        """What is right, for a comparison with that of others; none where the task's own code decides."""
        if self._own_scoring or self._kind == "loglikelihood_rolling":
            return frozenset()
        key = self._key
        return frozenset(map(str, key if isinstance(key, list) else [key]))

    @property
    def _key(self) -> Any:
        return self._text if isinstance(self._text, int) and self._choices else self._target

    @property
    def fault(self) -> str | None:
        if self._kind == "multiple_choice":
            return self._choices_fault() or (None if self._own_scoring else self._key_fault())
        if self._own_scoring:
            return None
        if self._target is None or self._target == []:
            return "it has no right answer"
        return None

    def _choices_fault(self) -> str | None:
        choices = self._choices
        if not isinstance(choices, (list, tuple)) or not all(isinstance(choice, str) for choice in choices):
            return f"its options are no list of texts: {_short(choices)}"
        if len(choices) < 2:
            return f"it has {len(choices) or 'no'} option{'' if len(choices) == 1 else 's'}, and two are needed"
        return "one of its options is empty" if "" in choices else None

    def _key_fault(self) -> str | None:
        choices = list(self._choices or ())
        keys = self._key if isinstance(self._key, list) else [self._key]
        if not keys:
            return "it has no right option"
        places = [_place(key, choices) for key in keys]
        if None in places:
            wrong = next(key for key, place in zip(keys, places, strict=True) if place is None)
            return f"the right option is {_short(wrong)}, and its {len(choices)} options are numbered from 0"
        right = {choices[place] for place in places if place is not None}
        if any(choice in right for place, choice in enumerate(choices) if place not in places):
            return "its right option is also offered as a wrong one"
        return None


def _place(key: Any, choices: Sequence[str]) -> int | None:
    """The place of a right option, given by place or text; None for none."""
    if isinstance(key, str):
        return choices.index(key) if key in choices else None
    try:
        place = int(key)
    except (TypeError, ValueError, OverflowError):
        return None
    return place if place == key and 0 <= place < len(choices) else None


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _WRITTEN else f"{text[:_WRITTEN]}..."
