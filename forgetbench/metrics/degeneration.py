"""Whether a generated text has broken down: it loops, says nothing, makes no words, or leaves language or topic.

Likelihood training leaves models prone to loops ("The Curious Case of Neural Text Degeneration", Holtzman et al.
2019, arXiv 1904.09751), and fine-tuning can bring them back or unlearn where to stop. What is counted here is not
style: a dull answer is sound, and so are a refrain, a table and a list in one frame. What is not seen here: words in a
senseless order that break no rule of grammar (`nonsense`), and, without a reference model, text beside the point
(`topic`).
All of it takes time linear in the text, of which the first `MAX_CHARS` characters are read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise

from forgetbench.metrics.diversity import distinct_n
from forgetbench.metrics.languages import TAGS, language_of
from forgetbench.metrics.nonsense import LITTLE_WORDS, SURELY, is_nonsense
from forgetbench.metrics.text import HAN, answered, has_letter_run, script, words
from forgetbench.metrics.topic import is_off_topic

MAX_CHARS = 20_000

LOOP_COPIES = 3
"""So many copies of one phrase in a row, at the end of a text, are a loop. Holtzman et al. look for copies at the end
too; two of them happen in good prose, so here it takes three."""
LONG_PHRASE = 10
LONG_COPIES = 2.5
"""Of a phrase of so many words half a third copy is enough. Ours."""
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
SYLLABLE_CHARS = 16
"""Loops of a few characters must fill so many of them: "ha" eight times. Ours."""
_SYLLABLE = 3
MIN_LINES = 4
"""So many lines are a list, a table or a poem. Ours."""
COPIED_LINES = 0.6
"""Share of lines that are copies of earlier ones from which such a text is repetitive. Ours."""
FRAME_WORDS = 4
FRAMED_SENTENCES = 5
"""So many sentences in a row that differ in one word are one sentence said again and again. Ours."""
LANGUAGE_WORDS = 4
"""Texts of fewer different words are in any language."""
MIXED_RUNS = 3
MIXED_SHARE = 0.15
"""So many runs of Han characters, as a share of the words, are a mix and no borrowed name. Ours."""
_DIGITS = re.compile(r"\d+")
_NUMBER_RUN = re.compile(r"\d{1,6}(?:[.,;:)\u3001\s]{1,3}\d{1,6}){11,}")
COUNTED = 12
"""So many numbers in a row, each one more than the one before and with no word between, are counting. Ours."""
_ASKS_TO_COUNT = re.compile(
    r"\b(?:count\w*|numbers?|numerals?|integers?|digits?|sequence|multiples?|squares?|years?|even|odd"
    r"|primes?|\d+ to \d+)\b"
    r"|数|數|到\s?\d",
    re.IGNORECASE,
)
_ASKS_TO_REPEAT = re.compile(
    r"\b(?:write|say|repeat|type|print|sing|shout|chant|copy|spell)\b[^.?!\n]{0,60}"
    r"\b(?:\d+|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|fifty|(?:a )?hundred|several|many) times\b"
    r"(?! (?:an?|per|as|the) )"
    r"|(?<!not )(?<!never )(?<!n't )\brepeat (?:the|this|that|it|after|yourself|each|every|one|a|an)\b"
    r"|\b(?:over and over|again and again)\b"
    r"|(?:写|说|念|喊|抄|唱|重复)[^。！？\n]{0,20}?[\d两二三四五六七八九十百几]+[遍次]|(?<![不要别])重复(?![自了])",
    re.IGNORECASE,
)
_ASKS_FOR_CODE = re.compile(
    r"\b(?:code|coding|program\w*|script|function|snippet|html|css|xml|json|yaml|sql|regex\w*|python|java\w*|bash|latex"
    r"|markup|markdown|web ?page|formulae?|equations?|symbols?)\b|代码|程序|网页|公式|符号",
    re.IGNORECASE,
)
_ITEM_NUMBER = re.compile(r"^(?:\d{1,3}[.)\u3001]\s*)+")
_SENTENCE = re.compile(r"(?<=[.!?\u3002\uff01\uff1f])\s*")
_END_MARKS = " \t\r\n.!?,\u3002\uff01\uff1f\u2026~"
_HAN_RUN = re.compile(f"[{HAN}]+")
_ASKING = frozenset("how why who where which do does did i you my your me should would could will".split())
ASKING_SHARE = 0.5
_WRITTEN_IN_HAN = {"zh", "ja"}
_NAME = re.compile(r"\b(?:" + "|".join(name for name in TAGS if name != "English") + r")\b")
_LANGUAGE_NAMED = re.compile(
    r"\b(?:translat\w*|language|bilingual|(?:in|into|to|from|speak|write|say|than) (?:"
    + "|".join(name for name in TAGS if name != "Latin")
    + r"))\b|翻译|语言|双语|外语|[英法德俄日韩汉中]文|[英法德俄日韩汉]语|西班牙语|普通话",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Degeneration:
    """What is wrong with a text; several may hold at once."""

    repetitive: bool
    """It ends in a loop, or a large share of it was said before, and nobody asked for that; lines of a list or a poem
    may share a frame."""
    empty: bool
    """It has neither a letter nor a digit."""
    unstopped: bool
    """The token limit cut it while it was looping: it would not have stopped. A long text that is cut is sound."""
    wrong_language: bool
    """It is in another language than the prompt, or mixes two, and the prompt speaks of no other."""
    nonsense: bool
    """Its words are no words of any language, or scraps of symbols."""
    off_topic: bool = False
    """Its prompt does not make it likelier."""

    @property
    def any(self) -> bool:
        return any(getattr(self, part.name) for part in fields(self))


def degeneration(text: str, prompt: str, finish_reason: str | None = None, bears: float | None = None) -> Degeneration:
    """What is wrong with `text` as an answer to `prompt`.

    `finish_reason` is "length" where the token limit cut the text; None means unknown, and then nothing is unstopped.
    `bears` is its bearing on the prompt (`topic`); None means unknown, and then nothing is off the topic.
    """
    text = text[:MAX_CHARS]
    empty = not answered(text)
    looping = ends_in_loop(text)
    wanted = finish_reason != "length" and _ASKS_TO_REPEAT.search(prompt) is not None
    return Degeneration(
        repetitive=not (empty or wanted) and (looping or repeats_itself(text) or _counts_on(text, prompt)),
        empty=empty,
        unstopped=looping and finish_reason == "length",
        wrong_language=in_wrong_language(text, prompt),
        nonsense=not empty
        and is_nonsense(
            text,
            prompt[:MAX_CHARS],
            whole=finish_reason != "length",
            told=not _LANGUAGE_NAMED.search(prompt),
            prose=not _ASKS_FOR_CODE.search(prompt),
        ),
        off_topic=is_off_topic(bears),
    )


def ends_in_loop(text: str) -> bool:
    """Whether `text` ends in `LOOP_COPIES` copies of one phrase or more, numbered or not; the last one may be cut."""
    stripped = text.rstrip()
    syllables = stripped.rstrip(_END_MARKS)
    return (
        loop_length(words(stripped), long=LONG_PHRASE) >= LOOP_WORDS
        or loop_length(stripped) >= LOOP_CHARS
        or loop_length(syllables, longest=_SYLLABLE) >= SYLLABLE_CHARS
        or _counted_loop(words(_DIGITS.sub("0", stripped)))
    )


def _counted_loop(tokens: Sequence[str]) -> bool:
    """Whether copies that a number counts up end the text: "Step 1: wait. Step 2: wait."

    The lines of a multiplication table have more than one number each, and counting has nothing else.
    """
    length, period = _loop(tokens)
    phrase = tokens[len(tokens) - period :] if period else ()
    return length >= LOOP_WORDS and phrase.count("0") == 1 and len(phrase) > 2


def _counts_on(text: str, prompt: str) -> bool:
    """Whether it counts `COUNTED` numbers one by one, and nobody asked for numbers."""
    if _ASKS_TO_COUNT.search(prompt):
        return False
    for run in _NUMBER_RUN.finditer(text):
        length = 1
        for before, after in pairwise(map(int, _DIGITS.findall(run.group()))):
            length = length + 1 if after == before + 1 else 1
            if length >= COUNTED:
                return True
    return False


def loop_length(tokens: Sequence[Hashable], longest: int | None = None, long: int | None = None) -> int:
    """Length of the longest run at the end of `tokens` that is `LOOP_COPIES` copies of one phrase or more; 0 if none.

    `longest` is the longest phrase that is looked for; of one of `long` tokens or more `LONG_COPIES` are enough.

    abcabcabca -> 10 (three copies and a cut one), aab -> 0, abb -> 0. Reversed, a loop of period p is a prefix that
    agrees with itself shifted by p for as long as the loop goes on: what the Z function gives for all p in one
    linear pass.
    """
    return _loop(tokens, longest, long)[0]


def _loop(tokens: Sequence[Hashable], longest: int | None = None, long: int | None = None) -> tuple[int, int]:
    """Length of that run, and of its phrase."""
    lengths = _z_function(tokens[::-1])
    periods = range(1, len(lengths) if longest is None else min(longest + 1, len(lengths)))
    long = len(tokens) if long is None else long
    runs = ((lengths[p] + p, -p) for p in periods if lengths[p] + p >= (LOOP_COPIES if p < long else LONG_COPIES) * p)
    length, period = max(runs, default=(0, 0))
    return length, -period


def repeats_itself(text: str) -> bool:
    """Whether a share of `REPEATED_NGRAMS` of the 4-grams of `text` was said before, one sentence is said again and
    again with another word in it, or one letter stands ten times in a row.

    Of several lines that differ, each may repeat the others' frame, as lists, tables and refrains do: only what a line
    repeats of itself counts, and lines that are copies of earlier ones, whatever they are numbered.
    """
    if has_letter_run(text) or _one_frame(text):
        return True
    lines = [line for line in text.split("\n") if words(line)]
    if len(lines) < MIN_LINES:
        return _repeated(words(text)) >= REPEATED_NGRAMS
    distinct = list(dict.fromkeys(_uncounted(line.strip().casefold()) for line in lines))
    copies = 1.0 - len(distinct) / len(lines)
    return copies > COPIED_LINES or any(
        _repeated(words(line if "|" in line else _DIGITS.sub("0", line))) >= REPEATED_NGRAMS for line in distinct
    )


def _uncounted(line: str) -> str:
    """A line without its item's number, and without what it counts in words; a line of figures says what they are."""
    bare = _ITEM_NUMBER.sub("", line)
    numbers, spoken = len(_DIGITS.findall(bare)), sum(word.isalpha() for word in words(bare))
    return _DIGITS.sub("0", bare) if spoken >= 2 * numbers else bare


def _repeated(tokens: Sequence[str]) -> float:
    return 1.0 - distinct_n(tokens, NGRAM) if len(tokens) >= MIN_WORDS else 0.0


def _one_frame(text: str) -> bool:
    """Whether prose says one sentence with another word in it each time: "It was a great day. It was a fine day"."""
    run = 1
    for line in text.split("\n"):
        sentences = [words(sentence) for sentence in _SENTENCE.split(line)]
        for before, after in pairwise(sentences):
            same = sum(a == b for a, b in zip(before, after, strict=False))
            alike = len(before) == len(after) >= FRAME_WORDS and same >= len(before) - 1
            run = run + 1 if alike else 1
            if run >= FRAMED_SENTENCES:
                return True
        run = 1
    return False


def in_wrong_language(text: str, prompt: str) -> bool:
    """Whether `text` is in another language than the prompt: in another script, surely in another language, or in a mix
    of two. Never where the prompt speaks of language or names this one, or where either has no letters."""
    asked, used = _letters_by_script(prompt[:MAX_CHARS]), _letters_by_script(text[:MAX_CHARS])
    if not asked or not used or _LANGUAGE_NAMED.search(prompt):
        return False
    main = asked.most_common(1)[0][0]
    named = {TAGS[name] for name in _NAME.findall(prompt)}
    if used[main] <= used.total() / 2 or (main == "LATIN" and _is_mixed(text)):
        return not (named & _WRITTEN_IN_HAN if used["CJK"] else language_of(text) in named)
    if len({word for word in words(text) if word.isalpha()}) < LANGUAGE_WORDS:
        return False
    expected, found = _asked_in(prompt), language_of(text, at_least=SURELY)
    return expected is not None and found is not None and found not in {expected, *named}


def _asked_in(prompt: str) -> str | None:
    """The language of a prompt; a few words are English where most of them are its little ones."""
    spoken = words(prompt)
    english = sum(word in LITTLE_WORDS or word in _ASKING for word in spoken)
    return language_of(prompt, at_least=SURELY) or ("en" if english >= ASKING_SHARE * len(spoken) else None)


def _is_mixed(text: str) -> bool:
    """Whether runs of Han characters stand among Latin words again and again."""
    runs = len(_HAN_RUN.findall(text))
    return runs >= MIXED_RUNS and runs >= MIXED_SHARE * len(text.split())


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
