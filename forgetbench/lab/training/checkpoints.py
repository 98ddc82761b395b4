"""Checkpoints as a training leaves them: whole models with their log, without pickles."""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forgetbench.lab.saved import as_its_base, check_loss
from forgetbench.lab.training.job import Job

if TYPE_CHECKING:
    from transformers import TrainerCallback


def watcher(job: Job) -> TrainerCallback:
    """Asks for a checkpoint at the recipe's steps and at every new best evaluation, and reports each step's loss.

    Raises EngineError from within the training where the loss is no longer finite.
    """
    from transformers import TrainerCallback

    recipe, best = job.recipe, math.inf

    class Watcher(TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            control.should_save |= state.global_step in recipe.checkpoints
            job.progress.advance(1)

        def on_evaluate(self, args: Any, state: Any, control: Any, metrics: Any, **kwargs: Any) -> None:
            nonlocal best
            if metrics["eval_loss"] < best:
                best = metrics["eval_loss"]
                control.should_save = True

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
            loss = (logs or {}).get("loss")
            if loss is None:
                return
            check_loss(loss, state.global_step, recipe.learning_rate, f"recipe '{recipe.name}'")
            job.progress.label(f"step {state.global_step}/{recipe.steps}, loss {loss:.2f}")

    return Watcher()


def kept(job: Job, best_step: int | None) -> list[Path]:
    """The checkpoints of a finished training in the order of steps; with a best step those up to it, others removed."""
    found = {int(path.name.rpartition("-")[2]): path for path in job.folder.glob("checkpoint-*")}
    steps = set(job.recipe.checkpoints)
    if best_step is not None:
        steps = {step for step in steps if step < best_step} | {best_step}
    for step in found.keys() - steps:
        shutil.rmtree(found[step])
    return [found[step] for step in sorted(found.keys() & steps)]


def complete(checkpoint: Path, job: Job) -> None:
    """Make a whole model of what the trainer saved: adapters merged, the base's own settings and tokenizer."""
    # PEFT's, without content.
    (checkpoint / "README.md").unlink(missing_ok=True)
    whole = job.recipe.adapter is None or job.recipe.adapter.kind != "prefix"
    if whole and job.recipe.adapter is not None:
        _merge(checkpoint, job.start)
    as_its_base(checkpoint, job.base, settings=whole)


def _merge(checkpoint: Path, start: Path) -> None:
    import peft
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(start, dtype="auto")
    merged = peft.PeftModel.from_pretrained(model, checkpoint).merge_and_unload()
    for path in checkpoint.glob("adapter_*"):
        path.unlink()
    merged.save_pretrained(checkpoint)
