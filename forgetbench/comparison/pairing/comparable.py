"""Whether two runs may be compared: only when both were asked the same, in the same way."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from forgetbench.errors import IncomparableError, listed
from forgetbench.records import RunManifest, TaskInfo


def check_comparable(base: RunManifest, candidate: RunManifest, *, across_protocols: bool = False) -> None:
    """Raise IncomparableError, one line naming all that differs, unless the runs were made alike.

    `across_protocols` allows that prompts were rendered differently, where that difference is what is looked for.
    """
    _check_same_harness(base, candidate)
    settings = _setting_differences(base, candidate)
    if across_protocols:
        settings = [text for text in settings if not text.startswith("protocol ")]
    different = [*settings, *_task_differences(base.tasks, candidate.tasks)]
    if different:
        raise IncomparableError(
            f"runs {base.run_id} (base) and {candidate.run_id} (candidate) cannot be paired, they differ in "
            f"{'; '.join(different)}; {_way_out(base)}"
        )


def _check_same_harness(base: RunManifest, candidate: RunManifest) -> None:
    """What fingerprints cover, and how prompts and answers were read, is each harness's own."""
    if base.imported_from != candidate.imported_from:
        ours, theirs = (run.imported_from or "forgetbench itself" for run in (base, candidate))
        raise IncomparableError(
            f"runs {base.run_id} (base) and {candidate.run_id} (candidate) cannot be paired: they were evaluated by "
            f"{ours} and {theirs}, which ask and read in ways of their own; import both from one, or run both here"
        )


def _way_out(base: RunManifest) -> str:
    if base.imported_from:
        return "evaluate both alike, or import what they share with --task"
    return "evaluate both with the same suite and settings"


def _setting_differences(base: RunManifest, candidate: RunManifest) -> list[str]:
    pairs: list[tuple[str, Any, Any]] = [
        ("suite", base.suite, candidate.suite),
        ("suite version", base.suite_version, candidate.suite_version),
        ("suite fingerprint", base.suite_fingerprint[:12], candidate.suite_fingerprint[:12]),
        ("protocol", base.protocol, candidate.protocol),
        ("seed", base.seed, candidate.seed),
        *_engine_settings(base, candidate),
        # Engines say so only where it is on.
        ("deterministic", base.engine.get("deterministic", False), candidate.engine.get("deterministic", False)),
        ("limit", base.limit, candidate.limit),
        ("rescored", base.rescored_from is not None, candidate.rescored_from is not None),
        *(
            (name, base.prompt_settings.get(name), candidate.prompt_settings.get(name))
            for name in sorted({*base.prompt_settings, *candidate.prompt_settings})
        ),
    ]
    return [f"{name} {left} vs {right}" for name, left, right in pairs if left != right]


def _engine_settings(base: RunManifest, candidate: RunManifest) -> list[tuple[str, Any, Any]]:
    """Name and type of both engines, and of a harness what it asked (`hf`, `vllm`), as far as its log says."""
    names = {"name": "engine name", "backend": "backend", "dtype": "engine dtype"}
    pairs = [(text, base.engine.get(name), candidate.engine.get(name)) for name, text in names.items()]
    return [pair for pair in pairs if not (base.imported_from and None in pair)]


def _task_differences(base: Iterable[TaskInfo], candidate: Iterable[TaskInfo]) -> list[str]:
    left, right = ({task.name: task for task in side} for side in (base, candidate))
    different = []
    for side, only in (("base", left.keys() - right.keys()), ("candidate", right.keys() - left.keys())):
        if only:
            different.append(f"tasks only in the {side}: {listed(sorted(only))}")
    for name, task in left.items():
        if name in right:
            different += _reading_differences(task, right[name])
    changed = [
        f"{name} version {left[name].version} vs {right[name].version}"
        if left[name].version != right[name].version
        else f"{name} fingerprint {left[name].fingerprint[:12]} vs {right[name].fingerprint[:12]}"
        for name in left
        if name in right
        and (left[name].version, left[name].fingerprint) != (right[name].version, right[name].fingerprint)
    ]
    if changed:
        different.append(f"tasks: {listed(changed)}")
    return different


def _reading_differences(base: TaskInfo, candidate: TaskInfo) -> list[str]:
    """Where the same answer would get another score: a suite may set these over the task's own."""
    names = ("filter", "metric", "chance", "binary", "corpus_metric", "repeats")
    pairs = [(name, getattr(base, name), getattr(candidate, name)) for name in names]
    # Runs of before the filter was recorded have none.
    return [
        f"{name} of {base.name} {left} vs {right}"
        for name, left, right in pairs
        if left != right and "" not in (left, right)
    ]
