"""A model card of the Hugging Face Hub: scores and changes as `model-index`, and a section that people read.

The metadata is written by huggingface_hub's own classes, and so can be read by them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from huggingface_hub import EvalResult, ModelCard
from yaml import YAMLError

from forgetbench.errors import InputError, first_line
from forgetbench.interop.exporters.contents import Measured, Source, measured, setting
from forgetbench.interop.exporters.options import ExportOptions
from forgetbench.messages import translated as _
from forgetbench.records import Comparison
from forgetbench.report.markdown import escaped, fact_list, inline, short_table
from forgetbench.report.wording import facts, findings
from forgetbench.sanitize import one_line
from forgetbench.storage.files import read_text, write_atomic
from forgetbench.storage.folder import slug

DELTA: Final = "delta"
"""The metric type of a change against the base."""
_METADATA: Final = re.compile(r"\s*---(\r\n|\r|\n)")
_ARGUMENTS: Final = ("n_items", "n_unmeasured", "se", "ci_low", "ci_high", "p_adjusted", "margin", "verdict")
"""What is said of a change beside its value."""
_AGAINST: Final = ("base_name", "suite", "suite_version", "interval_level", "comparison_id")
"""And of what it was measured with."""


def write(source: Source, options: ExportOptions) -> Path:
    """Write the card, or into the one that is there: all else in it stays. InputError for what is no card."""
    path = options.path
    there = read_text(path) if path.exists() else ""
    try:
        card = model_card(source.comparison, options, there)
    except (ValueError, KeyError, TypeError, YAMLError) as error:
        raise InputError(f"{path}: no model card to add to ({first_line(error)}); name another file") from error
    write_atomic(path, card)
    return path


def model_card(comparison: Comparison, options: ExportOptions, there: str = "") -> str:
    """The card `there` with this comparison's metadata and section in place of an earlier one's with its suite."""
    dataset = _dataset(comparison)
    card = ModelCard(there if _METADATA.match(there) else f"---\n{{}}\n---\n{there}")
    others = [result for result in card.data.eval_results or () if result.dataset_type != dataset]
    card.data.model_name = options.model_id or card.data.model_name or one_line(comparison.candidate.name)
    card.data.base_model = options.base_id or card.data.base_model
    card.data.eval_results = [*others, *eval_results(comparison)]
    begin, end = f"<!-- {dataset} -->", f"<!-- /{dataset} -->"
    section = f"{begin}\n\n{_section(comparison)}\n\n{end}"
    before, found, rest = card.text.partition(begin)
    after = rest.partition(end)[2] if found else ""
    card.text = f"{before.rstrip()}\n\n{section}\n{after}"
    return str(card)


def _dataset(comparison: Comparison) -> str:
    return slug(f"forgetbench-{comparison.suite}")


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
        dataset_type=_dataset(comparison),
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
    sides = _("{candidate} against {base}")
    title = sides.format(candidate=inline(comparison.candidate.name), base=inline(comparison.base.name))
    found = "\n".join(f"- {escaped(finding, 2000)}" for finding in findings(comparison))
    return "\n\n".join([f"## {title}", found, short_table(rows), fact_list(facts(comparison))])
