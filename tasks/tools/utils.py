"""What the tools task's YAML calls: its conversations, and the scoring of replies."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forgetbench.lm_eval_bridge.conversations import Conversation
from forgetbench.metrics.tool_calls import Call, read_tool_reply
from forgetbench.storage.jsonl import read_jsonl
from forgetbench.suites.documents import as_dataset

if TYPE_CHECKING:
    from datasets import Dataset

__all__ = ["Conversation", "call_documents", "choice_documents", "documents", "no_call_documents", "score_call"]

HERE = Path(__file__).parent
_RULES = """\
Today is Wednesday, 12 March 2025. You can use these tools:
{tools}
To use a tool, reply with exactly one JSON object and nothing else: {{"tool": NAME, "arguments": {{...}}}}. Leave out \
optional arguments that the user says nothing about. If no tool fits, answer in plain words."""


@cache
def _catalogue() -> dict[str, dict[str, Any]]:
    return {tool["name"]: tool for tool in read_jsonl(HERE / "catalogue.jsonl")}


def documents(**_: Any) -> dict[str, Dataset]:
    """Every request that a listed tool fits, followed by its twin that none fits."""
    return as_dataset(_rows())


def call_documents(**_: Any) -> dict[str, Dataset]:
    """The requests that a listed tool fits."""
    return as_dataset([row for row in _rows() if row["call"]])


def no_call_documents(**_: Any) -> dict[str, Dataset]:
    """Their twins that no listed tool fits."""
    return as_dataset([row for row in _rows() if not row["call"]])


def _rows() -> list[dict[str, Any]]:
    return [{**row, "turns": _turns(row)} for row in read_jsonl(HERE / "items.jsonl")]


def choice_documents(**_: Any) -> dict[str, Dataset]:
    """The requests that a listed tool fits, agreed on in one more turn, with four calls to choose from."""
    return as_dataset([{**row, "turns": _turns(row)} for row in read_jsonl(HERE / "choices.jsonl")])


def _turns(row: Mapping[str, Any]) -> list[dict[str, str]]:
    listed = "\n".join(json.dumps(_catalogue()[name]) for name in row["tools"])
    spoken = [
        {"role": ("user", "assistant")[place % 2], "content": text} for place, text in enumerate(row["said"])
    ]  # fmt: skip
    return [{"role": "system", "content": _RULES.format(tools=listed)}, *spoken]


def score_call(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, float]:
    """`correct`: the wanted call and no other, or words where no tool fits; `exact`: in the form that is asked for.

    `called`: there is a call. `tool`: the right tool is called, or rightly none. `parsed`: see `ToolReply`.
    """
    tools = {name: _catalogue()[name]["parameters"] for name in doc["tools"]}
    wanted = Call(**json.loads(doc["call"])) if doc["call"] else None
    return read_tool_reply(results[0], tools, wanted).scores
