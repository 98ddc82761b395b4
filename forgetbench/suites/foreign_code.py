"""Python that tasks of somebody else bring, said before it runs: it is trusted code, and runs as the user does.

A task's YAML is data. What it names with `!function` is not, and no sandbox is made around it: it is asked for
documents and scores all the time. So every file is named once, and again when it changes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

from platformdirs import user_cache_path

from forgetbench.console import tell
from forgetbench.errors import InputError, listed
from forgetbench.fingerprint import digest
from forgetbench.lm_eval_bridge.members import members
from forgetbench.lm_eval_bridge.task_code import module_file
from forgetbench.lm_eval_bridge.task_entry import TaskEntry
from forgetbench.lm_eval_bridge.task_yaml import OwnTasks, function_names
from forgetbench.storage.files import read_bytes, read_text


def tell_of_foreign_code(entries: Iterable[TaskEntry], own: OwnTasks, ours: Path) -> None:
    """One line on standard error for the Python files outside `ours` that tasks name and that were not named before."""
    files = {
        file
        for entry in entries
        if not entry.configurations
        for member in members(entry.name, own, entry.yaml)
        for function in function_names(member.fields)
        if (file := module_file(function)) is not None and not file.is_relative_to(ours.resolve())
    }
    news = _not_named_before(sorted(files))
    if news:
        tell(f"! {listed([str(file) for file in news])}: Python of a task is trusted code and runs as you do")


def _not_named_before(files: Iterable[Path]) -> list[Path]:
    record = user_cache_path("forgetbench") / "task_code.txt"
    known: set[str] = set()
    with contextlib.suppress(InputError):
        known.update(read_text(record).split())
    contents: dict[Path, str] = {}
    for file in files:
        with contextlib.suppress(InputError):  # told when it is loaded
            contents[file] = digest([str(file), read_bytes(file).hex()])
    news = {file: content for file, content in contents.items() if content not in known}
    # Where nothing can be kept it is said each time.
    with contextlib.suppress(OSError):
        if news:
            record.parent.mkdir(parents=True, exist_ok=True)
            with record.open("a", encoding="utf-8") as stream:
                stream.write("".join(f"{content}\n" for content in news.values()))
    return list(news)
