"""docs/python_api.md, run from top to bottom; and the public names, pinned."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import forgetbench
from forgetbench.errors import InputError

DOC = Path(__file__).parents[1] / "docs" / "python_api.md"


def test_the_page_runs_from_top_to_bottom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    blocks = re.findall(r"```python\n(.*?)```", DOC.read_text(), re.DOTALL)
    assert len(blocks) > 5
    notebook: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, str(DOC), "exec"), notebook)
    assert (tmp_path / "report" / "report.html").is_file() and (tmp_path / "site" / "index.html").is_file()


def test_public_names() -> None:
    assert sorted(forgetbench.__all__) == [
        "AskAgain", "Checkpoint", "CheckpointError", "Comparison", "ComparisonOptions", "DeltaRow", "Engine",
        "EngineError", "EngineOptions", "EvaluationOptions", "ForgetbenchError", "ForgetbenchLM", "ForgettingCallback",
        "GateResult",
        "IncomparableError", "InputError", "ItemScore", "Policy", "Progress", "Run", "RunManifest", "RunResult",
        "SavedComparison", "SavedDiagnosis", "StorageError", "SuiteError", "Watching", "__version__",
        "build_leaderboard", "choose", "compare", "decide", "diagnose", "gate_sequential", "load_comparison",
        "load_items", "load_policy", "load_run", "rescore", "run", "sweep", "validate_tasks", "watch", "write_report",
    ]  # fmt: skip
    assert all(getattr(forgetbench, name).__doc__ for name in forgetbench.__all__ if name != "__version__")


def test_a_notebook_may_give_a_path_as_text_and_names_as_a_list(tmp_path: Path) -> None:
    options = forgetbench.EvaluationOptions(task=["knowledge_choice"], limit=4, results=str(tmp_path))
    assert (options.task, options.results) == (("knowledge_choice",), tmp_path)
    engine = forgetbench.EngineOptions("scripted")
    (saved,) = forgetbench.run("b", "a", evaluation=options, engine=engine).comparisons
    folder = str(saved.folder)
    assert forgetbench.load_comparison(folder) == saved.comparison
    assert len(forgetbench.load_items(folder)) == 4
    assert forgetbench.load_run(str(tmp_path / "runs" / saved.comparison.base.run_id)).samples.shape[0] == 4
    forgetbench.write_report(saved.comparison, forgetbench.load_items(folder), f"{tmp_path}/report")
    forgetbench.build_leaderboard(str(tmp_path), f"{tmp_path}/site")
    (tmp_path / "policy.yaml").write_text("margins: {knowledge: 0.1}\n")
    assert forgetbench.load_policy(f"{tmp_path}/policy.yaml").margins == {"knowledge": 0.1}
    assert forgetbench.EngineOptions("openai", tokenizer="here").tokenizer == Path("here")
    assert forgetbench.ComparisonOptions(sft_data="data.jsonl").sft_data == Path("data.jsonl")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"task": "abc"}, r"field 'task': several texts are expected, as \['abc'\]"),
        ({"results": 3}, "field 'results': a path is expected"),
    ],
)
def test_one_text_is_not_taken_for_its_letters(given: dict[str, object], why: str) -> None:
    with pytest.raises(InputError, match=f"EvaluationOptions: {why}"):
        forgetbench.EvaluationOptions(**given)


def test_names_are_imported_when_they_are_used() -> None:
    code = (
        "import sys, forgetbench\n"
        "heavy = 'torch vllm transformers lm_eval matplotlib ray pandas numpy scipy pydantic'.split()\n"
        "print(sorted(set(heavy) & set(sys.modules)), forgetbench.run.__module__)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[] forgetbench.pipeline.evaluating"
