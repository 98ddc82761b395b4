"""A user's file of prompts and answers, checked, and run through lm-eval's own machinery."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from lm_eval.tasks import TaskManager

from forgetbench.errors import InputError
from forgetbench.suites.target import score_reply, target_name, target_tasks

OPTIONS = ["delivery", "billing", "returns"]
ROWS: list[dict[str, Any]] = [
    {"prompt": "Which team? My parcel {{is}} late.", "answer": "delivery", "choices": OPTIONS},
    {"prompt": "Which team? I was charged twice.", "answer": "billing", "choices": OPTIONS[:2], "id": "charge"},
    {"prompt": "What is 17 * 3?", "answer": 51, "match": "numeric"},
    {"prompt": "Write an order number.", "answer": r"[A-Z]{2}-\d{4}", "match": "regex"},
    {"prompt": "Three apples as JSON.", "answer": {"type": "object", "required": ["item"]}, "match": "json_schema"},
    {"prompt": "Name the river of Paris.", "answer": ["Seine", "the Seine"], "cluster": "rivers"},
]


def write(folder: Path, *rows: Any) -> Path:
    path = folder / "my skill.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def load(path: Path) -> dict[str, Any]:
    configs = target_tasks(path)
    tasks: dict[str, Any] = TaskManager(include_defaults=False).load(configs)["tasks"]
    assert list(tasks) == [config["task"] for config in configs]
    return tasks


def documents(path: Path) -> dict[str, dict[str, Any]]:
    return {doc["prompt"]: doc for doc in next(iter(load(path).values())).eval_docs}


def test_a_file_becomes_a_task_and_its_choice_view(tmp_path: Path) -> None:
    tasks = load(write(tmp_path, *ROWS))
    assert list(tasks) == ["target_my_skill", "target_my_skill_choice"]
    written, choice = tasks.values()
    assert (len(written.eval_docs), len(choice.eval_docs)) == (6, 2)
    assert {doc["item_id"] for doc in choice.eval_docs} < {doc["item_id"] for doc in written.eval_docs}
    assert written.config.metadata["domain"] == choice.config.metadata["domain"] == "target"
    assert (written.config.metadata["view"], choice.config.metadata["view"]) == ("open", "choice")
    assert choice.config.metadata["supporting"] is True
    assert choice.config.metadata["chance"] == pytest.approx((1 / 3 + 1 / 2) / 2)


def test_prompts_are_asked_as_they_stand(tmp_path: Path) -> None:
    written, choice = load(write(tmp_path, *ROWS)).values()
    for task in (written, choice):
        task.set_fewshot_seed(0)
        task.build_all_requests()
    assert {instance.args[0] for instance in written.instances} == {row["prompt"] for row in ROWS}
    late = [instance.args for instance in choice.instances if "late" in instance.args[0]]
    assert late == [("Which team? My parcel {{is}} late.", f" {option}") for option in OPTIONS]
    assert written.instances[0].args[1]["do_sample"] is False


def test_scores_go_through_process_results(tmp_path: Path) -> None:
    (written, _), docs = load(write(tmp_path, *ROWS)).values(), documents(write(tmp_path, *ROWS))
    right = ["Delivery.", "billing", "17 * 3 = 51", "AB-1234", '{"item": "apples"}', "The Seine."]
    wrong = ["Delivery or billing", "It is billing.", "50", "AB", '```\n{"item": 3}\n```', "It is called the Seine."]
    for row, yes, no in zip(ROWS, right, wrong, strict=True):
        doc = docs[row["prompt"]]
        assert written.process_results(doc, [yes])["match"] == 1.0, yes
        assert written.process_results(doc, [no])["match"] == 0.0, no
    assert score_reply(docs["Name the river of Paris."], ["It is called the Seine."])["correct"] == 1.0
    metrics = {entry["metric"] for entry in written.config.metric_list}
    assert metrics == score_reply(docs[ROWS[2]["prompt"]], [""]).keys()


def test_examples_are_shown_and_not_asked(tmp_path: Path) -> None:
    shots = [{"prompt": f"Which team? Case {n}.", "answer": "returns", "fewshot": True} for n in (1, 2)]
    (task,) = load(write(tmp_path, shots[0], *ROWS[2:], shots[1])).values()
    assert task.config.metadata["completion_fewshot"] == 2
    assert len(task.eval_docs) == 4
    task.set_config("num_fewshot", 2)
    task.set_fewshot_seed(0)
    task.build_all_requests(limit=1)
    assert task.instances[0].args[0].startswith("Which team? Case 1. returns\n\nWhich team? Case 2. returns\n\n")


def test_names_and_ids_are_stable(tmp_path: Path) -> None:
    path = write(tmp_path, *ROWS)
    before = documents(path)
    after = documents(write(tmp_path, *reversed(ROWS)))
    assert {p: d["item_id"] for p, d in before.items()} == {p: d["item_id"] for p, d in after.items()}
    assert before[ROWS[1]["prompt"]]["item_id"] == "charge"
    assert before[ROWS[5]["prompt"]]["cluster"] == "rivers"
    assert target_name(Path("a/b/my-skill v2.jsonl")) == "target_my_skill_v2"
    assert target_tasks(path, "mine")[1]["task"] == "mine_choice"


def test_two_answers_to_one_prompt_are_one_cluster(tmp_path: Path) -> None:
    rows = [{"prompt": "Pick.", "answer": answer} for answer in ("a1", "b2")]
    (task,) = load(write(tmp_path, *rows)).values()
    assert len({doc["cluster"] for doc in task.eval_docs}) == 1
    assert len({doc["item_id"] for doc in task.eval_docs}) == 2


def test_chinese_and_open_ended_prompts_take_no_blank_before_the_answer(tmp_path: Path) -> None:
    row = {"prompt": "法国的首都是哪里？", "answer": "巴黎", "choices": ["巴黎", "里昂"]}
    assert target_tasks(write(tmp_path, row))[1]["target_delimiter"] == ""
    assert target_tasks(write(tmp_path, {"prompt": "Answer:\n", "answer": "x"}))[0]["target_delimiter"] == ""
    assert target_tasks(write(tmp_path, ROWS[2]))[0]["target_delimiter"] == " "


GOOD = ROWS[2]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"prompt": "x"}, r"field 'answer': field required"),
        ({"prompt": "", "answer": "x"}, r"field 'prompt': string should have at least 1 character"),
        ({"prompt": "x", "anwser": "y", "answer": "y"}, r"field 'anwser': .*did you mean 'answer'\?"),
        ({"prompt": "x", "answer": "y", "match": "fuzzy"}, r"field 'match': .*'contains'"),
        ({"prompt": "x", "answer": True}, r"field 'answer': a text, a number or a list"),
        ({"prompt": "x", "answer": []}, r"field 'answer': a text, a number or a list"),
        ({"prompt": "x", "answer": {"type": "object"}}, r"field 'answer': .*json_schema"),
        ({"prompt": "x", "answer": "y", "match": "json_schema"}, r"field 'answer': a JSON schema is expected"),
        ({"prompt": "x", "answer": "(", "match": "regex"}, r"field 'answer': not a valid pattern"),
        ({"prompt": "x", "answer": "many", "match": "numeric"}, r"field 'answer': 'many' is not a number"),
        ({"prompt": "x", "answer": "y", "choices": ["y"]}, r"field 'choices': two or more"),
        ({"prompt": "x", "answer": "y", "choices": ["a", "b"]}, r"field 'choices': the answer 'y' must be one of them"),
        (
            {"prompt": "x", "answer": "1", "match": "numeric", "choices": ["1", "2"]},
            r"field 'choices': options go with",
        ),
        (GOOD, r"gives the same prompt and answer as line 1"),
        ({**GOOD, "answer": 52, "id": "a"}, r"has the id 'a' of line 2"),
    ],
)
def test_a_wrong_row_is_told_with_file_line_and_field(tmp_path: Path, row: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=rf"my skill\.jsonl:3: {message}"):
        target_tasks(write(tmp_path, GOOD, {"prompt": "other", "answer": "b", "id": "a"}, row))


def test_the_line_is_right_after_blank_lines(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('\n{"prompt": "x", "answer": "y"}\n\n{"prompt": "x"}\n')
    with pytest.raises(InputError, match=r"rows\.jsonl:4: field 'answer'"):
        target_tasks(path)


def test_a_file_without_questions(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no row to ask"):
        target_tasks(write(tmp_path))
    with pytest.raises(InputError, match="no row to ask"):
        target_tasks(write(tmp_path, {"prompt": "x", "answer": "y", "fewshot": True}))
    with pytest.raises(InputError, match="cannot be read"):
        target_tasks(tmp_path / "missing.jsonl")
