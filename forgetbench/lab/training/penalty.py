"""The distance of a model to its base on fine-tuning examples, as a penalty on the loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from forgetbench.lab.recipe import KLToBase

if TYPE_CHECKING:
    import torch

_IGNORED = -100


def kl_to_base(base_logits: torch.Tensor, logits: torch.Tensor, counted: torch.Tensor) -> torch.Tensor:
    """KL(base || model) = sum p log(p / q) of the next token's distributions, in nats, the mean where `counted`.

    Logits are (batch, length, tokens), `counted` is (batch, length) of bool. It is the direction that keeps whatever
    the base finds likely.
    """
    p, q = base_logits.log_softmax(-1), logits.log_softmax(-1)
    each = (p.exp() * (p - q)).sum(-1)
    return each[counted].mean()


def predicted(batch: Mapping[str, torch.Tensor], where: str) -> torch.Tensor:
    """The positions, all but the last, whose next token is there (and is a prompt's): (batch, length - 1), bool."""
    there = batch["attention_mask"][:, 1:].bool()
    return there if where == "all" else there & (batch["labels"][:, 1:] == _IGNORED)


def sft_trainer_with(penalty: KLToBase, base: Any) -> Any:
    """TRL's SFTTrainer whose training loss has the penalty added; its evaluation loss stays plain."""
    import torch
    from trl import SFTTrainer

    class PenalisedSFTTrainer(SFTTrainer):  # type: ignore[misc]
        def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, **rest: Any) -> Any:
            loss = super().compute_loss(model, inputs, return_outputs, **rest)
            if not model.training:
                return loss
            seen = {name: inputs[name] for name in ("input_ids", "attention_mask")}
            with torch.no_grad():
                before = base(**seen).logits
            now = model(**seen).logits
            return loss + penalty.weight * kl_to_base(before[:, :-1], now[:, :-1], predicted(inputs, penalty.where))

    return PenalisedSFTTrainer
