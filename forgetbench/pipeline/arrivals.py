"""The checkpoints of a training that is under way, one after another, each once it is written."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from forgetbench.evaluation.watching import Watching
from forgetbench.models.arriving import Snapshot, at_rest, is_whole, snapshot
from forgetbench.pipeline.trajectories import saved_checkpoints


def arrivals(training: Path, watching: Watching, *, weights: bool = True) -> Iterator[tuple[int, Path]]:
    """Step and folder of every checkpoint-N by step, as soon as it is whole and at rest; `weights` as `is_whole`.

    One that is still half written when a later one is whole is left out, so that steps only go up. Ends as `watching`
    says; a folder that is not there yet is waited for.
    """
    last, before = 0, dict[int, Snapshot]()
    changed = time.monotonic()
    while watching.until_step is None or last < watching.until_step:
        now = {step: snapshot(path) for step, path in saved_checkpoints(training).items() if step > last}
        if now != before:
            changed = time.monotonic()
        resting = (step for step, each in now.items() if at_rest(each, before.get(step), watching.poll))
        ready = next((step for step in resting if is_whole(training / f"checkpoint-{step}", weights=weights)), None)
        before = now
        if ready is not None:
            last = ready
            yield ready, training / f"checkpoint-{ready}"
            changed = time.monotonic()
        elif time.monotonic() - changed > watching.idle:
            return
        else:
            time.sleep(watching.poll)
