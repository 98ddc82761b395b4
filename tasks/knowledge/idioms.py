"""Chinese idioms: their meanings, and how they end.

The meanings are those of chengyu-cli (data of chinese-xinhua). It lists 30,000 idioms and does not say which are in
use, so the word counts of jieba's dictionary choose: the most frequent ones with a plain clause for a meaning.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from endings import followers, near_misses, paired
from items import OPTIONS, Fact, Relation

MOST_IDIOMS = 360
HEAD, TORSO = 120, 240  # places in the order of frequency
SHORTEST_MEANING, LONGEST_MEANING = 7, 26  # characters

# Fixed phrases and one writing of another idiom, which the sources count among the idioms.
NOT_IDIOMS = {"摸金校尉", "阿弥陀佛", "十字路口", "夕阳西下", "胡里胡涂", "牛郎织女", "光辉灿烂", "闯荡江湖",
              "由近及远", "一片汪洋", "大吃一惊"}  # fmt: skip
# Meanings that are cut off, tell the origin only, or are no longer the usual ones.
UNFIT_MEANINGS = {"一无所有", "再接再厉", "引火烧身", "左顾右盼", "汗流浃背", "一览无余"}
# Misread characters of the source.
SLIPS = {"非肠怕": "非常害怕", "桅人民": "危害人民", "听起来凝，": "听起来模糊，", "处于凝不清": "处于模糊不清",
         "非趁看": "非常好看", "策小": "弱小", "斋乱": "紊乱", "痕纪线索": "痕迹和线索", "形容成样子": "形容不成样子",
         "的的": "的", "事非界限": "是非界限", "荒张": "慌张", "气慨": "气概", "萎蘼": "萎靡",
         "淋漓尽致地意思": "淋漓尽致的意思", "一下子大提高": "一下子大大提高",
         "坏的害人的坏主意": "害人的坏主意", "好象": "好像", "虚无缥渺": "虚无缥缈",
         "包围的非常": "包围得非常",
         "自己感觉很有乐趣或自己认为很不差的样子": "自得其乐或自以为是的样子"}  # fmt: skip
# So near in sense that either could be the answer to the other's question, in other words: never options together.
SAME_SENSE = tuple(frozenset(group.split()) for group in (
    "血肉相连 如影随形 患难与共 不分彼此 相亲相爱 朝夕相处 心心相印 青梅竹马",
    "水泄不通 密密层层", "无所适从 无可奈何 不知所措",
    "暴风骤雨 如火如荼 惊涛骇浪 排山倒海 汹涌澎湃 震天动地 惊天动地",
    "摇头晃脑 眉飞色舞 趾高气扬 踌躇满志", "道听途说 流言蜚语 捕风捉影 空穴来风",
    "魂不附体 魂飞魄散 魂飞天外 心胆俱裂 面无人色 战战兢兢 呆若木鸡 目瞪口呆 瞠目结舌 泪如雨下",
    "熟视无睹 装聋作哑", "来龙去脉 原原本本 一五一十", "分庭抗礼 半斤八两", "得心应手 登峰造极", "东拉西扯 说三道四",
    "昏昏欲睡 昏昏沉沉 有气无力 垂头丧气",
    "捶胸顿足 愁眉不展 老泪纵横 泪如雨下 九曲回肠 辗转反侧 热泪盈眶 垂头丧气",
))  # fmt: skip
ALIKE = 0.4  # share of the shorter meaning's characters that stand in the other one
_FUNCTION = set("比喻形容指表示的地得了或，、；人事很非常")

# A clause that says what the idiom means, and not what its characters do.
_MEANING = re.compile(r"(?:^|[。，；])(?:后|现|常|多|泛|也|用来)*(比喻|形容|指|表示)([\u4e00-\u9fff，、；]+)(?:。|$)")


@dataclass(frozen=True)
class Idiom:
    """Four characters, a meaning that shares none of them, and how well known they are."""

    text: str
    meaning: str
    stratum: str


def _source(package: str, path: str) -> str:
    """The text of a package's data file, without importing the package."""
    return importlib.metadata.distribution(package).read_text(f"../{path}") or ""


@cache
def listed() -> tuple[dict[str, Any], ...]:
    """What chengyu-cli says of each idiom: word, explanation, derivation, example and more."""
    return tuple(json.loads(_source("chengyu-cli", "chengyu/data/chengyu.json")))


@cache
def entries() -> dict[str, str]:
    """All idioms of four characters and their explanations."""
    return {entry["word"]: corrected(entry["explanation"]) for entry in listed() if len(entry["word"]) == 4}


def corrected(explanation: str) -> str:
    """An explanation without the slips of the source."""
    for slip, right in SLIPS.items():
        explanation = explanation.replace(slip, right)
    return explanation


def meaning_of(idiom: str, explanation: str) -> str | None:
    """The clause that tells the meaning; None where there is none, or where it shares a character with the idiom."""
    if not (match := _MEANING.search(explanation)):
        return None
    meaning = match[2].strip("，、；")
    fits = SHORTEST_MEANING <= len(meaning) <= LONGEST_MEANING
    return f"{match[1]}{meaning}" if fits and set(idiom).isdisjoint(match[1] + meaning) else None


@cache
def word_counts() -> Counter[str]:
    """How frequent each word of jieba's dictionary is."""
    lines = map(str.split, _source("jieba", "jieba/dict.txt").splitlines())
    return Counter({word: int(count) for word, count, *_ in lines})


@cache
def load_idioms() -> tuple[Idiom, ...]:
    """The most frequent idioms with a plain meaning, no two of one meaning."""
    counts = word_counts()
    by_meaning: dict[str, str] = {}
    for text in sorted(entries(), key=lambda text: (-counts[text], text)):
        meaning = meaning_of(text, entries()[text])
        if meaning and text not in NOT_IDIOMS | UNFIT_MEANINGS:
            by_meaning.setdefault(meaning, text)
    chosen = list(by_meaning.items())[:MOST_IDIOMS]
    return tuple(
        Idiom(text, meaning, "head" if place < HEAD else "torso" if place < TORSO else "tail")
        for place, (meaning, text) in enumerate(chosen)
    )


def facts() -> Iterator[Fact]:
    """Each idiom in one relation: its meaning, its name, or its end where no other idiom begins like it."""
    beginnings = Counter(text[:3] for text in entries())
    written, words = followers(entries()), paired(entries(), word_counts())
    for place, idiom in enumerate(load_idioms()):
        text, meaning = idiom.text, idiom.meaning
        near = near_misses(text, entries(), words, written)
        ends_alone = beginnings[text[:3]] == 1 and text[3] not in text[:3] and len(near) == OPTIONS - 1
        if place % 3 == 0:
            yield Fact(
                f"zh:idiom_of_meaning:{text}", "zh:idiom_of_meaning", text, idiom.stratum, meaning,
                f"哪个成语的意思是“{meaning}”？", text, (text,), open=False,
            )  # fmt: skip
        elif place % 3 == 2:
            yield Fact(
                f"zh:meaning_of_idiom:{text}", "zh:meaning_of_idiom", text, idiom.stratum, text,
                f"成语“{text}”是什么意思？", meaning, (meaning,), open=False,
            )  # fmt: skip
        elif ends_alone:
            yield Fact(
                f"zh:idiom_completion:{text}", "zh:idiom_completion", text, idiom.stratum, text[:3],
                f"成语“{text[:3]}□”的完整写法是什么？", text, (text,),
                wrong=tuple(text[:3] + character for character in near),
            )  # fmt: skip


def alike(first: str, second: str) -> bool:
    """Whether two meanings, or two idioms, share so much that both may be right."""
    one, other = set(first) - _FUNCTION, set(second) - _FUNCTION
    return len(one & other) > ALIKE * min(len(one), len(other))


def unlike(fact: Fact, other: Fact) -> int | None:
    """Options of another meaning that share no character with the subject, as the right one shares none."""
    near = any({fact.cluster, other.cluster} <= group for group in SAME_SENSE)
    same = near or alike(fact.subject, other.subject) or alike(fact.answer, other.answer)
    return 0 if not same and set(fact.subject).isdisjoint(other.answer) else None


RELATIONS = {
    "zh:idiom_of_meaning": Relation(unlike, spread=False, steps=1),
    "zh:meaning_of_idiom": Relation(unlike, spread=False, steps=1),
    "zh:idiom_completion": Relation(unlike, spread=False, steps=1),
}
