"""A run against a served model, as a user starts it."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from served_model import KEY, Served, no_logprobs, spelled

from forgetbench import pipeline
from forgetbench.engines.base import EngineOptions
from forgetbench.engines.openai import (
    NO_LOGPROBS,
)
from forgetbench.evaluation.options import EvaluationOptions
from forgetbench.storage.ledger import Ledger
from forgetbench.storage.runs import load_run

Call = Callable[..., "subprocess.CompletedProcess[str]"]


def everything_written(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_a_run_measures_what_the_server_gives(
    server: Served, forgetbench: Call, tmp_path: Path, tiny_tasks: Path
) -> None:
    no_logprobs(server)
    command = (
        "run", "--engine", "openai", "base=small", "--base-url", f"{server.url}?token=hush-hush-hush",
        "--suite", tiny_tasks / "tiny-suite.yml", "--concurrency", 2,
    )  # fmt: skip
    done = forgetbench(*command)
    assert done.returncode == 0, done.stderr
    assert server.keys == {f"Bearer {KEY}"}
    assert server.most_under_way <= 2
    (folder,) = (tmp_path / "results" / "runs").iterdir()
    run = load_run(folder)
    by_task = run.samples.groupby("task")["reason"]
    assert set(by_task.get_group("tiny_choice")) == {NO_LOGPROBS}
    assert by_task.get_group("tiny_open").isna().all()
    assert run.manifest.engine == {"name": "openai", "server": server.url}
    assert run.manifest.counts["generated_tokens"] == 42
    assert all("messages" in body for _, body in server.asked[1:]), "native: the served model's own template"

    server.failures.extend([(401, {"error": {"message": f"wrong key {KEY}"}}, {})] * 2)
    replayed = forgetbench(*command, "--protocol", "native")
    assert replayed.returncode == 4, "the items that were not measured are asked again"
    assert len(replayed.stderr.strip().splitlines()) == 1, replayed.stderr
    assert "refuses the key (401: wrong key ***); set OPENAI_API_KEY" in " ".join(replayed.stderr.split())

    said = done.stdout + done.stderr + replayed.stdout + replayed.stderr
    for secret in (KEY, "hush-hush-hush"):
        assert secret not in said
        assert secret.encode() not in everything_written(tmp_path)


def test_what_is_answered_needs_no_server(server: Served, tmp_path: Path, tiny_tasks: Path, letters: Path) -> None:
    server.spell = spelled
    server.models = [{"id": "small", "owned_by": "somebody", "max_model_len": 4000}]
    evaluation = EvaluationOptions(
        results=tmp_path / "results", suite=str(tiny_tasks / "tiny-suite.yml"), protocol="completion"
    )
    engine = EngineOptions("openai", base_url=server.url, tokenizer=letters)
    (run,) = pipeline.run("small", evaluation=evaluation, engine=engine).runs
    assert run.samples["reason"].isna().all()
    assert all(isinstance(body["prompt"], list) for _, body in server.asked)
    asked = len(server.asked)
    server.server_close()
    (again,) = pipeline.run("small", evaluation=evaluation, engine=engine).runs
    assert again.samples.equals(run.samples)
    assert len(server.asked) == asked


def test_an_interrupt_does_not_wait_for_the_server(server: Served, tmp_path: Path, tiny_tasks: Path) -> None:
    enough = threading.Event()

    def refuse(body: dict[str, Any]) -> None:
        if len(server.asked) > 3:
            enough.wait(60)

    server.refuse = refuse
    suite = ["--suite", str(tiny_tasks / "tiny-suite.yml"), "--concurrency", "2"]
    command = ["run", "--engine", "openai", "small", "--base-url", server.url, *suite]
    # What a shell starts in the background ignores interrupts, and what that starts would inherit it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(
        [sys.executable, "-m", "forgetbench", *command], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    ) as process:
        signal.signal(signal.SIGINT, before)
        deadline = time.monotonic() + 60
        while len(server.asked) < 5 and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    enough.set()
    assert process.returncode == 130, said
    with Ledger(tmp_path / "results" / ".ledger.sqlite") as ledger:
        assert len(ledger) == 2, "the answers that came before"


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--engine", "openai"], "give --base-url http://HOST:PORT/v1, or set OPENAI_BASE_URL"),
        (["--engine", "openai", "--base-url", "http://me:hunter2@host/v1"], "user name or password"),
        (["--engine", "scripted", "--base-url", "http://host/v1"], "leave it out, or add --engine openai"),
    ],
)
def test_bad_input_is_one_clear_line(forgetbench: Call, arguments: list[str], part: str) -> None:
    done = forgetbench("run", "small", "--suite", "smoke", *arguments)
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert part in " ".join(done.stderr.split())
    assert "hunter2" not in done.stdout + done.stderr
