"""The tensors of a checkpoint's safetensors files, read block by block.

Files are read, not mapped: what a mapped file has shown counts as this process's memory until the file is closed, and a
shard has gigabytes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from forgetbench.errors import CheckpointError
from forgetbench.models.weights import pickles, safetensors_header

if TYPE_CHECKING:
    import torch

_DTYPES: Final = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16"}
_BLOCK: Final = 8 << 20
"""Bytes read at once, unless a single row is longer."""
_FIRST: Final = 1 << 14


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """Where a tensor lies, and what it is."""

    path: Path
    name: str
    dtype: str
    """As safetensors spells it: 'BF16'."""
    shape: tuple[int, ...]
    start: int
    """Its first byte in the file."""
    n_bytes: int

    @property
    def n_rows(self) -> int:
        """Length of the first dimension; 1 of a scalar."""
        return self.shape[0] if self.shape else 1

    @property
    def row(self) -> tuple[int, ...]:
        """The shape of one row."""
        return self.shape[1:]

    @property
    def torch_dtype(self) -> torch.dtype:
        """Raises CheckpointError for a type that is no plain floating-point number."""
        import torch

        if self.dtype not in _DTYPES:
            raise CheckpointError(
                f"{self.path}: {self.name} is stored as {self.dtype}, no plain floating-point numbers; give the "
                "weights before they were quantised"
            )
        kind: torch.dtype = getattr(torch, _DTYPES[self.dtype])
        return kind

    def blocks(self, rows: int) -> Iterator[torch.Tensor]:
        """The first `rows` rows in blocks, float32 and nobody else's; equal shapes come in equal blocks.

        Raises CheckpointError for a type that is no plain floating-point number, and where the file ends early.
        """
        # Not by the size of this type: two tensors are walked through side by side.
        at_once = max(1, _BLOCK // (4 * max(1, math.prod(self.row))))
        for first in range(0, rows, at_once):
            yield self._read(first, min(at_once, rows - first))

    @property
    def is_zero(self) -> bool:
        """Whether all of its numbers are zero."""
        # A zero has no bit set but, in some, its sign's.
        return all(not block.translate(None, b"\0\x80") for block in self._bytes())

    def equals(self, other: StoredTensor) -> bool:
        """Whether another is the same, bit by bit."""
        if (self.dtype, self.shape) != (other.dtype, other.shape):
            return False
        return all(one == two for one, two in zip(self._bytes(), other._bytes(), strict=True))

    def whole(self) -> torch.Tensor:
        """All of it, float32."""
        return self._read(0, self.n_rows).reshape(self.shape)

    def _bytes(self) -> Iterator[bytes]:
        """In blocks, the first a small one: it often says enough."""
        left, size = self.n_bytes, _FIRST
        with self.path.open("rb") as stream:
            stream.seek(self.start)
            while left > 0:
                block = stream.read(min(size, left))
                if not block:
                    raise CheckpointError(f"{self.path}: cut short in {self.name}; download or save it again")
                yield block
                left, size = left - len(block), _BLOCK

    def _read(self, first: int, rows: int) -> torch.Tensor:
        import torch

        dtype = self.torch_dtype
        per_row = self.n_bytes // max(1, self.n_rows)
        content = bytearray(rows * per_row)
        with self.path.open("rb") as stream:
            stream.seek(self.start + first * per_row)
            if stream.readinto(content) != len(content):
                raise CheckpointError(f"{self.path}: cut short in {self.name}; download or save it again")
        if not content:
            return torch.zeros((rows, *self.row))
        values = torch.frombuffer(content, dtype=dtype)
        return values.reshape((rows, *self.row)).float()


def stored(files: Iterable[Path]) -> dict[str, StoredTensor]:
    """The tensors of some safetensors files by name. Raises CheckpointError for pickles, which do not say."""
    paths = list(files)
    if closed := pickles(paths):
        raise CheckpointError(
            f"{closed[0]}: a pickle, whose tensors cannot be read one by one without running it; save the checkpoint "
            "as safetensors: model.save_pretrained(FOLDER)"
        )
    found: dict[str, StoredTensor] = {}
    for path in paths:
        header = safetensors_header(path)
        with path.open("rb") as stream:
            data = 8 + int.from_bytes(stream.read(8), "little")
        for name, entry in header.items():
            start, end = entry["data_offsets"]
            found[name] = StoredTensor(path, name, entry["dtype"], tuple(entry["shape"]), data + start, end - start)
    return found
