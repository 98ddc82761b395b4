"""An adapter that would change nothing, or something else, is refused before it is loaded; a sound one never is."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny_families import make_family

from forgetbench.engines.base import EngineOptions
from forgetbench.engines.transformers import TransformersEngine
from forgetbench.engines.vllm.engine import VllmEngine
from forgetbench.errors import CheckpointError
from forgetbench.models.adapters import check_adapter
from forgetbench.models.checkpoints import resolve, weight_findings

Tensors = dict[str, Any]
Make = Callable[..., Path]


@pytest.fixture
def make(tiny_model: Path, tmp_path: Path) -> Make:
    """`make(**settings)`: a trained adapter on the tiny model, or on `base`, of peft.LoraConfig's settings."""

    def made(base: Path = tiny_model, *, trained: bool = True, rows: int | None = None, **settings: Any) -> Path:
        import peft
        import torch
        import transformers

        torch.manual_seed(3)
        network = transformers.AutoModelForCausalLM.from_pretrained(base)
        if rows:
            network.resize_token_embeddings(rows, mean_resizing=False)
        wanted = {"r": 4, "target_modules": ["q_proj", "v_proj"], "task_type": "CAUSAL_LM"} | settings
        adapted = peft.get_peft_model(network, peft.LoraConfig(**wanted))
        for name, parameter in adapted.named_parameters() if trained else ():
            if parameter.requires_grad and "lora_magnitude" not in name:
                torch.nn.init.normal_(parameter, std=0.3)
        folder = tmp_path / "adapter"
        adapted.save_pretrained(folder, save_embedding_layers=bool(rows))
        configure(folder, base_model_name_or_path=str(base))
        return folder

    return made


def rewrite(folder: Path, change: Callable[[Tensors], Tensors]) -> None:
    from safetensors.torch import load_file, save_file

    path = folder / "adapter_model.safetensors"
    save_file(change(load_file(path)), path, {"format": "pt"})


def renamed(old: str, new: str) -> Callable[[Tensors], Tensors]:
    return lambda tensors: {key.replace(old, new): tensors[key] for key in tensors}


def configure(folder: Path, **settings: object) -> None:
    path = folder / "adapter_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **settings}))


def refused(folder: Path, match: str, engine: type = TransformersEngine) -> None:
    with pytest.raises(CheckpointError, match=match):
        engine.resolve(str(folder), EngineOptions())  # type: ignore[attr-defined]


# --- sound ones -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"use_rslora": True},
        {"use_dora": True},
        {"target_modules": "all-linear"},
        {"target_modules": r".*\.0\.self_attn\.[qk]_proj"},
        {"layers_to_transform": [1]},
        {"target_modules": ["q_proj", "no_such_proj"]},
        {"rank_pattern": {"v_proj": 2}, "alpha_pattern": {"v_proj": 16}},
        {"modules_to_save": ["lm_head"]},
        {"modules_to_save": ["embed_tokens", "lm_head"]},
        {"target_modules": ["q_proj", "embed_tokens"]},
        {"target_modules": ["q_proj", "lm_head"]},
        {"bias": "lora_only"},
        {"exclude_modules": ["layers.0.self_attn.q_proj"]},
    ],
    ids=str,
)  # fmt: skip
def test_every_kind_hits_its_base(make: Make, settings: dict[str, Any]) -> None:
    folder = make(**settings)
    checkpoint = TransformersEngine.resolve(str(folder), EngineOptions("transformers"))
    finding = check_adapter(folder, checkpoint.weights or folder)
    assert finding.ok
    assert "hit" in finding.text


@pytest.mark.parametrize(
    ("family", "targets"),
    [
        ("gpt2", ["c_attn", "c_proj"]),
        ("gpt_neox", ["query_key_value"]),
        ("phi3", ["qkv_proj", "gate_up_proj"]),
        ("qwen3_moe", ["q_proj", "o_proj"]),
        ("gemma3_text", "all-linear"),
        ("mamba", ["in_proj", "x_proj"]),
    ],
)
def test_on_every_architecture(make: Make, family: str, targets: Any, tmp_path: Path) -> None:
    base = make_family(family, tmp_path / "base")
    folder = make(base, target_modules=targets, fan_in_fan_out=family == "gpt2")
    assert check_adapter(folder, base).ok


# --- broken ones ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("base_model.model.", "base_model.model._orig_mod.", r"8 of 8 keys carry the part '_orig_mod\.'"),
        ("base_model.", "_orig_mod.base_model.", r"'_orig_mod\.' of torch\.compile in front \(_orig_mod\.base_model"),
        ("base_model.model.", "base_model.model.module.", "DistributedDataParallel"),
        ("base_model.model.", "base_model.model.base_model.model.", "of PEFT .*rename them"),
        (".self_attn.", "._checkpoint_wrapped_module.self_attn.", "activation checkpointing"),
        (".layers.", "._fsdp_wrapped_module.layers.", "FSDP"),
        ("base_model.model.", "", r"do not begin with 'base_model\.model\.'"),
        ("base_model.model.model.", "base_model.model.", r"LlamaForCausalLM calls it model\.layers"),
        (".self_attn.", ".attention.", "trained on another model"),
        ("lora_A.weight", "lora_A.default.weight", r"lora_A\.default\.weight\) are none that PEFT reads"),
        ("lora_A", "lora_a", "are none that PEFT reads"),
        ("layers.1.", "layers.7.", "would have no effect"),
    ],
)  # fmt: skip
def test_keys_that_match_nothing(make: Make, old: str, new: str, words: str) -> None:
    folder = make()
    rewrite(folder, renamed(old, new))
    refused(folder, words)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("base_model.", "actor.base_model."),
        ("base_model.", "module.base_model."),
        ("base_model.model.", "base_model.model.pretrained_model."),
        ("base_model.model.", "policy."),
    ],
)
def test_any_prefix_and_the_way_out(make: Make, tiny_model: Path, old: str, new: str) -> None:
    folder = make()
    rewrite(folder, renamed(old, new))
    with pytest.raises(CheckpointError, match="would have no effect") as caught:
        check_adapter(folder, tiny_model)
    with contextlib.chdir(folder):
        exec(f"from safetensors{str(caught.value).partition('from safetensors')[2]}", {})
    assert check_adapter(folder, tiny_model).ok


@pytest.mark.parametrize("declared", [None, ""])
def test_an_adapter_that_names_no_base_is_told(make: Make, tiny_model: Path, declared: str | None) -> None:
    folder = make()
    base = resolve(str(tiny_model))
    assert all(item.ok for item in weight_findings(resolve(str(folder), base=base), tiny_model))
    configure(folder, base_model_name_or_path=declared)
    (found,) = (item for item in weight_findings(resolve(str(folder), base=base), tiny_model) if item.ok is False)
    assert "names no base (base_model_name_or_path is empty)" in found.text


@pytest.mark.parametrize(
    ("settings", "changes", "words"),
    [
        ({}, {"use_dora": True}, "holds no magnitudes, so the base's would be taken"),
        ({"use_dora": True}, {"use_dora": False}, "holds 4 magnitudes of DoRA"),
        ({}, {"modules_to_save": ["lm_head"]}, "modules_to_save names lm_head, of which it holds no tensors"),
        ({}, {"target_modules": ["q_proj"]}, r"2 of the 4 modules .*v_proj.* are none that its adapter_config"),
        ({}, {"layers_to_transform": [0]}, r"2 of the 4 modules .*layers\.1\..* would be left out"),
    ],
)
def test_settings_of_another_training(
    make: Make, tiny_model: Path, settings: dict[str, Any], changes: dict[str, Any], words: str
) -> None:
    folder = make(**settings)
    assert check_adapter(folder, tiny_model).ok
    configure(folder, **changes)
    with pytest.raises(CheckpointError, match=words):
        check_adapter(folder, tiny_model)


@pytest.mark.parametrize("trained", ["all", "lora_only"])
def test_biases_that_were_trained_and_are_not_there(make: Make, tmp_path: Path, trained: str) -> None:
    base = make_family("gpt2", tmp_path / "base")
    folder = make(base, target_modules=["c_attn"], fan_in_fan_out=True, bias=trained)
    assert check_adapter(folder, base).ok
    rewrite(folder, lambda tensors: {key: tensors[key] for key in tensors if not key.endswith(".bias")})
    with pytest.raises(CheckpointError, match=rf"biases were trained \(bias: {trained}\), of which it holds none"):
        check_adapter(folder, base)


@pytest.mark.parametrize("changes", [{"lora_alpha": -16}, {"alpha_pattern": {"v_proj": -16}}])
def test_a_scale_below_zero_is_told(make: Make, tiny_model: Path, changes: dict[str, Any]) -> None:
    folder = make()
    configure(folder, **changes)
    found = check_adapter(folder, tiny_model)
    assert found.ok is False
    assert "-16, below zero: what was trained is taken off the base" in found.text


def test_one_half_is_missing(make: Make) -> None:
    folder = make()
    rewrite(folder, lambda tensors: {k: tensors[k] for k in tensors if "layers.0.self_attn.q_proj.lora_B" not in k})
    refused(folder, r"layers\.0\.self_attn\.q_proj has no lora_B")


def test_targets_without_tensors(make: Make) -> None:
    folder = make()
    rewrite(folder, lambda tensors: {key: tensors[key] for key in tensors if "layers.0" not in key})
    refused(folder, r"2 of the 4 modules that target_modules names have no tensors \(model\.layers\.0")


def test_the_configuration_of_another_rank(make: Make) -> None:
    folder = make()
    configure(folder, r=16)
    refused(folder, "has rank 4, its adapter_config.json says 16")


def test_an_adapter_that_was_never_trained(make: Make) -> None:
    refused(make(trained=False), r"is its base itself: lora_B is zero in all 4 modules")


def test_nothing_in_it(make: Make) -> None:
    folder = make()
    rewrite(folder, lambda tensors: {})
    refused(folder, "holds no tensor")


def test_a_resized_vocabulary(make: Make) -> None:
    refused(
        make(rows=262),
        r"resized to 262 tokens.*base\.resize_token_embeddings\(262\).*merge_and_unload\(\)\.save_pretrained",
    )


# --- what an engine cannot serve --------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"use_dora": True}, "DoRA"),
        ({"modules_to_save": ["lm_head"]}, r"stores whole \(lm_head\.weight\)"),
        ({"bias": "lora_only"}, "trained biases"),
        ({"r": 600}, r"a rank of 600 \(at most 512\)"),
    ],
)
def test_vllm_says_so_before_it_is_loaded(make: Make, settings: dict[str, Any], words: str) -> None:
    refused(make(**settings), f"vLLM does not serve .*{words}.*--engine transformers, or merge it", VllmEngine)


@pytest.mark.parametrize("settings", [{}, {"use_rslora": True}, {"target_modules": ["q_proj", "embed_tokens"]}])
def test_what_vllm_serves(make: Make, settings: dict[str, Any]) -> None:
    assert VllmEngine.resolve(str(make(**settings)), EngineOptions()).adapter_base


def test_a_type_that_is_no_lora(make: Make, tiny_model: Path) -> None:
    folder = make()
    configure(folder, peft_type="IA3")
    assert check_adapter(folder, tiny_model).ok is None
    resolve(str(folder))
    refused(folder, "adapters of type IA3", VllmEngine)
