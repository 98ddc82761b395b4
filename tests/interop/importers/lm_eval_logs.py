"""lm-eval's logs as tests want them: those under tests/data, and rewritten as older versions wrote them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from forgetbench.interop.importers.kinds import read_log
from forgetbench.interop.importers.log import Choices
from forgetbench.interop.importers.run import as_run
from forgetbench.storage.runs import Run

LOGS = Path(__file__).parent.parent.parent / "data" / "lm_eval"
Row = dict[str, Any]


def imported(path: Path, name: str = "model", choices: Choices = Choices()) -> Run:
    return as_run(read_log("lm-eval", path, choices), name)


def example(name: str) -> Path:
    return LOGS / f"example__{name}"


def results_of(folder: Path) -> tuple[Path, Row]:
    (path,) = folder.glob("results*.json")
    return path, json.loads(path.read_text(encoding="utf-8"))


def rows_of(folder: Path, task: str) -> tuple[Path, list[Row]]:
    (path,) = folder.glob(f"*{task}*.jsonl")
    return path, [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def write_rows(path: Path, rows: list[Row]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def rewritten(
    source: Path, folder: Path, results: Callable[[Row], Row] = dict, row: Callable[[Row], Row] = dict
) -> Path:
    """A copy of a log with its results and every row changed."""
    folder.mkdir(parents=True)
    for path in source.iterdir():
        if path.suffix == ".json":
            (folder / path.name).write_text(json.dumps(results(json.loads(path.read_text(encoding="utf-8")))))
        else:
            rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
            write_rows(folder / path.name, [row(dict(one)) for one in rows])
    return folder


def as_of_0_4_4(source: Path, folder: Path) -> Path:
    """Hashes, but no names of filter and metrics in a row; arguments of the model as one text."""

    def results(content: Row) -> Row:
        content["config"]["model_args"] = ",".join(f"{k}={v}" for k, v in content["config"]["model_args"].items())
        return content

    def row(content: Row) -> Row:
        return {name: value for name, value in content.items() if name not in ("filter", "metrics")}

    return rewritten(source, folder, results, row)


def as_of_0_4_2(source: Path, folder: Path) -> Path:
    """results.json without names and hashes, and a JSON list per task, its numbers as numbers."""
    newer = as_of_0_4_4(source, folder.with_name(f"{folder.name}-0.4.4"))
    folder.mkdir(parents=True)
    _, content = results_of(newer)
    kept = ("results", "configs", "versions", "n-shot", "config", "group_subtasks")
    (folder / "results.json").write_text(json.dumps({name: content[name] for name in kept}))
    named = re.sub("/|=", "__", content["config"]["model_args"])
    for path in newer.glob("samples_*.jsonl"):
        task = path.name.removeprefix("samples_").rpartition("_")[0]
        rows = [_with_numbers(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
        (folder / f"{named}_{task}.jsonl").write_text(json.dumps(rows, indent=2, ensure_ascii=False), encoding="utf-8")
    return folder


def _with_numbers(row: Row) -> Row:
    arguments = [list(entry.values()) for entry in row["arguments"].values()]
    plain = {name: value for name, value in row.items() if not name.endswith("_hash")}
    rated = len(arguments[0]) == 1 or isinstance(arguments[0][1], str)
    target = int(row["target"]) if row["target"].isdecimal() and rated else row["target"]
    answers = {name: _number(row[name]) if rated else row[name] for name in ("resps", "filtered_resps")}
    return plain | answers | {"arguments": arguments, "target": target}


def _number(value: Any) -> Any:
    if isinstance(value, list):
        return [_number(item) for item in value]
    return {"True": True, "False": False}[value] if value in ("True", "False") else float(value)
