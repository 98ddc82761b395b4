"""Tasks of several turns: what a model reads of them, with and without a chat template, here and in lm-eval alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from forgetbench import lm_eval_bridge as bridge
from forgetbench.lm_eval_bridge.conversations import folded, transcript, with_system
from forgetbench.models.tokenizer import ByteTokenizer
from forgetbench.suites.loading import load_tasks
from forgetbench.suites.suite import load_suite

TURNS = [
    {"role": "system", "content": "Answer in capitals."},
    {"role": "user", "content": "Hello."},
    {"role": "assistant", "content": "GOOD DAY."},
    {"role": "user", "content": "Name a fruit."},
]
CALLS = "from forgetbench.lm_eval_bridge.conversations import Conversation\n\nConversation = Conversation\n"


class _Template(ByteTokenizer):
    """A chat template in brackets; one that `drops` leaves system turns out, as some do."""

    has_chat_template = True
    drops = False

    def render(self, messages: Any, **_: Any) -> str:
        kept = [turn for turn in messages if not (self.drops and turn["role"] == "system")]
        return "".join(f"[{turn['role']}|{turn['content']}]" for turn in kept)


class _NoSystemTurn(_Template):
    drops = True


@pytest.fixture
def task(tmp_path: Path) -> bridge.LoadedTask:
    (tmp_path / "utils.py").write_text(CALLS)
    (tmp_path / "talk.jsonl").write_text(json.dumps({"item_id": "a", "turns": TURNS, "answer": "APPLE"}) + "\n")
    fields = {
        "dataset_path": "json", "dataset_kwargs": {"data_files": {"test": "talk.jsonl"}}, "test_split": "test",
        "output_type": "generate_until", "doc_to_text": "{{turns[-1].content}}", "doc_to_target": "answer",
        "generation_kwargs": {"until": ["\nUser:"], "max_gen_toks": 8, "do_sample": False, "temperature": 0.0},
        "metric_list": [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": True}],
        "metadata": {"domain": "instruction", "view": None, "version": 1},
    }  # fmt: skip
    text = "task: talk\nclass: !function utils.Conversation\n" + yaml.safe_dump(fields)
    (tmp_path / "talk.yaml").write_text(text)
    (tmp_path / "suite.yml").write_text("name: talk\ndomains: {instruction: [talk]}\n")
    (loaded,) = load_tasks(*load_suite(str(tmp_path / "suite.yml")))
    return loaded


def prompt_of(task: bridge.LoadedTask, tokenizer: ByteTokenizer, system_prompt: str | None = None) -> str:
    context = bridge.PromptContext(
        "c", {"name": "scripted"}, tokenizer, tokenizer.has_chat_template, 512, seed=1, system_prompt=system_prompt
    )
    return bridge.plan(task, context).items[0].prompt


def test_a_chat_template_gets_every_turn(task: bridge.LoadedTask) -> None:
    expected = "".join(f"[{turn['role']}|{turn['content']}]" for turn in TURNS)
    assert prompt_of(task, _Template()) == expected


def test_a_template_without_a_system_turn_reads_the_rule_in_the_first_of_the_user(task: bridge.LoadedTask) -> None:
    prompt = prompt_of(task, _NoSystemTurn())
    assert prompt.startswith("[user|Answer in capitals.\n\nHello.][assistant|") and "[system" not in prompt


def test_the_system_prompt_of_a_run_stands_in_front_of_the_conversations_own(task: bridge.LoadedTask) -> None:
    assert prompt_of(task, _Template(), "Be brief.").startswith("[system|Be brief.\n\nAnswer in capitals.]")


def test_without_a_template_it_is_a_transcript(task: bridge.LoadedTask) -> None:
    assert prompt_of(task, ByteTokenizer()) == (
        "System: Answer in capitals.\n\nUser: Hello.\n\nAssistant: GOOD DAY.\n\nUser: Name a fruit.\n\nAssistant:"
    )


def test_the_question_is_the_last_turn(task: bridge.LoadedTask) -> None:
    context = bridge.PromptContext("c", {"name": "scripted"}, ByteTokenizer(), False, 512, seed=1)
    assert bridge.plan(task, context).items[0].question == "Name a fruit."


def test_lm_eval_alone_asks_the_same(task: bridge.LoadedTask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from lm_eval.tasks import TaskManager

    monkeypatch.chdir(tmp_path)  # where lm-eval looks for data files
    manager = TaskManager(include_path=str(tmp_path), include_defaults=False)
    alone = manager.load(["talk"])["tasks"]["talk"]
    alone.build_all_requests()
    assert alone.instances[0].args[0] == transcript(TURNS) == prompt_of(task, ByteTokenizer())


def test_turns_without_a_system_text_stay_as_they_are() -> None:
    assert with_system(TURNS[1:], None) == TURNS[1:] == folded(TURNS[1:])
    assert with_system(TURNS, "")[0] == TURNS[0]
