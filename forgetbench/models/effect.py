"""Does a loaded checkpoint answer otherwise than its base, where its weights are others?

An engine that passes an adapter by, or keeps the checkpoint before it, answers as the base does to the last bit, and
the comparison would say "retained". The check passage's log-likelihoods show it before anything else is asked.
"""

from __future__ import annotations

import functools
import importlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forgetbench.errors import EngineError
from forgetbench.models.adapters import PREFIX, Adapter, read_adapter
from forgetbench.models.arrival import EMBEDDINGS
from forgetbench.models.checks import ModelChecks
from forgetbench.models.tensors import stored
from forgetbench.models.weights import adapter_files, stored_tensors, tensor_slice, weight_files
from forgetbench.records import Checkpoint, Response

VISIBLE = 1e-3
"""Relative change of a matrix from which some log-likelihood of a hundred tokens changes in its last bit, whatever the
data type: bfloat16 rounds to 4e-3 of a number, and a network has thousands of them in each layer."""
_PLACES, _ROWS = 32, 4
"""Where a matrix is compared with another, and how many rows there."""


def answers_alike(one: ModelChecks, other: ModelChecks, responses: Mapping[str, Response]) -> bool:
    """Whether two checkpoints give the check passage the same log-likelihoods to the last bit, however it begins.

    False where they encode it differently, or were not asked.
    """
    rated = []
    for count, request in one.by_count.items():
        twin = other.by_count.get(count)
        if twin is None or (twin.prompt, twin.continuations) != (request.prompt, request.continuations):
            continue
        answers = [responses.get(request.key), responses.get(twin.key)]
        likelihoods = [
            answer.continuations[0].loglikelihood for answer in answers if answer is not None and answer.continuations
        ]
        if len(likelihoods) == len(answers):
            rated.append(likelihoods)
    return bool(rated) and all(first == second for first, second in rated)


@dataclass(frozen=True, slots=True)
class Reference:
    """What a checkpoint is compared with, and the checks that it is asked as well."""

    checkpoint: Checkpoint
    checks: ModelChecks


def without_effect(
    checkpoint: Checkpoint, checks: ModelChecks, base: Reference | None, responses: Mapping[str, Response]
) -> list[str]:
    """What to tell of a checkpoint that answers as its base does to the last bit; empty where it does not.

    Raises EngineError where its weights differ by more than could go unseen: they were not loaded.
    """
    if base is None or base.checkpoint.fingerprint == checkpoint.fingerprint:
        return []
    if not answers_alike(checks, base.checks, responses):
        return []
    return list(filter(None, [effect_fault(checkpoint, base.checkpoint)]))


@functools.lru_cache(maxsize=64)
def effect_fault(checkpoint: Checkpoint, base: Checkpoint) -> str | None:
    """What to tell of a checkpoint that answers as its base to the last bit; None where only what is not asked differs.

    Raises EngineError where its weights differ by more than could go unseen: they were not loaded.
    """
    change = relative_change(checkpoint, base)
    alike = f"a plain passage gets the same log-likelihoods as under {base.name} to the last bit"
    if change == 0:
        if not _same_tensors(checkpoint, base):
            return None
        return (
            f"{alike}, and its weights are {base.name}'s, saved again: it was not trained, or what was trained was not "
            "saved (merge_and_unload returns the merged model: save that)"
        )
    if change is None:
        return f"{alike}; its weights cannot be compared here, so it may be the same model under another name"
    if change > VISIBLE:
        raise EngineError(
            f"checkpoint {checkpoint.name} was loaded without effect: {alike}, though its weights differ by "
            f"{change:.1%}; the engine passed them by. Merge an adapter into its base (merge_and_unload), or take "
            "another engine"
        )
    return f"{alike}: its weights differ by {change:.1e} at most, too little to show"


def relative_change(checkpoint: Checkpoint, base: Checkpoint) -> float | None:
    """By how much a checkpoint's matrices differ from its base's, relative to them, at most; None where unknown.

    Embeddings do not count: only the rows of the tokens that are asked would show.
    """
    if checkpoint.weights is None or base.weights is None:
        return None
    if checkpoint.adapter_base is not None and checkpoint.path is not None:
        adapter = read_adapter(checkpoint.path)
        changes = None if adapter is None else _adapter_changes(adapter, base.weights)
    else:
        changes = _weight_changes(weight_files(checkpoint.weights), weight_files(base.weights))
    return None if changes is None else max(changes, default=None)


def _same_tensors(checkpoint: Checkpoint, base: Checkpoint) -> bool:
    """Whether two checkpoints' full weights are equal, byte by byte, however they are spread over files."""
    if checkpoint.weights is None or base.weights is None or checkpoint.adapter_base is not None:
        return False
    own, other = (stored(weight_files(folder)) for folder in (checkpoint.weights, base.weights))
    return own.keys() == other.keys() and all(own[name].equals(other[name]) for name in own)


def _weight_changes(own: list[Path], other: list[Path]) -> Iterator[float] | None:
    names = stored_tensors(own).keys() & stored_tensors(other).keys()
    matrices = sorted(name for name in names if not name.endswith(EMBEDDINGS))
    if not matrices:
        return None
    return (_difference(tensor_slice(own, name), tensor_slice(other, name)) for name in matrices)


def _difference(own: Any, other: Any) -> float:
    if own.get_shape() != other.get_shape():
        return math.inf
    if not own.get_shape():
        return 0.0
    rows = own.get_shape()[0]
    places = range(0, rows, max(1, rows // _PLACES))
    pairs = [(own[at : at + _ROWS].double(), other[at : at + _ROWS].double()) for at in places]
    changed = math.sqrt(sum(float((one - two).square().sum()) for one, two in pairs))
    return changed / (math.sqrt(sum(float(two.square().sum()) for _, two in pairs)) or 1.0)


def _adapter_changes(adapter: Adapter, base: Path) -> Iterator[float] | None:
    """scale * |B A| / |W| of every module (Frobenius norms), where W is found under the module's name."""
    files = weight_files(base)
    there = stored_tensors(files)
    modules = [module for module in adapter.modules if f"{module}.weight" in there]
    if not modules:
        return None
    safetensors = importlib.import_module("safetensors")
    alpha, rank = float(adapter.config.get("lora_alpha") or 8), float(adapter.config.get("r") or 8)
    scale = alpha / (math.sqrt(rank) if adapter.config.get("use_rslora") else rank)

    def change(module: str) -> float:
        with safetensors.safe_open(str(adapter_files(adapter.folder)[0]), "pt") as file:
            name = f"{PREFIX}{module}.lora_"
            key = "{}.weight" if f"{name}A.weight" in file.keys() else "embedding_{}"  # noqa: SIM118 - no mapping
            down, up = (file.get_tensor(f"{name}{key.format(part)}").double() for part in "AB")
        product = math.sqrt(max(0.0, float(((up.T @ up) * (down @ down.T)).sum())))
        weight = tensor_slice(files, f"{module}.weight")
        return scale * product / (float(weight[:].double().norm()) or 1.0)

    return map(change, modules)
