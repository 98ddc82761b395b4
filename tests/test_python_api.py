"""docs/python_api.md, run from top to bottom; and the public names, pinned."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import forgetbench

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


def test_names_are_imported_when_they_are_used() -> None:
    code = (
        "import sys, forgetbench\n"
        "heavy = 'torch vllm transformers lm_eval matplotlib ray pandas numpy scipy pydantic'.split()\n"
        "print(sorted(set(heavy) & set(sys.modules)), forgetbench.run.__module__)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[] forgetbench.pipeline.evaluating"
