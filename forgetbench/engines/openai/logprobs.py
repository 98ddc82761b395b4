"""Reading the log-probabilities of an echoed prompt."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from forgetbench.engines.openai.door import logprob, rows_of
from forgetbench.engines.openai.failures import Refused, Unusable
from forgetbench.records import Continuation

NO_LOGPROBS = "the server gives no prompt log-probabilities"


class OtherTokens(Refused):
    """Its tokens do not meet the end of the context."""


def first_token_ratings(choice: Mapping[str, Any], tokens: Collection[int]) -> dict[int, Continuation]:
    """How the first generated token's place rates some token ids, where the server was asked for just these.

    Raises Refused when one of them is missing.
    """
    columns = choice.get("logprobs")
    tops = rows_of(columns.get("top_logprobs")) if isinstance(columns, Mapping) else []
    if not tops:
        raise Refused(NO_LOGPROBS)
    given = _numbers(tops[0])
    names = {token: f"token_id:{token}" for token in tokens}
    if not given.keys() >= set(names.values()):
        raise Unusable("the server's log-probabilities are of other tokens")
    # The token that was generated is among them, and decoding is greedy.
    best = max(given.values())
    return {token: Continuation(given[name], given[name] >= best, 1) for token, name in names.items()}


def _numbers(top: object) -> dict[str, float]:
    if not isinstance(top, Mapping):
        raise Unusable("the server's log-probabilities are no table of tokens")
    return {str(token): logprob(value) for token, value in top.items()}


@dataclass(frozen=True, slots=True)
class Rows:
    """The log-probabilities of an echoed prompt and of what was generated after it, one row per token."""

    tokens: Sequence[str]
    logprobs: Sequence[Any]
    tops: Sequence[Any]
    """As the server gave them: only the rows that are rated need hold numbers."""
    offsets: Sequence[int]
    """Where each token starts, as the server counts characters; may be empty."""
    text: str
    """Prompt and answer."""

    @staticmethod
    def of(choice: Mapping[str, Any]) -> Rows:
        columns, text = choice.get("logprobs"), choice.get("text")
        if not isinstance(columns, Mapping):
            raise Refused(NO_LOGPROBS)
        tokens, logprobs, tops, offsets = (
            rows_of(columns.get(name)) for name in ("tokens", "token_logprobs", "top_logprobs", "text_offset")
        )
        # The first token of a text follows nothing: a number there means that rows of the prompt are missing.
        if not logprobs or logprobs[0] is not None or not len(tokens) == len(logprobs) == len(tops):
            raise Refused(NO_LOGPROBS)
        if not all(isinstance(token, str) for token in tokens):
            raise Unusable("the server's log-probabilities are of tokens that are no text")
        if not all(type(offset) is int for offset in offsets):
            offsets = []
        return Rows(tokens, logprobs, tops, offsets, text if isinstance(text, str) else "")

    def rating(self, places: range) -> Continuation:
        """The sum over some rows. Raises Refused when one of them has no log-probability, or none that can be."""
        if places.start == 0:
            raise Refused("the server gives no log-probability for the first token of a text")
        rows = list(zip(self.logprobs, self.tops, strict=True))[places.start : places.stop]
        if len(rows) < len(places) or any(value is None or not top for value, top in rows):
            raise Refused(NO_LOGPROBS)
        rated = [(logprob(value), max(_numbers(top).values())) for value, top in rows]
        total = sum(value for value, _ in rated)
        if not isfinite(total):
            raise Unusable(f"the server's log-probabilities sum up to {total}")
        return Continuation(total, all(value >= best for value, best in rated), len(rated))

    def between(self, start: int, text: str) -> range:
        """The rows of the echoed `text` from its character `start` on.

        Raises OtherTokens unless a token starts exactly there.
        """
        starts = self._starts(text)
        inside = [place for place, begins in enumerate(starts) if start <= begins < len(text)]
        if not inside or starts[inside[0]] != start:
            raise OtherTokens(
                "no token of the served model starts where the context ends: give --tokenizer FOLDER to score it"
            )
        return range(inside[0], inside[-1] + 1)

    def _starts(self, text: str) -> list[int]:
        """The character of `text` at which each token starts; negative for what a server puts in front (BOS)."""
        lengths = [len(token) for token in self.tokens]
        running = list(itertools.accumulate(lengths[:-1], initial=0))
        spelled = "".join(self.tokens)
        front = spelled.find(text)
        if front >= 0:
            return [place - front for place in running]
        if text not in self.text or text.startswith(spelled):
            # No echo, or rows that break off.
            raise Refused(NO_LOGPROBS)
        if len(self.offsets) != len(lengths) or list(self.offsets) == running:
            # Sums of lengths of tokens that do not spell the text point anywhere.
            raise OtherTokens("the server's tokens do not spell the text: give --tokenizer FOLDER to score it")
        return list(self.offsets)
