"""The suite of published benchmarks agrees with lm-eval's configurations, and says what it lacks without a network."""

from __future__ import annotations

import json
import shutil
import socket
import threading
import time
from collections.abc import Mapping
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import datasets
import huggingface_hub
import pytest

from forgetbench import lm_eval_bridge as bridge
from forgetbench import sandbox
from forgetbench.engines.scripted import ScriptedEngine, scripted_checkpoint
from forgetbench.errors import InputError, SuiteError
from forgetbench.lm_eval_bridge import data_sets
from forgetbench.lm_eval_bridge.groups import proportional_shares
from forgetbench.lm_eval_bridge.registry import configurations, task_manager
from forgetbench.models.tokenizer import ByteTokenizer
from forgetbench.suites.loading import embedded_task_files, load_tasks
from forgetbench.suites.suite import Suite, SuiteTask, load_suite, suite_of_tasks

STANDARD, _ = load_suite("standard")
EMBEDDED = embedded_task_files()
ENTRIES = {entry.task: entry for row in STANDARD.domains.values() for entry in row if entry.task not in EMBEDDED}
PUBLISHED = {
    "mmlu", "mmlu_pro", "arc_easy", "arc_challenge", "triviaqa", "nq_open", "hellaswag", "winogrande", "gsm8k", "bbh",
    "minerva_math500", "humaneval", "mbpp", "ifeval", "truthfulqa_mc2", "lambada_openai", "wikitext", "ceval-valid",
    "cmmlu", "mgsm_cot_native",
}  # fmt: skip
SIZES = {"mmlu": 57, "mmlu_pro": 14, "ceval-valid": 52, "cmmlu": 67, "bbh": 27, "mgsm_cot_native": 11}
DOCUMENTED_CHANCE = {
    # Four answers to nearly every question of ARC (a few have three or five), four endings in HellaSwag, two names
    # in WinoGrande. MMLU-Pro has up to ten options.
    "arc_easy": 0.25, "arc_challenge": 0.25, "hellaswag": 0.25, "winogrande": 0.5, "mmlu_pro": 0.1,
    "truthfulqa_mc2": 0.0,
}  # fmt: skip


@pytest.fixture(scope="module")
def configs() -> dict[str, dict[str, Mapping[str, Any]]]:
    """By entry, the configurations of the lm-eval tasks behind it."""
    with bridge.loading.quiet_lm_eval():
        manager = task_manager(list(ENTRIES))
        by_entry = {name: configurations(manager, name) for name in ENTRIES}
    patterns = {name: entry.subtasks or "*" for name, entry in ENTRIES.items()}
    return {name: {sub: row[sub] for sub in row if fnmatchcase(sub, patterns[name])} for name, row in by_entry.items()}


def test_all_published_benchmarks_are_in_it() -> None:
    assert {entry.task for row in STANDARD.domains.values() for entry in row} == PUBLISHED


def test_every_name_is_lm_evals(configs: dict[str, dict[str, Mapping[str, Any]]]) -> None:
    assert {name: len(subtasks) for name, subtasks in configs.items()} == {name: SIZES.get(name, 1) for name in ENTRIES}


@pytest.mark.parametrize("name", ENTRIES)
def test_settings_agree_with_lm_eval(name: str, configs: dict[str, dict[str, Mapping[str, Any]]]) -> None:
    entry = ENTRIES[name]
    for config in configs[name].values():
        check_metric(entry, config)
        check_filter(entry, config)
        if config.get("num_fewshot") is not None:
            assert entry.num_fewshot == config["num_fewshot"]
        views = {"multiple_choice": {"choice"}, "generate_until": {"open", "strict"}}
        assert entry.view in views.get(config["output_type"], {None})


def check_metric(entry: SuiteTask, config: Mapping[str, Any]) -> None:
    # Of a metric that is a function the configuration holds its place: ".../utils.pass_at_1".
    metrics = {str(row["metric"]).rpartition(".")[2]: row for row in config["metric_list"]}
    assert entry.metric in metrics
    assert metrics[entry.metric].get("higher_is_better") or entry.metric == "bits_per_byte"
    assert metrics[entry.metric].get("aggregation") == "mean" or entry.metric == "bits_per_byte"


def check_filter(entry: SuiteTask, config: Mapping[str, Any]) -> None:
    filters = [row["name"] for row in config.get("filter_list") or [{"name": "none"}]]
    assert entry.filter in filters or (entry.filter is None and len(filters) == 1)


@pytest.mark.parametrize("name", sorted(ENTRIES.keys() - {"bbh"}))
def test_chance(name: str, configs: dict[str, dict[str, Mapping[str, Any]]]) -> None:
    for config in configs[name].values():
        options = config.get("doc_to_choice")
        written = DOCUMENTED_CHANCE.get(name, 0.0)
        assert ENTRIES[name].chance == pytest.approx(1 / len(options) if isinstance(options, list) else written)


def test_chance_of_bbh_is_that_of_its_options() -> None:
    """lm-eval has most tasks of BBH as multiple choice too; the others are answered freely, by chance never right."""
    with bridge.loading.quiet_lm_eval():
        choices = configurations(task_manager(["leaderboard_bbh"]), "leaderboard_bbh")
    chances = [1 / len(config["doc_to_choice"]) for name, config in choices.items() if "object_counting" not in name]
    assert len(chances) == 23
    assert ENTRIES["bbh"].chance == pytest.approx(sum(chances) / 27, abs=0.01)


# --- groups, on data of our own ---------------------------------------------------------------

SUBJECTS = {"tiny_math": 8, "tiny_law": 2}


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """lm-eval's registry, replaced by a group of two subjects, a tag and tasks that cannot be scored as they are."""
    from lm_eval.tasks import TaskManager

    for name, size in SUBJECTS.items():
        rows = [{"q": f"{name} {i}", "choices": ["A", "B"], "gold": i % 2} for i in range(size)]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        write_task(
            tmp_path,
            name,
            f"tag: tiny_tag\ndataset_path: json\ndataset_kwargs: {{data_files: {{test: {tmp_path}/{name}.jsonl}}}}",
        )
    (tmp_path / "group.yaml").write_text("group: tiny\ntask: [tiny_math, tiny_law]\n")
    monkeypatch.setattr(
        bridge.loading, "task_manager", lambda *_: TaskManager(include_path=str(tmp_path), include_defaults=False)
    )


def write_task(folder: Path, name: str, data: str, metric: str = "acc") -> None:
    (folder / f"{name}.yaml").write_text(
        f"task: {name}\n{data}\noutput_type: multiple_choice\ntest_split: test\ndoc_to_text: '{{{{q}}}}'\n"
        f"doc_to_target: gold\ndoc_to_choice: choices\nmetric_list: [{{metric: {metric}, aggregation: mean, "
        "higher_is_better: true}]\n"
    )


def loaded(name: str, limit: int | None = None, **settings: Any) -> bridge.LoadedTask:
    suite = Suite(name="x", domains={"knowledge": [SuiteTask(task=name, **settings)]})
    (task,) = load_tasks(suite, limit=limit)
    return task


def planned(task: bridge.LoadedTask, checkpoint: str = "c") -> bridge.PlannedTask:
    return bridge.plan(task, bridge.PromptContext(checkpoint, {"name": "x"}, ByteTokenizer(), False, 10_000, 0))


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize("name", ["tiny", "tiny_tag"])
def test_a_group_is_one_task_whose_subjects_are_clusters(name: str) -> None:
    task = loaded(name)
    assert (task.info.name, task.info.chance, task.info.binary) == (name, 0.5, True)
    items = planned(task).items
    assert {item.item_id for item in items} == {f"{sub}/{i}" for sub, size in SUBJECTS.items() for i in range(size)}
    assert {(item.cluster, item.stratum) for item in items} == {(sub, sub) for sub in SUBJECTS}
    assert all(item.question == item.item_id.replace("/", " ") for item in items)


@pytest.mark.usefixtures("tiny")
def test_translations_of_a_document_are_one_cluster() -> None:
    items = planned(loaded("tiny", cluster="document")).items
    assert [item.item_id for item in items if item.cluster == "tiny/1"] == ["tiny_math/1", "tiny_law/1"]


@pytest.mark.usefixtures("tiny")
def test_a_limit_is_shared_out_by_size() -> None:
    items = planned(loaded("tiny", limit=5)).items
    assert [item.item_id for item in items] == [*(f"tiny_math/{i}" for i in range(4)), "tiny_law/0"]


def test_shares_add_up() -> None:
    assert proportional_shares([8, 2], 5) == [4, 1]
    assert proportional_shares([3, 3, 3], 2) == [1, 1, 0]
    assert proportional_shares([1, 100], 1) == [0, 1]
    assert proportional_shares([4, 5], 100) == proportional_shares([4, 5], None) == [4, 5]


@pytest.mark.usefixtures("tiny")
def test_items_of_a_group_are_scored_by_their_own_task() -> None:
    engine, checkpoint = ScriptedEngine(), scripted_checkpoint("x")
    engine.load([checkpoint])
    task = planned(loaded("tiny"), checkpoint.fingerprint)
    requests = {request.key: request for item in task.items for request in item.requests}
    responses = {response.key: response for response in engine.score(list(requests.values()))}
    scores = bridge.score(task, responses, {})
    right = [score.loglikelihoods.index(max(score.loglikelihoods)) == int(score.item_id[-1]) % 2 for score in scores]
    assert [score.score for score in scores] == [float(value) for value in right]


@pytest.mark.usefixtures("tiny")
def test_items_of_two_tasks_are_never_the_same_item() -> None:
    """lm-eval counts each task's documents from 0; an item's views are joined by its id."""
    suite = Suite(name="x", domains={"knowledge": ["tiny_math", "tiny_law"]})
    first, second = ({item.item_id for item in planned(task).items} for task in load_tasks(suite))
    assert not first & second


@pytest.mark.usefixtures("tiny")
def test_a_fingerprint_stays() -> None:
    assert loaded("tiny").info.fingerprint == loaded("tiny").info.fingerprint != loaded("tiny_tag").info.fingerprint


# --- refusals ---------------------------------------------------------------------------------


def test_an_unknown_name_is_told_with_the_nearest() -> None:
    with pytest.raises(SuiteError, match="unknown task 'helaswag'; did you mean 'hellaswag'"):
        load_tasks(suite_of_tasks(["helaswag"], "knowledge"))
    with pytest.raises(SuiteError, match=r"unknown task 'xyzzyqwv'; `forgetbench tasks list` and"):
        load_tasks(suite_of_tasks(["xyzzyqwv"], "knowledge"))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"metric": "perplexity"}, "less is better in 'perplexity'.*metrics that can be one: acc"),
        ({"metric": "accc"}, "no metric 'accc'; did you mean 'acc'"),
        ({"filter": "strict"}, "no filter 'strict'"),
    ],
)
def test_a_metric_that_is_no_score(
    settings: dict[str, str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache_rows(tmp_path, monkeypatch, "EleutherAI___lambada_openai", "test", [{"text": "the end of the story"}])
    with pytest.raises(SuiteError, match=message):
        loaded("lambada_openai", **settings)


def test_several_ways_of_reading_an_answer_need_one_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"question": "1+1?", "answer": "#### 2"}]
    cache_rows(tmp_path, monkeypatch, "openai___gsm8k", "test", rows, config="main")
    with pytest.raises(SuiteError, match=r"\(strict-match, flexible-extract\); name one in a suite file"):
        loaded("gsm8k")
    task = loaded("gsm8k", filter="flexible-extract", num_fewshot=0)
    assert task.info.filter == "flexible-extract"


def test_by_name_a_published_task_is_asked_as_in_the_suite() -> None:
    suite = suite_of_tasks(["gsm8k", "some_other"], None)
    assert suite.domains["reasoning"] == [ENTRIES["gsm8k"]]
    assert suite.domains["target"] == [SuiteTask(task="some_other")]
    assert list(suite_of_tasks(["gsm8k"], "target").domains) == ["target"]


# --- data that is not here --------------------------------------------------------------------


def cache_rows(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    folder: str,
    split: str,
    rows: list[dict[str, Any]],
    config: str = "default",
) -> None:
    """What `datasets` would have left of a download from the hub; the hub itself cannot be reached."""
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    files = {name: str(tmp_path / "rows.jsonl") for name in {"train", split}}
    made = datasets.load_dataset("json", data_files=files, cache_dir=str(tmp_path / "made"))
    source = Path(made["train"].cache_files[0]["filename"]).parent
    cache = tmp_path / "cache" / folder / config / "0.0.0" / "abc"
    shutil.copytree(source, cache)
    name = folder.partition("___")[2]
    for path in cache.glob("json-*.arrow"):
        path.rename(cache / path.name.replace("json", name, 1))
    info = json.loads((cache / "dataset_info.json").read_text())
    info |= {"config_name": config, "dataset_name": name, "builder_name": "cache"}
    (cache / "dataset_info.json").write_text(json.dumps(info))
    no_hub(monkeypatch, tmp_path / "cache")


def no_hub(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", cache)
    monkeypatch.setattr(data_sets, "hub_answers", lambda: False)


def test_everything_that_is_missing_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    no_hub(monkeypatch, tmp_path)
    rows = {domain: [entry for entry in row if entry.task in ENTRIES] for domain, row in STANDARD.domains.items()}
    rows["reasoning"] = [entry for entry in rows["reasoning"] if entry.task != "mbpp"]
    with pytest.raises(SuiteError) as told:
        load_tasks(Suite(name="x", domains=rows))
    text = str(told.value)
    assert "\n" not in text
    assert all(name in text for name in ("cais/mmlu (57 parts)", "Rowan/hellaswag", "juletxara/mgsm (11 parts)"))
    assert str(tmp_path) in text


def test_what_is_in_the_cache_is_read_without_the_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"text": "she opened the door and saw the dog"}, {"text": "he sat down and ate the soup"}]
    cache_rows(tmp_path, monkeypatch, "EleutherAI___lambada_openai", "test", rows)
    task = loaded("lambada_openai")
    assert (task.info.metric, task.info.domain, task.info.num_fewshot) == ("acc", "knowledge", 0)
    assert [(item.item_id, item.gold) for item in planned(task).items] == [
        ("lambada_openai/0", " dog"),
        ("lambada_openai/1", " soup"),
    ]


def test_any_answer_of_the_hub_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:  # answers 501
        monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        server.timeout = 20
        thread = threading.Thread(target=server.handle_request, daemon=True)
        thread.start()
        assert data_sets.hub_answers()
        thread.join(20)


def test_a_silent_hub_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_sets, "HUB_TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        start = time.monotonic()
        assert not data_sets.hub_answers()
        assert time.monotonic() - start < 5


def test_code_is_refused_before_data_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_sets.DataSet, "on_this_machine", lambda _: pytest.fail("data was looked for"))
    with pytest.raises(InputError, match="task 'mbpp' runs code that the model writes; add --run-code"):
        load_tasks(suite_of_tasks(["mbpp"], None))


@pytest.mark.skipif(sandbox.unavailable() is not None, reason="no sandbox can be made here")
def test_mbpp_is_run_in_the_sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tests = ["assert double(2) == 4", "assert double(0) == 0", "assert double(-1) == -2"]
    row = {"task_id": 11, "text": "Write a function that doubles.", "code": "", "test_list": tests}
    cache_rows(tmp_path, monkeypatch, "google-research-datasets___mbpp", "test", [row], config="full")
    with sandbox.allowed():
        task = loaded("mbpp", metric="pass_at_1", binary=True, num_fewshot=3)
        (item,) = planned(task).items
        answers = ["def double(x):\n    return 2 * x\n", "def double(x):\n    return x\n", "import os; os.system('ls')"]
        scores = [task.task.process_results(item.document, [answer])["pass_at_1"] for answer in answers]
    assert scores == [1.0, 0.0, 0.0]


def test_embedded_tasks_do_not_ask_for_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked() -> bool:
        raise AssertionError("the hub was asked")

    monkeypatch.setattr(data_sets, "hub_answers", asked)
    assert load_tasks(suite_of_tasks(["knowledge_choice"], None), limit=1)
