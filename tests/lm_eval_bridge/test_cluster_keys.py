"""What items share is what the task's metadata declares: one or two fields of its documents."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from forgetbench import lm_eval_bridge as bridge
from forgetbench.errors import SuiteError
from forgetbench.lm_eval_bridge.rescoring import rescore
from forgetbench.models.tokenizer import ByteTokenizer
from forgetbench.records import ItemScore, Response, Sample
from forgetbench.suites.loading import load_tasks
from forgetbench.suites.suite import Suite

ROWS = [
    {"item_id": f"i{n}", "question": f"What is {n}?", "answer": str(n), "cluster": f"country-{n // 2}", "asks": n % 2}
    for n in range(6)
]


def load(folder: Path, clusters: Any = None, rows: list[dict[str, Any]] = ROWS, **suite: Any) -> bridge.LoadedTask:
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    metadata = {"domain": "knowledge", "chance": 0.0, "version": 1}
    config = {
        "task": "mine",
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": "rows.jsonl"}},
        "test_split": "test",
        "output_type": "generate_until",
        "doc_to_text": "{{question}}",
        "doc_to_target": "answer",
        "generation_kwargs": {"until": ["\n"], "max_gen_toks": 8, "do_sample": False},
        "metric_list": [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": True}],
        "metadata": metadata if clusters is None else {**metadata, "clusters": clusters},
    }
    (folder / "mine.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    (loaded,) = load_tasks(Suite(name="s", domains={"knowledge": ["mine"]}, **suite), folder)
    return loaded


def scored(loaded: bridge.LoadedTask) -> list[ItemScore]:
    planned = bridge.plan(loaded, bridge.PromptContext("c", {"name": "x"}, ByteTokenizer(), False, 100_000, 0))
    responses = {
        item.requests[0].key: Response(item.requests[0].key, samples=(Sample("1", "stop", 1),))
        for item in planned.items
    }
    return bridge.score(planned, responses, {})


def clusters(scores: list[ItemScore]) -> list[tuple[str, str]]:
    return [(score.cluster, score.second_cluster) for score in scores]


@pytest.mark.parametrize(
    ("declared", "keys", "first_two"),
    [
        (None, ("cluster",), [("country-0", ""), ("country-0", "")]),
        ("asks", ("asks",), [("0", ""), ("1", "")]),
        (["cluster"], ("cluster",), [("country-0", ""), ("country-0", "")]),
        (["cluster", "asks"], ("cluster", "asks"), [("country-0", "0"), ("country-0", "1")]),
    ],
    ids=str,
)
def test_items_are_in_the_clusters_that_are_declared(
    tmp_path: Path, declared: Any, keys: tuple[str, ...], first_two: list[tuple[str, str]]
) -> None:
    loaded = load(tmp_path, declared)
    assert loaded.info.clusters == keys
    assert clusters(scored(loaded))[:2] == first_two


def test_without_a_field_cluster_an_item_is_its_own(tmp_path: Path) -> None:
    rows = [{**row, "cluster": None} if n else row for n, row in enumerate(ROWS)]
    assert clusters(scored(load(tmp_path, rows=rows)))[:2] == [("country-0", ""), ("i1", "")]


def test_answers_that_are_read_again_keep_both(tmp_path: Path) -> None:
    loaded = load(tmp_path, ["cluster", "asks"])
    before = scored(loaded)
    assert clusters(rescore(loaded, before)) == clusters(before)


def test_a_share_keeps_clusters_by_the_first_key_whole(tmp_path: Path) -> None:
    assert [score.item_id for score in scored(load(tmp_path, "asks", share=0.5))] == ["i0", "i2", "i4"]


@pytest.mark.parametrize(
    ("declared", "why"),
    [
        (["cluster", "relation"], "item i0 has no 'relation'; give every document that field, or declare another"),
        (["cluster", "asks", "stratum"], "3 cluster keys, and the statistics know 2 at most: cluster, asks, stratum"),
        (["cluster", "cluster"], "'cluster' stands there twice"),
        ([], "the name of a field of the documents, or a list of two, is expected"),
        (["cluster", 5], "the name of a field of the documents, or a list of two, is expected"),
    ],
    ids=str,
)
def test_keys_that_cannot_be_are_refused_with_task_and_field(tmp_path: Path, declared: Any, why: str) -> None:
    with pytest.raises(SuiteError) as refused:
        load(tmp_path, declared)
    message = str(refused.value)
    assert "task 'mine'" in message and "field 'metadata.clusters'" in message and message.endswith(why)
    assert "mine.yaml" in message and "\n" not in message


def test_a_declared_key_that_one_document_lacks_is_refused(tmp_path: Path) -> None:
    rows = [{**row, "asks": None} if n == 4 else row for n, row in enumerate(ROWS)]
    with pytest.raises(SuiteError, match="item i4 has no 'asks'"):
        load(tmp_path, ["cluster", "asks"], rows)
    load(tmp_path, ["cluster", "asks"], rows[:4])
