"""The one name for what happened: which evidence comes before which."""

from __future__ import annotations

import pytest
from report_samples import comparison

from forgetbench.diagnosis.evidence.training import training_findings
from forgetbench.diagnosis.findings import Cause, Diagnosis, Finding, Measure, Name, NamedCause, State
from forgetbench.diagnosis.naming import PRECEDENCE, named_cause
from forgetbench.diagnosis.training_log import LoggedStep, TrainingHistory
from forgetbench.report.diagnosis import paragraphs
from forgetbench.report.diagnosis.words import NAMES


def found(cause: Cause, state: State = "shown", **measures: float) -> Finding:
    return Finding(cause, state, tuple(Measure(name, value) for name, value in measures.items()))


def rate(times: float) -> Finding:
    return found("high_rate", "suspected", peak_rate=times * 5e-5, usual_at_most=5e-5)


def epochs(times: float) -> Finding:
    return found("many_epochs", "suspected", epochs=times * 4.0, usual_at_most=4.0)


VOICE, TAIL, ERASED = found("voice"), found("tail_first"), found("erased")
TWO_OF_A_HUNDRED = found("contamination", n_contaminated=2, n_items=500, of_a_task=0.02)
CONTESTED = found("contested", of_the_domain=0.2)
HALF = found("contamination", n_contaminated=50, n_items=500, of_a_task=0.5)


@pytest.mark.parametrize(
    ("findings", "name", "runner_up"),
    [
        ([VOICE], "rigid_voice", None),
        ([found("voice", "not_measured"), found("training_wording")], "rigid_voice", None),
        ([found("voice", "ruled_out"), found("training_wording")], "unexplained", None),
        # Rare facts go first in any training; they speak for it alone.
        ([VOICE, TAIL], "rigid_voice", None),
        ([TAIL], "overwritten", None),
        ([VOICE, CONTESTED], "overwritten", "rigid_voice"),
        ([VOICE, found("contested", of_the_domain=0.01)], "rigid_voice", None),
        ([VOICE, rate(2)], "high_rate", "rigid_voice"),
        # Both beyond the usual: what is farther beyond.
        ([VOICE, rate(2), epochs(8)], "many_epochs", "rigid_voice"),
        ([VOICE, rate(8), epochs(2)], "high_rate", "many_epochs"),
        ([found("prompting"), rate(8)], "prompting", "high_rate"),
        ([HALF, rate(8)], "contamination", "high_rate"),
        ([TWO_OF_A_HUNDRED, rate(8)], "high_rate", None),
        ([ERASED], "unexplained", None),
        ([], "unexplained", None),
    ],
)
def test_the_first_that_evidence_speaks_for(findings: list[Finding], name: Name, runner_up: Name | None) -> None:
    named = named_cause(findings, lost=True)
    assert (named.name, named.runner_up) == (name, runner_up)


def test_what_speaks_for_it_is_named_with_it() -> None:
    assert named_cause([ERASED, rate(2)], lost=True).because == ("high_rate", "erased")
    assert named_cause([VOICE, found("locked")], lost=True).because == ("voice", "locked")
    assert named_cause([ERASED], lost=True) == NamedCause("unexplained", ("erased",))


def test_nothing_lost_has_no_cause_but_a_gain_may_be_none() -> None:
    circumstances = [found("high_rate", "open", peak_rate=1.0, usual_at_most=5e-5), found("training_wording")]
    assert named_cause(circumstances, lost=False) == NamedCause("no_loss_shown")
    assert named_cause([HALF, *circumstances], lost=False).name == "contamination"


def test_every_name_has_its_words() -> None:
    assert set(NAMES) == {*PRECEDENCE, "no_loss_shown", "unexplained"}
    named = NamedCause("high_rate", ("high_rate", "erased"), "rigid_voice", ("voice",))
    first, *_ = paragraphs(Diagnosis("id", (), (), named=named))
    assert first.heading == "Most likely: Forgetting by too high a learning rate"
    assert "The answers are gone (erased)" in first.lines[0] and "One voice for everything" in first.lines[1]


@pytest.mark.parametrize(("width", "limit"), [(None, 4e-5), (4096, 4e-5), (8192, 4e-5), (576, 2.844e-4)])
def test_a_narrower_model_bears_a_higher_rate(width: int | None, limit: float) -> None:
    """4e-5 x 4096 / 576 = 2.844e-4."""
    history = TrainingHistory((LoggedStep(1, 2.0, 1e-4),), (), 1, 1.0, None)
    (finding, *_) = training_findings(comparison(), history, adapter=False, width=width)
    assert {each.name: each.value for each in finding.measures}["usual_at_most"] == pytest.approx(limit, rel=1e-3)
    assert finding.state == ("suspected" if limit < 1e-4 else "ruled_out")
