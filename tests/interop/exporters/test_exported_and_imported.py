"""What is exported with its answers can be imported again, and says the same."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from commands import call_forked
from shown_sessions import ROOT

from forgetbench.interop.exporters import Source
from forgetbench.storage.comparisons import load_comparison

SIDES = {"eee": ("data/forgetbench-core/unknown/org-base", "data/forgetbench-core/unknown/tuned_1")}
"""Where a format has base and candidate."""

PUBLISHED = sorted((ROOT / "results" / "comparisons").glob("*-vs-*"))


def compared_again(comparison: Path, format: str, folder: Path, sides: Sequence[str] = ("base", "candidate")) -> Path:  # noqa: A002
    """A comparison that was exported, both sides of it imported, and these compared."""

    def forgetbench(*arguments: str) -> None:
        done = call_forked([*arguments], folder, {})
        assert done.returncode == 0, done.stderr

    forgetbench("export", str(comparison), "--format", format, "--out", "out")
    for side in sides:
        where, model = (f"out/{side}", []) if format == "inspect" else ("out", ["--model", side])
        forgetbench("import", format, where, *model, "--name", side, "--out-id", f"{side}.json")
    forgetbench("compare", *(f"{side}.json" for side in sides), "--out", "again")
    return folder / "again"


@pytest.mark.parametrize(
    ("folder", "format"),
    # Inspect's logs take a minute to write and read, so one comparison goes through them.
    [*((folder, "eee") for folder in PUBLISHED), (PUBLISHED[-1], "inspect")],
    ids=lambda value: value if isinstance(value, str) else value.name.partition("-demo")[0],
)
def test_the_published_comparisons_come_back(folder: Path, format: str, tmp_path: Path) -> None:  # noqa: A002
    """docs/export.md: its tasks have the same items and deltas, but for those scored over all answers together."""
    before = load_comparison(folder)
    sides = ("base", before.candidate.name) if format == "eee" else ("base", "candidate")
    again = {row.name: row for row in load_comparison(compared_again(folder, format, tmp_path, sides)).tasks}
    own = {row.task for row in before.pairing if row.has_item_scores}
    assert set(again) == own and len(own) > 20
    for row in before.tasks:
        if row.name in own:
            assert row.estimate is not None and again[row.name].estimate is not None
            assert again[row.name].n_items == row.n_items
            assert again[row.name].estimate.delta == pytest.approx(row.estimate.delta, abs=1e-12)


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
