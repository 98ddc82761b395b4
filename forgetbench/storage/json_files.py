"""JSON files of dataclasses, with the version of their schema."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from forgetbench.errors import InputError
from forgetbench.records import SCHEMA_VERSION, DeltaRow
from forgetbench.sanitize import shorten
from forgetbench.storage.files import read_text
from forgetbench.storage.flat_rows import GROUPS, flat

T = TypeVar("T")

_MOST_BYTES: Final = 64 << 20
_DEEPEST: Final = 30
"""Objects and lists within one another; what forgetbench writes has seven levels at most."""
_DEEPEST_OF_OTHERS: Final = 200
_MOST_DIGITS: Final = 18
_MOST_DIGITS_OF_OTHERS: Final = 300
"""What a float can be made of, and far below what Python reads at all."""


def to_json(value: Any) -> str:
    """JSON of a dataclass (or anything JSON can hold), numbers that are not finite as null."""
    return json.dumps(plain_data(value), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def plain_data(value: Any) -> Any:
    """What JSON can hold: dataclasses as objects, delta rows flat, None for every number that is not finite."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, DeltaRow):
        return plain_data(flat(value))
    if dataclasses.is_dataclass(value):
        return {field.name: plain_data(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain_data(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_data(item) for item in value]
    return value


def load_json(kind: type[T], path: Path, shape: Callable[[dict[str, Any]], dict[str, Any]] = dict) -> T:
    """Read a dataclass that `to_json` wrote; `shape` brings the file's object into the form of `kind`.

    Anybody may have written the file: it must be regular and of moderate size, names may not stand twice in an object,
    numbers must be finite and numbers, and half a surrogate pair becomes a question mark. Raises InputError, one line,
    when the file cannot be read, is of another schema version or lacks a field.
    """
    from pydantic import TypeAdapter, ValidationError

    text = read_text(path, most=_MOST_BYTES)
    try:
        content = json.loads(
            text, object_pairs_hook=_without_repeats, parse_constant=_no_number, parse_float=_finite, parse_int=_short
        )
        _check_depth(content)
        version = content.get("schema_version")
        if version != SCHEMA_VERSION:
            raise InputError(
                f"{path}: schema_version is {shorten(repr(version), 40)}, this forgetbench reads {SCHEMA_VERSION}; "
                "run the comparison again with this version"
            )
        whole = json.dumps(shape(content), ensure_ascii=False, allow_nan=False).encode(errors="replace")
        return TypeAdapter(kind).validate_json(whole, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(step) for step in first["loc"] if step not in GROUPS)
        raise InputError(f"{path}: field '{shorten(field, 200)}': {first['msg'].lower()}") from error
    except (ValueError, AttributeError, RecursionError) as error:
        raise InputError(f"{path}: not a JSON object of forgetbench ({shorten(str(error), 200)})") from error


def parse_json(path: Path, most: int) -> Any:
    """What a JSON file of another program holds, of at most `most` bytes, as `json_of_others` reads it.

    Raises InputError, one line, when it cannot be read, is no JSON or is too deep.
    """
    try:
        return json_of_others(read_text(path, most=most))
    except ValueError as error:
        raise InputError(f"{path}: not JSON ({shorten(str(error), 200)})") from error


def json_of_others(text: str | bytes) -> Any:
    """What a JSON text of another program holds; NaN and infinities are numbers here, and 10^400 is one of them.

    Raises ValueError when it is no JSON or is too deep.
    """
    try:
        content = json.loads(text, parse_int=_whole)
    except RecursionError as error:
        raise ValueError(str(error)) from error
    _check_depth(content, _DEEPEST_OF_OTHERS)
    return content


def _whole(text: str) -> int | float:
    """A whole number; an infinity where no float can hold it, as of one that is written 1e400."""
    return int(text) if len(text) <= _MOST_DIGITS_OF_OTHERS else float(text)


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number of JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{shorten(text, 40)} is too large a number")
    return value


def _short(text: str) -> int:
    if len(text) > _MOST_DIGITS:
        raise ValueError(f"{shorten(text, 40)} is too large a number")
    return int(text)


def _check_depth(value: Any, deepest: int = _DEEPEST, left: int | None = None) -> None:
    left = deepest if left is None else left
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in inside:
        if isinstance(item, dict | list):
            if not left:
                raise ValueError(f"more than {deepest} levels deep")
            _check_depth(item, deepest, left - 1)
