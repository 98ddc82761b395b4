"""Missing data: why a row has no pair of scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import pyarrow as pa

from forgetbench.comparison.pairing.columns import TEXT, Bools, Codes, nonempty
from forgetbench.comparison.pairing.join import JoinedRows
from forgetbench.records import RunManifest
from forgetbench.stored import Stored

NOT_AN_ITEM: Final[str] = Stored.NOT_AN_ITEM.value
"""Reason of the rows that a corpus metric gives no score; they are no missing data."""
NEEDS_TRAINING_TEXTS: Final[str] = Stored.NEEDS_TRAINING_TEXTS.value
"""Reason of the rows of a corpus metric that cannot do without."""
IN_TRAINING: Final[str] = Stored.IN_TRAINING.value
"""Reason of the rows that --exclude-contaminated leaves out; they are no missing data either."""
NO_MISSING_DATA = (NOT_AN_ITEM, IN_TRAINING)


@dataclass(slots=True)
class MissingReasons:
    """Why rows have no pair of scores, the text of each reason kept once."""

    codes: Codes
    """Position in `texts`, -1 for a row without a reason; one entry per row."""
    texts: dict[str, int]
    """Reason -> its code."""

    @classmethod
    def none(cls, n_rows: int) -> Self:
        return cls(np.full(n_rows, -1, dtype=np.intp), {})

    @property
    def unset(self) -> Bools:
        """Rows without a reason."""
        return self.codes < 0

    def code(self, text: str) -> int:
        return self.texts.setdefault(text, len(self.texts))

    def assign(self, rows: Bools | Codes, text: str) -> None:
        """Give `rows` this reason in place of any that they had."""
        self.codes[rows] = self.code(text)

    def column(self) -> pa.Array:
        """The reasons as text, null where there is none."""
        return pa.array(list(self.texts), TEXT).take(pa.array(self.codes, mask=self.unset))

    def counts(self, rows: slice) -> dict[str, int]:
        """How many of `rows` have which reason: frequent ones first, equals in order of appearance."""
        present = self.codes[rows]
        present = present[present >= 0]
        distinct, first, counts = np.unique(present, return_index=True, return_counts=True)
        texts = list(self.texts)
        return {texts[distinct[at]]: int(counts[at]) for at in np.lexsort((first, -counts))}


def missing_reasons(reasons: Sequence[str]) -> Bools:
    """Which reasons are those of missing data; one entry per reason."""
    return np.array([reason not in NO_MISSING_DATA for reason in reasons], dtype=np.bool_)


def unpaired(rows: JoinedRows, base: RunManifest, candidate: RunManifest) -> MissingReasons:
    """Why rows cannot be paired; scores are not looked at yet."""
    reasons = MissingReasons.none(len(rows))
    if base.reference != candidate.reference:
        rated = nonempty(rows.base.column("reference_logprobs")) | nonempty(rows.candidate.column("reference_logprobs"))
        reasons.assign(rated, Stored.OTHER_JUDGES.value)
    if base.imported_from and base.chat_template == candidate.chat_template and base.tokenizer == candidate.tokenizer:
        # Both were to be asked alike, and a log tells only afterwards whether they were.
        reasons.assign(rows.on_both & rows.differ("prompt_hash"), Stored.OTHER_PROMPTS.value)
    reasons.assign(rows.on_both & rows.differ("doc_hash"), Stored.OTHER_DOCUMENTS.value)
    reasons.assign(rows.candidate.absent, Stored.MISSING_IN_CANDIDATE.value)
    reasons.assign(rows.base.absent, Stored.MISSING_IN_BASE.value)
    return reasons
