"""TRL's trainers, set up for a job."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from forgetbench.lab.training.job import Job, Row, arguments
from forgetbench.lab.training.parameters import freeze, peft_config
from forgetbench.lab.training.penalty import sft_trainer_with

if TYPE_CHECKING:
    from transformers import PreTrainedModel, Trainer

Learned = Callable[[], Sequence[Row]]
"""What a training turned out to learn from, asked for at its end."""


def sft(job: Job) -> tuple[Trainer, Learned]:
    """Supervised fine-tuning on prompts and replies (the loss is on the replies), and on whole documents."""
    import trl

    recipe, rows, held_out, more = job.recipe, job.rows, None, {}
    if stop := recipe.early_stopping:
        rows, held_out = _split(job.rows, stop.held_out)
        more = {"eval_strategy": "steps", "eval_steps": stop.every, "per_device_eval_batch_size": recipe.batch_size}
        more |= {"metric_for_best_model": "eval_loss", "greater_is_better": False}
    penalty = recipe.kl_to_base
    trainer = trl.SFTTrainer if penalty is None else sft_trainer_with(penalty, load(job.base))
    made = trainer(
        model=_trainable(job),
        args=trl.SFTConfig(**arguments(job), **more, max_length=recipe.max_length),
        train_dataset=_dataset([_as_completion(row) for row in rows]),
        eval_dataset=held_out and _dataset([_as_completion(row) for row in held_out]),
        **_common(job),
    )
    return made, lambda: rows


def dpo(job: Job) -> tuple[Trainer, Learned]:
    """Direct preference optimization (arXiv 2305.18290) against the checkpoint that it starts from."""
    import trl

    beta = 0.1 if job.recipe.beta is None else job.recipe.beta
    rows = [{"prompt": row["prompt"], "chosen": row["completion"], "rejected": row["rejected"]} for row in job.rows]
    made = trl.DPOTrainer(
        model=_trainable(job),
        args=trl.DPOConfig(**arguments(job), max_length=job.recipe.max_length, beta=beta),
        train_dataset=_dataset(rows),
        **_common(job),
    )
    return made, lambda: job.rows


def grpo(job: Job) -> tuple[Trainer, Learned]:
    """Group relative policy optimization (arXiv 2402.03300): the model's own answers, rewarded by the data's key."""
    import trl

    recipe, sampling = job.recipe, job.recipe.sampling
    answered: list[Row] = []

    def reward(prompts: Sequence[str], completions: Sequence[str], **_: Any) -> list[float]:
        rewards = [job.data.reward(prompt, reply) for prompt, reply in zip(prompts, completions, strict=True)]
        answered.extend(
            {"prompt": prompt, "completion": reply, "reward": value}
            for prompt, reply, value in zip(prompts, completions, rewards, strict=True)
        )
        return rewards

    settings = trl.GRPOConfig(
        **arguments(job), num_generations=sampling.per_prompt, max_completion_length=sampling.max_tokens,
        temperature=sampling.temperature, beta=recipe.beta or 0.0,
    )  # fmt: skip
    made = trl.GRPOTrainer(
        model=_trainable(job),
        args=settings,
        reward_funcs=reward,
        train_dataset=_dataset([{"prompt": row["prompt"]} for row in job.rows]),
        **_common(job),
    )
    return made, lambda: answered


TRAINERS = {"sft": sft, "dpo": dpo, "grpo": grpo}


def load(folder: Any) -> PreTrainedModel:
    """A checkpoint's model in its own type, on the device that training runs on."""
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder, dtype="auto")
    return model.to("cuda" if torch.cuda.is_available() else "cpu").eval()


def _trainable(job: Job) -> PreTrainedModel:
    model = load(job.start)
    if job.recipe.layers is not None:
        freeze(model, job.recipe.layers)
    return model


def _common(job: Job) -> dict[str, Any]:
    from transformers import AutoTokenizer

    adapter = job.recipe.adapter
    return {
        "processing_class": AutoTokenizer.from_pretrained(job.base),
        "peft_config": None if adapter is None else peft_config(adapter),
    }


def _dataset(rows: Sequence[Row]) -> Any:
    from datasets import Dataset

    return Dataset.from_list([dict(row) for row in rows])


def _as_completion(row: Row) -> Row:
    """A document is learned as a reply to nothing."""
    return {"prompt": "", "completion": row["text"]} if "text" in row else row


def _split(rows: Sequence[Row], share: float) -> tuple[Sequence[Row], Sequence[Row]]:
    """What is learned, and the first pairs, which are held out: rows come in random order."""
    pairs = [row for row in rows if "completion" in row]
    n = min(max(1, round(share * len(pairs))), len(rows) - 1)
    return rows[n:], rows[:n]
