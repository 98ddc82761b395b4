"""Reading a short answer out of free text: the rules by which an `open` or `strict` view is scored.

A model's text is hostile data. Only its first `MAX_CHARS` characters are read, nothing in it is
executed, and every pattern here runs in time linear in that length.

The rules, in order:

1. *Normalise* (SQuAD, arXiv 1606.05250, appendix): compatibility form, accents folded, lower case,
   apostrophes dropped, other punctuation to spaces, articles (a, an, the) dropped, spaces joined.
2. *Contain*: an answer is named where its words stand in the text as whole words, unless the
   word before is "not" ("not Lyon"). Of several answers the first named counts: "Lyon, or maybe Paris" is
   Lyon. Naming another candidate at once after it, with at most a number or "and"/"or" between, is a
   list and not an answer ("Paris, London, Rome").
3. *Number*: the number that the text states as its result (`stated_number`).
4. *Strict*: the whole reply is the demanded format and nothing else (`matches_strictly`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

MAX_CHARS = 4096
"""Longer replies are read up to here: short answers are asked for."""

_APOSTROPHES = re.compile("['\u2018\u2019\u02bb\u02bc`]")
_NOT_WORD = re.compile(r"[^\w\s]|_")
_ARTICLES = frozenset({"a", "an", "the", "An", "The"})  # not "A", which can be the answer where case counts
_LIST_GLUE = frozenset({"and", "or", "either", "also"})
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
    text = _NOT_WORD.sub(" ", _APOSTROPHES.sub("", fold(text[:MAX_CHARS])))
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


def contains_answer(text: str, aliases: Iterable[str], rivals: Iterable[str] = (), *, keep_case: bool = False) -> bool:
    """Whether `text` gives one of `aliases` as its answer (rule 2).

    `rivals` are wrong answers of the same type: the text must not name one of them first, nor list one
    right after. Where one name contains another, the longer one is the one named: 'Guinea-Bissau' does
    not name Guinea. Without rivals this is normalised containment.
    """
    right = {tuple(words(alias, keep_case=keep_case)) for alias in aliases} - {()}
    wrong = {tuple(words(rival, keep_case=keep_case)) for rival in rivals} - {()} - right
    tokens = words(text, keep_case=keep_case)
    phrases_by_head: dict[str, list[tuple[str, ...]]] = {}
    for phrase in right | wrong:
        phrases_by_head.setdefault(phrase[0], []).append(phrase)

    place = 0
    while place < len(tokens):
        named = _named_at(tokens, place, phrases_by_head.get(tokens[place], ()))
        negated = place > 0 and tokens[place - 1].lower() == "not"
        if not named or negated:
            place += max(len(named), 1)
            continue
        if named not in right:
            return False
        return not _lists_another(tokens, place + len(named), phrases_by_head, wrong)
    return False


def _lists_another(
    tokens: Sequence[str],
    place: int,
    phrases_by_head: Mapping[str, Sequence[tuple[str, ...]]],
    wrong: set[tuple[str, ...]],
) -> bool:
    """Whether the next thing said is a wrong answer, numbers and 'and'/'or' between them ignored."""
    while place < len(tokens) and (tokens[place].lower() in _LIST_GLUE or tokens[place].isdigit()):
        place += 1
    return place < len(tokens) and _named_at(tokens, place, phrases_by_head.get(tokens[place], ())) in wrong


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
    answer = reply.removeprefix(prefix).strip().removesuffix(".")
    if any(char in answer for char in '*`"#:'):
        return False
    said = words(answer, keep_case=keep_case)
    return bool(said) and any(said == words(alias, keep_case=keep_case) for alias in aliases)
