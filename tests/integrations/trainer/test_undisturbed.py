"""Evaluating while a Trainer trains disturbs nothing and asks the right weights, also of adapters and resumed ones."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from peft import LoraConfig, get_peft_model
from trainings import assert_same_weights, looks, losses, samples, with_dropout
from transformers import AutoModelForCausalLM, AutoTokenizer, Trainer

from forgetbench.engines.base import EngineOptions
from forgetbench.errors import EngineError, InputError
from forgetbench.integrations import ForgettingCallback
from forgetbench.integrations.trainer.callback import STATE
from forgetbench.integrations.trainer.memory import MemoryEngine, undisturbed
from forgetbench.records import Checkpoint
from forgetbench.storage.comparisons import load_comparison
from forgetbench.storage.runs import load_run


def test_training_is_the_same_bit_for_bit(train: Callable[..., Trainer], quiz: str, tmp_path: Path) -> None:
    """Weights, losses, their rows and the random states, although texts are sampled and rated by the base."""
    alone = train(logging_steps=1)
    states = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()
    watched = train(ForgettingCallback(quiz, every=1, results=tmp_path / "results", strict=True), logging_steps=1)
    assert len(looks(watched)) == 4
    assert_same_weights(alone.model, watched.model)
    assert losses(watched) == losses(alone)
    assert [row["step"] for row in losses(watched)] == [1, 2, 3, 4]
    # The last two trainings began from the same seed.
    assert states == (random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist())


def test_modes_and_random_states_are_as_before(tiny_model: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(tiny_model).train()
    model.model.layers[0].eval()
    modes = [module.training for module in model.modules()]
    before = random.random(), np.random.random(), torch.rand(1).item()
    with pytest.raises(KeyError):
        for seed in (random.seed, np.random.seed, torch.manual_seed):
            seed(5)
        expected = random.random(), np.random.random(), torch.rand(1).item()
        for seed in (random.seed, np.random.seed, torch.manual_seed):
            seed(5)
        with undisturbed(model):
            assert not any(module.training for module in model.modules())
            random.random(), np.random.random(), torch.rand(3)
            raise KeyError
    assert (random.random(), np.random.random(), torch.rand(1).item()) == expected != before
    assert [module.training for module in model.modules()] == modes


def test_the_model_in_memory_answers_as_its_saved_folder(
    train: Callable[..., Trainer], quiz: str, tiny_model: Path, tmp_path: Path
) -> None:
    """The same items from the model in memory, and from folders by the engine `transformers`, number by number."""
    memory = ForgettingCallback(quiz, at="save", results=tmp_path / "memory", strict=True)
    folder = ForgettingCallback(
        quiz, at="save", base=tiny_model, engine=EngineOptions("transformers"), results=tmp_path / "folder", strict=True
    )
    saves: dict[str, Any] = {"save_strategy": "steps", "save_steps": 2}
    first = train(memory, **saves)
    train(folder, **saves)
    assert [row["step"] for row in looks(first)] == [2, 4]
    for one, other in zip(memory.comparisons, folder.comparisons, strict=True):
        left, right = samples(one), samples(other)
        for column in ("score", "responses"):
            assert left[column].tolist() == right[column].tolist(), column
        for column in ("loglikelihoods", "reference_logprobs"):
            for some, others in zip(left[column], right[column], strict=True):
                assert list(some) == pytest.approx(list(others), abs=1e-4), column
    assert load_comparison(folder.comparisons[-1]).candidate.name == "checkpoint-4"


# --- adapters, other bases, resumed trainings -------------------------------------------------


def test_an_adapter_starts_from_its_base_and_only_it_changes(
    train: Callable[..., Trainer], quiz: str, tiny_model: Path, tmp_path: Path
) -> None:
    model = AutoModelForCausalLM.from_pretrained(tiny_model)
    adapted = get_peft_model(model, LoraConfig(r=2, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM"))
    callback = ForgettingCallback(quiz, every=4, results=tmp_path / "results", strict=True)
    train(callback, model=adapted, learning_rate=0.5)
    comparison = load_comparison(callback.comparisons[0])
    assert {row.estimate.base for row in comparison.domains if row.name == "knowledge"} == {1.0}, (
        "as the model without adapter"
    )
    before = load_run(tmp_path / "results" / "runs" / comparison.base.run_id).samples
    after = samples(callback.comparisons[0])
    chosen = after["domain"] == "knowledge"
    assert before["loglikelihoods"][chosen].tolist() != after["loglikelihoods"][chosen].tolist()
    assert all(len(row) == 2 for row in after["reference_logprobs"][~chosen]), "rated by the base's weights"
    untrained = AutoModelForCausalLM.from_pretrained(tiny_model).state_dict()
    now = {name.removeprefix("base_model.model."): tensor for name, tensor in adapted.state_dict().items()}
    same = [name for name in untrained if torch.equal(untrained[name], now.get(name, now.get(_wrapped(name))))]
    assert same == list(untrained)


def _wrapped(name: str) -> str:
    """What PEFT calls a weight that has an adapter beside it."""
    return name.replace(".weight", ".base_layer.weight")


def test_frozen_weights_are_part_of_the_fingerprint(tiny_model: Path) -> None:
    def fingerprint(change: Callable[[Any], None]) -> str:
        model = AutoModelForCausalLM.from_pretrained(tiny_model)
        model.lm_head.weight.requires_grad = False
        change(model)
        engine = MemoryEngine(model, AutoTokenizer.from_pretrained(tiny_model))
        return engine.checkpoint("now", 0).fingerprint

    def add(model: Any, name: str) -> None:
        with torch.no_grad():
            dict(model.named_parameters())[name][0, 0] += 1.0

    same = [fingerprint(lambda model: None) for _ in range(2)]
    frozen = fingerprint(lambda model: add(model, "lm_head.weight"))
    trained = fingerprint(lambda model: add(model, "model.embed_tokens.weight"))
    assert same[0] == same[1]
    assert len({same[0], frozen, trained}) == 3


def test_the_base_answers_after_training_has_moved_on(tiny_model: Path) -> None:
    """And the weights that training is at are put back, bit for bit."""
    model, tokenizer = AutoModelForCausalLM.from_pretrained(tiny_model), AutoTokenizer.from_pretrained(tiny_model)
    engine = MemoryEngine(model, tokenizer)
    base = engine.checkpoint("base", 0)
    engine.keep()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1.25)
    later = engine.checkpoint("later", 1)
    after = {name: tensor.clone() for name, tensor in model.state_dict().items()}

    engine.load([base])
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    engine.load([later])
    assert all(torch.equal(tensor, after[name]) for name, tensor in model.state_dict().items())
    with pytest.raises(EngineError, match="not in memory any more"):
        engine.load([Checkpoint("other", "memory", "other", path=base.path)])


def test_another_base_is_loaded_from_its_folder(
    train: Callable[..., Trainer], quiz: str, tiny_model: Path, tmp_path: Path
) -> None:
    model = with_dropout(tiny_model)
    with torch.no_grad():
        model.lm_head.weight.neg_()
    named = ForgettingCallback(quiz, every=4, base=tiny_model, results=tmp_path / "results", strict=True)
    (look,) = looks(train(named, model=model, learning_rate=0.0))
    assert look["forgetting/knowledge_delta"] == -1.0, "the model was worse than the named base before it began"
    assert load_comparison(named.comparisons[0]).base.name == "tiny"


def test_a_resumed_training_keeps_its_base_and_its_count_of_looks(
    train: Callable[..., Trainer], quiz: str, tiny_model: Path, tmp_path: Path
) -> None:
    saves: dict[str, Any] = {"save_strategy": "steps", "save_steps": 2}
    whole = train(ForgettingCallback(quiz, every=1, results=tmp_path / "whole"), out="whole", **saves)
    callback = ForgettingCallback(quiz, every=1, results=tmp_path / "whole", strict=True)
    resumed = train(callback, out="whole", resume=str(tmp_path / "whole" / "checkpoint-2"), **saves)
    knowledge = [[row["forgetting/knowledge_delta"] for row in looks(each)] for each in (whole, resumed)]
    assert knowledge[0] == knowledge[1], "the first two are of the saved history"
    assert len(callback.comparisons) == 2
    assert resumed.state.stateful_callbacks[STATE] == whole.state.stateful_callbacks[STATE]
    assert resumed.state.stateful_callbacks[STATE]["looks"] == 4

    train(out="alone", **saves)
    with pytest.raises(InputError, match="not known; name them with base="):
        train(
            ForgettingCallback(quiz, every=1, results=tmp_path / "other"),
            out="alone", resume=str(tmp_path / "alone" / "checkpoint-2"), **saves,
        )  # fmt: skip
