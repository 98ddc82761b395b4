"""Reading the log-probabilities of an echoed prompt."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forgetbench.engines.openai.server import Refused
from forgetbench.records import Continuation

NO_LOGPROBS = "the server gives no prompt log-probabilities"


class OtherTokens(Refused):
    """Its tokens do not meet the end of the context."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The log-probabilities of an echoed prompt and of what was generated after it, one row per token."""

    tokens: Sequence[str]
    logprobs: Sequence[float | None]
    tops: Sequence[Mapping[str, float] | None]
    offsets: Sequence[int]
    """Where each token starts, as the server counts characters; may be empty."""
    text: str
    """Prompt and answer."""

    @staticmethod
    def of(choice: Mapping[str, Any]) -> Rows:
        columns = choice.get("logprobs") or {}
        tokens, logprobs, tops = (columns.get(name) or [] for name in ("tokens", "token_logprobs", "top_logprobs"))
        # The first token of a text follows nothing: a number there means that rows of the prompt are missing.
        if not logprobs or logprobs[0] is not None or not len(tokens) == len(logprobs) == len(tops):
            raise Refused(NO_LOGPROBS)
        offsets = columns.get("text_offset") or []
        return Rows(tokens, logprobs, tops, offsets, str(choice.get("text") or ""))

    def rating(self, places: range) -> Continuation:
        """The sum over some rows. Raises Refused when one of them has no log-probability."""
        if places.start == 0:
            raise Refused("the server gives no log-probability for the first token of a text")
        rows = list(zip(self.logprobs, self.tops, strict=True))[places.start : places.stop]
        rated = [(logprob, max(top.values())) for logprob, top in rows if logprob is not None and top]
        if len(rated) < len(places):
            raise Refused(NO_LOGPROBS)
        total = sum(logprob for logprob, _ in rated)
        return Continuation(float(total), all(logprob >= best for logprob, best in rated), len(rated))

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
