"""What pydantic finds wrong in a file that a person wrote, in the words of that file."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_WANTED: Final = {
    **dict.fromkeys(("model_type", "model_attributes_type", "dict_type", "mapping_type"), "a mapping of fields"),
    **dict.fromkeys(("list_type", "tuple_type"), "a list"),
}
"""Kinds of error whose own text speaks of Python."""
_PREFIX: Final = "Value error, "


def what_is_wrong(first: ErrorDetails, given: str = "") -> str:
    """One clause that says what is wrong with a field; `given` follows what was expected of it."""
    if wanted := _WANTED.get(first["type"]):
        return f"{wanted} is expected, not {_kind(first['input'])}"
    message = first["msg"].removeprefix(_PREFIX)
    return f"{message[:1].lower()}{message[1:]}{given}{_hundredths(first)}"


def _kind(value: Any) -> str:
    """What YAML calls a value."""
    if value is None:
        return "nothing; leave the field out to say nothing of it"
    if isinstance(value, Mapping):
        return "a mapping"
    return "a list" if isinstance(value, list | tuple) else f"{str(value)[:40]!r}"


def _hundredths(first: ErrorDetails) -> str:
    """How a number of points or per cent is written, where that is what seems to be meant: 5 for 0.05."""
    if first["type"] not in ("less_than", "less_than_equal"):
        return ""
    value, bounds = first["input"], first.get("ctx", {})
    most = float(bounds.get("lt", bounds.get("le", inf)))
    if not isinstance(value, int | float) or most > 1 or value / 100 >= most:
        return ""
    return f"; {value:g} of 100 is written {value / 100:g}"
