"""Harder questions from the same sources: two facts in a row, a neighbour of two countries, the place of an element.

Both steps are facts that are asked alone elsewhere, so that their keys are checked where those are.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import chinese
import english
from countries import Country, agreed_neighbours, load_countries
from elements import load_elements
from items import OPTIONS, SEED, Fact, Relation, gives_away, same_group_first, same_stratum_first

MOST_PER_COUNTRY, MOST_PER_NEIGHBOUR, MOST_PAIRS = 6, 2, 120  # questions that name it, that it answers, in all
NEVER_RIGHT = 0.25  # for how many right answers a country counts that is none
TWO_STEPS = 2  # harder by so many levels than the fact itself
PERIODS = range(2, 7)
UNCLEAR_GROUPS = {3, None}  # tables differ on the third column; lanthanides stand in none
STRATA = ("head", "torso", "tail")


@dataclass(frozen=True)
class TwoSteps:
    """A question whose first step finds a country or state, and whose second one asks for its fact."""

    relation: str
    first: str
    """What of the first step's fact stands in the question: its `subject`, or the `answer`."""
    question: str
    cloze: str = ""

    def join(self, first: Iterable[Fact], second: Iterable[Fact]) -> Iterator[Fact]:
        """The second step's facts, asked by way of the first's."""
        known = {fact.cluster: fact for fact in first}
        for fact in second:
            if (step := known.get(fact.cluster)) is None:
                continue
            told = getattr(step, self.first)
            if not gives_away(told, fact.answer) and fact.answer.casefold() != told.casefold():
                yield Fact(
                    f"{self.relation}:{fact.cluster}", self.relation, fact.cluster, fact.stratum, told,
                    self.question.format(told), fact.answer, fact.aliases, self.cloze.format(told), never=fact.never,
                )  # fmt: skip


CURRENCY_OF_CAPITAL = TwoSteps(
    "currency_of_capital", "answer", "What is the currency of the country whose capital is {}?",
    "In the country whose capital is {}, the currency is the",
)  # fmt: skip
LANGUAGE_OF_CAPITAL = TwoSteps(
    "language_of_capital", "answer", "What is the official language of the country whose capital is {}?",
    "In the country whose capital is {}, the official language is",
)  # fmt: skip
CAPITAL_OF_CURRENCY = TwoSteps(
    "capital_of_currency", "subject", "What is the capital of the country whose currency is the {}?",
    "The capital of the country whose currency is the {} is",
)  # fmt: skip
CAPITAL_OF_DOMAIN = TwoSteps(
    "capital_of_domain", "subject", "What is the capital of the country with the internet top-level domain {}?",
    "The capital of the country with the internet top-level domain {} is",
)  # fmt: skip
CHINESE_CURRENCY = TwoSteps("zh:currency_of_capital", "answer", "首都是{}的国家使用哪种货币？")


def two_steps(countries: Sequence[Country]) -> Iterator[Fact]:
    """Currency and language by the capital, and the capital by currency and domain."""
    capitals = [fact for fact in english.capitals(countries) if fact.relation == "capital"]
    money = list(english.currencies(countries))
    currencies = [fact for fact in money if fact.relation == "currency"]
    holders = [fact for fact in money if fact.relation == "country_of_currency"]
    yield from CURRENCY_OF_CAPITAL.join(capitals, currencies)
    yield from LANGUAGE_OF_CAPITAL.join(capitals, english.languages(countries))
    yield from CAPITAL_OF_CURRENCY.join(holders, capitals)
    yield from CAPITAL_OF_DOMAIN.join(english.domains(countries), capitals)


def chinese_two_steps(countries: Sequence[Country]) -> Iterator[Fact]:
    """Currency by the capital, in Chinese."""
    capitals = (fact for fact in chinese.capitals(countries) if fact.relation == "zh:capital")
    yield from CHINESE_CURRENCY.join(capitals, chinese.currencies(countries))


@dataclass(frozen=True)
class Between:
    """Two countries, the only one that borders both, and those that border one of them."""

    one: Country
    other: Country
    common: Country
    near: tuple[Country, ...]


def common_neighbours(countries: Sequence[Country]) -> Iterator[Between]:
    """Pairs of countries with one common neighbour, in random order, no country in more than a few of them.

    Bosnia and Herzegovina is none of the two: "and" would stand in the question twice.
    """
    by_code = {country.code: country for country in countries}
    borders = {
        country.code: set(codes) for country, codes in agreed_neighbours(countries) if " and " not in country.name
    }
    rng, named, right = random.Random(f"{SEED}:common_neighbour"), Counter[str](), Counter[str]()
    pairs = [pair for pair in combinations(sorted(borders), 2) if len(borders[pair[0]] & borders[pair[1]]) == 1]
    for one, other in rng.sample(pairs, len(pairs)):
        (common,) = borders[one] & borders[other]
        near = sorted((borders[one] ^ borders[other]) & by_code.keys() - {one, other})
        told = f"{by_code[one].name} {by_code[other].name}"
        fair = [by_code[code] for code in near if not gives_away(told, by_code[code].name)]
        known = common in by_code and not gives_away(told, by_code[common].name)
        often = max(named[one], named[other]) >= MOST_PER_COUNTRY or right[common] >= MOST_PER_NEIGHBOUR
        if known and len(fair) >= OPTIONS - 1 and not often and right.total() < MOST_PAIRS:
            named.update((one, other))
            right[common] += 1
            yield Between(by_code[one], by_code[other], by_code[common], tuple(fair))


@cache
def with_wrong_neighbours() -> tuple[tuple[Between, tuple[Country, ...]], ...]:
    """Each pair with three wrong answers, a country offered as one as often as it is right, where that can be."""
    found = list(common_neighbours(load_countries()))
    answers = {each.common.code for each in found}
    found = [each for each in found if sum(near.code in answers for near in each.near) >= OPTIONS - 1]
    right, used = Counter(each.common.code for each in found), Counter[str]()
    rng, chosen = random.Random(f"{SEED}:wrong neighbours"), []
    for each in found:
        order = {near.code: (used[near.code] / (right[near.code] or NEVER_RIGHT), rng.random()) for near in each.near}
        wrong = sorted(each.near, key=lambda near: order[near.code])[: OPTIONS - 1]
        used.update(near.code for near in wrong)
        chosen.append((each, tuple(wrong)))
    return tuple(chosen)


def neighbours_of_two(_: Sequence[Country] = ()) -> Iterator[Fact]:
    """The only country that borders both of two."""
    for between, wrong in with_wrong_neighbours():
        one, other, common = between.one, between.other, between.common
        yield Fact(
            f"common_neighbour:{one.code}-{other.code}", "common_neighbour", common.code, rarer(one, other),
            f"{one.spoken} and {other.spoken}",
            f"Which country has a land border with both {one.spoken} and {other.spoken}?", common.name, common.aliases,
            f"The country that has a land border with both {one.spoken} and {other.spoken} is",
            wrong=tuple(country.name for country in wrong),
        )  # fmt: skip


def chinese_neighbours_of_two(_: Sequence[Country] = ()) -> Iterator[Fact]:
    """The same in Chinese."""
    name = chinese.name_of
    for between, wrong in with_wrong_neighbours():
        one, other, common = between.one, between.other, between.common
        yield Fact(
            f"zh:common_neighbour:{one.code}-{other.code}", "zh:common_neighbour", common.code, rarer(one, other),
            f"{name(one.code)}和{name(other.code)}",
            f"哪个国家同时与{name(one.code)}和{name(other.code)}接壤？", name(common.code),
            chinese.aliases_of(common.code), wrong=tuple(name(country.code) for country in wrong),
        )  # fmt: skip


def rarer(one: Country, other: Country) -> str:
    """The stratum of the less known of two."""
    return max(one.stratum, other.stratum, key=STRATA.index)


def elements_by_place(_: Sequence[Country] = ()) -> Iterator[Fact]:
    """The element of a group and a period."""
    from mendeleev import get_all_elements

    places = {element.symbol: (element.group_id, element.period) for element in get_all_elements()}
    for element in load_elements():
        group, period = places[element.symbol]
        if group in UNCLEAR_GROUPS or period not in PERIODS:
            continue
        where = f"group {group} and period {period} of the periodic table"
        yield Fact(
            f"element_of_place:{element.symbol}", "element_of_place", element.symbol, element.stratum,
            f"group {group} and period {period}", f"Which chemical element stands in {where}?", element.name,
            element.spellings, f"The chemical element in {where} is", group=f"period {period}",
        )  # fmt: skip


Source = Callable[[Sequence[Country]], Iterator[Fact]]
ENGLISH: tuple[Source, ...] = (two_steps, neighbours_of_two, elements_by_place)
CHINESE: tuple[Source, ...] = (chinese_two_steps, chinese_neighbours_of_two)
RELATIONS = {
    "currency_of_capital": Relation(same_stratum_first, most_per_answer=8, most=60, steps=TWO_STEPS),
    "language_of_capital": Relation(same_stratum_first, most_per_answer=7, steps=TWO_STEPS),
    "capital_of_currency": Relation(same_stratum_first, steps=TWO_STEPS),
    "capital_of_domain": Relation(same_stratum_first, most=50, steps=TWO_STEPS),
    "common_neighbour": Relation(same_stratum_first, steps=TWO_STEPS),
    "element_of_place": Relation(same_group_first, most=60, steps=TWO_STEPS),
    "zh:currency_of_capital": Relation(same_stratum_first, most_per_answer=8, most=60, steps=TWO_STEPS),
    "zh:common_neighbour": Relation(same_stratum_first, most_per_answer=3, most=80, steps=TWO_STEPS),
}
