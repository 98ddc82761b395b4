"""Reading a short answer out of free text: the rules by which an `open` or `strict` view is scored.

A model's text is hostile data. Only its first `MAX_CHARS` characters are read, nothing in it is
executed, and every pattern here runs in time linear in that length.

The rules, in order:

1. *Normalise* (SQuAD, arXiv 1606.05250, appendix): compatibility form, accents folded, lower case,
   apostrophes dropped, other punctuation to spaces, articles (a, an, the) dropped, spaces joined. Chinese is
   written without spaces: each of its characters is a word.
2. *Contain*: an answer is named where its words stand in the text as whole words, unless the
   word before is "not" ("not Lyon", "不是里昂"). Of several answers the first named counts: "Lyon, or maybe
   Paris" is Lyon. Naming another candidate at once after it, with at most a number or "and"/"or" between, is a
   list and not an answer ("Paris, London, Rome").
3. *Number*: the number that the text states as its result (`stated_number`).
4. *Strict*: the whole reply is the demanded format and nothing else (`matches_strictly`).
5. *Parsed*: whether any answer can be read from the text at all, right or wrong (`short_answer_scores`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

MAX_CHARS = 4096
"""Longer replies are read up to here: short answers are asked for."""

_APOSTROPHES = re.compile("['\u2018\u2019\u02bb\u02bc`]")
_NOT_WORD = re.compile(r"[^\w\s]|_")
_ARTICLES = frozenset({"a", "an", "the", "An", "The"})  # not "A", which can be the answer where case counts
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
_NEGATIONS = (("not",), ("不", "是"), ("并", "非"))
_LIST_GLUE = frozenset({"and", "or", "either", "also", *"和或与與及跟者以"})
_REFUSAL = re.compile(
    r"\b(?:(?:do not|dont|did not|didnt) (?:know|have)|(?:not|un) ?(?:sure|able|certain)|cannot|cant|sorry|unknown)\b"
    r"|不 (?:知 道|清 楚|确 定)|无 法|抱 歉|对 不 起"
)
_LIST = re.compile(r"[,;、，；][^,;、，；]*[,;、，；]|\bor\b|或")
_SHORT_REPLY = 8  # words
_UNFOLDED = str.maketrans({"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "ß": "ss", "æ": "ae"})
"""Letters that Unicode does not decompose into a base letter and an accent."""

_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:,\d{3})*(?:\.\d+)?")
_RESULT_CUE = re.compile(
    r"(?:=|\bis\b|\bare\b|\bequals\b|\bmakes\b|\banswer:|\bresult:)[\s*$:]{0,8}(-?\d+(?:,\d{3})*(?:\.\d+)?)",
    re.IGNORECASE,
)
_SMALL_NUMBERS = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
fifteen sixteen seventeen eighteen nineteen twenty"""
_NUMBER_WORDS = {word: value for value, word in enumerate(_SMALL_NUMBERS.split())}
_WORD = re.compile(r"[A-Za-z]+")


def fold(text: str) -> str:
    """`text` in compatibility form without accents: 'Brasília' -> 'Brasilia', 'Lomé' -> 'Lome'."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_UNFOLDED))
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def words(text: str, *, keep_case: bool = False) -> list[str]:
    """The normalised words of `text` (rule 1); `keep_case` for answers that case tells apart: 'Co', 'CO'."""
    text = _HAN.sub(r" \g<0> ", _NOT_WORD.sub(" ", _APOSTROPHES.sub("", fold(text[:MAX_CHARS]))))
    if not keep_case:
        text = text.lower()
    return [word for word in text.split() if word not in _ARTICLES]


def normalise(text: str) -> str:
    """`text` as one line of normalised words: 'The  Answer: São Paulo!' -> 'answer sao paulo'."""
    return " ".join(words(text))


def _named_at(text: Sequence[str], place: int, phrases: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """The longest phrase that stands in `text` at `place`, or the empty tuple."""
    found = [phrase for phrase in phrases if tuple(text[place : place + len(phrase)]) == phrase]
    return max(found, key=len, default=())


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text was found to say (rule 2)."""

    named: bool
    """It names an answer, right or wrong."""
    right: bool
    """The first answer named is an accepted one, and not one of a list."""
    listed: bool
    """The first answer named is followed at once by another that is wrong."""


def contains_answer(text: str, aliases: Iterable[str], rivals: Iterable[str] = (), *, keep_case: bool = False) -> bool:
    """Whether `text` gives one of `aliases` as its answer (rule 2).

    `rivals` are wrong answers of the same type: the text must not name one of them first, nor list one
    right after. Where one name contains another, the longer one is the one named: 'Guinea-Bissau' does
    not name Guinea. Without rivals this is normalised containment.
    """
    return read_answer(text, aliases, rivals, keep_case=keep_case).right


def read_answer(text: str, aliases: Iterable[str], rivals: Iterable[str] = (), *, keep_case: bool = False) -> Reading:
    """Which of the candidates `text` names as its answer; see `contains_answer`."""
    right = {_phrase(alias, keep_case) for alias in aliases} - {()}
    wrong = {_phrase(rival, keep_case) for rival in rivals} - {()} - right
    tokens = words(text, keep_case=keep_case)
    phrases_by_head: dict[str, list[tuple[str, ...]]] = {}
    for phrase in right | wrong:
        phrases_by_head.setdefault(phrase[0], []).append(phrase)

    place = 0
    while place < len(tokens):
        named = _named_at(tokens, place, phrases_by_head.get(tokens[place], ()))
        if not named or _negated(tokens, place):
            place += max(len(named), 1)
            continue
        listed = _lists_another(tokens, place + len(named), phrases_by_head, wrong)
        return Reading(named=True, right=named in right and not listed, listed=listed)
    return Reading(named=False, right=False, listed=False)


@lru_cache(maxsize=1 << 14)
def _phrase(answer: str, keep_case: bool) -> tuple[str, ...]:
    return tuple(words(answer, keep_case=keep_case))


def _negated(tokens: Sequence[str], place: int) -> bool:
    before = [token.lower() for token in tokens[max(place - 2, 0) : place]]
    return any(tuple(before[-len(negation) :]) == negation for negation in _NEGATIONS)


def _lists_another(
    tokens: Sequence[str],
    place: int,
    phrases_by_head: Mapping[str, Sequence[tuple[str, ...]]],
    wrong: set[tuple[str, ...]],
) -> bool:
    """Whether the next thing said is a wrong answer, numbers and 'and'/'or' between them ignored."""
    while place < len(tokens):
        if _named_at(tokens, place, phrases_by_head.get(tokens[place], ())) in wrong:
            return True
        if tokens[place].lower() not in _LIST_GLUE and not tokens[place].isdigit():
            return False
        place += 1
    return False


def short_answer_scores(
    text: str, aliases: Iterable[str], rivals: Iterable[str] = (), *, keep_case: bool = False
) -> dict[str, float]:
    """The readings of a short answer, each 0 or 1.

    `correct`: lenient, the first answer named is an accepted one (rule 2). `exact`: besides, the first line is only
    that answer (rule 4). `parsed`: an answer was read, right or wrong; a candidate, or else a first line of a few
    words that is neither a refusal nor a list. A list of candidates, a refusal and an empty reply are not parsed.
    """
    accepted = tuple(aliases)
    reading = read_answer(text, accepted, rivals, keep_case=keep_case)
    first_line = next((line for line in text[:MAX_CHARS].splitlines() if line.strip()), "")
    exact = reading.right and matches_strictly(first_line, accepted, keep_case=keep_case)
    parsed = not reading.listed if reading.named else _is_short_answer(first_line)
    return {"correct": float(reading.right), "exact": float(exact), "parsed": float(parsed)}


def _is_short_answer(line: str) -> bool:
    """Whether a line that names no candidate can be an answer all the same: a few words, no refusal, no list."""
    said = words(line)
    if not said or len(said) > _SHORT_REPLY or _LIST.search(line.lower()):
        return False
    return not _REFUSAL.search(" ".join(said))


def first_number(text: str) -> Decimal | None:
    """The first number of `text` in digits ('1,250.5' -> 1250.5), else the first number word up to twenty."""
    text = text[:MAX_CHARS]
    if match := _NUMBER.search(text):
        return Decimal(match.group().replace(",", ""))
    for word in _WORD.findall(text):
        if word.lower() in _NUMBER_WORDS:
            return Decimal(_NUMBER_WORDS[word.lower()])
    return None


def stated_number(text: str) -> Decimal | None:
    """The number that `text` states as its result (rule 3), None where it has none.

    Read in the first line that has a number: the last one that follows '=', 'is', 'equals' or 'Answer:',
    so that '3 + 4 = 7' and 'The sum of 3 and 4 is 7' are both 7; else the first number of that line.
    """
    for line in text[:MAX_CHARS].splitlines():
        if stated := _RESULT_CUE.findall(line):
            return Decimal(str(stated[-1]).replace(",", ""))
        if (number := first_number(line)) is not None:
            return number
    return None


def matches_strictly(text: str, aliases: Iterable[str], prefix: str = "", *, keep_case: bool = False) -> bool:
    """Whether the whole reply is `prefix` and one of `aliases` (rule 4).

    White space around the reply and one full stop at its end are forgiven, and the answer is compared
    normalised; the prefix must stand there to the letter. An explanation, a second line, quotes
    or Markdown around the answer fail.
    """
    reply = text[: MAX_CHARS + 1].strip()
    if len(text) > MAX_CHARS or "\n" in reply or not reply.startswith(prefix):
        return False
    answer = reply.removeprefix(prefix).strip().removesuffix(".").removesuffix("。")
    if any(char in answer for char in '*`"#:'):
        return False
    said = words(answer, keep_case=keep_case)
    return bool(said) and any(said == words(alias, keep_case=keep_case) for alias in aliases)
