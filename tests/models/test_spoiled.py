"""Checkpoints and adapters that load without an error and are not what was trained."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny_models import CHAT_TEMPLATE, make_adapter

from forgetbench.errors import CheckpointError
from forgetbench.models.adapters import check_adapter
from forgetbench.models.arrival import check_arrival
from forgetbench.models.blank import blank_finding
from forgetbench.models.checkpoints import resolve
from forgetbench.models.checks import template_findings
from forgetbench.models.effect import effect_fault
from forgetbench.models.folder_checks import folder_findings
from forgetbench.models.tokenizer import HFTokenizer, load_tokenizer

Tensors = dict[str, Any]
_POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:46\nsize 269060552\n"


@pytest.fixture
def model(tiny_model: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    return Path(shutil.copytree(tiny_model, tmp_path / "model"))


def rewrite(path: Path, change: Callable[[Tensors], Tensors]) -> None:
    from safetensors.torch import load_file, save_file

    save_file(change(load_file(path)), path, {"format": "pt"})


def configure(path: Path, **settings: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **settings}))


# --- weights ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["lm_head.weight", "model.layers.1.self_attn.q_proj.weight"])
def test_a_matrix_of_zeros_is_said(model: Path, tiny_model: Path, name: str) -> None:
    assert blank_finding(model) is None
    rewrite(model / "model.safetensors", lambda tensors: {**tensors, name: -tensors[name] * 0})
    for base in (None, tiny_model):
        finding = blank_finding(model, base)
        assert finding is not None
        assert finding.ok is False
        assert name in finding.text


def test_norms_of_zero_are_said_beside_a_base_that_has_others(model: Path, tiny_model: Path) -> None:
    name = "model.norm.weight"
    rewrite(model / "model.safetensors", lambda tensors: {**tensors, name: tensors[name] * 0})
    assert blank_finding(model) is None
    assert name in getattr(blank_finding(model, tiny_model), "text", "")
    assert blank_finding(model, shutil.copytree(model, model.parent / "base")) is None


def test_quantised_numbers_without_a_configuration_are_refused(model: Path) -> None:
    import torch

    rewrite(
        model / "model.safetensors",
        lambda tensors: {n: (t * 99).to(torch.int8) if "_proj" in n else t for n, t in tensors.items()},
    )
    with pytest.raises(CheckpointError, match=r"stored as I8, quantised.*quantization_config"):
        check_arrival(model)


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"model_type": None}, "model type `None`"),
        ({"hidden_size": "32"}, "hidden_size"),
        ({"pad_token_id": 99_999}, "adding_idx"),
    ],
)
def test_a_configuration_that_makes_no_model_is_refused(model: Path, settings: dict[str, object], why: str) -> None:
    configure(model / "config.json", **settings)
    with pytest.raises(CheckpointError, match=rf"config\.json: transformers can make no model of it.*{why}"):
        check_arrival(model)


def test_what_only_stands_for_a_file_is_named(model: Path) -> None:
    (model / "tokenizer.json").write_text(_POINTER)
    with pytest.raises(CheckpointError, match=r"tokenizer\.json: only the pointer that Git LFS leaves"):
        load_tokenizer(model)
    (model / "model.safetensors").unlink()
    (model / "model.safetensors").symlink_to("/nowhere/blob")
    with pytest.raises(CheckpointError, match=r"a link to /nowhere/blob, which is not there"):
        resolve(str(model))


def test_the_base_saved_again_is_said(model: Path, tiny_model: Path) -> None:
    from safetensors.torch import load_file, save_file

    path = model / "model.safetensors"
    save_file(load_file(path), path, {"format": "pt", "saved": "again"})
    base, candidate = resolve(f"base={tiny_model}"), resolve(f"same={model}")
    assert base.fingerprint != candidate.fingerprint
    assert "are base's, saved again" in (effect_fault(candidate, base) or "")


# --- adapters ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"lora_alpha": 0}, "'lora_alpha': 0 would leave"),
        ({"lora_alpha": None}, "'lora_alpha': None would leave"),
        ({"lora_alpha": "16"}, "'lora_alpha': a whole number or a number"),
        ({"r": 0}, "'r': a rank from 1"),
        ({"target_modules": 5}, "'target_modules': a text or a list"),
        ({"target_modules": "(("}, "'target_modules': no regular expression"),
    ],
)
def test_a_setting_that_is_none_is_named(
    tiny_model: Path, tmp_path: Path, settings: dict[str, object], why: str
) -> None:
    adapter = make_adapter(tiny_model, tmp_path / "adapter")
    configure(adapter / "adapter_config.json", **settings)
    with pytest.raises(CheckpointError, match=r"adapter_config\.json: field ") as caught:
        check_adapter(adapter, tiny_model)
    assert why in str(caught.value)


def test_modules_that_are_zero_and_patterns_without_a_match_are_said(tiny_model: Path, tmp_path: Path) -> None:
    adapter = make_adapter(tiny_model, tmp_path / "adapter")
    assert check_adapter(adapter, tiny_model).ok
    rewrite(
        adapter / "adapter_model.safetensors",
        lambda tensors: {n: t * 0 if "lora_B" in n and "layers.1" in n else t for n, t in tensors.items()},
    )
    configure(adapter / "adapter_config.json", alpha_pattern={"attn.wq": 64, "layers.0.self_attn.q_proj": 8})
    finding = check_adapter(adapter, tiny_model)
    assert finding.ok is False
    assert "1 of its 2 modules are zero and change nothing (model.layers.1.self_attn.q_proj)" in finding.text
    assert "alpha_pattern 'attn.wq' matches none" in finding.text
    assert "layers.0" not in finding.text


def test_a_base_is_what_is_declared_not_what_is_called_so(model: Path, tiny_model: Path, tmp_path: Path) -> None:
    """Many a folder is called "merged"."""
    rewrite(model / "model.safetensors", lambda tensors: {n: t * 2 for n, t in tensors.items()})
    other = Path(shutil.copytree(model, tmp_path / "elsewhere" / "merged"))
    base = resolve(str(shutil.copytree(tiny_model, tmp_path / "merged")))
    adapter = make_adapter(other, tmp_path / "adapter")
    with pytest.raises(CheckpointError, match="was trained on"):
        resolve(str(adapter), base=base)
    configure(adapter / "adapter_config.json", base_model_name_or_path=None)
    assert resolve(str(adapter), base=base).adapter_base == base.path


# --- prompts ----------------------------------------------------------------------------------

_CONTENT = "{{ message['content'] }}"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{{ message['content'] | e }}", "is not in the prompt as it stands"),
        ("{{ message['content'] | tojson }}", "is not in the prompt as it stands"),
        ("{{ message['content'] | replace('\n', ' ') }}", "its line breaks are lost"),
        ("{{ message['content'][:500] }}", "a long one is cut"),
    ],
)
def test_a_template_that_changes_a_text_is_said(model: Path, content: str, why: str) -> None:
    (model / "chat_template.jinja").write_text(CHAT_TEMPLATE.replace(_CONTENT, content))
    texts = [finding.text for finding in template_findings(HFTokenizer(model)) if finding.ok is False]
    assert len(texts) == 1
    assert texts[0].startswith("the chat template changes the user's text: ")
    assert why in texts[0]


def test_a_template_may_trim(model: Path) -> None:
    (model / "chat_template.jinja").write_text(CHAT_TEMPLATE.replace(_CONTENT, "{{ message['content'] | trim }}"))
    assert all(finding.ok is not False for finding in template_findings(HFTokenizer(model)))


def test_ends_that_are_no_tokens_are_said_or_refused(model: Path) -> None:
    configure(model / "generation_config.json", eos_token_id=[1, 99_999])
    checkpoint = resolve(str(model))
    faults = [each.text for each in folder_findings(checkpoint, HFTokenizer(model), chat=True) if each.ok is False]
    assert any("eos_token_id 99999 is no token of the tokenizer" in text for text in faults)
    configure(model / "generation_config.json", eos_token_id="</s>")
    with pytest.raises(CheckpointError, match=r"generation_config\.json: field 'eos_token_id'"):
        folder_findings(checkpoint, HFTokenizer(model), chat=True)
