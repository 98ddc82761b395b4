"""A sweep beside a training that is under way, with the scripted engine: its checkpoints are folders with a log."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from forgetbench import pipeline
from forgetbench.engines.base import EngineOptions
from forgetbench.errors import CheckpointError, InputError
from forgetbench.evaluation.options import EvaluationOptions
from forgetbench.evaluation.watching import Watching
from forgetbench.pipeline.results import RunResult
from forgetbench.pipeline.watching import unless_deleted
from forgetbench.progress import Progress
from forgetbench.records import Checkpoint

SCRIPTED = EngineOptions("scripted")


def save(training: Path, step: int) -> Path:
    folder = training / f"checkpoint-{step}"
    folder.mkdir(parents=True, exist_ok=True)
    history = [{"step": step, "loss": 1.0 / step, "learning_rate": 1e-5}]
    (folder / "trainer_state.json").write_text(json.dumps({"global_step": step, "log_history": history}))
    return folder


@pytest.fixture
def watch(tiny_tasks: Path, tmp_path: Path) -> Callable[..., RunResult]:
    def call(*, told: Callable[[RunResult], None] = lambda result: None, **settings: Any) -> RunResult:
        return pipeline.watch(
            "base", tmp_path / "out", Watching(**{"poll": 0.02, "idle": 0.3, **settings}), engine=SCRIPTED, told=told,
            evaluation=EvaluationOptions(suite=str(tiny_tasks / "tiny-suite.yml"), results=tmp_path / "results"),
        )  # fmt: skip

    return call


def record(result: RunResult) -> Any:
    return json.loads((result.trajectories[0] / "trajectory.json").read_text())


def steps(result: RunResult) -> list[int]:
    return [point["step"] for point in record(result)["points"]]


def test_each_checkpoint_is_evaluated_as_it_comes(watch: Callable[..., RunResult], tmp_path: Path) -> None:
    training = tmp_path / "out"
    save(training, 10)
    half = training / "checkpoint-20"
    half.mkdir()
    (half / "trainer_state.json").write_text('{"global')
    seen: list[list[int]] = []
    coming = iter([lambda: save(training, 20), lambda: save(training, 30)])

    def told(result: RunResult) -> None:
        seen.append(steps(result))
        # The half-written one becomes whole, a later one comes, and the first is deleted meanwhile.
        next(coming, lambda: None)()
        shutil.rmtree(training / "checkpoint-10", ignore_errors=True)

    result = watch(told=told, until_step=30, idle=60.0)
    assert seen == [[10], [10, 20], [10, 20, 30]]
    assert len(result.comparisons) == 3 and all(each.comparison.family for each in result.comparisons)
    assert record(result)["training_log"]["steps"] == [30]
    (folder,) = (tmp_path / "results" / "trajectories").iterdir()
    assert folder == result.trajectories[0] and (folder / "trajectory.md").is_file()


def test_a_later_command_remembers_what_the_trainer_has_deleted(
    watch: Callable[..., RunResult], tmp_path: Path
) -> None:
    training = tmp_path / "out"
    save(training, 10)
    first = watch()
    shutil.rmtree(training / "checkpoint-10")
    save(training, 20)
    second = watch()
    assert steps(second) == [10, 20] and second.trajectories == first.trajectories
    # A record that cannot be read is made anew of what is there.
    (second.trajectories[0] / "trajectory.json").write_text("{}")
    assert steps(watch()) == [20]


def test_a_checkpoint_that_goes_before_its_turn_is_told_of(tmp_path: Path, tiny_model: Path) -> None:
    notes: list[str] = []
    base = Checkpoint("base", str(tiny_model), "", path=tiny_model)
    progress = Progress(note=notes.append)

    def fail(why: str) -> None:
        raise CheckpointError(why)

    with unless_deleted(tmp_path / "checkpoint-10", base, progress):
        fail("no such checkpoint")
    assert notes == [
        "checkpoint-10 was deleted before it was evaluated; let the trainer keep more of them (save_total_limit)"
    ]
    # One that is still there has something else wrong with it.
    with pytest.raises(CheckpointError, match="another base"), unless_deleted(tiny_model, base, progress):
        fail("made for another base")


def test_an_interrupt_keeps_what_was_done(watch: Callable[..., RunResult], tmp_path: Path) -> None:
    save(tmp_path / "out", 10)

    def told(result: RunResult) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        watch(told=told)
    (folder,) = (tmp_path / "results" / "trajectories").iterdir()
    assert json.loads((folder / "trajectory.json").read_text())["points"][0]["step"] == 10


def test_the_folder_may_come_later(watch: Callable[..., RunResult], tmp_path: Path) -> None:
    later = threading.Timer(0.2, save, (tmp_path / "out", 10))
    later.start()
    assert steps(watch(until_step=5, idle=60.0)) == [10]
    later.join()


def test_nothing_came(watch: Callable[..., RunResult], tmp_path: Path) -> None:
    (tmp_path / "out" / "checkpoint-last").mkdir(parents=True)
    with pytest.raises(InputError, match=r"no checkpoint-N was written in 0\.3 s"):
        watch()


@pytest.mark.parametrize("settings", [{"poll": 0.0}, {"idle": -1.0}, {"until_step": 0}, {"poll": float("nan")}])
def test_numbers_that_cannot_be(settings: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(settings)).replace("_", "-")):
        Watching(**settings)


def test_the_command_line(forgetbench: Any, tiny_tasks: Path, tmp_path: Path) -> None:
    save(tmp_path / "out", 10)
    scripted = ("--engine", "scripted", "--suite", tiny_tasks / "tiny-suite.yml")
    done = forgetbench("sweep", "base", "out", *scripted, "--watch", "--poll", "0.02", "--until-step", "10")
    assert done.returncode == 0, done.stderr
    assert "to ship: " in done.stdout and "checkpoint-10 against base: " in done.stderr
    for arguments, told in (
        (["out", "--poll", "5"], "add --watch"),
        (["out", "elsewhere", "--watch"], "the folder of one training"),
        (["out", "out"], "is given twice"),
        (["out", "--watch", "--poll", "0"], "--poll 0: must be"),
    ):
        refused = forgetbench("sweep", "base", *arguments, *scripted)
        assert refused.returncode == 2 and told in refused.stderr, refused.stderr
