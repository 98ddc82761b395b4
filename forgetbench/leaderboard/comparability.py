"""What a leaderboard asks of a comparison and its two runs before they stand in a table with others.

Each function gives the reasons against, in words; none means that it holds. Runs that must not be paired at all are
refused by `comparison.pairing`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from forgetbench.comparison.delta import comparison_id
from forgetbench.errors import listed
from forgetbench.fingerprint import digest
from forgetbench.messages import translated as _
from forgetbench.records import ALPHA, DEFAULT_MARGIN, TARGET, Comparison, RunManifest, Side, TaskInfo
from forgetbench.sanitize import one_line
from forgetbench.suites.suite import Suite, load_suite, suite_names


def reasons_against(comparison: Comparison, base: RunManifest, candidate: RunManifest) -> Iterator[str]:
    """Why the comparison is not one of these two runs, whole, of one suite, version, protocol and engine."""
    yield from _partial(comparison)
    for name, side, manifest in (("base", comparison.base, base), ("candidate", comparison.candidate, candidate)):
        yield from _side_differences(name, side, manifest)
        yield from _setting_differences(name, comparison, manifest)
        yield from _run_faults(name, manifest, base)
    if comparison.comparison_id != comparison_id(base, candidate):
        yield _("comparison_id is not that of its two runs")
    yield from _task_differences(comparison, base)
    yield from _suite_differences(base)


def _partial(comparison: Comparison) -> Iterator[str]:
    if comparison.looks is not None or comparison.selection is not None:
        yield _("a sequential gate's or a chosen candidate's comparison is of a part of the items; submit the whole")
    if comparison.alpha != ALPHA:
        yield _("alpha is {alpha:g}; a leaderboard's intervals have level {level:.0%}").format(
            alpha=comparison.alpha, level=1 - ALPHA
        )
    if comparison.base.fingerprint == comparison.candidate.fingerprint:
        yield _("base and candidate are one checkpoint")


def _side_differences(name: str, side: Side, manifest: RunManifest) -> Iterator[str]:
    """The run is the one that the comparison names, and its id that of what was run."""
    pairs = (
        ("run_id", side.run_id, manifest.run_id),
        ("fingerprint", side.fingerprint, manifest.fingerprint),
        ("name", side.name, manifest.label),
        ("step", side.step, manifest.step),
    )
    for field, told, own in pairs:
        if told != own:
            yield _("the {side}'s {field} is {told} in comparison.json and {own} in its run").format(
                side=name, field=field, told=_short(told), own=_short(own)
            )


def _setting_differences(name: str, comparison: Comparison, manifest: RunManifest) -> Iterator[str]:
    pairs = (
        ("suite", comparison.suite, manifest.suite),
        ("suite_version", comparison.suite_version, manifest.suite_version),
        ("protocol", comparison.protocol, manifest.protocol),
        ("engine", dict(comparison.engine), dict(manifest.engine)),
        ("margins", comparison.margins, manifest.allowed),
    )
    for field, told, own in pairs:
        if told != own:
            yield _("mixture: {field} is {told} in comparison.json and {own} in the {side}'s run").format(
                field=field, told=_short(told), own=_short(own), side=name
            )


def _run_faults(name: str, manifest: RunManifest, base: RunManifest) -> Iterator[str]:
    if manifest.limit is not None:
        yield _("the {side}'s run was limited to {limit} items of each task; submit the whole suite").format(
            side=name, limit=manifest.limit
        )
    if manifest.run_id.rpartition("-")[2] not in _run_digests(manifest, base):
        yield _("the {side}'s run_id is not that of its checkpoint, engine, suite, protocol and seed").format(side=name)


def _run_digests(manifest: RunManifest, base: RunManifest) -> set[str]:
    """How the id of that run may end; as `evaluation.plan` and `evaluation.rescore` make it."""
    if manifest.rescored_from is not None:
        suite = digest([(task.fingerprint, task.name) for task in manifest.tasks])
        return {digest([manifest.rescored_from, suite])[:10]}
    references = {manifest.reference, manifest.fingerprint, base.fingerprint} - {None}
    settings = [dict(manifest.engine), manifest.suite_fingerprint, manifest.protocol, manifest.seed, manifest.limit]
    again = [manifest.replicate] if manifest.replicate else []
    return {digest([manifest.fingerprint, reference, *settings, *again])[:10] for reference in references}


def _task_differences(comparison: Comparison, base: RunManifest) -> Iterator[str]:
    told = {row.name: (row.domain, row.metric, row.view, row.supporting) for row in comparison.tasks}
    own = {task.name: (task.domain, task.metric, task.view, task.supporting) for task in base.tasks}
    if odd := sorted(name for name in told.keys() | own.keys() if told.get(name) != own.get(name)):
        yield _("the tasks of comparison.json are not those of its runs: {names}").format(names=_listed(odd))


def _suite_differences(manifest: RunManifest) -> Iterator[str]:
    """A suite that goes by the name of an embedded one is that one: its version, margins and tasks."""
    if manifest.suite not in suite_names():
        return
    suite, _where = load_suite(manifest.suite)
    if manifest.suite_version != suite.version:
        yield _("suite {suite} is of version {told}, this forgetbench has version {own}; run both again").format(
            suite=manifest.suite, told=manifest.suite_version, own=suite.version
        )
    if (manifest.bits_margin, manifest.preserve) != (suite.bits_margin, suite.preserve):
        yield _("the runs' bits_margin and preserve are not those of suite {suite}").format(suite=manifest.suite)
    for domain, margin in manifest.margins.items():
        own = suite.margins.get(domain, DEFAULT_MARGIN)
        if domain != TARGET and margin != own:
            yield _("the margin of {domain} is {told:g}, suite {suite} declares {own:g}").format(
                domain=one_line(domain, 40), told=margin, suite=manifest.suite, own=own
            )
    yield from _tasks_left_out(suite, manifest.tasks)


def _tasks_left_out(suite: Suite, tasks: tuple[TaskInfo, ...]) -> Iterator[str]:
    asked = {task.name: task.domain for task in tasks if task.domain != TARGET}
    own = {entry.task: domain for domain, entries in suite.domains.items() for entry in entries}
    if any(entry.subtasks for entries in suite.domains.values() for entry in entries):
        return  # a group's members are known only when it is loaded
    if odd := sorted(name for name in asked.keys() | own.keys() if asked.get(name) != own.get(name)):
        yield _("the tasks are not those of suite {suite}: {names}").format(suite=suite.name, names=_listed(odd))


def _listed(names: Iterable[str]) -> str:
    return listed([one_line(name, 80) for name in names], 3)


def _short(value: object) -> str:
    return one_line(f"{value}", 160)
