"""What is asked, in each language.

What is filled in stands in its citation form: behind a colon, between quotation marks, or after "it is", so that no
language has to inflect it; of "day" and "month" one plural serves. A template "-" says that the language counts its
weekdays (Portuguese and Chinese by numerals; Vietnamese, Greek and Arabic by ordinals) or its months (Chinese,
Japanese, Korean, Vietnamese), so that the answer can be worked out without knowing a name.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from wording_asia import ROWS as ASIA
from wording_europe import ROWS as EUROPE

KINDS = (
    "day_after", "day_before", "days_later", "month_after", "month_before", "months_later",
    "currency", "country_of_currency", "official_language", "country_name", "language_name",
)  # fmt: skip
"""The kinds of questions, in the order of the templates."""
_LINES = {language: [line.strip() for line in text.splitlines()] for language, text in {**EUROPE, **ASIA}.items()}
LABELS = {language: tuple(lines[0].split("|")) for language, lines in _LINES.items()}
"""What stands before the question and before the reply."""
GAPS = {language: "" if language in ("ja", "zh") else " " for language in LABELS}
"""What stands between two words, and behind a label."""
_TEMPLATES = {language: dict(zip(KINDS, lines[1:], strict=True)) for language, lines in _LINES.items()}
_ARABIC_MONTHS = {5: "5 أشهر", 20: "20 شهرًا"}
"""In Arabic the noun changes with its number."""


def question(kind: str, language: str, subject: str, count: int) -> str | None:
    """What is asked; None where the language's weekdays or months are numbers."""
    template = _TEMPLATES[language][kind]
    if template == "-":
        return None
    number = _ARABIC_MONTHS[count] if language == "ar" and count > 1 else str(count)
    return template.format(x=subject, n=number)


def requests() -> Iterator[tuple[str, str, str]]:
    """Everyday requests that a sentence or two answers: language, topic and text."""
    with (Path(__file__).parent / "requests.tsv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            yield row["language"], row["topic"], row["text"]
