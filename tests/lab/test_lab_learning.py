"""How far a training moved a model on its own prompts."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tiny_models import make_adapter, make_tiny_model
from transformers import AutoModelForCausalLM, AutoTokenizer

from forgetbench.lab.learning import divergences
from forgetbench.lab.recipe import load_recipe
from forgetbench.lab.training.trained import Trained

PROMPTS = ["Question: What is the capital of France?\nAnswer:", "Question: 2 + 2\nAnswer:"]


def trained(*folders: Path) -> Trained:
    checkpoints = tuple((float(step), folder) for step, folder in enumerate(folders))
    return Trained(load_recipe("full-mid"), 0, checkpoints, None, Path("data.jsonl"), "vllm")


def test_the_divergence_is_the_forward_one_per_token_of_the_prompts(tiny_model: Path, tmp_path: Path) -> None:
    other = make_tiny_model(tmp_path / "other", seed=1)
    itself, moved = divergences(tiny_model, trained(tiny_model, other), PROMPTS)
    assert itself == pytest.approx(0.0, abs=1e-6)
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    before, after = (AutoModelForCausalLM.from_pretrained(folder).eval() for folder in (tiny_model, other))
    per_token = []
    with torch.inference_mode():
        for prompt in PROMPTS:
            ids = torch.tensor([tokenizer(prompt)["input_ids"]])
            p, q = (torch.distributions.Categorical(logits=model(ids).logits[0].double()) for model in (before, after))
            per_token.append(torch.distributions.kl_divergence(p, q))
    assert moved == pytest.approx(float(torch.cat(per_token).mean()), rel=1e-4)


def test_an_adapter_s_folder_has_no_number(tiny_model: Path, tmp_path: Path) -> None:
    assert divergences(tiny_model, trained(make_adapter(tiny_model, tmp_path / "adapter")), PROMPTS) == (None,)
