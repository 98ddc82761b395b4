"""What a few lines of Python print. The output is computed here from the same numbers, and no text is ever executed."""

from __future__ import annotations

import random

from .drafts import COLORS, NAMES, REDRAW, WORDS, Draft, Kind, listed_question, placed

LONG_WORDS = tuple(word for word in WORDS if len(word) > 4)


def code(*lines: str) -> str:
    """The question about a program."""
    return "What does this Python code print?\n" + "\n".join(lines)


def numbers(rng: random.Random, count: int, high: int = 12) -> list[int]:
    """Different numbers from 2."""
    return rng.sample(range(2, high + 1), count)


def assign(rng: random.Random, turn: int) -> Draft:
    """Two variables and one sum or product."""
    (a, b), letter = numbers(rng, 2), rng.choice("xnk")
    sign, value = (("+", a + b), ("*", a * b))[turn // 4 % 2]
    return Draft(code(f"{letter} = {a}", f"y = {b}", f"print({letter} {sign} y)"), str(value))


def reassign(rng: random.Random, turn: int) -> Draft:
    """One variable changed twice."""
    a, b, c = numbers(rng, 3)
    last, value = [
        (f"x = x * {c}", (a + b) * c), (f"x = x + {c}", a + b + c), (f"x = {c} * 10 - x", c * 10 - a - b),
    ][turn // 4 % 3]  # fmt: skip
    return Draft(code(f"x = {a}", f"x = x + {b}", last, "print(x)"), str(value))


def length(rng: random.Random, turn: int) -> Draft:
    """The length of a word or of a list; 3 to 6."""
    answer = 3 + turn % 4
    text = repr(rng.choice([word for word in WORDS if len(word) == answer]))
    if turn // 4 % 2:
        text = str(rng.sample(range(20, 99), answer))
    wrong = tuple(str(number) for number in range(3, 7) if number != answer)
    return Draft(code(f"print(len({text}))"), str(answer), wrong)


def lookup_key(rng: random.Random, turn: int) -> Draft:
    """A value of a dictionary."""
    names, colors = [name.lower() for name in rng.sample(NAMES, 4)], rng.sample(COLORS, 4)
    pairs = dict(zip(names, colors, strict=True))
    question = code(f"colors = {pairs}", f"print(colors[{names[turn % 4]!r}])")
    return listed_question(question, colors[turn % 4], colors)


def item_at(rng: random.Random, turn: int) -> Draft:
    """An item of a list by its place, counted from 0 or from the end."""
    words = rng.sample(WORDS, 4)
    place = turn % 4 - (4 if turn // 4 % 2 else 0)
    return listed_question(code(f"words = {words}", f"print(words[{place}])"), words[place], words)


def sorted_item(rng: random.Random, turn: int) -> Draft:
    """An item of a sorted list; its place in the list as given is balanced."""
    values, place = rng.sample(range(10, 99), 4), turn // 4 % 4
    answer = sorted(values)[place]
    listing = placed([value for value in values if value != answer], answer, turn % 4)
    question = code(f"numbers = {listing}", f"print(sorted(numbers)[{place}])")
    return listed_question(question, str(answer), [str(value) for value in listing])


def branch(rng: random.Random, turn: int) -> Draft:
    """Which branch of if, elif and else prints."""
    words, limits = rng.sample(COLORS, 4), sorted(rng.sample(range(10, 90), 3))
    place = turn % 4
    edges = [2, *limits, 99]
    value = rng.randint(edges[place] + 1, edges[place + 1] - 1) if edges[place + 1] - edges[place] > 1 else 0
    if not value:
        return REDRAW
    lines = [f"n = {value}"]
    for word, limit, test in zip(words[:3], limits, ("if", "elif", "elif"), strict=True):
        lines += [f"{test} n < {limit}:", f"    print({word!r})"]
    return listed_question(code(*lines, "else:", f"    print({words[3]!r})"), words[place], words)


def exchange(rng: random.Random, turn: int) -> Draft:
    """A variable after two exchanges; one time in four it has its first value again, or still."""
    values, names = rng.sample(range(10, 99), 4), ["a", "b", "c", "d"]
    held = dict(zip(names, values, strict=True))
    lines = [f"{name} = {value}" for name, value in held.items()]
    for _ in range(2):
        one, other = rng.sample(names, 2)
        held[one], held[other] = held[other], held[one]
        lines.append(f"{one}, {other} = {other}, {one}")
    answer = held[names[turn % 4]]
    if (answer == values[turn % 4]) != (turn // 4 % 4 == 0):
        return REDRAW
    return listed_question(code(*lines, f"print({names[turn % 4]})"), str(answer), [str(value) for value in values])


def total_if(rng: random.Random, turn: int) -> Draft:
    """The sum of a list, of those above a limit, or of the even ones."""
    values = rng.sample(range(2, 20), 5)
    limit = sorted(values)[2]
    test, picked = (
        ("", values),
        (f"if n > {limit}:", [n for n in values if n > limit]),
        ("if n % 2 == 0:", [n for n in values if n % 2 == 0]),
    )[turn // 4 % 3]
    body = [f"    {test}", "        total += n"] if test else ["    total += n"]
    return Draft(code("total = 0", f"for n in {values}:", *body, "print(total)"), str(sum(picked)))


def backwards(rng: random.Random, turn: int) -> Draft:
    """A word backwards; the options have the same letters."""
    word = rng.choice(LONG_WORDS)
    wrong = {"".join(rng.sample(word, len(word))) for _ in range(6)} - {word, word[::-1]}
    if len(wrong) < 3:
        return REDRAW
    return Draft(code(f"word = {word!r}", "print(word[::-1])"), word[::-1], tuple(rng.sample(sorted(wrong), 3)))


def piece(rng: random.Random, turn: int) -> Draft:
    """A slice of a word; the options are other slices of as many letters."""
    word, start, size = rng.choice(LONG_WORDS), rng.randint(0, 3), rng.randint(2, 3)
    answer = word[start : start + size]
    others = {word[place : place + size] for place in range(len(word) - size + 1)} - {answer}
    if len(answer) < size or len(others) < 3 or {answer, *others} & {"an", "the"}:  # articles are not read as answers
        return REDRAW
    program = code(f"word = {word!r}", f"print(word[{start}:{start + size}])")
    return Draft(program, answer, tuple(rng.sample(sorted(others), 3)))


def division(rng: random.Random, turn: int) -> Draft:
    """Quotient and remainder together, or the remainder alone, times something."""
    a, b, c = rng.randint(20, 80), rng.randint(4, 9), rng.randint(2, 9)
    text, value = ((f"{a} // {b} + {a} % {b}", a // b + a % b), (f"{a} % {b} * {c}", a % b * c))[turn // 4 % 2]
    return Draft(code(f"print({text})"), str(value))


def until(rng: random.Random, turn: int) -> Draft:
    """What a while loop leaves of a number, or how often it ran."""
    start, step, limit = rng.randint(25, 80), rng.randint(4, 9), rng.randint(5, 15)
    value, rounds = start, 0
    while value > limit:
        value, rounds = value - step, rounds + 1
    printed, answer = (("n", value), ("count", rounds))[turn // 4 % 2]
    lines = (f"n = {start}", "count = 0", f"while n > {limit}:", f"    n -= {step}", "    count += 1")
    return Draft(code(*lines, f"print({printed})"), str(answer))


def function(rng: random.Random, turn: int) -> Draft:
    """A function applied to its own result, or two of them in turn."""
    a, b, c = numbers(rng, 3, 9)
    lines, value = (
        ((f"def f(x):\n    return {a} * x + {b}", f"print(f(f({c})))"), a * (a * c + b) + b),
        ((f"def f(x):\n    return x + {a}", f"def g(x):\n    return {b} * x", f"print(g(f({c})))"), b * (c + a)),
        ((f"def f(x):\n    return x + {a}", f"def g(x):\n    return {b} * x", f"print(f(g({c})))"), b * c + a),
    )[turn // 4 % 3]
    return Draft(code(*lines), str(value))


def changed_list(rng: random.Random, turn: int) -> Draft:
    """An item of a list to which one was added and from which one was taken."""
    values = rng.sample(range(10, 99), 5)
    gone, items = rng.randrange(3), values[:4]
    items.append(values[4])
    items.pop(gone)
    place = turn % 4
    lines = (f"items = {values[:4]}", f"items.append({values[4]})", f"items.pop({gone})", f"print(items[{place}])")
    return listed_question(code(*lines), str(items[place]), [str(value) for value in items])


def nested_loops(rng: random.Random, turn: int) -> Draft:
    """How often the inner line of two loops runs, or what it adds up to."""
    a, b = rng.randint(3, 7), rng.randint(3, 7)
    inner, added, value = (
        (f"range({b})", "1", a * b), (f"range(i + {b})", "1", a * (a - 1) // 2 + a * b),
        (f"range({b})", "i", b * a * (a - 1) // 2), (f"range({b})", "j", a * b * (b - 1) // 2),
    )[turn // 4 % 4]  # fmt: skip
    loops = (f"for i in range({a}):", f"    for j in {inner}:", f"        total += {added}")
    return Draft(code("total = 0", *loops, "print(total)"), str(value))


def recursion(rng: random.Random, turn: int) -> Draft:
    """A function that calls itself once or twice."""
    n, first, k = rng.randint(4, 7), rng.randint(2, 9), rng.randint(2, 5)
    one, two = first, first
    for _ in range(n - 1):
        one, two = two, one + two
    test, step, value = (
        ("n == 0", f"f(n - 1) + {k} * n", first + k * n * (n + 1) // 2),
        ("n == 0", "2 * f(n - 1) - 1", (first - 1) * 2**n + 1),
        ("n < 2", "f(n - 1) + f(n - 2)", two),
    )[turn // 4 % 3]
    lines = ("def f(n):", f"    if {test}:", f"        return {first}", f"    return {step}", f"print(f({n}))")
    return Draft(code(*lines), str(value))


def halving(rng: random.Random, turn: int) -> Draft:
    """How many steps of n / 2 and 3n + 1 lead to 1."""
    start = rng.randint(5, 90)
    n, steps = start, 0
    while n != 1:
        n, steps = (n // 2 if n % 2 == 0 else 3 * n + 1), steps + 1
    lines = (
        f"n = {start}", "steps = 0", "while n != 1:", "    if n % 2 == 0:", "        n = n // 2", "    else:",
        "        n = 3 * n + 1", "    steps += 1", "print(steps)",
    )  # fmt: skip
    return Draft(code(*lines), str(steps)) if steps < 16 else REDRAW


KINDS: dict[str, Kind] = {
    "code_assign": Kind(2, 12, assign),
    "code_length": Kind(2, 12, length),
    "code_lookup": Kind(2, 12, lookup_key),
    "code_item": Kind(2, 12, item_at),
    "code_reassign": Kind(3, 16, reassign),
    "code_sorted": Kind(3, 16, sorted_item),
    "code_branch": Kind(3, 16, branch),
    "code_backwards": Kind(3, 12, backwards),
    "code_piece": Kind(3, 16, piece),
    "code_total": Kind(4, 16, total_if),
    "code_exchange": Kind(4, 16, exchange),
    "code_division": Kind(4, 16, division),
    "code_until": Kind(4, 16, until),
    "code_function": Kind(4, 16, function),
    "code_changed_list": Kind(4, 16, changed_list),
    "code_nested_loops": Kind(5, 16, nested_loops, worked=True),
    "code_recursion": Kind(5, 16, recursion, worked=True),
    "code_halving": Kind(5, 12, halving, worked=True),
}
