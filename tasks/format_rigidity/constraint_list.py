"""Which constraints are put to which questions, and in what words.

A constraint is checked by the function of the same name in `forgetbench.metrics.constraints`. A round spreads its
constraints evenly over its questions; a new round leaves the items of the others as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from prompts import CHINESE_QUESTIONS, QUESTIONS, VOICE_QUESTIONS

LONGER = ("explain", "advice", "opinion", "describe", "how_to")
LISTS = ("list", "advice", "how_to")
SHORT = ("fact", "yes_no")
TALK = ("note", "chat")


class Constraint(NamedTuple):
    """A constraint, its wordings (filled in from its parameters), and where it makes sense."""

    name: str
    family: str
    """What it is about, which is the stratum of its items."""
    wordings: Sequence[str]
    parameters: Sequence[Mapping[str, Any]] = ({},)
    """{keyword} and {question} stand for those of the question."""
    kinds: Sequence[str] = ()
    """The kinds of questions that it fits; empty for all of the round."""


class Round(NamedTuple):
    """Constraints for a set of questions."""

    constraints: Sequence[Constraint]
    questions: Mapping[str, Sequence[tuple[str, str]]]
    per_question: int
    seed: int


BASIC = [
    Constraint(
        "json", "layout", ["Answer only with a JSON object.", "Reply with a valid JSON object and nothing else."]
    ),
    Constraint(
        "bullets",
        "layout",
        [
            "Answer with exactly {n} bullet points, each starting with '- '.",
            "Give your answer as a bullet list of {n} items.",
        ],
        [{"n": 2}, {"n": 3}, {"n": 4}],
        LISTS,
    ),
    Constraint(
        "numbered",
        "layout",
        ["Answer with a numbered list of exactly {n} items.", "Number your points from 1. to {n}."],
        [{"n": 2}, {"n": 3}, {"n": 4}],
        LISTS,
    ),
    Constraint(
        "table",
        "layout",
        ["Answer with a markdown table.", "Put your answer in a markdown table."],
        kinds=("list", "how_to"),
    ),
    Constraint(
        "code_block",
        "layout",
        ["Put your whole answer in a code block with triple backticks.", "Answer inside ``` and ``` only."],
    ),
    Constraint(
        "comma_list",
        "layout",
        [
            "Answer with exactly {n} things on one line, separated by commas.",
            "Name {n}, separated by commas.",
        ],
        [{"n": 3}, {"n": 4}, {"n": 5}],
        ("list",),
    ),
    Constraint(
        "wrapped",
        "layout",
        [
            "Put your whole answer between {left} and {right}.",
            "Start your answer with {left} and end it with {right}.",
        ],
        [{"left": '"', "right": '"'}, {"left": "[", "right": "]"}, {"left": "<<", "right": ">>"}],
    ),
    Constraint(
        "paragraphs",
        "layout",
        ["Write exactly {n} paragraphs, with an empty line between them.", "Use {n} short paragraphs."],
        [{"n": 2}],
        LONGER,
    ),
    Constraint(
        "header",
        "layout",
        [
            "Begin with a markdown heading, such as '# Title'.",
            "Put a markdown heading on top, a line that starts with '# '.",
        ],
        kinds=LONGER,
    ),
    Constraint(
        "bold", "layout", ["Put the most important word in **bold**.", "Use markdown **bold** for at least one word."]
    ),
    Constraint(
        "one_word",
        "length",
        ["Answer with one word.", "Reply with a single word only."],
        kinds=("fact", "yes_no", "opinion"),
    ),
    Constraint(
        "max_words",
        "length",
        ["Use at most {n} words.", "Answer in {n} words or fewer."],
        [{"n": 5}, {"n": 8}, {"n": 12}],
    ),
    Constraint("one_sentence", "length", ["Answer in exactly one sentence.", "Reply with a single sentence."]),
    Constraint("yes_no", "wording", ["Answer yes or no only.", "Reply with just 'yes' or 'no'."], kinds=("yes_no",)),
    Constraint(
        "begin_with",
        "wording",
        ["Begin your answer with the word '{text}'.", "The first word of your answer must be '{text}'."],
        [{"text": "Honestly"}, {"text": "Well"}, {"text": "Today"}, {"text": "Indeed"}],
    ),
    Constraint(
        "end_with",
        "wording",
        ["End your answer with the words: {text}", "The last words of your answer must be: {text}"],
        [{"text": "That is all."}, {"text": "I hope this helps."}, {"text": "The end."}],
    ),
    Constraint(
        "include",
        "wording",
        ["Use the word '{text}' in your answer.", "Your answer must contain the word '{text}'."],
        [{"text": "{keyword}"}],
    ),
    Constraint(
        "exclude",
        "wording",
        ["Do not use the word '{text}'.", "Answer without the word '{text}'."],
        [{"text": "the"}, {"text": "is"}, {"text": "and"}],
        LONGER,
    ),
    Constraint("lowercase", "characters", ["Write in lowercase letters only.", "Do not use any capital letters."]),
    Constraint("uppercase", "characters", ["Write in capital letters only.", "ANSWER IN ALL CAPITALS."]),
    Constraint(
        "no_commas", "characters", ["Do not use any commas.", "Answer without commas."], kinds=("list", *LONGER)
    ),
    Constraint("question", "characters", ["Answer with a question.", "Your answer must end with a question mark."]),
    Constraint(
        "exclamation", "characters", ["End your answer with an exclamation mark.", "The last character must be '!'."]
    ),
]

# More of the kinds that IFEval has, sized so that a short answer can keep them.
FURTHER = [
    Constraint(
        "at_least",
        "wording",
        [
            "Use the word '{text}' at least {n} times.",
            "The word '{text}' must appear in your answer {n} times or more.",
        ],
        [{"text": "{keyword}", "n": 2}, {"text": "{keyword}", "n": 3}],
    ),
    Constraint(
        "postscript",
        "layout",
        [
            "Answer briefly and add a last line that starts with 'P.S.'",
            "Give a short answer, then a postscript on a new line, starting with P.S.",
        ],
    ),
    Constraint(
        "placeholders",
        "layout",
        ["Leave at least {n} gaps to fill in, in square brackets, such as [name].", "Use {n} or more [placeholders]."],
        [{"n": 2}, {"n": 3}],
        LONGER,
    ),
    Constraint(
        "title",
        "layout",
        ["Give your answer a title in double angle brackets, such as <<Title>>.", "Put a <<title>> on top."],
    ),
    Constraint(
        "sections",
        "layout",
        [
            "Write {n} short sections that begin with 'Section 1', 'Section 2' and so on.",
            "Divide your answer into Section 1 to Section {n}, each on a new line.",
        ],
        [{"n": 2}, {"n": 3}],
        LONGER,
    ),
    Constraint(
        "parts",
        "layout",
        ["Give {n} different answers with {text} between them.", "Write {n} short answers, separated by {text}"],
        [{"n": 2, "text": "******"}, {"n": 2, "text": "|||"}, {"n": 3, "text": "---"}],
        ("list", *LONGER),
    ),
    Constraint(
        "highlights",
        "layout",
        [
            "Highlight at least {n} words, each in asterisks of its own, such as *this*.",
            "Put {n} or more words between *asterisks*, each word on its own.",
        ],
        [{"n": 2}, {"n": 3}],
    ),
    Constraint(
        "one_of",
        "wording",
        ["Reply with one of these and nothing else: {options[0]} / {options[1]} / {options[2]}"],
        [
            {"options": ["My answer is yes.", "My answer is no.", "My answer is maybe."]},
            {"options": ["Agreed.", "Not agreed.", "Hard to say."]},
            {"options": ["+1", "-1", "0"]},
        ],
        ("yes_no",),
    ),
    Constraint(
        "repeat",
        "wording",
        [
            "First repeat the question word for word, then answer it.",
            "Start by copying my first sentence, then answer.",
        ],
        [{"text": "{question}"}],
    ),
    Constraint(
        "sentences",
        "length",
        ["Answer in exactly {n} sentences.", "Write {n} sentences, no more and no fewer."],
        [{"n": 2}, {"n": 3}],
        LONGER,
    ),
    Constraint(
        "min_words", "length", ["Write at least {n} words.", "Use {n} words or more."], [{"n": 15}, {"n": 25}], SHORT
    ),
    Constraint(
        "capital_words",
        "characters",
        ["Write at least {n} words in CAPITAL letters.", "Put {n} or more words in ALL CAPS."],
        [{"n": 2}, {"n": 3}],
    ),
    Constraint(
        "lines",
        "layout",
        ["Answer on exactly {n} lines, each starting with '{text}'.", "Write {n} lines and begin each one with {text}"],
        [{"n": 2, "text": ">>"}, {"n": 3, "text": "=>"}, {"n": 2, "text": "@"}],
        LISTS,
    ),
    Constraint(
        "countdown",
        "layout",
        [
            "Answer with a list numbered backwards, from {n}. down to 1.",
            "List {n} points in reverse: begin with {n}. and end with 1.",
        ],
        [{"n": 3}, {"n": 4}],
        LISTS,
    ),
    Constraint("emoji", "characters", ["Use at least one emoji.", "Put an emoji into your answer."]),
    Constraint(
        "no_list",
        "layout",
        ["Write running text, not a list.", "Do not use a list or bullet points."],
        kinds=LISTS,
    ),
    Constraint(
        "no_markdown",
        "layout",
        ["Use plain text without any Markdown.", "No headings, no bold, no lists: plain text only."],
        kinds=LISTS,
    ),
]

# Both wordings ask for a sentence: a name alone is in no language.
LANGUAGE = [
    Constraint(
        "language",
        "language",
        ["Answer in {language}, in one full sentence.", "Write one full sentence in {language}."],
        [{"language": "French"}, {"language": "Chinese"}, {"language": "Spanish"}, {"language": "German"}],
    ),
]

# The opposite of what a trained assistant says unasked. The questions are such that it would.
VOICE = [
    Constraint("no_greeting", "voice", ["Do not greet anyone.", "Leave out any greeting."], kinds=TALK),
    Constraint("no_apology", "voice", ["Do not apologise.", "Do not say sorry in any way."], kinds=("note",)),
    Constraint(
        "no_sign_off",
        "voice",
        ["Leave out 'Best regards' and the like.", "Do not end it with 'Yours', 'Best wishes' or the like."],
        kinds=("note",),
    ),
    Constraint("no_thanks", "voice", ["Do not thank anyone.", "Leave out any thanks."], kinds=("note",)),
    Constraint(
        "no_filler",
        "voice",
        ["Get to the point, no 'Sure' or 'Great question'.", "No opening such as 'Certainly' or 'Here is'."],
        kinds=("chat",),
    ),
    Constraint("no_offer", "voice", ["Do not offer any more help.", "Do not offer help at the end."], kinds=TALK),
    Constraint(
        "no_ai",
        "voice",
        [
            "Do not say that you are an AI or any other kind of program or machine.",
            "Do not call yourself an AI, a language model, a program or a machine.",
        ],
        kinds=("self",),
    ),
    Constraint(
        "no_first_person",
        "voice",
        ["Avoid the first person: no I, me, my, we, us or our.", "Avoid every form of 'I' and 'we'."],
        kinds=("note", "self"),
    ),
    Constraint("no_exclamation", "voice", ["Do not use exclamation marks.", "No exclamation marks."], kinds=TALK),
    Constraint(
        "no_question", "voice", ["Do not ask anything back.", "Do not use question marks."], kinds=("chat", "self")
    ),
    Constraint(
        "max_words",
        "voice",
        ["Be blunt: {n} words at most.", "Be curt, no more than {n} words."],
        [{"n": 4}, {"n": 8}],
    ),
    Constraint(
        "begin_with",
        "voice",
        ["Begin with '{text}'.", "Start right away with '{text}'."],
        [{"text": "Look,"}, {"text": "Bad idea"}, {"text": "So what"}, {"text": "Nope"}],
    ),
    Constraint("lowercase", "voice", ["type in lowercase only, like a tired friend.", "no capital letters please."]),
]

CHINESE = [
    Constraint("json", "chinese", ["请只用一个 JSON 对象回答。", "只输出一个合法的 JSON 对象，不要其他内容。"]),
    Constraint(
        "bullets",
        "chinese",
        ["请用{n}个要点回答，每个要点以“- ”开头。", "请列出{n}点，每点单独一行，以“- ”开头。"],
        [{"n": 2}, {"n": 3}],
        ("zh_list", "zh_advice"),
    ),
    Constraint(
        "numbered",
        "chinese",
        ["请用“1.”“2.”这样的编号列表回答，一共{n}条。", "请列出{n}条，从1.开始编号。"],
        [{"n": 3}, {"n": 2}],
        ("zh_list", "zh_advice"),
    ),
    Constraint("max_words", "chinese", ["不超过{n}个字。", "最多写{n}个字。"], [{"n": 8}, {"n": 12}]),
    Constraint(
        "begin_with",
        "chinese",
        ["请以“{text}”开头。", "回答的开头必须是“{text}”。"],
        [{"text": "其实"}, {"text": "说实话"}, {"text": "简单来说"}],
    ),
    Constraint(
        "end_with", "chinese", ["请以“{text}”结尾。", "最后必须写“{text}”"], [{"text": "就是这样。"}, {"text": "完。"}]
    ),
    Constraint(
        "include", "chinese", ["回答中要用到“{text}”。", "请在回答里使用“{text}”这个词。"], [{"text": "{keyword}"}]
    ),
    Constraint("question", "chinese", ["请用一个问句回答。", "回答必须以问号结尾。"]),
    Constraint("wrapped", "chinese", ["请把整个回答放在{left}和{right}之间。"], [{"left": "[", "right": "]"}]),
    Constraint(
        "language",
        "chinese",
        ["请用英文回答，写一个完整的句子。", "请用一个完整的英文句子回答。"],
        [{"language": "English"}],
    ),
]

ROUNDS = [
    Round(BASIC, QUESTIONS, per_question=3, seed=20),
    Round(FURTHER, QUESTIONS, per_question=2, seed=21),
    Round(LANGUAGE, {kind: QUESTIONS[kind] for kind in LONGER}, per_question=1, seed=22),
    Round(VOICE, VOICE_QUESTIONS, per_question=3, seed=23),
    Round(CHINESE, CHINESE_QUESTIONS, per_question=3, seed=24),
]
