"""Whatever stands in a task's YAML, a run either asks it or says in one line why not."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from forgetbench import lm_eval_bridge as bridge
from forgetbench.engines.scripted import ScriptedEngine, scripted_checkpoint
from forgetbench.errors import ForgetbenchError, InputError
from forgetbench.models.tokenizer import ByteTokenizer
from forgetbench.suites.loading import load_tasks
from forgetbench.suites.suite import load_suite
from forgetbench.suites.validation import validate_tasks

CHOICE: dict[str, Any] = {
    "task": "fuzzed",
    "dataset_path": "json",
    "dataset_kwargs": {"data_files": {"test": "rows.jsonl", "fewshot": "rows.jsonl"}},
    "test_split": "test",
    "fewshot_split": "fewshot",
    "num_fewshot": 1,
    "output_type": "multiple_choice",
    "doc_to_text": "Question: {{question}}\nAnswer:",
    "doc_to_choice": "choices",
    "doc_to_target": "gold",
    "target_delimiter": " ",
    "fewshot_delimiter": "\n\n",
    "description": "Answer.\n\n",
    "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}],
    "metadata": {
        "domain": "knowledge", "view": "choice", "metric": "acc", "chance": 0.5, "version": 1, "language": ["en"],
        "licence": "CC0-1.0", "binary": True, "supporting": False, "completion_fewshot": 1,
    },
}  # fmt: skip
OPEN: dict[str, Any] = {
    **{key: value for key, value in CHOICE.items() if key != "doc_to_choice"},
    "output_type": "generate_until",
    "doc_to_target": "{{choices[gold]}}",
    "repeats": 1,
    "generation_kwargs": {
        "until": ["\n"], "max_gen_toks": 8, "do_sample": False, "temperature": 0.0, "top_p": 1.0,
    },
    "filter_list": [
        {"name": "last", "filter": [{"function": "regex", "regex_pattern": "(.*)"}, {"function": "take_first"}]}
    ],
    "metric_list": [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": True}],
    "metadata": {**CHOICE["metadata"], "view": "open", "metric": "exact_match", "chance": 0.0},
}  # fmt: skip
WRONG: list[Any] = [
    None,
    5,
    -1,
    10**30,
    0.5,
    math.nan,
    True,
    "x",
    "",
    "{{nothing}}",
    "{{",
    [],
    [1],
    [None],
    {},
    {"x": 1},
]
SUITE = "name: s\ndomains: {knowledge: [fuzzed]}\n"


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in a configuration: every field, and everything in lists and mappings."""
    if at:
        yield at
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in entries:
        yield from places(item, (*at, key))


def with_wrong(config: dict[str, Any], at: tuple[Any, ...], wrong: Any) -> dict[str, Any]:
    changed = copy.deepcopy(config)
    inner: Any = changed
    for key in at[:-1]:
        inner = inner[key]
    inner[at[-1]] = wrong
    return changed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [
        {"item_id": f"i{i}", "question": f"What is {i}?", "choices": ["right", "wrong"], "gold": i % 2}
        for i in range(4)
    ]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "suite.yaml").write_text(SUITE)
    return tmp_path


def ask(folder: Path) -> None:
    """All that a run does with a task, but for the comparison."""
    suite, beside = load_suite(str(folder / "suite.yaml"))
    engine, checkpoint = ScriptedEngine(), scripted_checkpoint("a")
    engine.load([checkpoint])
    for loaded in load_tasks(suite, beside):
        settings = {"name": "scripted"}
        context = bridge.PromptContext(checkpoint.fingerprint, settings, ByteTokenizer(), False, 100_000, seed=0)
        planned = bridge.plan(loaded, context)
        requests = {request.key: request for item in planned.items for request in item.requests}
        scored = engine.score([request for request in requests.values() if request.sampling is None])
        written = engine.generate([request for request in requests.values() if request.sampling is not None])
        bridge.score(planned, {response.key: response for response in [*scored, *written]}, {})


@pytest.mark.parametrize("config", [CHOICE, OPEN], ids=["choice", "open"])
def test_the_sound_ones_are_asked(folder: Path, config: dict[str, Any]) -> None:
    (folder / "task.yaml").write_text(yaml.safe_dump(config))
    ask(folder)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("config", [CHOICE, OPEN], ids=["choice", "open"])
@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_wrong_values_are_one_line(folder: Path, config: dict[str, Any], wrong: Any) -> None:
    for at in places(config):
        (folder / "task.yaml").write_text(yaml.safe_dump(with_wrong(config, at, wrong)))
        try:
            ask(folder)
        except ForgetbenchError as error:
            assert isinstance(error, InputError), (at, wrong, error)
            assert str(error) and "\n" not in str(error), (at, wrong)
        except BaseException as error:
            raise AssertionError(f"{at} = {wrong!r}: {type(error).__name__}: {error}") from error


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("config", [CHOICE, OPEN], ids=["choice", "open"])
@pytest.mark.parametrize("wrong", [None, 5, [1]], ids=repr)
def test_the_validator_takes_them_too(folder: Path, config: dict[str, Any], wrong: Any) -> None:
    for at in places(config):
        (folder / "task.yaml").write_text(yaml.safe_dump(with_wrong(config, at, wrong)))
        try:
            lines = list(validate_tasks(folder).lines())
        except InputError as error:
            lines = [str(error)]
        except BaseException as error:
            raise AssertionError(f"{at} = {wrong!r}: {type(error).__name__}: {error}") from error
        assert not any("\n" in line for line in lines), (at, wrong)
