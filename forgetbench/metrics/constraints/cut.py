"""Whether a text that the token limit cut can still be judged: some constraints show only at an answer's end."""

from __future__ import annotations

import re
from collections.abc import Mapping

from forgetbench.metrics.constraints.protocol import Checker, Parameters
from forgetbench.metrics.constraints.wording import count_words
from forgetbench.metrics.text import words

_ONCE_KEPT_ALWAYS_KEPT = frozenset(
    {"min_words", "include", "at_least", "begin_with", "repeat", "header", "bold", "highlights", "placeholders",
     "title", "postscript", "emoji", "capital_words", "table"}
)  # fmt: skip
"""What more is written takes nothing from these; until they are kept they may yet be."""
_ONCE_BROKEN_ALWAYS_BROKEN = frozenset(
    {"max_words", "one_word", "exclude", "lowercase", "uppercase", "without_letter", "no_commas", "no_exclamation",
     "no_question", "no_apology", "no_thanks", "no_ai", "no_first_person", "no_greeting", "no_filler", "no_list",
     "no_markdown", "no_offer", "no_sign_off"}
)  # fmt: skip
"""What more is written mends nothing in these; until they are broken they may yet be."""
_DECIDED_BY_THE_BEGINNING = frozenset({"begin_with", "repeat", "header", "no_filler", "no_greeting"})
_BEGINNING_CHARS = 200


def undecided(text: str, name: str, checker: Checker, parameters: Parameters) -> bool:
    """Whether what would have followed `text`, folded and stripped, can change what `checker` says of it."""
    kept = bool(text) and checker(text, parameters)
    if name in _DECIDED_BY_THE_BEGINNING and len(text) >= _BEGINNING_CHARS:
        return False
    if kept:
        return name not in _ONCE_KEPT_ALWAYS_KEPT
    if name in _ONCE_BROKEN_ALWAYS_BROKEN:
        return not (words(text) and count_words(text))  # a text without a word breaks them as well
    broken = _CANNOT_BE_MENDED.get(name)
    return broken is None or not broken(text, parameters)


def _counted(pattern: str, flags: re.RegexFlag = re.MULTILINE) -> Checker:
    """Whether a text has more of something than it may have."""
    found = re.compile(pattern, flags)
    return lambda text, parameters: len(found.findall(text)) > parameters["n"]


def _starts_otherwise(text: str, parameters: Parameters) -> bool:
    left: str = parameters["left"]
    return not text.startswith(left) and not (left == '"' and text[:1] in "\u201c\u201e")


def _not_an_option(text: str, parameters: Parameters) -> bool:
    return not any(option.startswith(text) for option in parameters["options"])


_CANNOT_BE_MENDED: Mapping[str, Checker] = {
    "json": lambda text, _: not text.startswith(("{", "```")),
    "json_keys": lambda text, _: not text.startswith(("{", "```")),
    "exact_words": lambda text, p: count_words(text) > p["n"],
    "code_block": lambda text, _: not text.startswith("```"),
    "wrapped": _starts_otherwise,
    "one_of": _not_an_option,
    "yes_no": lambda text, _: len(text) > len("Yes."),
    "comma_list": lambda text, p: "\n" in text or text.count(",") >= p["n"],
    "paragraphs": lambda text, p: len(re.split(r"\n[ \t\r]*\n", text)) > p["n"],
    "bullets": _counted(r"^[ \t]*[-*\u2022][ \t]+\S"),
    "numbered": _counted(r"^[ \t]*(?:\*\*)?\d{1,3}[.)]"),
    "countdown": _counted(r"^[ \t]*(?:\*\*)?\d{1,3}[.)]"),
    "sections": _counted(r"^[\W_]*section[ \t]+\d", re.MULTILINE | re.IGNORECASE),
    "sentences": _counted(r"[a-z]{2}[.!?](?=\s+[A-Z])", re.NOFLAG),
    "one_sentence": lambda text, _: "\n" in text or re.search(r"[a-z]{3}[.!?]\s+[A-Z]", text) is not None,
    "parts": lambda text, p: text.count(p["text"]) >= p["n"],
    "language": lambda text, _: len(text) >= _BEGINNING_CHARS,
}
"""Broken so that nothing that follows can keep them; the others may be kept by their end."""
