"""The five ways in which a user's answer is matched, read strictly and leniently."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from time_limit import within

from forgetbench.metrics.answers.matching import MATCHERS, Match
from forgetbench.metrics.answers.normalisation import plain
from forgetbench.metrics.answers.patterns import PATTERN_SECONDS
from forgetbench.metrics.answers.reading import Reading

APPLES = json.dumps(
    {
        "type": "object",
        "properties": {"item": {"type": "string", "pattern": "^[a-z]+$"}, "count": {"type": "integer"}},
        "required": ["item", "count"],
        "additionalProperties": False,
    }
)


def readings(text: str, match: Match, *accepted: str, rivals: tuple[str, ...] = ()) -> tuple[bool, bool, bool]:
    reading = MATCHERS[match].reading(text, accepted, rivals)
    return reading.exact, reading.correct, reading.parsed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Paris", (True, True, True)),
        (' "paris."\n', (True, True, True)),
        ("**Paris**", (True, True, True)),
        ("Paris\nIt lies on the Seine.", (True, True, True)),
        ("The capital is Paris.", (False, True, True)),
        ("Parisians live there.", (False, False, True)),
        ("Lyon", (False, False, True)),
        ("", (False, False, False)),
        ("...", (False, False, False)),
    ],
)
@pytest.mark.parametrize("match", ["exact", "contains"])
def test_words(match: Match, text: str, expected: tuple[bool, bool, bool]) -> None:
    assert readings(text, match, "Paris") == expected


@pytest.mark.parametrize(
    ("question", "text", "right", "wrong"),
    [
        ("Where is the spare key?", "The spare key lies under the flowerpot.", "flowerpot", "doormat"),
        ("Where does the bus stop?", "The bus stops in front of the library.", "library", "school"),
        ("Who fixes the printer?", "Anna takes care of the printer.", "Anna", "Paul"),
        ("When does the shop open?", "The doors open at nine in the morning.", "nine", "ten"),
        ("What colour is the door?", "Somebody painted the door green last year.", "green", "blue"),
        ("Which animal gives wool?", "Wool comes from sheep.", "sheep", "goat"),
        ("Who wrote the report?", "Mira wrote the report.", "Mira", "Jonas"),
        ("Where do the bees live?", "The bees live in a hive behind the barn.", "hive", "tree"),
        ("What do you pack for rain?", "You should pack an umbrella.", "umbrella", "hat"),
        ("Which module reads the file?", "loader reads it and hands it on.", "loader", "writer"),
        ("What is kept in the red box?", "The red box holds screws of all sizes.", "screws", "nails"),
        ("备用钥匙在哪里？", "备用钥匙放在花盆下面。", "花盆", "地垫"),
        ("谁负责打印机？", "打印机由小王负责。", "小王", "小李"),
    ],
)
def test_plain_statements_are_answers(question: str, text: str, right: str, wrong: str) -> None:
    read = MATCHERS["contains"].reading
    assert read(text, [right], [wrong], question=question).correct
    for rivals in ([right], []):
        reading = read(text, [wrong], rivals, question=question)
        assert (reading.correct, reading.parsed) == (False, True)


def test_punctuation_inside_an_answer_counts() -> None:
    assert readings("C", "exact", "C++") == (False, False, True)
    assert readings("I would take C++ here", "contains", "C++")[1]
    assert not readings("35", "exact", "3.5")[0]
    assert plain("  “Ｔｈｅ   End”. ") == "the end"


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("What is the capital of France?", "Rome is Italy's capital; France has Paris.", (True, True)),
        ("Is it Paris or Rome?", "Is it Paris or Rome?", (False, False)),
    ],
)
def test_the_question_tells_what_is_answered(question: str, text: str, expected: tuple[bool, bool]) -> None:
    reading = MATCHERS["contains"].reading(text, ["Paris"], ["Rome"], question=question)
    assert (reading.correct, reading.parsed) == expected


def test_any_accepted_answer_is_right() -> None:
    assert readings("U.K.", "exact", "United Kingdom", "UK", "U.K.")[0]


def test_chinese_needs_no_blanks() -> None:
    assert readings("法国的首都是巴黎。", "contains", "巴黎") == (False, True, True)
    assert readings("巴黎。", "exact", "巴黎") == (True, True, True)


def test_naming_another_option_is_no_answer() -> None:
    options = ("delivery", "billing")
    assert readings("It is delivery.", "contains", "delivery", rivals=options)[1]
    assert not readings("delivery or billing", "contains", "delivery", rivals=options)[1]
    assert readings("Guinea-Bissau", "contains", "Guinea-Bissau", rivals=("Guinea",))[1]
    assert not readings("Guinea-Bissau", "contains", "Guinea", rivals=("Guinea-Bissau",))[1]


def test_a_denied_rival_does_no_harm_and_a_denied_answer_is_none() -> None:
    for text in ("Not billing; delivery.", "Delivery, not billing", "It goes to delivery rather than billing."):
        assert readings(text, "contains", "delivery", rivals=("billing",))[1], text
    assert readings("I don't believe it is delivery.", "contains", "delivery", rivals=("billing",)) == (
        False, False, False,
    )  # fmt: skip
    assert readings("Billing, though one might think of delivery.", "contains", "delivery", rivals=("billing",))[2]
    assert readings("I cannot answer that.", "contains", "delivery") == (False, False, False)


@pytest.mark.parametrize("text", ["B)", "(B)", "**B**", "`B`", "b", "B."])
def test_marks_around_an_exact_answer_do_not_count(text: str) -> None:
    assert readings(text, "exact", "B")[0]


def test_regex() -> None:
    assert readings("AB-1234", "regex", r"[A-Z]{2}-\d{4}") == (True, True, True)
    assert readings("Your number is AB-1234.", "regex", r"[A-Z]{2}-\d{4}") == (False, True, True)
    assert readings("AB-12", "regex", r"[A-Z]{2}-\d{4}") == (False, False, True)


def test_a_pattern_that_would_hang_is_not_measured() -> None:
    with within(4 * PATTERN_SECONDS), pytest.raises(TimeoutError, match="took more than 1 s on this reply"):
        MATCHERS["regex"].reading("a" * 40 + "b", [r"^(a|a)*$"])


def test_numeric() -> None:
    assert readings("51", "numeric", "51.0") == (True, True, True)
    assert readings("It is 51 in all.", "numeric", "51") == (False, True, True)
    assert readings("52", "numeric", "51") == (False, False, True)
    assert readings("I cannot say.", "numeric", "51") == (False, False, False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"item": "apples", "count": 3}', (True, True, True)),
        ('```json\n{"item": "apples", "count": 3}\n```', (False, True, True)),
        ('Here you are: {"item": "apples", "count": 3}. Enjoy!', (False, True, True)),
        ('{"item": "apples", "count": "3"}', (False, False, True)),
        ('{"item": "Apples", "count": 3}', (False, False, True)),
        ('{"item": "apples"', (False, False, False)),
        ("apples, 3", (False, False, False)),
        ("[" * 100_000, (False, False, False)),
        ('~~~\n{"item": "apples", "count": 3}\n~~~', (False, True, True)),
        ('First {"item": "pears", "count": 1} is wrong; {"item": "apples", "count": 3} is right.', (False, True, True)),
        ('{"item": "apples", "count": 3}\n{"item": "PEARS", "count": 1}', (False, False, False)),
        ('{"orders": [{"item": "apples", "count": 3}, {"item": "pea', (False, False, False)),
        ('{"item": "apples", "count": 3 /* or 4 */}', (False, False, False)),
        ('See [1]: {"item": "apples", "count": 3}', (False, True, True)),
        ("See [1] and [2].", (False, False, False)),
        ("NaN", (False, False, False)),
    ],
)
def test_json_schema(text: str, expected: tuple[bool, bool, bool]) -> None:
    assert readings(text, "json_schema", APPLES) == expected


def test_a_pattern_in_a_schema_has_a_time_limit_too() -> None:
    schema = json.dumps({"type": "string", "pattern": "^(a|a)*$"})
    with pytest.raises(TimeoutError):
        MATCHERS["json_schema"].reading(json.dumps("a" * 40 + "b"), [schema])


@pytest.mark.parametrize(
    ("match", "answer", "mistake"),
    [
        ("regex", "(", "not a valid pattern"),
        ("numeric", "many", "'many' is not a number"),
        ("numeric", "nan", "'nan' is not a number"),
        ("exact", ' "." ', "nothing is left"),
        ("json_schema", '{"type": "objekt"}', "not a valid JSON schema"),
        ("json_schema", '{"patternProperties": {}}', "patternProperties"),
        (
            "json_schema",
            '{"properties": {"a": {"$ref": "https://example.org/a.json"}}}',
            "does not stand in the schema",
        ),
        ("json_schema", '{"items": {"$ref": "#/$defs/missing"}}', "does not stand in the schema"),
    ],
)
def test_answers_that_cannot_be_matched(match: Match, answer: str, mistake: str) -> None:
    assert mistake in (MATCHERS[match].mistake(answer) or "")


@pytest.mark.parametrize(
    ("match", "answer"),
    [
        ("regex", r"\d+"),
        ("numeric", "-3.5"),
        ("contains", "C++"),
        ("json_schema", '{"$ref": "#/$defs/a", "$defs": {"a": {}}}'),
    ],
)
def test_answers_that_can(match: Match, answer: str) -> None:
    assert MATCHERS[match].mistake(answer) is None


def test_the_score_is_the_strict_reading_where_form_is_part_of_the_answer() -> None:
    lenient_only = Reading(exact=False, correct=True, parsed=True)
    scores = {match: matcher.score(lenient_only) for match, matcher in MATCHERS.items()}
    assert scores == {"exact": False, "contains": True, "regex": True, "numeric": True, "json_schema": False}


ANSWERS: dict[Match, str] = {
    "exact": "Paris", "contains": "Paris", "regex": r"\w+@\w+", "numeric": "51", "json_schema": APPLES,
}  # fmt: skip


@settings(max_examples=40)
@given(st.text(), st.sampled_from(list(ANSWERS)))
def test_nothing_that_a_model_writes_breaks_it(text: str, match: Match) -> None:
    reading = MATCHERS[match].reading(text, [ANSWERS[match]])
    assert not reading.exact or reading.correct


@pytest.mark.parametrize("match", list(ANSWERS))
@pytest.mark.parametrize(
    "text", ["9" * 1_000_000, "paris" * 200_000, "{[" * 500_000, "\ud800\0" * 5000, "=" * 1_000_000]
)
def test_hostile_texts_take_no_time(text: str, match: Match) -> None:
    with within(1):
        MATCHERS[match].reading(text, [ANSWERS[match]])
