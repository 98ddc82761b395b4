"""A deterministic double of a model: any word is a checkpoint, and the same word answers the same.

It needs no files and no hardware, so whole runs take seconds. Words share most of their taste, so two
words agree on most items, as a base and its fine-tuned child do; what it says is not sense.

A word that begins with `says:` is a model with one answer to everything, whatever follows the colon: a known case
for every measure of format and creativity.
"""

from __future__ import annotations

import hashlib
import os
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from forgetbench.engines.base import EngineOptions, TokenCounts
from forgetbench.engines.memory import MemoryNeed
from forgetbench.fingerprint import digest, file_digest
from forgetbench.models.checkpoints import split_argument
from forgetbench.models.tokenizer import ByteTokenizer, Tokenizer
from forgetbench.records import Checkpoint, Continuation, Request, Response, Sample

_WORDS = (
    "the a of river stone answer is city paper light seven blue walks under open 12 yes no door winter "
    "Paris gold three small bird song Answer: table and then because story morning quiet 4 glass north"
).split()
_SAYS = "says:"
_TOKENIZER = ByteTokenizer()
_DISAGREEMENT = 0.25
"""Share of decisions that a checkpoint takes by its own taste instead of the common one."""


class ScriptedEngine:
    """Answers from hashes of the prompt and the checkpoint's word.

    FORGETBENCH_SCRIPTED_DELAY (seconds per request) slows it down, for watching a run or interrupting it.
    """

    takes: ClassVar[frozenset[str]] = frozenset({"replicas", "ray_address"})

    def __init__(self, options: EngineOptions = EngineOptions("scripted"), checkpoints: Sequence[Checkpoint] = ()):
        self.settings: Mapping[str, Any] = {"name": "scripted", "version": "1"}
        self.counts: TokenCounts = {}
        self.loaded: tuple[Checkpoint, ...] = ()
        self._delay = float(os.environ.get("FORGETBENCH_SCRIPTED_DELAY", "0"))
        self._words: dict[str, str] = {}

    @classmethod
    def resolve(
        cls,
        text: str,
        options: EngineOptions = EngineOptions("scripted"),
        *,
        base: Checkpoint | None = None,
        hash_file: Callable[[Path], str] = file_digest,
    ) -> Checkpoint:
        """Any word."""
        return scripted_checkpoint(text)

    def tokenizer(self, checkpoint: Checkpoint) -> Tokenizer:
        return _TOKENIZER

    def max_length(self, checkpoint: Checkpoint) -> int:
        return 1_000_000

    def group(self, checkpoint: Checkpoint) -> str:
        return ""

    def memory_need(self, checkpoint: Checkpoint) -> MemoryNeed | None:
        return None

    def load(self, checkpoints: Sequence[Checkpoint], log_file: Path | None = None) -> None:
        self.loaded = tuple(checkpoints)
        self._words = {checkpoint.fingerprint: checkpoint.where for checkpoint in checkpoints}

    def score(self, requests: Sequence[Request]) -> Iterator[Response]:
        for request in requests:
            time.sleep(self._delay)
            rng = self._taste(request.checkpoint, bytes(request.prompt))
            scores = [
                Continuation(-len(tokens) * rng.uniform(0.5, 2.0), rng.random() < 0.2, len(tokens))
                for tokens in request.continuations
            ]
            yield Response(request.key, continuations=tuple(scores))

    def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
        for request in requests:
            time.sleep(self._delay)
            assert request.sampling is not None
            samples = [self._sample(request, index) for index in range(request.sampling.n)]
            yield Response(request.key, samples=tuple(samples))

    def close(self) -> None:
        self.loaded, self._words = (), {}

    def _sample(self, request: Request, index: int) -> Sample:
        sampling = request.sampling
        assert sampling is not None
        word = self._words[request.checkpoint]
        if word.startswith(_SAYS):
            answer = word.removeprefix(_SAYS)
            return Sample(answer, "stop", len(answer.split()))
        salt = f"{sampling.seed}/{index}" if sampling.temperature > 0 else ""
        rng = self._taste(request.checkpoint, bytes(request.prompt) + salt.encode())
        words = rng.choices(_WORDS, k=rng.randint(1, sampling.max_tokens))
        text = " ".join(words)
        for stop in sampling.stop:
            text = text.split(stop)[0]
        cut = len(words) == sampling.max_tokens
        return Sample(text, "length" if cut else "stop", len(words))

    def _taste(self, checkpoint: str, prompt: bytes) -> random.Random:
        own = random.Random(_hash(self._words[checkpoint].encode("utf-8", "surrogatepass") + b"\0" + prompt))
        return own if own.random() < _DISAGREEMENT else random.Random(_hash(prompt))


def scripted_checkpoint(text: str) -> Checkpoint:
    """A checkpoint of the scripted engine: any word, the same word answers the same."""
    name, word, revision = split_argument(text)
    word = word if revision is None else f"{word}@{revision}"
    return Checkpoint(name=name or word, where=word, fingerprint=digest(["scripted", word]))


def _hash(data: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "big")
