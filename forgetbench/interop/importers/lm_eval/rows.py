"""A samples file, row by row: one way in which one document was answered and read.

Fields have changed (`evaluator.py` and `__main__.py` of 0.4.0 to 0.4.8): up to 0.4.2 a file is one indented JSON list,
arguments are lists and numbers are numbers; hashes are there since 0.4.3, the names of filter and metrics since 0.4.7.
What a row lacks is made here as lm-eval makes it, so that old and new logs can be paired.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forgetbench.errors import InputError
from forgetbench.storage.files import open_regular
from forgetbench.storage.json_files import parse_json
from forgetbench.storage.jsonl import iter_jsonl

_MOST_BYTES = 2 << 30
_OWN = frozenset(
    {
        "doc_id", "doc", "target", "arguments", "resps", "filtered_resps", "filter", "metrics", "doc_hash",
        "prompt_hash", "target_hash", "sample_id", "schema_version", "task",
    }
)  # fmt: skip
"""Fields that are no metrics."""


@dataclass(frozen=True, slots=True)
class SampleRow:
    """One document as one filter reads what was answered."""

    doc_id: str
    document: Any
    target: str
    requests: tuple[tuple[Any, ...], ...]
    """The arguments of each request: context and continuation, or context and how to generate."""
    answers: tuple[Any, ...]
    """Of each request its answers, one for each repeat."""
    filter: str | None
    """None up to 0.4.5."""
    ratings: tuple[float, ...]
    """The log-likelihood of each request; empty where texts were asked for."""
    values: Mapping[str, Any]
    """By metric, what the task's `process_results` gave."""
    doc_hash: str
    """Of document and target."""
    prompt_hash: str
    asked: str
    """Hash of the requests: rows that have the same are the same question."""
    hashes: str
    """The three hashes that lm-eval wrote, '' where it did not."""


def read_rows(path: Path) -> Iterator[SampleRow]:
    """The rows of a samples file. Raises InputError naming file, row and field."""
    with open_regular(path) as stream:
        is_list = stream.read(64).lstrip()[:1] == b"["
    if not is_list:
        return (_row(content, f"{path}:{number}") for number, content in iter_jsonl(path))
    rows = parse_json(path, _MOST_BYTES)
    return rows_of(rows, str(path))


def rows_of(rows: Iterable[Any], where: str) -> Iterator[SampleRow]:
    """Rows that are in memory. Raises InputError likewise."""
    return (_row(content, f"{where}: row {number}") for number, content in enumerate(rows, start=1))


def _row(content: Any, where: str) -> SampleRow:
    if not isinstance(content, dict):
        raise InputError(f"{where}: an object is expected, not {type(content).__name__}")
    doc_id = content.get("doc_id")
    if isinstance(doc_id, bool) or not isinstance(doc_id, int | str):
        raise InputError(f"{where}: field 'doc_id': a number or a text is expected")
    requests = _requests(content, where)
    names = content.get("metrics")
    if names is None:
        names = [name for name in content if name not in _OWN]
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise InputError(f"{where}: field 'metrics': a list of names is expected")
    given = [content.get(f"{name}_hash") or "" for name in ("doc", "prompt", "target")]
    document, target, prompt = content.get("doc"), str(content.get("target")), _text(requests[0][0])
    doc_hash = str(given[0] or _hash(json.dumps(document, indent=2, ensure_ascii=False)))
    filtered = _list(content, "filtered_resps", where)
    return SampleRow(
        doc_id=str(doc_id),
        document=document,
        target=target,
        requests=requests,
        answers=tuple(_list(content, "resps", where)),
        ratings=_ratings(filtered, alone=len(requests[0]) == 1),
        filter=None if content.get("filter") is None else str(content["filter"]),
        values={name: content.get(name) for name in names},
        doc_hash=_hash(doc_hash + str(given[2] or _hash(target)))[:16],
        prompt_hash=str(given[1] or _hash(prompt))[:16],
        asked=_asked(requests),
        hashes="".join(map(str, given)) if all(given) else "",
    )


def _requests(content: Mapping[str, Any], where: str) -> tuple[tuple[Any, ...], ...]:
    arguments = content.get("arguments")
    if isinstance(arguments, dict):
        # {"gen_args_0": {"arg_0": ...}}, in order.
        arguments = [list(entry.values()) if isinstance(entry, dict) else entry for entry in arguments.values()]
    if not isinstance(arguments, list) or not arguments or not all(isinstance(one, list) and one for one in arguments):
        raise InputError(f"{where}: field 'arguments': what was asked is expected")
    return tuple(tuple(one) for one in arguments)


def _ratings(filtered: list[Any], *, alone: bool) -> tuple[float, ...]:
    """Log-likelihoods in [log-likelihood, is greedy], or by themselves where a text was rated `alone`.

    They are numbers, or since 0.4.3 texts of them.
    """
    ratings = []
    for entry in filtered:
        if isinstance(entry, list) and len(entry) == 2 and entry[1] in ("True", "False", True, False):
            value = entry[0]
        elif alone:
            value = entry
        else:
            return ()
        try:
            ratings.append(float(value))
        except (TypeError, ValueError, OverflowError):
            return ()
    return tuple(ratings)


def _asked(requests: Iterable[tuple[Any, ...]]) -> str:
    hashed = hashlib.sha256()
    for request in requests:
        for part in request:
            if not isinstance(part, dict):  # how to generate
                text = _text(part).encode("utf-8", "surrogatepass")
                hashed.update(b"%d:" % len(text) + text)
    return hashed.hexdigest()[:16]


def _list(content: Mapping[str, Any], name: str, where: str) -> list[Any]:
    value = content.get(name)
    if not isinstance(value, list):
        raise InputError(f"{where}: field '{name}': a list is expected")
    return value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
