"""Overlap with the fine-tuning data: which items it contains, and how much of the answers is its wording.

A gain on an item that was trained on is no gain.
"""

from __future__ import annotations

import numpy as np

from forgetbench.comparison.contamination import ItemText, contaminated
from forgetbench.comparison.pairing.columns import Bools, Floats
from forgetbench.comparison.pairing.join import AlignedSamples, JoinedRows
from forgetbench.comparison.sft_data import SftData
from forgetbench.metrics.novelty import novelty


def contaminated_rows(rows: JoinedRows, data: SftData) -> Bools:
    """Where an item stands in the fine-tuning data, in any of its views. One entry per row.

    The views of one question differ in what they demand around it, so an item is looked for by its shortest
    wording, with the right answers of all of them.
    """
    item = rows.domain_items()[0]
    questions, golds = rows.texts("question").to_pylist(), rows.texts("gold").to_pylist()
    wording: dict[int, str] = {}
    answers: dict[int, set[str]] = {}
    for code, question, gold in zip(item.tolist(), questions, golds, strict=True):
        # A text that is rated as a whole has no question; it is its own right answer.
        text, accepted = (question, gold or "") if question else (gold or "", "")
        if code not in wording or len(text) < len(wording[code]):
            wording[code] = text
        answers.setdefault(code, set()).update(answer for answer in accepted.split(" | ") if answer)
    texts = [ItemText(str(code), text, tuple(sorted(answers[code]))) for code, text in wording.items()]
    flagged = {int(overlap.item_id) for overlap in contaminated(texts, data.texts()) if overlap.flagged}
    return np.isin(item, sorted(flagged))


def novelty_of_samples(rows: JoinedRows, data: SftData) -> dict[str, tuple[float, float]]:
    """By task that draws several samples: the mean share of an answer's wording that is not the training answers'.

    Of the base's answers, and of the candidate's; NaN where no answer has a word.
    """
    shares: dict[str, tuple[float, float]] = {}
    for info, task_rows in zip(rows.tasks, rows.task_slices(), strict=True):
        if info.repeats > 1 and task_rows.start < task_rows.stop:
            base, candidate = (_responses(samples, task_rows) for samples in (rows.base, rows.candidate))
            novel = np.array(novelty([*base, *candidate], data.answers))
            shares[info.name] = (_mean(novel[: len(base)]), _mean(novel[len(base) :]))
    return shares


def _responses(samples: AlignedSamples, task_rows: slice) -> list[str]:
    """Every response that one run gave to a task."""
    at = samples.at[task_rows]
    return [text for responses in samples.table.rows(at[at >= 0])["responses"] for text in responses]


def _mean(shares: Floats) -> float:
    defined = shares[~np.isnan(shares)]
    return float(defined.mean()) if len(defined) else float("nan")
