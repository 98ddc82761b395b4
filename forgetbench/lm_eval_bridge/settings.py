"""A task's settings, checked before lm-eval reads them: a wrong one is named with its field and line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from forgetbench.errors import SuiteError, did_you_mean, shown
from forgetbench.lm_eval_bridge.clusters import clusters_mistake
from forgetbench.lm_eval_bridge.decoding import decoding_mistake
from forgetbench.lm_eval_bridge.task_yaml import FunctionName
from forgetbench.records import View
from forgetbench.storage.mistakes import what_is_wrong

_Count = Annotated[int, Field(ge=0, le=1 << 31)]


class _Metadata(BaseModel):
    """What forgetbench reads of `metadata`; a task may have more there."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    domain: str | None = None
    view: View | None = None
    choice_view: str | None = None
    metric: str | None = None
    chance: Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)] | None = None
    binary: bool | None = None
    corpus_metric: str | None = None
    completion_fewshot: _Count | None = None
    supporting: bool | None = None
    licence: str | None = None
    language: str | list[str] | None = None
    version: str | int | float | None = None
    reference_likelihood: bool | None = None
    neutral_request: str | None = None
    executes_code: bool | None = None
    clusters: Any = None


class _Settings(BaseModel):
    """What lm-eval takes as it comes, and fails on later."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    metadata: _Metadata | None = None
    repeats: Annotated[int, Field(ge=1, le=10_000)] | None = None
    num_fewshot: _Count | None = None
    training_split: str | None = None
    validation_split: str | None = None
    test_split: str | None = None
    fewshot_split: str | None = None
    target_delimiter: str | None = None
    fewshot_delimiter: str | None = None
    description: str | None = None
    gen_prefix: str | None = None
    dataset_path: str | None = None
    dataset_name: str | None = None
    dataset_kwargs: dict[str, Any] | None = None
    metric_list: list[dict[str, Any]] | None = None
    filter_list: list[dict[str, Any]] | None = None


def settings_mistake(config: Mapping[str, Any]) -> tuple[str, str] | None:
    """The first wrong field of a task's configuration, as 'metadata.chance', and why; None when all are right."""
    # A task may be defined by code for these.
    fields = {
        key: value for key, value in config.items() if not isinstance(value, FunctionName) and not callable(value)
    }
    try:
        _Settings.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        parts = [str(part) for part in first["loc"] if isinstance(part, int) or part in _FIELDS]
        given = "" if isinstance(first["input"], (Mapping, list)) else f", not {str(first['input'])[:40]!r}"
        return ".".join(parts), shown(what_is_wrong(first, given))
    for name in _SHOWN:
        if config.get(name):
            return name, "its items show more than text, and prompts here are text alone; leave the task out"
    if (mistake := decoding_mistake(config.get("generation_kwargs"))) is not None:
        name, why = mistake
        return f"generation_kwargs{'.' if name else ''}{name}", why
    metadata = config.get("metadata") or {}
    if metadata.get("clusters") is not None and (why_not := clusters_mistake(metadata["clusters"])) is not None:
        return "metadata.clusters", why_not
    return _corpus_metric_mistake(metadata)


_SHOWN = ("doc_to_image", "doc_to_audio")
_FIELDS = frozenset({*_Settings.model_fields, *_Metadata.model_fields})


def _corpus_metric_mistake(metadata: Mapping[str, Any]) -> tuple[str, str] | None:
    from forgetbench.metrics.corpus import CORPUS_METRICS

    name = metadata.get("corpus_metric")
    if name is None or name in CORPUS_METRICS:
        return None
    return "metadata.corpus_metric", f"unknown corpus metric '{name}'; {did_you_mean(name, CORPUS_METRICS)}"


class SettingError(SuiteError):
    """A field of a task that cannot be as it is."""

    def __init__(self, task: str, place: str, field: str, why: str) -> None:
        super().__init__(f"task '{task}': {place}{': ' if place else ''}field '{field}': {why}")
        self.place, self.field, self.why = place, field, why


def check_settings(name: str, config: Mapping[str, Any], where: Callable[[str], str]) -> None:
    """Raise SettingError, one line, for the first wrong field; `where` gives the place of one."""
    if (mistake := settings_mistake(config)) is not None:
        field, why = mistake
        raise SettingError(name, where(field), field, why)
