"""The format of Every Eval Ever: a record per model, and beside it a line per answered question.

eee_schema/ says what version 0.2.2 of it asks for. Its own package is not needed to read or write it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from forgetbench.errors import InputError
from forgetbench.sanitize import one_line

VERSION: Final = "0.2.2"
SAMPLE_VERSION: Final = "instance_level_eval_0.2.2"
SAMPLES_SUFFIX: Final = "_samples.jsonl"
"""Of the name of a record's lines, after the record's own."""
_SCHEMAS: Final = Path(__file__).parent / "eee_schema"


def check_record(record: Mapping[str, Any], where: str) -> None:
    """Raise InputError, with the field, for what is no record; `where` names its file."""
    _check("record.json", record, where)


def check_sample(sample: Mapping[str, Any], where: str) -> None:
    """The same for a line of samples; `where` names its file and line."""
    _check("sample.json", sample, where)


def _check(schema: str, content: Mapping[str, Any], where: str) -> None:
    from jsonschema.exceptions import best_match

    error = best_match(_validator(schema)(content))
    if error is not None:
        field = ".".join(map(str, error.absolute_path)) or "the whole"
        why = one_line(error.message, 200)
        raise InputError(f"{where}: {field}: not as version {VERSION} of Every Eval Ever asks: {why}")


@cache
def _validator(schema: str) -> Callable[[Any], Any]:
    from jsonschema import Draft7Validator

    content = json.loads((_SCHEMAS / schema).read_text(encoding="utf-8"))
    Draft7Validator.check_schema(content)
    errors: Callable[[Any], Any] = Draft7Validator(content).iter_errors
    return errors
