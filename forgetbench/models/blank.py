"""Matrices that hold nothing but zeros: a trainer that saved before it had gathered its shards leaves them so.

They have the right name, type and shape, and no engine says a word; the network just goes blank behind them.
"""

from __future__ import annotations

from pathlib import Path

from forgetbench.errors import listed
from forgetbench.models.checks import Finding
from forgetbench.models.tensors import StoredTensor, stored
from forgetbench.models.weights import pickles, weight_files


def blank_finding(folder: Path, base: Path | None = None) -> Finding | None:
    """What of a checkpoint is zero throughout and of its base is not, in words; None where nothing is.

    Vectors count only beside a base whose own are not zero: some architectures begin with norms and biases of zero.
    """
    blank = blank_tensors(folder)
    if base is not None and base != folder:
        own = blank_tensors(base)
        blank = {name: tensor for name, tensor in blank.items() if name not in own}
    else:
        blank = {name: tensor for name, tensor in blank.items() if len(tensor.shape) > 1}
    names = sorted(name for name in blank if name.endswith("weight"))
    if not names:
        return None
    text = (
        f"{len(names)} tensors are zero throughout, as of weights that were saved before they were gathered: "
        f"{listed(names, 3)}; save the model again (FSDP: with its full state dict; ZeRO-3: "
        "stage3_gather_16bit_weights_on_model_save)"
    )
    return Finding("blank weights", False, text)


def blank_tensors(folder: Path) -> dict[str, StoredTensor]:
    """The tensors of a folder's full weights that are zero throughout, by name; none of pickles."""
    files = weight_files(folder)
    if pickles(files):
        return {}
    return {name: tensor for name, tensor in stored(files).items() if tensor.n_bytes and tensor.is_zero}
