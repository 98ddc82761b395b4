"""YAML that a user writes, read into pydantic models; an error names file, line, field and a hint."""

from __future__ import annotations

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from forgetbench.errors import InputError, did_you_mean, shown
from forgetbench.storage.files import decoded, read_bytes
from forgetbench.storage.mistakes import what_is_wrong

MOST_YAML = 4 << 20
"""Bytes of a YAML file."""
MOST_NESTED = 64
MOST_NODES = 500_000
AnyLoader = yaml.SafeLoader | yaml.CSafeLoader
M = TypeVar("M", bound=BaseModel)
Location = tuple[int | str, ...]
"""Where in a file: ("gates", "knowledge", "margin") or ("waivers", 0, "until")."""
Lines = Mapping[Location, int]
"""Line (from 1) of everything that a file holds."""


def read_yaml(path: Path, model: type[M], error_type: type[InputError] = InputError) -> M:
    """Parse `path` and check it against `model`. Raises `error_type`, one line, at the first mistake.

    A key that stands twice is a mistake, of which YAML's own loader would keep the last without a word.
    """
    return read_yaml_with_lines(path, model, error_type)[0]


def read_yaml_with_lines(path: Path, model: type[M], error_type: type[InputError] = InputError) -> tuple[M, Lines]:
    """`read_yaml`, and where everything stands, for mistakes that only show later."""
    text = yaml_text(path, error_type)
    try:
        tree = compose(text)
        lines = _lines(path, tree, error_type)
        content = construct(tree)
    except yaml.YAMLError as error:
        line, why = yaml_mistake(error)
        raise error_type(f"{path}{f':{line}' if line else ''}: {why}") from error
    try:
        # A file of comments alone says nothing of any field.
        return model.model_validate({} if content is None else content), lines
    except ValidationError as error:
        first = error.errors()[0]
        advice = ""
        if first["type"] == "extra_forbidden":
            advice = f"; {did_you_mean(str(first['loc'][-1]), _fields(model, first['loc'][:-1]))}"
        field = f"field '{_dotted(first['loc'])}': " if first["loc"] else ""
        # A key of the file may hold line ends.
        why = shown(f"{what_is_wrong(first)}{advice}")
        raise error_type(f"{path}:{line_of(lines, first['loc'])}: {field}{why}") from error


def yaml_text(path: Path, error_type: type[InputError] = InputError) -> str:
    """The text of a YAML file: UTF-8, or UTF-16 where its byte order mark says so, as YAML allows."""
    data = read_bytes(path, error_type, MOST_YAML)
    is_utf16 = data.startswith((BOM_UTF16_LE, BOM_UTF16_BE))
    return decoded(path, data, error_type, "utf-16" if is_utf16 else "utf-8-sig")


def compose(text: str, loader: type[AnyLoader] = yaml.SafeLoader) -> yaml.Node | None:
    """The tree of a YAML text. Raises yaml.YAMLError for what is none, and for what grows beyond all bounds.

    That is nesting deeper than MOST_NESTED, an alias that holds itself, and anchors that stand for more than MOST_NODES
    nodes together: a text of a few lines can name a billion.
    """
    _check_nesting(text, loader)
    tree = yaml.compose(text, Loader=loader)
    if tree is not None:
        _count(tree, {})
    return tree


def construct(tree: yaml.Node | None, loader: type[AnyLoader] = yaml.SafeLoader) -> Any:
    """What a tree stands for. Raises yaml.YAMLError, for a number or a date that is none as well."""
    if tree is None:
        return None
    try:
        return loader("").construct_document(tree)
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError) as error:
        mark: Any = tree.start_mark
        raise yaml.MarkedYAMLError(problem=f"a value cannot be read: {error}", problem_mark=mark) from error


def yaml_mistake(error: yaml.YAMLError) -> tuple[int, str]:
    """The line (from 1; 0 for none) of a mistake, and what is wrong."""
    mark = getattr(error, "problem_mark", None)
    why = shown(str(getattr(error, "problem", None) or error))
    return (mark.line + 1 if mark else 0), f"not valid YAML ({why})"


def _check_nesting(text: str, loader: type[AnyLoader]) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MOST_NESTED:
                why = f"it is nested more than {MOST_NESTED} levels deep"
                mark: Any = event.start_mark
                raise yaml.MarkedYAMLError(problem=why, problem_mark=mark)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _count(node: yaml.Node, sizes: dict[int, int]) -> int:
    """How many nodes `node` stands for, aliases written out; `sizes` has those below it, 0 while they are counted."""
    known = sizes.get(id(node))
    if known is not None:
        if known == 0:
            raise yaml.MarkedYAMLError(problem="an alias holds itself", problem_mark=node.start_mark)
        return known
    sizes[id(node)] = 0
    if isinstance(node, yaml.MappingNode):
        below = [part for entry in node.value for part in entry]
    else:
        below = node.value if isinstance(node, yaml.SequenceNode) else []
    size = 1 + sum(_count(part, sizes) for part in below)
    if size > MOST_NODES:
        why = f"its anchors stand for more than {MOST_NODES:,} values"
        raise yaml.MarkedYAMLError(problem=why, problem_mark=node.start_mark)
    sizes[id(node)] = size
    return size


def line_of(lines: Lines, location: Location) -> int:
    """The line of the deepest part of `location` that the file has.

    Parts that it does not have are passed over: pydantic names members of unions and the like.
    """
    place: Location = ()
    for part in location:
        place = next((deeper for deeper in ((*place, part), (*place, str(part))) if deeper in lines), place)
    return lines.get(place, 1)


def _lines(path: Path, tree: yaml.Node | None, error_type: type[InputError]) -> Lines:
    """Line of every field. Raises `error_type` for a key that stands twice and a date that is none."""
    if tree is None:
        return {}
    lines: dict[Location, int] = {(): tree.start_mark.line + 1}
    seen: set[int] = set()
    waiting: list[tuple[Location, yaml.Node]] = [((), tree)]
    while waiting:
        location, node = waiting.pop()
        # An alias is its anchor again, and may hold itself.
        if id(node) in seen:
            continue
        seen.add(id(node))
        if why := _no_date(node):
            raise error_type(f"{path}:{node.start_mark.line + 1}: field '{_dotted(location)}': {why}")
        for place, line, value in _entries(location, node):
            if place in lines:
                raise error_type(f"{path}:{line}: field '{_dotted(place)}': stands twice, first in line {lines[place]}")
            lines[place] = line
            waiting.append((place, value))
    return lines


def _entries(location: Location, node: yaml.Node) -> Iterator[tuple[Location, int, yaml.Node]]:
    """Place, line and value of what a node holds, in the file's order."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield (*location, str(key.value)), key.start_mark.line + 1, value
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield (*location, number), value.start_mark.line + 1, value


def _no_date(node: yaml.Node) -> str:
    """What is written like a date must be one: YAML's loader has no error of its own for 2026-02-30."""
    if isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:timestamp":
        try:
            yaml.SafeLoader("").construct_yaml_timestamp(node)
        except ValueError as error:
            return f"{node.value} is no date ({error})"
    return ""


def _dotted(location: Location) -> str:
    return shown(".".join(map(str, location)))


def _fields(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """Known field names of the model that sits at `location`."""
    current = model
    for part in location:
        field = current.model_fields.get(str(part))
        if field is None:
            continue
        nested = list(_models(field.annotation))
        if nested:
            current = nested[0]
    return list(current.model_fields)


def _models(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in getattr(annotation, "__args__", ()) for model in _models(part)]
