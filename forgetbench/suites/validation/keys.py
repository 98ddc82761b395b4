"""The keys: is there one right option among different ones, and does the question keep it to itself?"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from forgetbench.metrics.text import words
from forgetbench.suites.validation.findings import Finding, fail, named, warn
from forgetbench.suites.validation.reading import ReadTask, RenderedItem

ChoiceItems = Mapping[tuple[str, str], RenderedItem]
"""The items of all `choice` views, by domain and item_id: a written answer must give none of their wrong options."""


def check_choices(task: ReadTask) -> Iterator[Finding]:
    """At least two different options, one of them right."""
    if not task.by_choice:
        return
    few = [item.item_id for item in task.items if len(item.choices) < 2]
    if few:
        yield fail(f"{len(few)} items have fewer than two options", named(few), "give the wrong options")
    outside = [item.item_id for item in task.items if not all(0 <= place < len(item.choices) for place in item.gold)]
    keyless = [item.item_id for item in task.items if not item.gold]
    if wrong := outside + keyless:
        hint = "the key is the place of the right option, from 0, or its text"
        yield fail(f"the key of {len(wrong)} items is not among their options", named(wrong), hint)
    twice = [item.item_id for item in task.items if len(set(map(_spaced, item.choices))) < len(item.choices)]
    if twice:
        yield fail(f"{len(twice)} items offer one option twice", named(twice), "replace one of the two")
    # A warning only: case can be what is asked for ('Co', 'CO').
    alike = [item.item_id for item in task.items if len(set(map(_folded, item.choices))) < len(item.choices)]
    if alike := [item_id for item_id in alike if item_id not in twice]:
        what = f"{len(alike)} items have options that differ in case or a full stop alone"
        yield warn(what, named(alike), "replace one of the two")
    full = [item.item_id for item in task.items if item.choices and len(set(item.gold)) >= len(item.choices)]
    if full:
        yield fail(f"every option of {len(full)} items is right", named(full), "correct the key")


def check_answers(task: ReadTask) -> Iterator[Finding]:
    """Every question has an answer, where some have one."""
    lacking = [item.item_id for item in task.items if not item.answer]
    if lacking and len(lacking) < len(task.items) and not task.by_choice:
        yield fail(f"{len(lacking)} items have no answer", named(lacking), "give one, as the others have")
    if lacking and task.loaded.info.view in ("open", "strict") and len(lacking) == len(task.items):
        where = task.declaration.where("doc_to_target")
        yield warn("no item has an answer", where, "let doc_to_target give it, so that scoring can be checked")


def check_questions(task: ReadTask, choice_items: ChoiceItems) -> Iterator[Finding]:
    """The question does not name the right answer alone; naming every option is a list to choose from."""
    telling = [item.item_id for item in task.items if _tells(item, _options(task, item, choice_items))]
    if telling:
        what = f"{len(telling)} of {len(task.items)} questions name the right answer and no other option"
        yield warn(what, named(telling), "ask without it, or name the other options too")


def _options(task: ReadTask, item: RenderedItem, choice_items: ChoiceItems) -> Sequence[str]:
    return choice_items.get((task.loaded.info.domain, item.item_id), item).choices


def _tells(item: RenderedItem, options: Collection[str]) -> bool:
    """Numbers and single letters are left out: they stand in questions for many reasons."""
    if not options or not item.question or item.answer.isdigit() or len(item.answer) < 2:
        return False
    question = f" {_words(item.question)} "
    rights = {_words(answer) for answer in item.answers}
    wrongs = [wrong for option in options if (wrong := _words(option)) not in rights]
    names_right = any(f" {right} " in question for right in rights if right)
    return names_right and not any(f" {wrong} " in question for wrong in wrongs)


def _words(text: str) -> str:
    return " ".join(words(text))


def _spaced(text: str) -> str:
    return " ".join(text.split())


def _folded(text: str) -> str:
    return _spaced(text).casefold().rstrip(".")
