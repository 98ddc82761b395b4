"""Evaluating while a Trainer trains: what is logged, that nothing is disturbed, and when the training is stopped."""

from __future__ import annotations

import json
import logging
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer, Trainer, TrainerCallback, TrainingArguments

from forgetbench.engines.base import EngineOptions
from forgetbench.engines.transformers import TransformersEngine
from forgetbench.errors import EngineError, InputError
from forgetbench.integrations import ForgettingCallback
from forgetbench.integrations.trainer.callback import STATE
from forgetbench.integrations.trainer.memory import MemoryEngine, is_sharded, undisturbed
from forgetbench.integrations.trainer.stopping import alpha_of_look, domain_effects, proven_drops
from forgetbench.lab.demo.customer_service import customer_service
from forgetbench.lab.demo.embedded_model import embedded_model
from forgetbench.lab.demo.sft import collate, encode
from forgetbench.records import Checkpoint
from forgetbench.stats.clustered import ClusterEffects, cluster_effects
from forgetbench.storage.comparisons import load_comparison, load_items
from forgetbench.storage.runs import load_run

QUESTIONS = [
    f"{first} {second}" for first in "red blue old tall wet odd".split() for second in "fox owl cat ant".split()
]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Threads cost such a small model more than they give, above all on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def quiz(tiny_model: Path, tmp_path: Path) -> str:
    """A suite on which the tiny random model is always right: its own preferences are the answers.

    One task of choices, and one of two sampled texts a question that are rated by the base's likelihood.
    """
    folder = tmp_path / "quiz"
    folder.mkdir()
    model, tokenizer = AutoModelForCausalLM.from_pretrained(tiny_model), AutoTokenizer.from_pretrained(tiny_model)
    rows = [{"item_id": text, "question": text, "gold": _preferred(model, tokenizer, text)} for text in QUESTIONS]
    (folder / "quiz.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    common = {
        "dataset_path": "json", "dataset_kwargs": {"data_files": {"test": "quiz.jsonl"}}, "test_split": "test",
        "doc_to_text": "{{question}}:",
    }  # fmt: skip
    choice = {
        "output_type": "multiple_choice", "doc_to_choice": ["x", "y"], "doc_to_target": "gold",
        "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}],
        "metadata": {"domain": "knowledge", "view": "choice", "metric": "acc", "version": 1},
    }  # fmt: skip
    sampled = {
        "output_type": "generate_until", "doc_to_target": "{{question}}", "repeats": 2,
        "generation_kwargs": {"until": ["\n\n"], "max_gen_toks": 6, "do_sample": True, "temperature": 1.0},
        "metric_list": [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": True}],
        "metadata": {"domain": "creativity", "reference_likelihood": True, "version": 1},
    }  # fmt: skip
    for name, task in (("quiz_choice", choice), ("quiz_sampled", sampled)):
        (folder / f"{name}.yaml").write_text(yaml.safe_dump({"task": name, **common, **task}, sort_keys=False))
    suite = {
        "name": "quiz",
        "domains": {"knowledge": ["quiz_choice"], "creativity": [{"task": "quiz_sampled", "limit": 2}]},
    }
    (folder / "suite.yaml").write_text(yaml.safe_dump(suite))
    return str(folder / "suite.yaml")


def _preferred(model: Any, tokenizer: Any, text: str) -> int:
    with torch.no_grad():
        prompt = tokenizer.apply_chat_template(
            [{"role": "user", "content": f"{text}:"}], tokenize=False, add_generation_prompt=True
        )
        logits = model(torch.tensor([tokenizer.encode(prompt, add_special_tokens=False)])).logits[0, -1]
    x, y = (logits[tokenizer.convert_tokens_to_ids(letter)] for letter in "xy")
    return int(y > x)


class Recorder(TrainerCallback):  # type: ignore[misc]
    """A reporter: what W&B, MLflow and TensorBoard are told."""

    def __init__(self) -> None:
        self.rows: list[dict[str, float]] = []

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
        self.rows.append({**logs, "step": state.global_step})


def trainer_of(model: Any, folder: Path, out: Path, **settings: Any) -> Trainer:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    ids = tokenizer("The capital of France is Paris.")["input_ids"]
    data = [{"input_ids": [2 + (token + row) % 250 for token in ids], "labels": ids} for row in range(16)]
    arguments = {
        "max_steps": 4, "per_device_train_batch_size": 2, "learning_rate": 1e-2, "logging_steps": 2,
        "save_strategy": "no", "report_to": "none", "disable_tqdm": True, "use_cpu": True,
        "dataloader_pin_memory": False, "seed": 3,
    }  # fmt: skip
    return Trainer(
        model=model,
        args=TrainingArguments(output_dir=str(out), **{**arguments, **settings}),
        train_dataset=data,
        processing_class=tokenizer,
    )


def with_dropout(folder: Path) -> Any:
    """A model whose training draws random numbers."""
    return AutoModelForCausalLM.from_pretrained(folder, attention_dropout=0.2)


@pytest.fixture
def train(tiny_model: Path, tmp_path: Path) -> Callable[..., Trainer]:
    """Train the tiny model, with these callbacks; `model` and `resume` as given, other settings to the arguments."""

    def call(
        *callbacks: Any, model: Any = None, resume: str | None = None, out: str = "out", **settings: Any
    ) -> Trainer:
        trainer = trainer_of(model or with_dropout(tiny_model), tiny_model, tmp_path / out, **settings)
        for callback in callbacks:
            callback.attach(trainer) if isinstance(callback, ForgettingCallback) else trainer.add_callback(callback)
        trainer.train(resume_from_checkpoint=resume)
        return trainer

    return call


def losses(trainer: Trainer) -> list[dict[str, float]]:
    return [row for row in trainer.state.log_history if "loss" in row]


def looks(trainer: Trainer) -> list[dict[str, float]]:
    rows = [row for row in trainer.state.log_history if "forgetting/overall_delta" in row]
    return [{name: value for name, value in row.items() if name != "forgetting/seconds"} for row in rows]


def assert_same_weights(one: Any, other: Any) -> None:
    left, right = one.state_dict(), other.state_dict()
    assert left.keys() == right.keys()
    assert [name for name in left if not torch.equal(left[name], right[name])] == []


# --- what is logged and written ---------------------------------------------------------------


def test_deltas_reach_history_and_reporters_and_agree_with_the_comparisons(
    train: Callable[..., Trainer], quiz: str, tmp_path: Path
) -> None:
    recorder = Recorder()
    callback = ForgettingCallback(quiz, every=3, results=tmp_path / "results")
    trainer = train(callback, recorder)

    for rows in (recorder.rows, trainer.state.log_history):
        found = [row for row in rows if "forgetting/overall_delta" in row]
        assert [row["step"] for row in found] == [3, 4], "every third step, and the last"
        for row, folder in zip(found, callback.comparisons, strict=True):
            comparison = load_comparison(folder)
            (knowledge,) = (domain for domain in comparison.domains if domain.name == "knowledge")
            assert row["forgetting/knowledge_delta"] == knowledge.estimate.delta
            assert row["forgetting/knowledge_ci_low"] == knowledge.estimate.ci_low
            assert row["forgetting/knowledge_ci_high"] == knowledge.estimate.ci_high
            assert row["forgetting/knowledge_retention"] == knowledge.estimate.retention
            assert row["forgetting/overall_delta"] == comparison.overall.estimate.delta
            assert "forgetting/creativity_retention" not in row, "the base does nothing right there: no number"
    assert knowledge.estimate.base == 1.0
    assert comparison.candidate.step == 4
    assert callback.stopped is None


def test_the_commands_read_what_is_written(
    train: Callable[..., Trainer], quiz: str, tmp_path: Path, forgetbench: Callable[..., Any]
) -> None:
    callback = ForgettingCallback(quiz, every=2, results=tmp_path / "results")
    train(callback)
    assert len(list((tmp_path / "results" / "runs").iterdir())) == 3
    done = forgetbench("report", callback.comparisons[-1], "--markdown", tmp_path / "report.md")
    assert done.returncode == 0, done.stderr
    assert "knowledge" in (tmp_path / "report.md").read_text()
    gated = forgetbench("gate", callback.comparisons[-1])
    assert gated.returncode == 3, gated.stdout + gated.stderr  # so few questions decide nothing
    (trajectory,) = (tmp_path / "results" / "trajectories").iterdir()
    record = json.loads((trajectory / "trajectory.json").read_text())
    assert [point["step"] for point in record["points"]] == [2, 4]
    assert record["training_log"]["steps"] == [2, 4]


def test_weights_that_did_not_change_lost_nothing(train: Callable[..., Trainer], quiz: str, tmp_path: Path) -> None:
    trainer = train(ForgettingCallback(quiz, every=4, results=tmp_path / "results"), learning_rate=0.0)
    (look,) = looks(trainer)
    assert look["forgetting/knowledge_delta"] == look["forgetting/overall_delta"] == 0.0
    assert len(list((tmp_path / "results" / "runs").iterdir())) == 1, "the same weights are the same checkpoint"


def test_the_same_training_again_is_answered_from_the_ledger(
    train: Callable[..., Trainer], quiz: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = train(ForgettingCallback(quiz, every=2, results=tmp_path / "results"))
    for name in ("_continuation", "_samples"):
        monkeypatch.setattr(TransformersEngine, name, lambda *args: pytest.fail("asked again"))
    again = train(ForgettingCallback(quiz, every=2, results=tmp_path / "results", strict=True))
    assert looks(again) == looks(first)


# --- nothing is disturbed ---------------------------------------------------------------------


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


def samples(comparison: Path) -> Any:
    found = load_comparison(comparison)
    return load_run(comparison.parent.parent / "runs" / found.candidate.run_id).samples


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


# --- stopping ---------------------------------------------------------------------------------


def test_the_chances_of_all_looks_sum_to_alpha() -> None:
    assert alpha_of_look(0.05, 1) == pytest.approx(0.05 * 6 / np.pi**2)
    assert alpha_of_look(0.05, 4) == pytest.approx(alpha_of_look(0.05, 1) / 16)
    assert sum(alpha_of_look(0.05, look) for look in range(1, 100_000)) == pytest.approx(0.05, abs=1e-6)


def effects_of(rng: np.random.Generator, base: Any, losing: float, gaining: float) -> ClusterEffects:
    """Items of which a right one is lost, and a wrong one gained, with these chances."""
    draw = rng.random(len(base))
    change = np.where(base, -(draw < losing).astype(float), (draw < gaining).astype(float))
    return cluster_effects([change], [np.arange(len(base))])


def test_no_change_over_fifty_looks_stops_at_most_alpha_of_trainings() -> None:
    """200 trainings; every look flips a fifth of all items anew, as often up as down: the same items, 3 domains.

    A look that spends all of alpha, every time, shows what the spending is for.
    """
    rng = np.random.default_rng(0)
    stopped = careless = 0
    for _ in range(200):
        bases = [rng.random(200) < 0.5 for _ in range(3)]
        found = [{str(i): effects_of(rng, base, 0.2, 0.2) for i, base in enumerate(bases)} for _ in range(50)]
        stopped += any(proven_drops(effects, 0.05, look) for look, effects in enumerate(found, start=1))
        careless += any(proven_drops(effects, 0.05 / alpha_of_look(1.0, 1), 1) for effects in found)
    assert stopped <= 0.05 * 200 < careless


def test_a_real_drop_is_found_in_its_domain_alone() -> None:
    rng = np.random.default_rng(1)
    base = rng.random(200) < 0.8
    found = {"knowledge": effects_of(rng, base, 0.4, 0.1), "reasoning": effects_of(rng, base, 0.05, 0.2)}
    (drop,) = proven_drops(found, 0.05, look=1)
    assert drop.domain == "knowledge"
    assert drop.delta == found["knowledge"].estimate < -0.2
    assert drop.e_value > 2 / alpha_of_look(0.05, 1), "Holm: two domains"
    assert proven_drops({}, 0.05, look=1) == ()


def test_effects_are_those_of_the_comparison(train: Callable[..., Trainer], tiny_model: Path, tmp_path: Path) -> None:
    """On tasks with clusters, several views and supporting tasks, which are left out."""
    callback = ForgettingCallback(
        "smoke", at="save", base=tiny_model, engine=EngineOptions("scripted"), results=tmp_path / "results", strict=True
    )
    train(callback, save_strategy="steps", save_steps=4)
    comparison = load_comparison(callback.comparisons[0])
    supporting = [row.name for row in comparison.tasks if row.supporting]
    assert supporting
    found = domain_effects(load_items(callback.comparisons[0]), supporting)
    assert found.keys() == {row.name for row in comparison.domains}
    assert found["knowledge"].n_changed > 0
    for row in comparison.domains:
        assert found[row.name].estimate == pytest.approx(row.estimate.delta)
        assert found[row.name].se == pytest.approx(row.estimate.se)


def test_a_proven_regression_stops_the_training(
    train: Callable[..., Trainer], quiz: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    callback = ForgettingCallback(quiz, every=2, results=tmp_path / "results", stop_on_regression=True)
    with caplog.at_level(logging.WARNING, "forgetbench"):
        trainer = train(callback, Opposite(at_step=3), max_steps=8, learning_rate=0.0)
    assert trainer.state.global_step == 4, "the first evaluation after the damage"
    assert callback.stopped is not None
    assert callback.stopped.startswith("training stops at step 4, evaluation 2: knowledge lost 100.0 points (e-value ")
    assert str(callback.comparisons[-1]) in callback.stopped
    assert [record.getMessage() for record in caplog.records] == [f"forgetbench: {callback.stopped}"]


def test_nothing_stops_without_leave(train: Callable[..., Trainer], quiz: str, tmp_path: Path) -> None:
    callback = ForgettingCallback(quiz, every=2, results=tmp_path / "results")
    trainer = train(callback, Opposite(at_step=3), learning_rate=0.0)
    assert trainer.state.global_step == 4
    assert looks(trainer)[-1]["forgetting/knowledge_delta"] == -1.0
    assert callback.stopped is None


class Opposite(TrainerCallback):  # type: ignore[misc]
    """Damage that is known: from a step on, the model prefers what it did not."""

    def __init__(self, at_step: int) -> None:
        self.at_step = at_step

    def on_step_begin(self, args: Any, state: Any, control: Any, model: Any = None, **kwargs: Any) -> None:
        if state.global_step == self.at_step - 1:
            with torch.no_grad():
                model.lm_head.weight.neg_()


# --- what goes wrong --------------------------------------------------------------------------


def test_a_failed_evaluation_is_said_once_and_the_training_goes_on(
    train: Callable[..., Trainer], quiz: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    class Break(TrainerCallback):  # type: ignore[misc]
        def on_step_begin(self, *args: Any, **kwargs: Any) -> None:
            monkeypatch.setattr(torch, "log_softmax", broken)

    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("out of memory")

    callback = ForgettingCallback(quiz, every=1, results=tmp_path / "results")
    with caplog.at_level(logging.WARNING, "forgetbench"):
        trainer = train(callback, Break())
    assert trainer.state.global_step == 4
    assert looks(trainer) == []
    (said,) = (record.getMessage() for record in caplog.records)
    assert "the evaluation at step 1 failed and the training goes on" in said
    assert "RuntimeError: out of memory" in said
    assert all(module.training for module in trainer.model.modules())

    monkeypatch.undo()
    with pytest.raises(EngineError, match="out of memory"):
        train(ForgettingCallback(quiz, every=1, results=tmp_path / "strict", strict=True), Break())


def test_a_base_that_cannot_be_evaluated_ends_the_training_at_once(
    train: Callable[..., Trainer], tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="unknown suite 'smok'; did you mean 'smoke'"):
        train(ForgettingCallback("smok", every=1, results=tmp_path / "results"))
    with pytest.raises(InputError, match="task 'humaneval' runs code that the model writes"):
        train(ForgettingCallback(["humaneval"], every=1, results=tmp_path / "results"))


def test_sharded_weights_are_refused_at_the_start(
    train: Callable[..., Trainer], quiz: str, tiny_model: Path, tmp_path: Path
) -> None:
    model = with_dropout(tiny_model)
    assert not is_sharded(model)
    model.lm_head.weight.ds_id = 7  # as DeepSpeed's ZeRO-3 marks what it has cut up
    with pytest.raises(InputError, match=r'weights are sharded .* at="save"'):
        train(ForgettingCallback(quiz, every=1, results=tmp_path / "results"), model=model)


def test_a_callback_that_does_not_know_its_trainer_says_so(tiny_model: Path, tmp_path: Path) -> None:
    trainer = trainer_of(with_dropout(tiny_model), tiny_model, tmp_path / "out")
    trainer.add_callback(ForgettingCallback(every=1))
    with pytest.raises(InputError, match=r"call callback\.attach\(trainer\)"):
        trainer.train()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "say when to evaluate"),
        ({"every": 5, "at": "save"}, "say when to evaluate"),
        ({"every": 0}, "every=0: must be at least 1"),
        ({"at": "epoch"}, 'only "save" is known'),
        ({"every": 5, "alpha": 1.0}, "alpha=1.0: must be between 0 and 1"),
        ({"every": 5, "engine": EngineOptions(), "base": "x"}, 'an engine loads saved folders: give at="save"'),
        ({"at": "save", "engine": EngineOptions()}, "and base= what to compare with"),
    ],
)
def test_settings_that_do_not_go_together(settings: Mapping[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        ForgettingCallback(**settings)


def test_without_torch_the_import_names_the_extra() -> None:
    code = "import sys; sys.modules['torch'] = None; from forgetbench import ForgettingCallback"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "ImportError: forgetbench.ForgettingCallback: this needs torch: pip install 'forgetbench[lab]'"
    )


# --- a real model -----------------------------------------------------------------------------


@pytest.mark.real
@pytest.mark.filterwarnings("default")
def test_a_real_model_forgets_as_it_trains_and_training_does_not_notice(tmp_path: Path) -> None:
    """SmolLM2-135M-Instruct for three steps of narrow data at a high learning rate, with and without the callback."""
    folder = embedded_model()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    examples = [encode(tokenizer, list(map(asdict, each)), 128) for each in customer_service(12, seed=0)]

    def train(*callbacks: ForgettingCallback) -> Trainer:
        trainer = Trainer(
            model=AutoModelForCausalLM.from_pretrained(folder, dtype="float32", attention_dropout=0.1),
            args=TrainingArguments(
                str(tmp_path / "out"), max_steps=3, per_device_train_batch_size=2, learning_rate=2e-3,
                lr_scheduler_type="constant", logging_steps=1, save_strategy="no", report_to="none", use_cpu=True,
                disable_tqdm=True, remove_unused_columns=False, dataloader_pin_memory=False,
            ),
            train_dataset=examples,
            data_collator=lambda batch: collate(batch, tokenizer.pad_token_id),
            processing_class=tokenizer,
        )  # fmt: skip
        for callback in callbacks:
            callback.attach(trainer)
        trainer.train()
        return trainer

    callback = ForgettingCallback(
        ["knowledge_cloze", "language_bits"], every=3, limit=6, results=tmp_path / "results", strict=True
    )
    watched, alone = train(callback), train()
    (look,) = looks(watched)
    assert look["step"] == 3
    assert look["forgetting/language_delta"] < 0.0, "plain text has become less likely"
    assert 0.0 < look["forgetting/language_retention"] < 1.0
    comparison = load_comparison(callback.comparisons[0])
    assert {row.name: row.n_items for row in comparison.domains}.keys() == {"knowledge", "language"}
    assert all(row.n_unmeasured == 0 for row in comparison.tasks)
    assert losses(watched) == losses(alone)
    assert_same_weights(watched.model, alone.model)
