"""Evaluating while a Trainer trains: what is logged and written, and what is said where it cannot be done."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from trainings import Recorder, looks, trainer_of, with_dropout
from transformers import Trainer, TrainerCallback

from forgetbench.engines.base import EngineOptions
from forgetbench.engines.transformers import TransformersEngine
from forgetbench.errors import EngineError, InputError
from forgetbench.integrations import ForgettingCallback
from forgetbench.integrations.trainer.memory import is_sharded
from forgetbench.storage.comparisons import load_comparison


def test_deltas_reach_history_and_reporters_and_agree_with_the_comparisons(
    train: Callable[..., Trainer], quiz: str, tmp_path: Path
) -> None:
    recorder = Recorder()
    callback = ForgettingCallback(quiz, every=3, results=tmp_path / "results")
    trainer = train(callback, recorder)

    for rows in (recorder.rows, trainer.state.log_history):
        found = [row for row in rows if "forgetting/overall_delta" in row]
        assert [row["step"] for row in found] == [3, 4], "every third step, and the last"
        for row, folder in zip(found, callback.comparisons, strict=True):
            comparison = load_comparison(folder)
            (knowledge,) = (domain for domain in comparison.domains if domain.name == "knowledge")
            assert row["forgetting/knowledge_delta"] == knowledge.estimate.delta
            assert row["forgetting/knowledge_ci_low"] == knowledge.estimate.ci_low
            assert row["forgetting/knowledge_ci_high"] == knowledge.estimate.ci_high
            assert row["forgetting/knowledge_retention"] == knowledge.kept.retention
            assert row["forgetting/overall_delta"] == comparison.overall.estimate.delta
            assert "forgetting/creativity_retention" not in row, "the base does nothing right there: no number"
    assert knowledge.estimate.base == 1.0
    assert comparison.candidate.step == 4
    assert callback.stopped is None


def test_the_commands_read_what_is_written(
    train: Callable[..., Trainer], quiz: str, tmp_path: Path, forgetbench: Callable[..., Any]
) -> None:
    callback = ForgettingCallback(quiz, every=2, results=tmp_path / "results")
    train(callback)
    assert len(list((tmp_path / "results" / "runs").iterdir())) == 3
    done = forgetbench("report", callback.comparisons[-1], "--markdown", tmp_path / "report.md")
    assert done.returncode == 0, done.stderr
    assert "knowledge" in (tmp_path / "report.md").read_text()
    gated = forgetbench("gate", callback.comparisons[-1])
    assert gated.returncode == 3, gated.stdout + gated.stderr  # so few questions decide nothing
    (trajectory,) = (tmp_path / "results" / "trajectories").iterdir()
    record = json.loads((trajectory / "trajectory.json").read_text())
    assert [point["step"] for point in record["points"]] == [2, 4]
    assert record["training_log"]["steps"] == [2, 4]


def test_weights_that_did_not_change_lost_nothing(train: Callable[..., Trainer], quiz: str, tmp_path: Path) -> None:
    trainer = train(ForgettingCallback(quiz, every=4, results=tmp_path / "results"), learning_rate=0.0)
    (look,) = looks(trainer)
    assert look["forgetting/knowledge_delta"] == look["forgetting/overall_delta"] == 0.0
    assert len(list((tmp_path / "results" / "runs").iterdir())) == 1, "the same weights are the same checkpoint"


def test_the_same_training_again_is_answered_from_the_ledger(
    train: Callable[..., Trainer], quiz: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = train(ForgettingCallback(quiz, every=2, results=tmp_path / "results"))
    for name in ("_continuation", "_samples"):
        monkeypatch.setattr(TransformersEngine, name, lambda *args: pytest.fail("asked again"))
    again = train(ForgettingCallback(quiz, every=2, results=tmp_path / "results", strict=True))
    assert looks(again) == looks(first)


# --- what goes wrong --------------------------------------------------------------------------


def test_a_failed_evaluation_is_said_once_and_the_training_goes_on(
    train: Callable[..., Trainer], quiz: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    class Break(TrainerCallback):  # type: ignore[misc]
        def on_step_begin(self, *args: Any, **kwargs: Any) -> None:
            monkeypatch.setattr(torch, "log_softmax", broken)

    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("out of memory")

    callback = ForgettingCallback(quiz, every=1, results=tmp_path / "results")
    with caplog.at_level(logging.WARNING, "forgetbench"):
        trainer = train(callback, Break())
    assert trainer.state.global_step == 4
    assert looks(trainer) == []
    (said,) = (record.getMessage() for record in caplog.records)
    assert "the evaluation at step 1 failed and the training goes on" in said
    assert "RuntimeError: out of memory" in said
    assert all(module.training for module in trainer.model.modules())

    monkeypatch.undo()
    with pytest.raises(EngineError, match="out of memory"):
        train(ForgettingCallback(quiz, every=1, results=tmp_path / "strict", strict=True), Break())


def test_a_base_that_cannot_be_evaluated_ends_the_training_at_once(
    train: Callable[..., Trainer], tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="unknown suite 'smok'; did you mean 'smoke'"):
        train(ForgettingCallback("smok", every=1, results=tmp_path / "results"))
    with pytest.raises(InputError, match="task 'humaneval' runs code that the model writes"):
        train(ForgettingCallback(["humaneval"], every=1, results=tmp_path / "results"))


def test_sharded_weights_are_refused_at_the_start(
    train: Callable[..., Trainer], quiz: str, tiny_model: Path, tmp_path: Path
) -> None:
    model = with_dropout(tiny_model)
    assert not is_sharded(model)
    model.lm_head.weight.ds_id = 7  # as DeepSpeed's ZeRO-3 marks what it has cut up
    with pytest.raises(InputError, match=r'weights are sharded .* at="save"'):
        train(ForgettingCallback(quiz, every=1, results=tmp_path / "results"), model=model)


def test_a_callback_that_does_not_know_its_trainer_says_so(tiny_model: Path, tmp_path: Path) -> None:
    trainer = trainer_of(with_dropout(tiny_model), tiny_model, tmp_path / "out")
    trainer.add_callback(ForgettingCallback(every=1))
    with pytest.raises(InputError, match=r"call callback\.attach\(trainer\)"):
        trainer.train()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "say when to evaluate"),
        ({"every": 5, "at": "save"}, "say when to evaluate"),
        ({"every": 0}, "every=0: must be at least 1"),
        ({"at": "epoch"}, 'only "save" is known'),
        ({"every": 5, "alpha": 1.0}, "alpha=1.0: must be between 0 and 1"),
        ({"every": 5, "engine": EngineOptions(), "base": "x"}, 'an engine loads saved folders: give at="save"'),
        ({"at": "save", "engine": EngineOptions()}, "and base= what to compare with"),
    ],
)
def test_settings_that_do_not_go_together(settings: Mapping[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        ForgettingCallback(**settings)


def test_without_torch_the_import_names_the_extra() -> None:
    code = "import sys; sys.modules['torch'] = None; from forgetbench import ForgettingCallback"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "ImportError: forgetbench.ForgettingCallback: this needs torch: pip install 'forgetbench[lab]'"
    )
