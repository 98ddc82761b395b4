from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from paired_runs import scored, task

from forgetbench.delta import compare
from forgetbench.errors import InputError
from forgetbench.gate import Policy, decide, load_policy
from forgetbench.records import Comparison, DeltaRow
from forgetbench.run_store import load_comparison, save_comparison

SETTINGS: dict[str, Any] = {"metric": "macro_mean", "n_items": 500, "base": 0.6, "candidate": 0.6, "margin": 0.03}
RETAINED: dict[str, Any] = {"delta": 0.0, "se": 0.008, "ci_low": -0.016, "ci_high": 0.016, "p_value": 0.9, "mde": 0.02}
REGRESSED: dict[str, Any] = {
    "delta": -0.1,
    "se": 0.02,
    "ci_low": -0.14,
    "ci_high": -0.06,
    "p_value": 0.001,
    "mde": 0.06,
}
UNCLEAR: dict[str, Any] = {"delta": -0.02, "se": 0.03, "ci_low": -0.08, "ci_high": 0.04, "p_value": 0.5, "mde": 0.084}


@pytest.fixture(scope="module")
def template() -> Comparison:
    made, _ = compare(scored("base", {task("a"): [1.0]}), scored("sft", {task("a"): [1.0]}), margins={}, resamples=10)
    return made


def of(template: Comparison, **domains: dict[str, Any] | None) -> Comparison:
    """A comparison with the given domains; None is one that was not measured."""
    rows = [
        DeltaRow(name=name, domain=name, metric="macro_mean", n_items=0, reason="no answers", n_unmeasured=5)
        if numbers is None
        else DeltaRow(name=name, domain=name, **(SETTINGS | numbers))
        for name, numbers in domains.items()
    ]
    return replace(template, domains=tuple(rows), tasks=tuple(replace(row, name=f"{row.name}_task") for row in rows))


@pytest.mark.parametrize(
    ("domains", "policy", "outcome", "code"),
    [
        ({"knowledge": RETAINED, "reasoning": RETAINED}, Policy(), "passed", 0),
        ({"knowledge": RETAINED, "reasoning": REGRESSED}, Policy(), "regressed", 1),
        ({"knowledge": UNCLEAR, "reasoning": REGRESSED}, Policy(), "regressed", 1),
        ({"knowledge": UNCLEAR, "reasoning": RETAINED}, Policy(), "inconclusive", 3),
        ({"knowledge": UNCLEAR, "reasoning": RETAINED}, Policy(on_inconclusive="pass"), "passed", 0),
        ({"knowledge": UNCLEAR}, Policy(margins={"knowledge": 0.1}), "passed", 0),
        ({"knowledge": RETAINED}, Policy(margins={"knowledge": 0.01}), "inconclusive", 3),
        ({"knowledge": RETAINED, "target": REGRESSED}, Policy(), "passed", 0),
        ({"knowledge": RETAINED, "target": REGRESSED}, Policy(domains=["target"]), "regressed", 1),
        ({"knowledge": REGRESSED, "reasoning": RETAINED}, Policy(domains=["reasoning"]), "passed", 0),
        ({"knowledge": RETAINED, "creativity": None}, Policy(), "passed", 0),
        ({"knowledge": RETAINED, "creativity": None}, Policy(require=["creativity"]), "inconclusive", 3),
        ({"knowledge": RETAINED}, Policy(require=["creativity"]), "inconclusive", 3),
        ({"knowledge": RETAINED}, Policy(require=["creativity"], on_inconclusive="pass"), "inconclusive", 3),
        ({"knowledge": RETAINED}, Policy(domains=["knowledge", "language"], on_inconclusive="pass"), "inconclusive", 3),
        ({"knowledge": REGRESSED, "creativity": None}, Policy(require=["creativity"]), "regressed", 1),
        ({"creativity": None}, Policy(on_inconclusive="pass"), "inconclusive", 3),
        ({"target": RETAINED}, Policy(), "inconclusive", 3),
    ],
)
def test_outcomes(template: Comparison, domains: dict[str, Any], policy: Policy, outcome: str, code: int) -> None:
    result = decide(of(template, **domains), policy)
    assert (result.outcome, result.exit_code) == (outcome, code)
    assert result.reasons


def test_reasons_name_what_decides_first(template: Comparison) -> None:
    found = of(template, knowledge=RETAINED, reasoning=UNCLEAR, creativity=None, language=REGRESSED)
    assert decide(found, Policy(require=["creativity"])).reasons == (
        "language fell 10.0 points, 95% interval 6.0 to 14.0; allowed 3.0",
        "creativity was not measured: no answers",
        (
            "reasoning changed by -2.0 points, 95% interval -8.0 to +4.0: a loss of the allowed 3.0 is neither shown "
            "nor ruled out; about 12,000 more items like these, or a margin of 7.1 points would settle it"
        ),
        "knowledge changed by +0.0 points, 95% interval -1.6 to +1.6: a loss of the allowed 3.0 is ruled out",
    )


def test_holm_is_taken_over_the_gated_domains_only(template: Comparison) -> None:
    barely = REGRESSED | {"p_value": 0.03}
    both = of(template, knowledge=barely, reasoning=RETAINED)
    assert decide(both).rows[0].p_adjusted == pytest.approx(0.06)
    assert decide(both).outcome == "inconclusive"
    assert decide(both, Policy(domains=["knowledge"])).outcome == "regressed"


def test_items_not_measured_weigh_as_lost(template: Comparison) -> None:
    found = of(template, knowledge=RETAINED)
    partly = replace(found, tasks=tuple(replace(row, n_unmeasured=50) for row in found.tasks))
    assert decide(partly).outcome == "inconclusive"


def test_a_row_without_p_value_is_no_evidence(template: Comparison) -> None:
    assert decide(of(template, knowledge=REGRESSED | {"p_value": None})).outcome == "inconclusive"


def test_the_suites_margins_give_the_comparisons_own_verdicts(tmp_path: Path) -> None:
    """Through comparison.json and back: the gate needs nothing but the file."""
    rng = np.random.default_rng(0)
    infos = [task("a"), task("b", "reasoning"), task("c", "language"), task("d", "target")]
    base = {info: (rng.random(600) < 0.7).astype(float) for info in infos}
    candidate = {
        info: np.where(rng.random(600) < flips, 0.0, base[info])
        for info, flips in zip(infos, (0.2, 0.0, 0.02, 0.5), strict=True)
    }
    made, items = compare(scored("base", base), scored("sft", candidate), margins={"language": 0.05}, resamples=2000)
    read = load_comparison(save_comparison(tmp_path / "comparison", made, items))
    result = decide(read)
    gated = [row for row in made.domains if row.name != "target"]
    assert [row.verdict for row in result.rows] == [row.verdict for row in gated]
    assert [row.p_adjusted for row in result.rows] == [row.p_adjusted for row in gated]
    assert result.outcome == "regressed"


# --- policy files -----------------------------------------------------------------------------


def written(folder: Path, text: str) -> Path:
    path = folder / "policy.yaml"
    path.write_text(text)
    return path


def test_a_policy_is_read(tmp_path: Path) -> None:
    text = "margins: {knowledge: .05, reasoning: 0}\ndomains: [knowledge]\nrequire: [language]\non_inconclusive: pass\n"
    assert load_policy(written(tmp_path, text)) == Policy(
        margins={"knowledge": 0.05, "reasoning": 0.0},
        domains=["knowledge"],
        require=["language"],
        on_inconclusive="pass",
    )


def test_no_policy_is_the_default() -> None:
    assert load_policy(None) == Policy()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("margins:\n  knowlege: 0.05\n", [":1:", "unknown domain 'knowlege'", "did you mean 'knowledge'"]),
        ("margins:\n  knowledge: -1\n", [":2:", "margins.knowledge", "greater than or equal to 0"]),
        ("margins:\n  knowledge: .nan\n", [":2:", "margins.knowledge"]),
        ("margins:\n  knowledge: '0.05'\n", [":2:", "valid number"]),
        ("domains: []\n", [":1:", "domains", "at least 1"]),
        ("domain: [knowledge]\n", [":1:", "'domain'", "did you mean 'domains'"]),
        ("\non_inconclusive: maybe\n", [":2:", "'fail' or 'pass'"]),
        ("margins: {knowledge: 0.05\n", ["not valid YAML"]),
        ("- knowledge\n", ["dictionary"]),
        ("", ["dictionary"]),
    ],
)
def test_a_mistake_is_named_with_file_and_field(tmp_path: Path, text: str, said: list[str]) -> None:
    with pytest.raises(InputError) as error:
        load_policy(written(tmp_path, text))
    line = str(error.value)
    assert "\n" not in line
    assert "policy.yaml" in line
    for part in said:
        assert part in line


def test_a_missing_policy_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.yaml"):
        load_policy(tmp_path / "none.yaml")
