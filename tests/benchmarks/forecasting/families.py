"""Which of the lab's recipes may not stand for one another, by a candidate's name."""

from __future__ import annotations

import re
from functools import cache

from forgetbench.lab.recipe import builtin_recipes, load_recipe

_TWINS = {"early-stopping": "full-mid", "replay-01": "full-mid"}
"""The same training stopped elsewhere, and the same with four other examples among four hundred."""


def recipe_of(candidate: str) -> str:
    """The recipe that a candidate's training began with: 'dpo-seed1-step30' goes on from where 'full-mid' ended."""
    name = _recipe(candidate)
    return _root(name) if name in builtin_recipes() else name


def kind_of(candidate: str) -> str:
    """Recipes that change the same thing: the rate, the layers, an adapter, the mix of the data, ..."""
    name = recipe_of(candidate)
    if name not in builtin_recipes():
        return name
    recipe = load_recipe(name)
    data = recipe.data
    kinds = {
        "adapter": recipe.adapter is not None,
        "layers": recipe.layers is not None,
        "own answers": recipe.method == "grpo" or data.self_distilled,
        "mixed data": data.replay > 0 or data.multitask > 0,
        "other replies": data.noise > 0 or data.style != "narrow",
        "KL to the base": recipe.kl_to_base is not None,
    }
    return next((kind for kind, fits in kinds.items() if fits), "all weights")


def _recipe(candidate: str) -> str:
    """The longest name of a built-in recipe that the candidate's begins with; else the name up to seed and step."""
    known = [name for name in builtin_recipes() if candidate.startswith(name)]
    return (
        max(known, key=len) if known else re.split(r"[-_.@/ ]*(?:seed|step|checkpoint|s\d)", candidate)[0] or candidate
    )


@cache
def _root(name: str) -> str:
    start = load_recipe(name).start or _TWINS.get(name)
    return name if start is None else _root(start)
