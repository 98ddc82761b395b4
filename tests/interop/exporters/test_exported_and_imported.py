"""What is exported with its answers can be imported again, and says the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from commands import call_forked

from forgetbench.interop.exporters import Source
from forgetbench.storage.comparisons import load_comparison

SIDES = {"eee": ("data/forgetbench-core/unknown/org-base", "data/forgetbench-core/unknown/tuned_1")}
"""Where a format has base and candidate."""


@pytest.mark.parametrize("format", ["eee", "inspect"])
def test_an_export_imported_again_has_the_same_deltas(format: str, source: Source, tmp_path: Path) -> None:  # noqa: A002
    def forgetbench(*arguments: str) -> str:
        done = call_forked([*arguments], tmp_path, {})
        assert done.returncode == 0, done.stderr
        return done.stdout

    forgetbench("export", str(source.folder), "--format", format, "--out", "out")
    runs = []
    for side in SIDES.get(format, ("base", "candidate")):
        name = Path(side).name
        forgetbench("import", format, f"out/{side}", "--name", name, "--out-id", f"{name}.json")
        runs.append(f"{name}.json")
    forgetbench("compare", *runs, "--out", "again")
    again: dict[str, Any] = {row.name: row for row in load_comparison(tmp_path / "again").tasks}
    assert set(again) == {row.name for row in source.comparison.tasks}
    for row in source.comparison.tasks:
        found = again[row.name]
        assert row.estimate is not None
        assert (found.n_items, found.estimate.delta) == (row.n_items, row.estimate.delta)
        assert found.estimate.se == pytest.approx(row.estimate.se)
