"""Architectures that differ in what an engine must get right, each scored as transformers scores it.

`tests/benchmarks/architectures.py` measures all that tiny_families.py makes; here are one of each kind.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from scored_families import agreement, made
from tiny_families import FAMILIES

from forgetbench.engines.base import EngineOptions
from forgetbench.engines.transformers import TransformersEngine
from forgetbench.engines.vllm.engine import VllmEngine

pytestmark = [pytest.mark.real, pytest.mark.filterwarnings("default")]


@pytest.fixture(scope="module")
def engine() -> Iterator[VllmEngine]:
    engine = VllmEngine(EngineOptions("vllm", dtype="float32"))
    yield engine
    engine.close()


@pytest.mark.parametrize("family", ["mistral", "gemma3_text", "mixtral", "granitemoehybrid", "lfm2"])
def test_scores_are_those_of_transformers(family: str, engine: VllmEngine, tmp_path: Path) -> None:
    """Sliding windows shorter than the prompts, experts, and two hybrids; by probes and whole."""
    reference = TransformersEngine(EngineOptions("transformers", dtype="float32"))
    found = agreement(*made(family, tmp_path / family), engine, reference)
    assert found.probes < 1e-3 and found.whole < 1e-3
    assert found.spread > 0.3 and found.greedy
    assert found.cached == (not FAMILIES[family].note.startswith("hybrid"))
