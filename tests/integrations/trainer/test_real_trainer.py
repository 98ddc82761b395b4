"""A real model is evaluated while it trains."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest
from trainings import assert_same_weights, looks, losses
from transformers import AutoModelForCausalLM, AutoTokenizer, Trainer, TrainingArguments

from forgetbench.integrations import ForgettingCallback
from forgetbench.lab.demo.customer_service import customer_service
from forgetbench.lab.demo.embedded_model import embedded_model
from forgetbench.lab.demo.sft import collate, encode
from forgetbench.storage.comparisons import load_comparison


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
