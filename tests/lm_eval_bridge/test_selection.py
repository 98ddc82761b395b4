"""Which documents of a task are asked: levels of difficulty, and a share of each stratum."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
import yaml

from forgetbench.errors import SuiteError
from forgetbench.lm_eval_bridge.selection import Levels
from forgetbench.suites.loading import load_tasks
from forgetbench.suites.suite import Suite, load_suite, with_level


@pytest.fixture
def levelled(tiny_tasks: Path) -> Path:
    """tiny_choice with levels 1 to 3, two strata and pairs as clusters; tiny_open without any."""
    rows = [
        {"item_id": f"q{number}", "question": f"Q{number}", "choices": ["a", "b"], "gold": 0, "answer": "a",
         "level": 1 + number % 3, "cluster": f"pair-{number // 2}", "stratum": "head" if number < 8 else "tail"}
        for number in range(12)
    ]  # fmt: skip
    (tiny_tasks / "levelled.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    path = tiny_tasks / "tiny_choice.yaml"
    config = yaml.safe_load(path.read_text())
    config["dataset_kwargs"]["data_files"]["test"] = "levelled.jsonl"
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    return tiny_tasks / "tiny-suite.yml"


def sizes(suite: Suite, folder: Path) -> dict[str, int]:
    return {task.info.name: len(task.task.eval_docs) for task in load_tasks(suite, folder)}


@pytest.mark.parametrize(
    ("text", "inside"), [("2", [2]), ("2-3", [2, 3]), ("2-", [2, 3, 4, 5]), (" 1-1 ", [1])], ids=repr
)
def test_ranges_of_levels(text: str, inside: list[int]) -> None:
    assert [level for level in range(1, 6) if level in Levels.of(text)] == inside


@pytest.mark.parametrize("text", ["", "0", "3-2", "-3", "hard", "1,2", "1000"])
def test_what_is_no_range(text: str) -> None:
    with pytest.raises(ValueError, match="is no range of levels; write 4, 2-4 or 4-"):
        Levels.of(text)


def test_only_items_of_the_levels_are_asked(levelled: Path) -> None:
    suite, folder = load_suite(str(levelled))
    assert sizes(suite, folder) == {"tiny_choice": 12, "tiny_open": 6}
    # Items without a level are of every level.
    assert sizes(with_level(suite, "2-"), folder) == {"tiny_choice": 8, "tiny_open": 6}


def test_a_task_without_items_of_the_levels_is_left_out(levelled: Path) -> None:
    suite, folder = load_suite(str(levelled))
    assert sizes(with_level(suite, "4-"), folder) == {"tiny_open": 6}
    levels_alone = suite.model_copy(update={"domains": {"knowledge": suite.domains["knowledge"][:1]}})
    with pytest.raises(SuiteError, match="no task has items of level 4-"):
        load_tasks(with_level(levels_alone, "4-"), folder)


def test_a_share_keeps_strata_in_proportion_and_clusters_whole(levelled: Path) -> None:
    suite, folder = load_suite(str(levelled))
    task = load_tasks(suite.model_copy(update={"share": 0.5}), folder)[0]
    documents = list(task.task.eval_docs)
    assert Counter(document["stratum"] for document in documents) == {"head": 4, "tail": 2}
    assert set(Counter(document["cluster"] for document in documents).values()) == {2}


def test_the_command_line_takes_levels_and_names_the_suite_by_them(
    forgetbench: Callable[..., CompletedProcess[str]], levelled: Path, tmp_path: Path
) -> None:
    done = forgetbench("run", "--engine", "scripted", "--suite", levelled, "--level", "3", "a")
    assert done.returncode == 0, done.stderr
    (manifest,) = (tmp_path / "results" / "runs").glob("*/manifest.json")
    assert json.loads(manifest.read_text())["suite"] == "tiny-level-3"
    wrong = forgetbench("run", "--engine", "scripted", "--suite", levelled, "--level", "hard", "a")
    assert wrong.returncode == 2 and "--level: 'hard' is no range of levels" in wrong.stderr
