"""What things are called in each language, by CLDR through babel: the name that is asked and offered, and all others.

A currency is called by its noun alone (currencies.tsv), since CLDR's name says whose it is: "Japanese yen". Other names
are CLDR's further ones (inflected months, plurals of currencies, what regions call it) and those of `further.tsv`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale
from facts import FACTS, SUBJECT, THING

FOLDER = Path(__file__).parent
LANGUAGES = ("ar", "de", "el", "es", "fr", "hi", "id", "it", "ja", "ko", "pl", "pt", "ru", "tr", "uk", "vi", "zh")
_REGIONS = {
    "ar": ("ar_SY", "ar_MA", "ar_SA"), "de": ("de_AT", "de_CH"), "es": ("es_MX", "es_419"), "fr": ("fr_CA", "fr_CH"),
    "pt": ("pt_PT",), "zh": ("zh_Hant", "zh_Hant_HK"), "ru": ("ru_UA",),
}  # fmt: skip
_TABLES = {"country": "territories", "currency": "currencies", "language": "languages"}


def of_cldr(thing: str, code: str, locale: str) -> list[str]:
    """CLDR's names of a thing in a locale, the usual one first."""
    known = Locale.parse(locale)
    if thing in ("weekday", "month"):
        tables = known.days if thing == "weekday" else known.months
        return [tables[context]["wide"][int(code)] for context in ("stand-alone", "format")]
    names = [known_name] if (known_name := getattr(known, _TABLES[thing]).get(code)) else []
    if thing == "currency":
        names += known._data["currency_names_plural"].get(code, {}).values()  # forms that the public table lacks
    return names


@cache
def _table(file: str) -> dict[tuple[str, str], dict[str, str]]:
    """A table with one row per thing and one column per language; currencies.tsv has no column for the kind."""
    with (FOLDER / file).open(encoding="utf-8") as lines:
        rows = csv.DictReader(lines, delimiter="\t")
        return {(row.pop("kind", "currency"), row.pop("code")): row for row in rows}


@cache
def _further() -> dict[tuple[str, str, str], list[str]]:
    """Names that CLDR lacks: kind, code and language -> names."""
    lines = (FOLDER / "further.tsv").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines[1:])
    return {(kind, code, language): names.split(", ") for kind, code, language, names in rows}


@cache
def name(thing: str, code: str, language: str) -> str:
    """What the questions call a thing."""
    if thing == "currency":
        return _table("currencies.tsv")["currency", code][language]
    return of_cldr(thing, code, language)[0].replace("ʼ", "’")


def names(thing: str, code: str, language: str) -> list[str]:
    """Everything that a reply may call it, the usual name first."""
    found = [name(thing, code, language)]
    for locale in (language, *_REGIONS.get(language, ())):
        found += of_cldr(thing, code, locale)
    found += _further().get((thing, code, language), [])
    found += [_shorter(text, thing, language) for text in found]
    return [text for text in dict.fromkeys(found) if "(" not in text]


def _shorter(text: str, thing: str, language: str) -> str:
    """The name without the word for what it is: 'Tiếng Đức', '월요일', '德语'."""
    if (thing, language) == ("language", "vi"):
        return text.removeprefix("Tiếng ")
    if (thing, language) == ("language", "zh") and text[-1] in "语語":
        return text[:-1] + "文"
    return text.removesuffix("日") if (thing, language) == ("weekday", "ja") else text


def rows() -> Iterator[dict[str, Any]]:
    """Rows of names.jsonl: every thing that is asked about or offered, with its names in each language."""
    for thing, code in sorted(_things()):
        yield {"kind": thing, "code": code} | {language: names(thing, code, language) for language in LANGUAGES}


def _things() -> set[tuple[str, str]]:
    things = {("weekday", str(day)) for day in range(7)} | {("month", str(month)) for month in range(1, 13)}
    things |= set(_table("currencies.tsv"))
    for fact in FACTS:
        things |= {(THING[fact.kind], code) for code in (fact.answer, *fact.near)}
        if not fact.own_language:
            things.add((SUBJECT[fact.kind], fact.subject))
    return things
