"""Chinese questions about countries, from the names that CLDR (babel) has for places, currencies and languages.

The facts are those of the English questions: what two sources agree on (see countries.py). Capitals and cities are
asked for only where CLDR has a Chinese name for them, as the exemplar city of a time zone.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from functools import cache

from countries import (
    Country,
    agreed_capital,
    agreed_continent,
    agreed_currency,
    agreed_language,
    agreed_neighbours,
    languages_spoken,
)
from english import HEAD_CITY, NOT_CITIES, TORSO_CITY, all_cities
from items import SEED, Fact, Relation, gives_away, same_group_first, same_stratum_first, stratum_of, unique

from forgetbench.metrics.answers.normalisation import normalise

CONTINENTS = {"Africa": "非洲", "Asia": "亚洲", "Europe": "欧洲", "North America": "北美洲", "South America": "南美洲",
              "Oceania": "大洋洲"}  # fmt: skip
CONTINENT_ALIASES = {"北美洲": ["北美"], "南美洲": ["南美"], "大洋洲": ["澳洲"]}
COUNTRY_ALIASES = {
    "AE": ["阿联酋"], "BA": ["波黑"], "CF": ["中非"], "CN": ["中华人民共和国"], "DO": ["多米尼加"],
    "GB": ["大不列颠"],
    "KP": ["北朝鲜"], "KR": ["南韩", "大韩民国"], "MK": ["马其顿"], "PG": ["巴新"],
    "SA": ["沙特"], "US": ["美利坚合众国"],
}  # fmt: skip
# Where the name of the currency does not begin with the country's name or its first characters.
CURRENCY_NOUNS = {"AED": "迪拉姆", "PGK": "基那", "BAM": "马克", "CNY": "人民币", "AFN": "阿富汗尼", "XAF": "中非法郎",
                  "XOF": "西非法郎"}  # fmt: skip
# Of one kind or one origin: never options against each other.
CURRENCY_KIN = [{"法郎", "西非法郎", "中非法郎"}, {"索姆", "苏姆"}, {"里亚尔", "雷亚尔", "瑞尔"},
                {"元", "美元", "人民币"}, {"盾", "卢比"}]  # fmt: skip
CURRENCY_ALIASES = {"CNY": ["元"], "XAF": ["法郎"], "XOF": ["法郎"], "JPY": ["日圆"], "KRW": ["韩圆"],
                    "MYR": ["令吉"], "MZN": ["梅蒂卡尔"], "IDR": ["盾"], "MMK": ["缅币"]}  # fmt: skip
NOT_CITIES_IN_CHINESE = {"奥克兰", "梅里达", "乌拉尔"}  # as Oakland is written; in two countries; the mountains
CALLED_OTHERWISE = {"KP"}  # the language is 朝鲜语 there, CLDR says 韩语
SMALLEST_CITY = 300_000  # inhabitants

RELATIONS = {
    "zh:name": Relation(same_group_first),
    "zh:capital": Relation(same_stratum_first),
    "zh:country_of_capital": Relation(same_stratum_first),
    "zh:country_of_city": Relation(same_stratum_first),
    "zh:continent": Relation(same_stratum_first, most_per_answer=20),
    "zh:currency": Relation(same_stratum_first, most_per_answer=8, steps=1),
    "zh:language": Relation(same_stratum_first, most_per_answer=7),
    "zh:neighbour": Relation(same_group_first, most_per_answer=4, spread=False, steps=1),
}


@cache
def names(kind: str, script: str = "zh") -> dict[str, str]:
    """The Chinese `territories`, `languages` or `currencies` of CLDR by code."""
    from babel import Locale

    return dict(getattr(Locale.parse(script), kind))


def name_of(code: str) -> str:
    """The name of a country in Mandarin, simplified characters."""
    return names("territories")[code]


def aliases_of(code: str) -> tuple[str, ...]:
    """Every accepted name, the traditional spelling and those of Taiwan and Hong Kong among them."""
    traditional = (names("territories", script).get(code, "") for script in ("zh_Hant", "zh_Hant_HK"))
    return unique([name_of(code), *COUNTRY_ALIASES.get(code, []), *filter(None, traditional)])


@cache
def zone_cities() -> dict[tuple[str, str], tuple[str, ...]]:
    """Chinese names, simplified and traditional, by country code and normalised English name of the city."""
    from babel import Locale
    from babel.core import get_global

    english, simplified, traditional = (Locale.parse(tag).time_zones for tag in ("en", "zh", "zh_Hant"))
    names = {}
    for zone, territory in sorted(get_global("zone_territories").items()):
        city = simplified.get(zone, {}).get("city")
        name = english.get(zone, {}).get("city") or zone.split("/")[-1].replace("_", " ")
        if city:
            names[territory, normalise(name)] = unique([city, traditional.get(zone, {}).get("city", city)])
    return names


def country_names(countries: Sequence[Country]) -> Iterator[Fact]:
    """The Chinese name of a country from its English one."""
    for country in countries:
        yield Fact(
            f"zh:name:{country.code}", "zh:name", country.code, country.stratum, country.name,
            f"“{country.name}”的中文国名是什么？", name_of(country.code), aliases_of(country.code),
            group=country.continent,
        )  # fmt: skip


def capitals(countries: Sequence[Country]) -> Iterator[Fact]:
    """Capital of a country, and the reverse."""
    for country in countries:
        capital = agreed_capital(country)
        cities = zone_cities().get((country.code, normalise(capital or "")))
        if cities is None or gives_away(name_of(country.code), cities[0]):
            continue
        yield Fact(
            f"zh:capital:{country.code}", "zh:capital", country.code, country.stratum, name_of(country.code),
            f"{name_of(country.code)}的首都是哪座城市？", cities[0], cities,
        )  # fmt: skip
        yield Fact(
            f"zh:country_of_capital:{country.code}", "zh:country_of_capital", country.code, country.stratum, cities[0],
            f"{cities[0]}是哪个国家的首都？", name_of(country.code), aliases_of(country.code),
        )  # fmt: skip


def cities(countries: Sequence[Country]) -> Iterator[Fact]:
    """Country of a large city that is not a capital."""
    by_code = {country.code: country for country in countries}
    asked = set()
    for city in all_cities():
        country, key = by_code.get(city["countrycode"]), (city["countrycode"], normalise(city["name"]))
        if city["name"] in NOT_CITIES:
            continue
        if country is None or city["population"] < SMALLEST_CITY or key not in zone_cities() or key in asked:
            continue
        asked.add(key)
        name = zone_cities()[key][0]
        unclear = name in NOT_CITIES_IN_CHINESE or key[1] == normalise(country.geonames["capital"])
        if unclear or gives_away(name, name_of(country.code)):
            continue
        yield Fact(
            f"zh:country_of_city:{country.code}-{city['geonameid']}", "zh:country_of_city", country.code,
            stratum_of(city["population"], HEAD_CITY, TORSO_CITY), name,
            f"{name}这座城市位于哪个国家？", name_of(country.code), aliases_of(country.code),
        )  # fmt: skip


def continents(countries: Sequence[Country]) -> Iterator[Fact]:
    """Continent of a country."""
    for country in countries:
        continent = CONTINENTS.get(agreed_continent(country) or "")
        if continent is None or gives_away(name_of(country.code), continent):
            continue
        yield Fact(
            f"zh:continent:{country.code}", "zh:continent", country.code, country.stratum, name_of(country.code),
            f"{name_of(country.code)}位于哪个大洲？", continent, (continent, *CONTINENT_ALIASES.get(continent, [])),
        )  # fmt: skip


def without_country(currency: str, country: str) -> str:
    """The noun of a currency's name: '瑞士法郎' without '瑞士', '日元' without '日'."""
    shared = next((place for place, pair in enumerate(zip(currency, country, strict=False)) if len(set(pair)) > 1), 0)
    return currency.removeprefix(country) if currency.startswith(country) else currency[shared:]


def currencies(countries: Sequence[Country]) -> Iterator[Fact]:
    """Currency of a country, without the country's name."""
    for country in countries:
        code = agreed_currency(country)
        if code is None or code not in names("currencies"):
            continue
        full = names("currencies")[code]
        noun = CURRENCY_NOUNS.get(code) or without_country(full, name_of(country.code))
        if gives_away(name_of(country.code), noun):
            continue
        traditional = names("currencies", "zh_Hant").get(code, full)
        yield Fact(
            f"zh:currency:{country.code}", "zh:currency", country.code, country.stratum, name_of(country.code),
            f"{name_of(country.code)}使用哪种货币？", noun,
            unique([noun, full, traditional, *CURRENCY_ALIASES.get(code, [])]),
            never=frozenset(word for family in CURRENCY_KIN if noun in family for word in family),
        )  # fmt: skip


def languages(countries: Sequence[Country]) -> Iterator[Fact]:
    """The only official language of a country, where its name is not the country's."""
    tongues = names("languages")
    for country in countries:
        tag = agreed_language(country)
        if tag is None or tag not in tongues or country.code in CALLED_OTHERWISE:
            continue
        if gives_away(name_of(country.code), tongues[tag]):
            continue
        spoken = frozenset(tongues[code] for code in languages_spoken(country) if code in tongues)
        answer = tongues[tag]
        yield Fact(
            f"zh:language:{country.code}", "zh:language", country.code, country.stratum, name_of(country.code),
            f"{name_of(country.code)}的官方语言是什么？", answer,
            (answer, answer.removesuffix("语") + "文"), never=spoken,
        )  # fmt: skip


def neighbours(countries: Sequence[Country]) -> Iterator[Fact]:
    """A country with a common land border; any neighbour is right, the one offered is drawn at random."""
    by_code = {country.code: country for country in countries}
    for country, codes in agreed_neighbours(countries):
        usable = [code for code in codes if code in by_code and by_code[code].continent == country.continent]
        if not usable:
            continue
        offered = random.Random(f"{SEED}:zh:neighbour:{country.code}").choice(usable)
        in_order = [offered, *(code for code in codes if code != offered)]
        yield Fact(
            f"zh:neighbour:{country.code}", "zh:neighbour", country.code, country.stratum, name_of(country.code),
            f"请说出一个与{name_of(country.code)}接壤的国家。", name_of(offered),
            unique(alias for code in in_order for alias in aliases_of(code)),
            never=frozenset(aliases_of(country.code)), group=country.continent,
        )  # fmt: skip


PER_COUNTRY = (country_names, capitals, cities, continents, currencies, languages, neighbours)
