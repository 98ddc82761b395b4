"""Task files in every form that lm-eval takes give the documents that lm-eval reads from them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from forgetbench import lm_eval_bridge as bridge
from forgetbench.errors import InputError, SuiteError
from forgetbench.models.tokenizer import ByteTokenizer
from forgetbench.suites.loading import load_tasks
from forgetbench.suites.suite import Suite, load_suite

ROWS = [{"question": f"What is {i} + 1?", "choices": [str(i + 1), str(i)], "gold": 0} for i in range(4)]
BODY = {
    "dataset_path": "json",
    "test_split": "test",
    "output_type": "multiple_choice",
    "doc_to_text": "Question: {{question}}\nAnswer:",
    "doc_to_choice": "choices",
    "doc_to_target": "gold",
    "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}],
    "metadata": {"domain": "knowledge", "metric": "acc", "chance": 0.5, "version": 1},
}


def jsonl(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def task(data_files: Any = None, **fields: Any) -> str:
    """A sound task; None as a value takes a field away."""
    given = {"task": "mine", **BODY, **fields}
    if data_files is not None:
        given["dataset_kwargs"] = {"data_files": data_files}
    return yaml.safe_dump({key: value for key, value in given.items() if value is not None}, sort_keys=False)


TEST = {"test": "rows.jsonl"}
NO_NAME = task(TEST, task=None)
TWO = {"test": jsonl(ROWS[:2]), "more": jsonl(ROWS[2:])}
LAYOUTS: dict[str, tuple[str, dict[str, str]]] = {
    "a text, which is train": ("mine", {"a.yaml": task("rows.jsonl", test_split="train")}),
    "a list": ("mine", {"a.yaml": task({"test": ["rows.jsonl", "more.jsonl"]}), "more.jsonl": jsonl(ROWS[:1])}),
    "a list without a split": ("mine", {"a.yaml": task(["rows.jsonl", "rows.jsonl"], test_split="train")}),
    "a pattern": ("mine", {"a.yaml": task({"test": "part-*.jsonl"}), **{f"part-{n}.jsonl": t for n, t in TWO.items()}}),
    "validation alone": ("mine", {"a.yaml": task({"dev": "rows.jsonl"}, test_split=None, validation_split="dev")}),
    "csv": (
        "mine",
        {
            "a.yaml": task({"test": "rows.csv"}, dataset_path="csv", doc_to_choice=["1", "2"]),
            "rows.csv": "question,gold\nWhat is 1?,0\nWhat is 2?,1\n",
        },
    ),
    "text": (
        "mine",
        {
            "a.yaml": task(
                {"test": "rows.txt"}, dataset_path="text", doc_to_text="{{text}}", doc_to_choice=["a", "b"],
                doc_to_target="0",
            ),
            "rows.txt": "first line\nsecond line\n",
        },
    ),
    "a folder of data": (
        "mine",
        {"a.yaml": task(dataset_path="data"), "data/test.jsonl": jsonl(ROWS), "data/train.jsonl": jsonl(ROWS[:1])},
    ),
    "data_dir": (
        "mine",
        {"a.yaml": task(dataset_kwargs={"data_dir": "data"}), "data/test.jsonl": jsonl(ROWS[1:])},
    ),
    "an include": ("mine", {"a.yaml": "include: base.yml\ntask: mine\n", "base.yml": NO_NAME}),
    "the name in the include": ("mine", {"a.yaml": "include: _base\nnum_fewshot: 0\n", "_base": task(TEST)}),
    "a chain": (
        "mine",
        {"a.yaml": "include: b\ntask: mine\n", "b": "include: [c]\ndoc_to_text: 'Q: {{question}}'\n", "c": NO_NAME},
    ),
    "flow style": ("mine", {"a.yaml": json.dumps(yaml.safe_load(task(TEST)))}),
    "a tag": (
        "both",
        {"a.yaml": task(TEST, tag="both"), "b.yaml": task(TEST, task="other", tag=["both", "x"], description="Now. ")},
    ),
    "a group": (
        "all",
        {
            "g.yaml": "group: all\ntask: [mine, other]\naggregate_metric_list: [{metric: acc, weight_by_size: true}]\n",
            "a.yaml": task(TEST),
            "b.yaml": task(TEST, task="other"),
        },
    ),
    "groups in a group": (
        "all",
        {
            "g.yaml": "group: all\ntask: [{group: inner, task: [mine]}, {task: other, description: 'Now. '}, named]\n",
            "h.yaml": "group: named\ntask: [third]\n",
            "a.yaml": task(TEST),
            "b.yaml": task(TEST, task="other"),
            "c.yaml": task(TEST, task="third"),
        },
    ),
    "a task written into a group": (
        "all",
        {"g.yaml": yaml.safe_dump({"group": "all", "task": [yaml.safe_load(task(TEST))]})},
    ),
}  # fmt: skip


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in {"rows.jsonl": jsonl(ROWS), **files}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def load(folder: Path, name: str = "mine", **settings: Any) -> bridge.LoadedTask:
    (loaded,) = load_tasks(Suite(name="s", domains={"knowledge": [{"task": name, **settings}]}), folder)
    return loaded


def plan(loaded: bridge.LoadedTask) -> bridge.PlannedTask:
    return bridge.plan(loaded, bridge.PromptContext("c", {"name": "x"}, ByteTokenizer(), False, 10_000, 0))


def lm_eval_prompts(folder: Path, name: str) -> list[str]:
    """What lm-eval asks, from the folder itself, where it looks for data files."""
    from lm_eval.tasks import TaskManager

    os.chdir(folder)
    tasks = TaskManager(include_path=str(folder), include_defaults=False).load([name])["tasks"].values()
    prompts = []
    for one in tasks:
        one.set_config("num_fewshot", 0)
        one.set_fewshot_seed(0)
        one.build_all_requests()
        prompts += [instance.args[0] for instance in one.instances if instance.idx == 0]
    return prompts


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("layout", LAYOUTS)
def test_lm_eval_asks_the_same(layout: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name, files = LAYOUTS[layout]
    folder = write(tmp_path / "mine", files) if (tmp_path / "mine").mkdir() is None else tmp_path
    monkeypatch.chdir(tmp_path)  # our files are relative to the YAML that names them
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    ours = [item.prompt for item in plan(load(folder, name)).items]
    assert ours == lm_eval_prompts(folder, name)
    assert ours


def test_an_include_names_files_beside_itself(tmp_path: Path) -> None:
    write(tmp_path, {"below/a.yaml": "include: ../shared/base\ntask: mine\n", "shared/base": NO_NAME})
    (tmp_path / "rows.jsonl").rename(tmp_path / "shared" / "rows.jsonl")
    assert len(plan(load(tmp_path)).items) == 4


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": "\ufeff" + task(TEST), "rows.jsonl": "\ufeff" + jsonl(ROWS).replace("\n", "\r\n")})
    (tmp_path / "suite.yaml").write_text("\ufeffname: s\r\ndomains: {knowledge: [mine]}\r\n", encoding="utf-8")
    suite, folder = load_suite(str(tmp_path / "suite.yaml"))
    (loaded,) = load_tasks(suite, folder)
    assert plan(loaded).items[0].question == "Question: What is 0 + 1?\nAnswer:"


def test_what_changes_is_read_anew_whatever_its_time_and_size(tmp_path: Path) -> None:
    """`datasets` knows a file by its path, size and time."""
    write(tmp_path, {"a.yaml": task(TEST)})
    status = (tmp_path / "rows.jsonl").stat()
    first = load(tmp_path)
    (tmp_path / "rows.jsonl").write_text(jsonl(ROWS).replace("What", "Whom"))
    os.utime(tmp_path / "rows.jsonl", ns=(status.st_atime_ns, status.st_mtime_ns))
    second = load(tmp_path)
    assert all(item.question.startswith("Question: Whom") for item in plan(second).items)
    assert first.info.fingerprint != second.info.fingerprint


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"a.yaml": task("rows.jsonl")}, "field 'test_split': its data has no split 'test'"),
        ({"a.yaml": task({"test": "none.jsonl"})}, r"a\.yaml:\d+: field 'dataset_kwargs.data_files': .*No such file"),
        ({"a.yaml": task({"test": "none-*.jsonl"})}, "no file is named"),
        # What else lies in the working folder is none of its data.
        ({"a.yaml": task()}, r"a\.yaml:\d+: field 'dataset_kwargs.data_files': none are named; give 'data_files', or"),
        ({"a.yaml": task({})}, r"a\.yaml:\d+: field 'dataset_kwargs.data_files': none are named"),
        ({"a.yaml": task(TEST, test_split="test[:2]")}, "no split 'test.:2.'"),
        ({"a.yaml": "include: b\ntask: mine\n", "b": "include: a.yaml\n"}, "cannot include 'a.yaml'"),
        ({"a.yaml": "include: b\ntask: mine\n", "b": "x: ["}, r"b:\d+: not valid YAML"),
        ({"a.yaml": "group: mine\ntask: [other]\n", "b.yaml": "group: other\ntask: [mine]\n"}, "holds itself"),
        ({"a.yaml": "group: mine\ntask: []\n"}, "group 'mine' lists no tasks"),
        ({"a.yaml": task(TEST), "rows.jsonl": '{"question": '}, r"rows\.jsonl:1: not valid JSON"),
        (
            {"a.yaml": task(TEST, process_results="CODE").replace("CODE", "!function u.f"), "u.py": "exit(1)"},
            "!function u.f: SystemExit: 1",
        ),
        ({"a.yaml": "group: mine\ntask: [5]\n"}, "its members are names of tasks and groups"),
        ({"a.yaml": "group: mine\ntask: [nosuch_task]\n"}, "unknown task 'nosuch_task'"),
        (
            {"a.yaml": task(TEST, process_results="!function x.y").replace("'!function x.y'", "!function x.y")},
            "No module",
        ),
    ],
)
def test_what_cannot_be_loaded_is_one_line(tmp_path: Path, files: dict[str, str], words: str) -> None:
    with pytest.raises(SuiteError, match=words) as told:
        load(write(tmp_path, files))
    assert "\n" not in str(told.value)


def test_members_of_lm_evals_own_in_a_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from forgetbench.lm_eval_bridge import data_sets

    write(tmp_path, {"g.yaml": "group: mine\ntask: [one, hellaswag]\n", "a.yaml": task(TEST, task="one")})
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "none")
    monkeypatch.setattr(data_sets, "hub_answers", lambda: False)
    with pytest.raises(SuiteError, match=r"not on this machine.*Rowan/hellaswag"):
        load(tmp_path)


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")], ids=["pipe", "device"])
def test_only_regular_files_are_read(tmp_path: Path, make: Any) -> None:
    write(tmp_path, {"a.yaml": task(TEST)})
    for name in ("other.yaml", "other.jsonl", "other"):
        make(tmp_path / name)
    assert len(plan(load(tmp_path)).items) == 4, "what nobody names is passed over"
    (tmp_path / "a.yaml").write_text(task({"test": "other.jsonl"}))
    with pytest.raises(InputError, match=r"other\.jsonl: is no regular file"):
        load(tmp_path)
    (tmp_path / "a.yaml").write_text("include: other\ntask: mine\n")
    with pytest.raises(InputError, match="cannot include 'other'"):
        load(tmp_path)
