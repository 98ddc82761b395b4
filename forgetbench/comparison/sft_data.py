"""The fine-tuning set: what it taught a model to say, and which items it gave away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from forgetbench.comparison.contamination import training_texts
from forgetbench.errors import InputError
from forgetbench.storage.jsonl import read_jsonl

_ANSWERS = ("completion", "response", "output", "answer", "text")


@dataclass(frozen=True, slots=True)
class SftData:
    """A fine-tuning set, as far as it bears on an evaluation."""

    path: Path
    answers: tuple[str, ...]
    """What the model was trained to say."""
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
    found: list[str] = []
    for number, row in enumerate(read_jsonl(path), start=1):
        if isinstance(row.get("messages"), list):
            turns = [turn for turn in row["messages"] if isinstance(turn, dict) and turn.get("role") == "assistant"]
            found += [str(turn.get("content", "")) for turn in turns]
            continue
        field = next((name for name in _ANSWERS if name in row), None)
        if field is None:
            raise InputError(f"{path}:{number}: no answer here; expected 'messages' or one of {', '.join(_ANSWERS)}")
        found.append(str(row[field]))
    if not found:
        raise InputError(f"{path}: holds no answers")
    return SftData(path, tuple(found), exclude)
