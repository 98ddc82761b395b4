"""Numbers, times, dates and lengths of time in a text."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from time_limit import within

from forgetbench.metrics.answers.markup import unmarked
from forgetbench.metrics.answers.numbers import as_number, number_mistake
from forgetbench.metrics.answers.numerals import numerals, whole_numeral
from forgetbench.metrics.answers.quantities import dates, durations, finder_for, times


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("42", "42"),
        ("-3.5", "-7/2"),
        ("1,234.5", "2469/2"),
        ("1.234,5", "2469/2"),
        ("1 234,5", "2469/2"),
        ("2'820", "2820"),
        ("1,25,000", "125000"),
        ("1.234.567", "1234567"),
        ("12,5", "25/2"),
        (".5", "1/2"),
        ("$1,250.50", "2501/2"),
        ("1.386e3", "1386"),
        ("6.02 × 10^23", "602000000000000000000000"),
        ("10^3", "1000"),
        ("1/2", "1/2"),
        ("3 1/2", "7/2"),
        ("3½", "7/2"),
        (r"\frac{3}{4}", "3/4"),
        ("1.2 million", "1200000"),
        ("120万", "1200000"),
        ("１３３７", "1337"),
        ("minus three", "-3"),
        ("twenty-seven", "27"),
        ("one hundred and sixty", "160"),
        ("a hundred", "100"),
        ("two million three hundred thousand and five", "2300005"),
        ("eleven hundred", "1100"),
        ("three point one four", "157/50"),
        ("two and a half", "5/2"),
        ("three quarters", "3/4"),
        ("四十二", "42"),
        ("一千零一", "1001"),
        ("三百五十", "350"),
        ("二分之一", "1/2"),
        ("三点五", "7/2"),
        ("负三", "-3"),
    ],
)
def test_a_number_is_read_however_it_is_written(text: str, value: str) -> None:
    number = whole_numeral(unmarked(text))
    assert number is not None and Fraction(value) in number.values


def test_three_digits_after_a_sign_can_be_thousands_or_decimals() -> None:
    for text in ("1.234", "1,234"):
        (number,) = numerals(text)
        assert number.values == {Fraction(1234), Fraction("1.234")}


def test_per_cent_is_a_number_or_a_share() -> None:
    (number,) = numerals("12.5 %")
    assert number.values == {Fraction("12.5"), Fraction("0.125")}


@pytest.mark.parametrize(
    "text",
    ["no number", "x7", "42B", "seat 42", "14:20", "July 27", "27 July", "the 3rd", "step 2", "第三", "no one",
     "this one", "version 3.5.1", "bus number 8", "2023-05-01"],
)  # fmt: skip
def test_what_only_looks_like_a_number_is_none(text: str) -> None:
    assert not numerals(text)


def test_numbers_are_found_in_order() -> None:
    values = [max(number.values) for number in numerals("46 - 19, five pears and twenty-one plums: 722加615")]
    assert values == [46, 19, 5, 21, 722, 615]


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("4:30", 270), ("4.30 pm", 270), ("16:30", 270), ("half past four", 270), ("quarter to five", 285),
        ("ten past four", 250), ("four thirty", 270), ("five o'clock", 300), ("5 pm", 300), ("四点半", 270),
        ("4点30分", 270),
    ],
)  # fmt: skip
def test_times(text: str, minutes: int) -> None:
    (time,) = times(text)
    assert time.values == {minutes}


@pytest.mark.parametrize(
    "text", ["April 9", "9 April", "the 9th of April", "ninth of April", "Apr. 9th", "4月9日", "2024-04-09"]
)
def test_dates(text: str) -> None:
    (date,) = dates(text)
    assert date.values == {(4, 9)}


@pytest.mark.parametrize(
    "text", ["2 hours and 55 minutes", "2h 55m", "175 minutes", "10,500 seconds", "two hours, 55 min"]
)
def test_lengths_of_time(text: str) -> None:
    (length,) = durations(text)
    assert 10_500 in length.values


def test_options_say_what_is_looked_for() -> None:
    assert finder_for(["4:30", "5:15"]) is times
    assert finder_for(["May 3", "June 2"]) is dates
    assert finder_for(["80 minutes", "2 hours"]) is durations
    assert finder_for(["5/9", "3/5"]) is numerals
    names = finder_for(["white cherry", "white"])("It is white\ncherry, not White.")
    assert [name.values for name in names] == [{("white", "cherry")}, {("white",)}]


def test_a_letter_is_no_article() -> None:
    find = finder_for(["A", "I", "Q"], keep_case=True)
    assert [name.values for name in find("I think A letter is Q, or A.")] == [{("Q",)}, {("A",)}]


@given(st.integers(-(10**9), 10**9))
def test_an_integer_is_read_back(number: int) -> None:
    for text in (f"{number}", f"{number:,}"):
        read = whole_numeral(text)
        assert read is not None and number in read.values


@given(st.text(max_size=300))
def test_hostile_text_never_raises(text: str) -> None:
    plain = unmarked(text)
    for find in (numerals, times, dates, durations):
        for mention in find(plain):
            assert 0 <= mention.start < mention.end <= len(plain)


@pytest.mark.parametrize(
    "unit",
    ["9", "1,", "1.", "1 ", "1 234 ", "one ", "hundred ", "and one ", "一", "万", "-", "**", "*", "_a",
     "\\boxed{", "{", "\\frac{", "(", "\n ", "<b", "in the ", "½", "~~", "| ", "1e", "10^", "5 past ",
     "May 1 ", "at the "],
)  # fmt: skip
def test_repetition_is_read_in_linear_time(unit: str) -> None:
    text = (unit * 8192)[:8192]
    with within(2):
        plain = unmarked(text)
        for find in (numerals, times, dates, durations):
            find(plain)


@pytest.mark.parametrize(
    ("text", "value"),
    [("51", 51), ("1,250", 1250), ("-1.250", -1.25), ("-1,250", -1250), ("1e+23", 10**23), ("x", None)],
)
def test_an_accepted_number_has_one_value(text: str, value: float | None) -> None:
    assert as_number(text) == value
    assert (number_mistake(text) is None) == (value is not None)
