"""Reading a short answer out of a reply: the rules by which an `open` or `strict` view is scored."""

from __future__ import annotations

import re
from collections.abc import Iterable

from forgetbench.errors import first_line
from forgetbench.metrics.answers.normalisation import normalised_words
from forgetbench.metrics.answers.options import Named, named_option
from forgetbench.metrics.answers.reading import SHORT_REPLY_CHARS, Reading

_REFUSAL = re.compile(
    r"\b(?:(?:do not|dont|did not|didnt) (?:know|have)|(?:not|un) ?(?:sure|able|certain)|cannot|cant|sorry|unknown)\b"
    r"|不 (?:知 道|清 楚|确 定)|无 法|抱 歉|对 不 起"
)
_LIST = re.compile(r"[,;、，；][^,;、，；]*[,;、，；]|\bor\b|或")
_MAX_WORDS = 8


def read_short_answer(
    text: str, aliases: Iterable[str], rivals: Iterable[str] = (), *, keep_case: bool = False
) -> Reading:
    """Whether a reply gives one of `aliases`; `rivals` are wrong answers of the same type.

    `correct`: the first candidate named is an alias, and not one of a list (`options`). `exact`: besides, the first
    line is only that answer (`matches_strictly`). `parsed`: an answer was read, right or wrong; a candidate,
    or else a first line of a few words that is neither a refusal nor a list. A list of candidates, a refusal and an
    empty reply are not parsed.
    """
    aliases = tuple(aliases)
    named = named_option(text, aliases, rivals, keep_case=keep_case)
    line = first_line(text[:SHORT_REPLY_CHARS])
    return Reading(
        exact=named is Named.RIGHT and matches_strictly(line, aliases, keep_case=keep_case),
        correct=named is Named.RIGHT,
        parsed=_is_short_answer(line) if named is Named.NOTHING else named is not Named.LIST,
    )


def matches_strictly(text: str, aliases: Iterable[str], prefix: str = "", *, keep_case: bool = False) -> bool:
    """Whether the whole reply is `prefix` and one of `aliases`.

    White space around the reply and one full stop at its end are forgiven, and the answer is compared
    normalised; the prefix must stand there to the letter. An explanation, a second line, quotes
    or Markdown around the answer fail.
    """
    reply = text[: SHORT_REPLY_CHARS + 1].strip()
    if len(text) > SHORT_REPLY_CHARS or "\n" in reply or not reply.startswith(prefix):
        return False
    answer = reply.removeprefix(prefix).strip().removesuffix(".").removesuffix("。")
    if any(char in answer for char in '*`"#:'):
        return False
    words = normalised_words(answer, keep_case=keep_case)
    return bool(words) and any(words == normalised_words(alias, keep_case=keep_case) for alias in aliases)


def _is_short_answer(line: str) -> bool:
    """Whether a line that names no candidate can be an answer all the same: a few words, no refusal, no list."""
    words = normalised_words(line)
    if not words or len(words) > _MAX_WORDS or _LIST.search(line.lower()):
        return False
    return not _REFUSAL.search(" ".join(words))
