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
