"""YAML that a user writes, read into pydantic models; an error names file, line, field and the way out."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from forgetbench.errors import InputError, did_you_mean

M = TypeVar("M", bound=BaseModel)


def read_yaml(path: Path, model: type[M], error_type: type[InputError] = InputError) -> M:
    """Parse `path` and check it against `model`. Raises `error_type`, one line, at the first mistake."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise error_type(f"{path}: cannot be read ({error})") from error
    try:
        content = yaml.safe_load(text)
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise error_type(f"{path}{line}: not valid YAML ({getattr(error, 'problem', None) or error})") from error
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        line_number = _line(tree, first["loc"])
        advice = ""
        if first["type"] == "extra_forbidden":
            advice = f"; {did_you_mean(str(first['loc'][-1]), _fields(model, first['loc'][:-1]))}"
        raise error_type(
            f"{path}:{line_number}: field '{field or 'file'}': {first['msg'][:1].lower()}{first['msg'][1:]}{advice}"
        ) from error


def _line(tree: yaml.Node | None, location: tuple[int | str, ...]) -> int:
    """Line (from 1) of the deepest part of `location` that the document has."""
    node, line = tree, tree.start_mark.line if tree is not None else 0
    for part in location:
        if isinstance(node, yaml.MappingNode):
            entries = [(key, value) for key, value in node.value if key.value == str(part)]
            if not entries:
                continue  # pydantic names union members and the like, which are not in the file
            line, node = entries[0][0].start_mark.line, entries[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line
    return line + 1


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
