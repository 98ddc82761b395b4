"""Two runs, joined item by item: what became of every answer of the base.

Items are joined on task and item_id. Whatever cannot be paired stays in the table, with the reason, and counts as
not measured; nothing is guessed.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forgetbench.errors import IncomparableError, SuiteError, did_you_mean
from forgetbench.records import Run, RunManifest, TaskInfo

if TYPE_CHECKING:
    from forgetbench.metrics.corpus import CorpusMetric

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Positions = NDArray[np.intp]
Objects = NDArray[np.object_]

SUPPORTING = "not an item: it only supports the scores of others, or lacks the rows that its own would need"
"""Reason of the rows a corpus metric gives no score; they do not count as unmeasured."""
_MAX_LISTED = 5


@dataclass(frozen=True, slots=True)
class PairedTask:
    """One task on both sides. The arrays have one entry per item that was measured on both."""

    info: TaskInfo
    item_ids: Objects
    clusters: Objects
    strata: Objects
    base: Floats
    candidate: Floats
    has_choice_view: Bools
    """The item's `choice` view was measured, so a loss can be told locked or erased."""
    locked: Bools
    """Forgotten, and the candidate still ranks the right answer first in the `choice` view."""
    erased: Bools
    """Forgotten, and wrong in the `choice` view too."""
    n_prompts_equal: int
    """Measured items whose rendered prompts were the same on both sides."""
    unmeasured: Mapping[str, int]
    """How many items were not measured, by reason."""

    @property
    def n_unmeasured(self) -> int:
        return sum(self.unmeasured.values())


@dataclass(frozen=True, slots=True)
class Pairing:
    """Two runs joined. `items` is items.parquet: one row per task and item of either run."""

    base: RunManifest
    candidate: RunManifest
    tasks: tuple[PairedTask, ...]
    items: pd.DataFrame
    warnings: tuple[str, ...]


def pair(
    base: Run,
    candidate: Run,
    *,
    training_texts: Sequence[str] | None = None,
    corpus_metrics: Mapping[str, CorpusMetric] | None = None,
) -> Pairing:
    """Join two runs of the same suite on (task, item_id).

    `training_texts` are the fine-tuning data's texts where they are known, for metrics that look for them in
    the answers. `corpus_metrics` defaults to `forgetbench.metrics.corpus.CORPUS_METRICS`.
    Raises IncomparableError, one line naming all that differs, when the runs were not made alike, or when
    a run holds an item twice or an item of a task it does not declare.
    """
    _check_comparable(base.manifest, candidate.manifest)
    rows = _Rows.join(base, candidate)
    reasons = _reasons(rows, base.manifest, candidate.manifest)
    base_score, candidate_score = _scores(rows, reasons, training_texts, corpus_metrics)
    reasons = _with_score_reasons(rows, reasons, base_score, candidate_score)
    unmeasured = pd.notna(reasons)
    base_score[unmeasured] = np.nan
    candidate_score[unmeasured] = np.nan
    outcome = _outcomes(rows, base_score, candidate_score)
    has_choice_view, locked, erased = _fates(rows, candidate_score, outcome)
    fate = np.full(len(rows), None, dtype=object)
    fate[locked], fate[erased] = "locked", "erased"

    items = rows.table(base_score, candidate_score, outcome, fate, reasons)
    tasks = tuple(
        _paired_task(info, items.iloc[part], has_choice_view[part], locked[part], erased[part])
        for info, part in zip(rows.tasks, rows.parts(), strict=True)
    )
    return Pairing(base.manifest, candidate.manifest, tasks, items, _warnings(base.manifest, candidate.manifest, tasks))


# --- may these two be compared? ---------------------------------------------------------------


def _check_comparable(base: RunManifest, candidate: RunManifest) -> None:
    different = [*_setting_differences(base, candidate), *_task_differences(base.tasks, candidate.tasks)]
    if different:
        raise IncomparableError(
            f"runs {base.run_id} (base) and {candidate.run_id} (candidate) cannot be paired, they differ in "
            f"{'; '.join(different)}; evaluate both with the same suite and settings"
        )


def _setting_differences(base: RunManifest, candidate: RunManifest) -> list[str]:
    pairs: list[tuple[str, Any, Any]] = [
        ("suite", base.suite, candidate.suite),
        ("suite fingerprint", base.suite_fingerprint[:12], candidate.suite_fingerprint[:12]),
        ("protocol", base.protocol, candidate.protocol),
        ("seed", base.seed, candidate.seed),
        ("engine name", base.engine.get("name"), candidate.engine.get("name")),
        ("engine dtype", base.engine.get("dtype"), candidate.engine.get("dtype")),
        ("limit", base.limit, candidate.limit),
    ]
    return [f"{name} {left} vs {right}" for name, left, right in pairs if left != right]


def _task_differences(base: Iterable[TaskInfo], candidate: Iterable[TaskInfo]) -> list[str]:
    left, right = ({task.name: task for task in side} for side in (base, candidate))
    different = []
    for side, only in (("base", left.keys() - right.keys()), ("candidate", right.keys() - left.keys())):
        if only:
            different.append(f"tasks only in the {side}: {_listed(sorted(only))}")
    changed = [
        f"{name} version {left[name].version} vs {right[name].version}"
        if left[name].version != right[name].version
        else f"{name} fingerprint {left[name].fingerprint[:12]} vs {right[name].fingerprint[:12]}"
        for name in left
        if name in right
        and (left[name].version, left[name].fingerprint) != (right[name].version, right[name].fingerprint)
    ]
    if changed:
        different.append(f"tasks: {_listed(changed)}")
    return different


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MAX_LISTED
    return ", ".join(names[:_MAX_LISTED]) + (f" and {more} more" if more > 0 else "")


# --- the join ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Rows:
    """The union of both runs' rows, in task order; positions point into the sample tables, -1 is absent."""

    tasks: tuple[TaskInfo, ...]
    base: pd.DataFrame
    candidate: pd.DataFrame
    at_base: Positions
    at_candidate: Positions
    task: Positions
    """Position in `tasks`."""
    item: Positions
    """Code of the item_id, the same in every task."""

    def __len__(self) -> int:
        return len(self.task)

    @staticmethod
    def join(base: Run, candidate: Run) -> _Rows:
        tasks = base.manifest.tasks
        base_task, candidate_task = (_task_codes(run, tasks) for run in (base, candidate))
        item_ids = pd.concat([base.samples["item_id"], candidate.samples["item_id"]], ignore_index=True)
        item, known = pd.factorize(item_ids)
        base_item, candidate_item = item[: len(base_task)], item[len(base_task) :]
        base_key = _unique_keys(base, base_task * len(known) + base_item)
        candidate_key = _unique_keys(candidate, candidate_task * len(known) + candidate_item)

        match = candidate_key.get_indexer(base_key)
        extra = np.flatnonzero(base_key.get_indexer(candidate_key) < 0)
        at_base = np.concatenate([np.arange(len(base_key)), np.full(len(extra), -1)])
        at_candidate = np.concatenate([match, extra])
        task = np.concatenate([base_task, candidate_task[extra]])
        order = np.argsort(task, kind="stable")
        codes = np.concatenate([base_item, candidate_item[extra]])
        return _Rows(
            tasks, base.samples, candidate.samples,
            at_base[order], at_candidate[order], task[order], codes[order],
        )  # fmt: skip

    @property
    def on_both(self) -> Bools:
        return (self.at_base >= 0) & (self.at_candidate >= 0)

    def base_values(self, column: str) -> Objects:
        return _taken(self.base[column].to_numpy(dtype=object), self.at_base)

    def candidate_values(self, column: str) -> Objects:
        return _taken(self.candidate[column].to_numpy(dtype=object), self.at_candidate)

    def values(self, column: str) -> Objects:
        """A column that says the same on both sides, from the side that has the row."""
        values = self.base_values(column)
        absent = self.at_base < 0
        if absent.any():
            values[absent] = self.candidate_values(column)[absent]
        return values

    def parts(self) -> list[slice]:
        """Where each task's rows lie."""
        bounds = np.searchsorted(self.task, np.arange(len(self.tasks) + 1))
        return [slice(int(low), int(high)) for low, high in itertools.pairwise(bounds)]

    def of_task(self, values: Iterable[Any], dtype: type) -> NDArray[Any]:
        """A property of tasks, spread over the rows."""
        return np.array(list(values), dtype=dtype)[self.task]

    def table(
        self, base_score: Floats, candidate_score: Floats, outcome: Objects, fate: Objects, reasons: Objects
    ) -> pd.DataFrame:
        """items.parquet."""
        metrics = self.of_task((task.metric for task in self.tasks), object)
        return pd.DataFrame(
            {
                "task": self.of_task((task.name for task in self.tasks), object),
                "domain": self.of_task((task.domain for task in self.tasks), object),
                "view": self.of_task((task.view for task in self.tasks), object),
                "item_id": self.values("item_id"),
                "cluster": self._clusters(),
                "stratum": self.values("stratum"),
                "base_score": base_score,
                "candidate_score": candidate_score,
                "outcome": outcome,
                "fate": fate,
                "reason": reasons,
                "prompt": self.values("prompt"),
                "gold": self.values("gold"),
                "base_response": _answers(self.base, self.at_base, metrics),
                "candidate_response": _answers(self.candidate, self.at_candidate, metrics),
                "prompts_equal": self.on_both
                & (self.base_values("prompt_hash") == self.candidate_values("prompt_hash")),
            }
        )

    def _clusters(self) -> Objects:
        """The resampling unit; an item without one is its own."""
        clusters = self.values("cluster")
        none = pd.isna(clusters)
        if none.any():
            clusters[none] = self.values("item_id")[none]
        return clusters


def _task_codes(run: Run, tasks: Sequence[TaskInfo]) -> Positions:
    """Each row's position in `tasks`."""
    names = run.samples["task"]
    codes = pd.Index([task.name for task in tasks], dtype=object).get_indexer(pd.Index(names, dtype=object))
    if len(codes) and codes.min() < 0:
        unknown = sorted({str(name) for name in names[codes < 0]})
        raise IncomparableError(
            f"run {run.manifest.run_id} has items of tasks its manifest does not list: {_listed(unknown)}; "
            "its files do not belong together, run it again"
        )
    return codes


def _unique_keys(run: Run, keys: Positions) -> pd.Index[Any]:
    index = pd.Index(keys)
    if not index.is_unique:
        repeated = np.flatnonzero(index.duplicated())
        first = run.samples.iloc[int(repeated[0])]
        raise IncomparableError(
            f"run {run.manifest.run_id} holds {len(repeated)} items more than once, first {first['item_id']!r} of task "
            f"{first['task']}; item_ids must be unique within a task"
        )
    return index


def _taken(values: Objects, positions: Positions) -> Objects:
    """`values` at `positions`, None where the position is -1."""
    if not len(values):
        return np.full(len(positions), None, dtype=object)
    taken = values[positions]
    taken[positions < 0] = None
    return taken


def _answers(samples: pd.DataFrame, positions: Positions, metrics: Objects) -> Objects:
    """What was answered: the first response, or the option ranked first. Shape of `positions`."""
    columns = [samples[name].to_numpy(dtype=object) for name in ("responses", "choices", "loglikelihoods")]
    answers = np.full(len(positions), None, dtype=object)
    for row, (at, metric) in enumerate(zip(positions.tolist(), metrics.tolist(), strict=True)):
        if at >= 0:
            answers[row] = _answer(columns[0][at], columns[1][at], columns[2][at], metric)
    return answers


def _answer(
    responses: Sequence[str], choices: Sequence[str], loglikelihoods: Sequence[float], metric: str
) -> str | None:
    if len(responses):
        return responses[0]
    if not len(choices) or len(choices) != len(loglikelihoods):
        return None
    ratings = list(loglikelihoods)
    if metric == "acc_norm":
        ratings = [rating / max(len(choice), 1) for rating, choice in zip(ratings, choices, strict=True)]
    elif metric == "acc_bytes":
        ratings = [rating / max(len(choice.encode()), 1) for rating, choice in zip(ratings, choices, strict=True)]
    return choices[ratings.index(max(ratings))]


# --- what was measured ------------------------------------------------------------------------


def _reasons(rows: _Rows, base: RunManifest, candidate: RunManifest) -> Objects:
    """Why a row cannot be paired, None where it can; scores are not looked at yet."""
    reasons = np.full(len(rows), None, dtype=object)
    both = rows.on_both
    if base.reference != candidate.reference:
        judged = _filled(rows.base_values("reference_logprobs")) | _filled(rows.candidate_values("reference_logprobs"))
        reasons[judged] = "judged under different reference checkpoints"
    reasons[both & (rows.base_values("doc_hash") != rows.candidate_values("doc_hash"))] = "the documents differ"
    reasons[rows.at_candidate < 0] = "missing in the candidate"
    reasons[rows.at_base < 0] = "missing in the base"
    return reasons


def _filled(lists: Objects) -> Bools:
    return np.fromiter((value is not None and len(value) > 0 for value in lists), dtype=np.bool_, count=len(lists))


def _scores(
    rows: _Rows,
    reasons: Objects,
    training_texts: Sequence[str] | None,
    corpus_metrics: Mapping[str, CorpusMetric] | None,
) -> tuple[Floats, Floats]:
    """Item scores of both sides, NaN where there is none. `reasons` is completed for corpus tasks."""
    from forgetbench.metrics.corpus import answers_of

    base = _taken_scores(rows.base, rows.at_base)
    candidate = _taken_scores(rows.candidate, rows.at_candidate)
    for info, part in zip(rows.tasks, rows.parts(), strict=True):
        if info.corpus_metric is None or part.start == part.stop:
            continue
        metric = _corpus_metric(info, info.corpus_metric, corpus_metrics)
        usable = part.start + np.flatnonzero(pd.isna(reasons[part]) & _answered(rows, part))
        base[part] = candidate[part] = np.nan
        if not len(usable):
            continue
        base[usable], candidate[usable] = metric.paired(
            answers_of(rows.base.iloc[rows.at_base[usable]]),
            answers_of(rows.candidate.iloc[rows.at_candidate[usable]]),
            training_texts,
        )
        supporting = usable[np.isnan(base[usable]) & np.isnan(candidate[usable])]
        reasons[supporting] = SUPPORTING
    return base, candidate


def _answered(rows: _Rows, part: slice) -> Bools:
    """Rows of a task that have a text, and no complaint, on both sides."""
    answered = np.ones(part.stop - part.start, dtype=np.bool_)
    for samples, positions in ((rows.base, rows.at_base[part]), (rows.candidate, rows.at_candidate[part])):
        answered &= _filled(_taken(samples["responses"].to_numpy(dtype=object), positions))
        answered &= pd.isna(_taken(samples["reason"].to_numpy(dtype=object), positions))
    return answered


def _taken_scores(samples: pd.DataFrame, positions: Positions) -> Floats:
    scores = np.append(pd.to_numeric(samples["score"]).to_numpy(dtype=np.float64, na_value=np.nan), np.nan)
    return scores[positions]


def _corpus_metric(info: TaskInfo, name: str, table: Mapping[str, CorpusMetric] | None) -> CorpusMetric:
    if table is None:
        from forgetbench.metrics.corpus import CORPUS_METRICS

        table = CORPUS_METRICS
    if name not in table:
        raise SuiteError(f"task {info.name}: unknown corpus_metric {name!r}; {did_you_mean(name, table)}")
    return table[name]


def _with_score_reasons(rows: _Rows, reasons: Objects, base: Floats, candidate: Floats) -> Objects:
    """Add why a score that pairs cannot be used: absent on a side, or not on the scale."""
    open_rows = pd.isna(reasons)
    absent = np.flatnonzero(open_rows & (np.isnan(base) | np.isnan(candidate)))
    if len(absent):
        said = (rows.base_values("reason")[absent], rows.candidate_values("reason")[absent])
        reasons[absent] = [_why_absent(*pair) for pair in zip(base[absent], candidate[absent], *said, strict=True)]
    binary = rows.of_task((task.binary for task in rows.tasks), np.bool_)
    # A corpus metric may give items pseudo-values, of which only the mean is on the scale.
    bounded = rows.of_task((task.corpus_metric is None for task in rows.tasks), np.bool_)
    for side, scores in (("candidate", candidate), ("base", base)):
        partial = binary & ~np.isnan(scores) & (scores != 0.0) & (scores != 1.0)
        reasons[open_rows & partial] = f"{side}: score neither 0 nor 1 in a right-or-wrong task"
        reasons[open_rows & bounded & ((scores < 0.0) | (scores > 1.0))] = f"{side}: score outside [0, 1]"
    return reasons


def _why_absent(base: float, candidate: float, base_reason: object, candidate_reason: object) -> str:
    """What the sides say about a score that is not there; no side's silence hides the other's reason."""
    sides = (("base", base, base_reason), ("candidate", candidate, candidate_reason))
    absent = [(side, why if isinstance(why, str) else None) for side, score, why in sides if np.isnan(score)]
    given = [(side, why) for side, why in absent if why is not None] or [(side, "no score") for side, _ in absent]
    if len(given) == 2 and given[0][1] == given[1][1]:
        return f"base and candidate: {given[0][1]}"
    return "; ".join(f"{side}: {why}" for side, why in given)


# --- what became of the items -----------------------------------------------------------------


def _outcomes(rows: _Rows, base: Floats, candidate: Floats) -> Objects:
    """'kept', 'forgotten', 'gained' or 'never' for measured right-or-wrong items, else None."""
    outcome = np.full(len(rows), None, dtype=object)
    binary = rows.of_task((task.binary for task in rows.tasks), np.bool_) & ~np.isnan(base)
    was, now = base == 1.0, candidate == 1.0
    outcome[binary & was & now] = "kept"
    outcome[binary & was & ~now] = "forgotten"
    outcome[binary & ~was & now] = "gained"
    outcome[binary & ~was & ~now] = "never"
    return outcome


def _fates(rows: _Rows, candidate: Floats, outcome: Objects) -> tuple[Bools, Bools, Bools]:
    """(item has a measured choice view, locked, erased), joined over the views by domain and item_id.

    Where several tasks put one item in the `choice` view, being right in any of them keeps it from being erased.
    """
    domains = {domain: code for code, domain in enumerate(sorted({task.domain for task in rows.tasks}))}
    domain = rows.of_task((domains[task.domain] for task in rows.tasks), np.intp)
    choice = rows.of_task((task.view == "choice" and task.binary for task in rows.tasks), np.bool_)
    item = domain * (int(rows.item.max(initial=0)) + 1) + rows.item
    ranked = choice & ~np.isnan(candidate)
    known = pd.Index(pd.unique(item[ranked]))
    still_right = pd.Index(pd.unique(item[ranked & (candidate == 1.0)]))

    has_choice_view = np.asarray(known.get_indexer(item) >= 0)
    forgotten = np.asarray(outcome == "forgotten")
    locked = forgotten & ~choice & np.asarray(still_right.get_indexer(item) >= 0)
    return has_choice_view, locked, forgotten & has_choice_view & ~locked


def _paired_task(
    info: TaskInfo, items: pd.DataFrame, has_choice_view: Bools, locked: Bools, erased: Bools
) -> PairedTask:
    measured = items["reason"].isna().to_numpy()
    chosen = items[measured]
    why: Counter[Hashable] = Counter(items["reason"][~measured].tolist())
    return PairedTask(
        info=info,
        item_ids=chosen["item_id"].to_numpy(dtype=object),
        clusters=chosen["cluster"].to_numpy(dtype=object),
        strata=chosen["stratum"].to_numpy(dtype=object),
        base=chosen["base_score"].to_numpy(dtype=np.float64),
        candidate=chosen["candidate_score"].to_numpy(dtype=np.float64),
        has_choice_view=has_choice_view[measured],
        locked=locked[measured],
        erased=erased[measured],
        n_prompts_equal=int(chosen["prompts_equal"].sum()),
        unmeasured={str(reason): count for reason, count in why.most_common() if reason != SUPPORTING},
    )


# --- what the reader must know ----------------------------------------------------------------


def _warnings(base: RunManifest, candidate: RunManifest, tasks: Sequence[PairedTask]) -> tuple[str, ...]:
    found = []
    if base.tokenizer != candidate.tokenizer:
        found.append("base and candidate have different tokenizers or chat templates")
    if base.chat_template != candidate.chat_template:
        with_template = base.name if base.chat_template else candidate.name
        found.append(f"only {with_template} was prompted with a chat template")
    if base.reference != candidate.reference:
        found.append(
            "base and candidate were judged under different reference checkpoints: text rated by likelihood "
            "was not compared; evaluate the candidate with --base"
        )
    n_items = sum(len(task.base) for task in tasks)
    unequal = n_items - sum(task.n_prompts_equal for task in tasks)
    if unequal:
        found.append(f"{unequal} of {n_items} paired items were prompted differently on the two sides")
    why: Counter[str] = Counter()
    for task in tasks:
        why.update(task.unmeasured)
    total = n_items + sum(why.values())
    found += [f"{count} of {total} items not measured: {reason}" for reason, count in why.most_common()]
    return tuple(found)
