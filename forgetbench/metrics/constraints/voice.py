"""Constraints that ask for the opposite of a trained assistant's voice: no greeting, no apology, no offer of help.

Each names phrases that must not stand in an answer: anywhere, or at the beginning of a line. An answer without a
word keeps none of them, so that silence is no way to keep a constraint.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from forgetbench.metrics.constraints.protocol import Checker, Parameters
from forgetbench.metrics.text import words

_ANYWHERE: Mapping[str, str] = {
    "no_apology": """sorry / apology / apologies / apologise / apologize / apologising / apologizing /
        apologised / apologized / apologetic / regret / forgive / pardon / excuse me / excuse us""",
    "no_thanks": "thank / thanks / thankful / grateful / gratitude / appreciate / appreciated / appreciation",
    "no_ai": """ai / language model / artificial intelligence / virtual assistant / digital assistant /
        computer program / i'm a program / i am a program / just a program / software / chatbot / machine learning /
        i'm a computer / i am a computer / just a computer / a machine / a robot / a bot""",
    "no_offer": """let me know / feel free / happy to help / glad to help / here to help / happy to assist /
        here to assist / glad to assist / hope this helps / hope that helps / anything else /
        any other questions / any questions / further questions / more questions / further assistance /
        don't hesitate / do not hesitate / reach out / how can i help / how may i help / how can i assist /
        how may i assist / can i help / i can help / i can assist / need any help / need more help""",
    "no_first_person": """i / me / my / mine / myself / i'm / i've / i'd / i'll / we / us / our / ours / ourselves /
        we're / we've / we'd / we'll""",
}
_AT_LINE_START: Mapping[str, str] = {
    "no_greeting": """hello / hi / hey / hiya / howdy / dear / greetings / welcome / good morning /
        good afternoon / good evening / good day / good night""",
    "no_filler": """sure / certainly / absolutely / definitely / of course / no problem / good question /
        great question / excellent question / that's a great / that is a great / that's a good / that is a good /
        what a great / what a good / i'd be happy / i would be happy / i'm happy / i am happy / i'm glad /
        i am glad / happy to / glad to / here is / here's / here are / thank you for / thanks for /
        i understand that""",
    "no_sign_off": """best regards / kind regards / warm regards / warmest regards / kindest regards /
        with kind regards / with best regards / with warm regards / regards / warm wishes / sincerely /
        yours / best wishes / all the best / cheers / take care / with love / warmly / respectfully /
        cordially / many thanks""",
}

_ALONE_IN_LINE: Mapping[str, Sequence[str]] = {"no_sign_off": ("best", "love")}
"""These break the constraint of the same name only where they are a whole line: "Best,"."""


def _phrases(listed: str) -> list[str]:
    return [f" {' '.join(words(phrase))} " for phrase in listed.split("/")]


def _spoken(text: str) -> str:
    return f" {' '.join(words(text))} "


def _nowhere(listed: str) -> Checker:
    phrases = _phrases(listed)

    def check(text: str, _: Parameters) -> bool:
        spoken = _spoken(text)
        return bool(spoken.strip()) and not any(phrase in spoken for phrase in phrases)

    return check


def _at_no_line_start(listed: str, alone: Sequence[str] = ()) -> Checker:
    begins: Callable[[str], object] = re.compile("|".join(map(re.escape, _phrases(listed)))).match

    def check(text: str, _: Parameters) -> bool:
        lines = [_spoken(line) for line in text.split("\n")]
        broken = any(begins(line) or line.strip() in alone for line in lines)
        return any(line.strip() for line in lines) and not broken

    return check


VOICE: Mapping[str, Checker] = {
    **{name: _nowhere(listed) for name, listed in _ANYWHERE.items()},
    **{name: _at_no_line_start(listed, _ALONE_IN_LINE.get(name, ())) for name, listed in _AT_LINE_START.items()},
}
"""None takes parameters."""
