"""A small results folder whose every answer is known: two candidates of one base, asked in two views."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from paired_runs import item, run, task

from forgetbench.comparison.delta import compare
from forgetbench.records import CUT, ItemScore
from forgetbench.report.flips import Compared
from forgetbench.storage.comparisons import load_comparison, load_items, save_comparison
from forgetbench.storage.folder import ResultsFolder
from forgetbench.storage.runs import Run, save_run

CHOICE = task("capitals_choice", view="choice", metric="acc", language=("en",), chance=0.5)
OPEN = task("capitals_open", view="open", language=("en", "fr"))
STORY = task("stories", "creativity", binary=False, metric="utility")
TASKS = (CHOICE, OPEN, STORY)
CAPITALS = ("Paris", "Rome", "Lima", "Oslo", "Bern")
STRATA = ("head", "tail", "fr", "tail", "head")


def made(root: Path, texts: Mapping[str, str] = {}) -> list[Path]:
    """Folders of two comparisons, 'harsh' and 'mild', in a new results folder.

    Of the five capitals harsh has locked the first, erased the second, never knew the third, cut the fourth and kept
    the fifth. `texts` are put into further items, which harsh forgot: ids, prompts and answers alike.
    """
    results = ResultsFolder(root)
    base = _run("base", _answers(texts, ("right",) * 5, ("right", "right", "other", "right", "right"), 1.0))
    save_run(results, base, {})
    folders = []
    for name, answers, ranked, story in (
        ("harsh", ("other", "other", "other", "cut", "right"), ("right", "other", "other", "right", "right"), 0.25),
        ("mild", ("right",) * 5, ("right", "right", "other", "right", "right"), 1.0),
    ):
        candidate = _run(name, _answers(texts, answers, ranked, story, forgets=name == "harsh"))
        save_run(results, candidate, {})
        comparison, items = compare(base, candidate, margins={})
        comparison = replace(comparison, comparison_id=name)
        folders.append(save_comparison(results.comparison(name), comparison, items))
    return folders


def compared(folders: list[Path], *, with_runs: bool = True) -> list[Compared]:
    """The comparisons as they lie there."""
    return [
        Compared(
            load_comparison(folder), load_items(folder), ResultsFolder(folder.parent.parent) if with_runs else None
        )
        for folder in folders
    ]


def _run(name: str, items: list[ItemScore]) -> Run:
    return run(name, TASKS, items)


def _answers(
    texts: Mapping[str, str], answers: tuple[str, ...], ranked: tuple[str, ...], story: float, *, forgets: bool = False
) -> list[ItemScore]:
    items = [_story(story)]
    for number, (capital, stratum) in enumerate(zip(CAPITALS, STRATA, strict=True)):
        common = {"item_id": f"capital/{capital}", "stratum": stratum, "question": f"Which one is number {number}?"}
        right = ranked[number] == "right"
        items.append(
            item(CHOICE, number, float(right), **common, gold=capital, responses=(), choices=(capital, "Wien"),
                 loglikelihoods=(-1.0, -3.0) if right else (-5.0 - number, -2.0), metrics={"acc": float(right)})
        )  # fmt: skip
        items.append(_open(number, capital, answers[number], common))
    for number, text in enumerate(texts.values(), len(CAPITALS)):
        said = "no" if forgets else text
        items.append(
            item(OPEN, number, float(not forgets), item_id=f"{text[:200]}#{number}", stratum=text[:200], prompt=text,
                 question=text, gold=text, responses=(f"{said} {text}",), finish_reasons=("stop",), metrics={})
        )  # fmt: skip
    return items


def _open(number: int, capital: str, answer: str, common: Mapping[str, str]) -> ItemScore:
    said = {"right": f"It is {capital}, I think.", "other": "It is Wien, I think.", "cut": "Well, as it happens"}[
        answer
    ]
    return item(
        OPEN, number, None if answer == "cut" else float(answer == "right"), **common, gold=capital, responses=(said,),
        reason=CUT if answer == "cut" else None, finish_reasons=("length" if answer == "cut" else "stop",),
        read=() if answer == "cut" else (said[6:10],), metrics={"parsed": float(answer != "cut")},
    )  # fmt: skip


def _story(score: float) -> ItemScore:
    told = "Once upon a time there was a fox." if score == 1.0 else "Once upon a time there was a ticket."
    return item(STORY, 0, score, item_id="story", gold="", responses=(told,), finish_reasons=("stop",))
