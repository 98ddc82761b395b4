"""A JSON schema that a reply's JSON must satisfy."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jsonschema
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from forgetbench.metrics.answers.options import Named, named_option
from forgetbench.metrics.answers.patterns import search
from forgetbench.metrics.answers.reading import Reading

_FENCE = re.compile(r"(?:```|~~~)[a-zA-Z]*[ \t]*\n([^`~]*)(?:```|~~~)")
_JSON_STARTS = 20
"""So many opening brackets are tried for a JSON value inside a text; hostile text may hold thousands."""
_MEANT_AS_JSON = re.compile(r"[{\[]\s*(?:[\"{}\[\]]|$)")
_TYPES = {"object": dict, "array": list}


@dataclass(frozen=True, slots=True)
class FoundJSON:
    """A JSON value and where it stands in a reply."""

    start: int
    end: int
    value: Any


def read_json(text: str, accepted: Sequence[str], rivals: Sequence[str] = (), *, question: str = "") -> Reading:
    """Strict: the whole reply is JSON that the one accepted schema allows. Lenient: such JSON stands in a code fence or
    in the prose, and is given as the answer (`options`) where there are several values.

    In the prose only values of the type that the schema asks for count: [2] is a footnote. JSON that is cut or has
    comments is none, and nor are its parts. Raises TimeoutError when a pattern of the schema takes longer than
    `PATTERN_SECONDS` on this reply.
    """
    (schema,) = accepted
    for value in _parse(text):
        allowed = allows(schema, value)
        return Reading(exact=allowed, correct=allowed, parsed=True)
    found = json_values(text, _TYPES.get(json.loads(schema).get("type")) if schema.lstrip().startswith("{") else None)
    named = _given(text, found, [allows(schema, each.value) for each in found]) if found else Named.NOTHING
    return Reading(
        exact=False,
        correct=named is Named.RIGHT,
        parsed=named in (Named.RIGHT, Named.WRONG),
        conflict=named is Named.CONFLICT,
    )


def _given(text: str, found: Sequence[FoundJSON], allowed: Sequence[bool]) -> Named:
    """Which of the values is the answer, by what the prose says of them, each put as one word."""
    names = [f"json{place}json" for place in range(len(found))]
    parts, end = [], 0
    for name, each in zip(names, found, strict=True):
        parts += [text[end : each.start], f" {name} "]
        end = each.end
    right = [name for name, right in zip(names, allowed, strict=True) if right]
    named = named_option("".join([*parts, text[end:]]), right, set(names) - set(right))
    if named is Named.NOTHING and len(found) == 1:
        return Named.RIGHT if right else Named.WRONG
    return named


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
        yield json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def json_values(text: str, kind: type | None = None) -> list[FoundJSON]:
    """The JSON in a reply: values in code fences, and objects and arrays (only those of `kind`, if given) elsewhere."""
    fenced = [
        FoundJSON(*fence.span(), value) for fence in _FENCE.finditer(text) for value in _parse(fence.group(1))
    ]  # fmt: skip
    blanked = text
    for each in fenced:
        blanked = blanked[: each.start] + " " * (each.end - each.start) + blanked[each.end :]
    inside = [each for each in _json_inside(blanked) if kind is None or isinstance(each.value, kind)]
    return sorted([*fenced, *inside], key=lambda each: each.start)[:_JSON_STARTS]


def _json_inside(text: str) -> Iterator[FoundJSON]:
    """The outermost objects and arrays in a text; what stands in brackets that are no JSON is part of them."""
    decoder = json.JSONDecoder(parse_constant=_no_constant)
    place = 0
    for _ in range(_JSON_STARTS):
        start = _BRACKET.search(text, place)
        if start is None:
            return
        try:
            value, place = decoder.raw_decode(text, start.start())
        except (ValueError, RecursionError):
            closed = _closed(text, start.start())
            if closed is None and _MEANT_AS_JSON.match(text, start.start()):
                return
            place = closed or start.end()
        else:
            yield FoundJSON(start.start(), place, value)


_BRACKET = re.compile(r"[{\[]")
_BRACKETS = re.compile(r"[{}\[\]]")


def _closed(text: str, start: int) -> int | None:
    """Where the bracket at `start` is closed, brackets of either kind counted; None where it is not."""
    depth = 0
    for bracket in _BRACKETS.finditer(text, start):
        depth += 1 if bracket.group() in "{[" else -1
        if depth == 0:
            return bracket.end()
    return None


def allows(schema: str, value: Any) -> bool:
    """Whether a JSON schema, written as text, accepts a value."""
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
