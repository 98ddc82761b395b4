"""How far each tensor of a fine-tuned checkpoint lies from its base's."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import nan
from pathlib import Path
from typing import TYPE_CHECKING, Final

from forgetbench.diagnosis.drift.low_rank import LowRank, low_rank_changes
from forgetbench.diagnosis.drift.spectrum import effective_rank, intruder_dimensions
from forgetbench.errors import CheckpointError, listed
from forgetbench.models.arrival import CONSTANTS, EMBEDDINGS, HEADS
from forgetbench.models.checkpoints import is_adapter
from forgetbench.models.tensors import StoredTensor, stored
from forgetbench.models.weights import weight_files

if TYPE_CHECKING:
    import torch

_PLACE: Final = re.compile(r"(?:^|\.)(?:layers|h|blocks|block)\.(\d+)\.(.+)$")


@dataclass(frozen=True, slots=True)
class TensorDrift:
    """One tensor, W before and W' after."""

    name: str
    """The base's."""
    layer: int | None
    """None outside of the layers: embeddings, the last norm, the head."""
    module: str
    """What it is called in every layer: 'self_attn.q_proj'."""
    shape: tuple[int, ...]
    """Of what was compared."""
    norm: float
    """Frobenius norm of W."""
    change: float
    """Frobenius norm of W' - W."""
    effective_rank: float = nan
    """Of W' - W; NaN where it was not asked for, or is no matrix."""
    n_intruders: int | None = None
    """Intruder dimensions of W'; None where it was not asked for, or is no matrix."""

    @property
    def relative(self) -> float:
        """||W' - W|| / ||W||; NaN where W is 0."""
        return self.change / self.norm if self.norm else nan


@dataclass(frozen=True, slots=True)
class WeightDrift:
    """All tensors that two checkpoints share."""

    tensors: tuple[TensorDrift, ...]
    notes: tuple[str, ...] = ()
    """What is not compared in full, and why."""

    @property
    def relative(self) -> float:
        """||theta' - theta|| / ||theta|| of all of them together."""
        return _relative(self.tensors)

    @property
    def by_layer(self) -> dict[int, float]:
        """The same of each layer, in order."""
        layers: dict[int, list[TensorDrift]] = defaultdict(list)
        for tensor in self.tensors:
            if tensor.layer is not None:
                layers[tensor.layer].append(tensor)
        return {layer: _relative(layers[layer]) for layer in sorted(layers)}

    @property
    def by_place(self) -> dict[tuple[int | None, str], float]:
        """The same of each layer's modules: weight and bias together."""
        places: dict[tuple[int | None, str], list[TensorDrift]] = defaultdict(list)
        for tensor in self.tensors:
            places[tensor.layer, tensor.module].append(tensor)
        return {place: _relative(members) for place, members in places.items()}


def weight_drift(base: Path, candidate: Path, *, spectra: int = 0) -> WeightDrift:
    """Compare the weights in two folders, tensor by tensor; `candidate` may be a LoRA adapter on `base`.

    `spectra`: of so many matrices, those that moved most, also the effective rank of the change and the intruder
    dimensions, which take two decompositions of each; a LoRA's effective rank costs nothing and is always told.
    A head that is tied on one side is compared with that side's embedding, and of a vocabulary that grew or shrank the
    rows that both have. Memory: two blocks of 8 MiB, or with `spectra` a few times the largest of those matrices.

    Raises CheckpointError where a tensor is missing or has another shape, and where the files cannot be read so.
    """
    if is_adapter(candidate):
        return _adapter_drift(base, candidate, spectra)
    before, after = stored(weight_files(base)), stored(weight_files(candidate))
    pairs, notes = _paired(base, candidate, before, after)
    drift = [_compare(*pair) for pair in pairs]
    there = {name: (one, other) for name, one, other in pairs}

    def deeper(tensor: TensorDrift) -> TensorDrift:
        one, other = (side.whole() for side in there[tensor.name])
        return _with_spectrum(tensor, one, other)

    return WeightDrift(tuple(_deepened(drift, spectra, deeper)), notes)


# --- full weights -----------------------------------------------------------------------------


def _paired(
    base: Path, candidate: Path, before: Mapping[str, StoredTensor], after: Mapping[str, StoredTensor]
) -> tuple[list[tuple[str, StoredTensor, StoredTensor]], tuple[str, ...]]:
    """The tensors of both sides, by the base's names, and what is told of those that are not quite alike."""
    missing = [name for name in before if _found(name, after) is None and not CONSTANTS.search(name)]
    if missing:
        raise CheckpointError(
            f"checkpoint {candidate} lacks {len(missing)} of {len(before)} tensors of {base} ({listed(missing, 2)}): "
            "these are not two states of one model"
        )
    notes, pairs = [], []
    for name, one in before.items():
        if (other := _found(name, after)) is None:
            continue
        if one.shape != other.shape:
            notes.append(_resized(candidate, one, other))
        pairs.append((name, one, other))
    untied = [name for name in after if name.endswith(HEADS) and name not in before]
    pairs += [(name, shared, after[name]) for name in untied if (shared := _embedding(before)) is not None]
    added = [name for name in after if name not in before and name not in untied and not CONSTANTS.search(name)]
    if added:
        notes.append(f"the base has no counterpart of {len(added)} tensors ({listed(added, 2)}); they are left out")
    return pairs, tuple(notes)


def _found(name: str, tensors: Mapping[str, StoredTensor]) -> StoredTensor | None:
    """The tensor of that name; for a head that is tied to the embedding, that."""
    if name in tensors or not name.endswith(HEADS):
        return tensors.get(name)
    return _embedding(tensors)


def _embedding(tensors: Mapping[str, StoredTensor]) -> StoredTensor | None:
    return next((tensor for name, tensor in tensors.items() if name.endswith(EMBEDDINGS)), None)


def _resized(candidate: Path, one: StoredTensor, other: StoredTensor) -> str:
    if not one.name.endswith((*EMBEDDINGS, *HEADS)) or len(one.shape) != 2 or one.row != other.row:
        raise CheckpointError(
            f"checkpoint {candidate}: {one.name} is {list(other.shape)}, in the base {list(one.shape)}: these are not "
            "two states of one model"
        )
    return f"{one.name}: {one.n_rows:,} rows before and {other.n_rows:,} after; those that both have are compared"


def _compare(name: str, one: StoredTensor, other: StoredTensor) -> TensorDrift:
    rows = min(one.n_rows, other.n_rows)
    norm = change = 0.0
    for before, after in zip(one.blocks(rows), other.blocks(rows), strict=True):
        norm += _squares(before)
        change += _squares(after.sub_(before))
    layer, module = _place(name)
    shape = (rows, *one.row) if one.shape else ()
    return TensorDrift(name, layer, module, shape, math.sqrt(norm), math.sqrt(change))


# --- adapters ---------------------------------------------------------------------------------


def _adapter_drift(base: Path, adapter: Path, spectra: int) -> WeightDrift:
    before = stored(weight_files(base))
    changes = {_name(module, before, adapter): change for module, change in low_rank_changes(adapter).items()}
    drift = [_of_low_rank(before[name], change) for name, change in changes.items()]

    def deeper(tensor: TensorDrift) -> TensorDrift:
        one, change = before[tensor.name].whole(), changes[tensor.name].product()
        # Of an embedding, and where weights are kept transposed (GPT-2's), the product is the other way round.
        return _with_spectrum(tensor, one, one + (change if change.shape == one.shape else change.T))

    untouched = len(before) - len(changes)
    notes = (f"{untouched} of {len(before)} tensors are not adapted, and as they were",) if untouched else ()
    return WeightDrift(tuple(_deepened(drift, spectra, deeper)), notes)


def _name(module: str, before: Mapping[str, StoredTensor], adapter: Path) -> str:
    """The base's name of an adapted module's weight; libraries differ in what stands in front of it."""
    names = [f"{module}.weight", module]
    found = next((name for name in names if name in before), None)
    found = found or next(
        (name for name in before if f".{names[0]}".endswith(f".{name}") or f".{name}".endswith(f".{names[0]}")), None
    )
    if found is None:
        raise CheckpointError(f"adapter {adapter}: adapts {module}, which its base does not have; give its own base")
    return found


def _of_low_rank(one: StoredTensor, change: LowRank) -> TensorDrift:
    norm = sum(map(_squares, one.blocks(one.n_rows)))
    values = change.singular_values().double()
    layer, module = _place(one.name)
    moved = float(values.square().sum())
    return TensorDrift(
        one.name, layer, module, one.shape, math.sqrt(norm), math.sqrt(moved), effective_rank=effective_rank(values)
    )


# --- both -------------------------------------------------------------------------------------


def _deepened(
    drift: Sequence[TensorDrift], spectra: int, deeper: Callable[[TensorDrift], TensorDrift]
) -> Iterator[TensorDrift]:
    """All of them, the matrices of layers that moved most with their spectrum."""
    inside = [tensor for tensor in drift if len(tensor.shape) == 2 and tensor.layer is not None and tensor.change > 0.0]
    most = {tensor.name for tensor in sorted(inside, key=lambda tensor: -tensor.relative)[:spectra]}
    for tensor in drift:
        yield deeper(tensor) if tensor.name in most else tensor


def _with_spectrum(tensor: TensorDrift, before: torch.Tensor, after: torch.Tensor) -> TensorDrift:
    import torch

    rank = effective_rank(torch.linalg.svdvals(after - before))
    return replace(tensor, effective_rank=rank, n_intruders=intruder_dimensions(before, after))


def _squares(block: torch.Tensor) -> float:
    """The sum of a block's squares: in float32 along a row, where that is exact enough, then in float64."""
    import torch

    norms = torch.linalg.vector_norm(block.reshape(len(block), -1), dim=1)
    return float(norms.double().square().sum())


def _place(name: str) -> tuple[int | None, str]:
    bare = name.removesuffix(".weight").removesuffix(".bias")
    match = _PLACE.search(bare)
    return (int(match[1]), match[2]) if match else (None, bare)


def _relative(tensors: Sequence[TensorDrift]) -> float:
    norm, change = (math.hypot(*(getattr(tensor, side) for tensor in tensors)) for side in ("norm", "change"))
    return change / norm if norm else nan
