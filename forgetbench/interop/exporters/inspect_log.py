"""Logs of Inspect: for each side and task an .eval with every answer and its score, as inspect-ai writes it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any, Final, Literal

from forgetbench import __version__
from forgetbench.interop.exporters.contents import (
    DIRECTION,
    Answer,
    Measured,
    Source,
    answers,
    file_names,
    measured,
    setting,
)
from forgetbench.interop.exporters.extras import extra
from forgetbench.interop.exporters.options import ExportOptions
from forgetbench.sanitize import one_line
from forgetbench.storage.files import new_folder

with extra("inspect"):
    from inspect_ai.log import (
        EvalConfig,
        EvalDataset,
        EvalLog,
        EvalMetric,
        EvalResults,
        EvalSample,
        EvalScore,
        EvalSpec,
        write_eval_log,
    )
    from inspect_ai.model import ModelOutput
    from inspect_ai.scorer import Score

SCORE: Final = "score"
"""Of every sample; the metric's own name is in the log."""
DELTA: Final = "delta"
_FORGETBENCH: Final = "forgetbench"
_SIDES: Final[tuple[Literal["base", "candidate"], ...]] = ("base", "candidate")


def write(source: Source, options: ExportOptions) -> Path:
    """Write base/<task>.eval and candidate/<task>.eval into a new folder."""
    rows = {line.row.name: line for line in measured(source.comparison) if line.level == "task"}
    names = file_names(row.name for row in source.comparison.tasks)
    with new_folder(options.path) as folder:
        for side in _SIDES:
            for log in logs(source, side, rows, options):
                write_eval_log(log, str(folder / side / f"{names[log.eval.task]}.eval"))
    return options.path


def logs(
    source: Source, side: Literal["base", "candidate"], rows: Mapping[str, Measured], options: ExportOptions
) -> Iterator[EvalLog]:
    """A log per task, in the order of items.parquet; `rows` are the measured ones by their tasks' names."""
    named = source.comparison.base.name if side == "base" else source.comparison.candidate.name
    # Inspect names a model after its provider, and logs of different providers are not compared.
    model = f"{_FORGETBENCH}/{(options.base_id if side == 'base' else options.model_id) or named}"
    for task, group in groupby(answers(source, side), key=attrgetter("task")):
        yield _log(source, side, task, list(group), rows.get(task), model)


def _log(
    source: Source, side: str, task: str, answered: Sequence[Answer], line: Measured | None, model: str
) -> EvalLog:
    comparison = source.comparison
    identity = hashlib.sha256(f"{comparison.comparison_id}\0{side}\0{task}".encode(errors="replace")).hexdigest()[:22]
    return EvalLog(
        status="success",
        eval=EvalSpec(
            eval_id=identity,
            run_id=identity,
            task_id=identity,
            created=comparison.created,
            task=task,
            task_version=comparison.suite_version or 0,
            dataset=EvalDataset(
                name=comparison.suite_label,
                samples=len(answered),
                sample_ids=[_sample_id(answer) for answer in answered],
            ),
            model=model,
            config=EvalConfig(),
            packages={"forgetbench": __version__},
            metadata={**setting(comparison), **source.details_of(task), "side": side, "direction": DIRECTION},
        ),
        results=_results(side, answered, line),
        samples=[_sample(answer, model) for answer in answered],
    )


def _results(side: str, answered: Sequence[Answer], line: Measured | None) -> EvalResults:
    scored = sum(answer.score is not None for answer in answered)
    scores = [] if line is None else [_score(side, line)]
    if line is not None and side == "candidate":
        scores.append(_change(line))
    return EvalResults(total_samples=len(answered), completed_samples=scored, scores=scores)


def _score(side: str, line: Measured) -> EvalScore:
    return EvalScore(
        name=SCORE,
        scorer=_FORGETBENCH,
        scored_samples=line.row.n_items,
        unscored_samples=line.row.n_unmeasured,
        metrics=_metrics({line.row.metric: line.values[side]}),
        metadata={"higher_is_better": True},
    )


def _change(line: Measured) -> EvalScore:
    numbers = {"delta": "delta", "stderr": "se", "ci_low": "ci_low", "ci_high": "ci_high"}
    told = ("base", "margin", "p_adjusted", "verdict")
    return EvalScore(
        name=DELTA,
        scorer=_FORGETBENCH,
        scored_samples=line.row.n_items,
        unscored_samples=line.row.n_unmeasured,
        metrics=_metrics({name: line.values[column] for name, column in numbers.items()}),
        metadata={"higher_is_better": True, **{name: line.values[name] for name in told}},
    )


def _metrics(values: Mapping[str, float | None]) -> dict[str, EvalMetric]:
    return {name: EvalMetric(name=name, value=value) for name, value in values.items() if value is not None}


def _sample(answer: Answer, model: str) -> EvalSample:
    scores: dict[str, Any] = {}
    if answer.score is not None:
        scores[SCORE] = Score(value=answer.score, answer=answer.response)
    return EvalSample(
        id=_sample_id(answer),
        epoch=1,
        input=answer.prompt,
        target=answer.gold or "",
        output=ModelOutput.from_content(model, answer.response or ""),
        scores=scores,
        metadata=dict(answer.about),
    )


def _sample_id(answer: Answer) -> str:
    """The item's id; one that could not be a file's name within the log, on one line and told apart by its hash."""
    text = one_line(answer.item_id)
    if text == answer.item_id:
        return text
    return f"{text} {hashlib.sha256(answer.item_id.encode(errors='replace')).hexdigest()[:8]}"
