"""Faults that would change a verdict are named before it, and what is sound passes without a word.

A few of each kind; all of them by `python tests/benchmarks/planted_faults.py`.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent / "benchmarks"))

from faults import adapters, chat, prompts, task_files, weights
from faults.case import Case, try_fault, try_twin

CHOSEN = {
    "output layer missing from an untied model",
    "NaN for one letter only",
    "keys of torch.compile inside",
    "an adapter and full weights in one folder",
    "appends EOS to every text",
    "the user's turn is not closed",
    "repetition_penalty in generation_config.json",
    "an included file edited between two runs",
    "the same question with another answer",
}
ROOMS = (weights, adapters, prompts, chat, task_files)
CASES = [case for room in ROOMS for case in room.cases() if case.name in CHOSEN]


@pytest.fixture(scope="module", autouse=True)
def _imported() -> None:
    """What every trial imports, once: trials are forks of this process."""
    for module in ("forgetbench.pipeline", "forgetbench.report.plots", "lm_eval.tasks", "peft", "datasets"):
        importlib.import_module(module)


def test_all_that_are_chosen_are_there() -> None:
    assert {case.name for case in CASES} == CHOSEN


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_fault_is_named_and_its_sound_twin_is_not(case: Case, tmp_path: Path) -> None:
    fault = try_fault(case, tmp_path / "fault")
    assert fault.outcome in ("refused", "warned"), fault
    twin = try_twin(case, tmp_path / "twin")
    assert twin.outcome == "quiet", twin
