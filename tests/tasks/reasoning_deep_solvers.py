"""A second solver for each kind of question of levels 6 and 7, which reads nothing but the question."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from datetime import datetime, timedelta

import reasoning_story_solvers
import reasoning_text_solvers
from reasoning_solvers import evaluated, numbers

ORDINAL = {
    word: place
    for place, word in enumerate(
        """first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth
        fifteenth sixteenth seventeenth eighteenth""".split()
    )
}
SPELLED = {word: value for value, word in enumerate("zero one two three four five six seven eight nine ten".split())}

# --- numbers and dates ---


def remainders(question: str) -> str:
    ((start, said, modulus),) = re.findall(r"Start with (\d+) .*?: (.*)\. After .* division by (\d+)\.", question)
    number = int(start)
    for part in said.split(", then "):
        (k,) = numbers(part)
        number = number * k if "multiply" in part else number + k if part.startswith("add") else number**2 + k
        number -= number // int(modulus) * int(modulus)
    return str(number)


def bases(question: str) -> str:
    number, base = re.findall(r"number (\d+) .*?written in base (\d)", question)[0]
    if "base ten" in question:
        return str(int(number, int(base)))
    (answer,) = {text for text in candidates(int(number), int(base)) if int(text, int(base)) == int(number)}
    return answer


def candidates(number: int, base: int) -> list[str]:
    """The numeral, found place by place from the largest power down."""
    powers = [base**place for place in range(20) if base**place <= number][::-1]
    digits = []
    for power in powers:
        digits.append(max(digit for digit in range(base) if digit * power <= number))
        number -= digits[-1] * power
    return ["".join(map(str, digits))]


def sequence(question: str) -> str:
    terms = numbers(question.split(". ", maxsplit=1)[0])
    rule, (k,) = question.split(". ")[1], numbers(question.split(". ")[1])
    place = ORDINAL[re.findall(r"the (\w+) number of", question)[0]]
    k = -k if "less " + str(k) in rule else k
    while len(terms) <= place:
        before, last = terms[-2:]
        if "sum of the two" in rule:
            terms.append(before + last + k)
        elif "twice the one before it" in rule:
            terms.append(last + (last - before) + k)
        else:
            terms.append(last + before + before + k)
    return str(terms[place])


def repeated_rule(question: str) -> str:
    k, number, times = numbers(question)
    for _ in range(times):
        number = (number + k) if number & 1 else number >> 1
    return str(number)


def days(question: str) -> list[datetime]:
    return [datetime.strptime(text, "%B %d, %Y") for text in re.findall(r"[A-Z][a-z]+ \d+, \d{4}", question)]


def weekday_years_on(question: str) -> str:
    first, last = days(question)
    assert f"is a {first:%A}." in question
    return f"{last:%A}"


def days_across(question: str) -> str:
    first, last = days(question)
    return str(last.toordinal() - first.toordinal())


def timetable(question: str) -> str:
    hour, minute = re.findall(r"leaves at (\d+):(\d\d)", question)[0]
    now = datetime(2001, 1, 1, int(hour), int(minute))
    now += sum((timedelta(hours=int(n)) for n in re.findall(r"(\d+) hour", question)), timedelta())
    now += sum((timedelta(minutes=int(n)) for n in re.findall(r"(\d+) minute", question)), timedelta())
    return f"{now:%I:%M}".lstrip("0")


# --- what is where ---


def passes(question: str) -> str:
    to = dict(re.findall(r"(\w+) to (\w+)", question.split(". ", maxsplit=1)[0]))
    (holder,) = re.findall(r"(\w+) has the ball", question)
    for _ in range(numbers(question)[0]):
        holder = to[holder]
    return holder


def list_steps(question: str) -> str:
    words = re.findall(r"list: ([\w, ]+)\.", question)[0].split(", ")
    *steps, asked = question.split(". ")[1:]
    for step in steps:
        if step.startswith("Swap"):
            one, other = [ORDINAL[word] for word in re.findall(r"the (\w+)", step)]
            words[one], words[other] = words[other], words[one]
        elif "around" in step:
            words.reverse()
        elif "last word" in step:
            words.insert(0, words.pop())
        else:
            for _ in range(2 if "two" in step else 1):
                words.append(words.pop(0))
    return words[ORDINAL[re.findall(r"is (\w+) now", asked)[0]]]


def line(question: str) -> str:
    first, *events, asked = re.split(r"(?<=[.?]) ", question)
    people = re.findall(r"[A-Z]\w+", first.split(" stand")[0])
    for event in events:
        if "leaves" in event:
            del people[0 if "first" in event else -1]
        elif "at the end" in event:
            people += [event.split()[0]]
        else:
            new, other = event.split()[0], event.rstrip(".").split()[-1]
            people.insert(people.index(other) + 1, new)
    return people[ORDINAL[re.findall(r"stands (\w+) now", asked)[0]]]


def transfers(question: str) -> str:
    first, *events, _ = question.split(". ")
    has = {name: int(coins) for name, coins in re.findall(r"(\w+) has (\d+) coins", first)}
    for event in events:
        if event.startswith("A stranger"):
            who, like = re.findall(r"gives (\w+) as many coins as (\w+) has", event)[0]
            has[who] += has[like]
        elif "finds" in event:
            has[event.split()[0]] += numbers(event)[0]
        else:
            has[event.split()[0]] -= numbers(event)[0]
            has[event.split()[-1]] += numbers(event)[0]
    return str(has[re.findall(r"coins does (\w+)", question)[0]])


def grid(question: str) -> str:
    ways = [(0, 1), (1, 0), (0, -1), (-1, 0)]
    facing = east = north = 0
    for turned, blocks in re.findall(r"You (?:turn (\w+) and )?walk (\d+)", question):
        facing = (facing + {"": 0, "right": 1, "around": 2, "left": 3}[turned]) % 4
        east, north = east + ways[facing][0] * int(blocks), north + ways[facing][1] * int(blocks)
    return str(abs(east) + abs(north))


# --- logic ---


def race(question: str) -> str:
    pairs = [
        (one, other) if word == "before" else (other, one)
        for one, word, other in re.findall(r"(\w+) came in (before|after) (\w+)\.", question)
    ]
    left, order = {name for pair in pairs for name in pair}, []
    while left:
        (first,) = [name for name in left if not any(name == after and before in left for before, after in pairs)]
        order.append(first)
        left.remove(first)
    return order[ORDINAL[question.rstrip("?").split()[-1]]]


def seat_fits(clue: str, at: dict[str, int]) -> bool:
    one, *rest = [at[name] for name in re.findall(r"[A-Z]\w+", clue.removeprefix("Exactly"))]
    if "neither end" in clue:
        return 0 < one < len(at) - 1
    (other,) = rest
    if "next to" in clue:
        return one - other in (1, -1)
    if "Exactly" in clue:
        return len(range(min(one, other) + 1, max(one, other))) == SPELLED[clue.split()[1]]
    return one == other - 1 if "directly left" in clue else one < other if "left of" in clue else one > other


def row_of_seats(question: str) -> str:
    first, *clues, asked = re.split(r"(?<=[.?]) ", question)
    people = re.findall(r"[A-Z]\w+", first)
    assert f"{len(people)}" == str(SPELLED[re.findall(r"row of (\w+) seats", first)[0]])
    orders = [
        order
        for order in itertools.permutations(people)
        if all(seat_fits(clue, dict(zip(order, range(len(order)), strict=True))) for clue in clues)
    ]
    (order,) = orders
    return order[ORDINAL[asked.rstrip("?").split()[-1]]]


def claim_holds(claim: str, liars: set[str]) -> bool:
    named = re.findall(r"[A-Z]\w+", claim)
    lying = sum(name in liars for name in named)
    if claim.startswith("exactly one"):
        return lying == 1
    return lying == (len(named) if "lie" in claim else 0)


def truth_tellers(question: str) -> str:
    claims = re.findall(r"(\w+) says that ([^.]+)\.", question)
    names = [name for name, _ in claims]
    worlds = [
        liars
        for size in range(len(names) + 1)
        for liars in map(set, itertools.combinations(names, size))
        if all(claim_holds(claim, liars) != (name in liars) for name, claim in claims)
    ]
    (liars,) = worlds
    asked, options = question.rsplit(". ", 1)[1].rstrip("?").split(": ")
    (answer,) = [name for name in options.split(", ") if (name in liars) == ("lies" in asked)]
    return answer


def definitions(question: str) -> str:
    truth = {name: value == "true" for name, value in re.findall(r"\b([PQR]) is (true|false)", question)}
    for name, meaning in re.findall(r"(\w) means: ([^.]+)\.", question):
        values = [truth[letter] for letter in re.findall(r"\b[A-Z]\b", meaning)]
        if "exactly one" in meaning:
            truth[name] = sum(values) == 1
        elif "neither" in meaning:
            truth[name] = not any(values)
        elif "or both" in meaning:
            truth[name] = any(values)
        elif "but not" in meaning:
            truth[name] = values == [True, False]
        else:
            truth[name] = not values[0] if meaning.startswith("not") else all(values)
    return str([truth[name] for name in re.findall(r"\b[A-Z]\b", question.rsplit("How many", 1)[1])].count(True))


def sets(question: str) -> str:
    held: dict[str, set[str]] = {}
    for name, content in re.findall(r"List (\w) has ([^.]+)\.", question):
        if not content.startswith("what is in"):
            held[name] = set(re.split(r", | and ", content))
            continue
        one, other = [held[letter] for letter in re.findall(r"\b[A-Z]\b", content)]
        if "exactly one" in content:
            held[name] = (one | other) - (one & other)
        elif "but not" in content:
            held[name] = one.difference(other)
        else:
            held[name] = one.union(other) if "or both" in content else one.intersection(other)
    return str(len(held[re.findall(r"does list (\w) have", question)[0]]))


def schedule(question: str) -> str:
    """Day by day: what can begin is begun."""
    jobs = re.findall(r"Job (\w) takes (\d+) days(?: and can begin when ([^.]+) (?:is|are) done)?\.", question)
    waits = {name: set(before.split(" and ")) - {""} for name, _, before in jobs}
    left = {name: int(days) for name, days, _ in jobs}
    day = 0
    while any(left.values()):
        running = [name for name in left if left[name] and not any(left[other] for other in waits[name])]
        for name in running:
            left[name] -= 1
        day += 1
    return str(day)


SOLVERS: dict[str, Callable[[str], str]] = {
    "deep_sums": evaluated, "remainders": remainders, "bases": bases, "sequence": sequence,
    "repeated_rule": repeated_rule, "weekday_years_on": weekday_years_on, "days_across": days_across,
    "timetable": timetable,
    "many_swaps": reasoning_text_solvers.SOLVERS["three_swaps"], "passes": passes, "list_steps": list_steps,
    "line": line, "transfers": transfers, "grid": grid,
    "many_changes": reasoning_story_solvers.SOLVERS["five_changes"],
    "many_relations": reasoning_story_solvers.SOLVERS["four_relations"],
    "race": race, "row_of_seats": row_of_seats, "truth_tellers": truth_tellers, "definitions": definitions,
    "sets": sets, "schedule": schedule, "many_classes": reasoning_text_solvers.SOLVERS["classes_long"],
    **dict.fromkeys(
        ("code_loops", "code_calls", "code_table", "code_moves", "code_state"), reasoning_story_solvers.printed
    ),
}  # fmt: skip
