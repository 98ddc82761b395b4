"""Calls of tools in a reply: which tool, with which arguments, and whether they are those that were wanted.

The form that is asked for is one JSON object {"tool": NAME, "arguments": {...}}; those that models write by habit are
read as well. Nothing is executed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forgetbench.metrics.answers.json_schema import allows, json_values
from forgetbench.metrics.answers.normalisation import normalise
from forgetbench.metrics.answers.reading import SHORT_REPLY_CHARS
from forgetbench.metrics.text import answered

_WRAPPERS = ("tool_calls", "tool_call", "function_call", "calls", "call", "function", "tool")
_NAMES = ("tool", "tool_name", "function", "function_name", "action", "name")
_ARGUMENTS = ("arguments", "parameters", "args", "params", "action_input", "input")
_NO_TOOL = frozenset({"", "none", "null", "no tool", "no_tool", "n/a", "no"})
_DEFINES = ("description", "properties", "required")
"""Fields of a tool's definition: a reply that repeats the list calls nothing."""
_MOST_CALLS = 8
_DEEPEST = 3
_NAMING = re.compile(r"[{\[,]\s*[\"']?(?:tool|tool_name|function|function_name|name)[\"']?\s*:")

Tools = Mapping[str, Mapping[str, Any]]
"""Name -> JSON schema of the arguments."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a tool."""

    tool: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolReply:
    """What a reply to a request does, and whether that was wanted."""

    exact: bool
    """Correct, and in the form that is asked for: the object alone, or words without JSON."""
    correct: bool
    """The wanted call and no other; where none is wanted, words and no call."""
    parsed: bool
    """Calls, or words without any: not an empty reply, or a call that cannot be read."""
    called: bool
    """There is a call, or the beginning of one."""
    tool: bool
    """The wanted tool, whatever its arguments; where none is wanted, none."""

    @property
    def scores(self) -> dict[str, float]:
        """The readings as metrics of an item, each 0 or 1."""
        return {name: float(getattr(self, name)) for name in ("correct", "exact", "parsed", "called", "tool")}


def read_tool_reply(text: str, tools: Tools, wanted: Call | None) -> ToolReply:
    """Hold a reply against the one call that is wanted, or against none being wanted."""
    text = text[:SHORT_REPLY_CHARS].strip()
    calls = calls_in(text, tools)
    if not calls:
        begun = begins_call(text, tools)
        said = answered(text) and not begun
        right = said and wanted is None
        return ToolReply(right and not json_values(text, dict), right, said, begun, right)
    if wanted is None or len(calls) > 1:
        return ToolReply(exact=False, correct=False, parsed=True, called=True, tool=False)
    (call,) = calls
    tool = call.tool == wanted.tool
    correct = tool and same_call(tools[call.tool], wanted, call)
    return ToolReply(correct and _is_demanded_form(text), correct, parsed=True, called=True, tool=tool)


def calls_in(text: str, tools: Tools) -> list[Call]:
    """The calls of a reply, each once, in order; tools that are not listed are called as well."""
    calls: list[Call] = []
    for found in json_values(text):
        calls += [call for call in _calls_of(found.value, tools) if call not in calls]
    return calls[:_MOST_CALLS]


def begins_call(text: str, tools: Tools) -> bool:
    """Whether a reply without a readable call meant one: cut or broken JSON, or a call in a language's own form."""
    names = "|".join(map(re.escape, tools))
    if re.search(rf"(?:^|[\[`])\s{{0,8}}(?:{names})\(|<(?:{names})>|<function=", text, re.MULTILINE):
        return True
    rest = list(text)
    for found in json_values(text):
        rest[found.start : found.end] = " " * (found.end - found.start)
    left = "".join(rest)
    return _NAMING.search(left) is not None or re.search(rf"[{{\[]\s*[\"']?(?:{names})\b", left) is not None


def same_call(schema: Mapping[str, Any], wanted: Call, given: Call) -> bool:
    """Whether two calls of one tool ask for the same: the given one must satisfy the schema, with no argument more."""
    return allows(json.dumps(schema), given.arguments) and _same(schema, dict(wanted.arguments), given.arguments)


# --- the forms of a call ----------------------------------------------------------------------


def _calls_of(value: Any, tools: Tools, depth: int = 0) -> list[Call]:
    """The calls in a JSON value: an object that names a tool, a list of such, or one in a wrapper."""
    if depth > _DEEPEST:
        return []
    if isinstance(value, list):
        return [call for each in value[:_MOST_CALLS] for call in _calls_of(each, tools, depth + 1)]
    if not isinstance(value, dict):
        return []
    for wrapper in _WRAPPERS:
        if isinstance(value.get(wrapper), dict | list):
            return _calls_of(value[wrapper], tools, depth + 1)
    call = _named_call(value, tools) or _keyed_call(value, tools)
    return [call] if call else []


def _named_call(value: Mapping[str, Any], tools: Tools) -> Call | None:
    """{"tool": NAME, "arguments": {...}} by the names that models use; arguments may also stand beside the name."""
    key = next((key for key in _NAMES if isinstance(value.get(key), str)), None)
    if key is None or any(field in value for field in _DEFINES):
        return None
    name = value[key].strip().removeprefix("functions.")
    if name.casefold() in _NO_TOOL:
        return None
    held = next((each for each in _ARGUMENTS if each in value), None)
    if held is None:
        # A "name" or an "action" that is no tool's may be anything: {"name": "Anna", "age": 3}.
        listed = name in tools or key.startswith(("tool", "function"))
        return Call(name, {other: value[other] for other in value if other != key}) if listed else None
    arguments = _arguments(value[held])
    defines = "properties" in arguments and "properties" not in tools.get(name, {}).get("properties", {})
    return None if defines else Call(name, arguments)


def _keyed_call(value: Mapping[str, Any], tools: Tools) -> Call | None:
    """{NAME: {...}}."""
    key = next(iter(value), "")
    return Call(key, _arguments(value[key])) if len(value) == 1 and key in tools else None


def _arguments(value: Any) -> Mapping[str, Any]:
    """Arguments as an object, also where they are written as a string; what is none has a key that no tool has."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {"": value}
    return value if isinstance(value, dict) else {} if value is None else {"": value}


def _is_demanded_form(text: str) -> bool:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and value.keys() == {"tool", "arguments"} and isinstance(value["arguments"], dict)


# --- arguments --------------------------------------------------------------------------------


def _same(schema: Mapping[str, Any], wanted: Any, given: Any) -> bool:
    """Equality as the schema means it: free text by its words, sets in any order, 5 as 5.0."""
    if isinstance(wanted, dict):
        properties = schema.get("properties", {})
        return isinstance(given, Mapping) and wanted.keys() == given.keys() and all(
            _same(properties.get(key, {}), value, given[key]) for key, value in wanted.items()
        )  # fmt: skip
    if isinstance(wanted, list):
        return isinstance(given, list) and _same_items(schema, wanted, given)
    if isinstance(wanted, bool) or isinstance(given, bool):
        return wanted is given
    if isinstance(wanted, str) and isinstance(given, str) and not {"enum", "format"} & schema.keys():
        return normalise(wanted) == normalise(given)
    return bool(wanted == given)


def _same_items(schema: Mapping[str, Any], wanted: Sequence[Any], given: Sequence[Any]) -> bool:
    """Item by item; in any order where the schema says `uniqueItems`."""
    item_schema, left = schema.get("items", {}), list(given)
    if len(wanted) != len(given):
        return False
    for place, value in enumerate(wanted):
        candidates = left if schema.get("uniqueItems") else [given[place]]
        match = next((one for one in candidates if _same(item_schema, value, one)), None)
        if match is None:
            return False
        left.remove(match)
    return True
