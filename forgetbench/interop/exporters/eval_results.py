"""The Hub's `.eval_results/*.yaml`: the candidate's scores on the tasks of a benchmark that is a dataset there.

The format has a place for a score alone; how it changed, and how sure that is, stands in the notes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from huggingface_hub import EvalResultEntry, eval_result_entries_to_yaml
from huggingface_hub.utils import yaml_dump

from forgetbench.errors import InputError
from forgetbench.interop.exporters.contents import DIRECTION, Measured, Source, measured
from forgetbench.interop.exporters.options import ExportOptions
from forgetbench.records import Comparison
from forgetbench.sanitize import one_line
from forgetbench.storage.files import write_atomic


def write(source: Source, options: ExportOptions) -> Path:
    """Write the file. Raises InputError where no task was measured."""
    made = list(entries(source.comparison, options.dataset or ""))
    if not made:
        raise InputError("no task of this comparison was measured: there is no score to export")
    write_atomic(options.path, eval_results_yaml(made))
    return options.path


def eval_results_yaml(made: Sequence[EvalResultEntry]) -> str:
    """The file's text."""
    return str(yaml_dump(eval_result_entries_to_yaml(list(made)), sort_keys=False))


def entries(comparison: Comparison, dataset: str) -> Iterator[EvalResultEntry]:
    """The candidate's score on every measured task; `dataset` is the benchmark's id on the Hub."""
    for line in measured(comparison):
        if line.level == "task":
            yield EvalResultEntry(
                dataset_id=dataset,
                task_id=line.name,
                value=line.values["candidate"],
                date=one_line(comparison.created),
                notes=_notes(comparison, line),
            )


def _notes(comparison: Comparison, line: Measured) -> str:
    values = line.values
    told = {
        "metric": one_line(line.row.metric),
        "direction": DIRECTION,
        "n": line.row.n_items,
        "delta": values["delta"],
        "se": values["se"],
        f"{100 * (1 - comparison.alpha):g}% interval": f"[{values['ci_low']}, {values['ci_high']}]",
        "verdict": values["verdict"],
        "base": one_line(comparison.base.name, 80),
        "suite": one_line(comparison.suite_label, 80),
    }
    return "; ".join(f"{name}: {value}" for name, value in told.items())
