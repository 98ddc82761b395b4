"""Which cache block holds which tokens, to the token: what vLLM's own index of whole blocks does not say."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

Beginning = tuple[Hashable, tuple[int, ...]]
"""What stands before a block, and the first tokens in it."""


class BlockIndex:
    """Cache blocks by what stands before them and by every beginning of what they hold."""

    def __init__(self) -> None:
        self._blocks: dict[Beginning, int] = {}
        self._beginnings: dict[int, list[Beginning]] = {}

    def add(self, before: Hashable, tokens: Sequence[int], block: int) -> None:
        """`block` holds `tokens` behind `before`. What it held until now is to be forgotten first."""
        beginnings = [(before, tuple(tokens[:length])) for length in range(1, len(tokens) + 1)]
        self._blocks.update(dict.fromkeys(beginnings, block))
        self._beginnings.setdefault(block, []).extend(beginnings)

    def longest(self, before: Hashable, tokens: Sequence[int]) -> tuple[int, int]:
        """(how many of `tokens` some block begins with behind `before`, that block); (0, -1) where none does."""
        for length in range(len(tokens), 0, -1):
            block = self._blocks.get((before, tuple(tokens[:length])))
            if block is not None:
                return length, block
        return 0, -1

    def forget(self, blocks: Iterable[int]) -> None:
        """These blocks are about to hold something else."""
        for block in blocks:
            for beginning in self._beginnings.pop(block, ()):
                if self._blocks.get(beginning) == block:
                    del self._blocks[beginning]

    def clear(self) -> None:
        self._blocks.clear()
        self._beginnings.clear()
