"""Comparisons: results/comparisons/<id>/ holds items.parquet, deltas.csv, the report, and last comparison.json.

docs/output_formats.md documents every field.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from forgetbench.errors import InputError
from forgetbench.records import Comparison
from forgetbench.storage.files import write_atomic
from forgetbench.storage.flat_rows import COLUMNS, flat, grouped
from forgetbench.storage.json_files import load_json, to_json
from forgetbench.storage.parquet import read_table, write_parquet

if TYPE_CHECKING:
    import pandas as pd

_COMPARISON, _DELTAS, _ITEMS = "comparison.json", "deltas.csv", "items.parquet"


def save_comparison(folder: Path, comparison: Comparison, items: pd.DataFrame) -> Path:
    """Write items.parquet, deltas.csv and last comparison.json. Returns the folder."""
    write_parquet(folder / _ITEMS, items)
    write_atomic(folder / _DELTAS, deltas_frame(comparison).to_csv(index=False))
    write_atomic(folder / _COMPARISON, to_json(comparison))
    return folder


def deltas_frame(comparison: Comparison) -> pd.DataFrame:
    """All rows of a comparison as one table; `level` is overall, domain or task."""
    import pandas as pd

    levels = (
        ("overall", (comparison.overall,)),
        ("domain", comparison.domains),
        ("task", comparison.tasks),
    )
    rows = [{"level": level, **flat(row)} for level, group in levels for row in group]
    return pd.DataFrame(rows, columns=["level", *COLUMNS])


def load_comparison(where: Path) -> Comparison:
    """Read a comparison from its folder or its comparison.json. InputError when it cannot be read."""
    path = where / _COMPARISON if where.is_dir() else where
    if not path.is_file():
        raise InputError(f"{path}: no such file; give a folder under results/comparisons/ or its {_COMPARISON}")
    return load_json(Comparison, path, _with_grouped_rows)


def _with_grouped_rows(content: dict[str, Any]) -> dict[str, Any]:
    """A comparison's object with every row that it holds in groups."""

    def rows(value: Any) -> Any:
        if isinstance(value, list):
            return [rows(item) for item in value]
        return grouped(value) if isinstance(value, dict) else value

    shaped: dict[str, Any] = {
        name: rows(content[name]) for name in ("domains", "tasks", "overall", "completion") if name in content
    }
    costs = content.get("chat_format_costs")
    if isinstance(costs, dict):
        shaped["chat_format_costs"] = {side: rows(value) for side, value in costs.items()}
    return {**content, **shaped}


def load_items(folder: Path) -> pd.DataFrame:
    """items.parquet of a comparison. InputError when it cannot be read."""
    frame: pd.DataFrame = read_table(folder / _ITEMS).to_pandas()
    return frame
