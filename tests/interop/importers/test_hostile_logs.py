"""A log may have been written by anybody: whatever is in it, a run comes of it or one line says why not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hostile_strings import HOSTILE
from lm_eval_logs import Row, example, imported, results_of, rewritten, rows_of, write_rows

from forgetbench.comparison.delta import compare
from forgetbench.errors import InputError
from forgetbench.interop.importers.log import Choices
from forgetbench.interop.importers.run import save_imported
from forgetbench.storage.folder import ResultsFolder
from forgetbench.storage.runs import load_run

DEEP = "[" * 100_000 + "]" * 100_000


@pytest.fixture
def log(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    shutil.copytree(example("base"), folder)
    return folder


def one_line(log: Path) -> str:
    with pytest.raises(InputError) as raised:
        imported(log)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 1000
    return str(raised.value)


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "3", '{"results": 3}', DEEP, '{"results": ' + DEEP + "}", "\udcff",
        '{"results": {"a": ' + "9" * 10_000 + "}}",
    ],
)  # fmt: skip
def test_results_that_are_none(text: str, log: Path) -> None:
    results_of(log)[0].write_text(text, errors="surrogateescape")
    assert "results_" in one_line(log)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("results", {"a": 3}), ("configs", []), ("configs", {"capitals": 3}), ("group_subtasks", {"a": "b"}),
        ("n-shot", {"capitals": 10**30}), ("config", {"limit": float("inf")}), ("config", {"fewshot_seed": 10**40}),
        ("higher_is_better", {"capitals": {"acc": "maybe"}}), ("date", "yesterday"), ("task_hashes", [1]),
        ("samples", {"capitals": [3]}), ("configs", {"capitals": {"filter_list": "none"}}),
    ],
)  # fmt: skip
def test_results_whose_fields_are_of_other_types(field: str, value: Any, log: Path) -> None:
    path, content = results_of(log)
    path.write_text(json.dumps(content | {field: value}))
    assert f"field '{field}" in one_line(log)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("doc_id", [1]), ("doc_id", None), ("arguments", "text"), ("arguments", {}), ("arguments", [[]]),
        ("resps", None), ("filtered_resps", "x"), ("metrics", "acc"), ("metrics", [1]),
    ],
)  # fmt: skip
def test_rows_whose_fields_are_of_other_types(field: str, value: Any, log: Path) -> None:
    path, rows = rows_of(log, "capitals")
    write_rows(path, [*rows[:2], rows[2] | {field: value}])
    assert f"{path}:3: field '{field}'" in one_line(log)


@pytest.mark.parametrize("text", ['{"doc_id": 1', "[1, 2", "3", DEEP, '{"doc_id": ' + "9" * 10_000 + "}"])
def test_rows_that_are_none(text: str, log: Path) -> None:
    path, _ = rows_of(log, "capitals")
    path.write_text(text)
    assert path.name in one_line(log)


def test_values_that_are_no_scores(log: Path) -> None:
    path, rows = rows_of(log, "seas")
    odd: list[Any] = [float("nan"), float("inf"), "1.0", None, [], 10**400]
    write_rows(path, [row | {"acc": value} for row, value in zip(rows, odd, strict=True)])
    run = imported(log)
    assert any(text.startswith("left out: seas: no metric can be its score") for text in run.manifest.warnings)
    write_rows(path, [row | {"acc": value} for row, value in zip(rows, [1.0, *odd[1:]], strict=True)])
    assert imported(log).samples.query("task == 'seas'")["score"].count() == 1


def test_what_is_no_file_is_not_read(log: Path) -> None:
    path, _ = rows_of(log, "capitals")
    path.unlink()
    path.symlink_to("/dev/zero")
    assert "is no regular file" in one_line(log)
    path.unlink()
    os.mkfifo(path)
    assert "is no regular file" in one_line(log)
    path.unlink()
    path.symlink_to(path.name)
    assert "cannot be read" in one_line(log)


def test_links_to_folders_are_not_followed(log: Path) -> None:
    (log / "again").symlink_to(log, target_is_directory=True)
    assert len(imported(log).manifest.tasks) == 5


def test_names_lead_nowhere(log: Path, tmp_path: Path) -> None:
    path, content = results_of(log)
    text = json.dumps(content).replace('"capitals"', '"../../capitals"')
    path.write_text(text)
    run = imported(log, "../../../evil")
    assert any(text.startswith("left out: ../../capitals") for text in run.manifest.warnings)
    folder = save_imported(run, ResultsFolder(tmp_path / "results"))
    assert folder.parent == tmp_path / "results" / "runs"


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_are_texts(text: str, tmp_path: Path) -> None:
    """As the name of a task, of a filter and of a metric, in questions and in answers."""

    def results(content: Row) -> Row:
        content["results"] = content["configs"] = {f"seas{text}": content["configs"]["seas"]}
        content["samples"] = {f"seas{text}": [row(dict(one)) for one in rows_of(example("base"), "seas")[1]]}
        return content | {"group_subtasks": {}, "model_name": text or "m"}

    def row(content: Row) -> Row:
        arguments = [[f"{text}{content['doc_id']}", f"{text}{option}"] for option in "ab"]
        return content | {"filter": text, text: 1.0, "metrics": [text], "target": text, "arguments": arguments}

    log = rewritten(example("base"), tmp_path / "logs", results)
    run = imported(log, text or "m", Choices())
    folder = save_imported(run, ResultsFolder(tmp_path / "results"))
    comparison, items = compare(load_run(folder), load_run(folder), resamples=50)
    assert items["reason"].isna().all()
    assert [row.n_items for row in comparison.tasks] == [6]


def test_a_log_that_fails_leaves_nothing_behind(
    log: Path, forgetbench: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    path, rows = rows_of(log, "texts")
    path.write_text(path.read_text(encoding="utf-8")[:-20], encoding="utf-8")
    done = forgetbench("import", "lm-eval", log, "--name", "cut")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert f"{path.name}:{len(rows)}" in done.stderr
    assert not (tmp_path / "results").exists()
    for arguments, says in (
        (("lm-evaluation", log), "did you mean 'lm-eval'?"),
        (("lm-eval", tmp_path / "none"), "no such file or folder"),
        (("lm-eval", log, "--domain", "knowledge"), "write TASK=NAME"),
    ):
        done = forgetbench("import", *arguments, "--name", "x")
        assert done.returncode == 2
        assert says in done.stderr
