"""What there is to run: embedded suites and tasks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forgetbench import lm_eval_bridge
from forgetbench.errors import SuiteError, did_you_mean
from forgetbench.lm_eval_bridge.task_yaml import read_declaration
from forgetbench.messages import translated as _
from forgetbench.models.tokenizer import ByteTokenizer
from forgetbench.records import DOMAINS
from forgetbench.storage.files import read_text
from forgetbench.suites.loading import embedded_item_counts, embedded_task_files, load_tasks
from forgetbench.suites.suite import is_suite, load_suite, suite_names, suite_of_tasks, tasks_folder
from forgetbench.suites.validation.reading import declarations

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rich.table import Table

    from forgetbench.evaluation.rescore import TaskChange


@dataclass(frozen=True, slots=True)
class Listing:
    """A table of text; a row of one cell is a heading."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def suites() -> Listing:
    """The embedded suites."""
    rows = []
    for name in suite_names():
        suite, _digest = load_suite(name)
        rows.append((name, str(sum(map(len, suite.domains.values()))), suite.description))
    return Listing(_("suites"), (_("name"), _("tasks"), _("for")), tuple(rows))


def tasks() -> Listing:
    """The embedded tasks by domain, from their declarations, with their number of items."""
    declared = [task for _name, path in sorted(embedded_task_files().items()) if (task := read_declaration(path))]
    domain_of = {task.name: str(task.metadata["domain"]) for task in declared}
    items = embedded_item_counts()
    rows: list[tuple[str, ...]] = []
    for domain in dict.fromkeys([*DOMAINS, *sorted(domain_of.values())]):
        of_domain = [task for task in declared if domain_of[task.name] == domain]
        rows += [(domain,)] if of_domain else []
        rows += [_task_cells(task.name, task.metadata, task.languages, items[task.name]) for task in of_domain]
    title = _("tasks, by domain; + stands beside its domain's score")
    columns = (_("name"), _("view"), _("items"), _("language"), _("chance"), _("licence of the data"))
    return Listing(title, columns, tuple(rows))


def _task_cells(name: str, told: Mapping[str, Any], languages: Iterable[str], n_items: int) -> tuple[str, ...]:
    chance, licence = f"{told['chance']:.2g}", str(told.get("licence") or "")
    marked = f"  {name}{' +' if told.get('supporting') else ''}"
    return marked, told.get("view") or "", str(n_items), " ".join(languages), chance, licence


def rescored_tasks(changes: Sequence[TaskChange]) -> Listing:
    """What reading a run's answers again changed, task by task; scores in points of 100."""

    def points(score: float | None) -> str:
        return "-" if score is None else f"{100 * score:.1f}"

    rows = [
        (each.task, f"{each.n_items:,}", points(each.before), points(each.after), f"{each.n_changed:,}")
        if each.read_again
        else (each.task, f"{each.n_items:,}", points(each.before), points(each.after), _("as it was"))
        for each in changes
    ]
    columns = (_("task"), _("items"), _("before"), _("after"), _("items changed"))
    return Listing(_("read again"), columns, tuple(rows))


def drawn(listing: Listing) -> Table:
    """The listing as a table for a terminal."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(title=listing.title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for number, column in enumerate(listing.columns):
        # A name is what is typed, so it is never cut; what is long is folded.
        table.add_column(column, no_wrap=number == 0, overflow="fold")
    for row in listing.rows:
        table.add_row(*row, style="bold" if len(row) == 1 else None)
    return table


def show(name: str) -> str:
    """A suite's file, or a task's YAML and its first item as a base model is asked it; by name or by its file.

    Raises SuiteError for an unknown name, InputError for a file that is neither.
    """
    if name.endswith((".yaml", ".yml")):
        return _shown_file(Path(name))
    if name in suite_names():
        return read_text(tasks_folder() / "suites" / f"{name}.yaml").rstrip()
    files = embedded_task_files()
    if name not in files:
        known = did_you_mean(name, [*files, *suite_names()])
        near = known if known.startswith("did you mean") else "forgetbench tasks list has them all"
        raise SuiteError(f"unknown task '{name}'; {near} (or give a .yaml file)")
    return _shown_task(name, files[name], None)


def _shown_file(path: Path) -> str:
    if path.is_file() and is_suite(path):
        load_suite(str(path))
        return read_text(path).rstrip()
    (declared,) = declarations(path)
    if declared.broken:
        raise SuiteError(f"{declared.where('')}: {declared.broken}")
    return _shown_task(declared.name, path, path.parent)


def _shown_task(name: str, file: Path, folder: Path | None) -> str:
    (loaded,) = load_tasks(suite_of_tasks([name], None), folder, limit=1)
    context = lm_eval_bridge.PromptContext("", {"protocol": "completion"}, ByteTokenizer(), False, 1_000_000, 0)
    (item,) = lm_eval_bridge.plan(loaded, context).items
    yaml = read_text(file).rstrip()
    choices = f"\n--- choices\n{' | '.join(item.choices)}" if item.choices else ""
    return f"{yaml}\n\n--- first item ({item.item_id})\n{item.prompt}\n--- right answer\n{item.gold}{choices}"
