"""What was measured on both sides: the scores, and why a row has none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import pyarrow as pa

from forgetbench.comparison.pairing.columns import TEXT, Bools, Codes, Floats, codes, filled, taken
from forgetbench.comparison.pairing.rows import Rows
from forgetbench.errors import SuiteError, did_you_mean
from forgetbench.records import RunManifest, TaskInfo

if TYPE_CHECKING:
    from forgetbench.metrics.corpus import CorpusMetric

SUPPORTING = "not an item: it only supports the scores of others, or lacks the rows that its own would need"
"""Reason of the rows a corpus metric gives no score; they do not count as unmeasured."""


@dataclass(slots=True)
class Reasons:
    """Why a row is not measured, the text of each reason kept once."""

    codes: Codes
    """Position in `texts`, -1 where nothing speaks against the row; one entry per row."""
    texts: dict[str, int]
    """Reason -> its code."""

    @classmethod
    def none(cls, n_rows: int) -> Self:
        return cls(np.full(n_rows, -1, dtype=np.intp), {})

    @property
    def open(self) -> Bools:
        """Rows without a reason."""
        return self.codes < 0

    def code(self, text: str) -> int:
        return self.texts.setdefault(text, len(self.texts))

    def give(self, rows: Bools | Codes, text: str) -> None:
        """Give `rows` this reason, whatever they had before."""
        self.codes[rows] = self.code(text)

    def column(self) -> pa.Array:
        """The reasons as text, null where there is none."""
        return pa.array(list(self.texts), TEXT).take(pa.array(self.codes, mask=self.open))

    def counts(self, part: slice) -> dict[str, int]:
        """How many rows of `part` have which reason: frequent ones first, equals in order of appearance."""
        given = self.codes[part]
        given = given[given >= 0]
        found, first, counts = np.unique(given, return_index=True, return_counts=True)
        texts = list(self.texts)
        return {texts[found[at]]: int(counts[at]) for at in np.lexsort((first, -counts))}


def first_reasons(rows: Rows, base: RunManifest, candidate: RunManifest) -> Reasons:
    """Why a row cannot be paired; scores are not looked at yet."""
    reasons = Reasons.none(len(rows))
    if base.reference != candidate.reference:
        judged = filled(rows.base.column("reference_logprobs")) | filled(rows.candidate.column("reference_logprobs"))
        reasons.give(judged, "judged under different reference checkpoints")
    reasons.give(rows.on_both & rows.differ("doc_hash"), "the documents differ")
    reasons.give(rows.candidate.absent, "missing in the candidate")
    reasons.give(rows.base.absent, "missing in the base")
    return reasons


def measured_scores(
    rows: Rows,
    reasons: Reasons,
    training_texts: Sequence[str] | None,
    corpus_metrics: Mapping[str, CorpusMetric] | None,
) -> tuple[Floats, Floats]:
    """Item scores of both sides, NaN in both where a row is not measured. `reasons` is completed."""
    base, candidate = rows.base.scores(), rows.candidate.scores()
    for info, part in zip(rows.tasks, rows.parts(), strict=True):
        if info.corpus_metric is not None and part.start < part.stop:
            metric = _corpus_metric(info, info.corpus_metric, corpus_metrics)
            _score_together(rows, part, metric, training_texts, reasons, (base, candidate))
    _add_score_reasons(rows, reasons, base, candidate)
    unmeasured = ~reasons.open
    base[unmeasured] = candidate[unmeasured] = np.nan
    return base, candidate


# --- scores that need all answers -------------------------------------------------------------


def _corpus_metric(info: TaskInfo, name: str, table: Mapping[str, CorpusMetric] | None) -> CorpusMetric:
    if table is None:
        from forgetbench.metrics.corpus import CORPUS_METRICS

        table = CORPUS_METRICS
    if name not in table:
        raise SuiteError(f"task {info.name}: unknown corpus_metric {name!r}; {did_you_mean(name, table)}")
    return table[name]


def _score_together(
    rows: Rows,
    part: slice,
    metric: CorpusMetric,
    training_texts: Sequence[str] | None,
    reasons: Reasons,
    scores: tuple[Floats, Floats],
) -> None:
    """Score one task's rows that have an answer on both sides, all together; `reasons` and `scores` are filled in."""
    from forgetbench.metrics.corpus import responses_of

    base, candidate = scores
    usable = part.start + np.flatnonzero((reasons.codes[part] < 0) & _answered(rows, part))
    base[part] = candidate[part] = np.nan
    if not len(usable):
        return
    base[usable], candidate[usable] = metric.paired(
        responses_of(rows.base.samples.rows(rows.base.at[usable])),
        responses_of(rows.candidate.samples.rows(rows.candidate.at[usable])),
        training_texts,
    )
    reasons.give(usable[np.isnan(base[usable]) & np.isnan(candidate[usable])], SUPPORTING)


def _answered(rows: Rows, part: slice) -> Bools:
    """Rows of a task that have a text or rated options, and no complaint, on both sides."""
    n_rows = part.stop - part.start
    answered = np.ones(n_rows, dtype=np.bool_)
    for side in (rows.base, rows.candidate):
        given = [filled(side.column(name).slice(part.start, n_rows)) for name in ("responses", "loglikelihoods")]
        answered &= given[0] | given[1]
        answered &= np.asarray(side.column("reason").slice(part.start, n_rows).is_null())
    return answered


# --- scores that cannot be used ---------------------------------------------------------------


def _add_score_reasons(rows: Rows, reasons: Reasons, base: Floats, candidate: Floats) -> None:
    """Say why a score that pairs cannot be used: absent on a side, or not on the scale."""
    open_rows = reasons.open
    absent = np.flatnonzero(open_rows & (np.isnan(base) | np.isnan(candidate)))
    if len(absent):
        _add_absent(rows, reasons, base, candidate, absent)
    binary = rows.of_task((task.binary for task in rows.tasks), np.bool_)
    # A corpus metric may give items pseudo-values, of which only the mean is on the scale.
    bounded = rows.of_task((task.corpus_metric is None for task in rows.tasks), np.bool_)
    for side, scores in (("candidate", candidate), ("base", base)):
        partial = binary & ~np.isnan(scores) & (scores != 0.0) & (scores != 1.0)
        reasons.give(open_rows & partial, f"{side}: score neither 0 nor 1 in a right-or-wrong task")
        outside = bounded & ((scores < 0.0) | (scores > 1.0))
        reasons.give(open_rows & outside, f"{side}: score outside [0, 1]")


def _add_absent(rows: Rows, reasons: Reasons, base: Floats, candidate: Floats, absent: Codes) -> None:
    """Reasons of rows without a score: few ways of being absent stand for many rows, each put in words once."""
    base_code, base_why = codes(taken(rows.base.column("reason"), absent))
    candidate_code, candidate_why = codes(taken(rows.candidate.column("reason"), absent))
    gone = 2 * np.isnan(base[absent]) + np.isnan(candidate[absent])
    way = (gone * (len(base_why) + 1) + base_code + 1) * (len(candidate_why) + 1) + candidate_code + 1
    _, first, each = np.unique(way, return_index=True, return_inverse=True)
    given = []
    for at in first:
        sides = (
            ("base", np.isnan(base[absent[at]]), base_why, base_code[at]),
            ("candidate", np.isnan(candidate[absent[at]]), candidate_why, candidate_code[at]),
        )
        said = [(side, why[code].as_py() if code >= 0 else None) for side, missing, why, code in sides if missing]
        given.append(reasons.code(_why_absent(said)))
    reasons.codes[absent] = np.array(given, dtype=np.intp)[each]


def _why_absent(sides: Sequence[tuple[str, str | None]]) -> str:
    """What the sides without a score say about it; no side's silence hides the other's reason."""
    given = [(side, why) for side, why in sides if why is not None] or [(side, "no score") for side, _ in sides]
    if len(given) == 2 and given[0][1] == given[1][1]:
        return f"base and candidate: {given[0][1]}"
    return "; ".join(f"{side}: {why}" for side, why in given)
