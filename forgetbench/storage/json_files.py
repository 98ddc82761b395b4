"""JSON files of dataclasses, with the version of their schema."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from forgetbench.errors import InputError
from forgetbench.records import SCHEMA_VERSION

T = TypeVar("T")


def to_json(value: Any) -> str:
    """JSON of a dataclass (or anything JSON can hold), numbers that are not finite as null."""
    plain = dataclasses.asdict(value) if dataclasses.is_dataclass(value) else value  # type: ignore[arg-type]
    return json.dumps(finite(plain), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def finite(value: Any) -> Any:
    """The same value with None for every number that is not finite, which JSON has no word for."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    return value


def load_json(kind: type[T], path: Path) -> T:
    """Read a dataclass that `to_json` wrote.

    Raises InputError, one line, when the file cannot be read, is of another schema version or lacks a field.
    """
    from pydantic import TypeAdapter, ValidationError

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error})") from error
    try:
        version = json.loads(text).get("schema_version")
        if version != SCHEMA_VERSION:
            raise InputError(
                f"{path}: schema_version is {version!r}, this forgetbench reads {SCHEMA_VERSION}; "
                "run the comparison again with this version"
            )
        return TypeAdapter(kind).validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(step) for step in first["loc"])
        raise InputError(f"{path}: field '{field}': {first['msg'].lower()}") from error
    except (ValueError, AttributeError, RecursionError) as error:
        raise InputError(f"{path}: not a JSON object of forgetbench ({error})") from error
