"""The values that flow through forgetbench, one direction only, as frozen dataclasses.

    Checkpoint + TaskInfo -> Request -> Response -> ItemScore -> Run -> DeltaRow -> Comparison

Nothing here estimates, reads or writes; every module may import this one.

    names.py         the names that everything shares
    runs.py          from Checkpoint to RunManifest
    rows.py          DeltaRow and its parts
    comparisons.py   Comparison
"""

from __future__ import annotations

from forgetbench.records.comparisons import (
    AdjustedDelta,
    Comparison,
    FolderDifference,
    Looks,
    Selection,
    Side,
)
from forgetbench.records.names import (
    ALPHA,
    APART,
    CUT,
    DEFAULT_BITS_MARGIN,
    DEFAULT_MARGIN,
    DEFAULT_PRESERVE,
    DOMAINS,
    FORMAT_RIGIDITY,
    MACRO_MEAN,
    MUCH_CUT,
    OVERALL,
    PER_BYTE_METRICS,
    SCHEMA_VERSION,
    TARGET,
    Protocol,
    Verdict,
    View,
)
from forgetbench.records.rows import (
    AuditRow,
    CutAnswers,
    DeltaRow,
    Estimate,
    Evidence,
    Fates,
    Judgement,
    MetricRow,
    Missing,
    OutcomeRates,
    Retention,
    Shrunk,
    StratumRow,
)
from forgetbench.records.runs import (
    Checkpoint,
    Continuation,
    ItemScore,
    Margins,
    Request,
    Response,
    RunManifest,
    Sample,
    Sampling,
    TaskInfo,
)

__all__ = [
    "ALPHA",
    "APART",
    "CUT",
    "DEFAULT_BITS_MARGIN",
    "DEFAULT_MARGIN",
    "DEFAULT_PRESERVE",
    "DOMAINS",
    "FORMAT_RIGIDITY",
    "MACRO_MEAN",
    "MUCH_CUT",
    "OVERALL",
    "PER_BYTE_METRICS",
    "SCHEMA_VERSION",
    "TARGET",
    "AdjustedDelta",
    "AuditRow",
    "Checkpoint",
    "Comparison",
    "Continuation",
    "CutAnswers",
    "DeltaRow",
    "Estimate",
    "Evidence",
    "Fates",
    "FolderDifference",
    "ItemScore",
    "Judgement",
    "Looks",
    "Margins",
    "MetricRow",
    "Missing",
    "OutcomeRates",
    "Protocol",
    "Request",
    "Response",
    "Retention",
    "RunManifest",
    "Sample",
    "Sampling",
    "Selection",
    "Shrunk",
    "Side",
    "StratumRow",
    "TaskInfo",
    "Verdict",
    "View",
]
