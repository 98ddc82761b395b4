"""What a trainer saved, made a checkpoint that differs from its base in the weights alone."""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import Final

from forgetbench.errors import EngineError
from forgetbench.fingerprint import TEMPLATE_FILES, TOKENIZER_FILES
from forgetbench.models.tensors import stored
from forgetbench.models.weights import weight_files

_SETTINGS: Final = ("config.json", "generation_config.json")


def as_its_base(checkpoint: Path, base: Path, *, settings: bool = False) -> None:
    """Give a checkpoint the base's own tokenizer, and on request its settings, and take the trainer's pickle away.

    Files are copied, not saved again: those of base and checkpoint are then the same to the byte.
    """
    # Nobody should have to trust a pickle to use the checkpoint.
    (checkpoint / "training_args.bin").unlink(missing_ok=True)
    for name in (*TOKENIZER_FILES, *TEMPLATE_FILES, *(_SETTINGS if settings else ())):
        (checkpoint / name).unlink(missing_ok=True)
        if (base / name).is_file():
            shutil.copyfile(base / name, checkpoint / name)
    for weights in checkpoint.glob("*.safetensors"):
        weights.chmod(0o644)


def store_like(checkpoint: Path, base: Path) -> None:
    """Round a checkpoint's weights to the types that its base stores the same tensors in."""
    from safetensors.torch import load_file, save_file

    types = {name: tensor.torch_dtype for name, tensor in stored(weight_files(base)).items()}
    for path in checkpoint.glob("*.safetensors"):
        tensors = load_file(path)
        rounded = {name: tensor.to(types.get(name, tensor.dtype)) for name, tensor in tensors.items()}
        save_file(rounded, path, metadata={"format": "pt"})


def check_loss(loss: float, step: int, learning_rate: float, training: str) -> None:
    """Raise EngineError, which names the training and the way out, where its loss is no longer finite."""
    if not math.isfinite(loss):
        raise EngineError(
            f"{training} diverged: the loss is {loss} at step {step}; lower the learning rate ({learning_rate:g})"
        )
