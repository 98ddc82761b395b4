"""A checkpoint that would not arrive whole is refused before it is loaded, and a sound one never is."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny_families import FAMILIES, make_family

from forgetbench.errors import CheckpointError
from forgetbench.models.arrival import check_arrival
from forgetbench.models.checkpoints import resolve, weight_findings

Tensors = dict[str, Any]


@pytest.fixture
def model(tiny_model: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    return Path(shutil.copytree(tiny_model, tmp_path / "model"))


def rewrite(folder: Path, change: Callable[[Tensors], Tensors]) -> None:
    from safetensors.torch import load_file, save_file

    save_file(change(load_file(folder / "model.safetensors")), folder / "model.safetensors", {"format": "pt"})


def configure(folder: Path, **settings: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **settings}))


def run_snippet(code: str, folder: Path) -> None:
    """Python of a message, as a user would run it in the folder."""
    with contextlib.chdir(folder):
        exec(code, {})


def without(name: str) -> Callable[[Tensors], Tensors]:
    return lambda tensors: {key: tensors[key] for key in tensors if name not in key}


# --- sound ones -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FAMILIES)
def test_every_architecture_arrives(name: str, tmp_path: Path) -> None:
    finding = check_arrival(make_family(name, tmp_path))
    assert finding.ok
    assert "every tensor of" in finding.text


@pytest.mark.parametrize("name", ["llama", "qwen3_moe", "gpt2"])
def test_in_shards_and_in_bfloat16(name: str, tmp_path: Path) -> None:
    import torch
    import transformers

    model = transformers.AutoModelForCausalLM.from_pretrained(make_family(name, tmp_path / "whole"))
    model.to(torch.bfloat16).save_pretrained(tmp_path / "shards", max_shard_size="40KB")
    assert (tmp_path / "shards" / "model.safetensors.index.json").is_file()
    assert check_arrival(tmp_path / "shards").ok


@pytest.mark.parametrize(("name", "prefix"), [("llama", "model."), ("gpt2", "transformer.")])
def test_saved_without_its_head_and_prefix(name: str, prefix: str, tmp_path: Path) -> None:
    """As `LlamaModel` and `GPT2Model` save: the head is tied, and transformers puts the prefix in front."""
    make_family(name, tmp_path)
    rewrite(tmp_path, lambda tensors: {key.removeprefix(prefix): tensors[key] for key in tensors})
    assert check_arrival(tmp_path).ok


def test_a_tied_head_that_is_stored_too(tmp_path: Path) -> None:
    make_family("llama", tmp_path)
    rewrite(tmp_path, lambda tensors: tensors | {"lm_head.weight": tensors["model.embed_tokens.weight"].clone()})
    assert check_arrival(tmp_path).ok


def test_buffers_of_older_versions_do_no_harm(model: Path) -> None:
    import torch

    rewrite(model, lambda tensors: tensors | {"model.layers.0.self_attn.rotary_emb.inv_freq": torch.ones(4)})
    assert check_arrival(model).ok is not None
    resolve(str(model))


def test_a_value_head_is_said_and_no_more(model: Path) -> None:
    import torch

    rewrite(model, lambda tensors: tensors | {"v_head.summary.weight": torch.ones(1, 32)})
    finding = check_arrival(model)
    assert finding.ok is False
    assert "v_head.summary.weight" in finding.text
    resolve(str(model))


def test_an_unknown_architecture_is_not_refused(model: Path) -> None:
    configure(model, model_type="one_of_tomorrow")
    assert check_arrival(model).ok is None
    resolve(str(model))


@pytest.mark.parametrize("packed", ["qweight", "weight_packed"])
def test_packed_weights_have_other_names(model: Path, packed: str) -> None:
    import torch

    def pack(tensors: Tensors) -> Tensors:
        return {
            key.replace("weight", packed) if "proj" in key else key:
                torch.zeros(4, 4, dtype=torch.int32) if "proj" in key else tensors[key]
            for key in tensors
        }  # fmt: skip

    rewrite(model, pack)
    configure(model, quantization_config={"quant_method": "gptq", "bits": 4})
    assert check_arrival(model).ok
    rewrite(model, without("model.norm"))
    with pytest.raises(CheckpointError, match=r"model\.norm\.weight is missing"):
        check_arrival(model)


# --- broken ones ------------------------------------------------------------------------------


def test_an_output_layer_of_its_own_is_missing(model: Path) -> None:
    rewrite(model, without("lm_head"))
    with pytest.raises(CheckpointError, match=r"lm_head\.weight is missing.*tie_word_embeddings false.*set tie_word"):
        resolve(str(model))
    configure(model, tie_word_embeddings=True)
    resolve(str(model))


@pytest.mark.parametrize("name", ["model.norm.weight", "layers.1.mlp.down_proj", "embed_tokens", "layers.1."])
def test_any_tensor_is_missing(model: Path, name: str) -> None:
    rewrite(model, without(name))
    with pytest.raises(CheckpointError, match=f"{name}.*missing"):
        resolve(str(model))


def test_one_part_of_one_expert_is_missing(tmp_path: Path) -> None:
    make_family("qwen3_moe", tmp_path)
    rewrite(tmp_path, without("layers.0.mlp.experts.2.up_proj"))
    with pytest.raises(CheckpointError, match=r"layers\.0\.mlp\.experts\.2\.up_proj\.weight is missing"):
        resolve(str(tmp_path))


def test_a_whole_expert_is_missing(tmp_path: Path) -> None:
    make_family("mixtral", tmp_path)
    rewrite(tmp_path, without("experts.3."))
    with pytest.raises(CheckpointError, match="experts"):
        resolve(str(tmp_path))


@pytest.mark.parametrize(
    ("wrapper", "words"),
    [
        ("_orig_mod.", r"torch\.compile"),
        ("module.", "DistributedDataParallel"),
        ("base_model.model.", "PEFT"),
        ("_fsdp_wrapped_module.", "FSDP"),
    ],
)
def test_a_wrapper_s_part_in_every_name(model: Path, wrapper: str, words: str) -> None:
    rewrite(model, lambda tensors: {f"{wrapper}{key}": tensors[key] for key in tensors})
    with pytest.raises(CheckpointError, match=f"{words}.*rename them"):
        resolve(str(model))


@pytest.mark.parametrize("prefix", ["actor.", "policy.", "pretrained_model.", "student.", "model.model.", "net.llm."])
def test_any_prefix_in_front_of_every_name(model: Path, prefix: str) -> None:
    rewrite(model, lambda tensors: {f"{prefix}{key}": tensors[key] for key in tensors})
    with pytest.raises(CheckpointError, match=rf"21 of 21 tensors carry '{prefix}' in front") as caught:
        resolve(str(model))
    run_snippet(str(caught.value).partition("rename them: ")[2], model)
    assert check_arrival(model).ok, "the way out is one"


def test_two_networks_under_their_own_prefixes(model: Path) -> None:
    import torch

    rewrite(
        model,
        lambda tensors: (
            {f"{side}.{key}": tensors[key].clone() for side in ("student", "teacher") for key in tensors}
            | {"projector.weight": torch.ones(2, 2)}
        ),
    )
    with pytest.raises(CheckpointError, match=r"21 of 43 .*it holds 2 networks \(student\., teacher\.\)") as caught:
        resolve(str(model))
    run_snippet(str(caught.value).partition("rename them: ")[2], model)
    assert check_arrival(model).ok


def test_a_prefix_in_shards(model: Path) -> None:
    from safetensors.torch import load_file, save_file

    tensors = {f"actor.{name}": tensor for name, tensor in load_file(model / "model.safetensors").items()}
    names = sorted(tensors)
    shards = {"model-00001-of-00002.safetensors": names[::2], "model-00002-of-00002.safetensors": names[1::2]}
    for file, part in shards.items():
        save_file({name: tensors[name] for name in part}, model / file, {"format": "pt"})
    index = {"weight_map": {name: file for file, part in shards.items() for name in part}}
    (model / "model.safetensors.index.json").write_text(json.dumps(index))
    (model / "model.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"carry 'actor\.'.*remove the shards and their index") as caught:
        resolve(str(model))
    run_snippet(str(caught.value).partition("rename them: ")[2].partition(", and remove")[0], model)
    assert check_arrival(model).ok


def test_a_wrapper_s_part_inside_some_names(model: Path) -> None:
    part = "._checkpoint_wrapped_module."
    rewrite(model, lambda tensors: {key.replace(".1.", f".1{part}"): tensors[key] for key in tensors})
    with pytest.raises(CheckpointError, match=r"activation checkpointing.*layers\.1\._checkpoint"):
        resolve(str(model))


def test_a_resized_vocabulary_that_config_json_does_not_know(model: Path) -> None:
    configure(model, vocab_size=200)
    with pytest.raises(CheckpointError, match="set vocab_size to 258"):
        resolve(str(model))


def test_the_configuration_of_another_size(model: Path) -> None:
    configure(model, intermediate_size=96)
    with pytest.raises(CheckpointError, match=r"has the shape \[.*config\.json is another model's"):
        resolve(str(model))


def test_fewer_layers_than_there_are_weights(model: Path) -> None:
    configure(model, num_hidden_layers=1)
    with pytest.raises(CheckpointError, match=r"weights of 1 layers more than config\.json says"):
        resolve(str(model))


def test_biases_and_norms_that_the_architecture_does_not_have(tmp_path: Path) -> None:
    make_family("qwen3", tmp_path)
    configure(tmp_path, model_type="llama", architectures=["LlamaForCausalLM"])
    with pytest.raises(CheckpointError, match=r"k_norm\.weight.*would be left out"):
        resolve(str(tmp_path))


def test_a_head_of_its_own_under_a_configuration_that_ties(model: Path) -> None:
    """transformers would take the head, vLLM the embedding."""
    configure(model, tie_word_embeddings=True)
    with pytest.raises(CheckpointError, match=r"lm_head\.weight and model\.embed_tokens\.weight differ"):
        resolve(str(model))


# --- against the base -------------------------------------------------------------------------


def test_the_head_was_lost_for_being_tied(model: Path, tiny_model: Path) -> None:
    """config.json and weights agree, and the base says that they are wrong."""
    rewrite(model, without("lm_head"))
    configure(model, tie_word_embeddings=True)
    with pytest.raises(CheckpointError, match=r"its base .* has one that is not its embedding \(lm_head\.weight\)"):
        resolve(str(model), base=resolve(str(tiny_model)))


def test_tied_where_the_base_stores_the_same_twice(model: Path, tmp_path: Path) -> None:
    rewrite(model, lambda tensors: tensors | {"lm_head.weight": tensors["model.embed_tokens.weight"].clone()})
    tied = Path(shutil.copytree(model, tmp_path / "tied"))
    rewrite(tied, lambda tensors: {key: tensors[key] * 1.01 for key in tensors if key != "lm_head.weight"})
    configure(tied, tie_word_embeddings=True)
    resolve(str(tied), base=resolve(str(model)))


def test_biases_that_the_base_has(tmp_path: Path) -> None:
    base = make_family("llama", tmp_path / "base", attention_bias=True)
    candidate = Path(shutil.copytree(base, tmp_path / "candidate"))
    rewrite(candidate, without("bias"))
    configure(candidate, attention_bias=False)
    with pytest.raises(CheckpointError, match=r"lacks 8 tensors of its base .*bias"):
        resolve(str(candidate), base=resolve(str(base)))


def test_more_tokens_than_the_base_are_said(tmp_path: Path) -> None:
    import torch

    base = make_family("llama", tmp_path / "base")
    candidate = Path(shutil.copytree(base, tmp_path / "candidate"))
    rewrite(candidate, lambda tensors: {
        key: torch.cat([tensors[key], torch.ones(2, 64)]) if "embed" in key else tensors[key] for key in tensors
    })  # fmt: skip
    configure(candidate, vocab_size=260)
    checkpoint = resolve(str(candidate), base=resolve(str(base)))
    *_, finding = weight_findings(checkpoint, base)
    assert finding.ok is False
    assert "embed_tokens.weight [260, 64], there [258, 64]" in finding.text


@pytest.mark.parametrize("candidate", ["qwen3", "gpt2", "mixtral"])
def test_another_architecture_is_no_fault(candidate: str, tiny_model: Path, tmp_path: Path) -> None:
    checkpoint = resolve(str(make_family(candidate, tmp_path)), base=resolve(str(tiny_model)))
    assert all(finding.ok for finding in weight_findings(checkpoint, tiny_model))


def test_fewer_layers_than_the_base_are_no_fault(tmp_path: Path) -> None:
    base = make_family("llama", tmp_path / "base")
    pruned = make_family("llama", tmp_path / "pruned", num_hidden_layers=1)
    resolve(str(pruned), base=resolve(str(base)))
