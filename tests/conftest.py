"""Shared fixtures: a tiny task folder, and the command line run in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from capitals import CAPITALS
from chromium import browser
from commands import call_apart, call_forked, can_be_forked
from hypothesis import settings
from tiny_models import make_tiny_model

__all__ = ["browser"]  # a fixture of every folder

# How long one example takes says how busy the machine is.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

ALL_CORES = sorted(os.sched_getaffinity(0))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """A real engine keeps to its worker's cores: two engines with a thread for every core wait for one another."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if item.get_closest_marker("real") and workers > 1:
        number = int(os.environ["PYTEST_XDIST_WORKER"].removeprefix("gw"))
        os.sched_setaffinity(0, ALL_CORES[number::workers] or ALL_CORES)


@pytest.fixture
def tiny_tasks(tmp_path: Path) -> Path:
    """A folder with tasks of every output type over six capitals, and a suite of them all."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    rows = [
        {"item_id": f"capital-{country}", "question": country, "choices": [right, wrong], "gold": 0, "answer": right}
        for country, right, wrong in CAPITALS
    ]
    (folder / "capitals.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    common = {
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": "capitals.jsonl"}},
        "test_split": "test",
        "doc_to_text": "Question: What is the capital of {{question}}?\nAnswer:",
    }
    accuracy = [{"metric": name, "aggregation": "mean", "higher_is_better": True} for name in ("acc", "acc_norm")]
    exact = [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": True}]
    tasks = {
        "tiny_choice": {
            "output_type": "multiple_choice", "doc_to_choice": "choices", "doc_to_target": "gold", "num_fewshot": 1,
            "fewshot_split": "test", "metric_list": accuracy,
            "metadata": {"domain": "knowledge", "view": "choice", "metric": "acc", "version": 1},
        },
        "tiny_open": {
            "output_type": "generate_until", "doc_to_target": "answer", "metric_list": exact,
            "generation_kwargs": {"until": ["\n\n", "."], "max_gen_toks": 12, "do_sample": False, "temperature": 0.0},
            "metadata": {"domain": "knowledge", "view": "open", "version": 1},
        },
        "tiny_rolling": {
            "output_type": "loglikelihood_rolling", "doc_to_text": "", "doc_to_target": "{{answer}} is in {{question}}",
            "metric_list": [{"metric": "bits_per_byte", "aggregation": "bits_per_byte", "higher_is_better": False}],
            "metadata": {"domain": "language", "version": 1},
        },
        "tiny_cloze": {
            "output_type": "loglikelihood", "doc_to_target": " {{answer}}", "metric_list": accuracy[:1],
            "metadata": {"domain": "language", "version": 1},
        },
    }  # fmt: skip
    for name, task in tasks.items():
        (folder / f"{name}.yaml").write_text(yaml.safe_dump({"task": name, **common, **task}, sort_keys=False))
    suite = {"name": "tiny", "domains": {"knowledge": ["tiny_choice", "tiny_open"]}}
    (folder / "tiny-suite.yml").write_text(yaml.safe_dump(suite, sort_keys=False))
    return folder


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random model that takes milliseconds; its answers are nonsense, its arithmetic is not."""
    return make_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def forgetbench(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`forgetbench ARGS...` as a user runs it, in an empty folder; returns the finished process."""

    def call(*args: object, **environment: str) -> subprocess.CompletedProcess[str]:
        arguments = [str(argument) for argument in args]
        # An engine that starts processes of its own is asked as a user asks it.
        if request.node.get_closest_marker("real") or not can_be_forked(environment):
            return call_apart(arguments, tmp_path, environment)
        return call_forked(arguments, tmp_path, environment)

    return call
