"""Which of several candidates a reply names as its answer.

A candidate is mentioned where its normalised words stand in the text as whole words; of two that overlap, the longer
one. Mentions with nothing but commas, numbers and "and" or "or" between them are one list. What a list or a single
mention is worth is told from the words around it (`clauses`): a denied one nothing ("not Lyon"), one set aside
little ("people think Sydney"), a cue ("the answer is Paris") or an opening ("Paris, since ...") most. The strongest one
is the answer, of equals the first. A list that holds a wrong candidate, and is not decided later on, is no answer; what
is taken back ("Lyon, no, Paris") is forgotten.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from forgetbench.metrics.answers.clauses import ASIDE, DENIED, NEAR, OPENS_REPLY, Question, Reply
from forgetbench.metrics.answers.marks import (
    ASIDE_AFTER,
    BESIDE,
    CHOSEN_FROM,
    CORRECTION,
    DETERMINER,
    DOUBT,
    LISTED_OPTION,
    PICKED_LETTER,
    SAYS,
    SAYS_OF_ONE,
    UNSURE,
)
from forgetbench.metrics.answers.normalisation import cleaned
from forgetbench.metrics.answers.reading import USER_REPLY_CHARS
from forgetbench.metrics.text import HAN

Words = tuple[str, ...]

SET_ASIDE = -3
"""A mention of no more strength than this is no answer."""
_SIGNS = "\u00a3\u00a5\u058f\u09f3\u0e3f\u17db\u20a0-\u20bf"  # of currencies
_WORD = re.compile(rf"[{HAN}{_SIGNS}]|(?<![^\s(=:])-\d+(?:[.,]\d+)*|\d+(?:[.,]\d+)+|[^\W_{HAN}]+(?:\+\+|#(?!\w))?")
_APART = re.compile(r"[:;!?\n\u3002\uff0c]")
"""Marks that no name holds."""
_ARTICLES = frozenset({"a", "an", "the"})
_MAY_BE = r"(?:might|may|could) (?:also |just as well )?be"
_GLUE = re.compile(
    r"[\s,;/&()?\uff0c\uff1b\u3001]*(?:(?:(?:and|or|nor|then|plus|vs|as well as)"
    r"(?: (?:it|that|this) (?:is|was)| (?:is|was) (?:it|that|this))?"
    rf"|(?:but )?(?:(?:it|that|this) )?{_MAY_BE}|an?(?= )|the|either|also|maybe|perhaps|possibly|else"
    r"|和|或者?是?|与|及|跟|以及|还是|(?:也|又|还)?(?:可能|也许|或许)是?"
    r"|(?:\d+|[-\u2022])[.)]?(?=[\s:])|\d+[.)])[\s,;/&().:?+#\uff0c\uff1b\u3001]*)*",
    re.IGNORECASE,
)
_DENIED_ALONE = re.compile(r"\b(?:not|isnt|never)\s+(?:the\s+)?$|不是\s*$", re.IGNORECASE)
_AND = re.compile(r",\s*and\s*$", re.IGNORECASE)
_LISTS = re.compile(r"\b(?:and|or|nor)\b|[\u3001\u548c\u6216\u4e0e\u53ca\u8ddf]", re.IGNORECASE)
_GOES_ON = re.compile(r"\s(?!(?:and|or)\b)[a-z]")
_LONGEST_GLUE = 40
_MEASURE = re.compile(r"\s?[(\uff08][^()\uff08\uff09]{0,30}\d[^()\uff08\uff09]{0,15}[)\uff09]")
"""Between the members of a list: how much it is."""
_AMOUNT = re.compile(r"[\s(\uff08:~\u2248]{0,6}(?:about |some |around )?(\d[\d,]*(?:\.\d+)?)")
"""Right behind a member of a list."""
_SUPERLATIVE = re.compile(r"\b(?:most|highest|largest|biggest|longest|farthest)\b|最[多高大长]", re.IGNORECASE)
_RANKED = re.compile(
    r"\b(?:from (?:the )?)?(\w+)(?: \w+)? to (?:the )?(\w+)\b[^.:\n]{0,20}:\s*$"
    r"|从(\S{1,2})[到至](\S{1,2})[^。：:]{0,4}[：:]\s*$",
    re.IGNORECASE,
)
"""Right before a list: in which order it stands."""
_OPTION_LINES = 3
_NO = ("no",)
_SHORT = 2
"""In a reply of so few words, initials count in small letters as well: 'usa'."""
_AFTER_LETTER = {
    ("A",): re.compile(r"\s+(?!(?:is|was|because|since|as|and|or|but|not|seems|fits|would|are|has)\b)[a-z]"),
    ("I",): re.compile(r"\s+(?!(?:is|and|or|because)\b)[a-z]"),
}


class Named(Enum):
    """What a text names as its answer."""

    NOTHING = "nothing"
    RIGHT = "right"
    WRONG = "wrong"
    LIST = "list"
    """Several candidates, one of them wrong, and none of them chosen."""
    CONFLICT = "conflict"
    """Two candidates, each stated as the answer, of which one is wrong."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A candidate, or a list of candidates, in a text."""

    start: int
    end: int
    named: frozenset[Words]
    strength: int
    """How much it is meant as the answer, see `clauses.Reply.strength`."""


def contains_answer(
    text: str, aliases: Iterable[str], rivals: Iterable[str] = (), *, keep_case: bool = False, question: str = ""
) -> bool:
    """Whether `text` gives one of `aliases` as its answer; see `named_option`."""
    return named_option(text, aliases, rivals, keep_case=keep_case, question=question) is Named.RIGHT


def named_option(
    text: str, aliases: Iterable[str], rivals: Iterable[str] = (), *, keep_case: bool = False, question: str = ""
) -> Named:
    """What `text` names as its answer, among the right ones, `aliases`, and the wrong ones, `rivals`.

    Where one name contains another, the longer one is the one named: 'Guinea-Bissau' does not name Guinea. An alias
    among the rivals is right. `question` tells a statement that answers it from a remark beside it.
    """
    right = {words for alias in aliases for words in (candidate_words(alias, keep_case),) if words}
    return chosen(mentions(text, aliases, rivals, keep_case=keep_case, question=question), right, text)


def chosen(mentioned: Sequence[Mention], right: set[Words], text: str) -> Named:
    """Which side the mentions of a text come down on."""
    live = _uncorrected([mention for mention in mentioned if mention.strength > DENIED // 2], text)
    live = [mention for mention in live if mention.strength > SET_ASIDE]
    if not live or DOUBT.search(cleaned(text)):
        return Named.NOTHING
    best = max(live, key=lambda mention: mention.strength)
    side = _side(best, right)
    if side is Named.LIST:
        later = [
            mention
            for mention in live
            if mention.start > best.end and mention.strength >= 2 and _side(mention, right) is not Named.LIST
        ]
        decided = [mention for mention in later if mention.named <= best.named]
        return _side(decided[-1], right) if decided else Named.LIST
    equals = {_side(mention, right) for mention in live if mention.strength == best.strength} - {Named.LIST}
    if len(equals) == 1:
        return side
    if best.strength >= OPENS_REPLY:
        return Named.CONFLICT
    return Named.LIST if UNSURE.search(cleaned(text)) else side


def mentions(
    text: str, aliases: Iterable[str], rivals: Iterable[str] = (), *, keep_case: bool = False, question: str = ""
) -> list[Mention]:
    """The candidates that stand in a text, lists as one, in their order."""
    candidates = frozenset((*aliases, *rivals))
    reply = Reply(
        without_options(cleaned(text[:USER_REPLY_CHARS])), Question.of(_without(question, candidates, keep_case))
    )
    single = list(single_mentions(reply.text, candidates, keep_case))
    return [_mention(reply, _first_ranked(reply, listed)) for listed in _lists(reply.text, single)]


def _mention(reply: Reply, group: Sequence[tuple[int, int, Words]]) -> Mention:
    start, end = group[0][0], group[-1][1]
    strength = reply.strength(start, end)
    if len(group) > 1 and CHOSEN_FROM.search(reply.text, max(start - NEAR, 0), start):
        strength += ASIDE
    if group[-1][2] == _NO and DETERMINER.match(reply.text, end):
        strength = min(strength, SET_ASIDE + 1)
    return Mention(start, end, frozenset(words for *_, words in group), strength)


def _first_ranked(reply: Reply, group: list[tuple[int, int, Words]]) -> list[tuple[int, int, Words]]:
    """Of a list in an order, the member that has most of what was asked: 'from north to south: ...', 'Egypt (110
    million), Mali (23 million)'."""
    asked = reply.question.text
    if len(group) == 1:
        return group
    if order := _RANKED.search(reply.text[max(group[0][0] - NEAR, 0) : group[0][0]]):
        best, worst = (word.lower() for word in order.groups() if word)
        return group[:1] if best in asked else group[-1:] if worst in asked else group
    found = [_AMOUNT.match(reply.text, end) for _, end, _ in group]
    amounts = [float(amount.group(1).replace(",", "")) for amount in found if amount]
    if len(amounts) < len(group) or not _SUPERLATIVE.search(asked):
        return group
    rising = sorted(amounts)
    return group[:1] if amounts == rising[::-1] else group[-1:] if amounts == rising else group


@lru_cache(maxsize=1 << 16)
def candidate_words(answer: str, keep_case: bool) -> Words:
    """The words of a candidate as they are looked for: initials and single letters, and all where case counts, as they
    are written; others in small letters."""
    words = tuple(word for word in _WORD.findall(cleaned(answer)) if word not in _ARTICLES)
    if not words:
        return tuple(answer.strip().upper().split()) if answer.strip().lower() in _ARTICLES else ()
    if keep_case or (len(words) == 1 and _is_initials(words[0])):
        return words
    return tuple(word.lower() for word in words)


def without_options(text: str) -> str:
    """The text with blanks for the lines of a list of lettered options, which chooses none; a letter that is picked is
    the option for which it stands.

    >>> without_options("A) Rome\\nB) Oslo\\nC) Bern\\nAnswer: B").split()
    ['Answer:', 'Oslo']
    """
    lines = list(LISTED_OPTION.finditer(text))
    if len(lines) < _OPTION_LINES:
        return text
    options = {line.group(1).upper(): line.group(2).strip() for line in lines}
    rest = LISTED_OPTION.sub(lambda line: " " * len(line.group()), text)
    return PICKED_LETTER.sub(lambda letter: options.get(letter.group(1), letter.group()), rest)


def _is_initials(word: str) -> bool:
    return word.isascii() and word.isalpha() and word.isupper() and len(word) <= 4


@lru_cache(maxsize=1 << 10)
def _without(question: str, candidates: frozenset[str], keep_case: bool) -> str:
    """A question with blanks for the candidates in it, which say nothing of what is asked."""
    folded = cleaned(question)
    for start, end, _ in single_mentions(folded, candidates, keep_case):
        folded = folded[:start] + " " * (end - start) + folded[end:]
    return folded


def single_mentions(text: str, candidates: Collection[str], keep_case: bool) -> Iterator[tuple[int, int, Words]]:
    """Where each candidate stands in a text, `cleaned`, and its words."""
    found = [match for match in _WORD.finditer(text) if match.group() not in _ARTICLES]
    readings = [[match.group() for match in found]]
    if not keep_case:
        readings.append([word.lower() for word in readings[0]])
    marked = {candidate_words(candidate, keep_case) for candidate in candidates if _APART.search(candidate)}
    by_first_word: dict[str, list[tuple[Words, Words]]] = {}
    for words in {candidate_words(candidate, keep_case) for candidate in candidates} - {()}:
        forms = {words}
        if len(found) <= _SHORT and not keep_case:
            forms.add(tuple(word.lower() for word in words))
        for form in forms:
            by_first_word.setdefault(form[0], []).append((form, words))
    place = 0
    while place < len(found):
        here = [
            (form, words)
            for reading in readings
            for form, words in by_first_word.get(reading[place], ())
            if tuple(reading[place : place + len(form)]) == form
            and (words in marked or not _APART.search(text, found[place].start(), found[place + len(form) - 1].end()))
        ]
        form, words = max(here, key=lambda pair: len(pair[0]), default=((), ()))
        start, end = found[place].start(), found[place + max(len(form), 1) - 1].end()
        if words and not _is_article(text, words, end):
            yield start, end, words
        place += max(len(form), 1)


def _is_article(text: str, words: Words, end: int) -> bool:
    """'A good choice', 'I think': no option A and no option I."""
    return words in _AFTER_LETTER and _AFTER_LETTER[words].match(text, end) is not None


def _lists(text: str, single: Iterable[tuple[int, int, Words]]) -> Iterator[list[tuple[int, int, Words]]]:
    """The mentions in groups of those that are listed together."""
    group: list[tuple[int, int, Words]] = []
    for mention in single:
        if group and not _listed(text, group, mention):
            yield group
            group = []
        group.append(mention)
    if group:
        yield group


def _listed(text: str, group: Sequence[tuple[int, int, Words]], mention: tuple[int, int, Words]) -> bool:
    between = _MEASURE.sub("", text[group[-1][1] : mention[0]])
    if len(between) > _LONGEST_GLUE or not _GLUE.fullmatch(between):
        return False
    if ";" in between and _GOES_ON.match(text, mention[1]):  # 'Basel; Bern lends the tents'
        return False
    if "(" in between and ASIDE_AFTER.match(text, mention[1]):  # 'Bishkek (Frunze until 1991)'
        return False
    if mention[2] == _NO and DETERMINER.match(text, mention[1]):  # 'Yes, no appointment needed'
        return False
    if "?" in between:  # 'Sydney? Canberra.' is one question and its answer
        return text[mention[1] : mention[1] + NEAR].lstrip(" ").startswith("?")
    if not _LISTS.search(between) and SAYS.match(text, mention[1]):  # 'Canberra; Sydney is larger'
        return False
    if _AND.search(between) and SAYS_OF_ONE.match(text, mention[1]):  # 'Tunis, and Ottawa is the northernmost'
        return False
    if between.strip(" ") in ("-", ":") and BESIDE.search(text, max(group[0][0] - NEAR, 0), group[0][0]):
        return False  # 'before neon - fluorine'
    # 'Not London, Paris': a comma alone does not carry the denial on.
    opening = text[max(group[0][0] - NEAR, 0) : group[0][0]]
    return not _DENIED_ALONE.search(opening) or _LISTS.search(between) is not None


def _uncorrected(live: list[Mention], text: str) -> list[Mention]:
    """The mentions behind the last word that takes back what stood before it."""
    for correction in reversed(list(CORRECTION.finditer(cleaned(text[:USER_REPLY_CHARS])))):
        after = [mention for mention in live if mention.start >= correction.start() and mention.strength >= 0]
        if after and len(after) < len(live):
            return after
    return live


def _side(mention: Mention, right: set[Words]) -> Named:
    if mention.named <= right:
        return Named.RIGHT
    return Named.LIST if len(mention.named) > 1 else Named.WRONG
