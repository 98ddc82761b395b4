"""Where in the network the weights moved: a description that helps to choose what to freeze, and no verdict."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan, nan
from typing import Final

from forgetbench.diagnosis.drift import WeightDrift
from forgetbench.diagnosis.findings import Finding, Measure

_EXAMPLES: Final = 5


def weight_findings(drift: WeightDrift) -> Iterator[Finding]:
    """How far the weights lie from the base's, and the modules that moved most."""
    places = {place: value for place, value in drift.by_place.items() if not isnan(value)}
    most = sorted(places, key=lambda place: -places[place])[:_EXAMPLES]
    ranks = [tensor.effective_rank for tensor in drift.tensors if not isnan(tensor.effective_rank)]
    intruders = [tensor.n_intruders for tensor in drift.tensors if tensor.n_intruders is not None]
    measures = (
        Measure("relative", drift.relative),
        Measure("most_in_a_layer", max(drift.by_layer.values(), default=nan)),
        Measure("effective_rank", sum(ranks) / len(ranks) if ranks else nan),
        Measure("intruders", float(sum(intruders)) if intruders else nan),
    )
    yield Finding(
        "far_weights",
        "open",
        tuple(measure for measure in measures if not isnan(measure.value)),
        examples=tuple(module if layer is None else f"{module} {layer}" for layer, module in most),
    )
