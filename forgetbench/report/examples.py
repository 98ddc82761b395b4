"""Which items a report shows in full, and their texts made safe and short."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from forgetbench.messages import N_, clauses
from forgetbench.messages import translated as _
from forgetbench.records import Comparison
from forgetbench.report.numbers import points
from forgetbench.report.wording import title
from forgetbench.sanitize import clip, one_line

if TYPE_CHECKING:
    import pandas as pd

Positions = NDArray[np.intp]
Bools = NDArray[np.bool_]

PER_DOMAIN: Final = 5
_FATES: Final = {"locked": N_("locked"), "erased": N_("erased"), "never_known": N_("never known")}
"""Values of the column `fate`, and their words."""
TEXT_LIMIT: Final = 1200
SELECTION_NOTE: Final = N_(
    "Forgotten items are picked by a hash of their id, locked, erased and never known in turn, not by how they look; "
    "one view per question. Items scored by degree are those that fell most."
)


@dataclass(frozen=True, slots=True)
class Passage:
    """One text of an item, printable and cut to a readable length; `note` says what was cut."""

    label: str
    text: str
    note: str


@dataclass(frozen=True, slots=True)
class Example:
    """One item side by side."""

    task: str
    item_id: str
    outcome: str
    """'locked', 'erased', 'never known', 'forgotten' (which of these is not known) or 'fell' (scored by degree), as it
    is shown."""
    scores: str
    prompts_equal: bool
    question: tuple[Passage, ...]
    answers: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class DomainExamples:
    """The shown items of one domain, with a sentence that says what they are a sample of."""

    domain: str
    title: str
    summary: str
    examples: tuple[Example, ...]


def select_examples(comparison: Comparison, items: pd.DataFrame) -> tuple[DomainExamples, ...]:
    """Per domain up to `PER_DOMAIN` forgotten items, filled up with those whose graded score fell most."""
    import pandas as pd

    # A million rows are looked through once, not once for each domain.
    domains, names = pd.factorize(items["domain"])
    code = {str(name): number for number, name in enumerate(names)}
    graded, lost = items["outcome"].isna().to_numpy(), (items["outcome"] == "forgotten").to_numpy()
    fall = (items["candidate_score"] - items["base_score"]).to_numpy()

    def of_domain(name: str) -> DomainExamples:
        inside = domains == code.get(name, -2)
        return _domain_examples(name, items, inside & graded, inside & lost, fall, int(np.count_nonzero(inside)))

    return tuple(of_domain(row.name) for row in comparison.domains)


def _domain_examples(
    domain: str, items: pd.DataFrame, graded: Bools, lost: Bools, fall: NDArray[np.float64], n_items: int
) -> DomainExamples:
    """Of a domain's `n_items` rows those that are `graded` and those that are `lost`; `fall` is every row's change."""
    forgotten = np.flatnonzero(lost)
    fell = np.flatnonzero(graded & (fall < 0))
    shown = _in_turn(items, forgotten)[:PER_DOMAIN]
    shown += _steepest(items, fell, fall[fell], PER_DOMAIN - len(shown))
    measured = _Measured(
        binary=n_items - int(np.count_nonzero(graded)),
        graded=int(np.count_nonzero(graded & ~np.isnan(fall))),
        forgotten=len(forgotten),
        fell=len(fell),
    )
    return DomainExamples(
        domain=domain,
        title=title(domain),
        summary=_summary(measured, len(shown)),
        examples=tuple(_example(_record(items, at)) for at in shown),
    )


@dataclass(frozen=True, slots=True)
class _Measured:
    """How many items of a domain were measured, and how many of them lost."""

    binary: int
    graded: int
    forgotten: int
    fell: int


def _summary(measured: _Measured, n_shown: int) -> str:
    counts = []
    if measured.binary:
        told = _("{n:,} of {of:,} right-or-wrong items forgotten")
        counts.append(told.format(n=measured.forgotten, of=measured.binary))
    if measured.graded:
        told = _("{n:,} of {of:,} items scored by degree fell")
        counts.append(told.format(n=measured.fell, of=measured.graded))
    if not counts:
        return _("No item was measured on both sides.")
    return _("{counts}; {n} shown.").format(counts=clauses(counts), n=n_shown)


def _in_turn(items: pd.DataFrame, forgotten: Positions) -> list[int]:
    """Positions of forgotten items, by fate in turn, each question once, in an order that no one chose."""
    queues: dict[str, list[int]] = {name: [] for name in (*_FATES.values(), N_("forgotten"))}
    outcomes = dict(zip(forgotten.tolist(), items["fate"].iloc[forgotten].tolist(), strict=True))
    for at in _once_per_question(_by_chance(items, forgotten)):
        queues[_outcome(outcomes[at])].append(at)
    turns = max(len(queue) for queue in queues.values())
    return [queue[turn] for turn in range(turns) for queue in queues.values() if turn < len(queue)]


def _steepest(items: pd.DataFrame, fell: Positions, fall: NDArray[np.float64], most: int) -> list[int]:
    """Positions of the items that fell most, each question once; equal falls in an order that no one chose.

    A million items may have fallen, so only those that may be shown are looked at one by one.
    """
    order = np.argsort(fall, kind="stable")
    fall = fall[order]
    steepest: list[int] = []
    seen: list[tuple[str, int]] = []
    start = 0
    while start < len(order) and len(steepest) < most:
        stop = int(np.searchsorted(fall, fall[start], side="right"))
        seen += _by_chance(items, fell[order[start:stop]])
        steepest = _once_per_question(seen)
        start = stop
    return steepest[: max(most, 0)]


def _by_chance(items: pd.DataFrame, positions: Positions) -> list[tuple[str, int]]:
    """(item_id, position) of the rows at `positions`, in the order of a hash."""
    rows = items[["view", "item_id", "task"]].iloc[positions]
    columns = [rows[name].tolist() for name in rows.columns]
    keyed = [
        (_chance_order(view, item_id, task), str(item_id), at)
        for view, item_id, task, at in zip(*columns, positions.tolist(), strict=True)
    ]
    return [(item_id, at) for _, item_id, at in sorted(keyed)]


def _once_per_question(rows: list[tuple[str, int]]) -> list[int]:
    first: dict[str, int] = {}
    for item_id, at in rows:
        first.setdefault(item_id, at)
    return list(first.values())


def _record(items: pd.DataFrame, at: int) -> dict[str, Any]:
    # A slice is a view, where a list of positions would copy every text there is.
    (record,) = items.iloc[at : at + 1].to_dict("records")
    return {str(key): value for key, value in record.items()}


def _chance_order(view: object, item_id: object, task: object) -> str:
    # Free answers first: an option letter or a likelihood has less to show than a sentence.
    first = "1" if view == "choice" else "0"
    return first + hashlib.sha256(f"{item_id}\0{task}".encode(errors="replace")).hexdigest()


def _outcome(fate: object) -> str:
    """From the column `fate`."""
    return _FATES.get(str(fate), N_("forgotten"))


def _example(row: dict[str, Any]) -> Example:
    graded = row["outcome"] != "forgotten"
    sides = {"base": points(row["base_score"]), "tuned": points(row["candidate_score"])}
    return Example(
        task=one_line(str(row["task"]), 80),
        item_id=one_line(str(row["item_id"]), 80),
        outcome=_("fell") if graded else _(_outcome(row["fate"])),
        scores=_("score {base} → {tuned}").format(**sides) if graded else "",
        prompts_equal=bool(row["prompts_equal"]),
        question=_question(row),
        answers=(
            _passage(_("Base answered"), row["base_response"]),
            _passage(_("Fine-tuned answered"), row["candidate_response"]),
        ),
    )


def _question(row: dict[str, Any]) -> tuple[Passage, ...]:
    prompt = _passage(_("Prompt"), row["prompt"], "end")
    # A story has no right answer.
    return (prompt, _passage(_("Right answer"), row["gold"])) if row["gold"] else (prompt,)


def _passage(label: str, value: object, keep: Literal["start", "end"] = "start") -> Passage:
    # A few-shot prompt has its question at the end, an answer says what matters at the start.
    if not isinstance(value, str):
        return Passage(label, "", _("not recorded"))
    text, note = clip(value, TEXT_LIMIT, keep=keep)
    return Passage(label, text, note if text.strip() else _("empty"))
