"""How many different things a model says when it is asked the same thing several times.

Length confounds every measure of diversity, so samples are cut to one common length first
(`cut_to_common_length`). And diversity alone rewards noise: `utility` weighs it by quality.
"""

from __future__ import annotations

import gzip
import math
from collections import Counter
from collections.abc import Hashable, Sequence
from itertools import takewhile

import numpy as np
import numpy.typing as npt

from forgetbench.metrics.pairs import collision_rate
from forgetbench.metrics.text import fold, ngrams, windows, word_spans, words

FloatArray = npt.NDArray[np.float64]

PATIENCE = 0.8
LENGTH_FLOOR = 16
VOCABULARY = 50_257
CHINESE_VOCABULARY = 8_105
"""A Chinese word is one character here; so many has the Table of General Standard Chinese Characters (2013)."""
OPENER_WORDS = 3

_FUNCTION_WORDS = """
a about after all also am an and any are as at be because been but by can could did do does for from had
has have he her here his how i i'd i'll i'm i've if in into is it it's its just let's like may me might my
no not of on one or our out she should so some such than that that's the their them then there these they
this those to too up us very was we were what when where which who will with would you your
"""
_FUNCTION_CHARACTERS = "的了是在我你他她它们这那和与也就而及着吗呢吧啊一个把被之其等很会能可以要有为但并或则让请给得"
FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split()) | frozenset(_FUNCTION_CHARACTERS)
"""Words, and Chinese characters, that carry no content of their own."""


def cut_to_common_length(texts: Sequence[str], floor: int = LENGTH_FLOOR) -> list[str]:
    """Every text cut after the same number of words: the shortest text's, but at least `floor`.

    The floor is for prompts that rightly get short answers ("Pick a city"): one answer of one word
    must not cut the others to their first word ("I ..."), nor an empty one to nothing. Texts shorter
    than the floor stay whole; texts without a word do not set the length. The cut is in words, so it
    is the same under every tokenizer.
    """
    folded = [fold(text) for text in texts]
    spans = [word_spans(text) for text in folded]
    common = max(floor, min((len(s) for s in spans if s), default=0))
    return [text[: s[common - 1][1]] if len(s) > common else text for text, s in zip(folded, spans, strict=True)]


def own_words(text: str, prompt: str) -> frozenset[str]:
    """The content words of `text` that its prompt does not hold; empty for an echo and for function words alone."""
    content, asked = (
        {_singular(word) for word in words(each) if word not in FUNCTION_WORDS} for each in (text, prompt)
    )
    return frozenset(content - asked)


def utility(classes: Sequence[Hashable], quality: Sequence[float], patience: float = PATIENCE) -> float:
    """Quality-weighted novelty of a series of answers (NoveltyBench, arXiv 2504.05228), on u's own scale.

    sum_i p^(i-1) [answer i opens a new class] u_i / sum_i p^(i-1): what a user gains who asks for
    one more answer with probability p. With u in [0, 1] the result is in [0, 1]. NaN for no answers.
    """
    if not classes:
        return float("nan")
    seen: set[Hashable] = set()
    gained = 0.0
    for i, (label, u) in enumerate(zip(classes, quality, strict=True)):
        gained += patience**i * u * (label not in seen)
        seen.add(label)
    return gained / sum(patience**i for i in range(len(classes)))


def freshness(cut: Sequence[str], prompt: str = "") -> list[float]:
    """For each text, 1 - the share of its words that only repeat how an earlier text opens.

    A canned opening with a varied rest ("Thank you for contacting us! ...") looks new, though half of it is always
    the same. The longest opening shared with any earlier text is counted in words,
    those of the prompt left out, over the length of the text, but at least `LENGTH_FLOOR`: "I would pick
    Paris" after "I would pick Rome" is little harmed. Fewer than `OPENER_WORDS` shared
    words are chance, and cost nothing. Expects texts of one length (`cut_to_common_length`). Ours;
    NoveltyBench has no such term.
    """
    tokens, asked = [words(text) for text in cut], set(words(prompt))
    fresh = []
    for i, own in enumerate(tokens):
        repeated = max((sum(word not in asked for word in _shared_start(own, past)) for past in tokens[:i]), default=0)
        fresh.append(1.0 - repeated / max(len(own), LENGTH_FLOOR) if repeated >= OPENER_WORDS else 1.0)
    return fresh


def distinct_n(tokens: Sequence[str], n: int = 2) -> float:
    """distinct-n of one text, distinct n-grams over all n-grams; 1 for a text too short to repeat any.

    Li et al. 2016, "A Diversity-Promoting Objective Function for Neural Conversation Models", arXiv 1510.03055. Its
    complement is seq-rep-n of Welleck et al. 2019, arXiv 1908.04319.
    """
    counts = Counter(windows(tokens, n))
    return len(counts) / counts.total() if counts else 1.0


def ead(tokens: Sequence[Hashable], vocabulary: int = VOCABULARY) -> float:
    """Expectation-adjusted distinct: distinct tokens over the number expected from uniform draws.

    N / (V [1 - ((V - 1) / V)^C]) for N distinct among C tokens (Liu et al. 2022, "Rethinking and
    Refining the Distinct Metric", ACL). Unlike N / C it does not fall with length alone. 0 for no tokens.

    Raises:
        ValueError: for a vocabulary of fewer than two tokens.
    """
    if vocabulary < 2:
        raise ValueError(f"vocabulary must be at least 2, not {vocabulary}")
    if not tokens:
        return 0.0
    expected = -vocabulary * math.expm1(len(tokens) * math.log1p(-1 / vocabulary))
    return len(set(tokens)) / expected


def ngram_kernel(texts: Sequence[str], sizes: Sequence[int] = (1, 2)) -> FloatArray:
    """Similarity of every two texts: cosine of their n-gram sets, averaged over the n in `sizes`.

    Shape (k, k), ones on the diagonal, positive semidefinite, as `vendi` needs it. A text shorter than
    n words is one n-gram as a whole, so two different one-word answers have nothing in common;
    texts without a word are equal to one another.
    """
    tokens = [words(text) for text in texts]
    kernel = np.zeros((len(texts), len(texts)))
    for n in sizes:
        grams = [ngrams(own, min(n, len(own))) or {()} for own in tokens]
        column = {gram: i for i, gram in enumerate(sorted(set().union(*grams)))}
        rows = np.zeros((len(texts), len(column)))
        for i, own in enumerate(grams):
            rows[i, [column[gram] for gram in own]] = 1 / math.sqrt(len(own))
        kernel += rows @ rows.T / len(sizes)
    return kernel


def vendi(kernel: FloatArray) -> float:
    """Vendi score, the effective number of different samples: exp(-sum l log l) over the eigenvalues of K/n.

    Friedman and Dieng 2022, arXiv 2210.02410. `kernel` is (n, n), symmetric, positive semidefinite
    with ones on the diagonal. From 1 (all alike) to n (nothing in common); NaN for n = 0.
    """
    if not len(kernel):
        return float("nan")
    values = np.linalg.eigvalsh(kernel / len(kernel))
    values = values[values > 1e-12]
    return float(np.exp(-np.sum(values * np.log(values))))


def self_similarity(kernel: FloatArray) -> float:
    """Mean similarity of two different samples, from their (n, n) kernel; NaN for fewer than two.

    Self-BLEU (Zhu et al. 2018, arXiv 1802.01886) with the kernel, which is symmetric, in place of BLEU.
    """
    n = len(kernel)
    return float((kernel.sum() - np.trace(kernel)) / (n * (n - 1))) if n > 1 else float("nan")


def compression_ratio(texts: Sequence[str]) -> float:
    """Compression ratio: bytes of the texts over their bytes after one gzip. The higher, the more they repeat.

    Shaib et al. 2024, arXiv 2403.00553. Below 1 for very short texts, whose gzip header outweighs them. The bytes are
    GB 18030: as UTF-8 for ASCII, but two for a Chinese character where UTF-8 takes three, of which
    gzip would save one, so that Chinese would always look repetitive.
    """
    raw = "\n".join(texts).encode("gb18030", errors="replace")
    return len(raw) / len(gzip.compress(raw, mtime=0))


def opener(text: str) -> tuple[str, ...]:
    """The first `OPENER_WORDS` words of an answer; fewer where it has no more."""
    return tuple(words(text)[:OPENER_WORDS])


def repeated_openers(texts: Sequence[str]) -> float:
    """Probability that two answers to one prompt have the same `opener`; NaN for fewer than two with a word."""
    return collision_rate([start for text in texts if (start := opener(text))])


def shared_openers(texts: Sequence[str], prompts: Sequence[str]) -> float:
    """Probability that answers to two different prompts have the same `opener`.

    The diversity across prompts, where the other measures look within one. Answers without a word
    are left out. NaN when fewer than two prompts remain.
    """
    opened = [(start, p) for t, p in zip(texts, prompts, strict=True) if (start := opener(t))]
    return collision_rate([o for o, _ in opened], [p for _, p in opened])


def _shared_start(first: Sequence[str], second: Sequence[str]) -> list[str]:
    """The words with which both begin."""
    return [word for word, _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False))]


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
