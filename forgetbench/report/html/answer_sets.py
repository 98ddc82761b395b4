"""The creativity panel: answers of both sides to the same prompts, set beside set.

One answer shows little of creativity; what shows is whether answers to different prompts are different.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from forgetbench.messages import N_
from forgetbench.messages import translated as _
from forgetbench.records import Comparison
from forgetbench.report.numbers import decimals
from forgetbench.sanitize import clip, one_line

if TYPE_CHECKING:
    import pandas as pd

_DOMAIN: Final = "creativity"
_MOST: Final = 8
_PROMPT_CHARACTERS, _ANSWER_CHARACTERS = 160, 320
_MARKS: Final = re.compile(r"<\|[^|<>\n]{1,40}\|>")
_ROLES: Final = ("user", "assistant", "system")
_NUMBERS: Final = {
    "distinct": N_("ideas among the answers to one prompt, as a share of the answers"),
    "diversity": N_("diversity of answers to one prompt, less for each that repeats an idea"),
    "fluency": N_("fluency: whole, in the language of the prompt, not looping"),
    "fresh": N_("words that stand in no other answer to the prompt"),
    "self_similarity": N_("likeness of answers to one prompt (less is freer)"),
    "openers": N_("answers that begin as another does (less is freer)"),
    "compression_ratio": N_("how far all answers compress together (less is freer)"),
}
"""What is told of a task's numbers, in this order."""


@dataclass(frozen=True, slots=True)
class AnswerPair:
    """One prompt and what each side said first."""

    kind: str
    prompt: str
    base: str
    candidate: str


@dataclass(frozen=True, slots=True)
class Creativity:
    """What the panel shows."""

    numbers: tuple[tuple[str, str, str], ...]
    """What it is, of the base, of the tuned."""
    pairs: tuple[AnswerPair, ...]


def creativity(comparison: Comparison, items: pd.DataFrame) -> Creativity | None:
    """The panel; None where no creativity was measured."""
    tasks = [row.name for row in comparison.tasks if row.domain == _DOMAIN and row.estimate is not None]
    if not tasks:
        return None
    rows = items[items["task"] == tasks[0]]
    return Creativity(tuple(_numbers(comparison, tasks[0])), tuple(_pairs(rows)))


def _numbers(comparison: Comparison, task: str) -> Iterator[tuple[str, str, str]]:
    known = {row.metric: row for row in comparison.metrics if row.task == task}
    for name, told in _NUMBERS.items():
        if name in known:
            yield _(told), decimals(known[name].base), decimals(known[name].candidate)


def _pairs(rows: pd.DataFrame) -> Iterator[AnswerPair]:
    """One prompt of each kind, in an order that no one chose."""
    answered = rows[rows["base_response"].notna() & rows["candidate_response"].notna()]
    columns = ("item_id", "stratum", "prompt", "base_response", "candidate_response")
    records = sorted(zip(*(answered[name].tolist() for name in columns), strict=True), key=_by_chance)
    first = {stratum: record for record in reversed(records) for stratum in [record[1]]}
    for _item_id, stratum, prompt, base, candidate in sorted(first.values(), key=_by_chance)[:_MOST]:
        yield AnswerPair(
            kind=one_line(str(stratum), 40).replace("_", " "),
            prompt=_asked(str(prompt)),
            base=_shortened(base),
            candidate=_shortened(candidate),
        )


def _by_chance(record: tuple[object, ...]) -> str:
    return hashlib.sha256(str(record[0]).encode(errors="replace")).hexdigest()


def _asked(prompt: str) -> str:
    """The last lines of a prompt, where the question is, without the marks of a chat template."""
    lines = [line for line in _MARKS.sub("", prompt).splitlines() if line.strip() not in ("", *_ROLES)]
    return one_line(" ".join(lines[-2:]), _PROMPT_CHARACTERS)


def _shortened(answer: object) -> str:
    text, note = clip(str(answer), _ANSWER_CHARACTERS)
    return f"{text} …" if note else text
