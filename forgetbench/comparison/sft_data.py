"""The fine-tuning set: what a model was trained to answer, and the texts in which items are looked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forgetbench.errors import InputError
from forgetbench.models.templates import Message
from forgetbench.storage.jsonl import iter_jsonl

SftPrompt = str | tuple[Message, ...]
"""A prompt as it stands, or turns that a chat template makes one of."""

_ANSWER_FIELDS = ("completion", "response", "output", "answer", "text")


@dataclass(frozen=True, slots=True)
class SftData:
    """A fine-tuning set, as far as it bears on an evaluation."""

    path: Path
    answers: tuple[str, ...]
    """What the model was trained to answer."""
    exclude: bool = False
    """Items that the set contains are left out of the comparison, not only counted."""

    def texts(self) -> Iterator[str]:
        """Every row's text, prompts included, read anew from the file."""
        return training_texts(self.path)


def read_sft_data(path: Path, *, exclude: bool = False) -> SftData:
    """Read JSONL rows with `messages` (the assistant's turns are the answers), or one of the fields `completion`,
    `response`, `output`, `answer`, `text`.

    Raises InputError naming file and line when a row has none of them.
    """
    answers: list[str] = []
    for number, row in iter_jsonl(path):
        if isinstance(row.get("messages"), list):
            turns = [turn for turn in row["messages"] if isinstance(turn, dict) and turn.get("role") == "assistant"]
            answers += [str(turn.get("content", "")) for turn in turns]
            continue
        field = next((name for name in _ANSWER_FIELDS if name in row), None)
        if field is None:
            fields = ", ".join(_ANSWER_FIELDS)
            raise InputError(f"{path}:{number}: no answer here; expected 'messages' or one of {fields}")
        answers.append(str(row[field]))
    if not answers:
        raise InputError(f"{path}: holds no answers")
    return SftData(path, tuple(answers), exclude)


def read_sft_prompts(path: Path) -> list[SftPrompt]:
    """What the training answers are answers to: the turns before the last answer of `messages`, or `prompt`
    (a text as it stands, or turns), or `instruction` and `input`, or `question`, which a user says.

    A row without any of them has no prompt, and is passed by. Raises InputError as `iter_jsonl`.
    """
    return [prompt for _number, row in iter_jsonl(path) if (prompt := _prompt(row))]


def _prompt(row: Mapping[str, Any]) -> SftPrompt:
    prompt = row.get("prompt")
    if isinstance(prompt, str):
        return prompt
    turns = prompt if isinstance(prompt, list) else row.get("messages")
    if isinstance(turns, list):
        said = [_turn(turn) for turn in turns if isinstance(turn, dict)]
        answers = [number for number, turn in enumerate(said) if turn["role"] == "assistant"]
        return tuple(said[: answers[-1]] if answers else said)
    asked = [str(row[name]) for name in ("instruction", "input", "question") if row.get(name)]
    return ({"role": "user", "content": "\n\n".join(asked)},) if asked else ()


def _turn(turn: Mapping[str, Any]) -> Message:
    return {"role": str(turn.get("role", "user")), "content": str(turn.get("content", ""))}


def training_texts(path: Path) -> Iterator[str]:
    """The texts of a fine-tuning set, one per JSONL row: every string in it, whoever says it.

    So prompt and completion, the turns of `messages` or `conversations`, `text`, chosen and rejected answers all count,
    whatever the fields are called. Read line by line. Raises InputError naming file and line for a line that is no
    JSON object or holds no text, and for a file that holds no row or cannot be read.
    """
    count = 0
    for number, row in iter_jsonl(path):
        text = "\n".join(_strings(row))
        if not text.strip():
            raise InputError(f"{path}:{number}: no text in this row")
        count += 1
        yield text
    if not count:
        raise InputError(f"{path}: holds no rows; a JSONL file of conversations or texts is expected")


def _strings(row: Mapping[str, Any]) -> Iterator[str]:
    """Every string in a JSON object, in order; not its field names. Without recursion: rows may nest deeply."""
    waiting: list[Any] = [row]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, (dict, list)):
            waiting.extend(reversed(list(value.values()) if isinstance(value, dict) else value))
