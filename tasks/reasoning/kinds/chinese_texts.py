"""Questions in Chinese whose options stand in the question, or that count: facts, orders, swaps, conditions, lies."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable

from .chinese_numbers import DIGITS, FRUIT, NAMES
from .deep_logic import LETTERS
from .deep_tracking import Words, exchanged
from .deepening import after, is_first_again, wrong_ones
from .drafts import REDRAW, Draft, Generator, Kind, listed_question
from .logic import one_to_four

COLORS = ("红色", "蓝色", "绿色", "黄色", "白色", "黑色")
OBJECTS = ("桌子", "椅子", "帽子", "书包", "杯子", "雨伞")


def recall(rng: random.Random, turn: int) -> Draft:
    """Which color one of four things has."""
    things, colors = rng.sample(OBJECTS, 4), rng.sample(COLORS, 4)
    facts = "，".join(f"{thing}是{color}的" for thing, color in zip(things, colors, strict=True))
    return listed_question(f"{facts}。{things[turn % 4]}是什么颜色的？", colors[turn % 4], colors)


def tallest(rng: random.Random, turn: int) -> Draft:
    """Who is the tallest or the shortest of four, all named equally often."""
    order = rng.sample(NAMES, 4)
    pairs = [*itertools.pairwise(order), (order[0], order[-1])]
    facts = [rng.choice((f"{one}比{other}高", f"{other}比{one}矮")) for one, other in rng.sample(pairs, 4)]
    word, answer = (("最高", order[0]), ("最矮", order[-1]))[turn % 2]
    return listed_question(f"{'，'.join(facts)}。四个人中谁{word}？", answer, order)


def race(rng: random.Random, turn: int) -> Draft:
    """Who came in at a place, of six."""
    order = rng.sample(NAMES, 6)
    pairs = [*itertools.pairwise(order), (order[0], order[-1])]
    facts = [rng.choice((f"{one}比{other}先到", f"{other}比{one}后到")) for one, other in rng.sample(pairs, 6)]
    place = 1 + turn % 4
    options = [order[place], *rng.sample([name for name in order if name != order[place]], 3)]
    question = f"六个人赛跑，{'，'.join(facts)}。谁是第{DIGITS[place + 1]}个到的？"
    return listed_question(question, order[place], options)


def swaps(steps: int) -> Generator:
    """Who has what after some swaps; one time in four it is what he had at first."""

    def draw(rng: random.Random, turn: int) -> Draft:
        people, colors = rng.sample(NAMES, 4), rng.sample(COLORS, 4)
        has, facts, last = dict(zip(people, colors, strict=True)), [], set[str]()
        start = "，".join(f"{name}拿着{color}的球" for name, color in has.items())
        for _ in range(steps):
            one, other = rng.sample(people, 2)
            if {one, other} == last:
                return REDRAW
            last = {one, other}
            has[one], has[other] = has[other], has[one]
            facts.append(f"{one}和{other}交换了球")
        asked = people[turn % 4]
        if (has[asked] == colors[turn % 4]) != is_first_again(turn):
            return REDRAW
        first = "先是" if steps > 1 else "后来"
        question = f"{start}。{first}{'，然后'.join(facts)}。现在{asked}拿着什么颜色的球？"
        return listed_question(question, has[asked], colors)

    return draw


def lamps(rng: random.Random, turn: int) -> Draft:
    """What follows from the middle lamp of one of two chains of conditions being on, or off."""
    drawn = [f"{color}灯" for color in rng.sample("红蓝绿黄白紫", 6)]
    chain, other = drawn[:3], drawn[3:]
    pairs = [*itertools.pairwise(chain), *itertools.pairwise(other)]
    rules = "；".join(f"如果{one}亮，那么{then}也亮" for one, then in rng.sample(pairs, 4))
    state, answer = ("亮着", chain[2]) if turn // 4 % 2 else ("不亮", chain[0])
    question = f"{rules}。现在{chain[1]}{state}，除了它，还有哪盏灯也一定{state}？"
    return listed_question(question, answer, [chain[0], chain[2], other[0], other[2]])


def list_step(rng: random.Random) -> tuple[str, Callable[[Words], Words]]:
    """Something that is done to a row of five."""
    one, other = sorted(rng.sample(range(5), 2))
    return rng.choice((
        ("把整排的顺序倒过来", lambda words: words[::-1]),
        ("把第一个移到最后", lambda words: (*words[1:], words[0])),
        ("把最后一个移到最前面", lambda words: (words[-1], *words[:-1])),
        (f"把第{DIGITS[one + 1]}个和第{DIGITS[other + 1]}个对调", lambda words: exchanged(words, one, other)),
        (f"把第{DIGITS[one + 1]}个和第{DIGITS[other + 1]}个对调", lambda words: exchanged(words, one, other)),
    ))  # fmt: skip


def list_steps(steps: int) -> Generator:
    """What stands at a place of a row after some steps; one time in four what stood there at first."""

    def draw(rng: random.Random, turn: int) -> Draft:
        words, place = tuple(rng.sample(FRUIT, 5)), turn % 5
        texts, moves = zip(*(list_step(rng) for _ in range(steps)), strict=True)
        answer = after(words, moves)[place]
        twice = any(one == other for one, other in itertools.pairwise(texts))
        if twice or (answer == words[place]) != is_first_again(turn):
            return REDRAW
        wrong = wrong_ones(answer, [words[place], after(words, moves[:-1])[place]], words, rng)
        asked = f"现在第{DIGITS[place + 1]}个是什么？"
        question = f"有一排水果：{'、'.join(words)}。依次这样做：{'；'.join(texts)}。{asked}"
        return listed_question(question, answer, [answer, *wrong])

    return draw


def liars(rng: random.Random, turn: int) -> Draft:
    """How many of five people tell the truth, where each speaks of the one before."""
    people = rng.sample(NAMES, 5)
    honest = [rng.random() < 0.5 for _ in people]
    if sum(honest) != 1 + turn % 4:
        return REDRAW
    facts = [f"{people[0]}{'说真话' if honest[0] else '说假话'}"]
    for (before, truth), (name, own) in itertools.pairwise(zip(people, honest, strict=True)):
        facts.append(f"{name}说：“{before}{'说真话' if truth == own else '说假话'}”")
    question = f"这些人要么总说真话，要么总说假话。已知{'；'.join(facts)}。他们中有几个人说真话？"
    return one_to_four(question, sum(honest))


def statements(rng: random.Random, turn: int) -> Draft:
    """How many of the last four of seven statements are true, each made of two before it."""
    truth = {name: rng.random() < 0.5 for name in "PQR"}
    facts = [f"{name}为{'真' if value else '假'}" for name, value in truth.items()]
    for name in LETTERS[:7]:
        one, other = rng.sample(list(truth)[-5:], 2)
        a, b = truth[one], truth[other]
        text, truth[name] = rng.choice((
            (f"{one}和{other}都为真", a and b), (f"{one}和{other}中至少有一个为真", a or b), (f"{one}为假", not a),
            (f"{one}和{other}都为假", not (a or b)), (f"{one}为真而{other}为假", a and not b),
            (f"{one}和{other}中恰好有一个为真", a != b),
        ))  # fmt: skip
        facts.append(f"{name}的意思是“{text}”")
    last = LETTERS[3:7]
    count = sum(truth[name] for name in last)
    if count != 1 + turn % 4:
        return REDRAW
    return one_to_four(f"{'；'.join(facts)}。{'、'.join(last)}中有几个为真？", count)


KINDS: dict[str, Kind] = {
    "zh_recall": Kind(1, 12, recall),
    "zh_tallest": Kind(2, 12, tallest),
    "zh_one_swap": Kind(3, 12, swaps(1)),
    "zh_lamps": Kind(3, 12, lamps),
    "zh_three_swaps": Kind(4, 12, swaps(3)),
    "zh_race": Kind(5, 12, race),
    "zh_liars": Kind(5, 12, liars),
    "zh_list_steps": Kind(5, 12, list_steps(3)),
    "zh_many_swaps": Kind(6, 12, swaps(8)),
    "zh_many_list_steps": Kind(6, 12, list_steps(6)),
    "zh_statements": Kind(6, 12, statements),
}
