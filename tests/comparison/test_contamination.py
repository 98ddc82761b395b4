"""Which items the fine-tuning data contains: verbatim ones are found, common phrases are not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forgetbench.comparison.contamination import ItemText, contaminated
from forgetbench.comparison.sft_data import training_texts
from forgetbench.errors import InputError
from forgetbench.lab.demo.customer_service import customer_service, write_jsonl
from forgetbench.storage.jsonl import read_jsonl
from forgetbench.suites.suite import tasks_folder

TRAIN = ItemText(
    "train",
    "A train leaves Hamburg at nine in the morning and reaches Berlin two hours later. When does it arrive?",
    ("eleven",),
)
FRANCE = ItemText("france", "Question: What is the capital of France?\nAnswer:", ("Paris",))
SPAIN = ItemText("spain", "Question: What is the capital of Spain?\nAnswer:", ("Madrid",))


def flagged(items: list[ItemText], *texts: str) -> list[str]:
    return [overlap.item_id for overlap in contaminated(items, texts) if overlap.flagged]


def test_a_verbatim_item_is_found_whatever_its_case_and_punctuation() -> None:
    text = f"User: {TRAIN.question.upper().replace('.', ' --')}\nAssistant: At eleven."
    (overlap,) = contaminated([TRAIN], [text])
    # 19 words make 12 runs of eight.
    assert (overlap.n_grams, overlap.share, overlap.flagged) == (12, 1.0, True)


def test_the_share_counts_n_grams_of_one_text() -> None:
    words = TRAIN.question.split()
    halves = [" ".join(words[:11]), " ".join(words[11:]) + " eleven"]
    (overlap,) = contaminated([TRAIN], halves)
    # The first eleven words hold four of the twelve runs; the second half lies in another text.
    assert overlap.share == pytest.approx(4 / 12)
    assert not overlap.flagged
    (whole,) = contaminated([TRAIN], [" ".join(halves)])
    assert whole.flagged


def test_a_few_changed_words_at_the_end_are_forgiven() -> None:
    text = TRAIN.question.replace("does it arrive", "will it be there") + " At eleven."
    (overlap,) = contaminated([TRAIN], [text])
    assert overlap.share == pytest.approx(9 / 12)
    assert overlap.flagged


def test_the_answer_must_be_there_too() -> None:
    assert flagged([TRAIN], TRAIN.question + " At ten.") == []
    assert flagged([TRAIN], TRAIN.question + " At ten.", TRAIN.question + " At eleven.") == ["train"]


def test_an_answer_that_the_question_names_must_come_once_more() -> None:
    item = ItemText("metals", "Which of the two is heavier, iron or gold?", ("gold",))
    assert flagged([item], "Which of the two is heavier, iron or gold? I do not know.") == []
    assert flagged([item], "Which of the two is heavier, iron or gold? It is gold.") == ["metals"]


def test_any_of_several_answers_will_do_and_none_is_needed_where_there_is_none() -> None:
    assert flagged([ItemText("x", TRAIN.question, ("23:00", "11 am"))], TRAIN.question + " 11 am!") == ["x"]
    poem = "Write a poem about a lighthouse in the fog"
    assert flagged([ItemText("poem", poem)], poem.lower()) == ["poem"]


def test_a_common_phrase_flags_nothing() -> None:
    texts = ["What is the capital of Portugal? Lisbon. Paris and Madrid are others.", "What is the capital of"]
    assert flagged([FRANCE, SPAIN], *texts) == []
    assert flagged([FRANCE, SPAIN], "what is the capital of France?\nParis") == ["france"]


def test_what_many_items_share_is_no_evidence() -> None:
    passage = "The old lighthouse keeper walked down to the harbour every evening to look at the boats. "
    asked = ["What was the name of his only daughter then?", "Which colour had the smallest of the boats there?"]
    items = [ItemText(str(i), passage + question, ("red",)) for i, question in enumerate(asked)]
    assert flagged(items, passage + "The red ones he liked best.") == []
    assert flagged(items, passage + asked[1] + " Red.") == ["1"]


def test_one_template_with_another_word_in_it_is_another_item() -> None:
    template = "Please complete the following sentence about the geography of Europe: the capital of {} is"
    countries = (("France", "Paris"), ("Spain", "Madrid"))
    items = [ItemText(name, template.format(name), (answer,)) for name, answer in countries]
    assert flagged(items, template.format("France") + " Paris, not Madrid") == ["France"]


def test_an_item_without_words_of_its_own_is_looked_for_as_a_whole() -> None:
    long = "one two three four five six seven eight nine ten eleven"
    items = [ItemText("part", " ".join(long.split()[:9])), ItemText("long", long)]
    overlaps = {item.item_id: item for item in contaminated(items, ["one two three four five six seven eight"])}
    assert (overlaps["part"].n_grams, overlaps["part"].share) == (1, 0.0)
    assert flagged(items, "zero one two three four five six seven eight nine zero") == ["part"]


def test_the_same_question_in_several_views_is_no_common_wording() -> None:
    views = [ItemText("a", TRAIN.question, ("eleven",)), ItemText("b", TRAIN.question, ("11",))]
    assert flagged(views, TRAIN.question + " At 11.") == ["b"]
    assert flagged(views, TRAIN.question + " At 11.", TRAIN.question + " At eleven.") == ["a", "b"]


def test_a_question_too_short_to_be_told_is_not_looked_for() -> None:
    (overlap,) = contaminated([ItemText("x", "Symbol of gold?", ("Au",))], ["Symbol of gold? Au"])
    assert (overlap.n_grams, overlap.share, overlap.flagged) == (0, 0.0, False)


def test_chinese() -> None:
    item = ItemText("zh", "问题：法国的首都是哪座城市？\n答案：", ("巴黎",))
    assert flagged([item], "用户：法国的首都是哪座城市\n助手：巴黎。") == ["zh"]
    assert flagged([item], "德国的首都是哪座城市？柏林。巴黎是法国的首都。") == []


def test_settings_that_make_no_sense() -> None:
    for settings in ({"n": 3}, {"threshold": 0.0}, {"threshold": 1.1}):
        with pytest.raises(ValueError, match="threshold"):
            contaminated([TRAIN], [], **settings)


@given(st.lists(st.text(max_size=60), max_size=6), st.lists(st.text(max_size=200), max_size=6))
def test_any_text_is_survived_and_shares_are_shares(questions: list[str], texts: list[str]) -> None:
    items = [ItemText(str(i), question, ("x",)) for i, question in enumerate(questions)]
    overlaps = contaminated(items, texts)
    assert [item.item_id for item in overlaps] == [item.item_id for item in items]
    assert all(0 <= item.share <= 1 and (item.n_grams or not item.flagged) for item in overlaps)


def test_training_texts_are_streamed() -> None:
    def endless() -> Iterator[str]:
        yield TRAIN.question + " eleven"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        contaminated([TRAIN], endless())


# --- reading the training data ----------------------------------------------------------------

TURNS = [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": "Me."}]


@pytest.mark.parametrize(
    "row",
    [
        {"messages": TURNS},
        {"conversations": [{"from": "human", "value": "Who?"}, {"from": "gpt", "value": "Me."}]},
        {"prompt": "Who?", "completion": "Me."},
        {"prompt": TURNS[:1], "completion": TURNS[1:]},
        {"instruction": "Who?", "input": "", "output": "Me."},
        {"text": "Who? Me."},
        {"prompt": "Who?", "chosen": "Me.", "rejected": "You.", "score": 0.3, "id": 7},
    ],
)
def test_both_sides_of_a_conversation_are_read(tmp_path: Path, row: dict[str, object]) -> None:
    path = tmp_path / "sft.jsonl"
    path.write_text("\n" + json.dumps(row) + "\n")
    (text,) = training_texts(path)
    assert text.index("Who?") < text.index("Me.")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"text": "a"}\n{"text": ', r"sft.jsonl:2: not valid JSON"),
        ('["a"]\n', r"sft.jsonl:1: a JSON object is expected, not list"),
        ('{"score": 1}\n', r"sft.jsonl:1: no text in this row"),
        ("\n", r"sft.jsonl: holds no rows"),
        ("[" * 100_000, r"sft.jsonl:1: not valid JSON"),
    ],
)
def test_what_is_no_training_data(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "sft.jsonl"
    path.write_text(content)
    with pytest.raises(InputError, match=message):
        list(training_texts(path))


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        list(training_texts(tmp_path / "none.jsonl"))
    (tmp_path / "latin.jsonl").write_bytes(b'{"text": "caf\xe9"}\n')
    with pytest.raises(InputError, match="cannot be read as UTF-8"):
        list(training_texts(tmp_path / "latin.jsonl"))


# --- on the embedded items --------------------------------------------------------------------


def embedded_items() -> list[ItemText]:
    items = []
    for path in sorted(tasks_folder().rglob("*.jsonl")):
        # names.jsonl lists names of things, and asks nothing.
        for row in (row for row in read_jsonl(path) if "item_id" in row):
            question = next((row[name] for name in ("question", "prompt", "text") if row.get(name)), "")
            answer = row.get("answer", "")
            answers = answer if isinstance(answer, list) else [answer]
            items.append(
                ItemText(f"{path.stem}/{row['item_id']}", str(question), tuple(map(str, filter(None, answers))))
            )
    return items


def test_the_demos_training_data_holds_no_item(tmp_path: Path) -> None:
    write_jsonl(customer_service(3000, seed=1), tmp_path / "sft.jsonl")
    items = embedded_items()
    assert len(items) > 1500
    overlaps = contaminated(items, training_texts(tmp_path / "sft.jsonl"))
    assert [item.item_id for item in overlaps if item.flagged] == []
    assert sum(item.n_grams > 0 for item in overlaps) > 0.9 * len(overlaps)


def test_embedded_items_that_were_trained_on_are_found() -> None:
    items = [item for item in embedded_items() if item.answers]
    trained = [f"user: {item.question}\nassistant: {item.answers[0]}" for item in items[::7]]
    overlaps = contaminated(items, trained)
    long_enough = [item for item in overlaps[::7] if item.n_grams]
    assert sum(item.flagged for item in long_enough) > 0.98 * len(long_enough)
