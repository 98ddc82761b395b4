"""Wrong endings of an idiom that a reader of character pairs cannot tell from the right one.

A wrong ending makes a word with the third character, or ends another idiom with it, or, where there are too few of
these, is at least written after it in an idiom. By how often each pair is written in 30,000 idioms the right ending
stands in any of the four places as often as in the others, so that the most frequent pair is a guess.
"""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from itertools import pairwise

from items import OPTIONS, SEED

PARTICLES = frozenset("的之了着过他她我你们几有以与而也其得和或在是个这那不")
IN_USE = frozenset("从头到底 不胫而至 满面春光 满面春色 神机妙计 浑然一片 愁眉不魀".split())
"""Written, though no list of idioms has them; the last ends in a character that hardly anybody reads."""
_HAN = re.compile(r"[\u4e00-\u9fff]+")


def followers(texts: Iterable[str]) -> dict[str, Counter[str]]:
    """How often each Chinese character is written after each other one."""
    after: dict[str, Counter[str]] = defaultdict(Counter)
    for text in texts:
        for run in _HAN.findall(text):
            for first, second in pairwise(run):
                after[first][second] += 1
    return after


def near_misses(
    idiom: str, idioms: Collection[str], words: Collection[str], after: Mapping[str, Counter[str]]
) -> list[str]:
    """Three wrong endings, as near as there are to the right one in how often the pair is written; fewer if need be."""
    written = after[idiom[-2]]
    fair = {
        character: count
        for character, count in sorted(written.items())
        if character not in idiom
        and character not in PARTICLES
        and not (idiom[:-1] + character in idioms or idiom[:-1] + character in IN_USE)
    }
    joined = {character: count for character, count in fair.items() if idiom[-2] + character in words}
    chosen = nearest(joined, written[idiom[-1]], random.Random(f"{SEED}:{idiom}").randrange(OPTIONS))
    return chosen if len(chosen) == OPTIONS - 1 else nearest(fair, written[idiom[-1]], OPTIONS // 2)


def nearest(counts: Mapping[str, int], own: int, place: int) -> list[str]:
    """Three characters, `place` of them of a higher count than `own` where there are so many, each the next to it."""
    above = sorted((count, character) for character, count in counts.items() if count > own)
    below = sorted(((count, character) for character, count in counts.items() if count <= own), reverse=True)
    higher = min(len(above), max(place, OPTIONS - 1 - len(below)))
    return [character for _, character in [*above[:higher], *below[: OPTIONS - 1 - higher]]]


def paired(idioms: Collection[str], words: Collection[str]) -> set[str]:
    """Pairs of characters that are a word, or the end of an idiom."""
    return {word for word in words if len(word) == 2} | {idiom[-2:] for idiom in idioms}
