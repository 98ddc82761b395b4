from .comparison.options import ComparisonOptions
from .engines.base import Engine, EngineOptions
from .errors import (
    CheckpointError,
    EngineError,
    ForgetbenchError,
    IncomparableError,
    InputError,
    StorageError,
    SuiteError,
)
from .evaluation.again import AskAgain
from .evaluation.options import EvaluationOptions
from .evaluation.watching import Watching
from .gate import GateResult, Policy, decide, load_policy
from .integrations import ForgetbenchLM, ForgettingCallback
from .leaderboard import build_leaderboard
from .pipeline import (
    RunResult,
    SavedComparison,
    SavedDiagnosis,
    choose,
    compare,
    diagnose,
    gate_sequential,
    rescore,
    run,
    sweep,
    watch,
)
from .progress import Progress
from .records import Checkpoint, Comparison, DeltaRow, ItemScore, RunManifest
from .report import write_report
from .storage.comparisons import load_comparison, load_items
from .storage.runs import Run, load_run
from .suites.validation import validate_tasks

__version__: str

__all__ = [
    "AskAgain",
    "Checkpoint",
    "CheckpointError",
    "Comparison",
    "ComparisonOptions",
    "DeltaRow",
    "Engine",
    "EngineError",
    "EngineOptions",
    "EvaluationOptions",
    "ForgetbenchError",
    "ForgetbenchLM",
    "ForgettingCallback",
    "GateResult",
    "IncomparableError",
    "InputError",
    "ItemScore",
    "Policy",
    "Progress",
    "Run",
    "RunManifest",
    "RunResult",
    "SavedComparison",
    "SavedDiagnosis",
    "StorageError",
    "SuiteError",
    "Watching",
    "__version__",
    "build_leaderboard",
    "choose",
    "compare",
    "decide",
    "diagnose",
    "gate_sequential",
    "load_comparison",
    "load_items",
    "load_policy",
    "load_run",
    "rescore",
    "run",
    "sweep",
    "validate_tasks",
    "watch",
    "write_report",
]
