"""What a conversation says, read a second way: dates, times, lengths of time, numbers, names of the schemas' lists."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from dateutil import parser

TODAY = date(2025, 3, 12)
WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
MONTHS = "January February March April May June July".split()
_DATE = re.compile(rf"(?:\d{{1,2}}(?:st|th)?(?: of)? (?:{'|'.join(MONTHS)})|(?:{'|'.join(MONTHS)}) \d{{1,2}},) \d{{4}}")
MEANT = {
    "EUR": "euros", "JPY": "yen", "USD": "dollars", "GBP": "pounds", "kg": "kilograms", "lb": "pounds",
    "km": "kilometres", "mi": "mile", "m": "metres", "bike": "by bike", "walk": "on foot", "car": "by car",
    "bus": "by bus", "damaged": "arrived damaged", "wrong_size": "wrong size", "not_needed": "don't need it",
    "changed_mind": "changed my mind", "ordered_by_mistake": "by mistake", "too_late": "too late",
    "quiet": "quietly", "strong": "full strength", "gluten_free": "free of gluten",
}  # fmt: skip
"""Names of the schemas' lists, and the words that mean them."""
FLAGS = ("random order", "video call", "sit outside", "with breakfast", "not read yet")


def said_in(text: str) -> Callable[[Any], bool]:
    """Whether a text says a value of an argument."""
    found = {*dates(text), *times(text), *digits_only(text)}
    numbers = {*amounts(text), *minutes(text)}
    spelled = text.casefold()

    def said(value: Any) -> bool:
        if isinstance(value, bool):
            return value and any(flag in text for flag in FLAGS)
        if isinstance(value, int | float):
            return value in numbers
        if value in DAYS:
            return value in weekdays(text)
        if re.fullmatch(r"[\d:-]+", value):
            return value in found
        return MEANT.get(value, value).casefold() in spelled

    return said


def dates(text: str) -> set[str]:
    coming = {
        day: next(TODAY + timedelta(n) for n in range(1, 8) if (TODAY + timedelta(n)).strftime("%A") == day)
        for day in DAYS
    }
    near = {
        "tomorrow": TODAY + timedelta(1),
        "the day after tomorrow": TODAY + timedelta(2),
        "a week from today": TODAY + timedelta(7),
    }
    near |= {f"this {day}": coming[day] for day in DAYS}
    relative = {when.isoformat() for words, when in near.items() if words in text}
    if "the day after tomorrow" in text:
        relative.discard(near["tomorrow"].isoformat())
    return relative | {parser.parse(said.replace(" of ", " ")).date().isoformat() for said in _DATE.findall(text)}


def times(text: str) -> set[str]:
    found = {parser.parse(said).strftime("%H:%M") for said in re.findall(r"\d{1,2}:\d{2} [ap]m", text)}
    found |= {f"{int(hour) + 12:02d}:00" for hour in re.findall(r"\b(\d{1,2}) in the evening", text)}
    found |= {f"{WORDS.index(hour):02d}:30" for hour in re.findall(r"half past (\w+) in the morning", text)}
    found |= {f"{WORDS.index(hour) + 11:02d}:45" for hour in re.findall(r"quarter to (\w+) in the evening", text)}
    return found | ({"12:00"} if re.search(r"\bnoon\b", text) else set())


def minutes(text: str) -> set[float]:
    """Lengths of time, in minutes."""
    fixed = {
        "an hour and a half": 90,
        "three quarters of an hour": 45,
        "half an hour": 30,
        "an hour and ten minutes": 70,
    }
    found: set[float] = {value for words, value in fixed.items() if words in text.casefold()}
    return found | {60 * WORDS.index(count) for count in re.findall(r"\b(\w+) hours", text) if count in WORDS}


def amounts(text: str) -> set[float]:
    """Numbers in digits and words, with halves and quarters."""
    found = {float(digits) for digits in re.findall(r"\b\d+\b", text)}
    whole = {float(WORDS.index(word)) for word in re.findall(r"[a-z]+", text.casefold()) if word in WORDS}
    tens = {"twenty": 20.0, "eighteen": 18.0, "twenty-two": 22.0, **{word: float(WORDS.index(word)) for word in WORDS}}
    halves = {tens[word] + 0.5 for word in re.findall(r"([\w-]+) and a half", text) if word in tens}
    parts = {"half a mile": 0.5, "a quarter of a mile": 0.25}
    return found | whole | halves | {value for words, value in parts.items() if words in text}


def digits_only(text: str) -> set[str]:
    """Telephone numbers without what stands between their digits."""
    return {re.sub(r"\D", "", said) for said in re.findall(r"\(?0\d{3}[\d )/-]{6,}\d", text)}


def weekdays(text: str) -> set[str]:
    named = {day for day in DAYS if f"{day}s" in text}
    for first, last in re.findall(r"from (\w+day) to (\w+day)", text):
        named |= set(DAYS[DAYS.index(first) : DAYS.index(last) + 1])
    return named
