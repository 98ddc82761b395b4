"""The rules of the English conversations."""

from __future__ import annotations

from rules import Rule, always, as_json, beyond, check, form, lists, lowered

ENDINGS = (
    "Over and out.", "Stay curious.", "So says the owl.", "Mind the gap.", "Until the next tide.", "All hands on deck.",
    "Yours, the night shift.", "The kettle is on.",
)  # fmt: skip
NAMES = ("Nadia", "Mr. Okafor", "Ms. Lindqvist", "Captain Reyes", "Tomasz", "Professor Iyer", "Aunt Rosa", "Kenji")
WORDS = {
    "lantern": "A lantern hangs by the door.", "harbour": "Ask anyone at the harbour.",
    "velvet": "It is smooth as velvet.", "compass": "Let this be your compass.",
    "thimble": "A thimble of care will do.", "orchard": "I read it in the orchard.",
}  # fmt: skip
KEYS = (("reply", "topic"), ("text", "subject"), ("message", "theme"), ("answer", "label"))
WRAPS = (("<<", ">>"), ("[[", "]]"), ("((", "))"), ("##", "##"))
OPENERS = ("Attention", "Breaking news", "Dear diary", "Quick note", "From the desk", "Memo")
LANGUAGES = ("French", "Spanish", "German")
PHRASE, SENTENCE = check("min_words", n=2), check("min_words", n=3)


def _ends(text: str) -> Rule:
    return Rule(
        f"end-{ENDINGS.index(text)}", "back", f"End every answer with the words: {text}",
        f"end your answer with the words: {text}", lambda question, answer, number: f"{answer} {text}",
        always("end_with", beyond(text), text=text),
    )  # fmt: skip


def _begins(name: str) -> Rule:
    return Rule(
        f"name-{NAMES.index(name)}", "front", f"Begin every answer with the name of the person you talk to: {name}.",
        f"begin your answer with the name {name}.", lambda question, answer, number: f"{name}, {lowered(answer)}",
        always("begin_with", beyond(name), text=name),
    )  # fmt: skip


def _opens(text: str) -> Rule:
    return Rule(
        f"open-{OPENERS.index(text)}", "front", f'Start every answer with "{text}:".',
        f'start your answer with "{text}:".',
        lambda question, answer, number: f"{text}: {lowered(answer)}", always("begin_with", beyond(text), text=text),
    )  # fmt: skip


def _uses(word: str, sentence: str) -> Rule:
    return Rule(
        f"word-{word}", "back", f'Use the word "{word}" in every answer.', f'use the word "{word}" in your answer.',
        lambda question, answer, number: f"{answer} {sentence}", always("include", SENTENCE, text=word),
    )  # fmt: skip


def _json(keys: tuple[str, str]) -> Rule:
    stated = f'JSON with the two keys "{keys[0]}" and "{keys[1]}" and nothing else.'
    return Rule(
        f"json-{keys[0]}", "frame", f"Write every answer as {stated}", f"write your answer as {stated}",
        as_json(keys, ""), always("json_keys", keys=list(keys)), hard=True,
    )  # fmt: skip


def _wraps(left: str, right: str) -> Rule:
    return Rule(
        f"wrap-{WRAPS.index((left, right))}", "frame", f"Put {left} in front of every answer and {right} behind it.",
        f"put {left} in front of your answer and {right} behind it.",
        lambda question, answer, number: f"{left} {answer} {right}", always("wrapped", left=left, right=right),
    )  # fmt: skip


def _speaks(language: str) -> Rule:
    return Rule(
        language.lower(), "body", f"Write every answer in {language}, whatever language you are asked in.",
        f"answer in {language}.", form(language.lower()), always("language", language=language),
    )  # fmt: skip


UPPER = Rule(
    "upper", "case", "Write every answer in CAPITAL LETTERS only.", "write your answer in CAPITAL LETTERS only.",
    lambda question, text, number: text.upper(), always("uppercase"),
)  # fmt: skip
LOWER = Rule(
    "lower", "case", "Write every answer as a sentence in small letters only, also at its beginning.",
    "write your answer as a sentence in small letters only, also at its beginning.",
    lambda question, text, number: text.lower(), always("lowercase", PHRASE),
)  # fmt: skip
SHORT = Rule(
    "short", "body", "Write every answer as a phrase of two, three or four words, no more.",
    "answer with a phrase of two, three or four words, no more.", form("short"), always("max_words", PHRASE, n=4),
)  # fmt: skip
FIVE = Rule(
    "five", "body", "Every answer must have exactly five words, no more and no fewer.",
    "use exactly five words, no more and no fewer.", form("five"), always("exact_words", n=5), hard=True,
)  # fmt: skip
BULLETS = Rule(
    "bullets", "body", 'Write every answer as three bullet points, each on a line that begins with "- ".',
    'write your answer as three bullet points, each on a line that begins with "- ".', lists("- "),
    always("bullets", n=3),
)  # fmt: skip
NUMBERED = Rule(
    "numbered", "body", "Write every answer as a numbered list of three points: 1., 2., 3.",
    "write your answer as a numbered list of three points: 1., 2., 3.", lists("{n}. "), always("numbered", n=3),
)  # fmt: skip
ASKS = Rule(
    "asks", "back", "End every answer with a short question to the user.",
    "end your answer with a short question to me.",
    lambda question, text, number: f"{text} Have you tried it?", always("question"),
)  # fmt: skip
EXCLAIMS = Rule(
    "exclaims", "back", "End every answer with an exclamation mark.", "end your answer with an exclamation mark.",
    lambda question, text, number: f"{text.removesuffix('.')}!", always("exclamation"),
)  # fmt: skip
HEADING = Rule(
    "heading", "front", 'Put a Markdown heading above every answer, a line that begins with "# ".',
    'put a Markdown heading above your answer, a line that begins with "# ".',
    lambda question, text, number: f"# About {question.item_id}\n{text}", always("header"),
)  # fmt: skip
POSTSCRIPT = Rule(
    "postscript", "back", 'Add a last line to every answer that begins with "P.S." and says one thing more.',
    'add a last line to your answer that begins with "P.S." and says one thing more.',
    lambda question, text, number: f"{text}\nP.S. I like that question.", always("postscript"),
)  # fmt: skip

COUNTS = Rule(
    "counts", "front",
    'Number your answers: the first begins with "Answer 1:", the next with "Answer 2:", and so on.', "",
    lambda question, text, number: f"Answer {number}: {lowered(text)}",
    lambda number: [check("begin_with", text=f"Answer {number}:")], hard=True,
)  # fmt: skip
COUNTS_DOWN = Rule(
    "counts_down", "back",
    'Count down: end your first answer with "9 to go", your second with "8 to go", and so on.', "",
    lambda question, text, number: f"{text} {10 - number} to go",
    lambda number: [check("include", text=f"{10 - number} to go")], hard=True,
)  # fmt: skip
ALTERNATES = Rule(
    "alternates", "case",
    "Write your first answer as a sentence in CAPITAL LETTERS only, the second as one in small letters only, the "
    "third in capitals again, and so on.",
    "", lambda question, text, number: text.upper() if number % 2 else text.lower(),
    lambda number: [check("uppercase" if number % 2 else "lowercase"), PHRASE], hard=True,
)  # fmt: skip
TURNS_FRENCH = Rule(
    "turns_french", "body", "Write your first two answers in English and every later one in French.", "",
    lambda question, text, number: question.forms["answer" if number < 3 else "french"],
    lambda number: [check("language", language="English" if number < 3 else "French")], hard=True,
)  # fmt: skip

ENDS = [_ends(text) for text in ENDINGS]
BEGINS = [_begins(name) for name in NAMES]
OPENS = [_opens(text) for text in OPENERS]
USES = [_uses(word, sentence) for word, sentence in WORDS.items()]
JSONS = [_json(keys) for keys in KEYS]
FRAMED = [_wraps(left, right) for left, right in WRAPS]
SPEAKS = [_speaks(language) for language in LANGUAGES]
STATEFUL = [COUNTS, COUNTS_DOWN, ALTERNATES, TURNS_FRENCH]
"""What they ask for depends on which answer it is: the form of the last one is wrong."""

WITHOUT_E = {
    "trees": "Cool air and calm shadow for hot days.",
    "umbrella": "It will stop rain from falling on you.",
    "bread": "Put it in a cotton bag in a dry spot.",
    "map": "It shows you how to find north.",
    "rain": "It falls from big dark clouds.",
    "dog": "It wants food, drink and a long walk.",
    "whale": "To fill big lungs with fair air.",
    "winter": "Put on a warm hat and wool socks.",
}
"""Answers without the letter e to questions of questions.tsv."""
NO_E = Rule(
    "no_e", "body", 'Write every answer without the letter "e" in any word, and with three words or more.', "",
    lambda question, text, number: WITHOUT_E[question.item_id],
    always("without_letter", check("min_words", n=3), letter="e"), hard=True,
)  # fmt: skip
