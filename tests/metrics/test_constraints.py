"""Verifiable constraints: for each one, texts that keep it and texts that do not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from time_limit import within

from forgetbench.errors import InputError
from forgetbench.metrics.constraints import CONSTRAINTS, holds, holds_loosely, loose_variants, undecided

PARAMETERS = {
    "n": 2, "text": "the end", "left": "[", "right": "]", "options": ["yes", "no"], "language": "French",
    "keys": ["a", "b"], "letter": "e",
}  # fmt: skip

CASES: dict[str, tuple[dict[str, Any], list[str], list[str]]] = {
    "json": ({}, ['{"a": 1}', '```json\n{"x": []}\n```', " {} "], ["42", "[1]", 'Sure: {"a": 1}', '{"a": ']),
    "json_keys": (
        {"keys": ["a", "b"]},
        ['{"a": "x", "b": 2}', '```json\n{"b": "y", "a": "x"}\n```'],
        [
            '{"a": "x"}',
            '{"a": "x", "b": ""}',
            '{"a": "x", "b": []}',
            '{"a": 1, "b": 2, "c": 3}',
            '[{"a": 1, "b": 2}]',
            "a: x, b: y",
        ],
    ),
    "bullets": (
        {"n": 2},
        ["- a\n- b", "Here:\n* a\n\n  \u2022 b"],
        ["- a", "- a\n- b\n- c", "1. a\n2. b", "-a\n-b"],
    ),
    "numbered": ({"n": 2}, ["1. a\n2. b", "1) a\n2) b"], ["1. a", "1. a\n3. b", "2. a\n1. b", "- a\n- b"]),
    "table": ({}, ["|a|b|\n|---|:-:|\n|1|2|"], ["|a|b|\n|1|2|", "a table"]),
    "code_block": (
        {},
        ["```\nx\n```", "```x```"],
        ["x", "```\nx", "Here: ```x```", "``` ``` ```x```", "``````"],
    ),
    "comma_list": ({"n": 3}, ["eggs, milk, bread.", "a,b,c"], ["a, b", "a, b, c, d", "a,\nb, c", "a, , c"]),
    "wrapped": ({"left": "[", "right": "]"}, ["[yes]", " [a] "], ["yes", "[yes", "yes]", "[]"]),
    "paragraphs": (
        {"n": 2},
        ["One.\n\nTwo.", "One\nline.\n \n\nTwo."],
        ["One.", "One.\nTwo.", "A\n\nB\n\nC"],
    ),
    "header": ({}, ["# Title\ntext", "### T"], ["Title", "text\n# Title", "#Title"]),
    "bold": ({}, ["a **big** cat"], ["a *big* cat", "** **", "a ** b"]),
    "one_word": ({}, ["Paris.", "don't"], ["New York", "..."]),
    "max_words": ({"n": 3}, ["one two three!", "one"], ["one two three four", "..."]),
    "exact_words": ({"n": 3}, ["one two three!", "A - b (c)"], ["one two", "one two three four", "..."]),
    "without_letter": ({"letter": "e"}, ["A dog runs.", "NO"], ["The dog", "EGG", "..."]),
    "one_sentence": (
        {},
        ["It is 3.5 metres.", "Really?!", '"Yes."', "**Spring.**", "\u201cYes.\u201d", "Rest! \u2600\ufe0f"],
        ["No end", "One. Two.", "One.\nmore.", "Hm. Well"],
    ),
    "yes_no": ({}, ["Yes.", "no"], ["Yes, it is.", "maybe"]),
    "begin_with": ({"text": "Well"}, ["well, yes", "Well"], ["Oh well", "Wellness"]),
    "end_with": (
        {"text": "The end."},
        ["And so. The end.", '"the END."', "\u201cSo. The end.\u201d"],
        ["The end", "The end. Or not?"],
    ),
    "include": ({"text": "light"}, ["a Light!"], ["a lightbulb", "dark"]),
    "exclude": ({"text": "the"}, ["a cat", "other"], ["The cat", "..."]),
    "lowercase": ({}, ["all lower, 1", "\u00e9t\u00e9"], ["Not all", "123"]),
    "uppercase": ({}, ["ALL UPPER, 1"], ["Not all", "123"]),
    "no_commas": ({}, ["a b"], ["a, b", "..."]),
    "question": ({}, ["Why?", "Why? "], ["Why.", "Why? Yes"]),
    "exclamation": ({}, ["Yes!"], ["Yes.", "Yes! ok"]),
    "countdown": ({"n": 2}, ["2. a\n1. b"], ["1. a\n2. b", "3. a\n2. b\n1. c", "2. a"]),
    "parts": ({"n": 2, "text": "***"}, ["a *** b", "a\n***\nb"], ["a", "a *** a", "a *** b *** c", "a ***"]),
    "lines": ({"n": 2, "text": ">>"}, [">> a\n>> b", ">>a\n\n>>b"], [">> a", ">> a\nb", ">> a\n>>", "a\nb"]),
    "sections": (
        {"n": 2},
        ["Section 1\na\nSection 2\nb", "## Section 1: a\n**section 2** b"],
        ["Section 1\na", "Section 2\na\nSection 1", "See section 1 and\nSection 2"],
    ),
    "highlights": (
        {"n": 2},
        ["*a* and *b c*", "**a**, *b*"],
        ["*a*", "2 * 3 * 4", "****", "* a\n* b"],
    ),
    "placeholders": ({"n": 2}, ["[name] lives in [city]"], ["[name]", "[] []", "[a\nb] [c]", "(a) (b)"]),
    "title": ({}, ["<<Tea>>\nBoil water.", "x <<a b>>"], ["<Tea>", "<<>>", "<< >>", "<<a\nb>>"]),
    "postscript": (
        {},
        ["Yes.\nP.S. Bring a coat.", "a\n\np. s. more", "a\n**P.S.** more"],
        ["P.S. only this", "Yes. P.S. here", "Yes.\nP.S.", "Yes.\n**P.S.**"],
    ),
    "no_list": ({}, ["Eggs and milk.", "It costs 3.5."], ["- eggs", "Here:\n1. eggs", "1、鸡蛋"]),
    "no_markdown": ({}, ["Eggs.", "2 * 3"], ["# Eggs", "**Eggs**", "- a", "`` ```x``` ", "a|b\n--|--"]),
    "min_words": ({"n": 3}, ["one two three", "一二三"], ["one two", "..."]),
    "sentences": (
        {"n": 2},
        ["One. Two.", "One.\nTwo!", "**One.** Two.", "好。再见。"],
        ["One.", "One. Two", "A. B. C."],
    ),
    "one_of": ({"options": ["[[A]]", "[[B]]"]}, ["[[A]]", " [[B]]\n"], ["A", "[[A]].", "[[A]] [[B]]", "[[a]]"]),
    "repeat": ({"text": "Why is it?"}, ["Why is it? Because.", "why is it"], ["Because.", "So why is it?"]),
    "at_least": ({"text": "bed", "n": 2}, ["Bed, bed!", "a bed and a bed"], ["bed", "beds, bedding, bed"]),
    "capital_words": ({"n": 2}, ["GO HOME now"], ["GO home", "I A x"]),
    "no_exclamation": ({}, ["Yes."], ["Yes!", "..."]),
    "no_question": ({}, ["Yes."], ["Yes?", "..."]),
    "emoji": ({}, ["ok \U0001f600", "\u2600 sun", "\U0001f1eb\U0001f1f7", "\u2b50"], ["ok :)", "\u4e2d"]),
    "no_apology": ({}, ["Unfortunately the train is late."], ["I'm sorry.", "We apologise.", "We regret it.", "..."]),
    "no_thanks": ({}, ["Come in."], ["Thank you.", "Many thanks!", "..."]),
    "no_ai": ({}, ["I am Ana, and I maintain roads."], ["As an AI, I do not eat.", "I'm just a program.", "..."]),
    "no_offer": (
        {},
        ["Rice will help you with it."],
        ["Yes. Let me know!", "I hope this helps.", "Don\u2019t hesitate", "..."],
    ),
    "no_first_person": (
        {},
        ["The sea is wide."],
        ["I like it.", "It's my name", "I\u2019m here", "No fault of ours", "..."],
    ),
    "no_greeting": ({}, ["The hi-fi is on.", "Say hello to Ana."], ["Hello! Yes.", "Note:\nDear all,", "..."]),
    "no_filler": (
        {},
        ["Surely not.", "A great question, that."],
        ["Sure! Here", "Great question.", "Here's how", "..."],
    ),
    "no_sign_off": (
        {},
        ["The best regards came late.", "Best of all, it is free."],
        ["Bye.\nBest regards,\nAna", "a\nYours", "a\nBest,\nAna", "..."],
    ),
    "language": (
        {"language": "French"},
        ["Le ciel est bleu parce que la lumière se disperse.", "C'est une bonne idée, je crois."],
        ["The sky is blue.", "El cielo es azul por la luz.", "Paris", "...", "天空是蓝色的。"],
    ),
}

SENTENCES = {
    "English": [
        "The sky looks blue because air scatters blue light more than red.",
        "You should go to bed at the same time every day.",
        "A bicycle stays upright because it is moving.",
        "I think that cats are better.",
    ],
    "French": [
        "Pour mieux dormir, il faut se coucher à la même heure tous les jours.",
        "L'eau bout à cent degrés.",
        "Les feuilles changent de couleur en automne.",
        "Je préfère les chats, car ils sont calmes.",
        "Respirez profondément et répétez souvent.",
    ],
    "Spanish": [
        "Las hojas cambian de color en otoño.",
        "Para dormir mejor, hay que acostarse a la misma hora todos los días.",
        "Un elefante es un animal muy grande con trompa.",
        "Yo prefiero los gatos porque son tranquilos.",
        "La levadura produce gas y hace que la masa suba.",
    ],
    "German": [
        "Der Himmel ist blau, weil die Luft das Licht streut.",
        "Man sollte jeden Tag um die gleiche Zeit ins Bett gehen.",
        "Ein Elefant ist ein sehr großes Tier mit einem Rüssel.",
        "Ich mag Katzen, weil sie ruhig sind.",
        "Lies jeden Abend zehn Seiten, bevor du schlafen gehst.",
    ],
    "Chinese": ["天空是蓝色的，因为空气散射蓝光。", "我喜欢 Python。", "每天早睡。", "大象是一种很大的动物。"],
}


def test_every_constraint_has_cases() -> None:
    assert CASES.keys() == CONSTRAINTS.keys()


@pytest.mark.parametrize("name", CASES)
def test_constraint(name: str) -> None:
    parameters, keeping, breaking = CASES[name]
    assert [t for t in keeping if not holds(t, name, parameters)] == []
    assert [t for t in breaking if holds(t, name, parameters)] == []


@pytest.mark.parametrize("name", CONSTRAINTS)
@pytest.mark.parametrize("text", ["", " \n "])
def test_an_empty_answer_keeps_nothing(name: str, text: str) -> None:
    assert holds(text, name, PARAMETERS) is False


@given(st.text(max_size=100), st.sampled_from(sorted(CONSTRAINTS)))
def test_any_text_is_checked_and_what_holds_strictly_holds_loosely(text: str, name: str) -> None:
    assert holds_loosely(text, name, PARAMETERS) >= holds(text, name, PARAMETERS)


@pytest.mark.parametrize("name", CONSTRAINTS)
@pytest.mark.parametrize("text", ["." * 200_000 + "a", "\n \n" * 70_000 + "x", "- " * 100_000, "**" * 100_000])
def test_huge_text_is_linear(name: str, text: str) -> None:
    with within(5):
        holds(text, name, PARAMETERS)


@pytest.mark.parametrize("name", CONSTRAINTS)
@pytest.mark.parametrize("text", ["[a" * 100_000, "<<a" * 70_000, "*a" * 100_000, "A" * 200_000, "\u3002a" * 100_000])
def test_huge_marked_text_is_linear(name: str, text: str) -> None:
    with within(5):
        holds_loosely(text, name, PARAMETERS)


def test_unknown_names_are_met_with_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'bullets'"):
        holds("a", "bulets", {})
    with pytest.raises(InputError, match="did you mean 'French'"):
        holds("a", "language", {"language": "french"})
    with pytest.raises(InputError, match="constraint 'bullets': parameter 'n' is missing"):
        holds("a", "bullets", {})


# --- strict and loose -------------------------------------------------------------------------


def test_loose_variants_are_those_of_ifeval() -> None:
    assert loose_variants("Sure:\n*a*\nBye") == [
        "Sure:\n*a*\nBye", "*a*\nBye", "Sure:\n*a*", "*a*", "Sure:\na\nBye", "a\nBye", "Sure:\na", "a",
    ]  # fmt: skip
    assert loose_variants("") == [""]


def test_the_loose_reading_forgives_a_first_line_a_last_line_and_asterisks() -> None:
    for text in ('Sure, here it is:\n{"a": 1}', '{"a": 1}\nAnything else?', 'Sure:\n**{"a": 1}**\nBye'):
        assert not holds(text, "json", {})
        assert holds_loosely(text, "json", {})
    assert not holds_loosely('Sure: {"a": 1}', "json", {})
    assert not holds_loosely("", "json", {})


@given(st.text(alphabet="ab*\n.,!?- [1", max_size=40), st.sampled_from(sorted(CONSTRAINTS)))
def test_what_holds_strictly_holds_loosely(text: str, name: str) -> None:
    assert holds_loosely(text, name, PARAMETERS) >= holds(text, name, PARAMETERS)


# --- answers that were cut ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "parameters", "text", "open_still"),
    [
        ("include", {"text": "light"}, "The light of", False),
        ("include", {"text": "light"}, "The lamp of", True),
        ("max_words", {"n": 3}, "one two three four", False),
        ("max_words", {"n": 9}, "one two three four", True),
        ("max_words", {"n": 2}, "\U0003134b", True),
        ("min_words", {"n": 3}, "one two three four", False),
        ("no_sign_off", {}, "The train is", True),
        ("no_apology", {}, "Sorry, the train is", False),
        ("wrapped", {"left": "[", "right": "]"}, "[The train is", True),
        ("wrapped", {"left": "[", "right": "]"}, "The train is", False),
        ("end_with", {"text": "The end."}, "The train is", True),
        ("json", {}, '{"a": "The train', True),
        ("json", {}, "The train is", False),
        ("json_keys", {"keys": ["a"]}, '{"a": "The', True),
        ("exact_words", {"n": 3}, "one two", True),
        ("exact_words", {"n": 3}, "one two three four", False),
        ("without_letter", {"letter": "e"}, "A train runs", True),
        ("without_letter", {"letter": "e"}, "The train", False),
        ("sentences", {"n": 1}, "One here. Two here. And", False),
        ("sentences", {"n": 3}, "One here. Two here. And", True),
        ("yes_no", {}, "Yes, it is because", False),
        ("no_filler", {}, "Sure! Here", False),
        ("bullets", {"n": 2}, "- a\n- b\n- c", False),
        ("bullets", {"n": 3}, "- a\n- b", True),
    ],
)
def test_a_cut_answer_is_judged_where_the_rest_changes_nothing(
    name: str, parameters: dict[str, Any], text: str, open_still: bool
) -> None:
    assert undecided(text, name, parameters) is open_still


@given(
    st.text(max_size=60),
    st.text(max_size=60),
    st.sampled_from(["include", "exclude", "max_words", "min_words", "no_commas"]),
)
def test_what_is_decided_stays_so(beginning: str, rest: str, name: str) -> None:
    parameters = PARAMETERS | {"text": "a"}
    if not undecided(beginning, name, parameters):
        assert holds(beginning + " " + rest, name, parameters) == holds(beginning, name, parameters)


# --- languages --------------------------------------------------------------------------------


@pytest.mark.parametrize("language", SENTENCES)
@pytest.mark.parametrize("asked", SENTENCES)
def test_a_sentence_is_in_its_own_language_alone(language: str, asked: str) -> None:
    verdicts = [holds(text, "language", {"language": asked}) for text in SENTENCES[language]]
    assert verdicts == [asked == language] * len(verdicts)


def test_japanese_is_not_chinese() -> None:
    assert not holds("空は青い色をしています。", "language", {"language": "Chinese"})
