"""The Chinese knowledge questions: sound keys, no cue that marks the right option, answers found in Chinese text."""

from __future__ import annotations

import importlib
from collections import Counter

import pytest
from test_knowledge_tasks import FOLDER, SYMBOLS, UTILS, cues, grouped, load_config, split_rows, tied_share

from forgetbench.metrics.answers.normalisation import normalise
from forgetbench.storage.jsonl import read_jsonl

TEST, SHOTS = split_rows("zh.jsonl")
ROWS = SHOTS + TEST
BY_RELATION = grouped(TEST)
OPEN = [row for row in TEST if row["open"]]
READ = {"correct": 1.0, "exact": 1.0, "parsed": 1.0, "conflict": 0.0}


def test_there_are_enough_questions_of_every_relation_and_stratum() -> None:
    assert len(TEST) >= 1000
    assert min(map(len, BY_RELATION.values())) >= 30
    strata = Counter(row["stratum"] for row in TEST)
    assert set(strata) == {"head", "torso", "tail"}
    assert min(strata.values()) >= 200


def test_ids_and_questions_are_unique_and_rows_have_one_shape() -> None:
    assert len({row["item_id"] for row in ROWS}) == len(ROWS)
    assert len({row["question"] for row in ROWS}) == len(ROWS)
    assert len({tuple((key, type(value).__name__) for key, value in row.items()) for row in ROWS}) == 1


def test_every_option_list_has_four_different_answers_and_one_is_right() -> None:
    for row in ROWS:
        assert len({normalise(choice) for choice in row["choices"]}) == 4
        assert row["choices"][row["gold"]] == row["answer"] == row["aliases"][0]
        accepted = {normalise(alias) for alias in row["aliases"]}
        assert sum(normalise(choice) in accepted for choice in row["choices"]) == 1, row["item_id"]


def test_the_question_does_not_name_the_answer() -> None:
    for row in ROWS:
        assert row["answer"] not in row["question"], row["item_id"]
        if row["relation"] in ("zh:capital", "zh:continent", "zh:currency", "zh:language", "zh:country_of_city"):
            assert row["answer"][0] not in row["subject"], row["item_id"]


@pytest.mark.parametrize("cue", sorted(cues(TEST)))
def test_nothing_but_knowledge_marks_the_right_option(cue: str) -> None:
    for relation, rows in BY_RELATION.items():
        if (relation, cue) == ("zh:idiom_completion", "most often right"):
            continue  # its wrong options are no idioms, so that this rule would read the key
        assert cues(rows)[cue] == pytest.approx(0.25, abs=0.03 + 3 * (0.1875 / len(rows)) ** 0.5), relation


def test_an_idiom_shares_no_character_with_a_meaning_that_is_offered() -> None:
    for row in BY_RELATION["zh:idiom_of_meaning"] + BY_RELATION["zh:meaning_of_idiom"]:
        for choice in row["choices"]:
            assert set(row["subject"]).isdisjoint(choice), row["item_id"]


def test_options_of_one_sense_stand_apart() -> None:
    for group in ({"如影随形", "血肉相连", "患难与共"}, {"如火如荼", "暴风骤雨", "惊涛骇浪", "排山倒海"}):
        for row in BY_RELATION["zh:idiom_of_meaning"]:
            assert len(group & set(row["choices"])) <= 1, row["item_id"]


def test_pairs_of_characters_do_not_tell_the_end_of_an_idiom(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("cn2an")  # of the `data` extra, as the list of idioms is
    monkeypatch.syspath_prepend(str(FOLDER))
    endings, idioms = importlib.import_module("endings"), importlib.import_module("idioms")
    passages = [row["text"] for row in read_jsonl(FOLDER.parent / "language" / "passages_zh.jsonl")]
    written = endings.followers([*idioms.entries(), *passages])
    rows = BY_RELATION["zh:idiom_completion"]
    picked = tied_share(rows, lambda row, choice: written[choice[-2]][choice[-1]])
    assert picked == pytest.approx(0.25, abs=0.1)  # 0.92 where the wrong ends were any idioms' ends


def test_wrong_ends_make_no_idiom(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("cn2an")
    monkeypatch.syspath_prepend(str(FOLDER))
    known = importlib.import_module("idioms").entries()
    for row in BY_RELATION["zh:idiom_completion"]:
        assert [choice for choice in row["choices"] if choice in known] == [row["answer"]]


@pytest.mark.parametrize("script", ["s2t", "s2tw"])
def test_every_answer_is_right_in_traditional_characters(script: str) -> None:
    opencc = pytest.importorskip("opencc")
    convert = opencc.OpenCC(script).convert
    differ = [(row, text) for row in OPEN if (text := convert(row["answer"])) != row["answer"]]
    assert len(differ) >= 600
    for row, text in differ:
        assert UTILS.score_open(row, [text]) == READ, (row["item_id"], text)


def test_slips_of_the_sources_are_mended() -> None:
    told = " ".join(row["question"] + " ".join(row["choices"]) for row in ROWS)
    for slip in ("非肠怕", "桅人民", "非趁看", "斋乱", "办是"):
        assert slip not in told
    assert "尼" not in {choice for row in BY_RELATION["zh:currency"] for choice in row["choices"]}


def test_few_shot_subjects_are_held_out() -> None:
    assert [row["relation"] for row in SHOTS] == ["zh:capital", "zh:element_of_symbol", "zh:idiom_completion"]
    assert not {row["cluster"] for row in SHOTS} & {row["cluster"] for row in TEST}


def test_every_accepted_answer_scores_and_no_other_option_does() -> None:
    for row in OPEN:
        for alias in row["aliases"]:
            assert UTILS.score_open(row, [alias]) == READ, (row["item_id"], alias)
        for place, choice in enumerate(row["choices"]):
            assert UTILS.score_open(row, [choice])["correct"] == float(place == row["gold"]), row["item_id"]


@pytest.mark.parametrize(
    ("item_id", "reply", "correct", "exact", "parsed"),
    [
        ("zh:capital:FR", "巴黎", 1, 1, 1),
        ("zh:capital:FR", "法国的首都是巴黎。", 1, 0, 1),
        ("zh:capital:FR", "Paris", 1, 1, 1),
        ("zh:capital:FR", "伦敦", 0, 0, 1),
        ("zh:capital:FR", "巴黎、伦敦、罗马", 0, 0, 0),
        ("zh:capital:FR", "我不知道。", 0, 0, 0),
        ("zh:capital:FR", "", 0, 0, 0),
        ("zh:country_of_capital:FR", "巴黎是法国的首都。", 1, 0, 1),
        ("zh:currency:JP", "日元", 1, 1, 1),
        ("zh:currency:JP", "美元", 0, 0, 1),
        ("zh:neighbour:FR", "法国与德国接壤。", 1, 0, 1),
        ("zh:neighbour:FR", "法国与葡萄牙接壤。", 0, 0, 1),
        ("zh:element_of_symbol:Fe", "铁", 1, 1, 1),
        ("zh:element_of_symbol:Fe", "Fe代表铁元素", 1, 0, 1),
        ("zh:number_of_element:Fe", "铁的原子序数是26。", 1, 0, 1),
        ("zh:symbol:Au", "金的元素符号是Au", 1, 0, 1),
        ("zh:symbol:O", "I'm sorry, but I can't help with that.", 0, 0, 0),
        ("zh:currency:MY", "令吉", 1, 1, 1),
        ("zh:capital:EG", "開羅", 1, 1, 1),
        ("zh:capital:FR", "不是里昂，而是巴黎。", 1, 0, 1),
        ("zh:capital:FR", "可能是巴黎，也可能是里昂。", 0, 0, 0),
        ("zh:capital:FR", "法国的首都是里昂，不是巴黎。", 0, 0, 1),
        ("zh:element_of_symbol:Al", "鋁", 1, 1, 1),
        ("zh:number_of_element:Hg", "八十", 1, 1, 1),
        ("zh:idiom_completion:望而却步", "應填“步”。", 1, 0, 1),
        ("zh:idiom_completion:望而却步", "望而卻步", 1, 1, 1),
        ("zh:idiom_completion:望而却步", "望而却走", 0, 0, 1),
    ],
)
def test_replies_are_read(item_id: str, reply: str, correct: int, exact: int, parsed: int) -> None:
    (row,) = (row for row in TEST if row["item_id"] == item_id)
    assert UTILS.score_open(row, [reply]) == {"correct": correct, "exact": exact, "parsed": parsed, "conflict": 0.0}


def test_elements_agree_with_the_periodic_table() -> None:
    for row in BY_RELATION["zh:number_of_element"]:
        assert SYMBOLS[int(row["answer"]) - 1] == row["cluster"]
    # One name per element in every relation.
    names = {row["cluster"]: row["subject"] for row in BY_RELATION["zh:number_of_element"]}
    for row in BY_RELATION["zh:element_of_symbol"] + BY_RELATION["zh:element_of_number"]:
        assert names.get(row["cluster"], row["answer"]) == row["answer"]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("韩国的首都是哪座城市？", "首尔"),
        ("东京是哪个国家的首都？", "日本"),
        ("巴西位于哪个大洲？", "南美洲"),
        ("泰国使用哪种货币？", "铢"),
        ("元素符号Cu代表哪种元素？", "铜"),
        ("“Iceland”的中文国名是什么？", "冰岛"),
        ("成语“顶天立□”的完整写法是什么？", "顶天立地"),
        ("上海这座城市位于哪个国家？", "中国"),
        ("首都是曼谷的国家使用哪种货币？", "铢"),
    ],
)
def test_well_known_facts_are_there_and_right(question: str, answer: str) -> None:
    assert next(row["answer"] for row in TEST if row["question"] == question) == answer


def test_lm_eval_reads_the_tasks() -> None:
    from lm_eval.tasks import TaskManager

    manager = TaskManager(include_path=str(FOLDER), include_defaults=False)
    for view, rows in (("choice", TEST), ("open", OPEN)):
        name = f"knowledge_zh_{view}"
        task = manager.load([name])["tasks"][name]
        task.set_config("num_fewshot", 3)
        task.set_fewshot_seed(0)
        task.build_all_requests(limit=1)
        assert [doc["item_id"] for doc in task.test_docs()] == [row["item_id"] for row in rows]
        prompt = task.instances[0].args[0]
        assert prompt.startswith(f"问题：{SHOTS[0]['question']}\n答案：{SHOTS[0]['answer']}\n\n问题：")
        assert prompt.endswith("答案：")
        assert load_config(name)["metadata"]["language"] == ["zh"]
