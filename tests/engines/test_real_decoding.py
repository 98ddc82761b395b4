"""Two engines, one answer: vLLM and transformers decode alike in float32, whatever a folder's own defaults say."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tiny_models import make_adapter, make_broken, make_tiny_model

from forgetbench.engines.base import EngineOptions
from forgetbench.engines.registry import make_engine
from forgetbench.fingerprint import make_request
from forgetbench.models.checkpoints import resolve
from forgetbench.records import Checkpoint, Request, Response, Sample, Sampling
from forgetbench.storage.admission import NOT_FINITE, NOT_FINITE_LOGITS, admitted


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """vLLM's CPU kernels take no heads of fewer than 32."""
    return make_tiny_model(tmp_path_factory.mktemp("decoding") / "tiny", hidden_size=128)


pytestmark = [pytest.mark.real, pytest.mark.filterwarnings("default")]

PROMPTS = tuple((0, *range(start, start + 12)) for start in range(10, 90, 10))


def asked(checkpoint: Checkpoint, *stop: str) -> list[Request]:
    greedy = Sampling(24, stop=stop)
    return [make_request(checkpoint.fingerprint, {}, prompt, sampling=greedy) for prompt in PROMPTS]


def whole(sample: Sample) -> Sample:
    """Without a character that the limit cut: of that transformers writes a mark, and vLLM nothing."""
    return replace(sample, text=sample.text.rstrip("\ufffd"))


def answers(name: str, checkpoints: list[Checkpoint], tmp_path: Path) -> list[tuple[str | None, tuple[object, ...]]]:
    """What one engine says for each checkpoint, one after the other, to plain prompts and with a stop text."""
    engine = make_engine(EngineOptions(name, dtype="float32"), checkpoints)
    said: list[tuple[str | None, tuple[object, ...]]] = []
    for checkpoint in checkpoints:
        engine.load([checkpoint], tmp_path / "engine.log")
        for requests in (asked(checkpoint), asked(checkpoint, "e")):
            by_key = {response.key: response for response in engine.generate(requests)}
            said += [(by_key[item.key].refusal, tuple(map(whole, by_key[item.key].samples))) for item in requests]
    engine.close()
    return said


def test_a_folder_s_defaults_change_neither_engine_s_answers(model: Path, tmp_path: Path) -> None:
    """Checkpoints of one architecture, swapped in one vLLM: defaults and end tokens are each one's own."""
    folders = [model]
    for number, defaults in enumerate(
        ({"repetition_penalty": 5.0, "min_p": 0.5, "top_k": 1, "max_new_tokens": 2}, {"eos_token_id": [1, 60, 61]})
    ):
        folder = Path(shutil.copytree(model, tmp_path / f"set{number}"))
        path = folder / "generation_config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **defaults}))
        folders.append(folder)
    # An adapter whose tokenizer ends its answers with another token than its base's.
    adapter = make_adapter(model, tmp_path / "lora")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(model / name, adapter / name)
    config = json.loads((adapter / "tokenizer_config.json").read_text())
    (adapter / "tokenizer_config.json").write_text(json.dumps({**config, "eos_token": "a"}))
    checkpoints = [resolve(str(folder)) for folder in (*folders, adapter)]

    vllm = answers("vllm", checkpoints, tmp_path)
    transformers = answers("transformers", checkpoints, tmp_path)
    assert vllm == transformers
    each = 2 * len(PROMPTS)
    assert vllm[:each] == vllm[each : 2 * each], "defaults change nothing"
    assert vllm[:each] != vllm[2 * each : 3 * each], "an end token does"


def test_numbers_that_are_none_are_no_answers(model: Path, tmp_path: Path) -> None:
    checkpoint = resolve(str(make_broken(model, tmp_path / "spoiled")))
    score = make_request(checkpoint.fingerprint, {}, PROMPTS[0], ((20,), (21, 22)))
    for name in ("vllm", "transformers"):
        engine = make_engine(EngineOptions(name, dtype="float32"), [checkpoint])
        engine.load([checkpoint], tmp_path / "engine.log")
        said: list[Response] = [*map(admitted, engine.score([score])), *engine.generate(asked(checkpoint))]
        engine.close()
        assert [response.refusal for response in said] == [NOT_FINITE] + [NOT_FINITE_LOGITS] * len(PROMPTS)
