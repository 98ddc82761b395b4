"""The names that everything shares: domains, verdicts, margins where nothing else is declared."""

from __future__ import annotations

from typing import Final, Literal

from forgetbench.stored import Stored

SCHEMA_VERSION = 1

Protocol = Literal["native", "completion", "chat"]
View = Literal["choice", "open", "strict"]
Verdict = Literal["regressed", "retained", "improved", "mixed", "inconclusive", "not_measured"]

DOMAINS = (
    "knowledge", "reasoning", "multilingual", "long_context", "instruction", "tools", "creativity", "format_rigidity",
    "language", "honesty", "safety", "target",
)  # fmt: skip
TARGET = "target"
"""The domain the fine-tuning was for: reported, but neither gated nor part of the overall row."""
OVERALL = "overall"
"""Name of the row over all domains but those of `APART`."""
DEFAULT_MARGIN = 0.03
"""Non-inferiority margin of a domain that a suite does not name, in score units."""
DEFAULT_BITS_MARGIN = 0.05
"""The margin of tasks scored in bits per byte, in bits per byte: of their scores, 2^-bits, points say little."""
PER_BYTE_METRICS = frozenset({"bits_per_byte", "byte_perplexity"})
"""Metrics whose item scores are 2^-b of b bits per byte, the mean probability of a byte."""
FORMAT_RIGIDITY = "format_rigidity"
APART = (TARGET, FORMAT_RIGIDITY)
"""Domains that are no part of the overall row: what the fine-tuning was for, and a habit among abilities."""
DEFAULT_PRESERVE = 0.8
"""Fraction of the base's chance-corrected score that must be kept where nothing else is said."""
ALPHA = 0.05
"""Intervals have level 1 - ALPHA, and tests this size, unless a policy says otherwise."""
CUT: Final[str] = Stored.CUT.value
"""Reason of an item whose answer is neither right nor wrong, since it is not all there."""
MUCH_CUT = 0.1
"""A verdict says so where more than this share of a side's answers is `CUT`."""
MACRO_MEAN = "macro_mean"
"""The metric of a row that is a plain mean of rows."""
