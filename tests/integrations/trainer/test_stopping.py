"""When a training is stopped: at most alpha of those that lose nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from trainings import looks
from transformers import Trainer, TrainerCallback

from forgetbench.comparison.proven import alpha_of_look, domain_effects, proven_drops
from forgetbench.engines.base import EngineOptions
from forgetbench.integrations import ForgettingCallback
from forgetbench.stats.clustered import ClusterEffects, cluster_effects
from forgetbench.storage.comparisons import load_comparison, load_items


def test_the_chances_of_all_looks_sum_to_alpha() -> None:
    assert alpha_of_look(0.05, 1) == pytest.approx(0.05 * 6 / np.pi**2)
    assert alpha_of_look(0.05, 4) == pytest.approx(alpha_of_look(0.05, 1) / 16)
    assert sum(alpha_of_look(0.05, look) for look in range(1, 100_000)) == pytest.approx(0.05, abs=1e-6)


def effects_of(rng: np.random.Generator, base: Any, losing: float, gaining: float) -> ClusterEffects:
    """Items of which a right one is lost, and a wrong one gained, with these chances."""
    draw = rng.random(len(base))
    change = np.where(base, -(draw < losing).astype(float), (draw < gaining).astype(float))
    return cluster_effects([change], [np.arange(len(base))])


def test_no_change_over_fifty_looks_stops_at_most_alpha_of_trainings() -> None:
    """200 trainings; every look flips a fifth of all items anew, as often up as down: the same items, 3 domains.

    A look that spends all of alpha, every time, shows what the spending is for.
    """
    rng = np.random.default_rng(0)
    stopped = careless = 0
    for _ in range(200):
        bases = [rng.random(200) < 0.5 for _ in range(3)]
        found = [{str(i): effects_of(rng, base, 0.2, 0.2) for i, base in enumerate(bases)} for _ in range(50)]
        stopped += any(proven_drops(effects, 0.05, look) for look, effects in enumerate(found, start=1))
        careless += any(proven_drops(effects, 0.05 / alpha_of_look(1.0, 1), 1) for effects in found)
    assert stopped <= 0.05 * 200 < careless


def test_a_real_drop_is_found_in_its_domain_alone() -> None:
    rng = np.random.default_rng(1)
    base = rng.random(200) < 0.8
    found = {"knowledge": effects_of(rng, base, 0.4, 0.1), "reasoning": effects_of(rng, base, 0.05, 0.2)}
    (drop,) = proven_drops(found, 0.05, look=1)
    assert drop.domain == "knowledge"
    assert drop.delta == found["knowledge"].estimate < -0.2
    assert drop.e_value > 2 / alpha_of_look(0.05, 1), "Holm: two domains"
    assert proven_drops({}, 0.05, look=1) == ()


def test_effects_are_those_of_the_comparison(train: Callable[..., Trainer], tiny_model: Path, tmp_path: Path) -> None:
    """On tasks with clusters, several views and supporting tasks, which are left out."""
    callback = ForgettingCallback(
        "smoke", at="save", base=tiny_model, engine=EngineOptions("scripted"), results=tmp_path / "results", strict=True
    )
    train(callback, save_strategy="steps", save_steps=4)
    comparison = load_comparison(callback.comparisons[0])
    supporting = [row.name for row in comparison.tasks if row.supporting]
    assert supporting
    found = domain_effects(load_items(callback.comparisons[0]), supporting)
    assert found.keys() == {row.name for row in comparison.domains}
    assert found["knowledge"].n_changed > 0
    for row in comparison.domains:
        assert found[row.name].estimate == pytest.approx(row.estimate.delta)
        assert found[row.name].se == pytest.approx(row.estimate.se)


def test_a_proven_regression_stops_the_training(
    train: Callable[..., Trainer], quiz: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    callback = ForgettingCallback(quiz, every=2, results=tmp_path / "results", stop_on_regression=True)
    with caplog.at_level(logging.WARNING, "forgetbench"):
        trainer = train(callback, Opposite(at_step=3), max_steps=8, learning_rate=0.0)
    assert trainer.state.global_step == 4, "the first evaluation after the damage"
    assert callback.stopped is not None
    assert callback.stopped.startswith("training stops at step 4, evaluation 2: knowledge lost 100.0 points (e-value ")
    assert str(callback.comparisons[-1]) in callback.stopped
    assert [record.getMessage() for record in caplog.records] == [f"forgetbench: {callback.stopped}"]


def test_nothing_stops_without_leave(train: Callable[..., Trainer], quiz: str, tmp_path: Path) -> None:
    callback = ForgettingCallback(quiz, every=2, results=tmp_path / "results")
    trainer = train(callback, Opposite(at_step=3), learning_rate=0.0)
    assert trainer.state.global_step == 4
    assert looks(trainer)[-1]["forgetting/knowledge_delta"] == -1.0
    assert callback.stopped is None


class Opposite(TrainerCallback):  # type: ignore[misc]
    """Damage that is known: from a step on, the model prefers what it did not."""

    def __init__(self, at_step: int) -> None:
        self.at_step = at_step

    def on_step_begin(self, args: Any, state: Any, control: Any, model: Any = None, **kwargs: Any) -> None:
        if state.global_step == self.at_step - 1:
            with torch.no_grad():
                model.lm_head.weight.neg_()
