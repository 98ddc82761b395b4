"""Which items of a benchmark the fine-tuning data contains: a gain on those is no gain.

Word n-grams decide, as in the reports of model makers: 13-grams in GPT-3 (arXiv 2005.14165, appendix C), 8-grams of
which 70 % stand in one document in PaLM (arXiv 2204.02311, section 8), matched runs of 10 tokens in Llama 2 (arXiv
2307.09288, A.6).
Singh et al. (arXiv 2411.03923) compare such rules by how much they explain of the scores: short n-grams, and a single
occurrence counting, do best. Two things are added, since questions are short and made from templates:

- An item has only the n-grams that no other item has. What many items share (an instruction, a passage, "what is the
  capital of") tells nothing of any one of them. An item without such an n-gram is looked for as a whole.
- The answer must stand in the same training text, once more often than in the question itself.

Paraphrases and translations are not found. A share of 0 says that the wording is not there, not that the fact is not.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from forgetbench.metrics.phrases import Phrase
from forgetbench.metrics.text import ngrams, windows, words

N_WORDS = 8
THRESHOLD = 0.7
"""Share of an item's n-grams that one training text must hold (PaLM)."""
MIN_WORDS = 4
"""A shorter question cannot be told from ordinary language, and is not looked for."""

# "Question: " before a question and "Answer:" after it belong to the prompt.
_LABEL_BEFORE = re.compile(r"\A\s*\w{1,20}\s?[:\uff1a]")
_LABEL_AFTER = re.compile(r"\n[^\S\n]*\w{1,20}(?: \w{1,20})?[:\uff1a]\s*\Z")


@dataclass(frozen=True, slots=True)
class ItemText:
    """What is looked for in the training data."""

    item_id: str
    question: str
    """Without few-shot examples. A label before it ("Question:") or on a last line ("Answer:") is left out."""
    answers: tuple[str, ...] = ()
    """Right answers, any of which will do; of an option its text, not its letter. Empty: the question suffices."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """How much of an item the training data holds."""

    item_id: str
    n_grams: int
    """How many n-grams the item has to itself; 0: too short to be looked for."""
    share: float
    """Largest share of them that any one training text holds."""
    flagged: bool
    """One training text holds at least the threshold's share of them, and a right answer: the item is in the data."""


def contaminated(
    texts: Sequence[ItemText], training_texts: Iterable[str], *, n: int = N_WORDS, threshold: float = THRESHOLD
) -> tuple[Overlap, ...]:
    """How much of each item the training texts hold, in the order of `texts`.

    A training text is one conversation or document; all n-grams of an item are looked for in the same one. Each is
    read once and forgotten: time is linear in the training data, memory in the items. Items with the same question
    are one question with several answers. Raises ValueError unless n >= MIN_WORDS and 0 < threshold <= 1.
    """
    if n < MIN_WORDS or not 0 < threshold <= 1:
        raise ValueError(f"n must be at least {MIN_WORDS} and the threshold in (0, 1], not {n} and {threshold}")
    index = _NgramIndex([_question(text) for text in texts], n)
    answers = [tuple(tuple(words(answer)) for answer in text.answers) for text in texts]
    best = [0.0] * len(index.sizes)
    flagged = [False] * len(texts)
    for training_text in training_texts:
        tokens = words(training_text)
        for question, count in index.matches(tokens).items():
            share = count / index.sizes[question]
            best[question] = max(best[question], share)
            if share < threshold:
                continue
            for item in index.items[question]:
                flagged[item] = flagged[item] or _answered(answers[item], index.questions[question], tokens, n)
    return tuple(
        Overlap(text.item_id, index.sizes[question], best[question], flagged[item])
        for item, (text, question) in enumerate(zip(texts, index.question_of, strict=True))
    )


# --- the items' n-grams -----------------------------------------------------------------------


class _NgramIndex:
    """The n-grams that belong to one question alone, indexed by their first words."""

    def __init__(self, questions: Sequence[Phrase], n: int) -> None:
        numbers: dict[Phrase, int] = {}
        self.question_of = [numbers.setdefault(question, len(numbers)) for question in questions]
        self.questions = list(numbers)
        self.items: list[list[int]] = [[] for _ in numbers]
        for item, question in enumerate(self.question_of):
            self.items[question].append(item)
        grams = [ngrams(question, n) for question in self.questions]
        holders = Counter(gram for row in grams for gram in row)
        own = [
            {gram for gram in row if holders[gram] == 1} or _whole(question)
            for question, row in zip(self.questions, grams, strict=True)
        ]
        self.sizes = [len(row) for row in own]
        self._owner: Mapping[Phrase, int] = {gram: question for question, row in enumerate(own) for gram in row}
        # A text is searched for beginnings of one length, so that its windows of every other length are not built.
        self._lengths: dict[Phrase, set[int]] = {}
        for gram in self._owner:
            self._lengths.setdefault(gram[:MIN_WORDS], set()).add(len(gram))

    def matches(self, tokens: Sequence[str]) -> Counter[int]:
        """Per question, how many of its n-grams stand in a text."""
        seen: set[Phrase] = set()
        for start, beginning in enumerate(windows(tokens, MIN_WORDS)):
            for length in self._lengths.get(beginning, ()):
                seen.add(tuple(tokens[start : start + length]))
        return Counter(self._owner[gram] for gram in seen & self._owner.keys())


def _question(text: ItemText) -> Phrase:
    return tuple(words(_LABEL_AFTER.sub("", _LABEL_BEFORE.sub("", text.question))))


def _whole(question: Phrase) -> set[Phrase]:
    return {question} if len(question) >= MIN_WORDS else set()


# --- answers ----------------------------------------------------------------------------------


def _answered(answers: Sequence[Phrase], question: Phrase, tokens: Sequence[str], n: int) -> bool:
    """One of the answers stands in the text beyond the question. A long one may differ at its end."""
    beginnings = [answer[:n] for answer in answers if answer]
    return not answers or any(_count(answer, tokens) > _count(answer, question) for answer in beginnings)


def _count(phrase: Phrase, tokens: Sequence[str]) -> int:
    return sum(window == phrase for window in windows(tokens, len(phrase)))
