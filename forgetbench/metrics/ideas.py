"""How many ideas several answers to one prompt hold: answers that say the same are one, whatever the words around it.

NoveltyBench (arXiv 2504.05228) parts answers into classes with a trained classifier; here words do it. What each
answer says is a set of stems, its gist:

1. A frame is taken off: the beginning and the end that most answers share word for word ("Sure! A random city for you
   would be ..."), as long as more is left than was taken.
2. Of an answer that names something (`NAMING`) the gist is what stands in quotes or bold, else its first clause that
   says anything; of any other, the whole.
3. Words of the prompt, function words and what chat models dress an answer in ("I would suggest", "比如") are left out.

Two gists are alike by the mean share of each that the other holds; average linkage joins what is alike. Counted so,
the numbers follow those of a careful reader (`python tests/benchmarks/ideas.py`). What words cannot tell: one idea
in altogether different words is two, and two ideas in mostly the same words are one.
Linear in the texts, quadratic in K.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from forgetbench.metrics.diversity import FUNCTION_WORDS
from forgetbench.metrics.text import HAN, fold, word_spans, words

FloatArray = npt.NDArray[np.float64]
Gist = frozenset[str]

NAMING = frozenset({"pick", "name", "association"})
"""Kinds of prompts whose answer is one thing named."""
ALIKE = 0.25
ALIKE_NAMES = 0.55
"""From which likeness two gists are one idea. Names are short, and half of one is still another name."""
FRAME_WORDS, FRAME_MOST = 3, 40
GIST_CHARS = 600
"""What an answer is about shows at its beginning; long texts share words by chance."""
STEM = 5

_DRESSING = frozenset(
    """
    absolutely answer beautiful best call called can certainly charming choice choose classic come comes consider course
    cool creative cute def definitely enjoy example fantastic fine first fitting fun give go goes going good great happy
    hello help here's hey hmm hope how idea interesting know let lovely make makes making maybe mind name named nice
    okay ok option perfect perhaps pick please possible potential pretty probably question quick random really right
    say says saying see simple something suggest suggestion suggestions sure sweet take think thinks thing today try
    unique unusual use used using want well what's word wonderful work works yes you'd you'll you're you've yourselves
    """.split()
)
_DRESSING_ZH = re.compile(
    "好的|当然|没问题|比如说?|例如|譬如|可以|我?[会想]?选择?|推荐|建议|觉得|我想说|想到|首先|第一个|那么|希望你?喜欢|"
    "就叫它?|叫做|名字|名为|当作|用来|做成|就像|仿佛|好像|因为|所以|非常|一[个种只座条间双场片根架把位句首家本支]|"
    "[的了是在我你您他她它们这那和与也就而及着吗呢吧啊呀哦把被之其等很会能要有为但并或则让请给得叫做像用说]"
)
_QUOTED = re.compile(r"\*\*([^*\n]{1,60})\*\*|[\"“”「《]([^\"“”「」《》\n]{1,60})[\"“”」》]")
_MEANING = re.compile(r"(?:means?|meaning|意为|意思是|寓意)\W*$")
_CLAUSE = re.compile(
    r"[.,;:!?\n()。，；：！？、（）]+|\s[-–—]+\s|——|\b(?:because|since|which|where|while|although|for its|known)\b|因为"
)
_LIST_MARK = re.compile(r"^\s*(?:\d{1,2}[.)]\s|[-*•]\s)")
"""Of a list the first entry is what was named."""


def idea_classes(
    texts: Sequence[str],
    prompt: str = "",
    kind: str = "",
) -> list[int]:
    """The idea of each of K answers to a prompt of this kind, numbered by first appearance."""
    if len(texts) < 2:
        return [0] * len(texts)
    naming = kind in NAMING
    gists = [gist(text, prompt, naming) for text in without_frame(texts, prompt)]
    return _numbered(_clusters(word_likeness(gists), ALIKE_NAMES if naming else ALIKE))


def without_frame(texts: Sequence[str], prompt: str = "") -> list[str]:
    """The answers without the beginning and the end that most of them share, where more is left than was taken."""
    folded = [fold(text)[:GIST_CHARS] for text in texts]
    spans = [word_spans(text) for text in folded]
    tokens = [[text[a:b].casefold() for a, b in own] for text, own in zip(folded, spans, strict=True)]
    starts, ends = _shared_starts(tokens), _shared_starts([own[::-1] for own in tokens])
    return [
        _inner(text, own, start, len(own) - end, prompt)
        for text, own, start, end in zip(folded, spans, starts, ends, strict=True)
    ]


def _inner(text: str, spans: Sequence[tuple[int, int]], start: int, stop: int, prompt: str) -> str:
    """`text` from word `start` to before word `stop`; whole where less than a third of what it says would be left."""
    if start >= stop:
        return text
    inner = gist(text[spans[start][0] : spans[stop - 1][1]], prompt)
    if not inner or 3 * len(inner) < len(gist(text, prompt)):
        return text
    left, right = spans[start][0], spans[stop][0] if stop < len(spans) else len(text)
    # Quotes and bold around the inner part belong to it.
    while left and not text[left - 1].isalnum() and not text[left - 1].isspace():
        left -= 1
    return text[left:right]


def _shared_starts(tokens: Sequence[Sequence[str]]) -> list[int]:
    """For each text, how many words its beginning has in common with most of the texts, all of which go on after it."""
    counts: Counter[tuple[str, ...]] = Counter()
    for own in tokens:
        counts.update(tuple(own[:n]) for n in range(FRAME_WORDS, min(len(own), FRAME_MOST) + 1))
    whole = {tuple(own) for own in tokens}
    most = max(2, (len(tokens) + 1) // 2)

    def shared(own: Sequence[str]) -> int:
        starts = ((n, tuple(own[:n])) for n in range(FRAME_WORDS, min(len(own) - 1, FRAME_MOST) + 1))
        return max((n for n, start in starts if counts[start] >= most and start not in whole), default=0)

    return list(map(shared, tokens))


def gist(text: str, prompt: str, naming: bool = False) -> Gist:
    """What an answer says, as a set of stems (in Chinese, of characters, of a name's in pairs); empty where it says
    nothing."""
    if naming:
        for phrase in _named(text):
            if found := _stems(phrase, prompt, pairs=True):
                return found
    return _stems(text, prompt) or _stems(text, "") or frozenset(words(text))


def _named(text: str) -> list[str]:
    quoted = [
        next(filter(None, match.groups()))
        for match in _QUOTED.finditer(text)
        if not _MEANING.search(text[max(0, match.start() - 12) : match.start()])
    ]
    return quoted + _CLAUSE.split(_LIST_MARK.sub("", text))


def _stems(text: str, prompt: str, pairs: bool = False) -> Gist:
    asked = set(map(_stem, words(prompt)))
    latin = [word for word in words(text) if not re.match(f"[{HAN}]", word)]
    own = {_stem(w) for w in latin if w not in FUNCTION_WORDS and w not in _DRESSING} - asked
    return frozenset(own | _characters(text, prompt, pairs))


def _characters(text: str, prompt: str, pairs: bool) -> set[str]:
    """The Chinese characters that are the answer's own; in pairs two names that share one character stay apart."""
    runs = re.findall(f"[{HAN}]+", fold(text))
    said: set[str] = set()
    for run in runs:
        for part in re.split(_DRESSING_ZH, _without_shared(run, prompt)):
            in_pairs = {part[i : i + 2] for i in range(len(part) - 1)}
            said |= in_pairs if pairs and in_pairs else set(part)
    return said


def _without_shared(run: str, prompt: str) -> str:
    """`run` with every pair of characters that the prompt holds as well turned into a break."""
    inside = [False] * len(run)
    for i in range(len(run) - 1):
        if run[i : i + 2] in prompt:
            inside[i] = inside[i + 1] = True
    return "".join("的" if hidden else c for c, hidden in zip(run, inside, strict=True))


def _stem(word: str) -> str:
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    return word[:STEM]


def word_likeness(gists: Sequence[Gist]) -> FloatArray:
    """(K, K) in [0, 1]: the mean of the shares of either gist that stand in the other; 1 for two empty ones."""
    likeness = np.eye(len(gists))
    for i, x in enumerate(gists):
        for j, y in enumerate(gists[:i]):
            likeness[i, j] = likeness[j, i] = (_held(x, y) + _held(y, x)) / 2 if x and y else float(not x and not y)
    return likeness


def _held(x: Gist, y: Gist) -> float:
    """The share of `x` that `y` holds; a word of four letters is held by those that begin with it (door, doorstop)."""
    begun = y | {stem[: STEM - 1] for stem in y}
    short = {stem for stem in y if len(stem) == STEM - 1}
    return sum(stem in begun or stem[: STEM - 1] in short for stem in x) / len(x)


def _clusters(likeness: FloatArray, alike: float) -> list[int]:
    distance = squareform(np.clip(1.0 - likeness, 0.0, 1.0), checks=False)
    return list(fcluster(linkage(distance, "average"), 1.0 - alike, "distance"))


def _numbered(labels: Sequence[int]) -> list[int]:
    order = {label: number for number, label in enumerate(dict.fromkeys(labels))}
    return [order[label] for label in labels]
