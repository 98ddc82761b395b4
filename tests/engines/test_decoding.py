"""Only the task decides how an answer is decoded; what a folder sets by itself changes nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from tiny_models import make_adapter, make_broken

from forgetbench.engines.base import EngineOptions
from forgetbench.engines.transformers import TransformersEngine
from forgetbench.fingerprint import make_request
from forgetbench.models.checkpoints import resolve
from forgetbench.models.folder_defaults import end_tokens, generation_defaults
from forgetbench.models.tokenizer import HFTokenizer
from forgetbench.records import Request, Response, Sampling
from forgetbench.storage.admission import NOT_FINITE_LOGITS

FOLDER_DEFAULTS: dict[str, Any] = {
    "repetition_penalty": 5.0, "no_repeat_ngram_size": 1, "suppress_tokens": list(range(40, 70)), "min_p": 0.9,
    "temperature": 0.01, "do_sample": True, "top_k": 1, "top_p": 0.1, "num_beams": 3, "max_length": 4,
    "max_new_tokens": 2, "forced_bos_token_id": 77, "forced_eos_token_id": 1, "bad_words_ids": [[50], [51]],
    "length_penalty": 2.0, "exponential_decay_length_penalty": [1, 2.0], "begin_suppress_tokens": [60],
    "typical_p": 0.2,
    "min_new_tokens": 9, "encoder_repetition_penalty": 2.0, "renormalize_logits": True,
}  # fmt: skip
GREEDY = Sampling(24)
DRAWN = Sampling(24, temperature=0.8, top_p=0.9, n=2, seed=3)


def with_defaults(model: Path, folder: Path, **defaults: Any) -> Path:
    """A copy whose generation_config.json says more."""
    shutil.copytree(model, folder)
    path = folder / "generation_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **defaults}))
    return folder


def requests(fingerprint: str, *samplings: Sampling) -> list[Request]:
    prompts = ((5, 9, 40), (0, 70, 71, 72, 73))
    return [make_request(fingerprint, {}, prompt, sampling=how) for how in samplings for prompt in prompts]


def answers(folder: Path, *samplings: Sampling) -> list[Response]:
    engine = TransformersEngine(EngineOptions("transformers", dtype="float32"))
    engine.load([resolve(str(folder))])
    return list(engine.generate(requests("f", *samplings)))


@pytest.mark.parametrize("name", FOLDER_DEFAULTS)
def test_each_default_alone_is_read_by_transformers_itself(tiny_model: Path, tmp_path: Path, name: str) -> None:
    """Or the next test would show nothing."""
    folder = with_defaults(tiny_model, tmp_path / "set", **{name: FOLDER_DEFAULTS[name]})
    assert getattr(generation_defaults(folder), name) == FOLDER_DEFAULTS[name]


def test_a_folder_s_defaults_change_no_answer(tiny_model: Path, tmp_path: Path) -> None:
    folder = with_defaults(tiny_model, tmp_path / "set", **FOLDER_DEFAULTS)
    assert answers(folder, GREEDY, DRAWN) == answers(tiny_model, GREEDY, DRAWN)


def test_nor_the_answers_of_an_adapter(tiny_model: Path, tmp_path: Path) -> None:
    folders = {name: tmp_path / name for name in ("plain", "set")}
    shutil.copytree(tiny_model, folders["plain"])
    with_defaults(tiny_model, folders["set"], **FOLDER_DEFAULTS)
    said = [answers(make_adapter(base, tmp_path / f"{name}-lora"), GREEDY) for name, base in folders.items()]
    assert said[0] == said[1] != answers(tiny_model, GREEDY)


def test_the_model_keeps_its_defaults(tiny_model: Path, tmp_path: Path) -> None:
    """It may be one in training, which goes on afterwards."""
    engine = TransformersEngine(EngineOptions("transformers", dtype="float32"))
    engine.load([resolve(str(with_defaults(tiny_model, tmp_path / "set", repetition_penalty=1.5)))])
    list(engine.generate(requests("f", GREEDY)))
    assert engine._model.generation_config.repetition_penalty == 1.5


# --- the end of an answer ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("declared", "ends"), [(1, (1,)), ([7, 9], (1, 7, 9)), (None, (1,))], ids=["one", "several", "none"]
)
def test_what_ends_an_answer(tiny_model: Path, tmp_path: Path, declared: object, ends: tuple[int, ...]) -> None:
    folder = with_defaults(tiny_model, tmp_path / "ends", eos_token_id=declared)
    assert end_tokens(generation_defaults(folder), HFTokenizer(folder).hf) == ends


def test_without_a_generation_config_the_config_tells(tiny_model: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_model, tmp_path / "ends"))
    (folder / "generation_config.json").unlink()
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "eos_token_id": [1, 8]}))
    assert end_tokens(generation_defaults(folder), HFTokenizer(folder).hf) == (1, 8)


def test_an_answer_ends_at_any_of_them(tiny_model: Path, tmp_path: Path) -> None:
    (first, _) = answers(tiny_model, GREEDY)
    engine = TransformersEngine(EngineOptions("transformers", dtype="float32"))
    engine.load([resolve(str(tiny_model))])
    tokens = engine._tokenizer.encode(first.samples[0].text, add_special_tokens=False)
    end = next(token for token in tokens if token > 1)
    folder = with_defaults(tiny_model, tmp_path / "ends", eos_token_id=[1, end])
    (cut, _) = answers(folder, GREEDY)
    assert cut.samples[0].finish_reason == "stop"
    assert cut.samples[0].n_tokens <= tokens.index(end) + 1


# --- logits that are no numbers ---------------------------------------------------------------


@pytest.mark.parametrize("how", [GREEDY, DRAWN], ids=["greedy", "drawn"])
def test_a_text_of_nan_is_no_answer(tiny_model: Path, tmp_path: Path, how: Sampling) -> None:
    said = answers(make_broken(tiny_model, tmp_path / "spoiled"), how)
    assert [(response.refusal, response.samples) for response in said] == [(NOT_FINITE_LOGITS, ())] * 2
