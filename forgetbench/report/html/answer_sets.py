"""The creativity panel: answers of both sides to the same prompts, set beside set.

One answer shows little of creativity; what shows is whether the answers to one prompt differ, and those to different
prompts.
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
from forgetbench.report.flips import Compared, read_flips
from forgetbench.report.flips.rows import Answered, FlipRow
from forgetbench.report.numbers import decimals
from forgetbench.sanitize import clip, one_line
from forgetbench.storage.folder import ResultsFolder

if TYPE_CHECKING:
    import pandas as pd

_DOMAIN: Final = "creativity"
_MOST: Final = 8
_ANSWERS: Final = 4
"""Of each side to a prompt; the flip browser has the others."""
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
class AnswerSets:
    """One prompt and what each side said: the first few of what was sampled; one answer where the runs are not here."""

    kind: str
    prompt: str
    base: tuple[str, ...]
    candidate: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Creativity:
    """What the panel shows."""

    numbers: tuple[tuple[str, str, str], ...]
    """What it is, of the base, of the tuned."""
    sets: tuple[AnswerSets, ...]


def creativity(comparison: Comparison, items: pd.DataFrame, results: ResultsFolder | None = None) -> Creativity | None:
    """The panel; None where no creativity was measured. `results` is the folder that may hold the runs."""
    tasks = [row.name for row in comparison.tasks if row.domain == _DOMAIN and row.estimate is not None]
    if not tasks:
        return None
    rows = items[items["task"] == tasks[0]]
    chosen = _chosen(rows)
    flips = read_flips([Compared(comparison, chosen, results)]).rows
    order = {item_id: place for place, item_id in enumerate(chosen["item_id"].tolist())}
    sets = tuple(_sets(flip) for flip in sorted(flips, key=lambda flip: order[flip.item_id]))
    return Creativity(tuple(_numbers(comparison, tasks[0])), sets)


def _numbers(comparison: Comparison, task: str) -> Iterator[tuple[str, str, str]]:
    known = {row.metric: row for row in comparison.metrics if row.task == task}
    for name, told in _NUMBERS.items():
        if name in known:
            yield _(told), decimals(known[name].base), decimals(known[name].candidate)


def _chosen(rows: pd.DataFrame) -> pd.DataFrame:
    """One prompt of each kind, in an order that no one chose."""
    answered = rows[rows["base_response"].notna() & rows["candidate_response"].notna()]
    chances = answered["item_id"].map(_chance)
    return answered.loc[chances.sort_values().index].drop_duplicates("stratum").head(_MOST)


def _chance(item_id: object) -> str:
    return hashlib.sha256(str(item_id).encode(errors="replace")).hexdigest()


def _sets(row: FlipRow) -> AnswerSets:
    (candidate,) = row.candidates
    return AnswerSets(
        kind=one_line(row.stratum or "", 40).replace("_", " "),
        prompt=_asked(row.prompt or ""),
        base=_answers(row.base),
        candidate=() if candidate is None else _answers(candidate),
    )


def _answers(side: Answered) -> tuple[str, ...]:
    said = side.responses or ((side.response,) if side.response is not None else ())
    return tuple(map(_shortened, said[:_ANSWERS]))


def _asked(prompt: str) -> str:
    """The last lines of a prompt, where the question is, without the marks of a chat template."""
    lines = [line for line in _MARKS.sub("", prompt).splitlines() if line.strip() not in ("", *_ROLES)]
    return one_line(" ".join(lines[-2:]), _PROMPT_CHARACTERS)


def _shortened(answer: str) -> str:
    text, note = clip(answer, _ANSWER_CHARACTERS)
    return f"{text} …" if note else text
