"""--protocol both: each checkpoint in its own format, the plain comparison beside it, and what the format costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from forgetbench import pipeline
from forgetbench.engines.scripted import ScriptedEngine
from forgetbench.errors import IncomparableError
from forgetbench.evaluation.options import EvaluationOptions
from forgetbench.models.templates import NO_SETTINGS, Message
from forgetbench.models.tokenizer import ByteTokenizer
from forgetbench.pipeline import RunResult
from forgetbench.records import Checkpoint
from forgetbench.report import print_comparisons
from forgetbench.storage.comparisons import load_comparison


class Templated(ByteTokenizer):
    """A tokenizer with a chat template."""

    has_chat_template = True

    def render(
        self,
        messages: Sequence[Message],
        *,
        add_generation_prompt: bool,
        template_settings: Mapping[str, Any] = NO_SETTINGS,
    ) -> str:
        said = super().render(messages, add_generation_prompt=add_generation_prompt)
        return said + "assistant: " * add_generation_prompt


class OnlyTheTunedChats(ScriptedEngine):
    """A base without a chat template, and fine-tuned checkpoints with one."""

    def tokenizer(self, checkpoint: Checkpoint) -> ByteTokenizer:
        return ByteTokenizer() if checkpoint.where == "base" else Templated()


@pytest.fixture
def result(tmp_path: Path) -> RunResult:
    options = EvaluationOptions(results=tmp_path, suite="smoke", protocol="both")
    return pipeline.run("sft", "base", evaluation=options, engine=OnlyTheTunedChats())


def test_both_protocols_are_kept_and_the_costs_reported(result: RunResult) -> None:
    plain = result.comparisons[0].comparison
    native, folder = result.comparisons[1].comparison, result.comparisons[1].folder
    assert (plain.protocol, native.protocol) == ("completion", "native")
    assert native.completion == plain.domains and plain.completion == ()
    # The base has no chat template: its two runs are the same, and there is nothing that it could cost.
    assert native.chat_format_costs["base"] == ()
    costs = {row.name: row.estimate for row in native.chat_format_costs["candidate"]}
    means = {row.name: row.estimate for row in native.domains}
    means_of_plain = {row.name: row.estimate for row in plain.domains}
    assert costs["knowledge"].base == pytest.approx(means_of_plain["knowledge"].candidate)
    assert costs["knowledge"].candidate == pytest.approx(means["knowledge"].candidate)
    stored = load_comparison(folder)
    assert stored.chat_format_costs["candidate"] == native.chat_format_costs["candidate"]


def test_the_reports_show_both(result: RunResult) -> None:
    comparison, folder = result.comparisons[-1].comparison, result.comparisons[-1].folder
    console = Console(width=120, record=True, file=None, quiet=False)
    with console.capture() as shown:
        print_comparisons(console, [comparison])
    for text in (shown.get(), (folder / "report.md").read_text(), (folder / "report.html").read_text()):
        assert "Both without a chat template" in text and "Costs of the chat format" in text
    assert "only sft was prompted with a chat template" in (folder / "report.md").read_text()


def test_runs_with_another_system_prompt_are_not_paired(tmp_path: Path) -> None:
    def made(where: str, system_prompt: str) -> Path:
        options = EvaluationOptions(
            results=tmp_path, suite="smoke", limit=2, system_prompt=system_prompt, chat_template_kwargs=("think=false",)
        )
        (run,) = pipeline.run(where, evaluation=options, engine=OnlyTheTunedChats()).runs
        prompts = run.samples["prompt"]
        # Texts rated as they are and prompts without a template have no system turn; the run says so of the latter.
        assert prompts.str.contains(system_prompt, regex=False).any() == (where != "base")
        assert ("no chat template" in " ".join(run.manifest.warnings)) == (where == "base")
        assert run.manifest.prompt_settings == {
            "chat_template_kwargs": {"think": False}, "system_prompt": system_prompt,
        }  # fmt: skip
        return tmp_path / "runs" / run.manifest.run_id

    base, brief, long = made("base", "Be brief."), made("sft", "Be brief."), made("sft", "Be long.")
    assert pipeline.compare(base, brief).comparison.domains
    with pytest.raises(IncomparableError, match=r"system_prompt Be brief\. vs Be long\."):
        pipeline.compare(base, long)
