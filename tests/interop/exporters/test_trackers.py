"""MLflow and Weights & Biases: real local stores, read back."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path

import hostile_outputs as outputs
import pytest
from hostile_strings import HOSTILE
from mlflow import MlflowClient
from wandb.proto.wandb_internal_pb2 import Record

from forgetbench.errors import InputError
from forgetbench.interop.exporters import ExportOptions, Source, export
from forgetbench.interop.exporters.contents import measured, numbers


def told(source: Source) -> dict[str, float]:
    """What both must hold."""
    found = numbers(measured(source.comparison))
    row = source.comparison.tasks[0]
    assert row.estimate is not None
    assert found[f"tasks/{row.name}/se"] == row.estimate.se
    assert found[f"tasks/{row.name}/n_items"] == row.n_items
    return found


def test_an_mlflow_run_has_every_number_and_says_what_they_are(source: Source, tmp_path: Path) -> None:
    for _ in range(2):  # into the same store
        export(source, "mlflow", ExportOptions(tmp_path))
    client = MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("forgetbench")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id])
    assert len(runs) == 2
    for run in runs:
        assert run.info.status == "FINISHED"
        assert run.data.metrics == told(source)
        assert run.data.params["direction"] == "higher is better"
        assert (run.data.params["base_name"], run.data.params["interval_level"]) == ("org base", "0.95")
        verdicts = {f"tasks/{row.name}/verdict": row.judgement.verdict for row in source.comparison.tasks}
        assert verdicts.items() <= run.data.tags.items()


def test_a_store_that_is_none_is_one_line(source: Source) -> None:
    with pytest.raises(InputError, match="MLflow's store nonsense://x"):
        export(source, "mlflow", ExportOptions(tracking_uri="nonsense://x"))


def test_a_store_that_is_damaged_is_one_line(source: Source, tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("no database, and long enough to be read as the header of one")
    with pytest.raises(InputError, match=r"MLflow's store sqlite:.*: .*file is not a database"):
        export(source, "mlflow", ExportOptions(tmp_path))


def test_a_server_that_does_not_answer_is_one_line_without_its_password(source: Source) -> None:
    with pytest.raises(InputError, match="MLflow's store http://127") as told:
        export(source, "mlflow", ExportOptions(tracking_uri="http://user:hunter22@127.0.0.1:9"))
    assert "hunter22" not in str(told.value)


def records(path: Path) -> Iterator[Record]:
    """What a .wandb file holds: a log as LevelDB writes it, of wandb's own protocol buffers."""
    data, at, parts = path.read_bytes(), 7, b""
    while at + 7 <= len(data):
        left = 32768 - at % 32768
        if left < 7:
            at += left
            continue
        _, length, kind = struct.unpack("<IHB", data[at : at + 7])
        parts += data[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):  # whole, or the last part
            yield Record.FromString(parts)
            parts = b""


def test_a_wandb_run_is_offline_and_has_every_number_and_what_they_are(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_MODE", "online")
    out = tmp_path / "run"
    export(source, "wandb", ExportOptions(out))
    (file,) = out.glob("wandb/offline-run-*/run-*.wandb")
    summary: dict[str, object] = {}
    config: dict[str, object] = {}
    for record in records(file):
        changed = [*record.summary.update, *record.run.summary.update]
        summary |= {"/".join(item.nested_key) or item.key: json.loads(item.value_json) for item in changed}
        config |= {item.key: json.loads(item.value_json) for item in (*record.run.config.update, *record.config.update)}
    assert told(source).items() <= summary.items()
    assert (config["direction"], config["base_name"]) == ("higher is better", "org base")
    (table,) = out.rglob("rows*.table.json")
    content = json.loads(table.read_text())
    assert len(content["data"]) == len(measured(source.comparison))
    assert content["columns"][:2] == ["level", "name"]


def test_hostile_names_reach_both_as_text(tmp_path: Path) -> None:
    made = outputs.made(HOSTILE)
    name = "".join(HOSTILE[kind] for kind in ("nul", "half a surrogate pair", "path", "window title", "very long"))
    hostile = Source(outputs.named(made, name), tmp_path)
    for tracker in ("mlflow", "wandb"):
        export(hostile, tracker, ExportOptions(tmp_path / tracker))  # type: ignore[arg-type]
    (run,) = MlflowClient(f"sqlite:///{tmp_path / 'mlflow' / 'mlflow.db'}").search_runs(["1"])
    assert run.data.metrics == numbers(measured(made.comparison))
    assert [told for value in run.data.params.values() for told in outputs.steers(value)] == []


def test_a_place_that_cannot_be_written_is_one_line(source: Source, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for tracker in ("mlflow", "wandb"):
        with pytest.raises(InputError, match=r"cannot be written \(.*\); name another place"):
            export(source, tracker, ExportOptions(tmp_path / "file" / "x"))  # type: ignore[arg-type]
