"""What there is to run: embedded suites and tasks."""

from __future__ import annotations

from forgetbench import lm_eval_bridge
from forgetbench.errors import SuiteError, did_you_mean
from forgetbench.records import Protocol, TaskInfo
from forgetbench.suite import load_suite, suite_names, suite_of_tasks
from forgetbench.tokenizer import ByteTokenizer

Listing = tuple[str, tuple[str, ...], list[tuple[str, ...]]]
"""Title, columns, rows."""


def suites() -> Listing:
    """The embedded suites."""
    rows: list[tuple[str, ...]] = []
    for name in suite_names():
        suite, _ = load_suite(name)
        tasks = [entry.task for entries in suite.domains.values() for entry in entries]
        rows.append((name, suite.description, ", ".join(tasks)))
    return "suites", ("name", "for", "tasks"), rows


def tasks() -> Listing:
    """The embedded tasks with their number of items."""
    names = sorted(lm_eval_bridge.embedded_task_files())
    loaded = lm_eval_bridge.load_tasks(suite_of_tasks(names, None))
    rows: list[tuple[str, ...]] = []
    for task in sorted(loaded, key=lambda task: (task.info.domain, task.info.name)):
        info = task.info
        rows.append(
            (
                info.name,
                info.domain + (" (beside it)" if info.supporting else ""),
                info.view or "",
                str(len(task.task.eval_docs)),
                ", ".join(info.language),
                info.metric,
                f"{info.chance:.3g}",
                _asked(info),
                info.licence,
            )
        )
    columns = ("name", "domain", "view", "items", "language", "metric", "chance", "asked", "licence")
    return "tasks", columns, rows


def _asked(info: TaskInfo) -> str:
    """How often, and after how many examples."""
    if info.repeats > 1:
        return f"{info.repeats} samples"
    plain = info.num_fewshot if info.completion_fewshot is None else info.completion_fewshot
    return f"{plain}-shot" if plain == info.num_fewshot else f"{info.num_fewshot}-shot chat, {plain}-shot plain"


def show(name: str) -> str:
    """A task's YAML, and its first item as a base model is asked it. SuiteError for an unknown name."""
    known = lm_eval_bridge.embedded_task_files()
    if name not in known:
        raise SuiteError(f"unknown task '{name}'; {did_you_mean(name, known)}")
    (loaded,) = lm_eval_bridge.load_tasks(suite_of_tasks([name], None), limit=1)
    protocol: Protocol = "completion"
    target = lm_eval_bridge.PlanFor("", {"protocol": protocol}, ByteTokenizer(), False, 1_000_000, 0)
    (item,) = lm_eval_bridge.plan(loaded, target).items
    yaml = known[name].read_text(encoding="utf-8").rstrip()
    choices = f"\n--- choices\n{' | '.join(item.choices)}" if item.choices else ""
    return f"{yaml}\n\n--- first item ({item.item_id})\n{item.prompt}\n--- right answer\n{item.gold}{choices}"
