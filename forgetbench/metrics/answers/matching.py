"""Whether a reply has the answer that a user's own file asks for: exact, contains, regex, numeric or json_schema.

A model's text is hostile: only its first `MAX_CHARS` characters are read, and nothing in it is executed. The
patterns of this module take time linear in that length. A user's own pattern may not, and no pattern can be proved
harmless beforehand, so it runs in the `regex` package, whose matcher can be given a time limit; a reply on which the
limit is met raises, so that its item is not measured and says why, and is never taken for a wrong answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal

import jsonschema
import regex
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from forgetbench.metrics.phrases import fold
from forgetbench.metrics.quality import answered

Match = Literal["exact", "contains", "regex", "numeric", "json_schema"]

STRICT: frozenset[Match] = frozenset({"exact", "json_schema"})
"""Where the item's score is the strict reading; elsewhere it is the lenient one."""
MAX_CHARS = 8192
PATTERN_SECONDS = 1.0
"""Limit of one search: some thousand times what an ordinary pattern takes on `MAX_CHARS`."""

_QUOTES = " \t\n\r\"'`*_\u201c\u201d\u2018\u2019\u300c\u300d"
_STOPS = ".!\u3002"
_HAN = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")
_NUMBER = re.compile(r"(?<![\dA-Za-z_.])-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d{1,3})?")
_CUE = re.compile(
    r"(?:\b(?:answer|result|total)(?: is| was|:| =)|####|\\boxed\{|=|\u7b54\u6848[\u662f\u4e3a:])[\s*$:]{0,8}",
    re.IGNORECASE,
)
_FENCE = re.compile(r"```[a-zA-Z]*\n([^`]*)```")
_JSON_STARTS = 20
"""So many opening brackets are tried for a JSON value inside a text; hostile text may hold thousands."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reply was found to say."""

    exact: bool
    """Strict: the whole reply, or its first line, is the answer and nothing else."""
    correct: bool
    """Lenient: the answer can be read from the reply."""
    parsed: bool
    """Some answer, right or wrong, can be read from the reply."""


def read(text: str, match: Match, accepted: Sequence[str], rivals: Sequence[str] = ()) -> Reading:
    """Read a reply. `accepted` are the right answers as text: words, patterns, numbers, or one JSON schema.

    `rivals` are the other options of a multiple-choice row: a reply that names one of them as well is no answer.

    Raises TimeoutError when a pattern takes longer than `PATTERN_SECONDS` on this reply.
    """
    text = text[:MAX_CHARS]
    if match == "exact" or match == "contains":
        return _read_words(text, accepted, rivals)
    if match == "regex":
        return _read_pattern(text, accepted)
    if match == "numeric":
        return _read_number(text, accepted)
    return _read_json(text, accepted[0])


def check(match: Match, answer: str) -> str | None:
    """What is wrong with an accepted answer, and the way out; None when it can be matched."""
    if match == "regex":
        try:
            regex.compile(answer)
        except regex.error as error:
            return f"not a valid pattern ({error})"
    elif match == "numeric":
        if _number(answer.strip()) is None:
            return f"'{answer}' is not a number; write it as 42, -3.5 or 1,250"
    elif match == "json_schema":
        return _schema_mistake(answer)
    elif not plain(answer):
        return "nothing is left of it without quotes and full stops; use match 'regex'"
    return None


# --- words ------------------------------------------------------------------------------------


def plain(text: str) -> str:
    """`text` as it is compared: compatibility characters unified, case ignored, blanks joined, and without the
    quotes, Markdown emphasis and full stops around it. Punctuation inside stays: C++ is not C, and 3.5 is not 35."""
    joined = " ".join(fold(text).casefold().split())
    return joined.strip(_QUOTES).rstrip(_STOPS).strip(_QUOTES)


def _read_words(text: str, accepted: Sequence[str], rivals: Sequence[str]) -> Reading:
    right = {plain(answer) for answer in accepted}
    wrong = {plain(rival) for rival in rivals} - right
    whole = plain(text)
    other = any(_stands_in(rival, whole, right) for rival in wrong)
    return Reading(
        exact=not right.isdisjoint((whole, plain(_first_line(text)))),
        correct=not other and any(_stands_in(answer, whole, wrong) for answer in right),
        parsed=answered(text),
    )


def _stands_in(phrase: str, text: str, longer: set[str]) -> bool:
    """Whether `phrase` stands in `text` as whole words, elsewhere than inside one of the `longer` phrases that hold
    it."""
    for name in longer:
        if phrase in name:
            text = text.replace(name, "\0")
    start = text.find(phrase)
    while start >= 0:
        end = start + len(phrase)
        if _is_edge(text[start - 1 : start + 1] if start else "") and _is_edge(text[end - 1 : end + 1]):
            return True
        start = text.find(phrase, start + 1)
    return False


def _is_edge(pair: str) -> bool:
    """Whether a word may end between two characters; a Chinese character is a word of its own."""
    return len(pair) < 2 or not pair[0].isalnum() or not pair[1].isalnum() or _HAN.search(pair) is not None


def _first_line(text: str) -> str:
    return next((line for line in text.splitlines() if line.strip()), "")


# --- patterns ---------------------------------------------------------------------------------


def _read_pattern(text: str, patterns: Sequence[str]) -> Reading:
    lines = (text.strip(), _first_line(text).strip())
    return Reading(
        exact=any(search(pattern, line, whole=True) for pattern in patterns for line in lines),
        correct=any(search(pattern, text) for pattern in patterns),
        parsed=answered(text),
    )


def search(pattern: str, text: str, *, whole: bool = False) -> bool:
    """Whether `pattern` is found in `text`, or matches all of it. TimeoutError after `PATTERN_SECONDS`."""
    try:
        method = regex.fullmatch if whole else regex.search
        return method(pattern, text, timeout=PATTERN_SECONDS) is not None
    except TimeoutError as error:
        raise TimeoutError(f"the pattern {pattern!r} took more than {PATTERN_SECONDS:g} s on this reply") from error


# --- numbers ----------------------------------------------------------------------------------


def _read_number(text: str, accepted: Sequence[str]) -> Reading:
    right = {_number(answer.strip()) for answer in accepted}
    said = stated_value(text)
    alone = (_number(plain(text)), _number(plain(_first_line(text))))
    return Reading(
        exact=any(value is not None and value in right for value in alone),
        correct=said is not None and said in right,
        parsed=said is not None,
    )


def stated_value(text: str) -> Decimal | None:
    """The number that a reply gives as its result; None where it has none.

    A first sentence that is only a number; else what follows the last "the answer is", "####", "\\boxed{" or "=";
    else the last number there is, since reasoning comes before its result.
    """
    text = fold(text).replace("\u2212", "-")
    opening = _number(plain(_first_line(text).partition(". ")[0]).lstrip("$\u20ac\u00a3\uffe5 ").rstrip("% "))
    if opening is not None:
        return opening
    cued = [number for cue in _CUE.finditer(text) if (number := _NUMBER.match(text, cue.end()))]
    found = cued or list(_NUMBER.finditer(text))
    return Decimal(found[-1].group().replace(",", "")) if found else None


def _number(text: str) -> Decimal | None:
    return Decimal(text.replace(",", "")) if _NUMBER.fullmatch(text) else None


# --- JSON -------------------------------------------------------------------------------------


def _read_json(text: str, schema: str) -> Reading:
    """Strict: the whole reply is JSON that the schema accepts. Lenient: such JSON stands in a code fence or in the
    prose."""
    inside = list(_json_inside(text))
    return Reading(
        exact=any(_accepts(schema, value) for value in _parse(text)),
        correct=any(_accepts(schema, value) for value in (*_parse(text), *inside)),
        parsed=bool(inside) or bool(list(_parse(text))),
    )


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


def _accepts(schema: str, value: Any) -> bool:
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


def _schema_mistake(answer: str) -> str | None:
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


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        yield from (value for key, value in part.items() if key == "$ref" and isinstance(value, str))
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from _references(inner)
