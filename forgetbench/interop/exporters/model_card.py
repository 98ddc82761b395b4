"""A model card of the Hugging Face Hub: scores and changes as `model-index`, and a section that people read.

The metadata is written by huggingface_hub's own classes, and so can be read by them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from huggingface_hub import EvalResult, ModelCard, ModelCardData

from forgetbench.interop.exporters.contents import Measured, Source, measured, setting
from forgetbench.interop.exporters.options import ExportOptions
from forgetbench.records import Comparison
from forgetbench.report.markdown import escaped, fact_list, short_table
from forgetbench.report.wording import facts, headline
from forgetbench.sanitize import one_line
from forgetbench.storage.files import write_atomic

DELTA: Final = "delta"
"""The metric type of a change against the base."""
_DATASET: Final = "forgetbench"
_ARGUMENTS: Final = ("n_items", "n_unmeasured", "se", "ci_low", "ci_high", "p_adjusted", "margin", "verdict")
"""What is said of a change beside its value."""
_AGAINST: Final = ("base_name", "suite", "suite_version", "interval_level", "comparison_id")
"""And of what it was measured with."""


def write(source: Source, options: ExportOptions) -> Path:
    """Write the card."""
    write_atomic(options.path, model_card(source.comparison, options))
    return options.path


def model_card(comparison: Comparison, options: ExportOptions) -> str:
    """The card's text: metadata, and the section."""
    data = ModelCardData(
        model_name=options.model_id or one_line(comparison.candidate.name),
        base_model=options.base_id,
        eval_results=list(eval_results(comparison)),
    )
    return str(ModelCard(f"---\n{data.to_yaml()}\n---\n\n{_section(comparison)}\n"))


def eval_results(comparison: Comparison) -> Iterator[EvalResult]:
    """Of every row the candidate's score, and its change against the base with how sure that is."""
    of_all = setting(comparison)
    against = {name: of_all[name] for name in _AGAINST}
    for line in measured(comparison):
        yield _result(comparison, line, line.row.metric, line.values["candidate"], {"n_items": line.row.n_items})
        of_change = {name: line.values[name] for name in _ARGUMENTS}
        of_base = {"base_score": line.values["base"], "of_metric": line.row.metric}
        yield _result(comparison, line, DELTA, line.values["delta"], {**of_change, **of_base, **against})


def _result(
    comparison: Comparison, line: Measured, metric: str, value: float, arguments: dict[str, object]
) -> EvalResult:
    against = f" against {one_line(comparison.base.name, 60)}" if metric == DELTA else ""
    return EvalResult(
        task_type="text-generation",
        task_name=one_line(line.row.domain),
        dataset_type=_DATASET,
        dataset_name=f"forgetbench {one_line(comparison.suite_label)}: {line.name}",
        dataset_config=line.path,
        dataset_revision=None if comparison.suite_version is None else str(comparison.suite_version),
        metric_type=one_line(metric),
        metric_name=f"{one_line(metric)}{against}",
        metric_value=value,
        metric_args={"higher_is_better": True, **arguments},
    )


def _section(comparison: Comparison) -> str:
    rows = (*comparison.domains, comparison.overall)
    parts = ("## What fine-tuning changed", escaped(headline(comparison), 2000), short_table(rows))
    return "\n\n".join([*parts, fact_list(facts(comparison))])
