"""Where sentences end: at . ! ? and their full-width forms, but not in abbreviations, numbers, initials and pauses.

By rule rather than by a trained splitter, so that a text has the same count on every machine, in linear time.
"""

from __future__ import annotations

import re

from forgetbench.metrics.text import words

# The look-behind keeps a long run of dots from being tried at each of its places.
_MARKS = re.compile(r"(?<![.!?\u3002\u2026])[.!?\u3002\u2026]++")
_CLOSING = " \t\"'`)]}*_\u201d\u2019\u00bb\u300d\u300f"
_NEVER_LAST = frozenset(
    """mr mrs ms dr prof st mt sr jr gen col capt lt sgt rev hon pres gov sen rep fr vs cf e.g i.e eg ie viz approx ca
    circa no nos nr fig figs vol vols ch pp p ed eds trans esp incl excl min max temp resp dept univ al ave blvd rd jan
    lat gk feb mar apr jun jul aug sept sep oct nov dec mon tue tues wed thu thur thurs fri sat sun z.b d.h bzw u.a sra
    sta dra av""".split()
)
"""After these the sentence goes on: their dot is theirs."""
_MAYBE_LAST = frozenset("etc inc ltd co corp bros a.m p.m am pm u.s u.k u.n e.u d.c b.c a.d ph.d b.a m.a usw".split())
"""After these it goes on unless what follows begins a sentence."""
_TIMES = frozenset("a.m p.m am pm etc usw b.c a.d".split())
"""Of these a capital begins a sentence, unless it is a day's, a month's or that of a zone: "6 p.m. Friday"."""
_DATED = re.compile(
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|june|july|august"
    r"|september|october|november|december|(?-i:[A-Z]{2})",
    re.IGNORECASE,
)
_BEGINNERS = frozenset(
    """the a an it he she they we i you this that these those there in on at but and so if when while what who how why
    yes no
    his her its my our your their then now here one some many most all each after before because for as to""".split()
)
_QUOTES = ('"', "\u201d", "\u300d", "'", "\u00bb")
_SPEAKS = re.compile(r"[^,.!?\u3002\u2026\"\u201c]{0,12}[说道问喊叫答想]")
_ITEM = re.compile(r"^[ \t]*(?:\*\*)?\d{1,3}(?=\.(?:\*\*)?[ \t])", re.MULTILINE)
"""Numbers of a list, whose dots end nothing; a single one may be an answer: "31. Check: ..."."""
_TAIL = re.compile(r"[^\s\"'(\[*_]*$")


def sentence_ends(text: str) -> list[int]:
    """Where the sentences of `text` end, behind their marks."""
    ends = []
    items = [item.end() for item in _ITEM.finditer(text)]
    numbers = frozenset(items if len(items) > 1 else ())
    for match in _MARKS.finditer(text):
        if match.start() in numbers:
            continue
        after = text[match.end() :][:80]
        rest = after.lstrip(_CLOSING)
        if _ends_here(text[max(match.start() - 40, 0) : match.start()], match.group(), after, rest):
            ends.append(match.end())
    return ends


def is_whole(text: str, ends: list[int]) -> bool:
    """Whether no word follows the last end; quotes, brackets, asterisks and emoji may."""
    return bool(ends) and not words(text[ends[-1] :])


def _ends_here(before: str, marks: str, after: str, rest: str) -> bool:
    follows = rest[:1]
    if follows and follows in ".!?\u3002":
        return False  # "(about 5 kg.)."
    if "!" in marks or "?" in marks or "\u3002" in marks:
        return not _goes_on_after_a_quotation(after, rest)
    if not follows.strip():
        return True
    apart = after[:1].isspace() or after[:1] in _CLOSING or after[:1] == "\n"
    if len(marks) > 1 or marks == "\u2026":
        return apart and not follows.islower()  # a pause, unless a new sentence follows
    word = _tail_word(before)
    if not apart:
        # "sport.It": no blank was set. "3.5", "e.g", "www.example.org" go on.
        return len(word) > 2 and word.isalpha() and follows.isupper() and rest[1:2].islower()
    if word in _NEVER_LAST or (len(word) == 1 and word.isalpha() and word != "i"):
        return False
    if word in _MAYBE_LAST or "." in word:
        if word in _TIMES:
            return follows.isupper() and not _DATED.match(rest)
        return words(rest)[:1] != [] and follows.isupper() and words(rest)[0] in _BEGINNERS
    return not follows.islower()


def _goes_on_after_a_quotation(after: str, rest: str) -> bool:
    """Whether a quotation ends here and its sentence does not: '"Why?" she asked.'"""
    return after[:1] in _QUOTES and (rest[:1].islower() or _SPEAKS.match(rest) is not None)


def _tail_word(before: str) -> str:
    """The word in front of a dot, case-folded, dots inside it kept: 'u.s' of 'the U.S'."""
    found = _TAIL.search(before)
    return found.group().casefold() if found else ""
