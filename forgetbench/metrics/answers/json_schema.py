"""A JSON schema that a reply's JSON must satisfy."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import jsonschema
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from forgetbench.metrics.answers.patterns import search
from forgetbench.metrics.answers.reading import Reading

_FENCE = re.compile(r"```[a-zA-Z]*\n([^`]*)```")
_JSON_STARTS = 20
"""So many opening brackets are tried for a JSON value inside a text; hostile text may hold thousands."""


def read_json(text: str, accepted: Sequence[str], rivals: Sequence[str] = ()) -> Reading:
    """Strict: the whole reply is JSON that the one accepted schema allows. Lenient: such JSON stands in a code fence or
    in the prose.

    Raises TimeoutError when a pattern of the schema takes longer than `PATTERN_SECONDS` on this reply.
    """
    (schema,) = accepted
    whole, inside = list(_parse(text)), list(_json_inside(text))
    exact = any(_allows(schema, value) for value in whole)
    return Reading(
        exact=exact,
        correct=exact or any(_allows(schema, value) for value in inside),
        parsed=bool(whole or inside),
    )


def schema_mistake(answer: str) -> str | None:
    """What is wrong with a schema, with a hint; None when replies can be held against it."""
    schema = json.loads(answer)
    try:
        jsonschema.Draft202012Validator.check_schema(schema)
    except jsonschema.SchemaError as error:
        return f"not a valid JSON schema ({error.message})"
    if '"patternProperties"' in answer:
        return "patternProperties cannot be checked within a time limit; use 'properties' or match 'regex'"
    resolver = Registry().with_resource("", DRAFT202012.create_resource(schema)).resolver()
    try:
        for reference in _references(schema):
            resolver.lookup(reference)
    except Unresolvable as error:
        return f"the reference '{error.ref}' does not stand in the schema; put it under $defs"
    return None


def _parse(text: str) -> Iterator[Any]:
    try:
        yield json.loads(text)
    except (ValueError, RecursionError):
        return


def _json_inside(text: str) -> Iterator[Any]:
    """The objects and arrays that stand in code fences, and the first one in the text."""
    for body in _FENCE.findall(text):
        yield from _parse(body)
    decoder = json.JSONDecoder()
    starts = [place for place, char in enumerate(text) if char in "{["]
    for start in starts[:_JSON_STARTS]:
        try:
            yield decoder.raw_decode(text, start)[0]
        except (ValueError, RecursionError):
            continue
        return


def _allows(schema: str, value: Any) -> bool:
    try:
        return bool(_validator(schema).is_valid(value))
    except RecursionError:  # a schema that refers to itself, and a reply that nests deeper than Python goes
        return False


@lru_cache(maxsize=1024)
def _validator(schema: str) -> Any:
    # An empty registry: a reference that leads out of the schema is not fetched.
    return _Validator(json.loads(schema), registry=Registry())


def _timed_pattern(_: Any, pattern: str, value: Any, __: Mapping[str, Any]) -> Iterator[jsonschema.ValidationError]:
    """The keyword `pattern` with a time limit; jsonschema's own would run a pattern on hostile text without one."""
    if isinstance(value, str) and not search(pattern, value):
        yield jsonschema.ValidationError(f"{value!r} does not match {pattern!r}")


_Validator: Any = jsonschema.validators.extend(jsonschema.Draft202012Validator, {"pattern": _timed_pattern})


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        yield from (value for key, value in part.items() if key == "$ref" and isinstance(value, str))
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from _references(inner)
