"""Full supervised fine-tuning of a causal language model with transformers' Trainer, on CPU or CUDA.

One training run, checkpoints at chosen steps. Each `checkpoint-<step>` is a full model (safetensors, configuration,
the base's own tokenizer and chat template) with the Trainer's `trainer_state.json` beside it.
"""

from __future__ import annotations

import gc
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forgetbench.engines.processor import cpu_dtype
from forgetbench.errors import EngineError, InputError
from forgetbench.fingerprint import checkpoint_fingerprint, file_digest
from forgetbench.lab.demo.cached_folder import build_folder, check_same_training
from forgetbench.lab.demo.extra import require
from forgetbench.lab.saved import as_its_base, check_loss, store_like
from forgetbench.models.network import quiet
from forgetbench.models.weights import weight_files
from forgetbench.storage.jsonl import read_jsonl

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerBase, Trainer, TrainerCallback, TrainingArguments

IGNORED = -100
"""The label that the loss leaves out (torch.nn.functional.cross_entropy's ignore_index)."""

OnStep = Callable[[int, int, float], None]
"""Called after each step with the step (from 1), the number of steps and the step's training loss."""


@dataclass(frozen=True, slots=True)
class SFTConfig:
    """One training run; training ends with the last of `save_steps`.

    The learning rate rises linearly over `warmup_steps` and then stays. `data` is JSONL with `messages`.
    """

    model: Path
    data: Path
    out: Path
    learning_rate: float
    save_steps: tuple[int, ...]
    batch_size: int = 8
    max_length: int = 512
    """Longer conversations are cut, in tokens."""
    warmup_steps: int = 2
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.save_steps or sorted(set(self.save_steps)) != list(self.save_steps) or self.save_steps[0] < 1:
            raise InputError(f"save_steps {self.save_steps}: give rising steps, the first at least 1")
        if not 0 < self.learning_rate < math.inf:
            raise InputError(f"learning_rate {self.learning_rate}: must be above 0")
        if self.batch_size < 1 or self.max_length < 2 or self.warmup_steps < 0:
            raise InputError("batch_size must be at least 1, max_length at least 2, warmup_steps not negative")

    @property
    def steps(self) -> int:
        """Optimizer steps in all."""
        return self.save_steps[-1]


@dataclass(frozen=True, slots=True)
class Example:
    """One conversation in token ids; `labels` are the ids where the loss counts, IGNORED elsewhere."""

    input_ids: tuple[int, ...]
    labels: tuple[int, ...]


def train(config: SFTConfig, on_step: OnStep = lambda step, total, loss: None) -> list[Path]:
    """Train and return the checkpoint folders, in the order of `save_steps`.

    A finished training of the same model, data and settings in `out` is taken as it is. Nothing is left in
    `out` by a training that fails or is killed. The same machine gives the same weights again.

    Raises InputError when `out` holds something else, or for data that cannot be used (file and line named);
    EngineError when the loss is no longer finite, or the device's memory does not suffice.
    """
    require("torch", "transformers", "accelerate")
    made_from = _made_from(config)
    check_same_training(config.out, made_from)
    build_folder(config.out, made_from, lambda partial: _train_into(partial, config, on_step))
    return [config.out / f"checkpoint-{step}" for step in config.save_steps]


def read_examples(path: Path, tokenizer: PreTrainedTokenizerBase, max_length: int) -> list[Example]:
    """The conversations of a JSONL file as token ids. Raises InputError naming file and line."""
    rows = read_jsonl(path)
    if not rows:
        raise InputError(f"{path}: holds no conversations")
    examples = []
    for number, row in enumerate(rows, start=1):
        try:
            examples.append(encode(tokenizer, row.get("messages"), max_length))
        except InputError as error:
            raise InputError(f"{path}, conversation {number}: {error}") from error
    return examples


def encode(tokenizer: PreTrainedTokenizerBase, messages: Any, max_length: int) -> Example:
    """A conversation in the tokenizer's chat template, labels on the assistant's replies alone.

    A reply's labels end with its end-of-sequence token; template text after it, and everything that the
    model will be given at inference, is ignored. Context and reply are tokenized apart, as they are then.
    """
    _check_messages(messages)
    ids: list[int] = []
    labels: list[int] = []
    done = ""
    for i, message in enumerate(messages):
        if message["role"] != "assistant":
            continue
        before = _render(tokenizer, messages[:i], prompt=True)
        after = _render(tokenizer, messages[: i + 1], prompt=False)
        if not (before.startswith(done) and after.startswith(before)):
            raise InputError("the chat template rewrites earlier turns; the reply's place cannot be told")
        context = tokenizer.encode(before[len(done) :], add_special_tokens=False)
        reply = tokenizer.encode(after[len(before) :], add_special_tokens=False)
        n_learned = reply.index(tokenizer.eos_token_id) + 1 if tokenizer.eos_token_id in reply else len(reply)
        ids += context + reply
        labels += [IGNORED] * len(context) + reply[:n_learned] + [IGNORED] * (len(reply) - n_learned)
        done = after
    if all(label == IGNORED for label in labels[:max_length]):
        raise InputError(f"no reply within the first {max_length} tokens; raise max_length or shorten the context")
    return Example(tuple(ids[:max_length]), tuple(labels[:max_length]))


def _check_messages(messages: Any) -> None:
    if not isinstance(messages, list) or not all(
        isinstance(message, dict) and isinstance(message.get("content"), str) and "role" in message
        for message in messages
    ):
        raise InputError('expected {"messages": [{"role": ..., "content": ...}, ...]}')
    if not any(message["role"] == "assistant" for message in messages):
        raise InputError("no message with the role 'assistant'")


def _render(tokenizer: PreTrainedTokenizerBase, messages: Sequence[Mapping[str, str]], *, prompt: bool) -> str:
    return str(tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=prompt))


def collate(examples: Sequence[Example], pad_token_id: int) -> dict[str, torch.Tensor]:
    """One batch, padded on the right to its longest example: (batch, length) int64 tensors."""
    import torch

    width = max(len(example.input_ids) for example in examples)

    def padded(rows: Sequence[tuple[int, ...]], filler: int) -> torch.Tensor:
        return torch.tensor([[*row, *[filler] * (width - len(row))] for row in rows], dtype=torch.int64)

    return {
        "input_ids": padded([example.input_ids for example in examples], pad_token_id),
        "labels": padded([example.labels for example in examples], IGNORED),
        "attention_mask": padded([(1,) * len(example.input_ids) for example in examples], 0),
    }


def _made_from(config: SFTConfig) -> dict[str, Any]:
    if not (config.model / "config.json").is_file():
        raise InputError(f"{config.model} is not a model folder (no config.json)")
    if not config.data.is_file():
        raise InputError(f"no such training data: {config.data}")
    return {
        "model": checkpoint_fingerprint(config.model, weight_files(config.model)),
        "data": file_digest(config.data),
        "learning_rate": config.learning_rate,
        "save_steps": list(config.save_steps),
        "batch_size": config.batch_size,
        "max_length": config.max_length,
        "warmup_steps": config.warmup_steps,
        "seed": config.seed,
    }


def _train_into(folder: Path, config: SFTConfig, on_step: OnStep) -> None:
    import torch

    with quiet():
        trainer = _trainer(folder, config, on_step)
        try:
            trainer.train()
        except torch.OutOfMemoryError as error:
            raise EngineError(
                f"training does not fit into the device's memory at batch_size {config.batch_size}; use a smaller one"
            ) from error
        finally:
            # An engine that starts next needs the memory of weights, gradients and optimizer.
            trainer.accelerator.free_memory()
            del trainer
            gc.collect()
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
    _write_versions(folder / "versions.json")


def _trainer(folder: Path, config: SFTConfig, on_step: OnStep) -> Trainer:
    from transformers import AutoModelForCausalLM, AutoTokenizer, PrinterCallback, Trainer

    tokenizer = AutoTokenizer.from_pretrained(config.model)
    if tokenizer.chat_template is None:
        raise InputError(f"{config.model} has no chat template; conversations cannot be rendered without one")
    examples = read_examples(config.data, tokenizer, config.max_length)
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id
    trainer = Trainer(
        model=AutoModelForCausalLM.from_pretrained(config.model, dtype=_dtype()),
        args=_arguments(folder, config),
        train_dataset=examples,
        data_collator=lambda batch: collate(batch, pad),
        callbacks=[_callback(config, on_step)],
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def _arguments(folder: Path, config: SFTConfig) -> TrainingArguments:
    import torch
    from transformers import TrainingArguments

    arguments = TrainingArguments(
        output_dir=str(folder),
        max_steps=config.steps,
        per_device_train_batch_size=config.batch_size,
        learning_rate=config.learning_rate,
        lr_scheduler_type="constant_with_warmup",
        warmup_steps=config.warmup_steps,
        weight_decay=0.0,
        max_grad_norm=1.0,
        optim="adamw_torch",
        logging_steps=1,
        # Otherwise a loss that is not a number is logged as the last finite one.
        logging_nan_inf_filter=False,
        save_strategy="no",
        save_only_model=True,
        # The Trainer writes this into each checkpoint's config.json; False would make generation slow later on.
        use_cache=True,
        include_num_input_tokens_seen="non_padding",
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_pin_memory=False,
        use_cpu=not torch.cuda.is_available(),
        seed=config.seed,
        data_seed=config.seed,
    )
    # With several GPUs in sight the Trainer would multiply the batch by their number, and train something else.
    arguments._n_gpu = min(1, arguments.n_gpu)
    return arguments


def _callback(config: SFTConfig, on_step: OnStep) -> TrainerCallback:
    from transformers import TrainerCallback

    class SaveAndReport(TrainerCallback):  # type: ignore[misc]
        """Asks for a checkpoint at the chosen steps, makes it complete, and reports each step's loss."""

        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            control.should_save = state.global_step in config.save_steps

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
            loss = (logs or {}).get("loss")
            if loss is None:
                return
            check_loss(loss, state.global_step, config.learning_rate, "the demo's training")
            on_step(state.global_step, config.steps, loss)

        def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            checkpoint = Path(args.output_dir) / f"checkpoint-{state.global_step}"
            rounded = _dtype() != "auto"
            if rounded:
                store_like(checkpoint, config.model)
            as_its_base(checkpoint, config.model, settings=rounded)

    return SaveAndReport()


def _dtype() -> str:
    """What the training computes in: the model's own type, where this machine is not too slow in it."""
    import torch

    return "auto" if torch.cuda.is_available() else cpu_dtype("auto")


def _write_versions(path: Path) -> None:
    import torch
    import transformers

    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
    versions = {"torch": torch.__version__, "transformers": transformers.__version__, "device": device}
    path.write_text(json.dumps(versions, indent=2) + "\n", encoding="utf-8")
