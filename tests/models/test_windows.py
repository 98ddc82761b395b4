"""The window of any architecture, whatever its configuration calls it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tiny_families import FAMILIES, make_family

from forgetbench.engines.base import EngineOptions
from forgetbench.engines.transformers import TransformersEngine
from forgetbench.errors import InputError
from forgetbench.models.checkpoints import resolve
from forgetbench.models.windows import window_of


@pytest.mark.parametrize("name", FAMILIES)
def test_families(name: str, tmp_path: Path) -> None:
    make_family(name, tmp_path)
    assert window_of(tmp_path) == (None if name.startswith(("mamba", "bloom")) else 512)


@pytest.mark.parametrize(
    ("config", "window"),
    [
        ({"model_type": "gpt2", "n_positions": 300, "n_ctx": 300}, 300),
        ({"model_type": "gpt2"}, 1024),
        ({"model_type": "mpt", "max_seq_len": 700}, 700),
        ({"model_type": "one_of_tomorrow", "max_sequence_length": 900}, 900),
        ({"model_type": "one_of_tomorrow", "text_config": {"n_ctx": 64}}, 64),
        ({"model_type": "one_of_tomorrow"}, None),
        ({"model_type": "mamba"}, None),
        (
            {"model_type": "llama", "max_position_embeddings": 100, "rope_scaling": {"type": "linear", "factor": 4.0}},
            400,
        ),
        (
            {
                "model_type": "llama", "max_position_embeddings": 400,
                "rope_scaling": {
                    "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 100, "rope_theta": 1e4,
                },
            },
            400,
        ),
        ({"model_type": "gemma3", "text_config": {"max_position_embeddings": 512}}, 512),
    ],
)  # fmt: skip
def test_configurations(config: dict[str, object], window: int | None, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert window_of(tmp_path) == window


def test_the_cap_is_an_option(tiny_model: Path, tmp_path: Path) -> None:
    checkpoint = resolve(str(tiny_model))
    for cap, longest in ((8192, 512), (100, 100)):
        engine = TransformersEngine(EngineOptions("transformers", max_model_len=cap))
        assert engine.max_length(checkpoint) == longest
    mamba = resolve(str(make_family("mamba", tmp_path)))
    assert TransformersEngine().max_length(mamba) == 8192
    with pytest.raises(InputError, match="--max-model-len 0: must be at least 1"):
        EngineOptions(max_model_len=0)
