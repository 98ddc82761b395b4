"""The user's own task: a JSON Lines file of prompts and answers becomes lm-eval tasks of the domain `target`.

    {"prompt": "Classify: my parcel is late", "answer": "delivery"}
    {"prompt": "What is 17 * 3?", "answer": 51, "match": "numeric"}
    {"prompt": "Order 3 apples, as JSON.", "answer": {"type": "object", "required": ["item"]}, "match": "json_schema"}

What fine-tuning was for is measured as everything else is: planned, generated, paired and gated in the same way.
Fields of a row:

    prompt    what the model is asked, as it stands: no "Question:" is put before it
    answer    the right answer, or a list of right answers; a pattern for regex, a schema for json_schema
    match     exact (the default), contains, regex, numeric or json_schema; see forgetbench.metrics.answers
    choices   options, of which `answer` is one: they are rated by likelihood as well, which tells locked from erased
    id        a stable name; otherwise it is made from prompt and answer
    cluster   what rows share that are no independent evidence; otherwise the prompt
    fewshot   true for an example, shown to checkpoints without a chat template and never asked
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from forgetbench.errors import InputError, did_you_mean
from forgetbench.fingerprint import digest
from forgetbench.metrics.answers.matching import MATCHERS, Match
from forgetbench.records import TARGET
from forgetbench.storage.jsonl import iter_jsonl
from forgetbench.storage.mistakes import what_is_wrong
from forgetbench.suites.documents import as_dataset

if TYPE_CHECKING:
    from datasets import Dataset

METRICS = ("match", "exact", "correct", "parsed", "conflict")
"""`match` is the score: the strict or the lenient reading, as the row's `match` says."""
MAX_TOKENS = 512
_SHUFFLE_SEED = 0


class TargetRow(BaseModel):
    """One line of the file, its fields as described above."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    prompt: str = Field(min_length=1)
    answer: Any
    match: Match = "exact"
    choices: list[str] = Field(default=[], max_length=100)
    id: str | int | None = None
    cluster: str | int | None = None
    fewshot: bool = False


@dataclass(frozen=True, slots=True)
class TargetItem:
    """A checked row, the line that it stands in, and its right answers as text."""

    line: int
    row: TargetRow
    accepted: tuple[str, ...]

    @property
    def item_id(self) -> str:
        """The row's own id, or a hash of its prompt and answers."""
        return str(self.row.id) if self.row.id is not None else digest([self.row.prompt, self.accepted])[:12]

    @property
    def document(self) -> dict[str, Any]:
        """What lm-eval is given; every document of a file has the same keys."""
        row = self.row
        return {
            "item_id": self.item_id,
            "cluster": str(row.cluster) if row.cluster is not None else digest(row.prompt)[:12],
            "stratum": row.match,
            "prompt": row.prompt,
            "answer": self.accepted[0],
            "accepted": list(self.accepted),
            "match": row.match,
            "choices": list(row.choices),
            "gold": row.choices.index(self.accepted[0]) if row.choices else -1,
        }


def target_tasks(path: Path, name: str | None = None) -> list[dict[str, Any]]:
    """The lm-eval configurations of a user's file: the written answers, and the `choice` view of rows that have
    choices.

    Named `name` (by default `target_` and the file's stem) and `<name>_choice`.

    Raises InputError naming file, line and field, with a hint.
    """
    items = read_items(path)
    name = name or target_name(path)
    test = [item.document for item in items if not item.row.fewshot]
    fewshot = [item.document for item in items if item.row.fewshot]
    # In one fixed random order, so that the first n are a fair sample for runs with a limit.
    test = random.Random(_SHUFFLE_SEED).sample(test, len(test))
    with_choices = [document for document in test if document["choices"]]
    return [_open_task(name, test, fewshot), *([_choice_task(f"{name}_choice", with_choices)] if with_choices else [])]


def target_name(path: Path) -> str:
    """The name of a file's task: `target_` and the file's stem, other characters than letters and digits as '_'."""
    return "target_" + re.sub(r"\W+", "_", path.stem)


def score_reply(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, float]:
    """The readings of one reply, each 0 or 1; see `METRICS`. What lm-eval calls `process_results`."""
    matcher = MATCHERS[doc["match"]]
    rivals = [choice for choice in doc["choices"] if choice not in doc["accepted"]]
    reading = matcher.reading(results[0], doc["accepted"], rivals, question=doc["prompt"])
    return {"match": float(matcher.score(reading)), **reading.scores}


# --- the file ---------------------------------------------------------------------------------


def read_items(path: Path) -> list[TargetItem]:
    """The rows of a file in file order, all of them checked. InputError at the first mistake."""
    items = [_read_item(path, line, row) for line, row in iter_jsonl(path)]
    if all(item.row.fewshot for item in items):
        raise InputError(f"{path}: no row to ask; give one JSON object per line, with a prompt and an answer")
    _require_different_ids(path, items)
    return items


def _read_item(path: Path, line: int, content: Mapping[str, Any]) -> TargetItem:
    def mistake_in(field: str, what: str) -> InputError:
        return InputError(f"{path}:{line}: field '{field}': {what}")

    try:
        row = TargetRow.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0])
        hint = f"; {did_you_mean(field, TargetRow.model_fields)}" if first["type"] == "extra_forbidden" else ""
        raise mistake_in(field, what_is_wrong(first) + hint) from error
    try:
        accepted = _accepted_answers(row)
    except ValueError as error:
        raise mistake_in("answer", str(error)) from error
    for answer in () if row.fewshot else accepted:
        if (mistake := MATCHERS[row.match].mistake(answer)) is not None:
            raise mistake_in("answer", mistake)
    if row.choices and (mistake := _choices_mistake(row, accepted)) is not None:
        raise mistake_in("choices", mistake)
    return TargetItem(line, row, accepted)


def _require_different_ids(path: Path, items: Sequence[TargetItem]) -> None:
    first: dict[str, TargetItem] = {}
    for item in items:
        same = first.setdefault(item.item_id, item)
        if same is not item:
            what = "gives the same prompt and answer as" if item.row.id is None else f"has the id '{item.row.id}' of"
            raise InputError(f"{path}:{item.line}: {what} line {same.line}; drop it, or give each row its own 'id'")


def _accepted_answers(row: TargetRow) -> tuple[str, ...]:
    """The right answers as text. ValueError, with a hint, when the answer is of another kind than `match`
    needs."""
    if row.match == "json_schema" and not row.fewshot:
        if not isinstance(row.answer, dict):
            raise ValueError('a JSON schema is expected, for instance {"type": "object", "required": ["name"]}')
        return (json.dumps(row.answer, ensure_ascii=False, sort_keys=True),)
    answers = row.answer if isinstance(row.answer, list) else [row.answer]
    if not answers or not all(
        isinstance(answer, str | int | float) and not isinstance(answer, bool) for answer in answers
    ):
        raise ValueError('a text, a number or a list of them is expected (a JSON schema with "match": "json_schema")')
    return tuple(map(str, answers))


def _choices_mistake(row: TargetRow, accepted: Sequence[str]) -> str | None:
    """What is wrong with a row's options; None when nothing is."""
    if row.match not in ("exact", "contains"):
        return f"options go with match 'exact' or 'contains', not '{row.match}'"
    if len(set(row.choices)) != len(row.choices) or len(row.choices) < 2 or not all(map(str.strip, row.choices)):
        return "two or more different options are expected, none of them blank"
    if len(accepted) != 1 or accepted[0] not in row.choices:
        return f"the answer '{accepted[0]}' must be one of them, to the letter, and the only one"
    return None


# --- configurations ---------------------------------------------------------------------------


def _open_task(name: str, test: Sequence[Mapping[str, Any]], fewshot: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    config = _task_config(name, test, fewshot, view="open", metric="match", chance=0.0)
    config["metadata"]["completion_fewshot"] = len(fewshot)
    if fewshot:
        config |= {"fewshot_split": "fewshot", "fewshot_config": {"sampler": "first_n", "split": "fewshot"}}
    return config | {
        "output_type": "generate_until",
        "doc_to_target": "answer",
        "process_results": score_reply,
        "generation_kwargs": {
            "do_sample": False, "temperature": 0.0, "max_gen_toks": MAX_TOKENS, "until": ["\nQuestion:"],
        },
        "metric_list": [
            {"metric": metric, "aggregation": "mean", "higher_is_better": metric != "conflict"} for metric in METRICS
        ],
    }  # fmt: skip


def _choice_task(name: str, test: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    chance = sum(1 / len(document["choices"]) for document in test) / len(test)
    config = _task_config(name, test, (), view="choice", metric="acc", chance=chance)
    # The gain is in what the model says; this view tells what it still knows.
    config["metadata"]["supporting"] = True
    return config | {
        "output_type": "multiple_choice",
        "doc_to_choice": "choices",
        "doc_to_target": "gold",
        "metric_list": [
            {"metric": metric, "aggregation": "mean", "higher_is_better": True} for metric in ("acc", "acc_norm")
        ],
    }


def _task_config(
    name: str,
    test: Sequence[Mapping[str, Any]],
    fewshot: Sequence[Mapping[str, Any]],
    *,
    view: str,
    metric: str,
    chance: float,
) -> dict[str, Any]:
    def documents(**_: Any) -> dict[str, Dataset]:
        return as_dataset(test, fewshot or None)

    # Chinese takes no blank before an answer, nor does a prompt that ends in one.
    ends = [document["prompt"][-1] for document in test]
    delimiter = " " if all(end.isascii() and not end.isspace() for end in ends) else ""
    return {
        "task": name,
        "custom_dataset": documents,
        "test_split": "test",
        # The name of a column, not a template: braces in a user's prompt are text.
        "doc_to_text": "prompt",
        "target_delimiter": delimiter,
        "num_fewshot": 0,
        "metadata": {
            "domain": TARGET,
            "view": view,
            "metric": metric,
            "chance": chance,
            "binary": True,
            "version": 1,
            "licence": "the user's own",
            "language": ["und"],
        },
    }
