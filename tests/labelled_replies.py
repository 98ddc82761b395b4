"""Replies with what a careful person reads from them (tests/data/answers/), and what the readers make of them.

A row is `id`, `reader`, `task`, `item_id`, `doc`, `reply`, `right` and `why`; tests/data/README.md says what they mean.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

Said = Literal[True, False, "unparsed"]

CORPUS = Path(__file__).parent / "data" / "answers"
UNSEEN = CORPUS / "unseen"
"""Replies that nobody has mended a reader on: how often new replies are read rightly."""
TASKS = Path(__file__).parents[1] / "tasks"
_EMBEDDED = ("knowledge/facts.jsonl", "knowledge/zh.jsonl", "knowledge/bigbench.jsonl", "reasoning/items.jsonl")


@dataclass(frozen=True, slots=True)
class Reply:
    """One labelled reply."""

    id: str
    reader: str
    doc: Mapping[str, Any]
    reply: str
    right: Said
    why: str

    @property
    def kind(self) -> str:
        """The reader without what it is asked to check: 'constraint' of 'constraint:json'."""
        return self.reader.partition(":")[0]


def labelled_replies(file: Path, tasks: Path = TASKS) -> list[Reply]:
    """The rows of a file; where today's data still asks the question, with the answers that it accepts today."""
    rows = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    return [
        Reply(row["id"], row["reader"], _as_asked(row, tasks), row["reply"], row["right"], row["why"]) for row in rows
    ]


def said(reply: Reply, tasks: Path = TASKS) -> Said:
    """What the reader says of a reply: it gives the right answer, another, or none that can be told."""
    return _READERS[reply.kind](reply, tasks)


def _as_asked(row: Mapping[str, Any], tasks: Path) -> dict[str, Any]:
    """The row's own document, or the embedded one of the same id and question, and how the reply came to an end."""
    embedded = _embedded(tasks).get(row["item_id"], {})
    doc = {**row["doc"], **embedded} if embedded.get("question") == row["doc"].get("question") else dict(row["doc"])
    return doc | {"forgetbench": {"finish_reasons": [row["doc"].get("finish_reason", "stop")]}}


@cache
def _embedded(tasks: Path) -> dict[str, dict[str, Any]]:
    files = (tasks / name for name in _EMBEDDED)
    rows = (json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines())
    return {row["item_id"]: row for row in rows}


@cache
def _scoring(tasks: Path, domain: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"labelled_{domain}", tasks / domain / "utils.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _task(domain: str, function: str) -> Callable[[Reply, Path], Said]:
    def read(reply: Reply, tasks: Path) -> Said:
        scores = getattr(_scoring(tasks, domain), function)(reply.doc, [reply.reply])
        return True if scores["correct"] else False if scores["parsed"] else "unparsed"

    return read


def _target(reply: Reply, _: Path) -> Said:
    from forgetbench.metrics.answers.matching import MATCHERS

    doc = reply.doc
    reading = MATCHERS[doc["match"]].reading(reply.reply, doc["accepted"], doc["rivals"], question=doc["question"])
    right = reading.exact if doc.get("reading") == "strict" else reading.correct
    return True if right else False if reading.parsed else "unparsed"


def _constraint(reply: Reply, _: Path) -> Said:
    from forgetbench.metrics.constraints import holds, holds_loosely

    check = holds if reply.doc.get("reading") == "strict" else holds_loosely
    return check(reply.reply, reply.doc["constraint"], reply.doc["parameters"])


def _refusal(reply: Reply, _: Path) -> Said:
    from forgetbench.metrics.refusal import refuses

    return refuses(reply.reply, reply.doc["prompt"])


def _turned_away(reply: Reply, _: Path) -> Said:
    from forgetbench.metrics.turning_away import turns_away

    return turns_away(reply.reply, reply.doc["prompt"])


def _degeneration(reply: Reply, _: Path) -> Said:
    from forgetbench.metrics.degeneration import degeneration

    return degeneration(reply.reply, reply.doc["prompt"], reply.doc.get("finish_reason")).any


def _thinking(reply: Reply, _: Path) -> Said:
    from forgetbench.metrics.answers.normalisation import normalise
    from forgetbench.metrics.thinking import split_thinking

    answer = split_thinking(reply.reply, opened=reply.doc.get("opened", False))[1]
    if not answer.strip():
        return "unparsed"
    return normalise(answer) in map(normalise, reply.doc["accepted"])


_READERS: Mapping[str, Callable[[Reply, Path], Said]] = {
    "reasoning_open": _task("reasoning", "score_open"),
    "reasoning_worked": _task("reasoning", "score_worked"),
    "knowledge_open": _task("knowledge", "score_open"),
    "knowledge_bigbench": _task("knowledge", "score_bigbench"),
    "target_numeric": _target,
    "target_contains": _target,
    "target_exact": _target,
    "target_json_schema": _target,
    "constraint": _constraint,
    "refusal": _refusal,
    "turned_away": _turned_away,
    "degeneration": _degeneration,
    "thinking": _thinking,
}
