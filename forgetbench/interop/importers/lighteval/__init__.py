"""Logs of lighteval: `results_*.json`, and the Parquet details of `--save-details`.

results/<model>/results_<date>.json
details/<model>/<date>/details_<task>_<date>.parquet

files       which files belong together
rows        a file of details, row by row, as any version wrote it
importing   the whole
"""

from __future__ import annotations

from forgetbench.interop.importers.lighteval.importing import read_log

__all__ = ["read_log"]
