"""What the knowledge tasks' YAML files call: documents, and the scoring of written answers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from forgetbench.metrics.answers.normalisation import normalise
from forgetbench.metrics.answers.reading import SHORT_REPLY_CHARS
from forgetbench.metrics.answers.short_answers import matches_strictly, read_short_answer
from forgetbench.storage.jsonl import read_jsonl
from forgetbench.suites.documents import as_dataset

if TYPE_CHECKING:
    from datasets import Dataset

FOLDER = Path(__file__).parent
STRICT_PREFIX = "Answer: "
ANSWERS_IN_CASE = frozenset({"symbol", "zh:symbol"})
"""Relations whose answers only case tells apart: 'Co' and 'CO'."""
KINDS = {
    "capital": "capital", "zh:capital": "capital", "continent": "continent", "zh:continent": "continent",
    "currency": "currency", "zh:currency": "currency", "language": "language", "zh:language": "language",
    "country_of_capital": "country", "country_of_city": "country", "country_of_currency": "country",
    "country_of_language": "country", "country_of_calling_code": "country", "country_of_domain": "country",
    "neighbour": "country", "zh:neighbour": "country", "zh:country_of_capital": "country",
    "zh:country_of_city": "country",
    "zh:name": "country", "element_of_symbol": "element", "element_of_number": "element",
    "periodic_elements": "element",
    "zh:element_of_symbol": "element", "zh:element_of_number": "element", "number_of_element": "number",
    "zh:number_of_element": "number", "family_of_element": "family", "state_of_capital": "state",
    "state_of_city": "state", "currency_of_capital": "currency", "zh:currency_of_capital": "currency",
    "language_of_capital": "language", "capital_of_currency": "capital", "capital_of_domain": "capital",
    "common_neighbour": "country", "zh:common_neighbour": "country", "most_populous": "country",
    "largest_area": "country", "farthest_north": "capital", "melts_last": "element", "element_of_place": "element",
}  # fmt: skip
"""What kind of thing answers a question of a relation: whose names are in names.jsonl."""
CONSTITUENTS = {
    "Glasgow": ("Scotland",),
    "Edinburgh": ("Scotland",),
    "Welsh": ("Wales",),
    "Ireland": ("Northern Ireland",),
}
"""The country of the United Kingdom in which the subject of a question is, or borders it."""
OF_A_PLACE = frozenset({"capital", "zh:capital", "capital_of_state", "capital_of_currency", "capital_of_domain"})
"""Relations in which another city of the same place may be named."""
HINDU = "hindu_knowledge"
BIGBENCH_KINDS = ("country", "capital", "language", "element")
IN_CHINESE = frozenset({"zh:name"})
"""Relations that ask for a Chinese name."""
INITIALS = 4
"""Abbreviations of so few letters are accepted where right, and are no wrong answers: OK, OR, ALL, TOP are words."""
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
_FIRST_FLAG_LETTER = 0x1F1E6
_DIGITS = ("zero one two three four five six seven eight nine".split(), list("零一二三四五六七八九"))
_STEM = 5
_ROMAN = ((100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))
_LAST_ROMAN = 399
_PLAYED = re.compile(r"Which (?:instrument|sport)\b")
_ONE_CHARACTER = re.compile(
    r"\W*(?:[\u4e00-\u9fff]{0,10}[填是为字补缺少](?:的是|上|入)?\W*|[“\"「『‘]\W*)(?P<told>[^\W的了一])(?:\W*字)?"
    r"(?=[^\w\s“]|\s|$)(?!\W*[、或])|\W*(?P<alone>[\u4e00-\u9fff])\W*字?\W*$"
)
"""Opens a reply: the missing character of an idiom, 'the blank is X'."""


class Thing(NamedTuple):
    """A thing of names.jsonl: names that tell it in any reply, and those that do only where it is asked for."""

    code: str
    names: tuple[str, ...]
    other_names: tuple[str, ...]


@cache
def _read(name: str) -> str:
    """A name as it is compared; there are thousands, and every item looks at hundreds."""
    return normalise(name)


@cache
def _rows(file: str) -> tuple[dict[str, Any], ...]:
    return tuple(read_jsonl(FOLDER / file))


@cache
def _answers(relation: str) -> frozenset[str]:
    """Every right answer to some question of `relation`."""
    rows = (row for file in ("facts.jsonl", "zh.jsonl") for row in _rows(file))
    return frozenset(alias for row in rows if row["relation"] == relation for alias in row["aliases"])


def _documents(file: str, view: str = "choice") -> dict[str, Dataset]:
    """The rows of a file that can be asked in a view; the held-out ones are the few-shot examples."""
    rows = [row for row in _rows(file) if row["open"] or view == "choice"]
    return as_dataset(
        [row for row in rows if row["split"] == "test"], [row for row in rows if row["split"] == "fewshot"]
    )


def documents(**_: Any) -> dict[str, Dataset]:
    """All English facts."""
    return _documents("facts.jsonl")


def chinese_choice_documents(**_: Any) -> dict[str, Dataset]:
    """All Chinese facts and idioms."""
    return _documents("zh.jsonl")


def chinese_open_documents(**_: Any) -> dict[str, Dataset]:
    """Those that can be asked without their options."""
    return _documents("zh.jsonl", "open")


def bigbench_choice_documents(**_: Any) -> dict[str, Dataset]:
    """All questions of the BIG-bench slices."""
    return _documents("bigbench.jsonl")


def bigbench_open_documents(**_: Any) -> dict[str, Dataset]:
    """Those that can be asked without their options."""
    return _documents("bigbench.jsonl", "open")


@cache
def _things(kind: str) -> tuple[Thing, ...]:
    """What names.jsonl knows of one kind."""
    return tuple(
        Thing(row["code"], (row["name"], *row["also"]), tuple(row["names"]))
        for row in _rows("names.jsonl")
        if row["kind"] == kind
    )


@cache
def _things_called(kind: str) -> Mapping[str, tuple[Thing, ...]]:
    """The things of a kind by each of their usual names, normalised."""
    called: dict[str, tuple[Thing, ...]] = {}
    for thing in _things(kind):
        for name in thing.names:
            called[normalise(name)] = (*called.get(normalise(name), ()), thing)
    return called


@cache
def _named_instead(relation: str, cluster: str) -> Mapping[str, str]:
    """What may be named as an answer to a question of `relation`, and how it reads once normalised: right answers to
    its other questions, the things of its kind, and for capitals the other cities of the country or state."""
    kind = KINDS.get(relation, "")
    named = _answers(relation).union(*(thing.names for thing in _things(kind)))
    if kind == "capital" or relation == "capital_of_state":
        named = named.union(*(city.names for city in _things("city") if city.code == cluster))
    if relation in IN_CHINESE:
        named = frozenset(name for name in named if not name.isascii())
    if relation not in ANSWERS_IN_CASE:
        named = frozenset(name for name in named if not (name.isascii() and name.isupper() and len(name) <= INITIALS))
    named = named.union(*(_spelled(name) for name in named))
    return {name: normalise(name) for name in named}


@cache
def _spelled(name: str) -> tuple[str, ...]:
    """A number digit by digit in words, as codes are read out, and in Roman numerals; nothing of other names.

    >>> _spelled("+45"), _spelled("14")
    (('four five', '四五'), ('one four', '一四', 'XIV'))
    """
    digits = name.removeprefix("+").removeprefix("00")
    if not (digits.isascii() and digits.isdigit()) or len(digits) == 1:
        return ()
    told = [mark.join(words[int(digit)] for digit in digits) for mark, words in zip((" ", ""), _DIGITS, strict=True)]
    number, roman = int(digits), ""
    for value, letters in _ROMAN:
        roman += letters * (number // value)
        number %= value
    return (*told, roman) if name == digits and int(digits) <= _LAST_ROMAN else tuple(told)


def _accepted(doc: Mapping[str, Any]) -> list[str]:
    """The item's answers, and what else these things are called."""
    called = _things_called(KINDS.get(doc["relation"], ""))
    things = [thing for alias in doc["aliases"] for thing in called.get(normalise(alias), ())]
    further = [name for thing in things for name in (*thing.names, *thing.other_names)]
    further += filter(None, map(_initials, further))
    further += [name for alias in doc["aliases"] for name in _spelled(alias)]
    further += CONSTITUENTS.get(doc["subject"], ()) if KINDS.get(doc["relation"]) == "country" else ()
    asked = f" {normalise(doc['question'])} "
    if doc["relation"] in IN_CHINESE:
        further = [name for name in further if not name.isascii()]
    return [*doc["aliases"], *(name for name in further if f" {_read(name)} " not in asked)]


def _initials(name: str) -> str:
    """'KSA' of 'Kingdom of Saudi Arabia'; empty for names of fewer than three words."""
    words = [word for word in name.split() if word[:1].isupper()]
    return "".join(word[0] for word in words) if len(words) >= INITIALS - 1 else ""


def _rivals(doc: Mapping[str, Any]) -> frozenset[str]:
    """What else a reply may name as its answer, the item's own options among it.

    The question's subject is no answer, nor what stands in it: 'Peru borders Brazil', 'Benin City is in Nigeria'.
    """
    subject = f" {normalise(doc['subject'])} "
    cluster = doc.get("cluster", "") if doc["relation"] in OF_A_PLACE else ""
    named = _named_instead(doc["relation"], cluster)
    others = {choice: normalise(choice) for choice in doc["choices"]}
    # The accepted answers among them are no rivals, see `named_option`.
    return frozenset(
        name for names in (named, others) for name, read in names.items() if read and f" {read} " not in subject
    )


def _of_other_countries(doc: Mapping[str, Any], reply: str) -> list[str]:
    """What a reply calls by the name of another country: 'Kyrgyzstani som', asked for the currency of Uzbekistan."""
    if KINDS.get(doc["relation"]) != "currency" or not doc.get("cluster"):
        return []
    nouns = "|".join(re.escape(alias) for alias in doc["aliases"] if " " not in alias)
    called = re.finditer(rf"\b([A-Z]\w{{{_STEM - 1},}}) (?:{nouns})\b", reply[:SHORT_REPLY_CHARS])
    found = [(one.group(), _countries_like(one.group(1))) for one in called] if nouns else []
    return [name for name, countries in found if countries and doc["cluster"] not in countries]


@cache
def _countries_like(adjective: str) -> frozenset[str]:
    """The countries whose name begins as an adjective does."""
    stem = adjective[:_STEM].lower()
    return frozenset(thing.code for thing in _things("country") for name in thing.names if _read(name).startswith(stem))


def score_open(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, float]:
    """`correct` where the first candidate that the reply names is an accepted answer and it is not one of a list.

    `exact` where the first line is nothing else, `parsed` where any answer could be read.
    """
    keep_case = doc["relation"] in ANSWERS_IN_CASE
    reply = _completed(doc, results[0])
    rivals = _rivals(doc).union(_of_other_countries(doc, reply))
    reading = read_short_answer(reply, _accepted(doc), rivals, keep_case=keep_case, **_asked(doc))
    alone = reply == results[0] or len(normalise(results[0]).split()) == 1
    return replace(reading, exact=reading.exact and alone).scores


def score_strict(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, float]:
    """1 where the whole reply is 'Answer: ' and an accepted answer; the rest is read leniently."""
    keep_case = doc["relation"] in ANSWERS_IN_CASE
    strict = matches_strictly(results[0], _accepted(doc), STRICT_PREFIX, keep_case=keep_case)
    lenient = score_open(doc, results)
    return {
        "strict_match": float(strict),
        "correct": lenient["correct"],
        "parsed": lenient["parsed"],
        "conflict": lenient["conflict"],
    }


def score_bigbench(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, float]:
    """As `score_open`; the wrong answers that a reply may name are the question's other options.

    Countries, languages, elements and capitals are known by their other names there too."""
    wrong = [choice for place, choice in enumerate(doc["choices"]) if place != doc["gold"]]
    options = {normalise(choice) for choice in wrong}
    kinds = [kind for kind in BIGBENCH_KINDS if any(_of_kind(kind, alias) for alias in doc["aliases"])]
    called = [thing for kind in kinds for alias in doc["aliases"] for thing in _of_kind(kind, alias)]
    further = [
        name for thing in called for name in (*thing.names, *thing.other_names) if normalise(name) not in options
    ]
    right = [*doc["aliases"], *further]
    if _PLAYED.match(doc["question"]):
        right, wrong = [*right, *_players(doc["aliases"])], [*wrong, *_players(wrong)]
    if any(_of_kind("word", choice) for choice in doc["choices"]):
        right = [right[0].lower(), *right]  # a common thing, whose options are written as names are
    if doc["relation"] == HINDU:
        right, wrong = [*right, *_with_titles(doc["aliases"])], [*wrong, *_with_titles(wrong)]
    right, wrong = (
        [*right, *_in_other_words(right)],
        [*wrong, *_in_other_words(wrong), *_others(kinds, doc["question"])],
    )
    return read_short_answer(_without_flags(results[0]), right, wrong, **_asked(doc)).scores


def _in_other_words(names: Sequence[str]) -> list[str]:
    """How the common things among `names` are called otherwise; no word that is another of them."""
    known = set(map(normalise, names))
    called = [name for alias in names for thing in _of_kind("word", alias) for name in thing.names]
    return [name for name in called if normalise(name) not in known]


def _with_titles(names: Sequence[str]) -> list[str]:
    """Names of Hindu mythology as they are said with titles, and as they are spoken: 'Mahalakshmi', 'Arjun'."""
    single = [name for name in names if name.isalpha()]
    titled = [f"Maha{name.lower()}" for name in single]
    titled += [name + title for name in single for title in ("raja", "raj", "deva", "dev", "devi", "ji")]
    return [*titled, *(name[:-1] for name in single if name.endswith("a") and len(name) >= _STEM)]


def _others(kinds: Sequence[str], question: str) -> list[str]:
    """The things of some kinds that a question does not name: what may be named instead of the answer."""
    asked = f" {normalise(question)} "
    named = (name for kind in kinds for thing in _things(kind) for name in thing.names)
    return [
        name
        for name in named
        if f" {_read(name)} " not in asked and not (name.isascii() and name.isupper() and len(name) <= INITIALS)
    ]


def _players(names: Sequence[str]) -> list[str]:
    """Who plays an instrument or a sport: 'pianist' of 'piano', 'drummer' of 'drum kit'."""
    stems = {name.lower().split()[0].rstrip("aeious") for name in names}
    endings = ("ist", "er", "mer", "or", "oka", "ter")
    return [stem + ending + plural for stem in stems for ending in endings for plural in ("", "s")]


def _of_kind(kind: str, alias: str) -> tuple[Thing, ...]:
    return _things_called(kind).get(normalise(alias), ())


def _asked(doc: Mapping[str, Any]) -> dict[str, Any]:
    """What the reader is told beside the answers: the question, and how the reply came to an end."""
    reasons = (doc.get("forgetbench") or {}).get("finish_reasons") or [None]
    return {"question": doc["question"], "finish_reason": reasons[0]}


def _without_flags(reply: str) -> str:
    """A reply with a country's name for its flag, unless it says the name as well."""
    named = {thing.code: thing.names[0] for thing in _things("country")} if _FLAG.search(reply) else {}

    def name(flag: re.Match[str]) -> str:
        country = named.get("".join(chr(ord(letter) - _FIRST_FLAG_LETTER + ord("A")) for letter in flag.group()), "")
        return "" if country in reply else country

    return _FLAG.sub(name, reply)


def _completed(doc: Mapping[str, Any], reply: str) -> str:
    """The whole idiom where a reply is only the missing character, '应填“趋”'; a country's name for its flag."""
    if KINDS.get(doc["relation"]) == "country":
        reply = _without_flags(reply)
    missing = _ONE_CHARACTER.match(reply[:SHORT_REPLY_CHARS]) if doc["relation"] == "zh:idiom_completion" else None
    return doc["subject"] + (missing["told"] or missing["alone"]) if missing and doc["subject"] not in reply else reply
