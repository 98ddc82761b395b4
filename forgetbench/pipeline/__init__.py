"""The main jobs, each in one call: evaluate, compare, write everything a reader needs.

Commands are these functions behind the command line, and `import forgetbench` gives them to a notebook.

    evaluating.py     run, plan, sweep, rescore
    comparing.py      compare
    deciding.py       gate_sequential, choose
    diagnosing.py     diagnose;  asking.py, two_models.py: both models asked: distribution.py, without_data.py
    trajectories.py   the checkpoints of one training run
    surfaces.py       several training runs
    watching.py       watch: a sweep beside a training that is under way; arrivals.py: which checkpoints are there
    results.py        what the jobs give back

What asks a model is imported by the jobs that do: to compare two finished runs takes none of it, and half a second
less.
"""

from __future__ import annotations

from forgetbench.pipeline.comparing import compare
from forgetbench.pipeline.deciding import choose, gate_sequential
from forgetbench.pipeline.diagnosing import diagnose
from forgetbench.pipeline.evaluating import plan, rescore, run, sweep
from forgetbench.pipeline.results import Plan, RunResult, SavedComparison, SavedDiagnosis, SavedSurface
from forgetbench.pipeline.trajectories import checkpoints_of_training, read_training_log
from forgetbench.pipeline.watching import watch

__all__ = [
    "Plan",
    "RunResult",
    "SavedComparison",
    "SavedDiagnosis",
    "SavedSurface",
    "checkpoints_of_training",
    "choose",
    "compare",
    "diagnose",
    "gate_sequential",
    "plan",
    "read_training_log",
    "rescore",
    "run",
    "sweep",
    "watch",
]
