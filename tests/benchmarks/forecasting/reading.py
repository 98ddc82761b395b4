"""Finished comparisons with one base as a matrix of candidates and items."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from forecasting.matrix import Candidates, Items
from forgetbench.errors import InputError
from forgetbench.records import Comparison
from forgetbench.stats.clustered import Floats
from forgetbench.storage.comparisons import load_comparison, load_items
from forgetbench.storage.folder import ResultsFolder
from forgetbench.storage.runs import load_run

if TYPE_CHECKING:
    import pandas as pd

_KEY = ["task", "item_id"]
_COLUMNS = (*_KEY, "domain", "cluster", "outcome", "base_score", "candidate_score")


@dataclass(frozen=True, slots=True)
class Read:
    """Comparisons as arrays; the names are in the order of the numbers in `items`."""

    names: tuple[str, ...]
    """Of the candidates, in the order of the folders."""
    candidates: Candidates
    items: Items
    tasks: tuple[str, ...]
    domains: tuple[str, ...]
    item_ids: tuple[str, ...]
    """One for each item."""
    cluster: tuple[str, ...]
    """The same."""


def read_comparisons(folders: Sequence[Path], family: Callable[[str], str] = str) -> Read:
    """The right-or-wrong items that any of the comparisons measured; `family` says it of a candidate's name.

    An answer whose base answered otherwise than in the first comparison that has the item is taken as not known. Raises
    InputError where a folder cannot be read, has another base, suite or protocol than the first, or where nothing was
    measured.
    """
    import pandas as pd

    comparisons = [load_comparison(folder) for folder in folders]
    for folder, comparison in zip(folders, comparisons, strict=True):
        _check_alike(folder, comparison, folders[0], comparisons[0])
    tables = [_measured(folder) for folder in folders]
    rows = pd.concat(tables).drop_duplicates(_KEY).sort_values(_KEY).reset_index(drop=True)
    if rows.empty:
        raise InputError(f"{folders[0]}: no right-or-wrong item was measured on both sides, here or in the others")
    names = tuple(comparison.candidate.name for comparison in comparisons)
    base = rows["base_score"].to_numpy(np.float64)
    task, tasks = pd.factorize(rows["task"], sort=True)
    domain, domains = pd.factorize(rows["domain"], sort=True)
    return Read(
        names,
        Candidates(
            np.stack([_answers(rows, base, table) for table in tables]),
            pd.factorize(np.array([family(name) for name in names], dtype=object))[0].astype(np.intp),
        ),
        Items(
            base == 1.0,
            task.astype(np.intp),
            domain.astype(np.intp),
            pd.factorize(rows["item_id"])[0].astype(np.intp),
            _margins(folders[0], comparisons[0], rows),
        ),
        tuple(tasks),
        tuple(domains),
        tuple(rows["item_id"]),
        tuple(rows["cluster"]),
    )


def _check_alike(folder: Path, comparison: Comparison, first_folder: Path, first: Comparison) -> None:
    for what, own, others in (
        ("base", comparison.base.fingerprint, first.base.fingerprint),
        ("suite", comparison.suite_label, first.suite_label),
        ("protocol", comparison.protocol, first.protocol),
    ):
        if own != others:
            raise InputError(f"{folder}: its {what} is not that of {first_folder}; give comparisons that share it")


def _measured(folder: Path) -> pd.DataFrame:
    items = load_items(folder, _COLUMNS)
    return items[items["outcome"].notna()]


def _answers(rows: pd.DataFrame, base: Floats, table: pd.DataFrame) -> Floats:
    """Whether a candidate was right, in the order of `rows`; NaN where that is not known."""
    own = rows[_KEY].merge(table, on=_KEY, how="left")
    score = own["candidate_score"].to_numpy(np.float64)
    return np.where(own["base_score"].to_numpy(np.float64) == base, score, np.nan)


def _margins(folder: Path, comparison: Comparison, rows: pd.DataFrame) -> Floats:
    """By the base's run, where it still lies beside the comparisons; NaN where it does not, or rated no choices."""
    import pandas as pd

    run = ResultsFolder.of_run(folder).run(comparison.base.run_id)
    if not run.is_dir():
        return np.full(len(rows), np.nan)
    samples = load_run(run).samples
    own = rows[_KEY].merge(samples[[*_KEY, "gold", "choices", "loglikelihoods"]], on=_KEY, how="left")
    columns = (own[name] for name in ("gold", "choices", "loglikelihoods"))
    margins = pd.Series([_margin(*row) for row in zip(*columns, strict=True)], dtype=np.float64)
    # A free answer's item often has the same question as a choice beside it.
    return np.asarray(margins.fillna(margins.groupby(own["item_id"]).transform("mean")), dtype=np.float64)


def _margin(gold: object, choices: object, loglikelihoods: object) -> float:
    """The right choice's log-likelihood less that of the best wrong one; NaN where they were not rated."""
    if not isinstance(choices, list) or not isinstance(loglikelihoods, list) or len(loglikelihoods) < len(choices):
        return np.nan
    right = [value for name, value in zip(choices, loglikelihoods, strict=False) if name == gold]
    wrong = [value for name, value in zip(choices, loglikelihoods, strict=False) if name != gold]
    return right[0] - max(wrong) if len(right) == 1 and wrong else np.nan
