"""What a results file says: its model, its tasks' settings, and their aggregated numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from forgetbench.errors import InputError
from forgetbench.lm_eval_bridge.clusters import clusters_mistake
from forgetbench.sanitize import shorten
from forgetbench.storage.json_files import parse_json

_MOST_BYTES = 1 << 30
_NAMES = ("peft", "delta", "pretrained", "model", "path", "engine")
"""Model arguments that name a model, in lm-eval's own order (`GeneralConfigTracker._get_model_name`)."""


Count = Annotated[int, Field(ge=0, le=2**31)]
Seed = Annotated[int, Field(ge=-(2**53), le=2**53)]


class _Loose(BaseModel):
    model_config = ConfigDict(extra="ignore", populate_by_name=True, protected_namespaces=())


class TaskConfig(_Loose):
    """What is used of a task's configuration."""

    output_type: str | None = None
    num_fewshot: Count | None = None
    repeats: Count | None = None
    generation_kwargs: dict[str, Any] | None = None
    filter_list: list[dict[str, Any]] | None = None
    metric_list: list[dict[str, Any]] | None = None
    target_delimiter: str | None = None
    metadata: dict[str, Any] | list[Any] | None = None

    @property
    def filters(self) -> tuple[str, ...]:
        """Names of the ways in which an answer is read, as declared."""
        return tuple(str(entry.get("name")) for entry in self.filter_list or ())

    @property
    def own(self) -> Mapping[str, Any]:
        """The metadata of a task that was written for this package: it names its domain. Empty of all others."""
        declared = self.metadata if isinstance(self.metadata, dict) else {}
        return declared if isinstance(declared.get("domain"), str) and not clusters_mistake(_clusters(declared)) else {}

    def metric(self, name: str) -> Mapping[str, Any]:
        """What is declared of a metric."""
        return next((entry for entry in self.metric_list or () if entry.get("metric") == name), {})


class RunConfig(_Loose):
    """What is used of how lm-eval was called."""

    model: str | None = None
    model_args: str | dict[str, Any] | None = None
    model_dtype: str | None = None
    model_revision: str | None = None
    limit: Annotated[float, Field(ge=0, le=2**31)] | None = None
    random_seed: Seed | None = None
    fewshot_seed: Seed | None = None
    gen_kwargs: str | dict[str, Any] | None = None


class Results(_Loose):
    """One evaluation of one model. Fields came one after the other: all but the first have a default."""

    results: dict[str, dict[str, Any]]
    group_subtasks: dict[str, list[str]] = {}
    configs: dict[str, TaskConfig] = {}
    versions: dict[str, Any] = {}
    n_shot: dict[str, Count | str | None] = Field({}, alias="n-shot")
    n_samples: dict[str, Any] = Field({}, alias="n-samples")
    higher_is_better: dict[str, dict[str, bool | None]] = {}
    config: RunConfig = RunConfig()
    date: float | None = None
    lm_eval_version: str | None = None
    model_source: str | None = None
    model_name: str | None = None
    system_instruction: str | None = None
    chat_template: str | dict[str, Any] | None = None
    chat_template_sha: str | None = None
    fewshot_as_multiturn: bool | None = None
    task_hashes: dict[str, str] = {}
    samples: dict[str, list[dict[str, Any]]] | None = None
    """Rows, where the results of `simple_evaluate` were written as they are."""

    @property
    def name(self) -> str:
        """The model's name; before 0.4.3 it stands in the model's arguments alone."""
        return self.model_name or _named(self.config.model_args) or self.config.model or "unnamed"

    @property
    def dtype(self) -> str | None:
        """What the model computed in: as it says, else as it was asked for; None where neither tells."""
        said = self.config.model_dtype or _argument(self.config.model_args, "dtype") or "auto"
        return None if said == "auto" else said.removeprefix("torch.")

    @property
    def tasks(self) -> tuple[str, ...]:
        """Names of what was asked, without groups."""
        groups = {name for name, members in self.group_subtasks.items() if members}
        return tuple(name for name in (self.configs or self.results) if name not in groups)

    def groups_of(self, task: str) -> tuple[str, ...]:
        """The groups that a task is in, the nearest first."""
        found: list[str] = []
        name: str | None = task
        while name is not None:
            name = next((group for group, members in self.group_subtasks.items() if name in members), None)
            if name is None or name in found:
                break
            found.append(name)
        return tuple(found)

    def value(self, task: str, metric: str, way: str) -> float | None:
        """The aggregated number of a metric as one filter reads the answers."""
        number = self.results.get(task, {}).get(f"{metric},{way}")
        return float(number) if isinstance(number, float | int) and not isinstance(number, bool) else None


def _clusters(metadata: Mapping[str, Any]) -> Any:
    return metadata.get("clusters") or "cluster"


def load_results(path: Path) -> list[Results]:
    """The evaluations in a results file: one, or those of several models in a list or by name.

    Raises InputError, one line, when the file cannot be read or is no results file.
    """
    content = parse_json(path, _MOST_BYTES)
    found = list(_evaluations(content))
    if not found:
        raise InputError(f"{path}: not lm-eval's results: a JSON object with 'results' is expected")
    return [_validated(path, name, entry) for name, entry in found]


def _evaluations(content: Any) -> Iterator[tuple[str | None, dict[str, Any]]]:
    """The objects that are results, each with the name that it has in its file, if any."""
    if isinstance(content, dict) and isinstance(content.get("results"), dict):
        yield None, content
    elif isinstance(content, dict):
        for name, entry in content.items():
            if isinstance(entry, dict) and isinstance(entry.get("results"), dict):
                yield name, entry
    elif isinstance(content, list):
        for entry in content:
            yield from _evaluations(entry)


def _validated(path: Path, name: str | None, entry: dict[str, Any]) -> Results:
    try:
        results = TypeAdapter(Results).validate_python(entry)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        raise InputError(f"{path}: field '{shorten(field, 200)}': {first['msg'].lower()}") from error
    return results.model_copy(update={"model_name": results.model_name or name})


def _named(arguments: str | dict[str, Any] | None) -> str | None:
    return next((value for key in _NAMES if (value := _argument(arguments, key))), None)


def _argument(arguments: str | dict[str, Any] | None, key: str) -> str | None:
    """One of the model's arguments: newer logs hold an object, older ones `key=value,key=value`."""
    if isinstance(arguments, str):
        pairs = dict(part.partition("=")[::2] for part in arguments.split(","))
        return pairs.get(key)
    value = (arguments or {}).get(key)
    return None if value is None else str(value)
