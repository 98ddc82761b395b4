"""A sweep over the checkpoints of a training, with an engine that loads them."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from tiny_models import make_tiny_model


def test_a_sweep_tells_the_course_of_a_training(
    forgetbench: Callable[..., subprocess.CompletedProcess[str]], tiny_model: Path, tiny_tasks: Path, tmp_path: Path
) -> None:
    training = tmp_path / "training"
    for step in (5, 10):
        folder = make_tiny_model(training / f"checkpoint-{step}", seed=step)
        history = [{"step": n, "loss": 1.0 / n, "learning_rate": 1e-5} for n in range(1, step + 1)]
        (folder / "trainer_state.json").write_text(json.dumps({"global_step": step, "log_history": history}))
    shutil.copytree(tiny_model, tmp_path / "base")
    suite = tiny_tasks / "tiny-suite.yml"
    done = forgetbench("sweep", "base", training, "--engine", "transformers", "--suite", suite)
    assert done.returncode == 0, done.stderr
    (folder,) = (tmp_path / "results" / "trajectories").iterdir()
    content = json.loads((folder / "trajectory.json").read_text())
    assert [point["step"] for point in content["points"]] == [5, 10]
    assert content["course"]["first_harm"] == {"knowledge": None}  # six items show nothing
    on_the_way = content["course"]["on_the_way"]["knowledge"]
    assert on_the_way["n_items"] == 12 and on_the_way["right_at_end"] <= on_the_way["ever_right"] <= 12
    assert "no harm beyond the margin shown at any checkpoint: knowledge" in done.stdout


def test_several_trainings_make_a_surface(
    forgetbench: Callable[..., subprocess.CompletedProcess[str]], tiny_tasks: Path, tmp_path: Path
) -> None:
    for run, rate in (("slow", 1e-5), ("fast", 1e-4)):
        for step in (10, 20, 40, 80):
            folder = tmp_path / run / f"checkpoint-{step}"
            folder.mkdir(parents=True)
            history = [{"step": n, "loss": 1.0 / n, "learning_rate": rate * n / step} for n in (step // 2, step)]
            state = {"global_step": step, "log_history": history, "num_input_tokens_seen": 512 * step}
            (folder / "trainer_state.json").write_text(json.dumps(state))
    suite = tiny_tasks / "tiny-suite.yml"
    done = forgetbench("sweep", "base", "slow", "fast", "--engine", "scripted", "--suite", suite)
    assert done.returncode == 0, done.stderr
    (folder,) = (tmp_path / "results" / "surfaces").iterdir()
    record = json.loads((folder / "surface.json").read_text())
    assert [(point["run"], point["step"], point["tokens"]) for point in record["points"][3:5]] == [
        ("slow", 80, 40960), ("fast", 10, 5120)
    ]  # fmt: skip
    assert {point["learning_rate"] for point in record["points"]} == {1e-5, 1e-4}
    assert record["left_out"] == {"tuned_parameters": "unknown", "tokens": "given"}
    assert {point["name"] for point in record["points"]} >= {"slow-checkpoint-10", "fast-checkpoint-80"}
    assert len(record["ship"]["candidates"]) == 8 and record["ship"]["by"] == "overall"
    assert len(list((tmp_path / "results" / "trajectories").iterdir())) == 2
    assert "written to results/surfaces/2-trainings-" in done.stdout
