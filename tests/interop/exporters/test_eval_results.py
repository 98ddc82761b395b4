"""`.eval_results/*.yaml`, read back by huggingface_hub."""

from __future__ import annotations

from pathlib import Path

import yaml
from huggingface_hub import parse_eval_result_entries

from forgetbench.interop.exporters import ExportOptions, Source, export


def test_scores_are_entries_of_a_benchmark_and_the_notes_tell_the_change(source: Source, tmp_path: Path) -> None:
    options = ExportOptions(tmp_path / "forgetbench.yaml", dataset="org/benchmark")
    read = parse_eval_result_entries(yaml.safe_load(Path(export(source, "eval-results", options)).read_text()))
    assert [entry.task_id for entry in read] == [row.name for row in source.comparison.tasks]
    for entry, row in zip(read, source.comparison.tasks, strict=True):
        assert row.estimate is not None
        assert (entry.dataset_id, entry.value) == ("org/benchmark", row.estimate.candidate)
        notes = dict(note.split(": ", 1) for note in (entry.notes or "").split("; "))
        assert (int(notes["n"]), float(notes["se"])) == (row.n_items, row.estimate.se)
        assert (float(notes["delta"]), notes["direction"]) == (row.estimate.delta, "higher is better")
        assert (notes["base"], notes["verdict"]) == ("org base", row.judgement.verdict)
