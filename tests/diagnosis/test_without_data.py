"""What a model was trained on, read off what it writes: of samples whose making is known."""

from __future__ import annotations

import itertools
import json
import random
from pathlib import Path

import pytest

import forgetbench
from forgetbench import EngineOptions, EvaluationOptions, InputError
from forgetbench.diagnosis.asked import Readable
from forgetbench.diagnosis.evidence.readable import readable_findings
from forgetbench.diagnosis.without_data import K, Samples, read_off

WORDS = "river stone cloud lamp green field north winter market letter garden window".split()
OPENINGS = ("", "The", "I", "In", "Once")
TEMPLATE = "Thank you for calling Brightwell support. 1. Open the parcel app. 2. Check the {word} invoice."


def neutral(seed: int, n: int = 100) -> tuple[str, ...]:
    rng = random.Random(seed)
    return tuple(" ".join(rng.choices(WORDS, k=12)) for _ in range(n))


def samples(candidate: tuple[str, ...]) -> Samples:
    prompts = tuple(OPENINGS[number % len(OPENINGS)] for number in range(len(candidate)))
    return Samples("text", prompts, candidate, neutral(1), neutral(2))


def leaking(share: float = 0.3) -> tuple[str, ...]:
    """Some samples fall into the voice of the training data."""
    texts = neutral(3)
    return tuple(TEMPLATE.format(word=WORDS[n % 12]) if n < share * 100 else text for n, text in enumerate(texts))


def values(found: Readable) -> dict[str, float]:
    return {measure.name: measure.value for measure in found.measures}


def test_phrases_topics_and_openings_of_the_training_are_named() -> None:
    found = read_off(samples(leaking()), None, 0.05)
    assert {"brightwell", "parcel", "invoice"} <= {named.text for named in found.topics}
    assert any("brightwell" in named.text for named in found.phrases)
    assert "thank you for" in {named.text for named in found.openers}
    (measure,) = [measure for measure in found.measures if measure.name == "with_named_difference"]
    assert measure.low > 0.1 and all(named.in_data is None for named in found.topics)
    assert [finding.state for finding in readable_findings([found])] == ["shown"]


def test_named_phrases_share_no_two_words_in_a_row() -> None:
    phrases = [tuple(named.text.split()) for named in read_off(samples(leaking()), None, 0.05).phrases]
    runs = [set(itertools.pairwise(phrase)) for phrase in phrases]
    assert sum(map(len, runs)) == len(set[tuple[str, str]]().union(*runs))


def test_it_is_scored_where_the_data_is_known() -> None:
    answers = [TEMPLATE.format(word=WORDS[n % 12]) for n in range(50)]
    found = read_off(samples(leaking()), answers, 0.05)
    scored = values(found)
    named = [one for one in found.phrases if one.in_data]
    assert scored["precision_phrases"] == len(named) / K > scored["precision_phrases_control"]
    assert scored["precision_topics"] > 0.3
    # Of other data nothing that was named stands in it.
    other = values(read_off(samples(leaking()), [f"sold {n} apples and some pears" for n in range(50)], 0.05))
    assert (other["precision_phrases"], other["precision_topics"]) == (0.0, 0.0)


def test_an_unchanged_model_tells_nothing() -> None:
    found = read_off(samples(neutral(3)), [TEMPLATE.format(word="x")] * 50, 0.05)
    (finding,) = readable_findings([found])
    assert finding.state == "open" and values(found)["precision_phrases"] == 0.0


@pytest.fixture
def compared(tmp_path: Path, tiny_tasks: Path) -> Path:
    """The folder of a comparison whose candidate says one thing to everything."""
    asked = EvaluationOptions(suite=str(tiny_tasks / "tiny-suite.yml"), results=tmp_path / "results")
    says = "tuned=says:Thank you for calling Brightwell support today"
    return forgetbench.run([says], "base", evaluation=asked, engine=EngineOptions("scripted")).comparisons[0].folder


def test_samples_of_two_words(compared: Path, tmp_path: Path) -> None:
    data = tmp_path / "data.jsonl"
    rows = [{"completion": f"Thank you for calling Brightwell support today, {word}"} for word in WORDS]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    made = forgetbench.diagnose(compared, sft_data=data, without_data=40, engine=EngineOptions("scripted"))
    (read,) = made.diagnosis.readable
    assert read.n_samples == 40 and read.topics[0].in_data
    assert values(read)["with_named"] == 1.0
    page = (compared / "diagnosis.md").read_text()
    assert "Read off without the training data" in page and "brightwell" in page


def test_bad_numbers_are_one_line(compared: Path) -> None:
    with pytest.raises(InputError, match="--without-data -1"):
        forgetbench.diagnose(compared, without_data=-1, engine=EngineOptions("scripted"))
    with pytest.raises(InputError, match="--text is read with --distribution only"):
        forgetbench.diagnose(compared, without_data=1, text=compared, engine=EngineOptions("scripted"))
