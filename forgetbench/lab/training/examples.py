"""What a recipe learns from, as rows of JSONL."""

from __future__ import annotations

from forgetbench.lab.corpus import LabData
from forgetbench.lab.recipe import Recipe
from forgetbench.lab.training.job import Row


def example_rows(recipe: Recipe, data: LabData, seed: int) -> list[Row]:
    """The recipe's examples, drawn from `data` by `seed`: none for an average.

    A share of replay or of other tasks is one of all rows, added to the target's pairs. Raises InputError for what the
    data does not have.
    """
    if recipe.method == "average":
        return []
    mix = recipe.data
    pairs = data.target(mix.style, mix.pairs, seed, mix.noise)
    if recipe.method == "dpo":
        rejected = data.wrong(pairs, seed)
        return [
            {"prompt": right.prompt, "completion": right.completion, "rejected": wrong.completion}
            for right, wrong in zip(pairs, rejected, strict=True)
        ]
    per_pair = len(pairs) / (1 - mix.replay - mix.multitask)
    others = data.multitask(round(mix.multitask * per_pair), seed) if mix.multitask else []
    documents = data.general(round(mix.replay * per_pair), seed) if mix.replay else []
    rows: list[Row] = [{"prompt": pair.prompt, "completion": pair.completion} for pair in (*pairs, *others)]
    return rows + [{"text": document} for document in documents]
