"""Generated tokens to text: special tokens are left out, but not those that mark what a model thinks aloud."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from forgetbench.metrics.thinking import is_mark

_HARMONY, _HARMONY_TURNS = "<|channel|>", frozenset({"<|start|>", "<|end|>"})
"""Other families end a turn with the same words."""


@dataclass(frozen=True, slots=True)
class Speller:
    """How the tokens of an answer become text."""

    hf: Any
    """transformers' tokenizer."""
    special: frozenset[int]
    marks: frozenset[int]
    """The special tokens that begin or end thinking."""

    @classmethod
    def of(cls, hf: Any) -> Speller:
        """That of transformers' tokenizer."""
        added = {int(token): entry for token, entry in getattr(hf, "added_tokens_decoder", {}).items()}
        special = {token for token, entry in added.items() if entry.special} | set(map(int, hf.all_special_ids))
        # Named as they are, since a tokenizer may spell one token in several ways.
        names = {token: str(added[token]) for token in special & added.keys()}
        harmony = _HARMONY in names.values()
        marks = {token for token, name in names.items() if is_mark(name) or (harmony and name in _HARMONY_TURNS)}
        return cls(hf, frozenset(special), frozenset(marks))

    def marked(self, tokens: Sequence[int]) -> bool:
        """Whether a mark of thinking would be lost with the other special tokens."""
        return bool(self.marks) and not self.marks.isdisjoint(tokens)

    def text(self, tokens: Sequence[int], stops: Sequence[str] = ()) -> str:
        """What the tokens stand for, up to the first of `stops`."""
        if self.marked(tokens):
            kept = [token for token in tokens if token in self.marks or token not in self.special]
            text = str(self.hf.decode(kept, skip_special_tokens=False))
        else:
            text = str(self.hf.decode(list(tokens), skip_special_tokens=True))
        return text[: min((text.find(stop) for stop in stops if stop in text), default=len(text))]
