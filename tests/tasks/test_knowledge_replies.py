"""Ways to answer, to deny and to evade, held against questions of every relation."""

from __future__ import annotations

from typing import Any

import pytest
from test_knowledge_bigbench import BIG
from test_knowledge_tasks import TEST, UTILS
from test_knowledge_zh import TEST as CHINESE

from forgetbench.metrics.answers.normalisation import normalise

RIGHT = (
    "{a}", "**{a}**", "`{a}`", "'{a}'", "<answer>{a}</answer>", "The answer is {a}.", "It is {a}.", "I would say {a}.",
    "{a}, not {w}.", "Not {w}, but {a}.", "It's not {w}. It's {a}.", "Rather than {w}, it is {a}.",
    "Many people think it is {w}, but it is actually {a}.", "{w}... no wait, {a}.", "{w}? No, {a}.",
    "I'm not sure, but I think it's {a}.", "The correct answer is {a}, although {w} is often mentioned.",
    "Question: {q}\nAnswer: {a}", "Answer: {a}\n\nExplanation: {w} is something else.",
)  # fmt: skip
WRONG = (
    "{w}",
    "It is {w}.",
    "{w}, not {a}.",
    "Not {a}, but {w}.",
    "{a}? No, {w}.",
    "Many think it is {a}, but it is {w}.",
)
NONE = (
    "", "{q}", "I don't know.", "I cannot answer that question.", "It is not {a}.", "I don't think it's {a}.",
    "{a} or {w}", "Either {a} or {w}.", "It could be {a}, but it could also be {w}.",
)  # fmt: skip
CHINESE_RIGHT = ("{a}", "答案是{a}。", "应该是{a}", "不是{w}，是{a}。", "很多人以为是{w}，其实是{a}。", "{q}{a}。")
CHINESE_WRONG = ("{w}", "答案是{w}。", "不是{a}，是{w}。")
CHINESE_NONE = ("", "{q}", "我不知道。", "不是{a}。", "{a}或者{w}", "可能是{a}，也可能是{w}。")


def said(row: dict[str, Any], reply: str) -> tuple[float, float]:
    """`correct` and `parsed`."""
    score = UTILS.score_bigbench if row["item_id"].startswith("bigbench") else UTILS.score_open
    accepted = {normalise(alias) for alias in row["aliases"]}
    wrong = next(choice for choice in row["choices"] if normalise(choice) not in accepted)
    scores = score(row, [reply.format(a=row["answer"], w=wrong, q=row["question"])])
    return scores["correct"], scores["parsed"]


@pytest.mark.parametrize(
    ("replies", "expected"), [(RIGHT, (1, 1)), (WRONG, (0, 1)), (NONE, (0, 0))], ids=["right", "wrong", "none"]
)
def test_a_reply_is_read_whatever_is_asked(replies: tuple[str, ...], expected: tuple[int, int]) -> None:
    for row in [*TEST[::25], *(row for row in BIG[::25] if row["open"])]:
        for reply in replies:
            assert said(row, reply) == expected, (row["item_id"], reply)


@pytest.mark.parametrize(
    ("replies", "expected"),
    [(CHINESE_RIGHT, (1, 1)), (CHINESE_WRONG, (0, 1)), (CHINESE_NONE, (0, 0))],
    ids=["right", "wrong", "none"],
)
def test_a_reply_in_chinese_is_read_whatever_is_asked(replies: tuple[str, ...], expected: tuple[int, int]) -> None:
    for row in [row for row in CHINESE if row["open"]][::25]:
        for reply in replies:
            assert said(row, reply) == expected, (row["item_id"], reply)


def test_traditional_characters_are_accepted_in_every_answer() -> None:
    opencc = pytest.importorskip("opencc")
    convert = opencc.OpenCC("s2t").convert
    for row in (row for row in CHINESE if row["open"]):
        for alias in row["aliases"]:
            assert said(row, convert(alias)) == (1, 1), (row["item_id"], alias)
