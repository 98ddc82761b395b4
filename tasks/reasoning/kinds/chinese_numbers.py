"""Questions in Chinese that a number answers: sums, stories, units, sequences, days."""

from __future__ import annotations

import itertools
import random
from datetime import date, timedelta

from .deepening import near_miss
from .drafts import REDRAW, Draft, Generator, Kind, ranked

NAMES = ("小明", "小红", "小刚", "小丽", "小华", "小军", "小芳", "小强")
THINGS = (
    ("苹果", "个"), ("铅笔", "支"), ("书", "本"), ("邮票", "张"), ("糖", "颗"), ("贺卡", "张"), ("练习本", "本"),
    ("气球", "个"), ("橘子", "个"), ("玻璃球", "颗"),
)  # fmt: skip
DIGITS = "零一二三四五六七八九"


def spelled(number: int) -> str:
    """A number below ten thousand in Chinese numerals: 2205 -> '两千二百零五'."""
    text, gap = "", False
    for power, place in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // power % 10
        if digit:
            text += ("零" if gap and text else "") + ("两" if power == 1000 and digit == 2 else DIGITS[digit]) + place
        gap = not digit
    return text.removeprefix("一") if text.startswith("一十") else text


def add(rng: random.Random, turn: int) -> Draft:
    """A sum or a difference of small numbers."""
    a, b = rng.randint(4, 12), rng.randint(3, 9)
    if turn // 4 % 2:
        return Draft(f"{a + b}减{b}等于多少？", str(a), canonical=f"{a}-{b}")
    return Draft(f"{a}加{b}等于多少？", str(a + b), canonical=f"{min(a, b)}+{max(a, b)}")


def sequence(growing: bool) -> Generator:
    """The next number of a sequence whose steps are equal, or grow by the same amount."""

    def draw(rng: random.Random, turn: int) -> Draft:
        terms, step, growth = [rng.randint(1, 12)], rng.randint(2, 6), rng.randint(1, 4) if growing else 0
        for _ in range(5):
            terms.append(terms[-1] + step)
            step += growth
        return Draft(f"按规律，下一个数是几：{'、'.join(map(str, terms[:-1]))}？", str(terms[-1]))

    return draw


def story(rng: random.Random, turn: int) -> Draft:
    """Two numbers in a story."""
    (one, other), (thing, unit) = rng.sample(NAMES, 2), rng.choice(THINGS)
    a, b = rng.randint(4, 15), rng.randint(2, 9)
    text, answer = (
        (f"{one}有{a}{unit}{thing}，{other}又给了{one}{b}{unit}。{one}现在有多少{unit}{thing}？", a + b),
        (f"{one}有{a + b}{unit}{thing}，送给{other}{b}{unit}。{one}还剩多少{unit}{thing}？", a),
        (f"每盒装{a}{unit}{thing}，{b}盒一共装多少{unit}{thing}？", a * b),
        (f"{one}有{a}{unit}{thing}，{other}比{one}多{b}{unit}。{other}有多少{unit}{thing}？", a + b),
    )[(turn + turn // 4) % 4]
    return Draft(text, str(answer))


UNITS = (
    ("斤", "两", 10), ("里", "米", 500), ("元", "角", 10), ("公斤", "斤", 2), ("小时", "分钟", 60), ("米", "厘米", 100),
    ("公里", "里", 2), ("吨", "公斤", 1000), ("个星期", "天", 7), ("年", "个月", 12), ("角", "分", 10),
)  # fmt: skip


def units(rng: random.Random, turn: int) -> Draft:
    """A larger unit in the smaller one."""
    (large, small, factor), number = rng.choice(UNITS), rng.randint(3, 9)
    near = {(number + off) * factor for off in (-3, -2, -1, 1, 2, 3)} | {number * other for other in (2, 10, 100)}
    answer = number * factor
    return Draft(f"{number}{large}等于多少{small}？", str(answer), near=tuple(sorted(near - {answer})))


FRUIT = ("苹果", "香蕉", "葡萄", "西瓜", "橘子", "桃子", "草莓")
OTHERS = ("小猫", "桌子", "火车", "帽子", "老虎", "椅子", "汽车", "手套", "兔子", "飞机")


def count(rng: random.Random, turn: int) -> Draft:
    """How many of the words are fruit: two to five."""
    number = 2 + turn % 4
    words = rng.sample(FRUIT, number) + rng.sample(OTHERS, rng.randint(3, 5))
    question = f"下面的词里有几种水果：{'、'.join(rng.sample(words, len(words)))}？"
    return Draft(question, str(number), tuple(str(n) for n in range(2, 6) if n != number))


def numerals(rng: random.Random, turn: int) -> Draft:
    """A sum or difference of numbers written in Chinese."""
    a, b = rng.randint(105, 3900), 10 * rng.randint(3, 60)
    if turn // 4 % 2:
        return Draft(f"{spelled(a + b)}减去{spelled(b)}是多少？", str(a), near=tens_around(a))
    return Draft(f"{spelled(a)}加上{spelled(b)}是多少？", str(a + b), near=tens_around(a + b))


def tens_around(answer: int) -> tuple[int, ...]:
    """Numbers that end in the same digit."""
    return tuple(n for off in (-1000, -100, -50, -20, -10, 10, 20, 50, 100, 1000) if (n := answer + off) > 0)


def money(rng: random.Random, turn: int) -> Draft:
    """What several cost, or what is given back, in jiao."""
    yuan, jiao, number = rng.randint(1, 4), rng.randint(2, 9), rng.randint(3, 6)
    thing, unit = rng.choice((("铅笔", "支"), ("练习本", "本"), ("橡皮", "块"), ("贺卡", "张")))
    price = number * (10 * yuan + jiao)
    each = f"每{unit}{thing}{yuan}元{jiao}角"
    if turn // 4 % 2:
        paid = 10 * (price // 100 + 1)
        return Draft(f"{each}，买{number}{unit}，付了{paid}元，应找回多少角？", str(paid * 10 - price))
    return Draft(f"{each}，买{number}{unit}一共要多少角？", str(price))


def ages(rng: random.Random, turn: int) -> Draft:
    """An age some years on or back."""
    name, age, older, years = rng.choice(NAMES), rng.randint(8, 14), rng.randint(22, 35), rng.randint(3, 7)
    who = rng.choice(("爸爸", "妈妈"))
    if turn // 4 % 2:
        return Draft(f"{name}今年{age}岁，{who}比{name}大{older}岁。{years}年前{who}多少岁？", str(age + older - years))
    return Draft(f"{name}今年{age}岁，{who}比{name}大{older}岁。{years}年后{who}多少岁？", str(age + older + years))


def queue(rng: random.Random, turn: int) -> Draft:
    """How many stand in a line, or on one side of somebody."""
    name, front, back = rng.choice(NAMES), rng.randint(5, 15), rng.randint(5, 15)
    if turn // 4 % 2:
        question = f"一队共有{front + back - 1}人，{name}从前面数排第{front}。{name}从后面数排第几？"
        return Draft(question, str(back))
    return Draft(f"{name}排队，从前面数排第{front}，从后面数排第{back}。这一队一共有多少人？", str(front + back - 1))


def discount(rng: random.Random, turn: int) -> Draft:
    """A price after a discount as shops state it, and what several cost."""
    price, share, number = 20 * rng.randint(3, 15), rng.choice((6, 7, 8, 9)), rng.randint(2, 4)
    question = f"一件衣服原价{price}元，现在打{DIGITS[share]}折。买{number}件一共要多少元？"
    answer = price * share // 10 * number
    misses = [price * other // 10 * number for other in range(4, 11)] + [answer + price * off // 10 for off in (-1, 1)]
    return near_miss(question, answer, [*misses, price * (10 - share) // 10 * number])


def trees(rng: random.Random, turn: int) -> Draft:
    """Trees along a road: at both ends, at one, or at none."""
    gap, gaps = rng.randint(3, 9), rng.randint(8, 30)
    said, more = (("两端都种", 1), ("只在一端种", 0), ("两端都不种", -1))[turn // 4 % 3]
    question = f"一条路长{gap * gaps}米，在路的一边每隔{gap}米种一棵树，{said}。一共要种多少棵树？"
    return Draft(question, str(gaps + more), near=tuple(range(gaps + more - 4, gaps + more + 5)))


def cage(rng: random.Random, turn: int) -> Draft:
    """Hens and rabbits in one cage."""
    hens, rabbits = rng.randint(4, 20), rng.randint(4, 20)
    animal, answer = (("鸡", hens), ("兔", rabbits))[turn // 4 % 2]
    heads, feet = hens + rabbits, 2 * hens + 4 * rabbits
    return Draft(f"鸡和兔关在同一个笼子里，一共有{heads}个头、{feet}只脚。{animal}有多少只？", str(answer))


def changes(steps: int, *, aside: bool = False) -> Generator:
    """What is left after some changes; with `aside`, a number that does not matter is told."""

    def draw(rng: random.Random, turn: int) -> Draft:
        (name, other), (thing, unit) = rng.sample(NAMES, 2), rng.choice(THINGS)
        amount = start = rng.randint(15, 30)
        facts: list[str] = []
        results = {amount}
        for place in range(steps):
            k = rng.randint(2, 9)
            if place == steps // 2 and amount % 2 == 0:
                facts.append(f"把手里的{thing}送出一半")
                amount //= 2
            elif rng.random() < 0.5:
                facts.append(rng.choice((f"又买了{k}{unit}", f"又得到{k}{unit}")))
                amount += k
            else:
                facts.append(rng.choice((f"送给别人{k}{unit}", f"弄丢了{k}{unit}")))
                amount -= k
            if amount < 3:
                return REDRAW
            results.add(amount)
        if aside:
            facts.insert(rng.randint(1, steps - 1), f"看到{other}有{rng.randint(11, 40)}{unit}")
        question = f"{name}原来有{start}{unit}{thing}，后来依次发生了这些事：{name}{'；'.join(facts)}。"
        misses = {amount + off for off in (-9, -7, -5, -3, -2, -1, 1, 2, 3, 5, 7, 9)} | results
        return near_miss(f"{question}{name}现在有多少{unit}{thing}？", amount, misses)

    return draw


def relations(steps: int) -> Generator:
    """An amount told by another, several times, the facts in any order."""

    def draw(rng: random.Random, turn: int) -> Draft:
        people, (thing, unit) = rng.sample(NAMES, steps + 1), rng.choice(THINGS)
        amounts = [rng.randint(5, 15)]
        facts = [f"{people[0]}有{amounts[0]}{unit}{thing}"]
        for before, name in itertools.pairwise(people):
            k, last = rng.randint(2, 9), amounts[-1]
            text, after = rng.choice((
                (f"比{before}多{k}{unit}", last + k), (f"比{before}少{k}{unit}", last - k),
                (f"是{before}的2倍", last * 2),
            ))  # fmt: skip
            facts.append(f"{name}的{thing}{text}")
            amounts.append(after)
        if min(amounts) < 3 or amounts[-1] > 99:
            return REDRAW
        rng.shuffle(facts)
        return Draft(f"{'；'.join(facts)}。{people[-1]}有多少{unit}{thing}？", str(amounts[-1]))

    return draw


def transfers(steps: int) -> Generator:
    """How many one of four people has after some have given to others."""

    def draw(rng: random.Random, turn: int) -> Draft:
        people, (thing, unit) = rng.sample(NAMES, 4), rng.choice(THINGS)
        has = {name: rng.randint(10, 30) for name in people}
        start = "，".join(f"{name}有{number}{unit}" for name, number in has.items())
        facts, asked, touched = [], people[turn % 4], 0
        for _ in range(steps):
            (one, other), k = rng.sample(people, 2), rng.randint(2, 9)
            if rng.random() < 0.3:
                facts.append(f"{other}现在有多少{unit}，老师就奖励{one}多少{unit}")
                has[one] += has[other]
                touched += one == asked
            else:
                facts.append(f"{one}给{other}{k}{unit}")
                has[one], has[other] = has[one] - k, has[other] + k
                touched += asked in (one, other)
            if min(has.values()) < 1:
                return REDRAW
        if touched < steps // 2 or has[asked] > 120:
            return REDRAW
        question = f"四个同学都有一些{thing}：{start}。接着，{'；'.join(facts)}。现在{asked}有多少{unit}{thing}？"
        near = {has[asked] + off for off in range(-9, 10)}
        return near_miss(question, has[asked], near)

    return draw


# --- dates and times ---


def date_after(rng: random.Random, turn: int) -> Draft:
    """The date some days after another, in the next month; February is left out."""
    first = date(2001, rng.choice((3, 4, 5, 6, 7, 8, 9, 10, 11)), rng.randint(18, 29))
    days = rng.randint(7, 20)
    answer = first + timedelta(days=days)
    if answer.month == first.month or not 4 < answer.day < 27:
        return REDRAW
    shifts = ranked((-3, -2, -1), (1, 2, 3), turn % 4, rng)
    wrong = [answer + timedelta(days=shift) for shift in shifts]
    return Draft(
        f"{first.month}月{first.day}日再过{days}天是几月几日？", f"{answer.month}月{answer.day}日",
        tuple(f"{day.month}月{day.day}日" for day in wrong), aliases=(f"{answer.month}月{answer.day}号",),
    )  # fmt: skip


def dated(day: date) -> str:
    """'2023年3月5日'."""
    return f"{day.year}年{day.month}月{day.day}日"


def years_apart(rng: random.Random, years: int) -> tuple[date, date]:
    """Two days some years apart, at times about the turn of a century."""
    year = rng.choice((1897, 1898, 1899, 1999, 2097, 2098)) if rng.random() < 0.3 else rng.randint(1950, 2030)
    first, last = (date(y, 1, 1) + timedelta(days=rng.randrange(365)) for y in (year, year + years))
    return first, last


def days_across(rng: random.Random, turn: int) -> Draft:
    """How many days lie between two dates three years apart."""
    first, last = years_apart(rng, 3)
    days = (last - first).days
    near = tuple(days + off for off in (-31, -30, -2, -1, 1, 2, 30, 31))
    return Draft(f"按公历，从{dated(first)}到{dated(last)}要过多少天？", str(days), near=near)


WEEK = ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日")


def weekday(offsets: dict[str, int]) -> Generator:
    """A weekday from that of today."""

    def draw(rng: random.Random, turn: int) -> Draft:
        today, said = rng.randrange(7), rng.choice(list(offsets))
        return of_the_week(f"今天是{WEEK[today]}，{said}是星期几？", today, offsets[said], rng)

    return draw


def weekday_in(rng: random.Random, turn: int) -> Draft:
    """The weekday some days from today, or before it."""
    today, days = rng.randrange(7), rng.randint(9, 40)
    if turn // 4 % 2:
        return of_the_week(f"今天是{WEEK[today]}，{days}天前是星期几？", today, -days, rng)
    return of_the_week(f"今天是{WEEK[today]}，再过{days}天是星期几？", today, days, rng)


def weekday_years_on(rng: random.Random, turn: int) -> Draft:
    """The weekday of a date seven years after one whose weekday is given."""
    first, last = years_apart(rng, 7)
    question = f"按公历，{dated(first)}是{WEEK[first.weekday()]}。{dated(last)}是星期几？"
    return of_the_week(question, first.weekday(), (last - first).days, rng)


def of_the_week(question: str, today: int, days: int, rng: random.Random) -> Draft:
    """A weekday that is not the one in the question."""
    answer = WEEK[(today + days) % 7]
    wrong = rng.sample([day for day in WEEK if day not in (answer, WEEK[today])], 3)
    other = answer.replace("星期", "周")
    return Draft(question, answer, tuple(wrong) if days % 7 else (), aliases=(other, answer.replace("星期", "礼拜")))


def clock(rng: random.Random, turn: int) -> Draft:
    """A clock time some minutes after or before another; its minutes have two digits."""
    start, span = 5 * rng.randint(40, 120), 5 * rng.randint(5, 30)
    later = turn // 4 % 2 == 0
    answer = start + span if later else start - span
    off = ranked((-60, -30, -20, -10, -5), (5, 10, 20, 30, 60), turn % 4, rng)
    times = [answer, *(answer + by for by in off)]
    if any(time % 60 < 10 for time in (start, *times)) or start in times:
        return REDRAW
    when = f"再过{span}分钟" if later else f"{span}分钟前"
    return Draft(f"现在是{said(start)}，{when}是几点几分？", said(answer), tuple(said(time) for time in times[1:]))


def said(minutes: int) -> str:
    """200 -> '3点20分'."""
    return f"{minutes // 60}点{minutes % 60}分"


KINDS: dict[str, Kind] = {
    "zh_add": Kind(1, 12, add),
    "zh_sequence": Kind(1, 12, sequence(growing=False)),
    "zh_weekday": Kind(1, 12, weekday({"明天": 1, "昨天": -1, "后天": 2, "前天": -2})),
    "zh_story": Kind(2, 12, story),
    "zh_units": Kind(2, 12, units),
    "zh_count": Kind(2, 12, count),
    "zh_numerals": Kind(3, 12, numerals),
    "zh_money": Kind(3, 12, money),
    "zh_ages": Kind(3, 12, ages),
    "zh_growing": Kind(3, 12, sequence(growing=True)),
    "zh_weekday_in": Kind(3, 12, weekday_in),
    "zh_clock": Kind(3, 12, clock),
    "zh_queue": Kind(4, 12, queue),
    "zh_discount": Kind(4, 12, discount),
    "zh_date": Kind(4, 12, date_after),
    "zh_changes": Kind(4, 12, changes(4)),
    "zh_relations": Kind(4, 12, relations(3)),
    "zh_trees": Kind(5, 12, trees),
    "zh_cage": Kind(5, 12, cage),
    "zh_many_relations": Kind(5, 12, relations(5)),
    "zh_many_changes": Kind(6, 12, changes(8, aside=True)),
    "zh_transfers": Kind(6, 12, transfers(7)),
    "zh_days_across": Kind(6, 12, days_across),
    "zh_weekday_years_on": Kind(6, 12, weekday_years_on),
}
