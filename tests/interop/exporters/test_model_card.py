"""Model cards, read back by huggingface_hub."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import report_samples as samples
from huggingface_hub import ModelCard, metadata_load
from huggingface_hub.repocard_data import EvalResult, model_index_to_eval_results

from forgetbench.errors import InputError
from forgetbench.interop.exporters import ExportOptions, Source, export


def results(path: Path) -> list[EvalResult]:
    name, read = model_index_to_eval_results(metadata_load(path)["model-index"])
    assert name == "org/tuned"
    return read


def test_scores_and_changes_are_read_back_with_n_error_and_direction(tmp_path: Path) -> None:
    made = samples.comparison()
    options = ExportOptions(tmp_path / "README.md", model_id="org/tuned", base_id="org/base")
    read = results(Path(export(Source(made, tmp_path), "model-card", options)))
    rows = {row.name: row for row in (*made.domains, *made.tasks) if row.estimate is not None}
    assert all(result.metric_args["higher_is_better"] is True for result in read)
    for name, row in rows.items():
        assert row.estimate is not None
        level = "domains" if row in made.domains else "tasks"
        if name == "creativity":  # a domain and a task
            continue
        (score, delta) = [result for result in read if result.dataset_config == f"{level}/{name}"]
        assert (score.metric_type, score.metric_value) == (row.metric, row.estimate.candidate)
        assert (delta.metric_type, delta.metric_value) == ("delta", row.estimate.delta)
        assert delta.metric_args["n_items"] == row.n_items
        assert math.isclose(delta.metric_args["se"], row.estimate.se)
        assert delta.metric_args["verdict"] == row.judgement.verdict
        assert delta.metric_args["base_name"] == "smollm2-135m"


def test_a_card_is_one_and_shows_what_was_not_measured(tmp_path: Path) -> None:
    options = ExportOptions(tmp_path / "README.md", model_id="org/tuned", base_id="org/base")
    export(Source(samples.comparison(), tmp_path), "model-card", options)
    card = ModelCard.load(tmp_path / "README.md")
    assert card.data.base_model == "org/base"
    assert "× not measured" in card.text


def test_a_card_that_is_there_keeps_all_else_and_is_told_anew(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text("---\nlicense: apache-2.0\ntags:\n- support\n---\n\n# Our model\n\nHow it was made.\n")
    options = ExportOptions(path, model_id="org/tuned")
    export(Source(samples.retained(), tmp_path), "model-card", options)
    once = path.read_text()
    path.write_text(f"{once}\n## Licence\n")
    export(Source(samples.comparison(), tmp_path), "model-card", options)
    card = ModelCard.load(path)
    assert (card.data.license, card.data.tags) == ("apache-2.0", ["support"])
    assert "How it was made." in card.text
    assert card.text.rstrip().endswith("## Licence")
    assert card.text.count("## `support-sft-") == 1
    assert len({(result.dataset_config, result.metric_type) for result in results(path)}) == len(results(path))
    assert any(result.metric_args.get("verdict") == "regressed" for result in results(path))


@pytest.mark.parametrize("card", ["---\n- a list\n---\n", "---\na: [\n---\n", "---\nmodel-index: 3\n---\n"])
def test_what_is_no_card_is_left_as_it_is(card: str, tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text(card)
    with pytest.raises(InputError, match="no model card to add to"):
        export(Source(samples.comparison(), tmp_path), "model-card", ExportOptions(path))
    assert path.read_text() == card
