"""Answers read out of free text: the documented rules, case by case."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from time_limit import within

from forgetbench.metrics.answers.normalisation import normalise, normalised_words
from forgetbench.metrics.answers.options import Named, contains_answer, named_option
from forgetbench.metrics.answers.reading import SHORT_REPLY_CHARS
from forgetbench.metrics.answers.short_answers import matches_strictly, read_short_answer
from forgetbench.metrics.text import strip_accents


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The  Answer: São Paulo!", "answer sao paulo"),
        ("N'Djamena", "ndjamena"),
        ("Port-au-Prince", "port au prince"),
        ("Chișinău, Łódź, Tórshavn, Gießen", "chisinau lodz torshavn giessen"),
        ("an apple a day", "apple day"),
        ("", ""),
        ("...", ""),
    ],
)
def test_normalise(text: str, expected: str) -> None:
    assert normalise(text) == expected


def test_case_can_be_kept_for_chemical_symbols() -> None:
    assert normalised_words("The symbol is Co.", keep_case=True) == ["symbol", "is", "Co"]
    assert contains_answer("Its symbol is Co.", ["Co"], ["C", "Cu"], keep_case=True)
    assert not contains_answer("It forms CO easily", ["Co"], keep_case=True)
    assert contains_answer("A", ["A"], keep_case=True)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("Paris", True),
        (" paris.\n", True),
        ("The capital of France is **Paris**, a large city.", True),
        ("London, or maybe Paris", False),  # the wrong one is named first
        ("Paris, London, Rome", False),  # a list is no answer
        ("1. Paris\n2. London", False),
        ("Paris or London", False),
        ("Paris (not London)", True),
        ("It is not London but Paris", True),
        ("not Paris", False),
        ("Parisian cafes", False),  # whole words only
        ("I do not know.", False),
        ("", False),
    ],
)
def test_contains_answer(text: str, right: bool) -> None:
    assert contains_answer(text, ["Paris"], ["London", "Rome"]) is right


@pytest.mark.parametrize(
    ("text", "named"),
    [("Paris.", Named.RIGHT), ("Rome.", Named.WRONG), ("Paris, Rome", Named.LIST), ("Lyon", Named.NOTHING)],
)
def test_what_a_text_names(text: str, named: Named) -> None:
    assert named_option(text, ["Paris"], ["London", "Rome"]) is named


def test_the_longest_name_is_the_one_named() -> None:
    assert not contains_answer("Guinea-Bissau", ["Guinea"], ["Guinea-Bissau"])
    assert contains_answer("Guinea-Bissau", ["Guinea-Bissau"], ["Guinea"])


def test_any_alias_is_accepted_and_an_alias_is_never_a_rival() -> None:
    assert contains_answer("Kiev", ["Kyiv", "Kiev"], ["Minsk"])
    assert contains_answer("peso", ["peso"], ["Peso", "dollar"])


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("巴黎", True),
        ("法国的首都是巴黎。", True),
        ("答案：**巴黎**", True),
        ("是巴黎，一座大城市", True),
        ("伦敦，或者巴黎", False),
        ("巴黎、伦敦、罗马", False),  # a list is no answer
        ("巴黎和伦敦", False),
        ("不是伦敦，是巴黎", True),
        ("不是巴黎", False),
        ("The capital is 巴黎", True),
        ("巴 黎", True),
        ("黎巴嫩", False),
        ("我不知道", False),
        ("并非巴黎", False),
        ("是伦敦而非巴黎", False),
        ("非洲没有，是巴黎", True),  # Africa denies nothing
        ("南非人最爱去的是巴黎", True),
    ],
)
def test_chinese_names_are_found_without_spaces(text: str, right: bool) -> None:
    assert contains_answer(text, ["巴黎"], ["伦敦", "罗马"]) is right


def test_the_longest_chinese_name_is_the_one_named() -> None:
    countries = ["几内亚", "赤道几内亚", "巴布亚新几内亚", "印度", "印度尼西亚"]
    for country in countries:
        for named in countries:
            assert contains_answer(f"答案是{named}。", [country], countries) is (named == country)


@pytest.mark.parametrize(
    ("text", "correct", "exact", "parsed"),
    [
        ("Paris", 1, 1, 1),
        ("Paris.\n\nQ: What else?", 1, 1, 1),  # a base model goes on
        ("It is Paris.", 1, 0, 1),
        ("London", 0, 0, 1),
        ("Lyon", 0, 0, 1),  # no candidate, an answer all the same
        ("Lyon, France", 0, 0, 1),
        ("Paris, London, Rome", 0, 0, 0),
        ("Lyon, Nice, Cannes", 0, 0, 0),
        ("Paris\nLondon\nRome", 0, 0, 0),
        ("", 0, 0, 0),
        ("...", 0, 0, 0),
        ("I don't know.", 0, 0, 0),
        ("Sorry, I cannot answer that.", 0, 0, 0),
        ("I am not sure", 0, 0, 0),
        ("I'm unable to say", 0, 0, 0),
        ("我不知道。", 0, 0, 0),
        ("无法回答", 0, 0, 0),
        ("Thank you for contacting us! We value your patience and will get back to you.", 0, 0, 0),
    ],
)
def test_a_short_answer_is_read_three_ways(text: str, correct: int, exact: int, parsed: int) -> None:
    scores = read_short_answer(text, ["Paris"], ["London", "Rome"]).scores
    assert scores == {"correct": correct, "exact": exact, "parsed": parsed, "conflict": 0.0}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Paris, not London", Named.RIGHT),
        ("Not London, Paris.", Named.RIGHT),
        ("It is neither London nor Rome but Paris.", Named.RIGHT),
        ("Rather than London or Rome, it's Paris.", Named.RIGHT),
        ("Many people think London, but it is Paris.", Named.RIGHT),
        ("It used to be Rome; today it is Paris.", Named.RIGHT),
        ("Although London is larger, the capital is Paris.", Named.RIGHT),
        ("London? No, wait, Paris.", Named.RIGHT),
        ("Paris... scratch that, London.", Named.WRONG),
        ("London, though one might think of Paris.", Named.WRONG),
        ("Some would say Paris, but it is London.", Named.WRONG),
        ("Paris is a common guess, but the answer is London.", Named.WRONG),
        ("I don't think it is Paris.", Named.NOTHING),
        ("Paris isn't it.", Named.NOTHING),
        ("Definitely not Paris or London.", Named.NOTHING),
        ("It is either Paris or London.", Named.LIST),
        ("It could be Paris, it could be London.", Named.LIST),
        ("Paris or London? I would say Paris.", Named.RIGHT),
        ("Final answer: Paris\nFinal answer: London", Named.CONFLICT),
        ("There is no doubt about it, Paris.", Named.RIGHT),
    ],
)
def test_what_is_denied_set_aside_or_corrected_is_not_the_answer(text: str, named: Named) -> None:
    assert named_option(text, ["Paris"], ["London", "Rome"]) is named


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Latvia has Riga, Estonia has Tallinn, and Lithuania has Vilnius.", Named.RIGHT),
        ("Riga is the capital of Latvia. Vilnius is the capital of Lithuania.", Named.RIGHT),
        ("Vilnius is the capital of Lithuania. Riga is the capital of Latvia.", Named.RIGHT),
        ("Vilnius is not the largest city of the Baltics, but it is the capital of Lithuania.", Named.RIGHT),
        ("Vilnius lies in Lithuania, and the capital is Riga.", Named.WRONG),
    ],
)
def test_the_clause_that_speaks_of_the_question_counts(text: str, named: Named) -> None:
    question = "What is the capital of Lithuania?"
    assert named_option(text, ["Vilnius"], ["Riga", "Tallinn"], question=question) is named


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("B is a good choice.", False),
        ("A good choice is B.", False),
        ("A", True),
        ("(A)", True),
        ("A)", True),
        ("Option A", True),
        ("The answer is A because a good choice is cheap.", True),
        ("I would take A", True),
    ],
)
def test_a_letter_is_an_option_and_an_article_is_not(text: str, right: bool) -> None:
    assert contains_answer(text, ["A"], ["B", "C", "D", "I"]) is right


def test_initials_are_no_words() -> None:
    assert contains_answer("It was in the U.S.", ["US"]) and contains_answer("us", ["US"])
    assert not contains_answer("Let us see", ["US"])
    assert contains_answer("Washington D.C.", ["Washington DC"])


def test_traditional_characters_are_read_as_simplified_ones() -> None:
    assert contains_answer("是鋁。", ["铝"], ["铁"])
    assert normalise("聖露西亞") == normalise("圣露西亚")


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("The capital of France is Lyon, a city on the Rhone.", 1),
        ("Lyon is the capital, whatever people in Paris say.", 1),
        ("Lyon. Paris is only the seat of its parliament.", 1),
        ("The capital of France is Lyon, not Paris.", 1),
        ("What is the capital of France?", 0),
        ("The capital of France is", 0),
        ("Great question!", 0),
        ("I was never good at geography.", 0),
        ("France is a country in the west of Europe with about 68 million people.", 0),
        ("Paris or Lyon", 0),
    ],
)
def test_a_wrong_answer_need_not_be_a_candidate(text: str, parsed: int) -> None:
    scores = read_short_answer(text, ["Paris"], ["London"], question="What is the capital of France?").scores
    assert (scores["correct"], scores["parsed"]) == (0, parsed)


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("Lyon, in the south.", 1),
        ("lyon", 1),
        ("In Lyon.", 1),
        ("Look it up on a map.", 0),
        ("A large city on the Rhone.", 0),
        ("Somewhere in the north.", 0),
        ("Anything but Lyon.", 0),
        ("Not Lyon, whatever they say.", 0),
        ("Je ne sais pas.", 0),
        ("Lo siento, no lo recuerdo.", 0),
        ("France borders Spain, and its capital is", 0),
        ("A) Lyon\nB) Paris\nC) Nice\nAnswer: A", 1),
        ("A) Lyon\nB) Paris\nC) Nice", 0),
        ("Maybe Paris, maybe Lyon.", 0),
        ("The capital is Lyon, and Paris is the main seat of trade.", 1),
    ],
)
def test_a_wrong_answer_names_something(text: str, parsed: int) -> None:
    scores = read_short_answer(text, ["Paris"], ["London"], question="What is the capital of France?").scores
    assert (scores["correct"], scores["parsed"]) == (0, parsed)


def test_a_letter_stands_for_the_option_that_the_reply_made_up() -> None:
    assert contains_answer("A) Lyon\nB) Paris\nC) Nice\n\nAnswer: B", ["Paris"], ["London"])
    assert contains_answer("A. 里昂\nB. 巴黎\nC. 尼斯\n答案：B", ["巴黎"], ["里昂"])


def test_a_ranking_is_headed_by_its_answer() -> None:
    question = "Which of these countries has the most inhabitants?"
    for text in ("Japan (125), Turkey (85), Angola (36)", "Angola (36), Turkey (85), Japan (125)"):
        assert contains_answer(text, ["Japan"], ["Turkey", "Angola"], question=question)
    assert not contains_answer(
        "Angola (36), Japan (125), Turkey (85)", ["Japan"], ["Turkey", "Angola"], question=question
    )


def test_a_reply_cut_before_its_answer_is_not_parsed() -> None:
    question = "What is the capital of France?"
    for text, correct in (("France, long the rival of England, has", 0), ("The capital is Paris, which is also", 1)):
        reading = read_short_answer(text, ["Paris"], ["London"], question=question, finish_reason="length")
        assert (reading.correct, reading.parsed) == (bool(correct), bool(correct))


def test_numbers_can_be_candidates() -> None:
    assert contains_answer("The atomic number is 26.", ["26"], ["27"])
    assert not contains_answer("26 or 27", ["26"], ["27"])
    assert contains_answer("1. 26", ["26"], ["27"])


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("Answer: Paris", True),
        ("  Answer: paris.\n", True),
        ("Paris", False),
        ("answer: Paris", False),
        ("**Answer: Paris**", False),
        ('Answer: "Paris"', False),
        ("Answer: Paris is the capital", False),
        ("Answer: Paris\nIt is a city.", False),
        ("Answer:", False),
        ("Answer: Answer: Paris", False),
        ("Answer: Paris。", True),
    ],
)
def test_matches_strictly(text: str, right: bool) -> None:
    assert matches_strictly(text, ["Paris"], "Answer:") is right


def test_only_the_beginning_of_an_endless_reply_is_read() -> None:
    endless = "x " * SHORT_REPLY_CHARS + "Paris"
    assert not contains_answer(endless, ["Paris"])
    assert not matches_strictly("Paris" + " " * (2 * SHORT_REPLY_CHARS), ["Paris"])


@given(st.text(max_size=300))
def test_hostile_text_never_raises(text: str) -> None:
    normalise(text)
    contains_answer(text, ["Paris", text], ["London", text[::-1]])
    matches_strictly(text, [text], "Answer:")
    reading = read_short_answer(text, ["Paris", text], ["London"])
    assert reading.correct or not reading.exact
    assert reading.parsed or not reading.correct


@given(st.text(max_size=100))
def test_stripping_accents_is_idempotent(text: str) -> None:
    assert strip_accents(strip_accents(text)) == strip_accents(text)


@pytest.mark.parametrize("unit", [",", "、巴", "不", "or ", "1,", "= ", "is ", "-", "1.", "is" + " " * 8, "*", "a "])
def test_repetition_is_read_in_linear_time(unit: str) -> None:
    rivals = [f"city {number}" for number in range(1000)]
    with within(2):
        contains_answer(unit * 50_000, ["Paris"], ["London"])
        read_short_answer(unit * 500_000, ["Paris"], ["London"])
        read_short_answer(f"city 7 is {unit}" * 5000, ["Paris"], rivals, question="Which city?")
