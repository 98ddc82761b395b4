"""Weights that were swapped in place: does the engine hold those of the new folder?

`reload_weights` leaves alone what it does not find, and what it finds it may not put everywhere.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

_ROWS = 64
"""Rows of a tensor that are compared, from its beginning and from its end."""


def differing(worker: Any, files: Sequence[str]) -> list[str]:
    """Names of the parameters that a worker's model holds otherwise than safetensors files of the same names.

    Looked at are tensors that vLLM keeps under the checkpoint's name and in its shape (an output layer may have more
    rows); others are packed or divided, and cannot be told.
    """
    safetensors = importlib.import_module("safetensors")
    held = dict(worker.model_runner.get_model().named_parameters())
    names: list[str] = []
    for file in files:
        with safetensors.safe_open(file, "pt") as stored:
            for name in stored.keys() & held.keys():
                if not _same(held[name], stored.get_slice(name)):
                    names.append(name)
    return sorted(names)


def _same(parameter: Any, stored: Any) -> bool:
    shape = tuple(stored.get_shape())
    if tuple(parameter.shape[1:]) != shape[1:] or parameter.shape[0] < shape[0]:
        return True
    for start in {0, max(shape[0] - _ROWS, 0)}:
        rows = stored[start : start + _ROWS]
        if not bool((parameter[start : start + len(rows)].cpu() == rows.to(parameter.dtype)).all()):
            return False
    return True
