"""Which of four countries, cities or elements has the most of something, with a wide gap between any two.

The four are neighbours in an order that skips at random, and each stands in the first place as often as in the others,
so that no one of them is a good guess wherever it is named.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from countries import Country, agreed_capital, load_countries
from elements import load_elements
from english import all_cities
from items import OPTIONS, SEED, Fact, Relation, same_stratum_first

from forgetbench.metrics.answers.normalisation import normalise

# Where war or flight made the numbers uncertain, or the area depends on who counts.
UNCLEAR_POPULATION, UNCLEAR_AREA = {"UA", "ER", "SY", "VE", "SD", "SS", "AF", "AL"}, {"UA", "MA", "RU", "SD", "SS"}
# Sublimate, melt in several forms, or were seen in traces only.
UNCLEAR_MELTING = {
    "C",
    "As",
    "P",
    "S",
    "Se",
    "He",
    "Sn",
    "At",
    "Fr",
    "Ra",
    "Ac",
    "Pa",
    "Np",
    "Pu",
    "Pm",
    "Po",
    "Rn",
    "B",
}
WIDE, WIDER = (1.3, 1.15), (1.5, 1.3)  # times as much, by the first source and by the second; what grows is wider apart
KELVIN_APART = 1.25  # times as hot
ALIKE = 1.5  # times as much in one source as in the other: where it is more, one of them is mistaken
DEGREES_APART = 3.0  # of latitude
SKIPPED = 4  # fewer than so many that would do are left out between two that are compared
MOST_PER_ANSWER, ORDERS = 3, 8


@dataclass(frozen=True)
class Measured:
    """What is compared: `first` and `second` are its measure by two sources."""

    cluster: str
    stratum: str
    name: str
    aliases: tuple[str, ...]
    spoken: str
    first: float
    second: float


@dataclass(frozen=True)
class Comparison:
    """A kind of comparison, and what is between two values at least: so many times as much, or so much more."""

    relation: str
    question: str
    cloze: str
    gaps: tuple[float, float]
    by_factor: bool = True

    def apart(self, more: Measured, less: Measured) -> bool:
        """Whether the first has clearly more than the second, by both sources."""
        values = ((more.first, less.first), (more.second, less.second))
        if self.by_factor:
            return all(high >= gap * low for (high, low), gap in zip(values, self.gaps, strict=True))
        return all(high >= gap + low for (high, low), gap in zip(values, self.gaps, strict=True))

    def facts(self, measured: Sequence[Measured], most: int) -> Iterator[Fact]:
        """Questions about four of `measured`, each four one step further down the same order."""
        rng, seen, right = random.Random(f"{SEED}:{self.relation}"), set[tuple[str, ...]](), Counter[str]()
        for _ in range(ORDERS):
            order = self._order(measured, rng)
            for start in range(len(order) - OPTIONS + 1):
                four = order[start : start + OPTIONS]
                key = tuple(sorted(each.cluster for each in four))
                if key not in seen and len(seen) < most and right[four[0].cluster] < MOST_PER_ANSWER:
                    seen.add(key)
                    right[four[0].cluster] += 1
                    yield self._fact(four, key)

    def _order(self, measured: Sequence[Measured], rng: random.Random) -> list[Measured]:
        """Some of `measured`, from the most to the least, any two next to each other far enough apart."""
        order: list[Measured] = []
        skipped = rng.randrange(SKIPPED)
        for each in sorted(measured, key=lambda each: (-each.first, each.cluster)):
            if order and not self.apart(order[-1], each):
                continue
            skipped -= 1
            if skipped < 0:
                order.append(each)
                skipped = rng.randrange(SKIPPED)
        return order

    def _fact(self, four: Sequence[Measured], key: Sequence[str]) -> Fact:
        right, listed = four[0], sorted(four, key=lambda each: each.name)
        names = ", ".join(each.spoken for each in listed[:-1]) + f" or {listed[-1].spoken}"
        among = names.replace(" or ", " and ")
        return Fact(
            f"{self.relation}:{'-'.join(key)}", self.relation, right.cluster, right.stratum, "",
            self.question.format(names), right.name, right.aliases, self.cloze.format(among),
            wrong=tuple(each.name for each in four[1:]),
        )  # fmt: skip


POPULATION = Comparison(
    "most_populous", "Which of these countries has the most inhabitants: {}?",
    "Of the countries {}, the one with the most inhabitants is", WIDER,
)  # fmt: skip
AREA = Comparison(
    "largest_area", "Which of these countries has the largest area: {}?",
    "Of the countries {}, the one with the largest area is", WIDE,
)  # fmt: skip
NORTH = Comparison(
    "farthest_north", "Which of these capitals lies farthest north: {}?", "Of the capitals {}, the northernmost is",
    (DEGREES_APART, DEGREES_APART), by_factor=False,
)  # fmt: skip
MELTING = Comparison(
    "melts_last", "Which of these elements has the highest melting point: {}?",
    "Of the elements {}, the one with the highest melting point is", (KELVIN_APART, KELVIN_APART),
)  # fmt: skip


def by_number(countries: Sequence[Country], ours: str, theirs: str, unclear: set[str]) -> Iterator[Measured]:
    """Countries by a number that both sources have."""
    for country in countries:
        first, second = float(country.geonames[ours] or 0), float(country.countryinfo.get(theirs) or 0)
        alike = 0 < max(first, second) <= ALIKE * min(first, second)
        if alike and country.code not in unclear:
            yield Measured(
                country.code,
                country.stratum,
                country.name,
                country.aliases,
                country.spoken,
                float(first),
                float(second),
            )


def by_latitude(countries: Sequence[Country]) -> Iterator[Measured]:
    """Capitals by their latitude in degrees."""
    latitude: dict[tuple[str, str], float] = {}
    for city in all_cities():
        latitude.setdefault((city["countrycode"], normalise(city["name"])), float(city["latitude"]))
    for country in countries:
        capital, second = agreed_capital(country), country.countryinfo.get("capital_latlng")
        first = latitude.get((country.code, normalise(capital or "")))
        if capital and second and first is not None and normalise(capital) != normalise(country.name):
            yield Measured(country.code, country.stratum, capital, (capital,), capital, first, float(second[0]))


def by_melting_point(points: Mapping[str, float]) -> Iterator[Measured]:
    """Elements by their melting point in kelvins; the data have one source."""
    for element in load_elements():
        if element.symbol not in UNCLEAR_MELTING and (point := points.get(element.symbol)):
            names = (element.symbol, element.stratum, element.name, element.spellings, element.name)
            yield Measured(*names, point, point)


def comparisons() -> Iterator[Fact]:
    """All comparisons."""
    from mendeleev import get_all_elements

    countries = load_countries()
    points = {element.symbol: float(element.melting_point or 0) for element in get_all_elements()}
    yield from POPULATION.facts(list(by_number(countries, "population", "population", UNCLEAR_POPULATION)), 48)
    yield from AREA.facts(list(by_number(countries, "areakm2", "area", UNCLEAR_AREA)), 48)
    yield from NORTH.facts(list(by_latitude(countries)), 48)
    yield from MELTING.facts(list(by_melting_point(points)), 32)


RELATIONS = {
    kind.relation: Relation(same_stratum_first, spread=False, steps=2, lists_options=True)
    for kind in (POPULATION, AREA, NORTH, MELTING)
}
