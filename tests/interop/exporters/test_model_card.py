"""Model cards, read back by huggingface_hub."""

from __future__ import annotations

import math
from pathlib import Path

import report_samples as samples
from huggingface_hub import ModelCard, metadata_load
from huggingface_hub.repocard_data import EvalResult, model_index_to_eval_results

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
