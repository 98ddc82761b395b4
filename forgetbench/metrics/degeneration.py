"""Whether a generated text has broken down: it loops, it says nothing, or it is in another script.

Likelihood training leaves models prone to loops ("The Curious Case of Neural Text Degeneration", Holtzman et al.
2019, arXiv 1904.09751), and fine-tuning can bring them back or unlearn where to stop. What is counted here is not
style: a dull answer is sound. All of it takes time linear in the text, of which the first `MAX_CHARS` characters are
read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from forgetbench.metrics.diversity import distinct_n
from forgetbench.metrics.text import answered, has_letter_run, script, words

MAX_CHARS = 20_000

LOOP_COPIES = 3
"""So many copies of one phrase in a row, at the end of a text, are a loop. Holtzman et al. look for copies at the end
too; two of them happen in good prose, so here it takes three."""
LOOP_WORDS = 8
"""The copies must fill so many words together: "no, no, no" is no loop. Ours."""
LOOP_CHARS = 40
"""The same for loops of characters, which need not be words ("ha", "-", "= "). Ours."""
REPEATED_NGRAMS = 0.3
"""Share of 4-grams that stood in the text before (seq-rep-4, Welleck et al. 2019, arXiv 1908.04319, who measure .006
for people and .44 for a model decoded greedily) from which a text counts as repetitive wherever the loop stands. The
cut is ours."""
NGRAM = 4
MIN_WORDS = 12
"""Shorter texts have too few 4-grams for a share."""


@dataclass(frozen=True, slots=True)
class Degeneration:
    """What is wrong with a text; several may hold at once."""

    repetitive: bool
    """It ends in a loop, or a large share of it was said before."""
    empty: bool
    """It has neither a letter nor a digit."""
    unstopped: bool
    """The token limit cut it while it was looping: it would not have stopped. A long text that is cut is sound."""
    wrong_script: bool
    """At most half of its letters are in the main script of the prompt."""

    @property
    def any(self) -> bool:
        return self.repetitive or self.empty or self.unstopped or self.wrong_script


def degeneration(text: str, prompt: str, finish_reason: str | None = None) -> Degeneration:
    """What is wrong with `text` as an answer to `prompt`.

    `finish_reason` is "length" where the token limit cut the text; None means unknown, and then nothing is unstopped.
    """
    text = text[:MAX_CHARS]
    empty = not answered(text)
    looping = ends_in_loop(text)
    return Degeneration(
        repetitive=not empty and (looping or repeats_itself(text)),
        empty=empty,
        unstopped=looping and finish_reason == "length",
        wrong_script=in_wrong_script(text, prompt),
    )


def ends_in_loop(text: str) -> bool:
    """Whether `text` ends in `LOOP_COPIES` copies of one phrase or more; the last copy may be cut."""
    stripped = text.rstrip()
    tokens = words(stripped)
    return loop_length(tokens) >= LOOP_WORDS or loop_length(stripped) >= LOOP_CHARS


def loop_length(tokens: Sequence[Hashable]) -> int:
    """Length of the longest run at the end of `tokens` that is `LOOP_COPIES` copies of one phrase or more; 0 if none.

    abcabcabca -> 10 (three copies and a cut one), aab -> 0, abb -> 0. Reversed, a loop of period p is a prefix that
    agrees with itself shifted by p for as long as the loop goes on: what the Z function gives for all p in one
    linear pass.
    """
    lengths = _z_function(tokens[::-1])
    return max((z + p for p, z in enumerate(lengths) if p and z + p >= LOOP_COPIES * p), default=0)


def repeats_itself(text: str) -> bool:
    """Whether a share of `REPEATED_NGRAMS` of the 4-grams of `text` stood in it before, or one letter ten times in a
    row."""
    tokens = words(text)
    repeated = 1.0 - distinct_n(tokens, NGRAM)
    return has_letter_run(text) or (len(tokens) >= MIN_WORDS and repeated >= REPEATED_NGRAMS)


def in_wrong_script(text: str, prompt: str) -> bool:
    """Whether at most half of the letters of `text` are in the prompt's main script; never where either has no letters.

    A script is not a language: French in answer to English passes.
    """
    asked, used = _letters_by_script(prompt[:MAX_CHARS]), _letters_by_script(text[:MAX_CHARS])
    if not asked or not used:
        return False
    return used[asked.most_common(1)[0][0]] <= used.total() / 2


def _letters_by_script(text: str) -> Counter[str]:
    return Counter(script(character) for character in text if character.isalpha())


def _z_function(tokens: Sequence[Hashable]) -> list[int]:
    """For each place, how many tokens from there on agree with the beginning; the whole length at place 0.

    Gusfield, "Algorithms on Strings, Trees, and Sequences", 1997, section 1.4. 'aabaa' -> [5, 1, 0, 2, 1].
    """
    n = len(tokens)
    lengths = [n] + [0] * (n - 1) if n else []
    left = right = 0
    for place in range(1, n):
        length = min(right - place, lengths[place - left]) if place < right else 0
        while place + length < n and tokens[length] == tokens[place + length]:
            length += 1
        lengths[place] = length
        if place + length > right:
            left, right = place, place + length
    return lengths
