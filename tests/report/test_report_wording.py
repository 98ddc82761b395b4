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


LOWER = samples.row("tools", "tools", 0.6, 0.597, 0.001, "regressed", within_margin=True, lower=-0.0038, preserve=0.8)


def test_a_loss_within_the_margin_is_told_apart() -> None:
    made = samples.comparison()
    text = wording.headline(replace(made, domains=(*made.domains, LOWER)))
    assert (
        "1 of 5 measured domains regressed: knowledge −14.4 [−17.5, −11.3] (locked and erased about equally); " in text
    )
    assert "; lower, but within the margin: tools −0.3 [−0.4, −0.2]. Retained" in text
    alone = wording.headline(replace(made, domains=(LOWER,)))
    assert alone.endswith("1 of 1 measured domains regressed, and only within the margin: tools −0.3 [−0.4, −0.2].")


def test_a_verdict_tells_what_is_within_or_open() -> None:
    assert wording.style_of(LOWER).told == "regressed, within the margin"
    assert wording.style_of(samples.changed(LOWER, within_margin=False)).told == "regressed"
    margin = samples.changed(LOWER, verdict="inconclusive", lower=-0.04, within_margin=False)
    assert wording.style_of(margin).told == "inconclusive, margin open"
    fraction = samples.changed(margin, lower=-0.02, **RATIO)
    assert wording.style_of(fraction).told == "inconclusive, fraction open"
    made = samples.comparison(domains=(fraction,))
    assert wording.headline(made).endswith(
        "Inconclusive: tools (−0.3, a loss of the margin is ruled out, but not that less than 80% of what the base can "
        "do is kept: 0.90 [0.72, 1.10])."
    )
    # What is missing counts at its worst.
    assert wording.style_of(samples.changed(fraction, **MISSING, missing_lower=-0.04)) is wording.MARGIN_OPEN
    # Comparisons of before there was a fraction leave open what they left open.
    assert wording.style_of(samples.changed(margin, preserve=None)).told == "inconclusive"
    looks = [style.told for style in wording.LEGEND]
    assert len(set(looks)) == len(looks) == 7
    assert len({style.symbol for style in wording.LEGEND}) == len({style.ascii_symbol for style in wording.LEGEND}) == 7


RATIO = {"retention": 0.9, "retention_low": 0.72, "retention_high": 1.1, "base_corrected_se": 0.02}
MISSING = {"missing_worst": -0.02, "missing_best": 0.01, "missing_low": -0.05, "missing_high": 0.02}


def test_retention_is_shown_with_its_interval() -> None:
    def shown(**changes: float | None) -> str:
        return numbers.row_texts(samples.changed(LOWER, **{**RATIO, **changes})).retention_interval

    assert shown() == "[0.72, 1.10]"
    assert shown(retention_low=-2.3, retention_high=0.004) == "[−2.30, 0.00]"
    assert shown(retention_low=None, retention_high=None) == "[unbounded]"
    assert shown(base_corrected_se=None) == "" == shown(retention=None)


def test_bounds_are_those_of_all_that_is_missing() -> None:
    def shown(**changes: float) -> tuple[str, str]:
        texts = numbers.row_texts(samples.changed(LOWER, **changes))
        return texts.bounds, texts.bounds_of

    assert shown() == ("", "cut answers")
    assert shown(delta_worst=-0.02, delta_best=0.01) == ("−2.0 to +1.0", "cut answers")
    assert shown(**MISSING, delta_worst=-0.02, delta_best=0.01) == ("−2.0 to +1.0", "cut answers")
    assert shown(**MISSING, delta_worst=-0.01, delta_best=0.0) == ("−2.0 to +1.0", "missing items")
    assert shown(**MISSING) == ("−2.0 to +1.0", "missing items")


def test_domains_of_few_clusters_are_named() -> None:
    few, enough = (samples.changed(LOWER, name=name, n_effective=n) for name, n in (("few", 8.0), ("enough", 10.0)))
    assert wording.few_clusters(samples.comparison(domains=(few, enough, LOWER))) == (
        "few independent clusters, fewer than 10 effective ones: few (8.0)"
    )
    assert wording.few_clusters(samples.comparison()) == ""


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
