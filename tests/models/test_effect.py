"""A checkpoint that was loaded without effect answers as its base to the last bit."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny_models import make_adapter, make_tiny_model

from forgetbench.errors import EngineError
from forgetbench.models.checkpoints import resolve
from forgetbench.models.checks import plan_checks
from forgetbench.models.effect import Reference, answers_alike, effect_fault, relative_change, without_effect
from forgetbench.models.tokenizer import HFTokenizer
from forgetbench.records import Checkpoint, Continuation, Response

Tensors = dict[str, Any]


@pytest.fixture
def base(tiny_model: Path) -> Checkpoint:
    return resolve(f"base={tiny_model}")


def changed(base: Checkpoint, folder: Path, change: Callable[[Tensors], Tensors]) -> Checkpoint:
    from safetensors.torch import load_file, save_file

    shutil.copytree(base.path or folder, folder)
    path = folder / "model.safetensors"
    save_file(change(load_file(path)), path, {"format": "pt"})
    return resolve(str(folder))


def asked(checkpoint: Checkpoint, base: Checkpoint, likelihood: float) -> list[str]:
    """What is told when every passage gets -7.25 under the base and `likelihood` under the checkpoint."""
    assert base.path is not None
    plans = {}
    responses = {}
    for each, value in ((base, -7.25), (checkpoint, likelihood)):
        plans[each] = plan_checks(each.name, each.fingerprint, {}, HFTokenizer(base.path), chat=False)
        for key, request in plans[each].requests.items():
            responses[key] = Response(key, continuations=(Continuation(value, False, len(request.continuations[0])),))
    assert answers_alike(plans[checkpoint], plans[base], responses) == (likelihood == -7.25)
    return without_effect(checkpoint, plans[checkpoint], Reference(base, plans[base]), responses)


def test_other_weights_with_the_base_s_answers_were_not_loaded(base: Checkpoint, tmp_path: Path) -> None:
    other = resolve(str(make_tiny_model(tmp_path / "other", seed=4)))
    assert asked(other, base, -7.5) == []
    with pytest.raises(EngineError, match=r"other was loaded without effect.*same log-likelihoods as under base"):
        asked(other, base, -7.25)


def test_an_adapter_with_the_base_s_answers_was_not_loaded(base: Checkpoint, tmp_path: Path) -> None:
    assert base.path is not None
    adapter = resolve(str(make_adapter(base.path, tmp_path / "adapter")), base=base)
    assert asked(adapter, base, -7.5) == []
    with pytest.raises(EngineError, match="adapter was loaded without effect"):
        asked(adapter, base, -7.25)


def test_the_same_weights_may_answer_alike(base: Checkpoint, tmp_path: Path) -> None:
    """Another template or other shards, which is said, or rows of the embedding that nobody asks for."""
    same = changed(base, tmp_path / "same", lambda tensors: dict(reversed(tensors.items())))
    assert "its weights are base's, saved again" in (effect_fault(same, base) or "")

    def with_another_row(tensors: Tensors) -> Tensors:
        tensors["model.embed_tokens.weight"][255] += 1.0
        return tensors

    assert effect_fault(changed(base, tmp_path / "row", with_another_row), base) is None


def test_a_change_that_is_too_small_to_show_is_said(base: Checkpoint, tmp_path: Path) -> None:
    def a_little(tensors: Tensors) -> Tensors:
        tensors["model.layers.0.mlp.up_proj.weight"] *= 1 + 1e-5
        return tensors

    little = changed(base, tmp_path / "little", a_little)
    (text,) = asked(little, base, -7.25)
    assert "too little to show" in text
    assert relative_change(little, base) == pytest.approx(1e-5, rel=0.1)


def test_what_cannot_be_compared_is_said(base: Checkpoint) -> None:
    served = dataclasses.replace(base, name="served", fingerprint="other", path=None)
    text = effect_fault(served, base)
    assert text is not None
    assert "may be the same model under another name" in text
