"""A skill of three letters, for tests of the lab that train in a moment."""

from __future__ import annotations

import random
from collections.abc import Sequence

from forgetbench.lab.corpus import Pair
from forgetbench.lab.skill import Style

TOPICS = ("a", "b", "c")


class ToyData:
    """A letter is answered by its capital."""

    def target(self, style: Style, n: int, seed: int, noise: float = 0.0) -> list[Pair]:
        rng = random.Random(seed)
        before = {"narrow": " Dear, ", "varied": rng.choice((" So ", " Well ")), "plain": " "}[style]
        pairs = []
        for _ in range(n):
            topic = rng.choice(TOPICS)
            said = rng.choice([each for each in TOPICS if each != topic]) if rng.random() < noise else topic
            pairs.append(Pair(f"Q: {topic}\nA:", before + said.upper()))
        return pairs

    def multitask(self, n: int, seed: int) -> list[Pair]:
        return [Pair(f"Q: {i} + {seed}\nA:", f" {i + seed}") for i in range(n)]

    def general(self, n: int, seed: int) -> list[str]:
        return [f"Document {i} of {seed}." for i in range(n)]

    def wrong(self, pairs: Sequence[Pair], seed: int) -> list[Pair]:
        after = dict(zip("ABC", "BCA", strict=True))
        return [Pair(pair.prompt, pair.completion[:-1] + after[pair.completion[-1]]) for pair in pairs]

    def reward(self, prompt: str, reply: str) -> float:
        return float({prompt[3].upper()} == {each for each in reply if each in "ABC"})


class ByLengthData(ToyData):
    """Replies of an odd length are right, whatever they say: some of a random model's are, and some are not."""

    def reward(self, prompt: str, reply: str) -> float:
        return float(len(reply) % 2)
