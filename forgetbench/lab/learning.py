"""One training of a lab, and how far it moved the model on its own prompts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forgetbench.diagnosis.divergence import kl_divergence
from forgetbench.lab.running import Learnt, Wanted
from forgetbench.models.network import quiet

if TYPE_CHECKING:
    from forgetbench.lab.corpus import LabData
    from forgetbench.lab.training.trained import Trained

_PROMPTS, _SEED = 48, 71
"""Prompts of the target that KL is a mean over; drawn by a seed that no training has."""


@dataclass(frozen=True, slots=True)
class Teacher:
    """Trains recipes on one base and one data set, each below `out`."""

    base: Path
    data: LabData
    out: Path

    def __call__(self, job: tuple[Wanted, Mapping[str, Trained]]) -> Learnt:
        from forgetbench.lab.training import train

        wanted, starts = job
        # Named by its settings too: a recipe that was changed is trained beside what it was.
        folder = self.out / f"{wanted.recipe.name}-seed{wanted.seed}-{wanted.settings[:6]}"
        trained = train(wanted.recipe, self.base, self.data, wanted.seed, folder, starts=starts)
        prompts = [pair.prompt for pair in self.data.target("narrow", _PROMPTS, _SEED)]
        return Learnt(trained, divergences(self.base, trained, prompts))


def divergences(base: Path, trained: Trained, prompts: Sequence[str]) -> tuple[float | None, ...]:
    """KL(base || checkpoint) of each checkpoint: nats per token, over every position of the prompts, the last of which
    predicts the answer's first token (the forward KL of arXiv 2509.04259).

    Both models are in memory together. None for checkpoints that are no full weights.
    """
    import torch

    if any(not (folder / "config.json").is_file() for _, folder in trained.checkpoints):
        return (None,) * len(trained.checkpoints)
    with torch.inference_mode(), quiet():
        before, tokenizer = _model(base), _tokenizer(base)
        encoded = [torch.tensor([tokenizer(prompt)["input_ids"]]) for prompt in prompts]
        return tuple(_divergence(before, _model(folder), encoded) for _, folder in trained.checkpoints)


def _divergence(before: Any, after: Any, encoded: Sequence[Any]) -> float:
    import torch

    total, n = 0.0, 0
    for tokens in encoded:
        p, q = (torch.log_softmax(model(tokens).logits[0].float(), dim=-1).numpy() for model in (before, after))
        total += float(kl_divergence(p, q).sum())
        n += tokens.shape[1]
    return total / max(n, 1)


def _model(folder: Path) -> Any:
    import transformers

    return transformers.AutoModelForCausalLM.from_pretrained(folder, dtype="auto").eval()


def _tokenizer(folder: Path) -> Any:
    import transformers

    return transformers.AutoTokenizer.from_pretrained(folder)
