"""`validate` over whole toy tasks: a sound one passes, and each way to break one is found."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from forgetbench.errors import InputError
from forgetbench.suites.validation import Finding, Validation, validate_tasks

Row = dict[str, Any]

UTILS = """
from pathlib import Path
from forgetbench.storage.jsonl import read_jsonl
from forgetbench.suites.documents import as_dataset

def documents(**_):
    rows = read_jsonl(Path(__file__).with_name("rows.jsonl"))
    return as_dataset(rows[2:], rows[:2])

def score(doc, results):
    said = results[0].removeprefix("The answer is ").strip(" .")
    return {"correct": float(said == doc["answer"]), "parsed": float(said.istitle())}

def score_everything(doc, results):
    return {"correct": 1.0, "parsed": 1.0}

def score_half(doc, results):
    said = results[0].removeprefix("The answer is ").strip(" .")
    right = said if doc["answer"] == "No call is needed." else said == doc["answer"]
    return {"correct": float(bool(right)), "parsed": float(bool(said))}

def score_by_containment(doc, results):
    said = results[0]
    return {"correct": float(any(choice in said for choice in doc["choices"])), "parsed": float(bool(said))}

def score_first_word(doc, results):
    return {"correct": float(results[0].split()[0] == doc["answer"]), "parsed": 1.0}
"""
SHARED = {"custom_dataset": "utils.documents", "test_split": "test", "fewshot_split": "fewshot", "num_fewshot": 2}
METADATA = {
    "domain": "knowledge", "binary": True, "version": 1, "licence": "CC0-1.0", "language": ["en"],
}  # fmt: skip
CHOICE = {
    "task": "toy_choice", **SHARED, "output_type": "multiple_choice",
    "doc_to_text": "Question: {{question}}\nAnswer:", "doc_to_choice": "choices", "doc_to_target": "gold",
    "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}],
    "metadata": {**METADATA, "view": "choice", "metric": "acc", "chance": 0.25},
}  # fmt: skip
OPEN = {
    "task": "toy_open", **SHARED, "output_type": "generate_until",
    "doc_to_text": "Question: {{question}}\nAnswer:", "doc_to_target": "answer", "process_results": "utils.score",
    "generation_kwargs": {"do_sample": False, "temperature": 0.0, "max_gen_toks": 8, "until": ["\nQuestion:"]},
    "metric_list": [{"metric": "correct", "aggregation": "mean", "higher_is_better": True}],
    "metadata": {**METADATA, "view": "open", "metric": "correct", "chance": 0.0},
}  # fmt: skip


def name(rng: random.Random) -> str:
    """A made-up name of six letters, so that none is longer than another."""
    return "".join(rng.choice("bdfgklmnprstvz") + rng.choice("aeiou") for _ in range(3)).title()


def sound_rows(n: int = 122) -> list[Row]:
    rng = random.Random(7)
    places: list[str] = []
    while len(places) < 2 * n:
        if (new := name(rng)) not in places:
            places.append(new)
    lands, towns = places[:n], places[n:]
    rows = []
    for number, (land, town) in enumerate(zip(lands, towns, strict=True)):
        choices = [town, *rng.sample([other for other in towns if other != town], 3)]
        rng.shuffle(choices)
        rows.append(
            {
                "item_id": f"capital:{land}", "cluster": land, "stratum": rng.choice(["head", "tail"]),
                "question": f"What is the capital of {land}?", "answer": town, "choices": choices,
                "gold": (number * 7 + number // 4) % 4,
            }
        )  # fmt: skip
        row = rows[-1]
        row["choices"].remove(town)
        row["choices"].insert(row["gold"], town)
    return rows


def write(folder: Path, rows: list[Row], *configs: dict[str, Any]) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "utils.py").write_text(UTILS)
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for config in configs or (CHOICE, OPEN):
        text = yaml.safe_dump(config, sort_keys=False)
        for field in ("custom_dataset", "process_results"):
            text = text.replace(f"{field}: utils.", f"{field}: !function utils.")
        (folder / f"{config['task']}.yaml").write_text(text)
    return folder


def changed(config: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A config with some fields set, or dropped where None; `metadata` and `generation_kwargs` are merged."""
    new = dict(config)
    for field, value in fields.items():
        merged = {**config.get(field, {}), **value} if isinstance(value, dict) else value
        new[field] = {key: x for key, x in merged.items() if x is not None} if isinstance(merged, dict) else merged
    return {key: value for key, value in new.items() if value is not None}


def findings(validation: Validation) -> list[Finding]:
    return [finding for task in validation.tasks for finding in task.findings]


def one(validation: Validation, words: str) -> Finding:
    """The one finding with these words in it."""
    matching = [finding for finding in findings(validation) if words in finding.what]
    assert len(matching) == 1, "\n".join(validation.lines())
    return matching[0]


# --- what is sound ----------------------------------------------------------------------------


def test_sound_tasks_have_no_findings(tmp_path: Path) -> None:
    result = validate_tasks(write(tmp_path / "toy", sound_rows()))
    assert list(result.lines()) == [
        "ok toy_choice: 120 items, nothing found",
        "ok toy_open: 120 items, nothing found",
        "2 tasks, 240 items: 0 failed, 0 warned",
    ]
    assert not result.failed


def test_one_file_is_checked_alone(tmp_path: Path) -> None:
    folder = write(tmp_path / "toy", sound_rows(40))
    assert [task.task for task in validate_tasks(folder / "toy_open.yaml").tasks] == ["toy_open"]


def test_every_output_type_is_handled(tiny_tasks: Path) -> None:
    result = validate_tasks(tiny_tasks)
    assert [task.task for task in result.tasks] == ["tiny_choice", "tiny_cloze", "tiny_open", "tiny_rolling"]
    assert all(task.n_items == 6 for task in result.tasks)
    assert "drawn from the questions" in "\n".join(result.lines()), "tiny_choice has no split of examples"


def test_several_samples_without_right_answers_are_handled(tmp_path: Path) -> None:
    samples = [{"name": "samples", "filter": [{"function": "take_first_k", "k": 3}]}]
    creative = changed(
        OPEN, repeats=3, filter_list=samples, doc_to_target="", process_results="utils.count",
        generation_kwargs={"do_sample": True, "temperature": 1.0}, metadata={"view": None, "binary": False},
    )  # fmt: skip
    folder = write(tmp_path / "toy", sound_rows(40), creative)
    (folder / "utils.py").write_text(
        UTILS + '\ndef count(doc, results):\n    return {"correct": len(set(results[0])) / len(results[0])}\n'
    )
    assert findings(validate_tasks(folder)) == []
    greedy = write(folder, sound_rows(40), changed(creative, generation_kwargs={"do_sample": False}, filter_list=None))
    (folder / "utils.py").write_text(UTILS + '\ndef count(doc, results):\n    return {"correct": 0.5}\n')
    result = validate_tasks(greedy)
    assert "3 samples, but greedy" in one(result, "but greedy").what
    assert one(result, "its filters keep the first one").hint.endswith("k: 3")


def test_a_task_that_executes_code_is_not_asked(tmp_path: Path) -> None:
    config = changed(OPEN, process_results="utils.score_everything", metadata={"executes_code": True})
    assert findings(validate_tasks(write(tmp_path / "toy", sound_rows(40), config))) == []


# --- the YAML ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (changed(OPEN, metadata={"licence": None}), "no 'licence'"),
        (changed(OPEN, metadata={"language": None}), "no 'language'"),
        (
            changed(OPEN, metadata={"view": "free"}),
            "field 'metadata.view': input should be 'choice', 'open' or 'strict'",
        ),
        (changed(OPEN, metadata={"chance": None}), "no 'chance'"),
        (changed(OPEN, metadata={"chance": 1.5}), "field 'metadata.chance': input should be less than 1"),
        (changed(OPEN, metadata={"version": None}), "no 'version'"),
        (changed(OPEN, metadata={"metric": "corect"}), "'corect' is not in metric_list"),
        (changed(OPEN, metadata={"corpus_metric": "shape"}), "unknown corpus metric 'shape'"),
        (changed(OPEN, num_fewshot=3), "3 few-shot examples are shown, there are 2"),
        (changed(OPEN, metadata={"completion_fewshot": 5}), "5 few-shot examples are shown"),
        (changed(OPEN, generation_kwargs={"num_beams": 4}), "field 'generation_kwargs.num_beams': no engine here"),
        (changed(OPEN, generation_kwargs={"until": None}), "no 'until'"),
        (changed(OPEN, generation_kwargs={"do_sample": None}), "no 'do_sample'"),
        (changed(OPEN, generation_kwargs={"temperature": None}), "no 'temperature'"),
        (changed(OPEN, generation_kwargs={"max_gen_toks": None}), "no 'max_gen_toks'"),
        (changed(CHOICE, metadata={"chance": 0.5}), "a guess among the options is right 0.2500"),
        (changed(CHOICE, doc_to_choice="options"), "cannot be loaded"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_yaml_file_lacks_is_told(tmp_path: Path, config: dict[str, Any], words: str) -> None:
    result = validate_tasks(write(tmp_path / "toy", sound_rows(40), config))
    finding = one(result, words)
    assert finding.failed and result.failed
    assert finding.where.startswith(str(tmp_path / "toy" / f"{config['task']}.yaml"))


def test_a_finding_names_the_line(tmp_path: Path) -> None:
    folder = write(tmp_path / "toy", sound_rows(40), changed(OPEN, metadata={"domain": "knowlege"}))
    path = folder / "toy_open.yaml"
    line = path.read_text().splitlines().index("  domain: knowlege") + 1
    (text,) = [line for line in validate_tasks(folder).lines() if "knowlege" in line]
    assert text == f"WARN toy_open: 'knowlege' is a domain of its own ({path}:{line}); did you mean 'knowledge'?"


def test_a_domain_that_is_no_slug(tmp_path: Path) -> None:
    config = changed(OPEN, metadata={"domain": "Know ledge"})
    first, *_ = findings(validate_tasks(write(tmp_path / "toy", sound_rows(40), config)))
    assert first.failed and first.what == "'Know ledge' is no name for a domain"
    assert first.hint == "take lower-case letters, digits and '_', a letter first"


def test_a_domain_of_ones_own_is_sound(tmp_path: Path) -> None:
    config = changed(OPEN, metadata={"domain": "medicine"})
    assert findings(validate_tasks(write(tmp_path / "toy", sound_rows(40), config))) == []


def test_included_fields_count(tmp_path: Path) -> None:
    folder = write(tmp_path / "toy", sound_rows(40), OPEN)
    text = (folder / "toy_open.yaml").read_text()
    (folder / "_shared.yaml").write_text(text.replace("task: toy_open\n", ""))
    (folder / "toy_open.yaml").write_text("task: toy_open\ninclude: _shared.yaml\n")
    assert findings(validate_tasks(folder)) == []


def test_one_name_in_two_files(tmp_path: Path) -> None:
    folder = write(tmp_path / "toy", sound_rows(40), OPEN)
    (folder / "again.yaml").write_text((folder / "toy_open.yaml").read_text())
    assert sum(finding.what == "two files declare this name" for finding in findings(validate_tasks(folder))) == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such file or folder"),
        ("name: suite\n", "no task here"),
        ("task: x\ninclude: y.yaml", "cannot include"),
    ],
)
def test_bad_input_is_one_clear_line(tmp_path: Path, content: str | None, message: str) -> None:
    path = tmp_path / "x.yaml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError, match=message):
        validate_tasks(path)


def test_a_file_that_is_no_yaml_is_told_and_the_others_are_checked(tmp_path: Path) -> None:
    folder = write(tmp_path / "toy", sound_rows(40), OPEN)
    (folder / "broken.yaml").write_text("task: broken\nnum_fewshot: 0\ndoc_to_text: @question\n")
    lines = list(validate_tasks(folder).lines())
    where = f"({folder / 'broken.yaml'}:3)"
    assert lines[0].startswith("FAIL broken: not valid YAML (found character that cannot start") and where in lines[0]
    assert lines[1:3] == ["FAIL broken: 0 items, 1 failed, 0 warned", "ok toy_open: 38 items, nothing found"]


# --- items and keys ---------------------------------------------------------------------------


def breaks(change: Callable[[list[Row]], None], tmp_path: Path, *configs: dict[str, Any]) -> Validation:
    rows = sound_rows()
    change(rows)
    return validate_tasks(write(tmp_path / "toy", rows, *configs))


def test_an_item_id_that_stands_twice(tmp_path: Path) -> None:
    def change(rows: list[Row]) -> None:
        rows[9]["item_id"] = rows[8]["item_id"]

    assert one(breaks(change, tmp_path, OPEN), "1 item ids").failed


@pytest.mark.parametrize("field", ["item_id", "cluster", "stratum"])
def test_a_field_that_some_documents_lack(tmp_path: Path, field: str) -> None:
    def change(rows: list[Row]) -> None:
        rows[9][field] = ""

    finding = one(breaks(change, tmp_path, OPEN), f"1 documents have no '{field}'")
    assert finding.failed and finding.where == "document 8 of 120"


def test_the_same_question_twice(tmp_path: Path) -> None:
    def change(rows: list[Row]) -> None:
        rows[9] |= {field: rows[8][field] for field in ("question", "answer", "choices", "gold")}

    result = breaks(change, tmp_path)
    assert [finding.failed for finding in findings(result) if "asked more than once" in finding.what] == [True, True]


def test_the_same_question_with_two_keys(tmp_path: Path) -> None:
    def change(rows: list[Row]) -> None:
        rows[9]["question"] = rows[8]["question"]

    # The options differ, so only the written answer cannot know which of the two is meant.
    assert one(breaks(change, tmp_path), "1 questions have two keys").failed


def test_an_example_that_is_also_asked(tmp_path: Path) -> None:
    def change(rows: list[Row]) -> None:
        rows[0] |= {field: rows[8][field] for field in ("question", "answer", "choices", "gold")}

    finding = one(breaks(change, tmp_path, OPEN), "stand among the few-shot examples")
    assert finding.failed and sound_rows()[8]["item_id"] in finding.where


def test_a_cluster_that_holds_a_third(tmp_path: Path) -> None:
    def change(rows: list[Row]) -> None:
        for row in rows[::3]:
            row["cluster"] = "same"

    finding = one(breaks(change, tmp_path, OPEN), "cluster 'same' holds 40 of 120")
    assert not finding.failed


def test_a_second_cluster_key_is_checked_as_the_first(tmp_path: Path) -> None:
    def change(rows: list[Row]) -> None:
        for number, row in enumerate(rows):
            row["relation"] = "same" if number % 3 == 0 else f"relation-{number}"
            row["constant"] = "all"

    result = breaks(change, tmp_path, changed(OPEN, metadata={"clusters": ["cluster", "relation"]}))
    assert not one(result, "cluster 'same' holds 40 of 120 items, by 'relation'").failed
    assert not one(
        breaks(change, tmp_path, changed(OPEN, metadata={"clusters": ["cluster", "constant"]})),
        "all items have one 'constant'",
    ).failed


def test_a_declared_cluster_key_that_documents_lack(tmp_path: Path) -> None:
    def change(rows: list[Row]) -> None:
        for number, row in enumerate(rows):
            row["relation"] = f"relation-{number}" if number >= 5 else ""

    assert one(
        breaks(change, tmp_path, changed(OPEN, metadata={"clusters": ["cluster", "relation"]})),
        "3 documents have no 'relation'",
    ).failed
    nowhere = breaks(lambda rows: None, tmp_path, changed(OPEN, metadata={"clusters": ["cluster", "relation"]}))
    assert one(nowhere, "120 documents have no 'relation'").failed


def test_documents_in_the_order_of_their_strata(tmp_path: Path) -> None:
    result = breaks(lambda rows: rows.sort(key=lambda row: row["stratum"]), tmp_path, OPEN)
    assert not one(result, "the first 30 items have other strata than the rest").failed


def test_a_key_outside_the_options(tmp_path: Path) -> None:
    def change(rows: list[Row]) -> None:
        rows[9]["gold"] = 4

    assert one(breaks(change, tmp_path, CHOICE), "the key of 1 items is not among their options").failed


def test_an_option_twice(tmp_path: Path) -> None:
    def change(rows: list[Row]) -> None:
        row = rows[9]
        row["choices"][(row["gold"] + 1) % 4] = row["choices"][(row["gold"] + 2) % 4]

    assert one(breaks(change, tmp_path, CHOICE), "1 items offer one option twice").failed


def test_an_empty_answer(tmp_path: Path) -> None:
    def change(rows: list[Row]) -> None:
        rows[9]["answer"] = " "

    assert one(breaks(change, tmp_path, OPEN), "1 items have no answer").failed


def test_questions_that_name_the_right_answer_alone(tmp_path: Path) -> None:
    def tell(rows: list[Row]) -> None:
        rows[9]["question"] += f" Hint: {rows[9]['answer']}."

    def list_all(rows: list[Row]) -> None:
        rows[9]["question"] += f" One of {', '.join(rows[9]['choices'])}."

    words = "name the right answer and no other option"
    warned = [finding for finding in findings(breaks(tell, tmp_path)) if words in finding.what]
    assert len(warned) == 2 and not any(finding.failed for finding in warned)
    assert not any(words in finding.what for finding in findings(breaks(list_all, tmp_path)))


# --- options that leak ------------------------------------------------------------------------


def longest(row: Row) -> None:
    row["choices"][row["gold"]] += " City"


def shortest(row: Row) -> None:
    row["choices"] = [choice if i == row["gold"] else f"{choice} City" for i, choice in enumerate(row["choices"])]


def first(row: Row) -> None:
    row["choices"].insert(0, row["choices"].pop(row["gold"]))
    row["gold"] = 0


def largest(row: Row) -> None:
    row["choices"] = [str(30 if i == row["gold"] else 10 + i) for i in range(4)]


def shares_words(row: Row) -> None:
    row["question"] += f" {row['choices'][row['gold']]}"


def one_answer(row: Row) -> None:
    row["choices"][row["gold"]] = "Zazozu"


def capital(row: Row) -> None:
    row["choices"] = [choice if i == row["gold"] else choice.lower() for i, choice in enumerate(row["choices"])]


@pytest.mark.parametrize(
    ("leak", "rule"),
    [
        (longest, "the longest option"),
        (shortest, "the shortest option"),
        (first, "option 1"),
        (largest, "the largest number"),
        (shares_words, "the option that shares most words with the question"),
        (one_answer, "the answer that is most often right"),
        (capital, "the option of another form than the others"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_option_that_leaks(tmp_path: Path, leak: Callable[[Row], None], rule: str) -> None:
    def change(rows: list[Row]) -> None:
        for row in rows:
            leak(row)

    finding = one(breaks(change, tmp_path, CHOICE), f"{rule}: right in 100.0% of 1")
    assert finding.failed and "chance 25.0%, interval" in finding.what


# --- scoring ----------------------------------------------------------------------------------


def test_scoring_that_takes_everything(tmp_path: Path) -> None:
    result = validate_tasks(
        write(tmp_path / "toy", sound_rows(), changed(OPEN, process_results="utils.score_everything"))
    )
    assert one(result, "an empty answer scores in 120 of 120 items").failed
    assert one(result, "can't help with that.\" scores in 120 of 120").failed
    assert one(result, "a random word scores in 120 of 120").failed
    assert not one(result, "an empty answer counts as parsed").failed


def test_words_of_any_kind_may_be_right_as_often_as_the_chance_says(tmp_path: Path) -> None:
    def change(rows: list[Row]) -> None:
        for place, row in enumerate(rows):
            row["answer"] = row["answer"] if place % 2 else "No call is needed."

    halves = changed(OPEN, process_results="utils.score_half", metadata={"chance": 0.5})
    assert findings(breaks(change, tmp_path, halves)) == []
    lower = changed(halves, metadata={"chance": 0.25})
    assert one(breaks(change, tmp_path, lower), "can't help with that.\" scores in 60 of 120").failed


def test_scoring_that_takes_wrong_answers(tmp_path: Path) -> None:
    config = changed(OPEN, process_results="utils.score_by_containment")
    result = validate_tasks(write(tmp_path / "toy", sound_rows(), CHOICE, config))
    assert one(result, "a wrong option of the choice view scores in 120 of 120 items").failed


def test_scoring_that_fails_on_some_text(tmp_path: Path) -> None:
    result = validate_tasks(
        write(tmp_path / "toy", sound_rows(), changed(OPEN, process_results="utils.score_first_word"))
    )
    finding = next(finding for finding in findings(result) if "gets no score from 0 to 1" in finding.what)
    assert finding.failed and "IndexError" in finding.what
    assert not one(result, "'The answer is ...' scores 1 in 0% of 120 items only").failed


def test_a_declared_answer_that_scores_zero(tmp_path: Path) -> None:
    def change(rows: list[Row]) -> None:
        rows[9]["answer"] = "not a title"
        rows[10]["answer"] = f" {rows[10]['answer']}"

    result = breaks(change, tmp_path, OPEN)
    assert one(result, "the declared answer of 1 of 120 items does not score 1").where.startswith("item capital:")
    assert one(result, "the declared answer of 1 items counts as not parsed").failed


def test_views_with_different_keys(tmp_path: Path) -> None:
    def change(rows: list[Row]) -> None:
        rows[9]["gold"] = (rows[9]["gold"] + 1) % 4

    result = breaks(change, tmp_path)
    assert one(result, "the right option of the choice view does not score 1 in 1 of 120 items").failed


def test_the_same_answer_to_every_question(tmp_path: Path) -> None:
    def change(rows: list[Row]) -> None:
        for row in rows[::3]:
            row["answer"] = "Zazozu"

    finding = one(breaks(change, tmp_path, OPEN), "always 'Zazozu' is right in 33% of 120 items, chance is 0")
    assert not finding.failed


def test_a_choice_scoring_that_ignores_the_likelihoods(tmp_path: Path) -> None:
    config = changed(CHOICE, process_results="utils.score_everything", metadata={"metric": "correct"})
    config["metric_list"] = OPEN["metric_list"]
    result = validate_tasks(write(tmp_path / "toy", sound_rows(), config))
    assert one(result, "random likelihoods are right in 100.0% of 120 items, chance 25.0%").failed
    assert one(result, "the right option least likely does not score 0 in 120 items").failed


# --- debris -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind", "failed"),
    [
        ("What\x07 is it", "control characters", True),
        ("What \ufffd is it", "lost in an encoding", True),
        ("What \ue123 is it", "private-use", True),
        ("What\u200b is it", "invisible", True),
        ("Bras\u00c3\u00adlia or not", "wrong encoding", True),
        ("It\u00e2\u20ac\u2122s here", "wrong encoding", True),
        ("Fish &amp; chips", "HTML entities", False),
        ("\u041cосква", "letters of a script", False),
        ("\u4e2d\u56fd", "letters of a script", False),
        ("one \ntwo", "spaces at the end", False),
        ("one  two", "double spaces", False),
        ('He said "yes', "do not close", False),
        ("\u201cyes", "do not close", False),
    ],
)
def test_debris(tmp_path: Path, text: str, kind: str, failed: bool) -> None:
    def change(rows: list[Row]) -> None:
        rows[9]["question"] = text

    assert one(breaks(change, tmp_path, OPEN), kind).failed == failed


@pytest.mark.parametrize(
    "text",
    ["São Tomé and Åland: naïve “quotes”", "def f(x):  \n    return  x + '\"'", "AT&T, 5 & 6", "€5 — √2"],
)
def test_what_is_no_debris(tmp_path: Path, text: str) -> None:
    def change(rows: list[Row]) -> None:
        rows[9]["question"] = text

    assert findings(breaks(change, tmp_path, OPEN)) == []


def test_the_declared_language_says_which_letters_are_at_home(tmp_path: Path) -> None:
    def change(rows: list[Row]) -> None:
        rows[9]["question"] = "\u4e2d\u56fd\u7684\u9996\u90fd\u662f\u54ea\u91cc\uff1f"

    assert findings(breaks(change, tmp_path, changed(OPEN, metadata={"language": ["zh"]}))) == []


def test_an_answer_that_stands_in_a_refusal_is_tried(tmp_path: Path) -> None:
    rows = sound_rows(402)
    rows[301]["answer"] = "Sorry"
    folder = write(tmp_path / "toy", rows, changed(OPEN, process_results="utils.score_by_word"))
    code = 'return {"correct": float(doc["answer"].lower() in results[0].lower())}'
    (folder / "utils.py").write_text(f"{UTILS}\ndef score_by_word(doc, results):\n    {code}\n")
    finding = one(validate_tasks(folder), "scores in 1 of 201 items")
    assert finding.failed and finding.where == f"item {rows[301]['item_id']}"
