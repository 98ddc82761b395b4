"""A second solver for each kind of Chinese reasoning question, which reads nothing but the question."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction

from reasoning_solvers import numbers

WEEK = "一二三四五六日"
PLACES = {char: place for place, char in enumerate("零一二三四五六七八九十")}
NAME = "小[明红刚丽华军芳强]"


def whole(text: str) -> int:
    """两千二百零五 is 2205."""
    total = 0
    for digit, place in re.findall(r"([一二三四五六七八九]?)([千百十]|$)", text.replace("零", "").replace("两", "二")):
        total += (PLACES[digit] if digit else 1 if place else 0) * {"千": 1000, "百": 100, "十": 10, "": 1}[place]
    return total


def numerals(question: str) -> str:
    ((first, word, second),) = re.findall(r"(.+?)(加上|减去)(.+?)是多少", question)
    return str(whole(first) + (whole(second) if word == "加上" else -whole(second)))


def add(question: str) -> str:
    first, second = numbers(question)
    return str(first - second if "减" in question else first + second)


def next_term(question: str) -> str:
    rows = [numbers(question)]
    while len(set(rows[-1])) > 1:
        rows.append([later - sooner for sooner, later in itertools.pairwise(rows[-1])])
    return str(sum(row[-1] for row in rows))


def story(question: str) -> str:
    first, second = numbers(question)
    return str(first * second if "每盒" in question else first - second if "送给" in question else first + second)


SIZES = {
    "斤": ("两", 10), "里": ("米", 500), "元": ("角", 10), "公斤": ("斤", 2), "小时": ("分钟", 60), "米": ("厘米", 100),
    "公里": ("里", 2), "吨": ("公斤", 1000), "个星期": ("天", 7), "年": ("个月", 12), "角": ("分", 10),
}  # fmt: skip


def units(question: str) -> str:
    ((number, large, small),) = re.findall(r"(\d+)(\D+)等于多少(\D+)？", question)
    assert SIZES[large][0] == small
    return str(int(number) * SIZES[large][1])


def count(question: str) -> str:
    fruit = set("苹果 香蕉 葡萄 西瓜 橘子 桃子 草莓".split())
    return str(len(fruit & set(question.split("：")[1].rstrip("？").split("、"))))


def money(question: str) -> str:
    yuan, jiao, number, *paid = numbers(question)
    price = (Fraction(jiao, 10) + yuan) * number
    return str(((paid[0] - price) if paid else price) * 10)


def ages(question: str) -> str:
    age, older, years = numbers(question)
    return str(older + (age - years if "年前" in question else age + years))


def queue(question: str) -> str:
    first, second = numbers(question)
    if "共有" in question and "一共有" not in question:
        return str(len(range(second, first + 1)))
    return str((first - 1) + (second - 1) + 1)


def discount(question: str) -> str:
    price, number = numbers(question)
    (share,) = re.findall(r"打(.)折", question)
    return str(price * number * Fraction(PLACES[share], 10))


def trees(question: str) -> str:
    length, gap = numbers(question)
    places = list(range(0, length + 1, gap))
    assert places[-1] == length
    return str(len(places) - (1 if "一端" in question else 2 if "都不种" in question else 0))


def cage(question: str) -> str:
    heads, feet = numbers(question)
    (hens,) = [hens for hens in range(heads + 1) if 2 * hens + 4 * (heads - hens) == feet]
    return str(hens if "鸡有多少" in question else heads - hens)


def changes(question: str) -> str:
    start, events = question.split("依次发生了这些事：")
    (amount,) = numbers(start)
    for event in events.split("。")[0].split("；"):
        if "看到" in event:
            continue
        if "一半" in event:
            assert amount % 2 == 0
            amount //= 2
        else:
            amount += numbers(event)[0] * (1 if re.search("买|得到", event) else -1)
    return str(amount)


def relations(question: str) -> str:
    facts, asked = question.split("。")
    has: dict[str, int] = {}
    for _ in range(9):
        for fact in facts.split("；"):
            names = re.findall(NAME, fact)
            if len(names) == 1:
                has[names[0]] = numbers(fact)[0]
            elif names[1] in has:
                k = numbers(fact)[0]
                before = has[names[1]]
                has[names[0]] = before * k if "倍" in fact else before - k if "少" in fact else before + k
    return str(has[re.findall(NAME, asked)[0]])


def transfers(question: str) -> str:
    start, events = question.split("。接着，")
    has = {name: int(number) for name, number in re.findall(rf"({NAME})有(\d+)", start)}
    told, asked = events.split("。现在")
    for event in told.split("；"):
        one, other = re.findall(NAME, event)
        if "奖励" in event:
            has[other] += has[one]
        else:
            has[one] -= numbers(event)[0]
            has[other] += numbers(event)[0]
    return str(has[re.findall(NAME, asked)[0]])


# --- dates and times ---


def weekday(question: str) -> str:
    today = WEEK.index(re.findall("今天是星期(.)", question)[0])
    words = {"明天": 1, "昨天": -1, "后天": 2, "前天": -2}
    (days,) = [words[word] for word in words if word in question] or [
        numbers(question)[0] * (-1 if "天前" in question else 1)
    ]
    return f"星期{WEEK[(today + days) % 7]}"


def days(question: str) -> list[date]:
    return [date(*map(int, found)) for found in re.findall(r"(\d{4})年(\d+)月(\d+)日", question)]


def days_across(question: str) -> str:
    first, last = days(question)
    return str(last.toordinal() - first.toordinal())


def weekday_years_on(question: str) -> str:
    first, last = days(question)
    assert f"日是星期{WEEK[first.weekday()]}。" in question
    return f"星期{WEEK[last.weekday()]}"


def date_after(question: str) -> str:
    month, day, span = numbers(question)
    found = {date(year, month, day) + timedelta(days=span) for year in (2023, 2024)}
    (answer,) = {f"{day.month}月{day.day}日" for day in found}
    return answer


def clock(question: str) -> str:
    hour, minute, span = numbers(question)
    minutes = hour * 60 + minute + (-span if "分钟前" in question else span)
    return "{}点{}分".format(*divmod(minutes, 60))


# --- texts ---


def recall(question: str) -> str:
    facts, asked = question.split("。")
    colors = dict(fact.removesuffix("的").split("是") for fact in facts.split("，"))
    return colors[asked.split("是")[0]]


def above(question: str, more: str, less: str) -> list[str]:
    """The names from the most to the least, from comparisons."""
    pairs = [
        (one, other) if word == more else (other, one)
        for one, other, word in re.findall(rf"({NAME})比({NAME})({more}|{less})", question)
    ]
    names = {name for pair in pairs for name in pair}
    return sorted(names, key=lambda name: len(below(name, pairs)), reverse=True)


def below(name: str, pairs: list[tuple[str, str]]) -> set[str]:
    found = {other for one, other in pairs if one == name}
    return found.union(*(below(other, pairs) for other in found))


def tallest(question: str) -> str:
    return above(question, "高", "矮")[0 if "最高" in question else -1]


def race(question: str) -> str:
    return above(question, "先到", "后到")[PLACES[re.findall("第(.)个到", question)[0]] - 1]


def swaps(question: str) -> str:
    has = dict(re.findall(rf"({NAME})拿着(.色)的球", question))
    for one, other in re.findall(rf"({NAME})和({NAME})交换", question):
        has |= {one: has[other], other: has[one]}
    return has[re.findall(rf"现在({NAME})", question)[0]]


def lamps(question: str) -> str:
    rules = re.findall("如果(.灯)亮，那么(.灯)也亮", question)
    ((lamp, state),) = re.findall("现在(.灯)(亮着|不亮)", question)
    if state == "亮着":
        return dict(rules)[lamp]
    return {then: one for one, then in rules}[lamp]


def list_steps(question: str) -> str:
    ((row, told, asked),) = re.findall("水果：(.+?)。依次这样做：(.+?)。现在第(.)个", question)
    words = row.split("、")
    for step in told.split("；"):
        places = [PLACES[char] - 1 for char in re.findall("第(.)个", step)]
        if "对调" in step:
            words[places[0]], words[places[1]] = words[places[1]], words[places[0]]
        elif "倒过来" in step:
            words.reverse()
        elif "移到最后" in step:
            words.append(words.pop(0))
        else:
            words.insert(0, words.pop())
    return words[PLACES[asked] - 1]


def liars(question: str) -> str:
    names = list(dict.fromkeys(re.findall(NAME, question)))
    claims = re.findall(rf"({NAME})说：“({NAME})说(.)话”", question)
    first, kind = re.findall(rf"已知({NAME})说(.)话", question)[0]
    counts = {
        sum(way)
        for way in itertools.product((True, False), repeat=len(names))
        for honest in [dict(zip(names, way, strict=True))]
        if honest[first] == (kind == "真")
        and all(honest[who] == (honest[of] == (said == "真")) for who, of, said in claims)
    }
    (count_of,) = counts
    return str(count_of)


def statements(question: str) -> str:
    truth = {name: value == "真" for name, value in re.findall("([PQR])为(真|假)；", question)}
    for name, meaning in re.findall("([A-Z])的意思是“(.+?)”", question):
        values = [truth[letter] for letter in re.findall("[A-Z]", meaning)]
        number = sum(values)
        if "而" in meaning:
            truth[name] = values == [True, False]
        elif "恰好" in meaning:
            truth[name] = number == 1
        elif "至少" in meaning:
            truth[name] = number > 0
        else:
            truth[name] = number == (len(values) if meaning.endswith("真") else 0)
    return str([truth[name] for name in re.findall("[A-Z]", question.rsplit("。", 1)[1])].count(True))


SOLVERS: dict[str, Callable[[str], str]] = {
    "zh_add": add, "zh_sequence": next_term, "zh_growing": next_term, "zh_story": story, "zh_units": units,
    "zh_count": count, "zh_numerals": numerals, "zh_money": money, "zh_ages": ages, "zh_queue": queue,
    "zh_discount": discount, "zh_trees": trees, "zh_cage": cage, "zh_changes": changes, "zh_many_changes": changes,
    "zh_relations": relations, "zh_many_relations": relations, "zh_transfers": transfers,
    "zh_weekday": weekday, "zh_weekday_in": weekday, "zh_weekday_years_on": weekday_years_on, "zh_date": date_after,
    "zh_days_across": days_across, "zh_clock": clock,
    "zh_recall": recall, "zh_tallest": tallest, "zh_race": race, "zh_one_swap": swaps, "zh_three_swaps": swaps,
    "zh_many_swaps": swaps, "zh_lamps": lamps, "zh_list_steps": list_steps, "zh_many_list_steps": list_steps,
    "zh_liars": liars, "zh_statements": statements,
}  # fmt: skip
