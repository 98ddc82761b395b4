"""trainer_state.json as trainers leave it, and as it is when it was damaged."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

import pytest

from forgetbench.diagnosis import read_training_history
from forgetbench.errors import InputError

ROWS: list[dict[str, Any]] = [
    {"step": 1, "loss": 3.0, "learning_rate": 1e-5, "grad_norm": 9.0, "epoch": 0.5},
    {"step": 2, "loss": 2.0, "learning_rate": 2e-5, "grad_norm": 4.0, "epoch": 1.0},
    {"step": 2, "eval_loss": 2.5, "epoch": 1.0},
    {"step": 3, "loss": 1.0, "learning_rate": 1e-5, "epoch": 1.5},
    {"step": 3, "train_runtime": 1.0},
]


def log(folder: Path, rows: list[dict[str, Any]], **state: Any) -> Path:
    path = folder / "trainer_state.json"
    path.write_text(json.dumps({"global_step": 3, "epoch": 1.5, "log_history": rows, **state}))
    return path


def test_what_a_trainer_wrote(tmp_path: Path) -> None:
    history = read_training_history(log(tmp_path, ROWS, num_input_tokens_seen=4096))
    assert [(each.step, each.loss) for each in history.logged] == [(1, 3.0), (2, 2.0), (3, 1.0)]
    assert history.evaluated == ((2, 2.5),)
    assert (history.peak_rate, history.epochs, history.steps, history.tokens_seen) == (2e-5, 1.5, 3, 4096)
    assert (history.first_loss, history.last_loss) == (3.0, 1.0)
    assert read_training_history(tmp_path) == history  # the folder of a checkpoint will do


def test_a_step_repeated_after_a_resume_counts_once_as_it_was_logged_last(tmp_path: Path) -> None:
    resumed = [*ROWS, {"step": 2, "loss": 1.8, "learning_rate": 3e-5}, {"step": 3, "loss": 0.8}]
    history = read_training_history(log(tmp_path, resumed))
    assert [(each.step, each.loss) for each in history.logged] == [(1, 3.0), (2, 1.8), (3, 0.8)]
    assert history.peak_rate == 3e-5


def test_a_loss_that_is_no_number_is_kept_and_counts_in_no_mean(tmp_path: Path) -> None:
    history = read_training_history(log(tmp_path, [*ROWS, {"step": 4, "loss": float("nan")}]))
    assert math.isnan(history.logged[-1].loss) and history.last_loss == 1.0


def test_tokens_that_were_not_counted_are_not_none_seen(tmp_path: Path) -> None:
    assert read_training_history(log(tmp_path, ROWS, num_input_tokens_seen=0)).tokens_seen is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"log_history": [{"step": 1, "lo', "cut short"),
        ("[]", "has no log_history"),
        ('{"log_history": {}}', "has no log_history"),
        ('{"log_history": [{"step": "one", "loss": 1.0}]}', "step is 'one', not a number"),
        ('{"log_history": [{"step": NaN, "loss": 1.0}]}', "step is nan, not a number"),
        ('{"log_history": [{"step": 1, "loss": [1]}]}', r"loss is \[1\], not a number"),
        ('{"log_history": [{"step": 1, "loss": true}]}', "loss is True, not a number"),
        ("[" * 100_000, "cut short"),
        ('{"log_history": [{"step": 1' + "0" * 400 + ', "loss": 1.0}]}', "step is inf, not a number"),
        ('{"log_history": [{"step": 1, "loss": 1.0, "learning_rate": 1e999}]}', "learning_rate is inf, not a number"),
        ('{"log_history": [{"step": 1, "loss": 1.0, "epoch": NaN}]}', "epoch is nan, not a number"),
    ],
)
def test_a_damaged_log_is_refused_in_one_line(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "trainer_state.json"
    path.write_text(content)
    with pytest.raises(InputError, match=message) as error:
        read_training_history(path)
    assert str(path) in str(error.value) and "\n" not in str(error.value)


def test_there_may_be_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file; give the trainer_state"):
        read_training_history(tmp_path)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "trainer_state.json")
    with pytest.raises(InputError, match="is no regular file"):
        read_training_history(tmp_path)
