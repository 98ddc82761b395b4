"""The facts that are asked in every language, with the codes of what could be taken for the answer.

Weekdays are numbered from Monday, 0, as in CLDR, months from January, 1; countries are ISO 3166 codes, currencies ISO
4217, languages BCP 47. A fact is left out where it is disputed, has changed lately or has a second right answer.
"""

from __future__ import annotations

from dataclasses import dataclass

THING = {
    "day_after": "weekday", "day_before": "weekday", "days_later": "weekday",
    "month_after": "month", "month_before": "month", "months_later": "month",
    "currency": "currency", "country_of_currency": "country", "official_language": "language",
    "country_name": "country", "language_name": "language",
}  # fmt: skip
"""What kind of thing answers each kind of question."""
SUBJECT = THING | {"currency": "country", "country_of_currency": "currency", "official_language": "country"}
"""What kind of thing it asks about."""
OWN_NAME = frozenset({"country_name", "language_name"})
"""Kinds that give a name in the thing's own language."""

DEFINITE = {"AL": "Shqipëria"}
"""Where CLDR has the indefinite form of a country's name, by which nobody calls it."""


@dataclass(frozen=True)
class Fact:
    """One fact; `near` are wrong answers in the order in which they are offered, of which a language needs three."""

    kind: str
    level: int
    subject: str
    answer: str
    near: tuple[str, ...]
    count: int = 0
    """Days or months that pass."""
    own_language: str = ""
    """In which a name of `OWN_NAME` is given."""

    @property
    def name(self) -> str:
        """The fact's name in every language: 'currency:JP'."""
        return f"{self.kind}:{self.subject}" + (f"+{self.count}" if self.count > 1 else "")


_COUNTED = (
    ("day_after", 1, 1, 1), ("day_before", 1, 4, -1), ("days_later", 2, 2, 5), ("days_later", 3, 3, 10),
    ("days_later", 3, 5, 100), ("month_after", 1, 4, 1), ("month_before", 1, 9, -1), ("months_later", 2, 2, 5),
    ("months_later", 3, 10, 5), ("months_later", 3, 6, 20),
)  # fmt: skip
"""Kind, level, where it starts and the step; "5 days" and "20 days" are one plural in Slavic languages."""
_NAMED = """
currency 1 JP JPY KRW THB VND MYR
currency 2 HU HUF CZK PLN RON
currency 2 IN INR BDT THB MYR
currency 2 ZA ZAR NGN KES AOA
currency 3 MY MYR THB VND BDT
currency 3 AO AOA GHS NGN ZAR KES
country_of_currency 1 PLN PL CZ HU RO BG
country_of_currency 2 VND VN TH KH MY
country_of_currency 2 NGN NG KE GH ZA
country_of_currency 3 KZT KZ MN AM GE
country_of_currency 3 BDT BD IN LK NP TH
country_of_currency 3 GHS GH NG KE AO
official_language 1 AT de hu sl cs it
official_language 1 BR pt es fr en nl
official_language 1 IR fa ar tr ur az
official_language 2 MZ pt fr en es sw
official_language 3 SR nl pt en fr es
official_language 3 BZ en es fr nl pt
official_language 3 GA fr pt es en ar
country_name 1 FI FI EE SE NO DK
country_name 2 HU HU RO BG CZ SK
country_name 2 HR HR SI RS BG SK
country_name 2 EG EG IQ JO MA LY
country_name 3 AL AL RO BG GR LT
country_name 3 AM AM AZ GE IR TR
language_name 1 el el hy ka mk sq
language_name 1 ja ja ko zh vi th
language_name 2 th th km lo my vi
language_name 2 he he ar fa hy am
language_name 3 ka ka hy az he el
language_name 3 cy cy br ga is mt
language_name 3 eu eu ca br mt sq
"""
_OWN_LANGUAGE = {"FI": "fi", "HU": "hu", "HR": "hr", "EG": "ar", "AL": "sq", "AM": "hy"}


def _counted(kind: str, level: int, start: int, step: int) -> Fact:
    """A fact of the calendar; its wrong answers are what is near the right one, and not what the question names."""
    first, size = (0, 7) if THING[kind] == "weekday" else (1, 12)
    answer = (start - first + step) % size + first
    near = [(answer - first + away) % size + first for away in (1, -1, 2, -2, 3, -3)]
    options = tuple(str(place) for place in near if place != start)
    return Fact(kind, level, str(start), str(answer), options, count=step)


def _named(line: str) -> Fact:
    kind, level, subject, answer, *near = line.split()
    own = _OWN_LANGUAGE.get(subject, subject) if kind in OWN_NAME else ""
    return Fact(kind, int(level), subject, answer, tuple(near), own_language=own)


FACTS = (*(_counted(*row) for row in _COUNTED), *(_named(line) for line in _NAMED.strip().splitlines()))
