"""A run tells what a checkpoint's files show before it is loaded, and asks it as its weights were trained to be."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from forgetbench.engines.base import EngineOptions
from forgetbench.errors import CheckpointError
from forgetbench.evaluation.evaluate import evaluate
from forgetbench.evaluation.options import EvaluationOptions
from forgetbench.evaluation.session import open_session
from forgetbench.progress import Progress
from forgetbench.records import Protocol
from forgetbench.storage.runs import Run


def runs(
    checkpoint: Path, base: Path, tasks: Path, results: Path, said: list[str], protocol: Protocol = "completion"
) -> list[Run]:
    suite = tasks / "folder-suite.yml"
    suite.write_text("name: folder\ndomains: {knowledge: [tiny_choice]}\n")
    evaluation = EvaluationOptions(suite=str(suite), results=results)
    options = EngineOptions("transformers", dtype="float32")
    progress = Progress(note=said.append)
    with open_session(
        [str(checkpoint)], str(base), evaluation=evaluation, engine=options, progress=progress
    ) as session:
        return evaluate(session, protocol)


def test_a_tokenizer_that_appends_eos_costs_nothing_and_is_told(
    tiny_model: Path, tiny_tasks: Path, tmp_path: Path
) -> None:
    tuned = Path(shutil.copytree(tiny_model, tmp_path / "tuned"))
    path = tuned / "tokenizer.json"
    content = json.loads(path.read_text())
    content["post_processor"] = {
        "type": "TemplateProcessing",
        "single": [{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {"</s>": {"id": "</s>", "ids": [1], "tokens": ["</s>"]}},
    }
    path.write_text(json.dumps(content))
    said: list[str] = []
    base, candidate = runs(tuned, tiny_model, tiny_tasks, tmp_path / "results", said)
    assert list(map(list, base.samples["loglikelihoods"])) == list(map(list, candidate.samples["loglikelihoods"]))
    line, untrained = said
    assert line.startswith("tuned: the tokenizer appends </s> (1) to every text")
    assert "its weights are tiny's, saved again" in untrained
    assert [line.removeprefix("tuned: "), untrained.removeprefix("tuned: ")] == list(candidate.manifest.warnings)
    assert candidate.manifest.folder["tokenizer: appended, left off"] == "</s>"
    assert not base.manifest.warnings


def test_an_item_with_a_token_that_has_no_embedding_is_not_measured(
    tiny_model: Path, tiny_tasks: Path, tmp_path: Path
) -> None:
    import transformers

    tuned = Path(shutil.copytree(tiny_model, tmp_path / "tuned"))
    tokenizer = transformers.AutoTokenizer.from_pretrained(tuned)
    tokenizer.add_tokens(["Kyoto"])
    tokenizer.save_pretrained(tuned)
    said: list[str] = []
    _, candidate = runs(tuned, tiny_model, tiny_tasks, tmp_path / "results", said)
    reasons = candidate.samples.set_index("item_id")["reason"]
    assert "it holds a token that the model has no embedding for (258 of them)" in set(reasons)
    assert reasons["capital-Japan"] is not None
    assert any("1 of the tokenizer's 259 tokens (Kyoto) have no embedding" in line for line in said)


def test_a_template_that_fails_ends_the_chat_protocols_alone(
    tiny_model: Path, tiny_tasks: Path, tmp_path: Path
) -> None:
    tuned = Path(shutil.copytree(tiny_model, tmp_path / "tuned"))
    (tuned / "chat_template.jinja").write_text("{{ today() }}")
    with pytest.raises(CheckpointError, match=r"tuned: its chat template \(chat_template.jinja\) cannot render"):
        runs(tuned, tiny_model, tiny_tasks, tmp_path / "results", [], "native")
    _, candidate = runs(tuned, tiny_model, tiny_tasks, tmp_path / "results", [])
    assert candidate.samples["reason"].isna().all()
