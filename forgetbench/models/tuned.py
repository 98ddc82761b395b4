"""How many of a model's numbers a fine-tuning changed."""

from __future__ import annotations

import math
from pathlib import Path

from forgetbench.errors import CheckpointError
from forgetbench.models.arrival import HEADS
from forgetbench.models.tensors import StoredTensor, stored
from forgetbench.models.weights import adapter_files, weight_files
from forgetbench.records import Checkpoint


def tuned_parameters(checkpoint: Checkpoint, base: Path | None) -> int | None:
    """The numbers in an adapter, or those in the tensors that differ from the base's in its folder `base`.

    A tensor that differs anywhere counts whole: it was trained, even where an optimizer left parts as they were. None
    where there are no weights, or none that can be read tensor by tensor (pickles, packed numbers).
    """
    if checkpoint.path is None:
        return None
    try:
        if checkpoint.adapter_base is not None:
            return sum(math.prod(each.shape) for each in stored(adapter_files(checkpoint.path)).values())
        if base is None:
            return None
        before, after = (stored(weight_files(folder)) for folder in (base, checkpoint.path))
        return sum(math.prod(each.shape) for name, each in after.items() if _differs(before.get(name), each))
    except CheckpointError:
        return None


def _differs(before: StoredTensor | None, after: StoredTensor) -> bool:
    """Whether two tensors are not equal everywhere; what was trained mostly shows in the first block."""
    if before is None:
        # An output layer that the base ties to its embedding is that embedding, saved once more.
        return not after.name.endswith(HEADS)
    if before.shape != after.shape:
        return True
    pairs = zip(before.blocks(before.n_rows), after.blocks(after.n_rows), strict=True)
    return any(not bool((one == other).all()) for one, other in pairs)
