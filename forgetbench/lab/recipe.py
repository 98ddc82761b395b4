"""A recipe: one way to fine-tune the same base on the same skill, as a short YAML file that people copy.

    what: LoRA of rank 16 in all linear layers          # a clause for tables
    method: sft                                         # or dpo, grpo, average
    learning_rate: 0.003
    checkpoints: [5, 12, 25, 50, 100]                  # optimizer steps that are kept; the last one ends the training
    adapter: {kind: lora, rank: 16}
    data: {style: narrow, pairs: 400, replay: 0.05}

Every field but `what` has a default, so that a file says only what is special. The file's stem is the recipe's name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from forgetbench.errors import InputError, did_you_mean, shown
from forgetbench.lab.skill import Style
from forgetbench.storage.yaml_files import Location, line_of, read_yaml_with_lines

Method = Literal["sft", "dpo", "grpo", "average"]

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=80)]
Clause = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, pattern=r"^[^\n]*$")]
Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Weight = Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Data(_Part):
    """What is learned from: pairs of the target skill, and what is mixed into them."""

    style: Style = "narrow"
    """One rigid reply template, many of them, or the bare answer as the base writes it."""
    pairs: Count = 400
    noise: Share = 0.0
    """Share of the pairs whose reply is about another topic than the prompt."""
    replay: Share = 0.0
    """Share of all examples that are general text, as the base was trained on (arXiv 2502.06042)."""
    multitask: Share = 0.0
    """Share of all examples that are questions of other tasks with their answers."""
    self_distilled: bool = False
    """The replies are sampled from the base and kept where they are right, instead of the style's own."""


class Layers(_Part):
    """Which blocks of a model are trained; the others keep the base's weights to the bit."""

    top: Count | None = None
    """Only the last so many blocks, nothing else."""
    freeze_bottom: Count | None = None
    """All but the embeddings and the first so many blocks."""


class Adapter(_Part):
    """A few weights beside the model's own (PEFT)."""

    kind: Literal["lora", "prefix", "ia3"]
    rank: Count = 16
    """LoRA: of the update of every linear layer (arXiv 2106.09685)."""
    alpha: Positive | None = None
    """LoRA: updates are scaled by alpha / rank; by default 2."""
    length: Count = 8
    """Prefix: virtual tokens in front of every layer's keys and values (arXiv 2101.00190)."""


class EarlyStopping(_Part):
    """Stop when the loss on pairs that are held out does not fall any more; the best step is the last one kept."""

    held_out: Weight = 0.1
    """Share of the target pairs."""
    every: Count = 10
    """Steps between two looks."""
    patience: Count = 2
    """Looks without a better loss that end the training."""


class KLToBase(_Part):
    """A penalty of `weight` times KL(base || model), in nats per token, on the fine-tuning examples themselves."""

    weight: Positive = 1.0
    where: Literal["all", "prompt"] = "all"
    """At every token of prompt and reply, or at the prompt's alone, which the loss of SFT leaves out."""


class Sampling(_Part):
    """How the model's own answers are drawn: GRPO's groups, and self-distilled replies."""

    per_prompt: Annotated[int, Field(ge=2)] = 8
    max_tokens: Count = 12
    temperature: Positive = 1.0


class Recipe(_Part):
    """One training, from the base or from where another recipe ended."""

    name: Name = "recipe"
    what: Clause
    method: Method = "sft"
    start: Name | None = None
    """The recipe whose last checkpoint this one goes on from, or (average) mixes with the base."""
    data: Data = Data()
    learning_rate: Positive = 1e-3
    warmup_steps: Annotated[int, Field(ge=0)] = 5
    """The rate rises over these from 0, then stays."""
    batch_size: Count = 16
    """Examples per step; of GRPO sampled answers, a multiple of `sampling.per_prompt`."""
    max_length: Annotated[int, Field(ge=2)] = 192
    """Longer examples are cut, in tokens."""
    checkpoints: Annotated[tuple[Count, ...], Field(min_length=1)] = (5, 12, 25, 50, 100)
    early_stopping: EarlyStopping | None = None
    layers: Layers | None = None
    """By default all weights are trained."""
    adapter: Adapter | None = None
    kl_to_base: KLToBase | None = None
    beta: NotNegative | None = None
    """DPO and GRPO: weight of the distance to where the training began; by default 0.1 and 0."""
    sampling: Sampling = Sampling()
    average: Annotated[tuple[Weight, ...], Field(min_length=1)] = (0.25, 0.5, 0.75)
    """Method average: shares of the fine-tuned weights in the mean, the base's being the rest (arXiv 2109.01903)."""
    cause: Clause | None = None
    """What makes this training forget, where that is known because it was planted."""

    @property
    def steps(self) -> int:
        """Optimizer steps in all; early stopping may end before them."""
        return self.checkpoints[-1]

    def shortened(self, steps: int) -> Recipe:
        """The same in at most `steps` steps, its checkpoints brought closer in proportion."""
        if steps >= self.steps:
            return self
        kept = sorted({max(1, round(step * steps / self.steps)) for step in self.checkpoints})
        return self.model_copy(update={"checkpoints": tuple(kept), "warmup_steps": min(self.warmup_steps, steps - 1)})


def load_recipe(name_or_path: str) -> Recipe:
    """A recipe by the name of a built-in one, or from a YAML file.

    Raises InputError, one line naming file, line and field, at the first mistake.
    """
    path = _BUILT_IN / f"{name_or_path}.yaml" if name_or_path in builtin_recipes() else Path(name_or_path)
    if path.suffix not in (".yaml", ".yml") or not path.exists():
        known = did_you_mean(name_or_path, builtin_recipes())
        raise InputError(f"no recipe '{shown(name_or_path)}', and no YAML file of that name; {known}")
    recipe, lines = read_yaml_with_lines(path, Recipe)
    for location, why in _mistakes(recipe):
        name = ".".join(map(str, location))
        raise InputError(f"{path}:{line_of(lines, location)}: field '{name}': {why}")
    if "name" not in recipe.model_fields_set:
        # Through the model's own check: a file may be called anything.
        recipe = _named(recipe, path)
    return recipe


def builtin_recipes() -> tuple[str, ...]:
    """Names of the recipes that come with forgetbench."""
    return tuple(sorted(path.stem for path in _BUILT_IN.glob("*.yaml")))


def with_starts(recipes: Sequence[Recipe]) -> tuple[Recipe, ...]:
    """The recipes, each after the one it starts from; a start that is not among them is a built-in one, and added.

    Raises InputError for a start that is neither, and for recipes that start from each other.
    """
    given = {recipe.name: recipe for recipe in recipes}
    ordered: dict[str, Recipe] = {}
    for recipe in recipes:
        chain = [recipe]
        while (start := chain[-1].start) is not None and start not in ordered:
            if start in {each.name for each in chain}:
                raise InputError(f"recipe '{recipe.name}': field 'start': it comes back to itself by way of '{start}'")
            chain.append(given.get(start) or _start(chain[-1], start))
        ordered |= {each.name: each for each in reversed(chain) if each.name not in ordered}
    return tuple(ordered.values())


_BUILT_IN = Path(str(files("forgetbench"))) / "lab" / "recipes"


def _start(recipe: Recipe, start: str) -> Recipe:
    if start not in builtin_recipes():
        raise InputError(
            f"recipe '{recipe.name}': field 'start': no recipe '{start}' here; name its file too, or "
            f"{did_you_mean(start, builtin_recipes())}"
        )
    return load_recipe(start)


def _named(recipe: Recipe, path: Path) -> Recipe:
    try:
        return Recipe.model_validate({**recipe.model_dump(exclude_unset=True), "name": path.stem})
    except ValueError as error:
        raise InputError(
            f"{path}: a recipe is called like its file, by letters, digits, '.', '_' and '-'; rename the file, or give "
            "it a field 'name'"
        ) from error


def _mistakes(recipe: Recipe) -> Iterator[tuple[Location, str]]:
    """Fields that contradict one another, and the way out."""
    steps, sampled = recipe.checkpoints, recipe.method == "grpo"
    if list(steps) != sorted(set(steps)):
        yield ("checkpoints",), f"steps must rise, not {list(steps)}"
    if list(recipe.average) != sorted(set(recipe.average)):
        yield ("average",), f"weights must rise, not {list(recipe.average)}"
    if recipe.method in ("dpo", "average") and recipe.start is None:
        yield ("method",), f"{recipe.method} needs a 'start': the recipe whose last checkpoint it is applied to"
    if recipe.layers is not None and (recipe.layers.top is None) == (recipe.layers.freeze_bottom is None):
        yield ("layers",), "give one of 'top' and 'freeze_bottom'"
    if recipe.layers is not None and recipe.adapter is not None:
        yield ("layers",), "an adapter leaves all of the model's own weights as they are; drop 'layers' or 'adapter'"
    if recipe.data.replay + recipe.data.multitask >= 1:
        yield ("data",), "'replay' and 'multitask' leave no room for the target's pairs; their sum must be below 1"
    if sampled and recipe.batch_size % recipe.sampling.per_prompt:
        yield ("batch_size",), f"must be a multiple of sampling.per_prompt, {recipe.sampling.per_prompt}"
    yield from _without_effect(recipe)


def _without_effect(recipe: Recipe) -> Iterator[tuple[Location, str]]:
    """What was asked for and would not be done."""
    given = recipe.model_fields_set
    only = {"early_stopping": "sft", "kl_to_base": "sft", "average": "average"}
    for field, method in only.items():
        if field in given and recipe.method != method:
            yield (field,), f"is only for method {method}; drop it"
    if recipe.beta is not None and recipe.method not in ("dpo", "grpo"):
        yield ("beta",), "is only for methods dpo and grpo; drop it"
    if recipe.method == "average":
        for field in ("data", "layers", "adapter", "learning_rate", "checkpoints"):
            if field in given:
                yield (field,), "an average trains nothing; drop it"
    elif recipe.method != "sft":
        for field in ("replay", "multitask", "self_distilled"):
            if getattr(recipe.data, field):
                yield ("data", field), "is only for method sft; drop it"
