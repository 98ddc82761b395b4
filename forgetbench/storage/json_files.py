"""JSON files of dataclasses, with the version of their schema."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from forgetbench.errors import InputError
from forgetbench.records import SCHEMA_VERSION, DeltaRow
from forgetbench.storage.flat_rows import GROUPS, flat

T = TypeVar("T")


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

    Raises InputError, one line, when the file cannot be read, is of another schema version or lacks a field.
    """
    from pydantic import TypeAdapter, ValidationError

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error})") from error
    try:
        content = json.loads(text)
        version = content.get("schema_version")
        if version != SCHEMA_VERSION:
            raise InputError(
                f"{path}: schema_version is {version!r}, this forgetbench reads {SCHEMA_VERSION}; "
                "run the comparison again with this version"
            )
        return TypeAdapter(kind).validate_python(shape(content))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(step) for step in first["loc"] if step not in GROUPS)
        raise InputError(f"{path}: field '{field}': {first['msg'].lower()}") from error
    except (ValueError, AttributeError, RecursionError) as error:
        raise InputError(f"{path}: not a JSON object of forgetbench ({error})") from error
