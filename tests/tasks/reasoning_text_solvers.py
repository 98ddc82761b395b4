"""A second solver for each kind of reasoning question, which reads nothing but the question: texts, rules, logic."""

from __future__ import annotations

import itertools
import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from fractions import Fraction

from reasoning_solvers import KIND_OF_WORD, OPPOSITE, listing, numbers, pattern


def transitive(question: str) -> str:
    above: dict[str, set[str]] = defaultdict(set)
    for one, relation, other in re.findall(r"(\w+) is (\w+) than (\w+)\.", question):
        upper, lower = (one, other) if relation in ("taller", "older", "faster") else (other, one)
        above[lower].add(upper)
        above.setdefault(upper, set())
    asked = question.rstrip("?").split()[-1]
    if asked in ("tallest", "oldest", "fastest"):
        (answer,) = [name for name in above if not above[name]]
    else:
        mentioned_above = set().union(*above.values())
        (answer,) = [name for name in above if name not in mentioned_above]
    return answer


def oldest(question: str) -> str:
    ages = {name: int(age) for name, age in re.findall(r"(\w+) is (\d+)", question)}
    return (max if "oldest" in question else min)(ages, key=lambda name: ages[name])


def recall(relation: str, asked: str, key_first: bool) -> Callable[[str], str]:
    def solve(question: str) -> str:
        pairs = re.findall(relation, question)
        (key,) = re.findall(asked, question)
        return dict(pairs if key_first else [(thing, who) for who, thing in pairs])[key]

    return solve


def where_now(question: str) -> str:
    (person,) = re.findall(r"Where is (\w+) now", question)
    return re.findall(rf"{person} (?:is in|goes to) the (\w+)", question)[-1]


def deduction(question: str) -> str:
    rules = dict(re.findall(r"Every (\w+) eats (\w+)", question))
    (animal,) = re.findall(r"is a (\w+)\.", question)
    return rules[animal]


def category_pattern(question: str) -> str:
    *examples, (asked, _) = pattern(question)
    assert all(KIND_OF_WORD[word] == group for word, group in examples)
    return KIND_OF_WORD[asked]


def form_pattern(question: str) -> str:
    (word, form), _, (asked, _) = pattern(question)
    return asked + form.removeprefix(word)


def number_pattern(question: str) -> str:
    (a, b), (c, d), (asked, _) = pattern(question)
    assert int(b) - int(a) == int(d) - int(c)
    return str(int(asked) + int(b) - int(a))


def double_pattern(question: str) -> str:
    *examples, (asked, _) = pattern(question)
    assert all(int(double) == 2 * int(single) for single, double in examples)
    return str(2 * int(asked))


def pick_pattern(question: str) -> str:
    *examples, (asked, _) = pattern(question)
    (place,) = {pair.split().index(picked) for pair, picked in examples}
    return asked.split()[place]


def place_in_race(question: str) -> str:
    statements = re.findall(r"(\w+) came in (before|after) (\w+)\.", question)
    pairs = [(a, b) if word == "before" else (b, a) for a, word, b in statements]
    place = ["first", "second", "third"].index(question.rstrip("?").split()[-1])
    names = {name for pair in pairs for name in pair}
    orders = [o for o in itertools.permutations(names) if all(o.index(a) < o.index(b) for a, b in pairs)]
    (answer,) = {order[place] for order in orders}
    return answer


def swaps(question: str) -> str:
    has = dict(re.findall(r"(\w+) has the (\w+) ball", question))
    for one, other in re.findall(r"(\w+) and (\w+) swap", question):
        has |= {one: has[other], other: has[one]}
    return has[re.findall(r"that (\w+) has now", question)[0]]


def compass(question: str) -> str:
    way = {"north": 1j, "east": 1, "south": -1j, "west": -1}
    facing = way[re.findall(r"You face (\w+)", question)[0]]
    for turn in re.findall(r"You turn (\w+)", question):
        facing *= {"left": 1j, "right": -1j, "around": -1}[turn]
    (answer,) = [name for name, direction in way.items() if direction == facing]
    return answer


def carry(question: str) -> str:
    where: dict[str, str] = {}
    held: dict[str, str] = {}
    for fact in question.split(". ")[:-1]:
        if match := re.fullmatch(r"(\w+) takes the (\w+) in the (\w+)", fact):
            held[match[2]], where[match[1]] = match[1], match[3]
        elif match := re.fullmatch(r"(\w+) goes to the (\w+)", fact):
            where[match[1]] = match[2]
        elif match := re.fullmatch(r"(\w+) puts the (\w+) down", fact):
            where[match[2]] = where[held.pop(match[2])]
    thing = re.findall(r"Where is the (\w+) now", question)[0]
    return where[held.get(thing, thing)]


def pile(question: str) -> str:
    stack: list[str] = []
    for fact in question.split(". ")[:-1]:
        if "taken away" in fact:
            del stack[-1]
        else:
            stack.append(fact.split()[1])
    return stack[-1]


def walk(question: str) -> str:
    steps = re.findall(r"(\d+) steps (forward|back)", question)
    return str(abs(sum(int(number) * (1 if way == "forward" else -1) for number, way in steps)))


# --- rules shown by examples ---


def from_example(question: str) -> str:
    *examples, (asked, _) = pattern(question)
    return dict(examples)[asked]


def round_of_words(question: str) -> str:
    terms = listing(question)
    assert all(later == sooner for sooner, later in zip(terms, terms[4:], strict=False))
    return terms[-4]


def affix(question: str) -> str:
    *examples, (asked, _) = pattern(question)
    (rule,) = {form.replace(word, "*", 1) for word, form in examples}
    return rule.replace("*", asked)


def field(question: str) -> str:
    *examples, (asked, _) = pattern(question)
    (place,) = {record.split().index(picked) for record, picked in examples}
    return asked.split()[place]


def label(question: str) -> str:
    """The label that every feature gives which agrees with all examples."""
    *examples, (asked, _) = pattern(question)
    found = set()
    for feature in (KIND_OF_WORD.get, lambda word: word[0], lambda word: word[-1], len):
        pairs = {(feature(word), name) for word, name in examples}
        if len(pairs) == 4:
            found |= {name for value, name in pairs if value == feature(asked)}
    (answer,) = found
    return answer


def rearranged(split: Callable[[str], Iterable[str]], glue: str) -> Callable[[str], str]:
    """The order that every example shows, put on the asked one."""

    def solve(question: str) -> str:
        *examples, (asked, _) = pattern(question)
        ways = itertools.permutations(range(len(list(split(asked)))))
        fitting = [
            way for way in ways if all([list(split(a))[place] for place in way] == list(split(b)) for a, b in examples)
        ]
        (answer,) = {glue.join(list(split(asked))[place] for place in way) for way in fitting}
        return answer

    return solve


def polynomial(question: str) -> str:
    """The only polynomial of one degree less than there are examples minus one, through all of them (Lagrange)."""
    *examples, (asked, _) = pattern(question)
    points = [(Fraction(x), Fraction(y)) for x, y in examples]

    def through(used: list[tuple[Fraction, Fraction]], at: Fraction) -> Fraction:
        total = Fraction(0)
        for x, y in used:
            total += y * math.prod((at - other) / (x - other) for other, _ in used if other != x)
        return total

    assert through(points[:-1], points[-1][0]) == points[-1][1]
    return str(through(points[:-1], Fraction(asked)))


def pair_rule(question: str) -> str:
    *examples, (asked, _) = pattern(question)
    rules: list[Callable[[int, int], int]] = [
        lambda a, b: a + b, lambda a, b: a * b, lambda a, b: a - b, lambda a, b: a * b + a, lambda a, b: 2 * a + b,
        lambda a, b: a + 3 * b, lambda a, b: a * b - b, lambda a, b: a * a + b, lambda a, b: (a + b) * 2,
    ]  # fmt: skip
    fitting = [rule for rule in rules if all(rule(*map(int, pair.split())) == int(y) for pair, y in examples)]
    (answer,) = {rule(*map(int, asked.split())) for rule in fitting}
    return str(answer)


def new_language(question: str) -> str:
    *examples, (asked, _) = pattern(question)
    answers = set()
    for order in (1, -1):
        meaning: dict[str, set[str]] = defaultdict(set)
        for english, made in examples:
            for word, said in zip(english.split(), made.split()[::order], strict=True):
                meaning[word].add(said)
        if all(len(said) == 1 for said in meaning.values()):
            answers.add(" ".join([next(iter(meaning[word])) for word in asked.split()][::order]))
    (answer,) = answers
    return answer


# --- logic ---


def features(question: str) -> str:
    wears = re.findall(r"([A-Z]\w+) wears a (\w+) hat and (\w+) shoes\.", question)
    clue = question.split("with the key ")[1]
    hat, shoes = re.findall(r"a (\w+) hat", clue)[0], re.findall(r"(\w+) shoes", clue)[0]
    wanted = "not" not in clue
    (answer,) = [name for name, own, pair in wears if (own == hat) == wanted and (pair == shoes) == wanted]
    return answer


def lamps(question: str) -> str:
    rules = re.findall(r"If the (\w+) lamp is on, then the (\w+) lamp is on", question)
    (given, state), *_ = re.findall(r"\. The (\w+) lamp is (on|off)\.", question)
    names = sorted({name for rule in rules for name in rule})
    worlds = [dict(zip(names, world, strict=True)) for world in itertools.product((True, False), repeat=len(names))]
    left = [w for w in worlds if w[given] == (state == "on") and all(w[b] or not w[a] for a, b in rules)]
    (answer,) = [name for name in names if name != given and all(w[name] == (state == "on") for w in left)]
    return answer


def classes(question: str) -> str:
    rules = re.findall(r"Every (\w+) is a (\w+)\.", question)
    known = set(re.findall(r"This thing is a (\w+)\.", question))
    for _ in rules:
        known |= {above for below, above in rules if below in known}
    (answer,) = known & set(listing(question))
    return answer


def liars(question: str) -> str:
    said = re.findall(r"(\w+) says that (\w+) (tells the truth|lies)\.", question)
    ((first, word),) = re.findall(r"lies\. (\w+) (tells the truth|lies)\.", question)
    names = [first, *(name for name, *_ in said)]
    found = set()
    for world in itertools.product((True, False), repeat=len(names)):
        honest = dict(zip(names, world, strict=True))
        claims = all(honest[one] == (honest[other] == (text != "lies")) for one, other, text in said)
        if claims and honest[first] == (word != "lies"):
            found.add(sum(world))
    (answer,) = found
    return str(answer)


def statements(question: str) -> str:
    truth = {name: word == "true" for name, word in re.findall(r"([PQR]) is (true|false)\.", question)}
    count = 0
    for text in question.split(": ")[1].rstrip("?").split("; "):
        python = re.sub(r"neither (\w) nor (\w)", r"not \1 and not \2", text.replace(" or both", ""))
        count += bool(eval(python.replace(" but ", " and "), {"__builtins__": {}}, dict(truth)))
    return str(count)


def groups(question: str) -> str:
    total, one, other, told = numbers(question)
    if "play both?" in question:
        return str(one + other - (total - told))
    return str(total - (one + other - told) if "play neither?" in question else one - told)


def seats(question: str) -> str:
    people = re.split(r", | and ", question.partition(" sit in a row")[0])
    ordinals = ["first", "second", "third", "fourth", "fifth"]
    found = re.findall(
        r"(\w+) (?:sits|does) (somewhere left of|somewhere right of|directly left of|not sit) (\w+)", question
    )
    answers = set()
    for order in itertools.permutations(people):
        at = {name: place for place, name in enumerate(order)}
        holds = {
            "somewhere left of": lambda a, b, at=at: at[a] < at[b],
            "somewhere right of": lambda a, b, at=at: at[a] > at[b],
            "directly left of": lambda a, b, at=at: at[a] + 1 == at[b],
            "not sit": lambda a, b, at=at: at[a] != ordinals.index(b),
        }
        if all(holds[relation](one, other) for one, relation, other in found):
            answers.add(order[ordinals.index(question.rstrip("?").split()[-1])])
    (answer,) = answers
    return answer


SOLVERS: dict[str, Callable[[str], str]] = {
    "transitive": transitive, "oldest": oldest, "where_now": where_now, "deduction": deduction,
    "recall_color": recall(r"The (\w+) is (\w+)\.", r"is the (\w+)\?", True),
    "recall_owner": recall(r"(\w+) has the (\w+)\.", r"Who has the (\w+)\?", False),
    "third_of_four": place_in_race, "second_of_five": place_in_race, "one_swap": swaps, "three_swaps": swaps,
    "five_swaps": swaps, "compass": compass, "compass_long": compass, "carry": carry, "pile": pile, "walk": walk,
    "category_pattern": category_pattern, "opposite_pattern": lambda question: OPPOSITE[pattern(question)[-1][0]],
    "plural_pattern": form_pattern, "past_pattern": form_pattern, "more_pattern": form_pattern,
    "number_pattern": number_pattern, "double_pattern": double_pattern, "pick_pattern": pick_pattern,
    "lookup": from_example, "round_of_words": round_of_words, "affix": affix, "field": field,
    "category_labels": label, "initial_labels": label,
    "length_labels": label, "order_of_words": rearranged(str.split, " "),
    "order_of_letters": rearranged(list, ""), "order_of_five_letters": rearranged(list, ""),
    "one_step_rule": polynomial, "two_step_rule": polynomial, "square_rule": polynomial,
    "pair_rule": pair_rule, "hard_pair_rule": pair_rule, "new_language": new_language,
    "two_features": features, "not_features": features, "lamps": lamps, "classes": classes, "classes_long": classes,
    "liars": liars, "statements": statements, "groups": groups, "seats": seats,
}  # fmt: skip
