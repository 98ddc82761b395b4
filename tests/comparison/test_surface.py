"""Several trainings: forgetting over learning rate and steps, and the law that is fitted to it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from trained_checkpoints import FACTS, GOAL, SUMS, Rates, training

from forgetbench.comparison.surface import Checkpointed, Surface, surface
from forgetbench.report import plots, write_surface
from forgetbench.report.surface import surface_lines

STEPS = (10, 20, 40, 80, 160)


def trained(rate: float, steps: tuple[int, ...] = STEPS, tokens: int | None = 4096) -> list[Checkpointed]:
    """A training that forgets as the root of its steps, more at a higher rate."""
    rates: dict[int, Rates] = {
        step: {
            FACTS: (3.5 * step**0.5 * rate**0.6, 0.0), SUMS: (2.0 * step**0.5 * rate**0.6, 0.0),
            GOAL: (0.0, 1.0 - np.exp(-300.0 * step * rate)),
        }
        for step in steps
    }  # fmt: skip
    name = f"rate-{rate:.0e}"
    made = training(rates, name=name, n=1000, seed=7)
    return [
        Checkpointed(name, step, comparison, rate, None if tokens is None else tokens * step, 1000)
        for step, comparison, _ in made
    ]


@pytest.fixture(scope="module")
def four() -> Surface:
    return surface([each for rate in (3e-4, 1e-5, 3e-5, 1e-4) for each in trained(rate)])


def test_points_tell_what_was_forgotten(four: Surface) -> None:
    assert four.runs == ("rate-1e-05", "rate-3e-05", "rate-1e-04", "rate-3e-04")
    assert [point.step for point in four.points[:5]] == list(STEPS) and four.points[0].run == "rate-3e-04"
    worst = four.points[4]
    assert worst.low < worst.forgetting < worst.high and worst.forgetting > 0.15
    assert worst.forgetting == pytest.approx(np.mean(list(worst.domains.values())))
    assert set(worst.domains) == {"knowledge", "reasoning"}


def test_the_law_is_found_and_foretells_the_last_checkpoints(four: Surface) -> None:
    overall = four.laws[0]
    assert overall.of == "overall" and overall.law is not None
    assert overall.law.predictors == ("steps", "learning_rate")
    by_steps, by_rate = overall.law.exponents
    assert by_steps.low < 0.55 and by_steps.high > 0.45 and by_rate.low < 0.65 and by_rate.high > 0.55
    assert [four.points[each.at].step for each in overall.foretold] == [160] * 4
    law = np.mean([abs(each.measured - each.foretold.value) for each in overall.foretold])
    carried = np.mean([abs(each.measured - each.carried) for each in overall.foretold])
    assert law < carried / 2
    assert four.left_out == {"tuned_parameters": "same", "tokens": "given"}
    assert [each.of for each in four.laws] == ["overall", "knowledge", "reasoning"]


def test_too_few_checkpoints_have_no_law() -> None:
    found = surface([*trained(1e-5, (10, 20)), *trained(1e-4, (10, 20))])
    assert found.laws[0].law is None and found.laws[0].foretold == ()
    told = list(surface_lines(found))
    assert "no law of forgetting: 4 checkpoints; 4 numbers are to be found, which takes 7" in told
    assert plots.surface_figure(found) is not None


def test_what_is_written(four: Surface, tmp_path: Path) -> None:
    written = write_surface(four, tmp_path)
    assert {path.relative_to(tmp_path).as_posix() for path in written} == {
        *(f"plots/{name}.{kind}" for name in ("surface", "law", "pareto") for kind in ("png", "svg")),
        "surface.csv", "surface.md", "surface.json",
    }  # fmt: skip
    record = json.loads((tmp_path / "surface.json").read_text())
    assert len(record["points"]) == 20 and record["laws"][0]["law"]["n"] == 20 and record["schema_version"] == 1
    assert (tmp_path / "surface.csv").read_text().splitlines()[0] == (
        "run,step,name,comparison,learning_rate,tokens,tuned_parameters,forgetting,low,high,knowledge,reasoning"
    )
    page = (tmp_path / "surface.md").read_text()
    assert page.startswith("# Trainings from one base: 4\n") and "## Held out" in page


def test_names_of_trainings_are_data(tmp_path: Path) -> None:
    name = "<img src=x>|`a`\x1b[31m=1"
    found = surface([Checkpointed(name, each.step, each.comparison) for each in trained(1e-4, (10, 20))])
    write_surface(found, tmp_path)
    page = (tmp_path / "surface.md").read_text()
    assert (
        page.count("<img") == page.count(r"\<img") > 0 and "\x1b" not in page + (tmp_path / "surface.csv").read_text()
    )
    assert "\x1b" not in "".join(surface_lines(found))
