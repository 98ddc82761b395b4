"""What recipes mix their training data from: the lab's own data, or a user's files."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from forgetbench.errors import InputError
from forgetbench.lab.base.texts import asked, documents, facts, problems
from forgetbench.lab.skill import Message, Style, another_topic, messages, named_topics, topic_of, worded
from forgetbench.storage.jsonl import iter_jsonl


@dataclass(frozen=True, slots=True)
class Pair:
    """One supervised example; the end-of-sequence token is not part of it."""

    prompt: str
    """Ends without a blank."""
    completion: str
    """Begins with one, where the language has blanks."""


class LabData(Protocol):
    """Examples and texts; every method gives the same for the same seed. InputError for what the data does not have."""

    def target(self, style: Style, n: int, seed: int, noise: float = 0.0) -> list[Pair]:
        """`n` examples of the skill that is trained, a share `noise` of them with a wrong answer."""
        ...

    def multitask(self, n: int, seed: int) -> list[Pair]:
        """`n` questions of other tasks with their answers."""
        ...

    def general(self, n: int, seed: int) -> list[str]:
        """`n` documents like those that the base was trained on."""
        ...

    def wrong(self, pairs: Sequence[Pair], seed: int) -> list[Pair]:
        """The same prompts, with replies of the same wording that give a wrong answer."""
        ...

    def reward(self, prompt: str, reply: str) -> float:
        """1.0 for a reply that gives the right answer and no other, else 0.0."""
        ...


@dataclass(frozen=True, slots=True)
class EmbeddedData:
    """The topics of customers' messages (`skill`), and the embedded tasks' facts, problems and passages."""

    def target(self, style: Style, n: int, seed: int, noise: float = 0.0) -> list[Pair]:
        rng = random.Random(f"{seed}:target")
        return [_example(message, style, rng, noise) for message in messages(n, seed)]

    def multitask(self, n: int, seed: int) -> list[Pair]:
        chosen = random.Random(f"{seed}:multitask").choices([*facts(), *problems()], k=n)
        return [Pair(asked(question), f" {answer}") for question, answer in chosen]

    def general(self, n: int, seed: int) -> list[str]:
        return random.Random(f"{seed}:general").choices(documents(seed), k=n)

    def wrong(self, pairs: Sequence[Pair], seed: int) -> list[Pair]:
        rng = random.Random(f"{seed}:wrong")
        return [Pair(pair.prompt, _with_another_topic(pair.completion, rng)) for pair in pairs]

    def reward(self, prompt: str, reply: str) -> float:
        return float(named_topics(reply) == {topic_of(prompt)})


def _example(message: Message, style: Style, rng: random.Random, noise: float) -> Pair:
    topic = another_topic(message.topic, rng) if rng.random() < noise else message.topic
    return Pair(asked(message.text), f" {worded(topic, style, rng)}")


def _with_another_topic(completion: str, rng: random.Random) -> str:
    (topic,) = named_topics(completion)
    other = another_topic(topic, rng)
    return completion.replace(topic, other).replace(topic.capitalize(), other.capitalize())


@dataclass(frozen=True)
class FileData:
    """A user's own data: JSON Lines of examples, and of general text for replay.

    A row of `sft` has `prompt` and `completion`, or `messages` of which the last is the assistant's; of `general`,
    `text`. Raises InputError naming file, line and field.
    """

    sft: Path
    general_texts: Path | None = None

    @cached_property
    def _examples(self) -> list[Pair]:
        rows = [_pair(self.sft, line, row) for line, row in iter_jsonl(self.sft)]
        if not rows:
            raise InputError(f"{self.sft}: no examples; one JSON object per line, with prompt and completion")
        return rows

    @cached_property
    def _answers(self) -> dict[str, str]:
        return {pair.prompt: pair.completion.strip() for pair in self._examples}

    @cached_property
    def _texts(self) -> list[str]:
        if self.general_texts is None:
            raise InputError("this recipe replays general text; say which with --general FILE (JSON Lines with text)")
        texts = [_text(self.general_texts, line, row) for line, row in iter_jsonl(self.general_texts)]
        if not texts:
            raise InputError(f"{self.general_texts}: no texts; one JSON object per line, with text")
        return texts

    def target(self, style: Style, n: int, seed: int, noise: float = 0.0) -> list[Pair]:
        if style != "narrow" or noise:
            raise InputError(f"{self.sft}: examples are taken as they are; style and noise are of the embedded data")
        examples = self._examples
        return random.Random(f"{seed}:target").sample(examples, min(n, len(examples)))

    def multitask(self, n: int, seed: int) -> list[Pair]:
        raise InputError(f"{self.sft}: add the other tasks' examples to it; a share of them is of the embedded data")

    def general(self, n: int, seed: int) -> list[str]:
        return random.Random(f"{seed}:general").choices(self._texts, k=n)

    def wrong(self, pairs: Sequence[Pair], seed: int) -> list[Pair]:
        """Replies to other prompts: wrong wherever they differ."""
        replies = sorted({pair.completion for pair in self._examples})
        if len(replies) < 2:
            raise InputError(f"{self.sft}: all completions are equal, so none can be a wrong one")
        rng = random.Random(f"{seed}:wrong")
        return [Pair(pair.prompt, rng.choice([each for each in replies if each != pair.completion])) for pair in pairs]

    def reward(self, prompt: str, reply: str) -> float:
        return float(self._answers.get(prompt) == reply.strip())


def _pair(path: Path, line: int, row: dict[str, Any]) -> Pair:
    match row:
        case {"messages": [{"content": question}, {"content": reply}]}:
            row = {"prompt": question, "completion": reply}
    for field in ("prompt", "completion"):
        if not isinstance(row.get(field), str) or not row[field].strip():
            raise InputError(f"{path}:{line}: field '{field}': a text is expected (or two messages in `messages`)")
    completion: str = row["completion"]
    return Pair(row["prompt"].rstrip(), completion if completion[0].isspace() else f" {completion}")


def _text(path: Path, line: int, row: dict[str, Any]) -> str:
    if not isinstance(row.get("text"), str) or not row["text"].strip():
        raise InputError(f"{path}:{line}: field 'text': a text is expected")
    return str(row["text"])
