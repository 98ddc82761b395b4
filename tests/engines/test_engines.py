"""The engine protocol's parts that need no running engine."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pydantic
import pytest

from forgetbench.engines.base import EngineOptions, engine_errors
from forgetbench.engines.scripted import ScriptedEngine, scripted_checkpoint
from forgetbench.engines.transformers import TransformersEngine
from forgetbench.engines.vllm.engine import _architecture
from forgetbench.engines.vllm.environment import core_ranges, refusals
from forgetbench.errors import EngineError
from forgetbench.fingerprint import make_request
from forgetbench.records import Sampling


def test_a_folder_saved_by_a_trainer_has_the_architecture_it_started_from(tiny_model: Path, tmp_path: Path) -> None:
    """Its config.json may spell out defaults, or leave them out: the weights can be swapped in place."""
    other = Path(shutil.copytree(tiny_model, tmp_path / "other"))
    config = json.loads((other / "config.json").read_text())
    for name in ("attention_dropout", "initializer_range", "pretraining_tp", "transformers_version"):
        config.pop(name, None)
    (other / "config.json").write_text(json.dumps(config))
    assert _architecture(other, False) == _architecture(tiny_model, False)
    for change in ({"rms_norm_eps": 0.1}, {"num_attention_heads": 8}):
        (other / "config.json").write_text(json.dumps({**config, **change}))
        assert _architecture(other, False) != _architecture(tiny_model, False)


def test_core_ranges() -> None:
    assert core_ranges([0, 1, 2, 5]) == "0-2,5-5"


def test_a_refusal_of_vllm_is_one_sentence() -> None:
    """What vLLM 0.32 says of a quantisation that it does not have, as pydantic hands it on."""

    class ModelConfig(pydantic.BaseModel):
        quantization: str

        @pydantic.field_validator("quantization")
        @classmethod
        def check(cls, method: str) -> str:
            raise ValueError(f"Unknown quantization method: {method}. Must be one of ['awq', 'fp8'].")

    with pytest.raises(EngineError) as caught, engine_errors("vLLM cannot load m", Path("engine.log")), refusals():
        ModelConfig(quantization="hqq")
    assert str(caught.value) == (
        "vLLM cannot load m: ValueError: Unknown quantization method: hqq; its log is engine.log"
    )


def test_the_same_word_answers_the_same() -> None:
    sampling = Sampling(8, temperature=1.0, n=3, seed=1)
    answers = []
    for word in ("a", "a", "b"):
        engine, checkpoint = ScriptedEngine(), scripted_checkpoint(word)
        engine.load([checkpoint])
        requests = [make_request(checkpoint.fingerprint, {}, (n,), sampling=sampling) for n in range(20)]
        answers.append([response.samples for response in engine.generate(requests)])
    assert answers[0] == answers[1] != answers[2]
    assert {len(samples) for samples in answers[0]} == {3}


def test_the_same_word_is_the_same_scripted_checkpoint() -> None:
    assert scripted_checkpoint("x=a").fingerprint == scripted_checkpoint("a").fingerprint
    assert scripted_checkpoint("a").fingerprint != scripted_checkpoint("b").fingerprint
    assert scripted_checkpoint("a").fingerprint != scripted_checkpoint("a@v2").fingerprint


def test_what_is_loaded() -> None:
    engine = ScriptedEngine()
    assert engine.loaded == ()
    engine.load([scripted_checkpoint("a"), scripted_checkpoint("b")])
    assert [checkpoint.name for checkpoint in engine.loaded] == ["a", "b"]
    engine.close()
    assert engine.loaded == ()


def test_a_word_is_no_checkpoint_for_an_engine_that_loads_weights() -> None:
    with pytest.raises(EngineError, match="checkpoint a has no folder, and this engine loads weights from one"):
        TransformersEngine(EngineOptions("transformers")).load([scripted_checkpoint("a")])
