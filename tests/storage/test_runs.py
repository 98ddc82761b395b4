"""A run is read back, or refused with one line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from paired_runs import item, run, task

from forgetbench.comparison.pairing import pair
from forgetbench.errors import InputError
from forgetbench.storage.folder import ResultsFolder
from forgetbench.storage.runs import load_run, save_run
from forgetbench.storage.samples import BASE_COLUMNS


def test_an_unfinished_run_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no finished run here"):
        load_run(tmp_path)


@pytest.mark.parametrize("ahead", [(), ("item_id", "prompt", "responses"), BASE_COLUMNS])
def test_a_run_gives_its_columns_without_being_read_whole(tmp_path: Path, ahead: tuple[str, ...]) -> None:
    info = task("capitals")
    original = run("base", [info], [item(info, i, float(i), metrics={"acc": i}) for i in range(3)])
    opened = load_run(save_run(ResultsFolder(tmp_path), original, {}), ahead)
    assert opened.manifest == original.manifest
    for _ in range(2):
        assert opened.table.column("item_id").to_pylist() == ["item-0", "item-1", "item-2"]
    assert opened.table.column("responses").to_pylist() == [["answer"]] * 3
    assert opened.table.rows(np.array([2, 0]))["metrics"].tolist() == [{"acc": 2}, {"acc": 0}]
    assert opened.samples.equals(original.samples)


def test_samples_of_before_there_was_a_second_cluster_have_none(tmp_path: Path) -> None:
    info = task("capitals")
    original = run("base", [info], [item(info, i, float(i)) for i in range(3)])
    folder = save_run(ResultsFolder(tmp_path), original, {})
    samples = folder / "samples.parquet"
    pq.write_table(pq.ParquetFile(samples).read().drop(["second_cluster"]), samples)
    for ahead in ((), BASE_COLUMNS):
        opened = load_run(folder, ahead)
        assert opened.table.column("second_cluster").to_pylist() == [None] * 3
        assert opened.samples.equals(original.samples)
    assert pair(load_run(folder), original).items.equals(pair(original, original).items)


def test_samples_of_before_readings_were_kept_have_none(tmp_path: Path) -> None:
    info = task("a")
    folder = save_run(ResultsFolder(tmp_path), run("old", [info], [item(info, 0, 1.0, read=("12",))]), {})
    assert load_run(folder).samples["read"].tolist() == [["12"]]
    samples = folder / "samples.parquet"
    pq.write_table(pq.ParquetFile(samples).read().drop(["read"]), samples)
    assert load_run(folder).samples["read"].tolist() == [[]]
    assert load_run(folder).table.column("read").to_pylist() == [None]


def test_damaged_samples_are_one_line(tmp_path: Path) -> None:
    info = task("capitals")
    folder = save_run(ResultsFolder(tmp_path), run("base", [info], [item(info, 0, 1.0)]), {})
    samples = folder / "samples.parquet"
    pq.write_table(pq.ParquetFile(samples).read().drop(["gold", "prompt"]), samples)
    with pytest.raises(InputError, match="columns missing: gold, prompt"):
        load_run(folder)
    samples.write_bytes(b"PAR1 cut short")
    with pytest.raises(InputError, match=r"samples.parquet: cannot be read as parquet") as caught:
        load_run(folder)
    assert "\n" not in str(caught.value)
