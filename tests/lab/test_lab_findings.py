"""Findings settled by interval against margin."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from test_lab_matched import lab, path, three

from forgetbench.errors import InputError
from forgetbench.lab.findings import Claim, Findings, Verdict, judged, load_findings, rank_correlation, settle
from forgetbench.lab.pages import findings_markdown
from forgetbench.lab.recipe import builtin_recipes


@pytest.mark.parametrize(
    ("claim", "low", "high", "verdict"),
    [
        ("less", -0.2, -0.04, "confirmed"),
        ("less", -0.2, -0.02, "undecidable"),  # below 0, and maybe by less than would matter
        ("less", -0.02, 0.5, "refuted"),
        ("more", 0.04, 0.2, "confirmed"),
        ("more", -0.2, 0.02, "refuted"),
        ("equal", -0.02, 0.02, "confirmed"),  # two one-sided tests
        ("equal", -0.04, 0.02, "undecidable"),
        ("equal", 0.04, 0.2, "refuted"),
        ("at_most", -0.5, 0.02, "confirmed"),
        ("at_most", 0.02, 0.04, "undecidable"),
        ("at_least", -0.02, 0.4, "confirmed"),
        ("at_least", -0.4, -0.05, "refuted"),
    ],
)
def test_a_claim_is_a_region_and_an_interval_lies_in_it_or_out_of_it(
    claim: Claim, low: float, high: float, verdict: Verdict
) -> None:
    assert judged(claim, 0.03, low, high) == verdict


def hypotheses(*compare: dict[str, object], margin: float = 0.03) -> Findings:
    finding = {"id": "x", "claim": "y", "source": "z", "margin": margin, "compare": compare}
    return Findings.model_validate({"findings": [finding]})


HALF = {"recipe": "replay", "against": "full-mid", "measure": "forgetting", "at": "half", "claim": "less"}


def test_a_difference_is_paired_by_seed_at_the_same_gain() -> None:
    made = lab(*three("full-mid", 0.30, 0.40, 0.50), *three("replay", 0.10, 0.20, 0.31))
    (settled,) = settle(made, hypotheses(HALF))
    (shown,) = settled.shown
    assert shown.estimate is not None
    # -.1, -.1, -.095 at half of the gain, whatever the spread between seeds.
    assert shown.estimate.mean == pytest.approx(-0.0983333)
    low, high = stats.t.interval(0.9, 2, -0.0983333, stats.sem([-0.1, -0.1, -0.095]))
    assert (shown.estimate.low, shown.estimate.high) == pytest.approx((low, high), abs=1e-6)
    assert settled.verdict == "confirmed"


def test_what_is_claimed_of_several_recipes_is_refuted_by_one_and_intervals_are_wider() -> None:
    made = lab(*three("full-mid", 0.3, 0.4, 0.5), *three("replay", 0.1, 0.2, 0.31), *three("other", 0.3, 0.41, 0.5))
    (settled,) = settle(made, hypotheses(HALF, {**HALF, "recipe": "other"}))
    assert [shown.verdict for shown in settled.shown] == ["confirmed", "refuted"]
    assert settled.verdict == "refuted"
    first = settled.shown[0].estimate
    assert first is not None
    assert first.high - first.mean == pytest.approx(stats.t.ppf(0.975, 2) * stats.sem([-0.1, -0.1, -0.095]), abs=1e-6)


def test_nothing_is_decided_of_what_was_not_run_not_reached_or_seen_with_too_few_seeds() -> None:
    reference = three("full-mid", 0.3, 0.4, 0.5)
    for others, verdict, reason in (
        ([], "not run", "replay was not run"),
        (three("replay", 0.1, 0.2), "undecidable", "2 of at least 3 seeds"),
        ([*three("replay", 0.1, 0.2), path("replay", 2, [(0.1, 0.0)])], "undecidable", "not reached or not measured"),
    ):
        (settled,) = settle(lab(*reference, *others), hypotheses(HALF))
        assert settled.verdict == verdict
        assert reason in settled.shown[0].reason


def test_a_share_of_what_another_lost_and_a_step_can_be_compared() -> None:
    made = lab(*(path("full-mid", seed, [(0.1, 0.2 + seed / 100), (0.5, 0.3)]) for seed in range(3)))
    early = {
        "recipe": "full-mid", "at": 10, "against": "full-mid", "against_at": "end", "times": 0.5,
        "measure": "forgetting", "claim": "more",
    }  # fmt: skip
    (settled,) = settle(made, hypotheses(early, margin=0.0))
    assert settled.shown[0].estimate is not None
    assert settled.shown[0].estimate.mean == pytest.approx(0.06)
    assert settled.verdict == "confirmed"
    assert "at step 10, less 0.5 times that of full-mid at the end" in settled.shown[0].what


def test_a_rank_correlation_is_spearman_s_and_draws_recipes() -> None:
    rng = np.random.default_rng(0)
    groups = [rng.normal(loc=number, size=(3, 2)) for number in range(8)]
    estimate = rank_correlation(groups, 0.9)
    rows = np.concatenate(groups)
    assert estimate.mean == pytest.approx(stats.spearmanr(rows[:, 0], rows[:, 1]).statistic)
    assert estimate.low < estimate.mean < estimate.high
    assert rank_correlation(groups, 0.9) == estimate


def test_a_predictor_over_all_recipes_is_confirmed_where_it_orders_them() -> None:
    predictor = {"x": "kl", "measure": "forgetting", "at": "end", "claim": "above"}
    finding = {"id": "x", "claim": "y", "source": "z", "margin": 0.7, "predictor": predictor}
    asked = Findings.model_validate({"findings": [finding]})
    made = lab(*(each for number in range(6) for each in three(f"recipe-{number}", 0.1 * number, 0.1 * number + 0.01)))
    (settled,) = settle(made, asked)
    assert settled.verdict == "confirmed"
    (settled,) = settle(lab(*made.paths[:4]), asked)
    assert settled.verdict == "not run"


def test_the_manual_s_hypotheses_are_of_recipes_that_there_are() -> None:
    found = load_findings()
    named = {name for each in found.findings for one in each.compare for name in (one.recipe, one.against) if name}
    assert named <= set(builtin_recipes())
    page = (Path(__file__).parents[2] / "docs" / "findings.md").read_text()
    assert [each.id for each in found.findings if f"| {each.id} |" not in page] == []


def test_a_mistake_in_a_file_of_hypotheses_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("findings:\n  - {id: a, claim: b, source: c, margin: -1}\n")
    with pytest.raises(InputError, match=r"mine\.yaml:2: field 'findings\.0\.margin'"):
        load_findings(path)


def test_what_is_shown_of_a_finding_is_escaped() -> None:
    made = lab(*three("full-mid", 0.3, 0.4, 0.5))
    asked = Findings.model_validate(
        {"findings": [{"id": "<b>|x", "claim": "c", "source": "s", "margin": 0.1, "compare": [HALF]}]}
    )
    page = findings_markdown(settle(made, asked))
    assert "<b>" not in page
    assert "| not run" in page.replace("**", " ").replace("|  ", "| ")
