"""Reading a short answer out of a reply: the rules by which an `open` or `strict` view is scored."""

from __future__ import annotations

import re
from collections.abc import Iterable

from forgetbench.errors import first_line
from forgetbench.metrics.answers.clauses import Question, Reply
from forgetbench.metrics.answers.marks import DOUBT
from forgetbench.metrics.answers.measures import without_measures
from forgetbench.metrics.answers.normalisation import cleaned, normalised_words
from forgetbench.metrics.answers.options import (
    Named,
    candidate_words,
    chosen,
    mentions,
    single_mentions,
    without_options,
)
from forgetbench.metrics.answers.others import gives_another, named_beside
from forgetbench.metrics.answers.placeholders import without_placeholders
from forgetbench.metrics.answers.pointers import resolved
from forgetbench.metrics.answers.polarity import affirms, answers_yes_or_no, is_yes
from forgetbench.metrics.answers.question import before_next_question
from forgetbench.metrics.answers.reading import SHORT_REPLY_CHARS, Reading
from forgetbench.metrics.refusal import refuses
from forgetbench.metrics.text import answered

_NOT_KNOWN = re.compile(
    r"\b(?:(?:do not|dont|did not|didnt) (?:know|have|remember)|(?:not|un) ?(?:sure|able|certain)"
    r"|rather not|^n a$|cannot|cant|sorry|unknown|no idea|never|could be anything|hard to say|depends|who knows"
    r"|(?:i|im|ive|my|me|we|you(?! (?:should|need|must|write|spell|use|pay|say|call|get|find|abbreviate)))\b)"
    r"|不 (?:知 道|清 楚|确 定|记 得)|无 法|抱 歉|对 不 起|我"
)
"""In the first line of a reply without a candidate: it speaks of its speaker, and gives no answer."""
_SHORTEST_QUESTION = 5
_SHORTEST_NAME, _LONGEST_NAME = 6, 60
"""Letters of a name in which one may be wrong: of shorter ones another name may differ so."""
_YES = re.compile(r"\b(?:yes|no|true|false)\b|[是否对错]", re.IGNORECASE)
"""Among the answers: what the question asks may be denied."""
_ABSENT = re.compile(
    r"\b(?:there (?:is|are) no|no [a-z]+(?: [a-z]+)? (?:is|are|was|were) (?:\w+ ){0,2}"
    r"(?:given|mentioned|stated|named|specified|listed|found|known))\b",
    re.IGNORECASE,
)
"""Nothing of the kind is there."""
_CUT = "length"


def read_short_answer(
    text: str,
    aliases: Iterable[str],
    rivals: Iterable[str] = (),
    *,
    keep_case: bool = False,
    question: str = "",
    finish_reason: str | None = None,
) -> Reading:
    """Whether a reply gives one of `aliases`; `rivals` are wrong answers of the same type.

    `correct`: the candidate that the reply gives as its answer is an alias (`options`). `exact`: besides, the first
    line is only that answer (`matches_strictly`). `parsed`: an answer was read, right or wrong; a candidate,
    or else something that stands where the answer should. A list of candidates, a refusal, a mere denial, a
    repetition of the `question` and an empty reply are not parsed, nor one that was cut (`finish_reason` "length")
    before its answer.
    """
    aliases = tuple(aliases)
    text = before_next_question(text[:SHORT_REPLY_CHARS])
    named = _named(text, aliases, tuple(rivals), keep_case, question, finish_reason == _CUT)
    line = first_line(text)
    return Reading(
        exact=named is Named.RIGHT and matches_strictly(line, aliases, keep_case=keep_case),
        correct=named is Named.RIGHT,
        parsed=named in (Named.RIGHT, Named.WRONG),
        conflict=named is Named.CONFLICT,
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


def _named(
    text: str, aliases: tuple[str, ...], rivals: tuple[str, ...], keep_case: bool, question: str, cut: bool
) -> Named:
    known = frozenset((*aliases, *rivals))
    text = without_placeholders(without_options(_without_question(text, question)), known)
    if any(alias.isdecimal() for alias in aliases):
        text = without_measures(text, question)
    text = resolved(text, cleaned(question), lambda said: single_mentions(said, known, keep_case))
    right = {candidate_words(alias, keep_case) for alias in aliases} - {()}
    mentioned = mentions(text, aliases, rivals, keep_case=keep_case, question=question)
    named = chosen(mentioned, right, text)
    if mentioned:
        common = next(iter(aliases), "")[:1].islower()
        if others := named_beside(cleaned(text), mentioned, question, common=common):
            mentioned = mentions(text, aliases, (*rivals, *others), keep_case=keep_case, question=question)
            named = chosen(mentioned, right, text)
    if named is not Named.NOTHING or DOUBT.search(cleaned(text)):
        return named
    if not mentioned and _slips(text, aliases):
        return Named.RIGHT
    reply = Reply(cleaned(text), Question.of(question))
    other = not _declines(text, question) and gives_another(
        reply, question, aliases, cut=cut, mentioned=bool(mentioned)
    )
    return Named.WRONG if other else named


def _without_question(text: str, question: str) -> str:
    """The reply with blanks and an end of line for the question, where it repeats it."""
    return text.replace(question, " " * (len(question) - 1) + "\n") if len(question) >= _SHORTEST_QUESTION else text


def named_or_other(text: str, accepted: Iterable[str], rivals: Iterable[str] = (), question: str = "") -> Named:
    """What a reply to a user's `question` names; something else than a candidate is wrong, a refusal is nothing."""
    accepted, rivals, text = tuple(accepted), tuple(rivals), before_next_question(text)
    if answers_yes_or_no(accepted, rivals) and not mentions(text, accepted, rivals):
        affirmed = affirms(text)
        return Named.NOTHING if affirmed is None else Named.RIGHT if affirmed == is_yes(accepted[0]) else Named.WRONG
    named = _named(text, accepted, rivals, False, question, False)
    if named is not Named.NOTHING or not answered(text) or _declines(text, question):
        return named
    if mentions(text, accepted, rivals) or (
        not _YES.search(" ".join((*accepted, *rivals))) and _only_denies(text, question)
    ):
        return named
    return Named.WRONG


def _only_denies(text: str, question: str) -> bool:
    """'The invitation does not mention a day': every clause says that something is not so."""
    told = [
        clause for clause, _ in Reply(cleaned(text), Question.of(question)).statements() if clause.strip(" \n.,;:!")
    ]
    return all(_ABSENT.search(clause) for clause in told)


def _slips(text: str, aliases: tuple[str, ...]) -> bool:
    """Whether a reply is a name with one letter too many, too few or another: 'Ottowa'."""
    said = "".join(normalised_words(text)) if len(text) < _LONGEST_NAME else ""
    names = ("".join(normalised_words(alias)) for alias in aliases if alias[:1].isupper())
    return len(said) >= _SHORTEST_NAME and said.isalpha() and any(_one_off(said, name) for name in names)


def _one_off(first: str, second: str) -> bool:
    """Whether two words differ in one letter, after what they begin and end alike with."""
    if first[:1] != second[:1] or abs(len(first) - len(second)) > 1:
        return False
    shorter = min(len(first), len(second))
    start = next((place for place in range(shorter) if first[place] != second[place]), shorter)
    tails = (first[start:][1:], second[start:][1:], first[start:], second[start:])
    return tails[0] == tails[1] or tails[0] == tails[3] or tails[2] == tails[1]


def _declines(text: str, question: str) -> bool:
    """Whether a reply without a candidate refuses, or says that it does not know."""
    words = normalised_words(first_line(text))
    return (len(words) > 1 and _NOT_KNOWN.search(" ".join(words)) is not None) or refuses(text, question)
