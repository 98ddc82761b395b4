"""One training as its parts see it, and the settings that all trainers share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forgetbench.lab.corpus import LabData
from forgetbench.lab.recipe import Recipe
from forgetbench.progress import Progress

Row = Mapping[str, Any]
"""One line of the training data: prompt and completion (DPO: and rejected), or the text of a document."""


@dataclass(frozen=True, slots=True)
class Job:
    """A recipe, where it starts, what it learns from and where it writes."""

    recipe: Recipe
    base: Path
    start: Path
    """The base itself, or the checkpoint that the recipe goes on from; full weights."""
    data: LabData
    rows: Sequence[Row]
    seed: int
    folder: Path
    progress: Progress


def arguments(job: Job) -> dict[str, Any]:
    """What SFTConfig, DPOConfig and GRPOConfig are all given: transformers.TrainingArguments by name."""
    import torch

    recipe = job.recipe
    return {
        "output_dir": str(job.folder),
        "max_steps": recipe.steps,
        "per_device_train_batch_size": recipe.batch_size,
        "learning_rate": recipe.learning_rate,
        "lr_scheduler_type": "constant_with_warmup",
        "warmup_steps": recipe.warmup_steps,
        "weight_decay": 0.0,
        "max_grad_norm": 1.0,
        "optim": "adamw_torch",
        # The model's own type decides; TRL would train in half precision and save memory that is not short here.
        "bf16": False,
        "gradient_checkpointing": False,
        "logging_steps": 1,
        # Otherwise a loss that is not a number is logged as the last finite one.
        "logging_nan_inf_filter": False,
        "save_strategy": "no",
        "save_only_model": True,
        "include_num_input_tokens_seen": "non_padding",
        "report_to": "none",
        "disable_tqdm": True,
        "dataloader_pin_memory": False,
        "use_cpu": not torch.cuda.is_available(),
        "seed": job.seed,
        "data_seed": job.seed,
    }
