"""The words that every report shares."""

from __future__ import annotations

from dataclasses import replace
from math import nan

import pytest
import report_samples as samples

from forgetbench.records import DeltaRow, Fates
from forgetbench.report import numbers, wording


def test_numbers_read_as_points_and_nothing_is_never_zero() -> None:
    assert numbers.points(0.4621) == "46.2"
    assert numbers.signed(-0.123) == "−12.3"
    assert numbers.signed(0.123) == "+12.3"
    assert numbers.signed(-0.0001) == "0.0"
    assert numbers.share(0.081) == "8.1%"
    assert numbers.p_value(0.0004) == "<0.001"
    assert numbers.p_value(0.0385742) == "0.039"
    assert numbers.decimals(-0.12345) == "−0.123"
    formats = (numbers.points, numbers.signed, numbers.share, numbers.ratio, numbers.p_value, numbers.decimals)
    assert {show(value) for show in formats for value in (None, float("nan"), float("inf"))} == {"—"}


def test_headline_names_each_domain_once_with_its_verdict() -> None:
    text = wording.headline(samples.comparison())
    assert text == (
        "support-sft-harsh against smollm2-135m: 1 of 4 measured domains regressed: knowledge −14.4 "
        "[−17.5, −11.3] (locked and erased about equally). Retained within the margin: reasoning (−0.6). "
        "Inconclusive: creativity (−2.6, a drop under 8.3 could go unseen) and format rigidity (−0.7, a drop "
        "under 4.1 could go unseen). Not measured: language."
    )


def test_doubt_is_never_told_as_no_regression() -> None:
    text = wording.headline(samples.retained())
    assert "which is no evidence that nothing was lost" in text
    assert "no regression" not in text.lower()


def test_the_target_stands_apart() -> None:
    target = samples.row("target", "target", 0.2, 0.8, 0.05, "improved")
    made = samples.retained()
    text = wording.headline(replace(made, domains=(*made.domains, target)))
    assert "On its target: target (+60.0 [+55.0, +65.0], improved)." in text
    assert text.count("target") == 2


@pytest.mark.parametrize(
    ("locked", "erased", "se", "words"),
    [
        (0.61, 0.30, 0.05, "mostly locked"),
        (0.30, 0.61, 0.05, "mostly erased"),
        (0.10, 0.10, 0.05, "mostly never known by likelihood"),
        (0.61, 0.30, 0.06, "locked or erased: too few to tell"),
        (0.48, 0.48, 0.03, "locked and erased about equally"),
        (0.48, 0.42, 0.03, ""),
        (0.48, 0.42, nan, "locked or erased: too few to tell"),
    ],
)
def test_mostly_locked_or_erased_only_where_the_interval_is(
    locked: float, erased: float, se: float, words: str
) -> None:
    row = samples.flat_row(name="x", domain="x", **samples.fates(locked=locked, erased=erased, se=se))
    assert wording.mostly(row.fates) == words


def test_of_nothing_forgotten_or_unknown_nothing_is_said() -> None:
    assert wording.mostly(None) == "" == wording.mostly(Fates(0, 0.0, 0.01, 0.0, 0.01))


def test_every_unmeasured_row_is_told_with_its_reason() -> None:
    told = {row.name: why for row, why in wording.missing_data(samples.comparison())}
    assert told["language"] == "the engine gives no prompt log-probabilities"
    assert told["format_leakage"].startswith("60 items not measured: answers cut")
    silent = DeltaRow("x", "x", "acc", 5, n_unmeasured=3)
    assert wording.missing_data(samples.comparison(domains=(), tasks=(silent,))) == ((silent, "3 items not measured"),)


def test_no_noise_floor_is_said_to_be_unknown() -> None:
    assert wording.noise_floor_facts(samples.retained())[0][0] == "Not measured"
    assert wording.noise_floor_facts(samples.comparison()) == (
        ("knowledge", "delta 0.0, se 0.4, forgotten 1.0, gained —"),
    )


def test_a_base_that_answers_twice_alike_is_called_bit_equal() -> None:
    rows = {"knowledge": {"loss": 0.0, "differing": 0}, "facts": {"loss": 0.0, "differing": 0}}
    equal, unequal = (samples.comparison(noise_floor={**rows, "facts": {"loss": 0.0, "differing": n}}) for n in (0, 1))
    assert wording.noise_floor_facts(equal) == (
        ("Bit-equal", "asked twice, the base gave the same likelihoods and answers to the last bit"),
        ("knowledge", "loss 0.0, differing 0"),
        ("facts", "loss 0.0, differing 0"),
    )
    assert wording.bit_equal(equal) and not wording.bit_equal(unequal)
    assert wording.exactness(equal) == "Noise floor 0: asked twice, the base is bit-equal."
    assert wording.exactness(unequal) is None


def test_the_engine_s_mode_is_told() -> None:
    engine = {"name": "vllm", "deterministic": True}
    found = samples.comparison(engine=engine, noise_floor=None)
    assert ("Engine", "name vllm, deterministic True") in wording.facts(found)
    told = wording.exactness(found)
    assert told == "Deterministic engine: no answer depends on what was asked beside it."
