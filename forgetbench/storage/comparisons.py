"""Comparisons: results/comparisons/<id>/ holds items.parquet, deltas.csv, the report, and last comparison.json.

docs/output_formats.md documents every field.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forgetbench.errors import InputError
from forgetbench.records import Comparison, DeltaRow
from forgetbench.storage.csv_files import csv_text
from forgetbench.storage.files import write_atomic
from forgetbench.storage.flat_rows import COLUMNS, flat, grouped
from forgetbench.storage.folder import told_how_to_mend
from forgetbench.storage.json_files import load_json, to_json
from forgetbench.storage.parquet import ColumnKind, check_columns, read_table, write_parquet

if TYPE_CHECKING:
    import pandas as pd

_COMPARISON, _DELTAS, _ITEMS = "comparison.json", "deltas.csv", "items.parquet"
_ADDED = ("second_cluster",)
"""Columns that older files lack; nothing stands there."""
_TEXTS = (
    "task", "domain", "view", "item_id", "cluster", "second_cluster", "outcome", "fate", "reason", "prompt", "gold",
    "base_response", "candidate_response",
)  # fmt: skip
_KINDS: Mapping[str, ColumnKind] = {
    **dict.fromkeys(_TEXTS, "text"),
    **dict.fromkeys(("base_score", "candidate_score"), "numbers"),
    "prompts_equal": "flags",
}
"""What readers of items.parquet count on."""


def save_comparison(folder: Path, comparison: Comparison, items: pd.DataFrame | None = None) -> Path:
    """Write items.parquet, where `items` were not saved before, deltas.csv and last comparison.json."""
    if items is not None:
        save_items(folder, items)
    write_atomic(folder / _DELTAS, deltas_csv(comparison))
    write_atomic(folder / _COMPARISON, to_json(comparison))
    return folder


def save_items(folder: Path, items: pd.DataFrame) -> None:
    """Write items.parquet alone, of a comparison that is not judged yet."""
    write_parquet(folder / _ITEMS, items)


def deltas_csv(comparison: Comparison) -> str:
    """All rows of a comparison as one table; `level` is overall, domain or task."""
    return csv_text(["level", *COLUMNS], ([level, *flat(row).values()] for level, row in leveled_rows(comparison)))


def leveled_rows(comparison: Comparison) -> Iterator[tuple[str, DeltaRow]]:
    """Every row of a comparison, and whether it is 'overall', a 'domain' or a 'task'."""
    yield "overall", comparison.overall
    yield from (("domain", row) for row in comparison.domains)
    yield from (("task", row) for row in comparison.tasks)


def load_comparison(where: Path | str) -> Comparison:
    """Read a comparison from its folder or its comparison.json. InputError when it cannot be read."""
    where = Path(where)
    path = where / _COMPARISON if where.is_dir() else where
    if not path.is_file():
        raise InputError(f"{path}: no such file; give a folder under results/comparisons/ or its {_COMPARISON}")
    with told_how_to_mend(path):
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


def load_items(folder: Path | str, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """items.parquet of a comparison, or some of its columns. InputError when it cannot be read."""
    folder = Path(folder)
    lacking = check_columns(folder / _ITEMS, _KINDS, _ADDED)
    there = None if columns is None else [name for name in columns if name not in lacking]
    frame: pd.DataFrame = read_table(folder / _ITEMS, there).to_pandas()
    return frame.assign(**dict.fromkeys(lacking)) if columns is None else frame.reindex(columns=list(columns))


def has_items(folder: Path) -> bool:
    """Whether a comparison's folder holds its items."""
    return (folder / _ITEMS).exists()
