"""A training of the tiny model with callbacks, and a suite on which its base is always right."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from trainings import trainer_of, with_dropout
from transformers import AutoModelForCausalLM, AutoTokenizer, Trainer

from forgetbench.integrations import ForgettingCallback

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
