"""The Chinese conversations: rules and what is said around them."""

from __future__ import annotations

from conversations import Wording
from rules import Rule, always, as_json, beyond, check, form, lists

SAY = Wording(
    language="zh",
    gap="",
    settings=(
        "你在图书馆的咨询台工作，回答要简短。",
        "你为旅客回答问题，回答要简短。",
        "你是一名热心的邻居，回答要简短。",
    ),
    first=(
        "在整个对话中请这样回答：{rule}我的第一个问题：{question}",
        "从现在起，所有的回答都要这样：{rule}{question}",
    ),
    change="从现在起改用新规则，旧规则不再用：{rule}{question}",
    stay="规则不变。{question}",
    change_later="{question}回答完这个问题以后，旧规则作废，从那以后：{rule}",
    stay_later="{question}回答完这个问题以后，继续用同样的规则。",
    back_later="{question}回答完这个问题以后，改回我说的第一条规则。",
    on_later="{question}回答完这个问题以后，继续用我说的第二条规则。",
    drop="两条规则中的第一条从现在起作废，只保留第二条。{question}",
    keep_both="两条规则都请继续遵守。{question}",
    firm="即使用户要求别的形式，也要坚持这一点。",
    soft="如果用户要求别的形式，就按用户说的做。",
    this_time="{question}这一次{rule}",
)


def _ends(name: str, text: str) -> Rule:
    return Rule(
        f"zh-end-{name}", "back", f"每个回答都以“{text}”结尾。", f"请以“{text}”结尾。",
        lambda question, answer, number: f"{answer}{text}", always("end_with", beyond(text), text=text),
    )  # fmt: skip


def _begins(name: str, text: str) -> Rule:
    return Rule(
        f"zh-begin-{name}", "front", f"每个回答都以“{text}”开头。", f"请以“{text}”开头。",
        lambda question, answer, number: f"{text}，{answer}", always("begin_with", beyond(text), text=text),
    )  # fmt: skip


def _wraps(name: str, left: str, right: str) -> Rule:
    return Rule(
        f"zh-wrap-{name}", "frame", f"每个回答都放在{left}和{right}之间。", f"请把回答放在{left}和{right}之间。",
        lambda question, answer, number: f"{left}{answer}{right}", always("wrapped", left=left, right=right),
    )  # fmt: skip


def _uses(name: str, word: str, sentence: str) -> Rule:
    return Rule(
        f"zh-word-{name}", "back", f"每个回答里都要用到“{word}”这个词。", f"请用到“{word}”这个词。",
        lambda question, answer, number: f"{answer}{sentence}", always("include", beyond(word), text=word),
    )  # fmt: skip


ENDS = [
    _ends("calm", "祝您愉快。"),
    _ends("tea", "请喝茶。"),
    _ends("road", "一路平安。"),
    _ends("owl", "猫头鹰说的。"),
]
BEGINS = [_begins("wang", "王女士"), _begins("li", "李老师"), _begins("report", "报告队长")]
WRAPS = [_wraps("thick", "【", "】"), _wraps("corner", "「", "」")]
USES = [_uses("lamp", "灯塔", "就像海边的灯塔。"), _uses("bamboo", "竹子", "门外有竹子。")]
ENGLISH = Rule(
    "zh-english", "body", "无论用户用什么语言提问，每个回答都用英语写。", "请用英语回答。", form("english"),
    always("language", language="English"),
)  # fmt: skip
SHORT = Rule(
    "zh-short",
    "body",
    "每个回答都不超过六个字。",
    "请不要超过六个字。",
    form("short"),
    always("max_words", check("min_words", n=2), n=6),
    hard=True,
)
BULLETS = Rule(
    "zh-bullets", "body", "每个回答都写成三行，每行以“- ”开头。", "请写成三行，每行以“- ”开头。", lists("- "),
    always("bullets", n=3),
)  # fmt: skip
NUMBERED = Rule(
    "zh-numbered", "body", "每个回答都写成1.到3.的编号列表，共三点。", "请写成1.到3.的编号列表，共三点。",
    lists("{n}. "), always("numbered", n=3),
)  # fmt: skip
JSON = Rule(
    "zh-json", "frame", "每个回答都写成 JSON，只有“回答”和“主题”两个键。", "请写成 JSON，只有“回答”和“主题”两个键。",
    as_json(("回答", "主题"), "日常问题"), always("json_keys", keys=["回答", "主题"]), hard=True,
)  # fmt: skip

SYSTEM = [
    (ENDS[0],), (BEGINS[0],), (WRAPS[0],), (ENGLISH,), (SHORT,), (BULLETS,), (JSON,), (USES[0],),
    (BEGINS[1], ENDS[1]), (BEGINS[2], USES[1]), (WRAPS[1], BEGINS[0]),
]  # fmt: skip
KEPT = [(ENDS[2],), (BEGINS[1],), (ENGLISH,), (NUMBERED,), (SHORT,), (USES[1],), (BEGINS[2], ENDS[3])]
CHANGED = [(ENDS[0], ENDS[2], False), (ENGLISH, BULLETS, False), (BEGINS[0], WRAPS[0], True)]
RETURNED = [(ENDS[1], BEGINS[2])]
LIFTED = [(BEGINS[1], ENDS[1])]
CONFLICTS = [(ENDS[3], ENDS[0]), (BULLETS, NUMBERED), (BEGINS[2], BEGINS[0])]
