"""`validate` over whole toy tasks: a sound one passes, and what a YAML file lacks is found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from toy_tasks import (
    CHOICE,
    OPEN,
    UTILS,
    changed,
    findings,
    one,
    sound_rows,
    write,
)

from forgetbench.errors import InputError
from forgetbench.suites.validation import validate_tasks


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


def test_a_suite_s_tasks_are_checked_wherever_they_stand(tmp_path: Path) -> None:
    folder = write(tmp_path / "toy", sound_rows())
    (tmp_path / "mine.jsonl").write_text('{"prompt": "2 + 2", "answer": "4"}\n')
    (tmp_path / "wrong.jsonl").write_text('{"prompt": "2 + 2", "anwser": "4"}\n')
    path = folder / "suite.yaml"
    path.write_text(
        "name: mine\ndomains:\n  geography: [toy_open, arc_easy]\n"
        "  target: [{file: ../mine.jsonl}, {file: ../wrong.jsonl}]\n"
    )
    result = validate_tasks(path)
    assert [(task.task, task.n_items, len(task.findings)) for task in result.tasks] == [
        ("arc_easy", 0, 1), ("target_mine", 1, 0), ("target_wrong", 0, 1), ("toy_open", 120, 0)
    ]  # fmt: skip
    assert one(result, "so it was not checked").level == "WARN"
    assert one(result, "wrong.jsonl:1: field 'answer': field required").failed
    path.write_text("name: mine\ndomains: []\n")
    with pytest.raises(InputError, match=r"suite\.yaml:2: field 'domains': a mapping of fields is expected"):
        validate_tasks(path)


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
