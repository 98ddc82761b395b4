"""What a reply can mention besides the options: rivals of theirs, and lengths of time in one unit."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import partial

from forgetbench.metrics.answers.mentions import Finder, Mention, name_finder
from forgetbench.metrics.answers.quantities import UNIT_SECONDS, durations, shortened
from forgetbench.metrics.answers.question import Asked

_WORD = re.compile(r"[^\W\d_]+")
_TIMED = frozenset({"second", "minute", "hour", "day", "week"})


def with_rivals(find: Finder, about: Asked) -> Finder:
    """A finder that finds what stands where the options do as well, and 2 h 28 min as the one number of 148 minutes."""
    others: list[Finder] = [name_finder(about.rivals, short=shortened(about.rivals))] if about.rivals else []
    others += [partial(_reordered, about=about)] if about.letters else []
    if about.counted in _TIMED and not about.picks:
        return partial(_in_one_unit, find=find, about=about)
    if not others:
        return find

    def found(text: str) -> list[Mention]:
        by_place = {mention.start: mention for finder in (*others, find) for mention in finder(text)}
        return [by_place[place] for place in sorted(by_place)]

    return found


def _reordered(text: str, about: Asked) -> list[Mention]:
    """The words of a text that are the letters of the options in some order, but for the question's own."""
    known = set(_WORD.findall(about.text.lower()))
    words = [word for word in _WORD.finditer(text) if "".join(sorted(word.group().lower())) == about.letters]
    return [
        Mention(*word.span(), frozenset({(word.group().lower(),)}))
        for word in words
        if word.group().lower() not in known
    ]


def _in_one_unit(text: str, find: Finder, about: Asked) -> list[Mention]:
    """What is found, with each length of time of several units as one number of the unit that was asked for.

    One that the question names is none: '4 days and 14 hours' is only said again.
    """
    found = list(find(text))
    given = {value for mention in durations(about.text) for value in mention.values}
    for length in durations(text):
        inside = [mention for mention in found if length.start <= mention.start < length.end]
        if len(inside) < 2:
            continue
        seconds = Fraction(str(next(iter(length.values))))
        whole = Mention(length.start, length.end, frozenset({seconds / UNIT_SECONDS[about.counted[0]]}))
        place = found.index(inside[0])
        found[place : place + len(inside)] = [] if length.values & given else [whole]
    return found
