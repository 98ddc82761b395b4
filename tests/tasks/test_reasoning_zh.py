"""The Chinese reasoning questions: every key worked out again from the text, no cues, replies read."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

import pytest
import reasoning_zh_solvers
from test_reasoning_tasks import FOLDER, UTILS

from forgetbench.storage.jsonl import read_jsonl

ROWS = read_jsonl(FOLDER / "zh.jsonl")
TEST = [row for row in ROWS if row["split"] == "test"]
SHOTS = [row for row in ROWS if row["split"] != "test"]
BY_KIND: dict[str, list[dict[str, Any]]] = defaultdict(list)
for _row in TEST:
    BY_KIND[_row["kind"]].append(_row)


@pytest.mark.parametrize("kind", sorted(reasoning_zh_solvers.SOLVERS))
def test_every_key_is_what_a_second_solver_finds(kind: str) -> None:
    rows = [row for row in ROWS if row["kind"] == kind]
    assert rows
    for row in rows:
        assert reasoning_zh_solvers.SOLVERS[kind](row["question"]) == row["answer"], row["question"]


def test_the_second_solver_knows_every_kind() -> None:
    assert set(BY_KIND) == set(reasoning_zh_solvers.SOLVERS)


def test_there_are_enough_items_of_every_level_and_kind() -> None:
    levels = Counter(row["level"] for row in TEST)
    assert sorted(levels) == list(range(1, 7))
    assert min(levels.values()) >= 40
    assert (levels[1] + levels[2]) / len(TEST) <= 0.25
    assert all(row["stratum"] == f"level-{row['level']}" for row in ROWS)
    assert len(TEST) >= 400
    assert min(map(len, BY_KIND.values())) >= 12


def test_ids_and_questions_are_unique_and_rows_are_shaped_as_the_english_ones() -> None:
    english = read_jsonl(FOLDER / "items.jsonl")[0]
    assert len({row["item_id"] for row in ROWS}) == len({row["question"] for row in ROWS}) == len(ROWS)
    shapes = {tuple((key, type(value)) for key, value in row.items()) for row in [*ROWS, english]}
    assert len(shapes) == 1


def test_questions_and_options_are_chinese_and_one_option_is_right() -> None:
    for row in ROWS:
        assert len(set(row["choices"])) == 4
        assert row["choices"][row["gold"]] == row["answer"] == row["aliases"][0]
        assert not re.search(r"[a-z]", row["question"] + "".join(row["choices"]))
        assert row["question"].endswith("？")


def test_the_question_names_all_options_or_none() -> None:
    for row in ROWS:
        numbers = re.findall(r"\d+", row["question"])
        named = [option in (numbers if option.isdigit() else row["question"]) for option in row["choices"]]
        assert all(named) if row["listed"] else not any(named), row["question"]


HEURISTICS: dict[str, Callable[[dict[str, Any]], str]] = {
    "largest": lambda row: max(row["choices"], key=int),
    "smallest": lambda row: min(row["choices"], key=int),
    "in the middle": lambda row: sorted(row["choices"], key=int)[1],
    "mentioned last": lambda row: max(row["choices"], key=row["question"].rindex),
    "mentioned first": lambda row: min(row["choices"], key=row["question"].index),
    "mentioned most": lambda row: max(row["choices"], key=row["question"].count),
}


@pytest.mark.parametrize("name", HEURISTICS)
def test_no_short_way_finds_the_answer(name: str) -> None:
    rows = [row for row in TEST if (row["listed"] if "mentioned" in name else row["numeric"])]
    assert len(rows) > 80
    hits = sum(HEURISTICS[name](row) == row["answer"] for row in rows) / len(rows)
    assert hits <= 0.32


def test_the_right_position_is_balanced() -> None:
    assert max(Counter(row["gold"] for row in TEST).values()) < 0.27 * len(TEST)


def test_only_the_right_option_scores_when_written() -> None:
    for row in ROWS:
        for place, choice in enumerate(row["choices"]):
            for reply in (choice, f"答案是{choice}。", f"我们一步一步来算。\n所以，答案是：{choice}"):
                scores = UTILS.score_worked(row, [reply])
                assert (scores["correct"], scores["parsed"]) == (float(place == row["gold"]), 1.0), (row, reply)


def item(question: str, answer: str, choices: str) -> dict[str, Any]:
    """An item as the scoring sees it."""
    return {"question": question, "answer": answer, "aliases": [answer], "choices": choices.split(),
            "numeric": answer.isdigit()}  # fmt: skip


APPLES = item("小明有12个苹果，又买了5个，送给小红3个。小明现在有多少个苹果？", "14", "12 13 14 15")
DAY = item("今天是星期三，再过5天是星期几？", "星期一", "星期一 星期二 星期五 星期日")
WHO = item("小明比小红高，小红比小刚高，小刚比小丽高。四个人中谁最矮？", "小丽", "小明 小红 小刚 小丽")
COLOR = item("小红拿着白色的球，小明拿着蓝色的球。先是小红和小明交换了球。现在小明拿着什么颜色的球？", "白色",
             "白色 蓝色 黑色 绿色")  # fmt: skip
DATE = item("3月22日再过15天是几月几日？", "4月6日", "4月8日 4月7日 4月6日 4月9日")
TIME = item("现在是7点45分，再过90分钟是几点几分？", "9点15分", "8点55分 9点15分 10点15分 9点35分")
RIGHT, WRONG, UNREAD = "right", "wrong", "unread"
REPLIES = [
    (APPLES, "14", RIGHT), (APPLES, "14个", RIGHT), (APPLES, "十四个。", RIGHT), (APPLES, "答：14个苹果。", RIGHT),
    (APPLES, "答案是14。", RIGHT), (APPLES, "小明现在有14个苹果。", RIGHT), (APPLES, "所以答案是：十四", RIGHT),
    (APPLES, "12+5=17，17-3=14，所以小明现在有14个苹果。", RIGHT), (APPLES, "一共还剩14个。", RIGHT),
    (APPLES, "小明原来有12个，买了5个后有17个，送给小红3个，还剩14个。", RIGHT),
    (APPLES, "先算12 + 5 = 17。\n再算17 - 3 = 14。\n答案是14个。", RIGHT),
    (APPLES, "13", WRONG), (APPLES, "答案是17个。", WRONG), (APPLES, "小明现在有二十个苹果。", WRONG),
    (APPLES, "12+5=17，17+3=20，所以有20个。", WRONG),
    (APPLES, "不知道", UNREAD), (APPLES, "抱歉，我无法回答这个问题。", UNREAD), (APPLES, "", UNREAD),
    (DAY, "星期一", RIGHT), (DAY, "是星期一。", RIGHT), (DAY, "周一", RIGHT), (DAY, "礼拜一。", RIGHT),
    (DAY, "再过5天是星期一。", RIGHT), (DAY, "今天是星期三，再过5天是星期一。", RIGHT), (DAY, "答案是周一。", RIGHT),
    (DAY, "星期二", WRONG), (DAY, "再过5天是星期日。", WRONG), (DAY, "周五", WRONG), (DAY, "礼拜天", WRONG),
    (DAY, "这要看情况，我不能确定到底是哪一天，请给出更多的信息。", UNREAD),
    (WHO, "小丽", RIGHT), (WHO, "小丽最矮。", RIGHT), (WHO, "最矮的是小丽。", RIGHT),
    (WHO, "四个人中小丽最矮。", RIGHT),
    (WHO, "答案是小丽。", RIGHT), (WHO, "小丽，因为小刚比小丽高。", RIGHT), (WHO, "小明", WRONG),
    (WHO, "最矮的是小刚。", WRONG),
    (WHO, "我没有办法判断。", UNREAD),
    (COLOR, "白色", RIGHT), (COLOR, "白色的球。", RIGHT), (COLOR, "小明拿着白色的球。", RIGHT),
    (COLOR, "交换以后，小明拿着白色的球。", RIGHT), (COLOR, "蓝色", WRONG), (COLOR, "现在小明拿着蓝色的球。", WRONG),
    (DATE, "4月6日", RIGHT), (DATE, "是4月6号。", RIGHT), (DATE, "3月22日再过15天是4月6日。", RIGHT),
    (DATE, "4月7日。", WRONG),
    (TIME, "9点15分", RIGHT), (TIME, "9:15", RIGHT), (TIME, "再过90分钟是9点15分。", RIGHT), (TIME, "九点一刻", RIGHT),
    (TIME, "10点15分。", WRONG), (TIME, "答案是8点55分。", WRONG),
]  # fmt: skip


@pytest.mark.parametrize(("doc", "reply", "label"), REPLIES)
def test_replies_are_read_as_a_careful_person_reads_them(doc: dict[str, Any], reply: str, label: str) -> None:
    scores = UTILS.score_worked(doc, [reply])
    assert (RIGHT if scores["correct"] else WRONG if scores["parsed"] else UNREAD) == label


def test_lm_eval_reads_the_tasks_and_a_model_that_knows_all_scores_all() -> None:
    from lm_eval.tasks import TaskManager

    manager = TaskManager(include_path=str(FOLDER), include_defaults=False)
    for view in ("choice", "open"):
        task = manager.load([f"reasoning_zh_{view}"])["tasks"][f"reasoning_zh_{view}"]
        task.set_config("num_fewshot", 3)
        task.set_fewshot_seed(0)
        task.build_all_requests(limit=2)
        assert task.instances[0].args[0].count("问题：") == 4
        assert [doc["item_id"] for doc in task.test_docs()] == [row["item_id"] for row in TEST]
        assert (task.config.metadata["language"], task.config.metadata["version"]) == (["zh"], 1)
    docs = list(task.test_docs())
    assert all(task.process_results(doc, [doc["answer"]])["correct"] == 1.0 for doc in docs)
    always_one = [task.process_results(doc, ["答案是14。"])["correct"] for doc in docs]
    assert sum(always_one) / len(docs) < 0.05


def test_few_shot_examples_are_held_out() -> None:
    assert [row["kind"] for row in SHOTS] == ["zh_add", "zh_weekday", "zh_recall"]
    assert not {row["question"] for row in SHOTS} & {row["question"] for row in TEST}
