"""How far the weights of each layer's modules moved: what is kept of a drift, and suffices to draw it."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from forgetbench.diagnosis.drift import TensorDrift, WeightDrift

_NUMBER: Final = re.compile(r"\.\d+(?=\.|$)")


@dataclass(frozen=True, slots=True)
class PlaceDrift:
    """The weights of one module of one layer, weight and bias together."""

    layer: int | None
    """None outside of the layers: embeddings, the last norm, the head."""
    module: str
    """What it is called in every layer, 'self_attn.q_proj'; experts count as one: 'mlp.experts.*.up_proj'."""
    norm: float = nan
    """Frobenius norm of what was compared, before."""
    change: float = nan
    """Frobenius norm of the difference."""

    @property
    def relative(self) -> float:
        """||W' - W|| / ||W||; NaN where W is 0."""
        return self.change / self.norm if self.norm else nan


@dataclass(frozen=True, slots=True)
class DriftMap:
    """A drift by place, in the order of the base's tensors."""

    places: tuple[PlaceDrift, ...]
    notes: tuple[str, ...] = ()
    """What is not compared in full, and why: a resized vocabulary, tensors without counterpart."""


def drift_map(drift: WeightDrift) -> DriftMap:
    """A few numbers for each layer and module of all that was measured."""
    places: dict[tuple[int | None, str], list[TensorDrift]] = defaultdict(list)
    for tensor in drift.tensors:
        places[tensor.layer, _NUMBER.sub(".*", tensor.module)].append(tensor)
    return DriftMap(
        tuple(
            PlaceDrift(
                layer,
                module,
                norm=math.hypot(*(tensor.norm for tensor in members)),
                change=math.hypot(*(tensor.change for tensor in members)),
            )
            for (layer, module), members in places.items()
        ),
        drift.notes,
    )
