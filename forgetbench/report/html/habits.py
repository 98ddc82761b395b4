"""Habits of form: the skeletons that answers are built on, and the phrases that come back in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from forgetbench.messages import N_, items
from forgetbench.messages import translated as _
from forgetbench.metrics.phrases import OverusedPhrase, overused, phrases
from forgetbench.metrics.shape import opening
from forgetbench.metrics.structure import MARKS, marks
from forgetbench.records import FORMAT_RIGIDITY, Comparison, DeltaRow
from forgetbench.report.numbers import share
from forgetbench.sanitize import clip, one_line

if TYPE_CHECKING:
    import pandas as pd

_MOST_SKELETONS: Final = 3
_MOST_PHRASES: Final = 8
_MOST_ANSWERS: Final = 400
"""Answers of a side that are looked at: what is a habit shows in so many."""
_EXAMPLE_CHARACTERS: Final = 240
_FREE_FORM: Final = ("structure", "openings", "overuse_free", "leak_free")
"""Metrics of tasks whose prompts leave the form open."""
_MARK_WORDS: Final = {
    "json": N_("JSON"),
    "code": N_("code block"),
    "table": N_("table"),
    "header": N_("headings"),
    "bullets": N_("bullet points"),
    "numbers": N_("numbered list"),
    "bold": N_("bold words"),
    "bold_term": N_("bold term first"),
    "lead_in": N_("line that leads in"),
    "sign_off": N_("line that signs off"),
}


@dataclass(frozen=True, slots=True)
class Skeleton:
    """A form that several answers of one side share."""

    form: str
    """Its marks in words, or that it is plain prose."""
    share: str
    percent: float
    """Of the side's answers, for a bar."""
    opening: str
    """How most of them begin."""
    example: str


@dataclass(frozen=True, slots=True)
class Overused:
    """A run of words that the tuned side uses far more than the base."""

    phrase: str
    tuned: str
    base: str


@dataclass(frozen=True, slots=True)
class Habits:
    """What the section shows."""

    parts: tuple[DeltaRow, ...]
    """The tasks of format rigidity, each as flexibility."""
    skeletons: dict[str, tuple[Skeleton, ...]]
    """By side, the most common first."""
    phrases: tuple[Overused, ...]
    n_answers: int


def habits(comparison: Comparison, items: pd.DataFrame) -> Habits | None:
    """The habits of both sides; None where no form was measured."""
    parts = tuple(row for row in comparison.tasks if row.domain == FORMAT_RIGIDITY and row.estimate is not None)
    free = [row.name for row in parts if row.metric in _FREE_FORM]
    if not parts:
        return None
    if not free:
        return Habits(parts, {}, (), 0)
    rows = items[items["task"] == free[0]]
    rows = rows[rows["base_response"].notna() & rows["candidate_response"].notna()].head(_MOST_ANSWERS)
    base, tuned, prompts, clusters = (
        rows[name].astype(str).tolist() for name in ("base_response", "candidate_response", "prompt", "cluster")
    )
    return Habits(
        parts=parts,
        skeletons={comparison.base.name: _skeletons(base), comparison.candidate.name: _skeletons(tuned)},
        phrases=tuple(_overused(base, tuned, prompts, clusters)),
        n_answers=len(rows),
    )


def _skeletons(answers: Sequence[str]) -> tuple[Skeleton, ...]:
    by_form: dict[tuple[str, ...], list[str]] = {}
    for answer in answers:
        found = marks(answer)
        by_form.setdefault(tuple(mark for mark in MARKS if mark in found), []).append(answer)
    common = sorted(by_form.items(), key=lambda entry: (-len(entry[1]), entry[0]))[:_MOST_SKELETONS]
    return tuple(_skeleton(form, having, len(answers)) for form, having in common)


def _skeleton(form: Sequence[str], answers: Sequence[str], n_all: int) -> Skeleton:
    first_words, count = Counter(map(opening, answers)).most_common(1)[0]
    like = next(answer for answer in answers if opening(answer) == first_words)
    begin = one_line(" ".join(first_words), 60)
    text, note = clip(like, _EXAMPLE_CHARACTERS)
    return Skeleton(
        form=items(_(_MARK_WORDS[mark]) for mark in form) or _("plain prose"),
        share=share(len(answers) / n_all),
        percent=round(100 * len(answers) / n_all, 1),
        opening=_("{n} of {all} begin “{words}”").format(n=count, all=len(answers), words=begin) if count > 1 else "",
        example=f"{text} …" if note else text,
    )


def _overused(
    base: Sequence[str], tuned: Sequence[str], prompts: Sequence[str], clusters: Sequence[str]
) -> Iterator[Overused]:
    sides = [[phrases(text, prompt) for text, prompt in zip(texts, prompts, strict=True)] for texts in (base, tuned)]
    found = overused(sides[1], sides[0], clusters)
    for words, phrase in list(_joined(found))[:_MOST_PHRASES]:
        yield Overused(
            phrase=one_line(" ".join(words), 160),
            tuned=share(phrase.answers / len(tuned)),
            base=share(phrase.reference_answers / len(base)),
        )


def _joined(found: Sequence[OverusedPhrase]) -> Iterator[tuple[tuple[str, ...], OverusedPhrase]]:
    """Runs that overlap in all but a word and are as frequent are one wording."""
    left = {phrase.phrase: phrase for phrase in found}
    for phrase in found:
        if phrase.phrase not in left:
            continue
        words = tuple(left.pop(phrase.phrase).phrase)
        length = len(words)
        while after := _next(left, words[-length + 1 :], phrase, ends=True):
            words = (*words, after[-1])
        while before := _next(left, words[: length - 1], phrase, ends=False):
            words = (before[0], *words)
        yield words, phrase


def _next(
    left: dict[tuple[str, ...], OverusedPhrase], shared: tuple[str, ...], like: OverusedPhrase, *, ends: bool
) -> tuple[str, ...] | None:
    """Take a phrase that goes on from `shared`, or leads up to it, and stands in as many answers."""
    for words, phrase in left.items():
        edge = words[:-1] if ends else words[1:]
        if shared and edge == shared and phrase.answers == like.answers:
            del left[words]
            return words
    return None
