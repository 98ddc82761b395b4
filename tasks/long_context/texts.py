"""The long texts, made when a task is loaded: what texts.jsonl states, in filler; and the documents that ask of them.

The filler is drawn by `random.Random.random` alone, whose sequence Python guarantees for a seed, so that a text is the
same bit for bit on every machine.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from forgetbench.errors import InputError
from forgetbench.storage.jsonl import read_jsonl
from forgetbench.suites.documents import as_dataset

if TYPE_CHECKING:
    from datasets import Dataset

TEXTS = Path(__file__).with_name("texts.jsonl")
ITEMS = Path(__file__).with_name("items.jsonl")
FILLER = Path(__file__).with_name("filler.txt")
NAMES = Path(__file__).with_name("names.txt")
CHARS_PER_TOKEN = 3.8
"""Characters of a text per token of its nominal length; see SOURCES.md for what tokenizers make of it."""
INSTRUCTION = (
    "Read this chronicle of a village. Then answer the question below it from the text alone, in a few words. "
    "If the text does not say it, answer: the text does not say."
)
FRAME_CHARS = 600
"""What the instruction, the longest question, its answer and a chat template add, in characters."""
SHORTEST = 1024
"""Tokens; a shorter text would hold little but its statements."""
_SLOT = re.compile(r"\{(\w+)\}")
_PARAGRAPH = (4, 8)
"""Sentences of a paragraph: from the first to less than the second."""
_DRAWS = 1000

T = TypeVar("T")


class Grammar(NamedTuple):
    """filler.txt: the phrases of each slot, and the shapes of sentences."""

    phrases: Mapping[str, tuple[str, ...]]
    shapes: tuple[str, ...]


def documents(length: int, texts: int | None = None, **_: Any) -> dict[str, Dataset]:
    """The questions of the first `texts` texts (None: of all), each text made `length` tokens long.

    Raises InputError for a length of less than SHORTEST.
    """
    if length < SHORTEST:
        raise InputError(f"length {length}: a text of less than {SHORTEST} tokens has no room for its statements")
    wanted = {row["text"]: text_of(row["text"], length) for row in read_jsonl(TEXTS)[:texts]}
    rows = [
        {
            **row,
            "item_id": f"{length}-{row['item_id']}",
            "cluster": row["text"],
            "instruction": INSTRUCTION,
            "text": wanted[row["text"]],
        }
        for row in read_jsonl(ITEMS)
        if row["text"] in wanted
    ]
    return as_dataset(rows)


@lru_cache(maxsize=128)
def text_of(name: str, length: int) -> str:
    """The text `name` of texts.jsonl, `length` tokens long by CHARS_PER_TOKEN: paragraphs between empty lines."""
    (statements,) = (row["statements"] for row in read_jsonl(TEXTS) if row["text"] == name)
    return text_with(statements, name, round(length * CHARS_PER_TOKEN) - FRAME_CHARS)


def text_with(statements: Sequence[tuple[float, str]], seed: str, n_chars: int) -> str:
    """`statements` in their order, each about where its depth (0 to 1) says, in filler up to `n_chars` characters."""
    rng = random.Random(f"{seed}:{n_chars}")
    said = {word for _, statement in statements for word in re.findall(r"\w+", statement)}
    sentences = filler([name for name in names() if name not in said], rng)
    paragraphs: list[list[str]] = [[]]
    written, place, room = 0, 0, 0
    while written < n_chars or place < len(statements):
        if not room:
            room = _PARAGRAPH[0] + int(rng.random() * (_PARAGRAPH[1] - _PARAGRAPH[0]))
            paragraphs.append([])
            written += 1
        due = place < len(statements) and written >= statements[place][0] * n_chars
        sentence = statements[place][1] if due else next(sentences)
        paragraphs[-1].append(sentence)
        place += due
        room -= 1
        written += len(sentence) + 1
    return "\n\n".join(" ".join(sentences) for sentences in paragraphs if sentences)


def filler(people: Sequence[str], rng: random.Random) -> Iterator[str]:
    """Sentences of the grammar without end, none twice."""
    grammar, used = _grammar(), set[str]()
    phrases = {**grammar.phrases, "name": tuple(people)}
    while True:
        drawn = (_sentence(_pick(grammar.shapes, rng), phrases, rng) for _ in range(_DRAWS))
        sentence = next((sentence for sentence in drawn if sentence not in used), None)
        if sentence is None:
            raise InputError("the text is too long for its filler")
        used.add(sentence)
        yield sentence


def _sentence(shape: str, phrases: Mapping[str, Sequence[str]], rng: random.Random) -> str:
    """A shape with its slots filled, those of the phrases put in as well; no phrase twice in a sentence."""
    taken: set[str] = set()
    while slot := _SLOT.search(shape):
        phrase = _pick(phrases[slot[1]], rng)
        while phrase in taken:
            phrase = _pick(phrases[slot[1]], rng)
        taken.add(phrase)
        shape = shape[: slot.start()] + phrase + shape[slot.end() :]
    return shape[0].upper() + shape[1:]


def _pick(options: Sequence[T], rng: random.Random) -> T:
    return options[int(rng.random() * len(options))]


@cache
def names() -> tuple[str, ...]:
    """First names: those that a text's statements leave over are the filler's."""
    return tuple(NAMES.read_text(encoding="utf-8").split())


@cache
def _grammar() -> Grammar:
    lists: dict[str, list[str]] = {}
    for line in FILLER.read_text(encoding="utf-8").splitlines():
        if heading := re.fullmatch(r"\[(\w+)\]", line):
            lists[heading[1]] = current = []
        elif line and not line.startswith("#"):
            current.extend(phrase.strip() for phrase in line.split("|"))
    shapes = tuple(lists.pop("shapes"))
    return Grammar({slot: tuple(phrases) for slot, phrases in lists.items()}, shapes)
