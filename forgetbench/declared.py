"""Options as their fields declare them, also where a notebook gives a path as text or names as a list."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Any

from forgetbench.errors import InputError


def take_as_declared(options: Any) -> None:
    """In a frozen dataclass, make a Path of a text where one is declared, and a tuple of several texts.

    Raises InputError for what is neither: one text in place of several would be taken for its letters.
    """
    for field in dataclasses.fields(options):
        value, kinds = getattr(options, field.name), str(field.type).split(" | ")
        if value is None and "None" in kinds:
            continue
        named = f"{type(options).__name__}: field '{field.name}'"
        if "Path" in kinds:
            if not isinstance(value, str | os.PathLike):
                raise InputError(f"{named}: a path is expected, not {value!r}")
            object.__setattr__(options, field.name, Path(value))
        elif kinds == ["tuple[str, ...]"]:
            if not isinstance(value, tuple | list) or not all(isinstance(each, str) for each in value):
                raise InputError(f"{named}: several texts are expected, as ['{value}'], not {value!r}")
            object.__setattr__(options, field.name, tuple(value))
