"""What answers share of their structure, against sets of answers labelled by reading."""

from __future__ import annotations

from pathlib import Path

import pytest
from rigidity_sets import AnswerSet, answer_sets, rigidity
from time_limit import within

from forgetbench.metrics.corpus import responses_of
from forgetbench.metrics.structure import marks, structure
from forgetbench.storage.runs import load_run

RUNS = Path(__file__).parents[2] / "results" / "runs"
SETS = answer_sets()
BANDS = {"rigid": (0.9, 1.0), "between": (0.36, 0.7), "free": (0.0, 0.35)}
"""R1 of sets that are read so. The bands are apart, so every rigid set is above every free one."""


@pytest.mark.parametrize("one", SETS, ids=lambda one: one.name)
def test_labelled_sets(one: AnswerSet) -> None:
    of_structure, of_openings = rigidity(one.answers)
    low, high = BANDS[one.structure]
    assert low <= of_structure <= high, one.why
    if one.openings is not None:
        low, high = BANDS[one.openings]
        assert low <= of_openings <= high, one.why


def test_both_labels_and_languages_are_well_represented() -> None:
    assert len(SETS) >= 16
    assert {(one.language, one.structure) for one in SETS} >= {
        ("en", "rigid"),
        ("en", "free"),
        ("zh", "rigid"),
        ("zh", "free"),
    }
    assert {(one.structure, one.openings) for one in SETS} >= {("rigid", "free"), ("free", "rigid")}


def test_plain_prose_keeps_room_on_both_sides() -> None:
    (plain,) = [one for one in SETS if one.name == "plain_paragraphs"]
    assert 0.1 < rigidity(plain.answers)[0] < 0.4


def test_a_looping_checkpoint_is_not_less_rigid_than_a_sound_one_of_the_same_template() -> None:
    """The published runs: the harsh checkpoint loops in a third of its answers and more, the mild one hardly."""
    measured = {}
    for name in ("base", "mild", "harsh"):
        (manifest,) = RUNS.glob(f"{name}-demo-*/manifest.json")
        samples = load_run(manifest.parent).samples
        measured[name] = rigidity(tuple(responses_of(samples[samples["task"] == "format_shape"]).texts))
    assert measured["base"][0] < 0.35 and measured["base"][1] < 0.1
    assert measured["harsh"][0] >= measured["mild"][0] > 0.85
    assert measured["harsh"][1] >= measured["mild"][1] > 0.95


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The sky is blue because of scattering.", set()),
        ("## Answer\ntext", {"header"}),
        ("Two things:\n- one\n- two", {"lead_in", "bullets"}),
        ("1. one\n2. two", {"numbers"}),
        ("有：\n1、苹果\n2、香蕉", {"lead_in", "numbers"}),
        ("1.苹果", {"numbers"}),
        ("3.5 米，1.2米", set()),
        ("this is **very** good", {"bold"}),
        ("```python\n# no header\nprint(1)\n```", {"code"}),
        ('{"answer": "- Paris"}', {"json"}),
        ("| a | b |\n|---|---|\n| 1 | 2 |", {"table"}),
        ("Dear Ann,\nit was a pleasure to have all of you here with us for days.\nLove, Bo", {"lead_in", "sign_off"}),
        ("Under the bridge\nthe river keeps its counsel\nand the moon keeps mine.", set()),
    ],
)  # fmt: skip
def test_marks(text: str, found: set[str]) -> None:
    assert marks(text) == found


def test_labels_stand_at_the_start_of_lines_or_in_tags() -> None:
    answer = structure("Answer: at noon\n- **Reason**: it says so: there\n<note>none</note>\n结论：好\n10:30")
    assert answer.labels == {"answer", "reason", "note", "结论"}
    assert answer.lines == 5


def test_a_loop_adds_nothing_to_the_frame() -> None:
    once, often = structure("the more the merrier " * 10), structure("the more the merrier " * 100)
    assert once.frame == often.frame
    assert once.broken and often.broken


@pytest.mark.parametrize("text", ["", " \n\t", "\U0001f600\U0001f600", "\ud800", "\x00", "\u0e01\u0e33"])
def test_odd_text_has_a_structure(text: str) -> None:
    assert structure(text) == structure(text)


@pytest.mark.parametrize(
    "text", ["**" * 100_000, "**a" * 100_000, "\n" * 300_000, " \t" * 150_000 + "x", "[" * 200_000, "-" * 300_000,
             "a" * 300_000, "```" * 100_000, "<a" * 100_000, "a: " * 100_000, "\na:" * 100_000, "\n \t" * 100_000],
)  # fmt: skip
def test_huge_text_is_linear(text: str) -> None:
    with within(2):
        assert structure(text).marks.isdisjoint({"table", "json"})
