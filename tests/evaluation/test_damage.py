"""What is damaged in a results folder is made again by the command that made it; two equal commands ask once."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from forgetbench import pipeline
from forgetbench.engines.base import EngineOptions
from forgetbench.engines.scripted import ScriptedEngine
from forgetbench.errors import InputError
from forgetbench.evaluation.options import EvaluationOptions
from forgetbench.progress import Progress
from forgetbench.records import Request, Response
from forgetbench.storage.folder import ResultsFolder
from forgetbench.storage.runs import load_run


def evaluated(results: Path, suite: Path, engine: object = None, notes: list[str] | None = None) -> pipeline.RunResult:
    progress = Progress(note=(notes if notes is not None else []).append)
    options = EvaluationOptions(results=results, suite=str(suite))
    return pipeline.run("b", "a", evaluation=options, engine=engine or EngineOptions("scripted"), progress=progress)  # type: ignore[arg-type]


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:40])


def garbled(path: Path) -> None:
    data = bytearray(path.read_bytes())
    middle = len(data) // 3
    data[middle : middle + 200] = bytes(200)
    path.write_bytes(bytes(data))


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def gone(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("harm", [cut, garbled, emptied, gone])
def test_a_damaged_run_is_made_again(tmp_path: Path, tiny_tasks: Path, harm: object) -> None:
    assert callable(harm)
    results, suite = tmp_path / "results", tiny_tasks / "tiny-suite.yml"
    base, _ = evaluated(results, suite).runs
    folder = ResultsFolder(results).run(base.manifest.run_id)
    for name in ("samples.parquet", "manifest.json", "scores.json"):
        before = (folder / name).read_bytes()
        harm(folder / name)
        notes: list[str] = []
        again, _ = evaluated(results, suite, notes=notes).runs
        assert again.samples.equals(base.samples)
        assert load_run(folder).samples.equals(base.samples)
        if name != "manifest.json":
            assert (folder / name).read_bytes() == before
        if (harm, name) != (gone, "manifest.json"):
            (note,) = notes
            assert name in note and "made again from the ledger" in note, note


@pytest.mark.parametrize("name", ["comparison.json", "items.parquet"])
def test_a_damaged_comparison_is_made_again(tmp_path: Path, tiny_tasks: Path, name: str) -> None:
    results, suite = tmp_path / "results", tiny_tasks / "tiny-suite.yml"
    (saved,) = evaluated(results, suite).comparisons
    before = (saved.folder / "items.parquet").read_bytes()
    cut(saved.folder / name)
    evaluated(results, suite)
    assert (saved.folder / "items.parquet").read_bytes() == before


def test_reading_a_damaged_run_says_what_to_do(tmp_path: Path, tiny_tasks: Path) -> None:
    results, suite = tmp_path / "results", tiny_tasks / "tiny-suite.yml"
    folders = [ResultsFolder(results).run(run.manifest.run_id) for run in evaluated(results, suite).runs]
    for name in ("samples.parquet", "manifest.json"):
        cut(folders[1] / name)
        with pytest.raises(InputError, match=rf"{name}: .*the command that made it makes it again") as caught:
            pipeline.compare(folders[0], folders[1])
        assert "\n" not in str(caught.value)


class Slow(ScriptedEngine):
    """The scripted engine, which lets another begin before its second answer."""

    def __init__(self, begun: threading.Event, go_on: threading.Event) -> None:
        super().__init__()
        self.begun, self.go_on, self.asked = begun, go_on, 0

    def score(self, requests: Sequence[Request]) -> Iterator[Response]:
        for response in super().score(requests):
            self.asked += 1
            yield response
            self.begun.set()
            self.go_on.wait(20)

    def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
        for response in super().generate(requests):
            self.asked += 1
            yield response


def test_of_two_equal_commands_one_asks(tmp_path: Path, tiny_tasks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forgetbench.storage.claims._POLL", 0.02)
    results, suite = tmp_path / "results", tiny_tasks / "tiny-suite.yml"
    begun, waits = threading.Event(), threading.Event()
    first, second = Slow(begun, waits), Slow(threading.Event(), waits)
    found: list[pipeline.RunResult] = []
    notes: list[str] = []

    class Heard(list[str]):
        def append(self, text: str) -> None:
            notes.append(text)
            waits.set()

    threads = [
        threading.Thread(target=lambda: found.append(evaluated(results, suite, first))),
        threading.Thread(target=lambda: found.append(evaluated(results, suite, second, Heard()))),
    ]
    threads[0].start()
    assert begun.wait(20)
    threads[1].start()
    for thread in threads:
        thread.join(60)
    assert any("another forgetbench (pid" in note for note in notes)
    assert first.asked > 0
    assert second.asked == 0
    one, other = found
    assert [run.samples.equals(twin.samples) for run, twin in zip(one.runs, other.runs, strict=True)] == [True, True]
