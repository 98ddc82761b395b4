"""What a question asks for, as far as reading its answer needs it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache

from forgetbench.metrics.answers.mentions import Mention
from forgetbench.metrics.answers.numerals import numerals, whole_numeral
from forgetbench.metrics.text import fold

_SENTENCE = re.compile(r"(?:[^.?!\n]|\.(?=\d))*\?")
_WORD = re.compile(r"[^\W\d_]+")
_COMMON = frozenset(
    """a an the what which who whom whose where when why how many much of is are was were be been do does did to in on
    at it its for from by with and or not that this these those there their they he she him her you your if as then
    than will would can could should come comes has have had one after before""".split()
)
_OPENERS = _COMMON | frozenset("every each today tomorrow yesterday together complete now five no".split())
_COUNTED = re.compile(
    r"\bhow (?:many|much) (?:(?:pieces|pairs|kinds|bottles|cups|glasses) of )?([a-z]{3,})", re.IGNORECASE
)


MEASURE = "[个個只隻条條本张張元块塊岁歲支枝颗顆棵辆輛页頁名位双雙把头頭匹袋箱瓶杯盒件朵种種人]"
_ASKS_NUMBER = re.compile(
    rf"(?:(?<!\w)(?P<owner>[\u4e00-\u9fff]{{1,6}}?))?(?:现在|一共|总共|还|原来|各)*(?:剩下?|有|是)?(?:多少|几){MEASURE}?"
    r"(?P<thing>[\u4e00-\u9fff]{0,6}?)(?=[\W\d_]|$)"
)
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]+")
_LIST = re.compile(r"\b[a-z]+(?:, [a-z]+)+ and [a-z]+\b")
_LABEL = re.compile(
    r"\b(?:after|do this) (\d{1,2}) (?:[a-z]+\?|times\b)|\b[A-Z][a-z]{2,8} (\d{1,2})(?:, \d{4})?(?:\?|,)"
)
PERSON = re.compile(r"小[\u4e00-\u9fff]|妈妈|爸爸")
_PRINTED = re.compile(r"\nprint\(([^\n]{1,40})\)\s*$")
_KEY = re.compile(r"\w+\['(\w+)'\]")
_DENIES = re.compile(r"\b(?:not|odd|except)\b", re.IGNORECASE)
SERIES = (
    "january february march april may june july august september october november december".split(),
    "monday tuesday wednesday thursday friday saturday sunday".split(),
    "north east south west".split(),
    "星期一 星期二 星期三 星期四 星期五 星期六 星期日".split(),
)
"""Names of which an answer is one, whichever of them are the options."""
_NEXT_QUESTION = re.compile(
    r"(?<=\S)\s*\n[ \t#*>]*(?:(?:question|problem|q)[ \t]{0,2}\d{0,3}|问题?|問題?)[ \t*]*[:：]", re.IGNORECASE
)


def before_next_question(text: str) -> str:
    """A reply up to where it begins to ask and answer questions of its own, as models without a template go on.

    >>> before_next_question("17\\n\\nQuestion: What is 2 + 2?\\nAnswer: 4")
    '17'
    """
    following = _NEXT_QUESTION.search(text)
    return text[: following.start()] if following else text


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: the words that a statement about what it asks would share, and what it gives already."""

    text: str = ""
    focus: frozenset[str] = frozenset()
    """Stems of its telling words."""
    names: frozenset[str] = frozenset()
    """Those of them that are names: Sarah has 12, James 16."""
    others: frozenset[str] = frozenset()
    """Other words that the question begins with a capital."""
    counted: str = ""
    """What is to be counted: 'cow' of 'How many cows are there?'."""
    givens: tuple[Mention, ...] = field(default=())
    """The numbers that it names."""
    options: tuple[Mention, ...] = field(default=())
    """The numbers that the answer is picked from, if it is."""
    picks: bool = False
    """The answer is one of the things that it names."""
    labels: tuple[str, ...] = field(default=())
    """Chinese: the words beside which the answer would stand: 小明 and 铅笔 of '小明有多少支铅笔？'."""
    rivals: tuple[str, ...] = field(default=())
    """Other things that stand where the options do, though none may be picked: a fifth runner, a food of a list."""
    letters: str = ""
    """The letters of the options, in order, where each is the same letters in another order: 'abelt' of 'elbat'."""
    printed: tuple[str, ...] = field(default=())
    """What the code of a question prints, and the key by which it looks it up."""
    persons: tuple[str, ...] = field(default=())
    """Chinese: who is asked about: 小红 of '现在小红拿着什么颜色的球？'."""
    label: int = 0
    """The number of the step or the day that was asked for: 10 of 'Who has it after 10 throws?', 16 of 'July 16'."""
    denies: bool = False
    """It asks for what is not so: 'Which word does not belong?'"""


NOTHING_ASKED = Asked()


@lru_cache(maxsize=1 << 14)
def asked(question: str, options: tuple[str, ...] = ()) -> Asked:
    """Read a question; `options` where its answer is one of the things that it lists."""
    text = fold(question)
    sentences = _SENTENCE.findall(text) or [text]
    sentence = sentences[-1].partition(": ")[0]  # what follows a colon are the options
    words = [word for word in _WORD.findall(sentence) if word.lower() not in _COMMON]
    names = frozenset(stem(word) for word in words if word[0].isupper())
    capitals = {word for word in _WORD.findall(text) if word[0].isupper()}
    counted = _COUNTED.search(sentence)
    return Asked(
        text=text,
        focus=frozenset(map(stem, words)),
        names=names,
        others=frozenset(word for word in capitals if stem(word) not in names and word.lower() not in _OPENERS),
        counted=stem(counted[1]) if counted else "",
        givens=tuple(map(_unsigned, numerals(text))),
        options=tuple(mention for option in options if (mention := whole_numeral(option)) is not None),
        labels=_labels(sentence),
        picks=bool(options),
        rivals=_rivals(text, options),
        letters=_letters(options),
        printed=_printed(text),
        persons=tuple(dict.fromkeys(PERSON.findall(re.split(r"[,;\u3002]", sentence)[-1]))),
        label=_label(sentences[-1]) or _label(text),
        denies=bool(options) and _DENIES.search(sentence) is not None,
    )


def _labels(sentence: str) -> tuple[str, ...]:
    """Whose number a Chinese question asks for, and of what."""
    found = _ASKS_NUMBER.search(re.split(r"[,;\u3002]", sentence)[-1])
    return tuple(label for label in (found["owner"], found["thing"]) if label) if found else ()


def _rivals(text: str, options: tuple[str, ...]) -> tuple[str, ...]:
    """The rest of the week or of the year, where the options are days or months; the names of a question, where the
    options are names; what is listed together with an option."""
    known = {option.lower() for option in options}
    for series in SERIES:
        if options and known <= set(series):
            named = {word.lower() for word in _WORD.findall(text)} | {"may"}  # which is seldom the month
            return tuple(name for name in series if name not in known | named and (name.isascii() or name not in text))
    if not options or not all(option.isalpha() and option in text for option in options):
        return ()
    if all(option[0].isupper() for option in options):
        listed = {word for word in _NAME.findall(text) if word.lower() not in _OPENERS}
    else:
        lists = (re.split(r", | and ", found) for found in _LIST.findall(text))
        listed = {thing for things in lists if known & set(things) for thing in things}
    return tuple(sorted(thing for thing in listed if thing.lower() not in known))


def _printed(text: str) -> tuple[str, ...]:
    found = _PRINTED.search(text)
    if found is None:
        return ()
    key = _KEY.fullmatch(found[1])
    return (found[1], key[1]) if key else (found[1],)


def _label(sentence: str) -> int:
    found = _LABEL.search(sentence)
    return int(found[1] or found[2]) if found else 0


def _letters(options: tuple[str, ...]) -> str:
    orders = {"".join(sorted(option.lower())) for option in options}
    letters = orders.pop() if len(orders) == 1 and len(options) > 1 else ""
    return letters if letters.isalpha() else ""


def _unsigned(mention: Mention) -> Mention:
    """16 as well as -16 of 'What number minus 16 makes 7?'"""
    return replace(
        mention, values=mention.values | {abs(value) for value in mention.values if isinstance(value, Fraction)}
    )


def stems(text: str) -> frozenset[str]:
    """The stems of the words of a text."""
    return frozenset(map(stem, _WORD.findall(text)))


def stem(word: str) -> str:
    """A word without case and plural: 'cows' and 'cow' are one."""
    word = word.lower()
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
