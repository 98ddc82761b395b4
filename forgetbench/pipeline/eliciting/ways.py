"""What each way asks in place of an item: which tasks, under which protocol, and which of their items."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from forgetbench.diagnosis.elicitation import Lack, Way
from forgetbench.fingerprint import digest
from forgetbench.lm_eval_bridge import LoadedTask
from forgetbench.lm_eval_bridge.decoding import decoding
from forgetbench.lm_eval_bridge.examples import with_other_examples, with_shots
from forgetbench.lm_eval_bridge.groups import Subtasks, asked_documents
from forgetbench.lm_eval_bridge.planning import item_id_of
from forgetbench.lm_eval_bridge.task_yaml import TaskDeclaration, own_tasks, read_declaration
from forgetbench.lm_eval_bridge.translations import fact_and_language
from forgetbench.pipeline.eliciting.drawing import DrawnItem, ItemKey
from forgetbench.records import Protocol, TaskInfo
from forgetbench.suites.loading import load_tasks
from forgetbench.suites.suite import Suite, SuiteTask, tasks_folder

LARGER: Final = 4
"""How many times the token limit `larger_budget` allows."""


@dataclass(frozen=True, slots=True)
class Asking:
    """What is asked in one way."""

    way: Way
    protocol: Protocol
    tasks: tuple[LoadedTask, ...] = ()
    asked_as: Mapping[ItemKey, ItemKey] = field(default_factory=dict)
    """From a drawn item to the one that is asked for it."""
    lack: Lack | None = None
    """Why all other drawn items are not asked in this way."""


@dataclass(frozen=True, slots=True)
class Original:
    """How the comparison's items were asked."""

    suite: Suite
    folder: Path | None
    """Where the suite's own tasks may lie."""
    limit: int | None
    protocol: Protocol
    tasks: tuple[TaskInfo, ...]
    chat: bool
    """The candidate was asked with its chat template."""
    has_template: bool
    """It has one."""

    def shots(self, info: TaskInfo) -> int:
        """How many examples the candidate's prompts of a task had."""
        return info.num_fewshot if self.chat or info.completion_fewshot is None else info.completion_fewshot

    def load(self, names: Collection[str], limits: Mapping[str, int] | None = None) -> dict[str, LoadedTask]:
        """Some tasks as the suite has them, `limits` in place of their token limits; others by their names."""

        def changed(entry: SuiteTask) -> SuiteTask:
            return entry.model_copy(update={"max_gen_toks": limits[entry.task]} if limits else {})

        domains = {
            domain: entries
            for domain, all_entries in self.suite.domains.items()
            if (entries := [changed(entry) for entry in all_entries if entry.task in names])
        }
        there = {entry.task for entries in domains.values() for entry in entries}
        if others := sorted(set(names) - there):
            domains["others"] = [changed(SuiteTask(task=name)) for name in others]
        if not domains:
            return {}
        suite = self.suite.model_copy(update={"domains": domains})
        loaded = load_tasks(suite, self.folder, self.limit)
        return {task.info.name: task for task in loaded if not task.rates_samples}


def askings(original: Original, drawn: Sequence[DrawnItem], shots: int, seed: int) -> Iterator[Asking]:
    """What each way asks, but for `lenient`, which asks nothing."""
    infos = {item.task.name: item.task for item in drawn}
    declared = _declared(original.folder)
    known = {*declared, *(info.name for info in original.tasks)}
    views = {
        name: [view for view in _choice_views(info, original.tasks) if view in known] for name, info in infos.items()
    }
    translating = {name: _other_languages(info, declared.values()) for name, info in infos.items()}
    plain = original.load({*infos, *_flat(views), *_flat(translating)})
    yield _likelihood(original, drawn, plain, views)
    yield _few_shot(original, drawn, shots, seed)
    yield _other_protocol(original, drawn, plain)
    yield _larger_budget(original, drawn, plain)
    yield _other_language(original, drawn, plain, translating, seed)


def _declared(folder: Path | None) -> dict[str, TaskDeclaration]:
    """The embedded tasks, and those beside a suite file."""
    files = own_tasks([tasks_folder(), *([folder] if folder else [])]).files.values()
    return {task.name: task for path in files if (task := read_declaration(path)) is not None}


def _likelihood(
    original: Original,
    drawn: Sequence[DrawnItem],
    plain: Mapping[str, LoadedTask],
    views: Mapping[str, Sequence[str]],
) -> Asking:
    there = {name: set(_item_ids(plain[name])) for name in _flat(views) if name in plain}
    asked_as = {
        item.key: (view, item.item_id)
        for item in drawn
        for view in reversed(views[item.task.name])
        if item.item_id in there.get(view, ())
    }
    return _asking("likelihood", original.protocol, plain, asked_as, "no_choice_view")


def _choice_views(info: TaskInfo, tasks: Sequence[TaskInfo]) -> Sequence[str]:
    """Tasks that tell of a task's items by likelihood, the first of them before the others."""
    if info.view == "choice":
        return ()
    if info.choice_view is not None:
        return (info.choice_view,)
    return [other.name for other in tasks if other.view == "choice" and other.binary and other.domain == info.domain]


def _few_shot(original: Original, drawn: Sequence[DrawnItem], shots: int, seed: int) -> Asking:
    new = [item for item in drawn if original.chat or original.shots(item.task) < shots]
    loaded = original.load({item.task.name for item in new})
    asked: dict[str, set[str]] = defaultdict(set)
    for item in drawn:
        asked[item.task.name] |= {item.cluster, item.item_id}
    showing = {name: with_other_examples(task, shots, asked[name], seed) for name, task in loaded.items()}
    tasks = {name: task for name, task in showing.items() if task is not None}
    return _asking("few_shot", "completion", tasks, _themselves(new, tasks), "no_examples" if new else "as_before")


def _other_protocol(original: Original, drawn: Sequence[DrawnItem], plain: Mapping[str, LoadedTask]) -> Asking:
    if not original.has_template:
        return Asking("other_protocol", "completion", lack="no_other_protocol")
    tasks = {
        item.task.name: with_shots(plain[item.task.name], original.shots(item.task))
        for item in drawn
        if item.task.name in plain
    }
    protocol: Protocol = "completion" if original.chat else "native"
    return _asking("other_protocol", protocol, tasks, _themselves(drawn, tasks), "no_other_protocol")


def _larger_budget(original: Original, drawn: Sequence[DrawnItem], plain: Mapping[str, LoadedTask]) -> Asking:
    cut = [item for item in drawn if item.candidate.cut and item.task.name in plain]
    limits: dict[str, int] = {}
    for item in cut:
        before = decoding(plain[item.task.name].task.config.generation_kwargs or {}, 1, 0).max_tokens
        longest = max(before, item.candidate.n_tokens, limits.get(item.task.name, 0) // LARGER)
        limits[item.task.name] = LARGER * longest
    tasks = original.load(limits, limits)
    return _asking("larger_budget", original.protocol, tasks, _themselves(cut, tasks), "not_cut")


def _other_language(
    original: Original,
    drawn: Sequence[DrawnItem],
    plain: Mapping[str, LoadedTask],
    translating: Mapping[str, Sequence[str]],
    seed: int,
) -> Asking:
    """Of several other languages that have the fact, one at random: more would be more luck."""
    facts: dict[str, dict[str, list[tuple[str, ItemKey]]]] = {}
    for name in _flat(translating):
        for item_id in _item_ids(plain[name]) if name in plain else ():
            fact, language = fact_and_language(item_id, plain[name].info.language)
            facts.setdefault(name, {}).setdefault(fact, []).append((language, (name, item_id)))
    asked_as: dict[ItemKey, ItemKey] = {}
    for item in drawn:
        fact, own = fact_and_language(item.item_id, item.task.language)
        others = sorted(
            (language, key)
            for name in translating[item.task.name]
            for language, key in facts.get(name, {}).get(fact, ())
            if language and language != own
        )
        if own and others:
            asked_as[item.key] = others[int(digest([seed, fact, own])[:8], 16) % len(others)][1]
    return _asking("other_language", original.protocol, plain, asked_as, "no_translation")


def _other_languages(info: TaskInfo, declared: Iterable[TaskDeclaration]) -> Sequence[str]:
    """Tasks of one domain and view that may have a task's facts in other languages; itself, where it has several."""
    own = set(info.language) if len(info.language) == 1 else set()
    return [
        task.name
        for task in declared
        if (task.metadata.get("domain"), task.metadata.get("view")) == (info.domain, info.view)
        and (task.name != info.name or not own)
        and set(task.languages) - own
    ]


# --- tasks and their items --------------------------------------------------------------------


def _asking(
    way: Way, protocol: Protocol, tasks: Mapping[str, LoadedTask], asked_as: Mapping[ItemKey, ItemKey], lack: Lack
) -> Asking:
    """Only the tasks that are asked, and of these no more documents than it takes to come to the last item."""
    asked: dict[str, set[str]] = defaultdict(set)
    for name, item_id in asked_as.values():
        asked[name].add(item_id)
    return Asking(way, protocol, tuple(_up_to(tasks[name], ids) for name, ids in asked.items()), asked_as, lack)


def _themselves(drawn: Iterable[DrawnItem], tasks: Mapping[str, LoadedTask]) -> dict[ItemKey, ItemKey]:
    there = {name: set(_item_ids(task)) for name, task in tasks.items()}
    return {item.key: item.key for item in drawn if item.item_id in there.get(item.task.name, ())}


def _up_to(loaded: LoadedTask, ids: Collection[str]) -> LoadedTask:
    if isinstance(loaded.task, Subtasks):  # which shares a limit out
        return loaded
    places = [place for place, item_id in enumerate(_item_ids(loaded)) if item_id in ids]
    return replace(loaded, limit=places[-1] + 1)


def _item_ids(loaded: LoadedTask) -> list[str]:
    return [
        item_id_of(loaded.info.name, number, document)
        for number, document in asked_documents(loaded.task, loaded.limit)
    ]


def _flat(names: Mapping[str, Sequence[str]]) -> set[str]:
    return {name for several in names.values() for name in several}
