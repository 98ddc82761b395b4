"""Where a reply puts things in order: which of them stands at the place that was asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

from forgetbench.metrics.answers.mentions import Finder, Mention
from forgetbench.metrics.answers.normalisation import normalise
from forgetbench.metrics.answers.question import SERIES, Asked, stem, stems

ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth"
    " sixteenth seventeenth eighteenth nineteenth twentieth"
).split()
PLACES = {word: place for place, word in enumerate(ORDINALS)} | {"last": -1}
LEAST = frozenset({"smallest", "shortest", "lowest", "youngest", "slowest", "least", "fewest"})
_SAYS_IT_IS = r"(?:(?:is|was|came|comes|finished|finishes|ranks|stands|sits|in|then|the|at|place|goes|to)\s)*"
_SEPARATES = (
    r"\s?(?:\([^()]{{0,40}}\)|\[[^\[\]]{{0,40}}\])?\s?(?:[{signs}]|->|\band\b)?\s?(?:\band\b)?\s?"
    r"(?:\b(?:then|next|after that|finally|followed by|lastly)\b|然后|最后)?\s?(?:comes?\s)?"
)
"""All that stands between two things of a list."""
_BETWEEN_NUMBERS = re.compile(_SEPARATES.format(signs=",;、<>"), re.IGNORECASE)
_BETWEEN_NAMES = re.compile(_SEPARATES.format(signs=r",;、<>和|\-"), re.IGNORECASE)
_DIRECTION = re.compile(r"(?:\bfrom (?:the )?|从)(\w+?)(?: to (?:the )?|到)(\w+)", re.IGNORECASE)
_LOW = frozenset("small low short young slow light least few 矮 小 轻 慢 短".split())
_HIGH = frozenset("larg big high tall long old fast heavy most great 高 大 重 快 长".split())
_ZH_MOST = re.compile("最([高矮大小重轻快慢长短])")
_ZH_PLACE = re.compile(r"第([一二三四五六七八九十])[个個名位]?[^,。?]{0,8}\?\s*$")
_ZH_SAYS = "(?:是|排|排在|站在|得|到的|的)*"
_LINE = re.compile(r"\s*\n\s*|(?<=[.;,])\s(?=(?:step |throw |round )?#?\d{1,2}\s?[.:)])", re.IGNORECASE)
_ITEM = re.compile(
    r"(?:step|throw|round|turn|seat|no|nr)?\.?\s?(?:after )?#?(\d{1,2})\s?(?:[.:)]|->)\s?(?:the )?", re.IGNORECASE
)
_WORD = re.compile(r"[^\W\d_]")
_MOST_ITEMS = 40


def in_order(text: str, mentions: Sequence[Mention], about: Asked) -> Mention | None:
    """The thing at the place that was asked for, where a statement lists three or more in order.

    Sarah of 'Order: Tom, Anna, Sarah, David' where it is asked who came in third; the last of successive days or
    directions; the last of ten throws. A list without a word, and one that only repeats the question's, is no order.
    """
    for run in reversed([*_runs(text, mentions)]):
        said = text[run[0].start : run[-1].end]
        alone = not _WORD.search(text[: run[0].start] + text[run[-1].end :])
        if alone or f" {normalise(said)} " in f" {normalise(about.text)} ":
            continue
        if (found := _at_place(text, run, about)) is not None:
            return found
    return None


def numbered(plain: str, find: Finder, about: Asked) -> Mention | None:
    """The same, of a reply that is nothing but a numbered list: '1. Julia', '2. Anna'."""
    items: list[Mention] = []
    for line in _LINE.split(plain)[:_MOST_ITEMS]:
        number, found = _ITEM.match(line), find(_ITEM.sub("", line, count=1))
        if number is None and not found and not items:
            continue  # a heading
        if number is None or int(number[1]) != len(items) + 1 or len(found) != 1:
            return None
        rest = line[number.end() :]
        if (rest[: found[0].start] + rest[found[0].end :]).strip(" .,;"):
            return None
        items.append(found[0])
    place = asked_place(about)
    if place is not None and place < len(items) > 1:
        return items[place]
    return items[-1] if len(items) > 1 and about.label == len(items) else None


def asked_place(about: Asked) -> int | None:
    """The place that a question asks for: 2 of 'Who came in third?', -1 of 'last'."""
    if chinese := _ZH_PLACE.search(about.text):
        return "一二三四五六七八九十".index(chinese[1])
    asked = [word for word in PLACES if word in about.focus]
    return PLACES[asked[0]] if len(asked) == 1 else None


def beside_place(core: str, mentions: Sequence[Mention], about: Asked) -> Mention | None:
    """What stands beside the place that was asked for: Ben of 'Tom won, Anna was second, Ben third', '3rd: Ben'."""
    if about.picks and (chinese := _ZH_PLACE.search(about.text)):
        return _beside(
            core,
            mentions,
            re.compile(rf"{_ZH_SAYS}第{chinese[1]}"),
            re.compile(rf"第{chinese[1]}[个個名位]?{_ZH_SAYS}$"),
        )
    asked = [word for word in (*PLACES, "odd", "even") if word in about.focus]
    if not about.picks or len(asked) > 1 or not (asked or about.label):
        return None
    place = PLACES.get(asked[0], -1) + 1 if asked else about.label
    words = [*asked, *([str(place)] if place else []), *(ORDINALS[place - 1 : place] if place and not asked else [])]
    label = rf"(?:{'|'.join(words)})"
    after = re.compile(rf":?\s{_SAYS_IT_IS}{label}\b(?![.:)]?\s(?-i:[A-Z]))(?! (?:to|from|in the)\b)", re.IGNORECASE)
    before = re.compile(rf"\b{label}(?:\s(?:one|number|word|place))?[.)]?:?\s{_SAYS_IT_IS}$", re.IGNORECASE)
    return _beside(core, mentions, after, before)


def _beside(core: str, mentions: Sequence[Mention], after: re.Pattern[str], before: re.Pattern[str]) -> Mention | None:
    """The one thing that stands right before or behind the name of a place."""
    found = [
        mention
        for mention in mentions
        if after.match(core, mention.end) or before.search(core[max(0, mention.start - 40) : mention.start])
    ]
    return found[0] if found and all(found[0].same(mention) for mention in found) else None


def in_chain(core: str, mentions: Sequence[Mention], about: Asked) -> Mention | None:
    """The place of a chain '7 > 5 > 2' that was asked for, of those that the question names; the end of '2 -> 5'."""
    signs = {core[one.end : other.start].strip() for one, other in pairwise(mentions)}
    if len(signs) != 1 or not (signs == {"->"} or (about.picks and signs <= {"<", ">"})):
        return None
    place = next((PLACES[word] for word in PLACES if word in about.focus), -1 if signs == {"->"} else 0)
    greatest = {word for word in about.focus if word.endswith("est")} - LEAST
    from_end = (signs == {"<"} and bool(greatest)) or (signs == {">"} and bool(about.focus & LEAST))
    place = -1 - place if from_end else place
    return mentions[place] if -len(mentions) <= place < len(mentions) else None


def _runs(text: str, mentions: Sequence[Mention]) -> Iterator[Sequence[Mention]]:
    """The lists of three or more things with no more than commas and the like between."""
    start = 0
    for place in range(1, len(mentions) + 1):
        between = _BETWEEN_NAMES if _is_name(mentions[place - 1]) else _BETWEEN_NUMBERS
        joined = place < len(mentions) and between.fullmatch(text, mentions[place - 1].end, mentions[place].start)
        if not joined:
            if place - start > 2:
                yield mentions[start:place]
            start = place


def _at_place(text: str, run: Sequence[Mention], about: Asked) -> Mention | None:
    names = _is_name(run[0])
    if names and (_in_turn(run, about) or (about.label and len(run) in (about.label, about.label + 1))):
        return run[-1]
    distinct = all(not one.same(other) for place, one in enumerate(run[:_MOST_ITEMS]) for other in run[:place])
    if about.picks and distinct and (end := _end_asked(text, run, about)) is not None:
        return end
    if not names and about.counted and _counts_up(run):
        return run[-1]
    place = asked_place(about)
    extreme = any(word.endswith("est") for word in about.focus)
    if place is None or extreme or (names and not distinct):
        return None
    return run[place] if place < len(run) else None


def _counts_up(run: Sequence[Mention]) -> bool:
    """Whether it counts from one: 'one, two, three times'; a 'one' may be overlooked."""
    first = min(run[0].values, key=str)
    return first in (1, 2) and all(first + place in mention.values for place, mention in enumerate(run))


def _in_turn(run: Sequence[Mention], about: Asked) -> bool:
    """Whether days, months or directions follow each other up to a day or a month that the question does not name."""
    said = [
        word for mention in run for value in mention.values if isinstance(value, tuple) for word in ["".join(value)]
    ]
    series = next((names for names in SERIES if set(said) <= set(names)), None)
    turns = series is not None and "north" in series
    return series is not None and (turns or stem(said[-1]) not in stems(about.text))


def _end_asked(text: str, run: Sequence[Mention], about: Asked) -> Mention | None:
    """The end of a list that was asked for, where it says how it goes or its numbers do: 'from tallest to shortest'."""
    asked = {_end(word) for word in about.focus if word.endswith("est") or word in ("top", "bottom")}
    asked |= {_end(word) for word in _ZH_MOST.findall(about.text)}
    way = _DIRECTION.search(text)
    ends = [_end(way[1]), _end(way[2])] if way else _ends_of_numbers(run)
    place = asked_place(about) or 0
    if len(asked) != 1 or len(set(ends)) != 2 or not asked <= set(ends) or not 0 <= place < len(run):
        return None
    return run[place if {ends[0]} == asked else -1 - place]


def _ends_of_numbers(run: Sequence[Mention]) -> list[str]:
    """The words for the ends of a list of numbers that rises or falls."""
    values = [value for mention in run for value in mention.values if isinstance(value, Fraction)]
    rises = len(values) == len(run) and all(one < other for one, other in pairwise(values))
    falls = len(values) == len(run) and all(one > other for one, other in pairwise(values))
    return ["low", "high"] if rises else ["high", "low"] if falls else []


def _end(word: str) -> str:
    """The end of a scale that an adjective means: 'low' for 'small', 'smaller', 'youngest'."""
    plain = re.sub(r"(?:(?<=gg)est|(?<=gg)er|est|er|e)$", "", word.lower()).replace("bigg", "big")
    return "low" if plain in _LOW or word.lower() in _LOW else "high" if plain in _HIGH else plain


def _is_name(mention: Mention) -> bool:
    return isinstance(next(iter(mention.values)), tuple)
