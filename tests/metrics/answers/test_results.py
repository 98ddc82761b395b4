"""Which of the things that a reply mentions is its result, and what follows an arrow."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from time_limit import within

from forgetbench.metrics.answers.completions import Completion, completion, is_pattern
from forgetbench.metrics.answers.matching import MATCHERS
from forgetbench.metrics.answers.mentions import name_finder
from forgetbench.metrics.answers.numerals import numerals
from forgetbench.metrics.answers.question import NOTHING_ASKED, Asked, asked
from forgetbench.metrics.answers.results import Result, read_result

NAMES = name_finder(["Paul", "Tom", "Anna", "Mark"])


def number(text: str, about: Asked = NOTHING_ASKED, *, cut: bool = False) -> Fraction | None:
    mention = read_result(text, numerals, about, cut=cut).mention
    return None if mention is None else max(value for value in mention.values if isinstance(value, Fraction))


def name(text: str) -> str | None:
    mention = read_result(text, NAMES).mention
    return None if mention is None else " ".join(*mention.values)


@pytest.mark.parametrize(
    "text",
    [
        "51",
        "51.",
        "**51**",
        "`51`",
        "$51.00",
        "51 km",
        "51! Ask me 1 more.",
        "51. That is 17 times 3.",
        "51\n\nEach of the 17 is taken 3 times.",
        "51 (17 × 3)",
        "51, because 17 × 3 = 51 and 16 × 3 = 48.",
        "17 * 3 = 51",
        "17 × 3 = 17 × 2 + 17\n= 34 + 17\n= 51",
        "17 × 3 = 51. Check: 51 - 34 = 17.",
        "Tom has 3 apples and buys 48, so the answer is 51. He started with 3.",
        "First 20, then 31 more.\n#### 51",
        r"Thus \boxed{51}, after 3 days.",
        "<answer>51</answer>",
        "The answer is 34 + 17 = 51.",
        "The answer is: \n\n51",
        "Answer: 51 km in 3 hours",
        "The answer is the sum of 34 and the rest: 51.",
        "1. First, take 34.\n2. Then add 17.\n3. The result is 51.",
        "Step 1: Take 34.\nStep 2: Add 17 to get 51.",
        "The total is 51.\n1. Rent: 34\n2. Heating: 17",
        "There are 51 in all: 34 here and 17 there.",
        "34 here and 17 there makes 51.",
        "34 + 17 = 51, not 50.",
        "Not 50 but 51.",
        "It is neither 49 nor 50; it is 51.",
        "50 looks right, but it is 51.",
        "50. No wait, 51.",
        "The answer is 50. Correction: it is 51.",
        "I am not sure, but I think it is 51.",
        "51 is what you get when you multiply 17 by 3.",
        "51 of the 60 are left.",
        "The answer is between 50 and 52, namely 51.",
        "| fruit | n |\n|---|---|\n| apples | 34 |\n| pears | 17 |\n| **total** | **51** |",
        "34 apples\n17 pears\n-----\n51",
        "To check: 51 / 17 = 3. So the answer is 51.",
        "50。不对，是51。",
        "fifty-one",
        "答案是51。",
        "17乘以3等于五十一。",
        "因为17乘以3是51，所以答案是51。",
    ],
)
def test_a_result_is_read(text: str) -> None:
    assert number(text) == 51


@pytest.mark.parametrize(
    "text",
    [
        "", "none", "9 or 10", "10-20", "between 9 and 10", "Maybe 9, maybe 10.", "1. 9\n2. 10",
        "It is not 9.", "17 * 3", "I have counted for 20 minutes and cannot say.",
        "With 31 heads there is not enough information.",
        "What is 17 * 3?", "我数了20分钟，还是不知道。",
    ],
)  # fmt: skip
def test_no_result_can_be_told(text: str) -> None:
    assert read_result(text, numerals) == Result()


@pytest.mark.parametrize(
    "text", [r"\boxed{5} The answer is 7.", "The answer is 5. The answer is 7.", "5\n\nSo the answer is 7."]
)
def test_results_that_differ_are_a_conflict(text: str) -> None:
    assert read_result(text, numerals) == Result(conflict=True)
    reading = MATCHERS["numeric"].reading(text, ["5", "7"])
    assert reading.scores == {"correct": 0.0, "exact": 0.0, "parsed": 0.0, "conflict": 1.0}


def test_the_question_says_which_number_counts() -> None:
    cows = asked("Emma has cows and chickens. Together they have 31 heads and 88 legs. How many cows are there?")
    assert number("There are 13 cows and 18 chickens.", cows) == 13
    for text in ("18 chickens and 13 cows", "Cows: 13, chickens: 18", "c = 13, h = 18", "26 halved makes 13"):
        assert number(text, cows) == 13
    anna = asked("Anna has 9 more balls than Lisa. Lisa has 23 balls. How many balls does Anna have?")
    assert number("Anna: 32, Lisa: 23", anna) == 32
    assert number("Lisa has 23 balls. Anna has 23 + 9 = 32 balls.", anna) == 32
    assert read_result("I can add 9 and 23 for you!", numerals, asked("What is 9 + 23?")) == Result()
    closest = asked("Which of these numbers is closest to 72: 88, 63, 67?", ("88", "63", "67"))
    assert number("67 is closest to 72.", closest) == 67
    assert number("63 is 9 away but 67 is only 5 away.", closest) == 67
    largest = asked("Which of these numbers is the largest: 12, 40, 31?", ("12", "40", "31"))
    assert number("40 > 31 > 12", largest) == 40 == number("12 < 31 < 40", largest)
    assert number("2, 4, 6, 8", asked("Which number comes next: 2, 4, 6?")) == 8
    rest = asked("What is the remainder when 48 is divided by 9?")
    assert number("48 divided by 9 is 5, remainder 3.", rest) == 3


def test_a_cut_reply_has_only_results_that_are_stated_as_such() -> None:
    assert number("6 × 13 = 78 on Monday. Then she earns", cut=True) is None
    assert number("The answer is 49", cut=True) is None  # perhaps 494
    assert number("The answer is 494. To see this,", cut=True) == 494
    assert number(r"\boxed{494} is", cut=True) == 494
    plus = asked("Lisa has 12 keys and Kate has 7. How many keys do they have together?")
    assert number("Lisa and Kate have 12 + 7 = 19 keys. Kate has", plus, cut=True) == 19
    assert number("To add 12 and 7 we get 19. Then", plus, cut=True) is None


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Paul", "paul"),
        ("**Paul** is the fastest.", "paul"),
        ("Paul, who is 49. Mark is 43.", "paul"),
        ("Tom and Anna wear hats, so Paul has the key.", "paul"),
        ("Not Tom; Paul.", "paul"),
        ("Paul is faster than Tom, Anna and Mark.", "paul"),
        ("It must be Paul. It need not be Tom, Anna or Mark.", "paul"),
        ("Tom? No, Paul.", "paul"),
        ("Paul or Tom", None),
        ("Paul, Tom, Anna", None),
        ("I do not know whether Paul or Tom is faster.", None),
    ],
)
def test_a_name_is_read(text: str, named: str | None) -> None:
    assert name(text) == named


PATTERN = "Complete the pattern: shoe -> toma, knee -> wug, cat ->"


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("cat -> sovi", "sovi"),
        ("cat → sovi", "sovi"),
        (r"cat \rightarrow sovi", "sovi"),
        ("-> sovi", "sovi"),
        ("shoe -> toma, knee -> wug, cat -> sovi", "sovi"),
        ("shoe -> toma\nknee -> wug\ncat => **sovi**", "sovi"),
        ("cat -> sovi. Each word has its own.", "sovi"),
        ("The rule is by length, so cat -> sovi", "sovi"),
        ("shoe -> toma", None),
        ("shoe -> toma, knee -> wug", None),
        ("shoe -> toma, knee -> wug, cat ->", None),
    ],
)
def test_what_follows_the_questions_own_left_side(reply: str, answer: str | None) -> None:
    said = completion(PATTERN, reply)
    assert (said.said, said.answer) == (True, answer)


def test_an_example_can_be_asked_again() -> None:
    again = "Complete the pattern: gluv -> pink, crum -> brown, gluv ->"
    assert completion(again, "gluv -> pink").answer == "pink"
    assert completion(again, "gluv -> pink, crum -> brown").answer is None
    assert completion(again, "gluv -> pink, crum -> brown, gluv -> red").answer == "red"


def test_without_an_arrow_there_is_no_completion() -> None:
    assert completion(PATTERN, "It is sovi.") == Completion(False)
    assert is_pattern(PATTERN) and not is_pattern("What is 2 + 3?")


@given(st.text(max_size=200))
def test_hostile_text_never_raises(text: str) -> None:
    for reply in (text, f"The answer is {text}", f"cat -> {text}", f"\\boxed{{{text}}} {text}"):
        read_result(reply, numerals, asked(text))
        read_result(reply, NAMES, cut=True)
        completion(PATTERN, reply)
        completion(text, reply)


@pytest.mark.parametrize(
    "unit",
    ["the answer is ", "= 1 ", "1 = ", "so ", "but 5 ", "not 5, ", "5, ", "5 or ", "a -> b, ", "->",
     "in the ", "(", "check ", "wait ", "5. ", "1. 5\n", "Paul, ", "Paul or ", "is ", "5 more ", "than 5 ",
     "\u27e6", "i.e. ", ";", "Paul is not ", "because "],
)  # fmt: skip
def test_repetition_is_read_in_linear_time(unit: str) -> None:
    text = (unit * 8192)[:8192]
    with within(2):
        read_result(text, numerals, asked("How many cows does Paul have?"))
        read_result(text, NAMES)
        completion(PATTERN, text)
