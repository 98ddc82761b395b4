"""A second solver for each kind of reasoning question, which reads nothing but the question: numbers, lists, dates."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

WEEK = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
YEAR = [datetime(2000, month, 1).strftime("%B") for month in range(1, 13)]
KIND_OF_WORD = {
    word: group
    for group, listed in {
        "fruit": "apple banana pear grape peach lemon cherry melon mango kiwi",
        "animal": "dog cat horse cow lion tiger rabbit sheep",
        "color": "red blue green yellow purple black white",
        "vehicle": "car bus train truck bicycle boat plane",
        "clothing": "shirt shoe hat coat sock dress jacket",
        "body": "hand foot nose ear knee elbow shoulder",
        "furniture": "table chair sofa bed desk shelf",
        "family": "mother father sister brother uncle aunt",
    }.items()
    for word in listed.split()
}
OPPOSITE = {
    "hot": "cold", "big": "small", "up": "down", "fast": "slow", "day": "night", "good": "bad", "open": "closed",
    "old": "young", "happy": "sad", "left": "right", "hard": "soft", "rich": "poor",
}  # fmt: skip


def listing(question: str) -> list[str]:
    return question.split(": ")[1].rstrip("?").split(", ")


def numbers(question: str) -> list[int]:
    return [int(digits) for digits in re.findall(r"\d+", question)]


def pattern(question: str) -> list[tuple[str, str]]:
    parts = question.removeprefix("Complete the pattern: ").split(", ")
    return [(part.split(" ->")[0], part.split(" ->")[1].strip()) for part in parts]


def sum_of_terms(question: str) -> str:
    total = 0
    for sign, term in re.findall(r"([+-]?) ?(\d+)", question):
        total += -int(term) if sign == "-" else int(term)
    return str(total)


def product(question: str) -> str:
    first, second = numbers(question)
    return str(sum(first for _ in range(second)))


def story(question: str) -> str:
    first, second = numbers(question)
    if "boxes" in question:
        return str(first * second)
    return str(first - second if "gives away" in question else first + second)


def extreme(question: str) -> str:
    ordered = sorted(numbers(question))
    return str(ordered[-1] if "largest" in question else ordered[0])


def next_term(question: str) -> str:
    terms = numbers(question)
    assert len({later - sooner for sooner, later in itertools.pairwise(terms)}) == 1
    return str(2 * terms[-1] - terms[-2])


def next_letter(question: str) -> str:
    terms = [ord(letter) for letter in listing(question)]
    return chr(2 * terms[-1] - terms[-2])


def odd_one_out(question: str) -> str:
    groups = Counter(KIND_OF_WORD[word] for word in listing(question))
    (odd,) = [word for word in listing(question) if groups[KIND_OF_WORD[word]] == 1]
    return odd


def alphabetical(question: str) -> str:
    ordered = sorted(listing(question))
    return ordered[0] if "comes first" in question else ordered[-1]


def nth_word(question: str) -> str:
    place = {"first": 0, "second": 1, "third": 2, "last": -1}[question.split()[3]]
    return listing(question)[place]


def neighbour(cycle: list[str]) -> Callable[[str], str]:
    def solve(question: str) -> str:
        step, name = question.rstrip("?").split()[-2:]
        return cycle[(cycle.index(name) + {"after": 1, "before": -1}[step]) % len(cycle)]

    return solve


def in_days(question: str) -> str:
    (days,) = numbers(question)
    return WEEK[(WEEK.index(question.split()[2].rstrip(".")) + days) % 7]


def zeller(day: int, month: int, year: int) -> str:
    """Zeller's congruence: 0 is Saturday."""
    if month < 3:
        month, year = month + 12, year - 1
    code = (day + 13 * (month + 1) // 5 + year % 100 + year % 100 // 4 + year // 100 // 4 + 5 * (year // 100)) % 7
    return WEEK[(code + 5) % 7]


def weekday_of_date(question: str) -> str:
    found = re.findall(r"([A-Z][a-z]+) (\d+), (\d{4})", question)
    (first, second) = [zeller(int(day), YEAR.index(month) + 1, int(year)) for month, day, year in found]
    assert f"was a {first}." in question
    return second


def value_of(expression: str) -> int:
    """A sum as Python reads it."""
    assert re.fullmatch(r"[\d+*() -]+", expression), expression
    return int(eval(expression))


def evaluated(question: str) -> str:
    return str(value_of(question.removeprefix("What is ").rstrip("?")))


def half_or_double(question: str) -> str:
    (number,) = numbers(question)
    return str(number // 2 if "half" in question else number + number)


def missing_number(question: str) -> str:
    term, result = numbers(question)
    (answer,) = [n for n in range(100) if (n + term if "plus" in question else n - term) == result]
    return str(answer)


def divide(question: str) -> str:
    whole, divisor = numbers(question)
    (answer,) = [n for n in range(200) if n * divisor == whole]
    return str(answer)


def round_to_ten(question: str) -> str:
    (number,) = numbers(question)
    return str(min(range(0, 1000, 10), key=lambda ten: abs(ten - number)))


def digit_sum(question: str) -> str:
    return str(sum(int(digit) for digit in question if digit.isdigit()))


def percent(question: str) -> str:
    share, base = numbers(question)
    return str(Fraction(share, 100) * base)


def remainder(question: str) -> str:
    number, divisor = numbers(question)
    while number >= divisor:
        number -= divisor
    return str(number)


def new_operation(question: str) -> str:
    ((meaning, a, b),) = re.findall(r"means (.+), what is (\d+) # (\d+)\?", question)
    return str(value_of(meaning.replace("a", a).replace("b", b)))


def next_ratio(question: str) -> str:
    terms = numbers(question)
    (ratio,) = {Fraction(later, sooner) for sooner, later in itertools.pairwise(terms)}
    return str(terms[-1] * ratio)


def next_by_differences(question: str) -> str:
    terms = numbers(question)
    steps = [later - sooner for sooner, later in itertools.pairwise(terms)]
    (growth,) = {later - sooner for sooner, later in itertools.pairwise(steps)}
    return str(terms[-1] + steps[-1] + growth)


def next_of_two_before(question: str) -> str:
    terms = numbers(question)
    if all(c == a + b for a, b, c in zip(terms, terms[1:], terms[2:], strict=False)):
        return str(terms[-1] + terms[-2])
    assert all(len({y - x for x, y in itertools.pairwise(part)}) == 1 for part in (terms[::2], terms[1::2]))
    return str(2 * terms[-2] - terms[-4])


def letter_beside(question: str) -> str:
    ((word, letter),) = re.findall(r"right (\w+) (\w) in", question)
    return chr(ord(letter) + {"after": 1, "before": -1}[word])


def only(right: Callable[[int], bool]) -> Callable[[str], str]:
    """The one listed number that has a property."""

    def solve(question: str) -> str:
        (answer,) = [text for text in listing(question) if right(int(text))]
        return answer

    return solve


def even_or_odd(question: str) -> str:
    return only(lambda n: n % 2 == (0 if "even" in question else 1))(question)


def multiple(question: str) -> str:
    factor = numbers(question)[0]
    return only(lambda n: n in range(0, 200, factor))(question)


def closest(question: str) -> str:
    goal, *listed = numbers(question)
    near = sorted(listed, key=lambda n: abs(n - goal))
    assert abs(near[0] - goal) < abs(near[1] - goal)
    return str(near[0])


def second(question: str) -> str:
    return str(sorted(numbers(question), reverse="largest" in question)[1])


def extreme_of(read: Callable[[str], Any]) -> Callable[[str], str]:
    def solve(question: str) -> str:
        return (max if "largest" in question or "longest" in question else min)(listing(question), key=read)

    return solve


def minutes_of(text: str) -> Fraction:
    unit = {"second": Fraction(1, 60), "minute": Fraction(1), "hour": Fraction(60)}
    return sum((int(n) * unit[name] for n, name in re.findall(r"(\d+) (\w+?)s?\b", text)), Fraction(0))


SPELLED = {word: value for value, word in enumerate("zero one two three four five six seven eight nine".split())}
ODD_PLURALS = {"sheep": "sheep", "shelves": "shelf", "cherries": "cherry", "buses": "bus", "dresses": "dress"}


def group_of(word: str) -> str:
    """The category of a word in singular or plural."""
    singular = ODD_PLURALS.get(word) or next(
        one for one in (word, word.removesuffix("s"), word.removesuffix("es")) if one in KIND_OF_WORD
    )
    return KIND_OF_WORD[singular]


def asked_group(question: str) -> str:
    phrase = re.findall(r"(?:How many|these are) (?:pieces of )?(\w+)", question)[-1]
    return phrase if phrase in ("fruit", "clothing", "furniture") else phrase.removesuffix("s")


def count_kind(question: str) -> str:
    return str(sum(KIND_OF_WORD[word] == asked_group(question) for word in listing(question)))


def count_word(question: str) -> str:
    (word,) = re.findall(r"the word (\w+) occur", question)
    return str(listing(question).count(word))


def count_letter(question: str) -> str:
    ((letter, word),) = re.findall(r"letter (\w) occur in the word (\w+)", question)
    return str(len(re.findall(letter.lower(), word)))


def count_amounts(question: str) -> str:
    total = 0
    for part in re.split(r", | and |\. ", question):
        for number, noun in re.findall(rf"\b({'|'.join(SPELLED)}) (?:more )?(\w+)", part, re.IGNORECASE):
            if group_of(noun) == asked_group(question):
                total += SPELLED[number.lower()] * (-1 if "taken away" in part else 1)
    return str(total)


def liked(question: str) -> dict[str, set[str]]:
    return {name: set(re.split(r", | and ", foods)) for name, foods in re.findall(r"(\w+) likes ([\w, ]+)\.", question)}


def in_common(question: str) -> str:
    (answer,) = set.intersection(*liked(question).values())
    return answer


def two_but_not_three(question: str) -> str:
    ((first, second_name, third),) = re.findall(r"do (\w+) and (\w+) like that (\w+) does", question)
    likes = liked(question)
    (answer,) = (likes[first] & likes[second_name]) - likes[third]
    return answer


DAYS_OFF = {
    "day before yesterday": -2, "day after tomorrow": 2, "yesterday": -1, "tomorrow": 1, "today": 0,
}  # fmt: skip


def weekday_around(question: str) -> str:
    said, asked = question.split(". ")
    day = WEEK.index(re.findall("|".join(WEEK), said)[0])
    given, wanted = [next(off for name, off in DAYS_OFF.items() if name in text.lower()) for text in (said, asked)]
    return WEEK[(day - given + wanted) % 7]


def months_away(question: str) -> str:
    ((months, word, month),) = re.findall(r"(\d+) months (\w+) (\w+)\?", question)
    return YEAR[(YEAR.index(month) + (int(months) if word == "after" else -int(months))) % 12]


SIZES = {
    "second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800, "month": 1, "year": 12, "millimeter": 1,
    "centimeter": 10, "meter": 1000, "kilometer": 1_000_000, "gram": 1, "kilogram": 1000, "egg": 1, "dozen": 12,
}  # fmt: skip


def units(question: str) -> str:
    wanted = re.findall(r"How many (\w+?)s? are", question)[0]
    total = sum(int(number) * SIZES[unit.removesuffix("s")] for number, unit in re.findall(r"(\d+) (\w+)", question))
    return str(Fraction(total, SIZES[wanted]))


def clock_later(question: str) -> str:
    ((span, word, hour, minute),) = re.findall(r"(\d+) minutes (\w+) (\d+):(\d\d)", question)
    moment = datetime(2001, 1, 1, int(hour), int(minute))
    moment += timedelta(minutes=int(span)) * (1 if word == "after" else -1)
    return f"{moment.hour}:{moment.minute:02d}"


def time_between(question: str) -> str:
    moments = [datetime(2001, 1, 1, int(hour), int(minute)) for hour, minute in re.findall(r"(\d+):(\d\d)", question)]
    return str((moments[1] - moments[0]).seconds // 60)


def days_of(question: str, year: int) -> list[date]:
    return [date(year, YEAR.index(month) + 1, int(day)) for month, day in re.findall(r"([A-Z][a-z]+) (\d+)", question)]


def date_after(question: str) -> str:
    ((days, month, day),) = re.findall(r"(\d+) days after (\w+) (\d+)", question)
    answers = {date(year, YEAR.index(month) + 1, int(day)) + timedelta(days=int(days)) for year in (2023, 2024)}
    (answer,) = {f"{YEAR[found.month - 1]} {found.day}" for found in answers}  # leap year or not
    return answer


def days_between(question: str) -> str:
    (answer,) = {(days_of(question, year)[1] - days_of(question, year)[0]).days for year in (2023, 2024)}
    return str(answer)


def years_old(question: str) -> str:
    first, other = numbers(question)
    return str(first + other if "In which year" in question else other - first)


SOLVERS: dict[str, Callable[[str], str]] = {
    "add_digits": sum_of_terms, "add_tens": sum_of_terms, "add_two_digits": sum_of_terms,
    "subtract_small": sum_of_terms, "subtract_two_digits": sum_of_terms, "chain": sum_of_terms,
    "add_three_digits": sum_of_terms, "subtract_three_digits": sum_of_terms, "tens": sum_of_terms,
    "multiply_table": product, "multiply_two_digits": product, "long_product": product,
    "word_problem": story, "half_or_double": half_or_double, "missing_number": missing_number, "divide": divide,
    "round_to_ten": round_to_ten, "digit_sum": digit_sum, "percent": percent, "remainder": remainder,
    "precedence": evaluated, "nested": evaluated, "nested_deep": evaluated, "new_operation": new_operation,
    "extreme_small": extreme, "extreme_large": extreme, "next_number": next_term, "next_letter": next_letter,
    "count_list": lambda question: str(len(listing(question))),
    "odd_one_out": odd_one_out, "alphabetical": alphabetical, "nth_word": nth_word,
    "next_doubling": next_ratio, "next_growing": next_by_differences, "next_of_two_before": next_of_two_before,
    "letter_beside": letter_beside, "even_or_odd": even_or_odd, "multiple": multiple,
    "prime": only(lambda n: all(n % factor for factor in range(2, n))), "closest": closest, "second": second,
    "decimals": extreme_of(Decimal), "fractions": extreme_of(Fraction), "longest_time": extreme_of(minutes_of),
    "count_kind": count_kind, "count_word": count_word, "count_letter": count_letter,
    "count_amounts": count_amounts, "count_changes": count_amounts,
    "in_common": in_common, "two_but_not_three": two_but_not_three,
    "weekday_next": neighbour(WEEK), "month_next": neighbour(YEAR), "in_days": in_days,
    "weekday_of_date": weekday_of_date, "tomorrow": weekday_around, "weekday_around": weekday_around,
    "months_away": months_away, "units": units, "mixed_units": units, "clock_later": clock_later,
    "time_between": time_between, "date_after": date_after, "days_between": days_between, "years_old": years_old,
}  # fmt: skip
