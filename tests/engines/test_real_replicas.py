"""Two replicas of real vLLM over the embedded model, one of them killed at work. Minutes, not seconds."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from forgetbench.lab.demo.demo_checkpoints import prepare
from forgetbench.storage.ledger import Ledger
from forgetbench.storage.runs import Run, load_run

pytestmark = [pytest.mark.real, pytest.mark.filterwarnings("default")]

STARTS = "Initializing a V1 LLM engine"
ITEMS = 40
ANSWERS_BEFORE_THE_KILL = 4
SECONDS = 900
"""More than either half of the run takes."""


def runs(results: Path) -> dict[str, Run]:
    stored_runs = [load_run(folder) for folder in (results / "runs").iterdir()]
    return {run.manifest.name: run for run in stored_runs}


def scores(results: Path) -> dict[str, object]:
    return {path.parent.name: json.loads(path.read_text()) for path in results.glob("runs/*/scores.json")}


def stored(results: Path) -> int:
    """Responses in the ledger so far."""
    if not (results / ".ledger.sqlite").exists():
        return 0
    with Ledger(results / ".ledger.sqlite") as ledger:
        return len(ledger)


def replicas_at_work(driver: int) -> list[int]:
    """Process ids of the replicas that are answering for the command with process id `driver`."""
    parents, working = {}, []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            title = (entry / "cmdline").read_bytes()
            # The name, in brackets, may hold spaces and brackets.
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if title.startswith(b"ray::ReplicaProcess.answer"):
            working.append(int(entry.name))

    def belongs(pid: int) -> bool:
        return pid == driver or (pid in parents and belongs(parents[pid]))

    return [pid for pid in working if belongs(pid)]


def kill_one_at_work(process: subprocess.Popen[str], results: Path) -> None:
    """As soon as answers arrive, and before they all have."""
    deadline = time.monotonic() + SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if stored(results) >= ANSWERS_BEFORE_THE_KILL and (working := replicas_at_work(process.pid)):
            os.kill(working[-1], signal.SIGKILL)
            break
        time.sleep(0.02)
    else:
        process.kill()
        raise AssertionError("it must be killed while it works")
    assert stored(results) < 2 * ITEMS


def test_a_killed_replica_changes_no_score(
    forgetbench: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    """The base is asked first; the second checkpoint waits until the killed replica's successor has started."""
    made = prepare()
    # In float32, since sums in another order differ by less than what could turn an answer.
    command = [
        "run", "--base", f"base={made.base}", f"mild={made.mild}", "--dtype", "float32", "--limit", str(ITEMS),
        "--task", "knowledge_choice", "--task", "knowledge_open", "--results",
    ]  # fmt: skip
    environment = {"HF_HUB_OFFLINE": "1", "VLLM_CPU_KVCACHE_SPACE": "1"}

    killed = tmp_path / "killed"
    with subprocess.Popen(
        [sys.executable, "-m", "forgetbench", *command, str(killed), "--replicas", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    ) as process:
        kill_one_at_work(process, killed)
        _, errors = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, errors
    assert "raylet" not in errors, "what Ray says of the death stays out of the terminal"

    plain = tmp_path / "plain"
    alone = forgetbench(*command, plain, **environment)
    assert alone.returncode == 0, alone.stderr

    assert scores(killed) == scores(plain)
    with_replicas, without = runs(killed), runs(plain)
    for name in ("base", "mild"):
        pairs = zip(with_replicas[name].samples["loglikelihoods"], without[name].samples["loglikelihoods"], strict=True)
        for one, other in pairs:
            assert list(one) == pytest.approx(list(other), abs=1e-4)
    counts = [with_replicas[name].manifest.counts for name in ("base", "mild")]
    assert [part.get("replica_restarts", 0) for part in counts] == [1, 0]
    assert stored(killed) == sum(part["asked"] for part in counts), "every request has one response"
    starts = {path: path.read_text(errors="replace").count(STARTS) for path in killed.rglob("engine*.log")}
    assert sum(starts.values()) == 3, starts
