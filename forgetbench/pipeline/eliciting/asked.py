"""From a finished comparison to the table of what brings its forgotten items back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from forgetbench.diagnosis.elicitation import WAYS, AskedItem, Elicitation, Lack, Way, elicitation_rows
from forgetbench.engines.base import Engine, EngineOptions
from forgetbench.errors import InputError
from forgetbench.evaluation.again import AskAgain
from forgetbench.evaluation.options import EvaluationOptions
from forgetbench.evaluation.session import LoadedSuite, Session, open_session
from forgetbench.pipeline.eliciting.asking import Answered, ask
from forgetbench.pipeline.eliciting.drawing import ITEM_COLUMNS, DrawnItem, draw
from forgetbench.pipeline.eliciting.lenient import leniently_right
from forgetbench.pipeline.eliciting.ways import Original, askings
from forgetbench.progress import Progress
from forgetbench.records import Comparison, RunManifest
from forgetbench.storage.comparisons import load_items
from forgetbench.storage.csv_files import csv_text
from forgetbench.storage.files import write_atomic
from forgetbench.storage.folder import ResultsFolder
from forgetbench.storage.runs import load_run
from forgetbench.suites.suite import Suite, load_suite, suite_of_run, with_prompting

ASKED_FILE: Final = "asked_again.csv"


def ask_again(
    folder: Path,
    compared: Comparison,
    options: AskAgain,
    *,
    engine: EngineOptions | Engine,
    base: str | None = None,
    candidate: str | None = None,
    progress: Progress = Progress(),
) -> Elicitation:
    """Ask the forgotten items of the comparison in `folder` again, and controls in the same ways.

    Both of its runs must lie in its results folder, whose ledger is used; `base` and `candidate` say where the
    checkpoints are now. Writes asked_again.csv: every item, and in which ways each side had it right. Raises InputError
    for what the user can mend, EngineError or StorageError with everything answered so far kept.
    """
    results = ResultsFolder(folder.resolve().parent.parent)
    before, after = (load_run(results.run(side.run_id)) for side in (compared.base, compared.candidate))
    manifest = after.manifest
    drawn = draw(load_items(folder, ITEM_COLUMNS), before, after, options.ask_again_items, options.ask_again_seed)
    if not any(item.group == "forgotten" for item in drawn):
        raise InputError(f"{folder}: no right-or-wrong item was forgotten: there is nothing to ask again")
    suite, own = _suite(manifest, options)
    evaluation = EvaluationOptions(results=results.root, seed=manifest.seed, run_code=options.run_code)
    with open_session(
        [candidate or compared.candidate.where],
        base or compared.base.where,
        evaluation=evaluation,
        engine=engine,
        suite=LoadedSuite(suite, ()),
        progress=progress,
    ) as session:
        _check(session, compared)
        original = _original(session, manifest, suite, own)
        ways = list(askings(original, drawn, options.ask_again_shots, options.ask_again_seed))
        answered = ask(session, ways, drawn, (compared.base.run_id, compared.candidate.run_id))
        engine_of = {name: str(session.engine.settings[name]) for name in ("name", "version")}
    items = [_asked(item, answered) for item in drawn]
    write_atomic(folder / ASKED_FILE, _csv(items))
    rows = elicitation_rows(items, compared.alpha)
    return Elicitation(rows, engine_of, options.ask_again_items, options.ask_again_shots, options.ask_again_seed)


def _suite(manifest: RunManifest, options: AskAgain) -> tuple[Suite, Path | None]:
    """The suite that the runs were made with, prompting as they did, and the folder its own tasks may lie in."""
    suite, own = suite_of_run(manifest) if options.suite is None else load_suite(options.suite)
    told: dict[str, Any] = dict(manifest.prompt_settings)
    suite = with_prompting(
        suite, told.get("chat_template_kwargs", {}), told.get("system_prompt"), bool(told.get("add_bos"))
    )
    return suite, own


def _check(session: Session, compared: Comparison) -> None:
    """Raise InputError unless these are the checkpoints of the comparison; tell of another engine."""
    assert session.base is not None  # noqa: S101 - a base was given
    for found, side in ((session.base, compared.base), (session.checkpoints[0], compared.candidate)):
        if found.fingerprint != side.fingerprint:
            raise InputError(
                f"{found.where}: not the checkpoint that was evaluated as {side.name} (its weights or tokenizer "
                "differ); say where that one is with --base and --candidate"
            )
    if dict(session.engine.settings) != dict(compared.engine):
        session.progress.note(
            f"what was forgotten was answered by {_named(compared.engine)}, and is asked again of "
            f"{_named(session.engine.settings)}: another engine brings some items back by itself"
        )


def _named(engine: Any) -> str:
    return " ".join(str(engine.get(name, "?")) for name in ("name", "version"))


def _original(session: Session, manifest: RunManifest, suite: Suite, own: Path | None) -> Original:
    return Original(
        suite=suite,
        folder=own,
        limit=manifest.limit,
        protocol=manifest.protocol,
        tasks=manifest.tasks,
        chat=manifest.chat_template,
        has_template=session.engine.tokenizer(session.checkpoints[0]).has_chat_template,
    )


def _asked(item: DrawnItem, answered: Sequence[Answered]) -> AskedItem:
    base: dict[Way, bool] = {each.way: each.base[item.key] for each in answered if item.key in each.base}
    candidate: dict[Way, bool] = {each.way: each.candidate[item.key] for each in answered if item.key in each.candidate}
    lacks: dict[Way, Lack] = {each.way: each.lacks[item.key] for each in answered if item.key in each.lacks}
    before, after = (leniently_right(item, answer) for answer in (item.base, item.candidate))
    if before is not None:
        base["lenient"] = before
    if after is None:
        lacks["lenient"] = "no_text"
    else:
        candidate["lenient"] = after
    return AskedItem(
        task=item.task.name,
        domain=item.task.domain,
        item_id=item.item_id,
        group=item.group,
        stratum=item.stratum,
        language=item.language,
        cluster=item.cluster,
        second_cluster=item.second_cluster,
        base=base,
        candidate=candidate,
        lacks=lacks,
    )


def _csv(items: Sequence[AskedItem]) -> str:
    """One row per item: 1 where a side was right in a way, 0 where it was wrong, empty where it was not asked."""

    def cells(right: dict[Way, bool]) -> list[int | None]:
        return [int(right[way]) if way in right else None for way in WAYS]

    header = ["task", "domain", "item_id", "group", "stratum", "language", "cluster", "second_cluster"]
    sides = [f"{side}_{way}" for side in ("base", "candidate") for way in WAYS]
    return csv_text(
        [*header, *sides],
        (
            [*(getattr(item, name) for name in header), *cells(dict(item.base)), *cells(dict(item.candidate))]
            for item in items
        ),
    )
