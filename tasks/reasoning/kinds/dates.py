"""Days, months, dates, clock times and units."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta

from .drafts import REDRAW, Draft, Generator, Kind, listed_question, placed, ranked

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def step_through(cycle: Sequence[str], noun: str) -> Generator:
    """The day or month right after or right before another."""

    def draw(rng: random.Random, turn: int) -> Draft:
        place, step, word = rng.randrange(len(cycle)), *((1, "after") if turn % 2 else (-1, "before"))
        answer = cycle[(place + step) % len(cycle)]
        wrong = rng.sample([name for name in cycle if name not in {answer, cycle[place]}], 3)
        return Draft(f"Which {noun} comes right {word} {cycle[place]}?", answer, tuple(wrong), cluster=cycle[place])

    return draw


def in_days(rng: random.Random, turn: int) -> Draft:
    """The weekday two to nine days from a given one."""
    place, days = rng.randrange(7), rng.choice([2, 3, 4, 5, 6, 8, 9])
    answer = WEEKDAYS[(place + days) % 7]
    wrong = rng.sample([name for name in WEEKDAYS if name not in {answer, WEEKDAYS[place]}], 3)
    question = f"Today is {WEEKDAYS[place]}. Which day of the week will it be in {days} days?"
    return Draft(question, answer, tuple(wrong), cluster=WEEKDAYS[place])


def weekday_of_date(rng: random.Random, turn: int) -> Draft:
    """The weekday of a date a few days after one whose weekday is given, at times across a month's end."""
    first = date(2001, 1, 1) + timedelta(days=rng.randrange(10_000))
    second = first + timedelta(days=rng.choice([1, 2, 3, 4, 5, 6, 8, 9, 10]))
    given, answer = WEEKDAYS[first.weekday()], WEEKDAYS[second.weekday()]
    wrong = rng.sample([name for name in WEEKDAYS if name not in {answer, given}], 3)
    question = (
        f"{MONTHS[first.month - 1]} {first.day}, {first.year} was a {given}. "
        f"Which day of the week was {MONTHS[second.month - 1]} {second.day}, {second.year}?"
    )
    return Draft(question, answer, tuple(wrong))


def tomorrow(rng: random.Random, turn: int) -> Draft:
    """The day before or after today."""
    place, (step, word) = rng.randrange(7), rng.choice(((1, "tomorrow"), (-1, "yesterday")))
    answer = WEEKDAYS[(place + step) % 7]
    wrong = rng.sample([name for name in WEEKDAYS if name not in {answer, WEEKDAYS[place]}], 3)
    verb = "is" if step > 0 else "was"
    question = f"Today is {WEEKDAYS[place]}. Which day {verb} {word}?"
    return Draft(question, answer, tuple(wrong), cluster=WEEKDAYS[place])


def weekday_around(rng: random.Random, turn: int) -> Draft:
    """The weekday of one day, from that of another one or two days off today."""
    said = {-2: "The day before yesterday was", -1: "Yesterday was", 1: "Tomorrow is", 2: "The day after tomorrow is"}
    asked = {
        -2: "was the day before yesterday", -1: "was yesterday", 0: "is today", 1: "is tomorrow",
        2: "is the day after tomorrow",
    }  # fmt: skip
    given = rng.choice(sorted(said))
    wanted = rng.choice([day for day in sorted(asked) if abs(day - given) > 1])
    place = rng.randrange(7)
    answer = WEEKDAYS[(place + wanted - given) % 7]
    wrong = rng.sample([name for name in WEEKDAYS if name not in {answer, WEEKDAYS[place]}], 3)
    return Draft(f"{said[given]} {WEEKDAYS[place]}. Which day {asked[wanted]}?", answer, tuple(wrong))


def months_away(rng: random.Random, turn: int) -> Draft:
    """The month two to eight months after or before a given one."""
    place, months, (sign, word) = rng.randrange(12), rng.randint(2, 8), ((1, "after"), (-1, "before"))[turn // 4 % 2]
    answer = MONTHS[(place + sign * months) % 12]
    wrong = rng.sample([name for name in MONTHS if name not in {answer, MONTHS[place]}], 3)
    return Draft(f"Which month comes {months} months {word} {MONTHS[place]}?", answer, tuple(wrong))


UNITS = (
    ("minutes", "hours", 60), ("seconds", "minutes", 60), ("hours", "days", 24), ("days", "weeks", 7),
    ("months", "years", 12), ("centimeters", "meters", 100), ("grams", "kilograms", 1000),
    ("meters", "kilometers", 1000), ("millimeters", "centimeters", 10), ("eggs", "dozen", 12),
)  # fmt: skip


def units(rng: random.Random, turn: int) -> Draft:
    """A full number of a larger unit, in the smaller one."""
    small, large, factor = UNITS[rng.randrange(len(UNITS))]
    number = rng.randint(2, 9)
    return in_smaller_unit(f"How many {small} are in {number} {large}?", number, 0, factor)


def mixed_units(rng: random.Random, turn: int) -> Draft:
    """A larger and a smaller unit together, in the smaller one."""
    small, large, factor = UNITS[rng.randrange(8)]
    number, rest = rng.randint(2, 6), rng.randint(2, factor - 2)
    question = f"How many {small} are {number} {large} and {rest} {small} together?"
    return in_smaller_unit(question, number, rest, factor)


def in_smaller_unit(question: str, number: int, rest: int, factor: int) -> Draft:
    """Wrong options are other multiples: wrong by whole units, or by taking 50 or 100 to the unit."""
    answer = number * factor + rest
    other_units = {number * other + rest for other in (10, 50, 100)}
    near = sorted({answer + place * factor // 2 for place in range(-5, 6)} | other_units)
    return Draft(question, str(answer), near=tuple(value for value in near if value > 0))


def clock(minutes: int) -> str:
    """200 -> '3:20'."""
    return f"{minutes // 60}:{minutes % 60:02d}"


def clock_later(rng: random.Random, turn: int) -> Draft:
    """A clock time some minutes after or before another, the hour crossed at times."""
    start, span = 5 * rng.randint(36, 120), 5 * rng.randint(3, 21)
    sign, word = ((1, "after"), (-1, "before"))[turn // 4 % 2]
    answer = start + sign * span
    below = [answer - off for off in (60, 40, 20, 10, 5) if answer - off != start]
    above = [answer + off for off in (5, 10, 20, 40, 60) if answer + off != start]
    wrong = ranked(below, above, turn % 4, rng)
    return Draft(f"What time is it {span} minutes {word} {clock(start)}?", clock(answer), tuple(map(clock, wrong)))


def time_between(rng: random.Random, turn: int) -> Draft:
    """The minutes between two clock times."""
    start, span = rng.randint(420, 960), rng.randint(35, 190)
    question = f"A film begins at {clock(start)} and ends at {clock(start + span)}. How many minutes long is it?"
    return Draft(question, str(span), near=tuple(range(span % 10 or 10, span + 61, 10)))


def date_after(rng: random.Random, turn: int) -> Draft:
    """The date some days after another, always in the next month; February is left out."""
    month = rng.choice((3, 4, 5, 6, 7, 8, 9, 10, 11))
    first = date(2001, month, rng.randint(18, 29))
    days = rng.randint(7, 20)
    answer = first + timedelta(days=days)
    if answer.month == first.month or not 4 < answer.day < 27:
        return REDRAW
    shifts = ranked((-3, -2, -1), (1, 2, 3), turn % 4, rng)
    name, wrong = MONTHS[answer.month - 1], [answer + timedelta(days=shift) for shift in shifts]
    return Draft(
        f"Which date is {days} days after {MONTHS[first.month - 1]} {first.day}?", f"{name} {answer.day}",
        tuple(f"{name} {day.day}" for day in wrong), aliases=(f"{answer.day} {name}", f"{answer.day} of {name}"),
    )  # fmt: skip


def days_between(rng: random.Random, turn: int) -> Draft:
    """The days from one date to another in the next month; February is left out."""
    first = date(2001, rng.choice((3, 4, 5, 6, 7, 8, 9, 10, 11)), rng.randint(12, 28))
    days = rng.randint(8, 30)
    last = first + timedelta(days=days)
    if last.month == first.month:
        return REDRAW
    texts = [f"{MONTHS[day.month - 1]} {day.day}" for day in (first, last)]
    return Draft(f"How many days after {texts[0]} is {texts[1]}?", str(days))


def years_old(rng: random.Random, turn: int) -> Draft:
    """An age or a year, from a year and a span."""
    built, years = rng.randint(1850, 1930), rng.randint(31, 80)
    if turn // 4 % 2:
        near = tuple(range(built + years - 40, built + years + 41, 10))
        return Draft(
            f"A house was built in {built}. In which year was it {years} years old?", str(built + years), near=near
        )
    near = tuple(range(years % 10, years + 41, 10))
    return Draft(f"A house was built in {built}. How many years old was it in {built + years}?", str(years), near=near)


def longest_time(rng: random.Random, turn: int) -> Draft:
    """The longest or shortest of four spans: two in minutes, one in seconds, one in hours and minutes."""
    spans = rng.sample([minutes for minutes in range(65, 180, 5) if minutes % 60], 4)
    a, b, c, d = spans
    hours = f"{d // 60} hour{'s' if d > 119 else ''} and {d % 60} minutes"
    texts = {a: f"{a} minutes", b: f"{b} minutes", c: f"{60 * c} seconds", d: hours}
    word, answer = ("longest", max(spans)) if turn // 4 % 2 else ("shortest", min(spans))
    others = [texts[span] for span in spans if span != answer]
    listing = placed(rng.sample(others, 3), texts[answer], turn % 4)
    return listed_question(f"Which time is the {word}: {', '.join(listing)}?", texts[answer], listing)


KINDS: dict[str, Kind] = {
    "weekday_next": Kind(1, 12, step_through(WEEKDAYS, "day")),
    "month_next": Kind(1, 12, step_through(MONTHS, "month")),
    "in_days": Kind(2, 12, in_days),
    "weekday_of_date": Kind(4, 16, weekday_of_date),
    "tomorrow": Kind(1, 12, tomorrow),
    "units": Kind(2, 16, units),
    "years_old": Kind(3, 16, years_old),
    "weekday_around": Kind(3, 16, weekday_around),
    "months_away": Kind(3, 16, months_away),
    "mixed_units": Kind(3, 16, mixed_units),
    "clock_later": Kind(3, 20, clock_later),
    "time_between": Kind(4, 16, time_between),
    "date_after": Kind(4, 16, date_after),
    "days_between": Kind(4, 16, days_between),
    "longest_time": Kind(4, 16, longest_time),
}
