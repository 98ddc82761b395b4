"""The first screen: one sentence, gain, cost and how sure they are, and what the forest plot has."""

from __future__ import annotations

from dataclasses import replace

import pytest
import report_samples as samples

from forgetbench.records import Comparison
from forgetbench.report.html.opening import opening
from forgetbench.report.html.scale import Scale


def test_the_sentence_names_what_regressed_and_what_is_open() -> None:
    told = opening(samples.comparison()).sentence
    assert told.startswith("1 of 4 measured domains regressed: knowledge −14.4.")
    assert "2 inconclusive, which is no evidence that nothing was lost; 1 not measured" in told


def test_retained_is_never_no_evidence() -> None:
    told = opening(samples.retained()).sentence
    assert told.startswith("No domain is shown to have regressed.")
    assert "3 retained within the margin" in told


def test_a_loss_within_the_margin_is_said_to_be() -> None:
    rows = tuple(samples.changed(row, within_margin=True) for row in samples.domains()[:2])
    assert "and only within the margin" in opening(samples.comparison(domains=rows)).sentence


def test_without_a_target_the_gain_says_so_and_is_no_number() -> None:
    gain = opening(samples.comparison()).gain
    assert gain.number == "—"
    assert "was not measured" in gain.lines[0]


def test_a_target_stands_beside_the_cost_and_first_in_the_forest() -> None:
    target = samples.row("support", "target", 0.2, 0.9, 0.05, "improved")
    made = samples.comparison(domains=(*samples.domains(), replace(target, name="target")))
    first = opening(made)
    assert (first.gain.number, first.cost.number) == ("+70.0", "−4.6")
    assert [row.name for row in first.forest][:2] == ["target", "knowledge"]
    assert first.forest[-1].name == "overall"
    assert "of 4 measured domains" in first.sentence


def test_how_sure_tells_what_a_domain_detects_and_the_noise() -> None:
    sure = opening(samples.comparison()).certainty
    assert sure.number == "2.4–8.3"
    assert any("95% intervals" in line for line in sure.lines)
    assert any("moved by up to 0.0 points" in line for line in sure.lines)
    unknown = opening(samples.retained()).certainty
    assert any("noise floor not measured" in line for line in unknown.lines)


def test_the_level_is_the_comparison_s() -> None:
    assert opening(samples.comparison(alpha=0.01)).level == "99%"


@pytest.mark.parametrize("comparison", [samples.comparison(), samples.retained(), samples.comparison(domains=())])
def test_the_scale_has_round_ticks_and_zero_inside(comparison: Comparison) -> None:
    scale = Scale.of(opening(comparison).forest)
    places = [tick.place for tick in scale.ticks]
    assert places == sorted(places)
    assert all(0 <= place <= 100 for place in places)
    assert "0" in [tick.label for tick in scale.ticks]
