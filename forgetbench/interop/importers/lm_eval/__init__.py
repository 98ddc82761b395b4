"""Logs of lm-eval 0.4.x: `results_*.json`, and `samples_*.jsonl` of `--log_samples`.

files       which files of a folder are whose
results     what a results file says of its tasks and its model
rows        a samples file, row by row, as any 0.4.x wrote it
metrics     which of a row's numbers is its score
items       rows become item scores
importing   the whole
"""

from __future__ import annotations

from forgetbench.interop.importers.lm_eval.importing import read_log

__all__ = ["read_log"]
