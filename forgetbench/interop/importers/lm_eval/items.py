"""A task's rows become items: one for each document, as one filter reads its answers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forgetbench.interop.importers.lm_eval.metrics import ScoreMetric
from forgetbench.interop.importers.lm_eval.results import TaskConfig
from forgetbench.interop.importers.lm_eval.rows import SampleRow
from forgetbench.interop.importers.values import numbers_of
from forgetbench.lm_eval_bridge.clusters import cluster_keys, clusters_of
from forgetbench.records import ItemScore, View
from forgetbench.storage.admission import NOT_FINITE


@dataclass(frozen=True, slots=True)
class TaskReading:
    """How the rows of one task are read."""

    name: str
    domain: str
    view: View | None
    metric: ScoreMetric
    config: TaskConfig

    @property
    def own(self) -> Mapping[str, Any]:
        """What a task of this package declares; its documents say which item they are and what they share."""
        return self.config.own


def by_filter(rows: Iterable[SampleRow], declared: Sequence[str]) -> dict[str, dict[str, list[SampleRow]]]:
    """Rows by filter and document. Up to 0.4.5 a row does not name its filter: they come in the order declared."""
    found: dict[str, dict[str, list[SampleRow]]] = {}
    seen: dict[str, int] = {}
    for row in rows:
        name = row.filter
        if name is None:
            place = seen[row.doc_id] = seen.get(row.doc_id, -1) + 1
            name = declared[place % len(declared)] if declared else "none"
        found.setdefault(name, {}).setdefault(row.doc_id, []).append(row)
    return found


def items_of(
    reading: TaskReading,
    documents: Mapping[str, Sequence[SampleRow]],
    beside: Mapping[str, Mapping[str, Sequence[SampleRow]]],
) -> list[ItemScore]:
    """The items of one task; `beside` are its other filters' rows, whose numbers stand beside the score."""
    items = []
    for doc_id, rows in documents.items():
        metrics = numbers_of(rows[0].values)
        for name, others in beside.items():
            metrics |= {
                f"{key},{name}": value
                for row in others.get(doc_id, ())[:1]
                for key, value in numbers_of(row.values).items()
            }
        items.append(_item(reading, doc_id, rows, metrics))
    return items


def _item(reading: TaskReading, doc_id: str, rows: Sequence[SampleRow], metrics: Mapping[str, float]) -> ItemScore:
    first = rows[0]
    document = first.document if isinstance(first.document, dict) else {}
    choices, ratings = options_of(first, reading.config)
    score, reason = _score(reading.metric, rows)
    item_id, cluster, second, stratum = _identity(reading, doc_id, first, document)
    return ItemScore(
        task=reading.name,
        domain=reading.domain,
        view=reading.view,
        item_id=item_id,
        cluster=cluster,
        second_cluster=second,
        stratum=stratum,
        doc_hash=first.doc_hash,
        prompt_hash=first.prompt_hash,
        score=score,
        reason=reason,
        prompt=_shown(first.requests[0][0]),
        question=_shown(document.get("question") or document.get("query") or first.requests[0][0]),
        gold=_gold(first.target, choices),
        responses=tuple(str(text) for row in rows for text in _texts(row)),
        choices=choices,
        loglikelihoods=ratings,
        metrics=metrics,
    )


def _identity(
    reading: TaskReading, doc_id: str, row: SampleRow, document: Mapping[str, Any]
) -> tuple[str, str, str, str]:
    """Item id, its clusters and its stratum: the same doc_id in two tasks is two items, equal questions one cluster."""
    if reading.own and "item_id" in document:
        item_id = str(document["item_id"])
        clusters = clusters_of(document, cluster_keys(reading.own), item_id)
        return item_id, *clusters, str(document.get("stratum", ""))
    return f"{reading.name}/{doc_id}", row.asked, "", ""


def _score(metric: ScoreMetric, rows: Sequence[SampleRow]) -> tuple[float | None, str | None]:
    """The mean over repeats, or why there is none."""
    if any(not math.isfinite(rating) for row in rows for rating in row.ratings):
        return None, NOT_FINITE
    scores = [metric.score(row.values.get(metric.name)) for row in rows]
    if any(score is None or not math.isfinite(score) for score in scores):
        return None, f"the log has no number for '{metric.name}'"
    return math.fsum(score for score in scores if score is not None) / len(scores), None


def options_of(row: SampleRow, config: TaskConfig) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """The options that were rated, and how; no options where one text was."""
    ratings = row.ratings
    if len(ratings) != len(row.requests) or len(ratings) < 2:
        return (), ratings
    if any(len(request) < 2 for request in row.requests):
        return (), ratings
    pairs = [(_shown(request[0]), _shown(request[1])) for request in row.requests]
    if "acc_mutual_info" in row.values:
        # The second half rates the same options without the question.
        pairs, ratings = pairs[: len(pairs) // 2], ratings[: len(ratings) // 2]
    # Of some tasks the contexts are the options, and all go on alike.
    texts = [pair[0] for pair in pairs] if len({pair[1] for pair in pairs}) == 1 else [pair[1] for pair in pairs]
    delimiter = " " if config.target_delimiter is None else config.target_delimiter
    return tuple(text.removeprefix(delimiter) for text in texts), ratings


def _texts(row: SampleRow) -> list[Any]:
    """The generated answers; nothing where likelihoods were asked for."""
    if row.ratings:
        return []
    return [text for answers in row.answers for text in (answers if isinstance(answers, list) else [answers])]


def _gold(target: str, choices: Sequence[str]) -> str:
    if choices and target not in choices and target.isdecimal() and int(target) < len(choices):
        return choices[int(target)]
    return target


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else str(value)
