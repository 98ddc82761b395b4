"""What there is to run: embedded suites and tasks."""

from __future__ import annotations

from forgetbench import lm_eval_bridge
from forgetbench.errors import SuiteError, did_you_mean
from forgetbench.models.tokenizer import ByteTokenizer
from forgetbench.records import DOMAINS, Protocol
from forgetbench.suites.loading import embedded_task_files, load_tasks
from forgetbench.suites.suite import load_suite, suite_names, suite_of_tasks, tasks_folder

Listing = tuple[str, tuple[str, ...], list[tuple[str, ...]]]
"""Title, columns, rows; a row of one cell is a heading."""


def suites() -> Listing:
    """The embedded suites."""
    rows: list[tuple[str, ...]] = []
    for name in suite_names():
        suite, _ = load_suite(name)
        rows.append((name, str(sum(map(len, suite.domains.values()))), suite.description))
    return "suites", ("name", "tasks", "for"), rows


def tasks() -> Listing:
    """The embedded tasks by domain, with their number of items."""
    names = sorted(embedded_task_files())
    loaded = load_tasks(suite_of_tasks(names, None))
    rows: list[tuple[str, ...]] = []
    for domain in DOMAINS:
        found = [task for task in loaded if task.info.domain == domain]
        rows += [(domain,)] if found else []
        for task in found:
            info = task.info
            name = f"  {info.name}{' +' if info.supporting else ''}"
            items, language = str(len(task.task.eval_docs)), " ".join(info.language)
            rows.append((name, info.view or "", items, language, f"{info.chance:.2g}", info.licence))
    title = "tasks, by domain; + stands beside its domain's score"
    return title, ("name", "view", "items", "language", "chance", "licence of the data"), rows


def show(name: str) -> str:
    """A suite's file, or a task's YAML and its first item as a base model is asked it.

    Raises SuiteError for an unknown name.
    """
    if name in suite_names():
        return (tasks_folder() / "suites" / f"{name}.yaml").read_text(encoding="utf-8").rstrip()
    known = embedded_task_files()
    if name not in known:
        raise SuiteError(f"unknown task '{name}'; {did_you_mean(name, [*known, *suite_names()])}")
    (loaded,) = load_tasks(suite_of_tasks([name], None), limit=1)
    protocol: Protocol = "completion"
    context = lm_eval_bridge.PromptContext("", {"protocol": protocol}, ByteTokenizer(), False, 1_000_000, 0)
    (item,) = lm_eval_bridge.plan(loaded, context).items
    yaml = known[name].read_text(encoding="utf-8").rstrip()
    choices = f"\n--- choices\n{' | '.join(item.choices)}" if item.choices else ""
    return f"{yaml}\n\n--- first item ({item.item_id})\n{item.prompt}\n--- right answer\n{item.gold}{choices}"
