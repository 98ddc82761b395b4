"""What the fine-tuning data shows of a comparison: which items it contains, and how much of the answers is its wording.

A gain on an item that was trained on is no gain.
"""

from __future__ import annotations

import numpy as np

from forgetbench.comparison.contamination import ItemText, contaminated
from forgetbench.comparison.pairing.columns import Bools, Floats, Side
from forgetbench.comparison.pairing.rows import Rows
from forgetbench.comparison.sft_data import SftData
from forgetbench.metrics.novelty import novelty

IN_TRAINING = "in the fine-tuning data, and left out on request"
"""Reason of the rows that --exclude-contaminated leaves out; they do not count as unmeasured."""


def contaminated_rows(rows: Rows, data: SftData) -> Bools:
    """Where an item stands in the fine-tuning data, in any of its views. One entry per row.

    The views of one question differ in what they demand around it, so an item is looked for by its shortest
    wording, with the right answers of all of them.
    """
    item = rows.item_of_domain()[0]
    questions, golds = rows.texts("question").to_pylist(), rows.texts("gold").to_pylist()
    wording: dict[int, str] = {}
    answers: dict[int, set[str]] = {}
    for code, question, gold in zip(item.tolist(), questions, golds, strict=True):
        # A text that is rated as a whole has no question; it is its own right answer.
        text, accepted = (question, gold or "") if question else (gold or "", "")
        if code not in wording or len(text) < len(wording[code]):
            wording[code] = text
        answers.setdefault(code, set()).update(part for part in accepted.split(" | ") if part)
    texts = [ItemText(str(code), text, tuple(sorted(answers[code]))) for code, text in wording.items()]
    flagged = {int(found.item_id) for found in contaminated(texts, data.texts()) if found.flagged}
    return np.isin(item, sorted(flagged))


def novelty_of_samples(rows: Rows, data: SftData) -> dict[str, tuple[float, float]]:
    """By task that draws several samples: the mean share of an answer's wording that is not the training answers'.

    Of the base's answers, and of the candidate's; NaN where no answer has a word.
    """
    found = {}
    for info, part in zip(rows.tasks, rows.parts(), strict=True):
        if info.repeats > 1 and part.start < part.stop:
            sides = [_samples(side, part) for side in (rows.base, rows.candidate)]
            shares = np.array(novelty([*sides[0], *sides[1]], data.answers))
            base, candidate = np.split(shares, [len(sides[0])])
            found[info.name] = (_mean(base), _mean(candidate))
    return found


def _samples(side: Side, part: slice) -> list[str]:
    """Every sample that one side gave to a task."""
    at = side.at[part]
    return [text for row in side.samples.rows(at[at >= 0])["responses"] for text in row]


def _mean(shares: Floats) -> float:
    known = shares[~np.isnan(shares)]
    return float(known.mean()) if len(known) else float("nan")
