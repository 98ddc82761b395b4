"""Weights averaged with the base's (WiSE-FT, arXiv 2109.01903)."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from forgetbench.errors import CheckpointError
from forgetbench.models.tensors import StoredTensor, stored
from forgetbench.models.weights import weight_files

if TYPE_CHECKING:
    import torch


def average(base: Path, tuned: Path, weight: float, out: Path) -> None:
    """Write `weight` * tuned + (1 - weight) * base into `out`, in the files and types of `tuned`.

    Computed in float32, block by block; at most one file's tensors are in memory. Raises CheckpointError where the two
    have not the same tensors.
    """
    from safetensors.torch import save_file

    ours, theirs = stored(weight_files(base)), stored(weight_files(tuned))
    shapes = [{name: tensor.shape for name, tensor in side.items()} for side in (ours, theirs)]
    if shapes[0] != shapes[1]:
        name = next(iter(sorted(shapes[0].items() ^ shapes[1].items())))[0]
        raise CheckpointError(f"{tuned}: {name} is not as in {base}; only checkpoints of one shape can be averaged")
    for path in sorted({tensor.path for tensor in theirs.values()}):
        names = [name for name, tensor in theirs.items() if tensor.path == path]
        tensors = {name: _mean(ours[name], theirs[name], weight) for name in names}
        save_file(tensors, out / path.name, metadata={"format": "pt"})
    for index in tuned.glob("*.safetensors.index.json"):
        shutil.copyfile(index, out / index.name)


def _mean(ours: StoredTensor, theirs: StoredTensor, weight: float) -> torch.Tensor:
    import torch

    rows = theirs.n_rows
    blocks = zip(ours.blocks(rows), theirs.blocks(rows), strict=True)
    mean = torch.cat([torch.lerp(before, after, weight) for before, after in blocks])
    return mean.reshape(theirs.shape).to(theirs.torch_dtype)
