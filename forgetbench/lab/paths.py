"""What a lab measured: for each recipe and seed the path that its checkpoints take, gain against forgetting.

    Comparison -> PathPoint -> RecipePath -> Lab

Scores are chance-corrected, (score - g) / (1 - g) with each task's chance g, a domain the mean of its tasks; so 0 is
guessing, 1 all right, and domains can be averaged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import hypot, isfinite
from pathlib import PurePath

from forgetbench.records import FORMAT_RIGIDITY, SCHEMA_VERSION, TARGET, Comparison, DeltaRow, Side
from forgetbench.stats.chance import chance_corrected


@dataclass(frozen=True, slots=True)
class DomainChange:
    """A domain before and after, chance-corrected."""

    base: float
    candidate: float
    se: float | None
    """Standard error of the change over the items, by cluster; None where too few tell."""
    n_items: int

    @property
    def delta(self) -> float:
        """candidate - base: negative where something was lost."""
        return self.candidate - self.base


@dataclass(frozen=True, slots=True)
class PathPoint:
    """One checkpoint of a recipe, compared with the base."""

    at: float
    """Optimizer step, or the weight of the fine-tuned model in an average."""
    comparison_id: str
    candidate: Side
    domains: Mapping[str, DomainChange | None]
    """None for one that was not measured."""
    kl: float | None = None
    """KL(base || checkpoint) per token on the fine-tuning's own prompts, in nats."""

    @property
    def gain(self) -> float | None:
        """What the target skill gained; None where it was not measured."""
        change = self.domains.get(TARGET)
        return None if change is None else change.delta

    def forgetting(self, domain: str | None = None) -> float | None:
        """What a domain lost, or the mean of all but the target and the form of answers.

        None where one of them was not measured: what is missing does not count as kept.
        """
        names = [domain] if domain is not None else general_domains(self.domains)
        changes = [change for name in names if (change := self.domains.get(name)) is not None]
        return -sum(change.delta for change in changes) / len(names) if names and len(changes) == len(names) else None


@dataclass(frozen=True, slots=True)
class RecipePath:
    """All kept checkpoints of one recipe and seed, in the order of training."""

    recipe: str
    what: str
    """The recipe in a clause."""
    family: str
    """Recipes of one family share a colour."""
    seed: int
    settings: str
    """Hash of all that decides the path; one of other settings is made anew."""
    engine: str
    points: tuple[PathPoint, ...]
    start: str | None = None
    """The recipe whose last checkpoint this one went on from, or averaged with the base."""
    averages: bool = False
    """Points are averages of the base and the start's last checkpoint, in the order of their weights."""
    losses: tuple[tuple[int, float], ...] = ()
    """(step, training loss), where there is a log."""


@dataclass(frozen=True, slots=True)
class Lab:
    """lab.json: every path that was measured so far."""

    suite: str
    suite_fingerprint: str
    base: str
    """Fingerprint of the base's weights and tokenizer."""
    data: str
    """What the recipes were trained on."""
    paths: tuple[RecipePath, ...] = ()
    reference: str = "full-mid"
    """The recipe that others are compared with; the gain at which they are is a share of what it gains."""
    schema_version: int = SCHEMA_VERSION

    def find(self, recipe: str, seed: int) -> RecipePath | None:
        """The path of a recipe and seed, where there is one."""
        return next((path for path in self.paths if (path.recipe, path.seed) == (recipe, seed)), None)

    def of(self, recipe: str) -> dict[int, RecipePath]:
        """A recipe's paths by seed."""
        return {path.seed: path for path in sorted(self.paths, key=lambda path: path.seed) if path.recipe == recipe}

    def with_path(self, path: RecipePath) -> Lab:
        """The same with one path more, or in place of the one of that recipe and seed."""
        others = [other for other in self.paths if (other.recipe, other.seed) != (path.recipe, path.seed)]
        return replace(self, paths=(*others, path))

    @property
    def recipes(self) -> tuple[str, ...]:
        """Names of all recipes, in the order in which they were first run."""
        return tuple(dict.fromkeys(path.recipe for path in self.paths))

    @property
    def domains(self) -> tuple[str, ...]:
        """Every domain that was measured somewhere, the target last."""
        names = dict.fromkeys(name for path in self.paths for point in path.points for name in point.domains)
        return (*(name for name in names if name != TARGET), *((TARGET,) if TARGET in names else ()))


def general_domains(domains: Sequence[str] | Mapping[str, object]) -> list[str]:
    """The domains whose mean is the overall forgetting: what the model knows and can do, not how it words it."""
    return [name for name in domains if name not in (TARGET, FORMAT_RIGIDITY)]


def point_of(at: float, comparison: Comparison, kl: float | None = None) -> PathPoint:
    """A checkpoint's place on its recipe's path, from its comparison with the base."""
    return PathPoint(at, comparison.comparison_id, portable(comparison.candidate), domain_changes(comparison), kl)


def portable(candidate: Side) -> Side:
    """The same without the place of the lab's folder on this machine."""
    return replace(candidate, where="/".join(PurePath(candidate.where).parts[-2:]))


def domain_changes(comparison: Comparison) -> dict[str, DomainChange | None]:
    """Each domain's change over the paired items, chance-corrected by task before tasks are averaged."""
    tasks = [task for task in comparison.tasks if not task.supporting and task.estimate is not None]
    return {
        row.name: None if row.estimate is None else _mean([task for task in tasks if task.domain == row.name])
        for row in comparison.domains
    }


def _mean(tasks: Sequence[DeltaRow]) -> DomainChange:
    estimates = [(task.estimate, task.chance or 0.0) for task in tasks if task.estimate is not None]
    n = len(estimates)
    se = hypot(*(each.se / (1.0 - chance) for each, chance in estimates)) / n
    return DomainChange(
        base=sum(chance_corrected(each.base, chance) for each, chance in estimates) / n,
        candidate=sum(chance_corrected(each.candidate, chance) for each, chance in estimates) / n,
        se=se if isfinite(se) else None,
        n_items=sum(task.n_items for task in tasks),
    )
