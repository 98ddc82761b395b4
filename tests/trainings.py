"""Trainings of a tiny model, and what they log: shared by the tests of the callback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, Trainer, TrainerCallback, TrainingArguments

from forgetbench.storage.comparisons import load_comparison
from forgetbench.storage.runs import load_run


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


def losses(trainer: Trainer) -> list[dict[str, float]]:
    return [row for row in trainer.state.log_history if "loss" in row]


def looks(trainer: Trainer) -> list[dict[str, float]]:
    rows = [row for row in trainer.state.log_history if "forgetting/overall_delta" in row]
    return [{name: value for name, value in row.items() if name != "forgetting/seconds"} for row in rows]


def assert_same_weights(one: Any, other: Any) -> None:
    left, right = one.state_dict(), other.state_dict()
    assert left.keys() == right.keys()
    assert [name for name in left if not torch.equal(left[name], right[name])] == []


def samples(comparison: Path) -> Any:
    found = load_comparison(comparison)
    return load_run(comparison.parent.parent / "runs" / found.candidate.run_id).samples
