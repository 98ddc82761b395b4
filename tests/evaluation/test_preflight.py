"""What is known before a model is loaded: items that do not fit, room on the disk, room in memory."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import yaml

from forgetbench import lm_eval_bridge as bridge
from forgetbench.engines.base import Engine, EngineOptions
from forgetbench.engines.memory import MemoryNeed
from forgetbench.engines.openai import OpenAIEngine
from forgetbench.engines.scripted import ScriptedEngine, scripted_checkpoint
from forgetbench.engines.transformers import TransformersEngine
from forgetbench.errors import EngineError, InputError, StorageError
from forgetbench.evaluation import free_memory, preflight
from forgetbench.evaluation.evaluate import evaluate
from forgetbench.evaluation.options import EvaluationOptions
from forgetbench.evaluation.preflight import MemoryFit
from forgetbench.evaluation.session import open_session
from forgetbench.fingerprint import make_request
from forgetbench.models.checkpoints import resolve
from forgetbench.models.tokenizer import ByteTokenizer
from forgetbench.progress import Progress
from forgetbench.records import Checkpoint, Sampling
from forgetbench.storage.runs import Run
from forgetbench.suites.loading import load_tasks
from forgetbench.suites.suite import Suite

Call = Callable[..., "subprocess.CompletedProcess[str]"]


class NarrowEngine(ScriptedEngine):
    """The scripted engine with a window of so many bytes."""

    def __init__(self, window: int) -> None:
        super().__init__()
        self._window = window

    def max_length(self, checkpoint: Checkpoint) -> int:
        return self._window

    def load(self, checkpoints: Sequence[Checkpoint], log_file: Path | None = None) -> None:
        assert self._window, "nothing may be loaded"
        super().load(checkpoints)


def planned(folder: Path, name: str, window: int) -> bridge.PlannedTask:
    suite = Suite(name="tiny", domains={"target": [{"task": name}]})
    # One bad row of six would stop a run; in a large task its item is counted and left out.
    (loaded,) = load_tasks(suite, folder, any_documents=True)
    return bridge.plan(loaded, bridge.PromptContext("c", {}, ByteTokenizer(), False, window, seed=0))


def longest(folder: Path, name: str) -> list[int]:
    return sorted(map(preflight.tokens_needed, planned(folder, name, 10_000).items))


def run(folder: Path, results: Path, engine: ScriptedEngine, *words: str, progress: Progress = Progress()) -> list[Run]:
    options = EvaluationOptions(suite=str(folder / "tiny-suite.yml"), results=results)
    with open_session(words, evaluation=options, engine=engine, progress=progress) as session:
        return evaluate(session)


# --- items ------------------------------------------------------------------------------------


def test_a_window_that_holds_everything_says_nothing(tiny_tasks: Path) -> None:
    task = planned(tiny_tasks, "tiny_open", max(longest(tiny_tasks, "tiny_open")))
    assert preflight.task_warnings("m", [task], 10_000) == []


def test_items_that_do_not_fit_are_counted(tiny_tasks: Path) -> None:
    """Six questions; the two about countries of six letters are one byte longer."""
    *_, short, high = longest(tiny_tasks, "tiny_open")
    assert short == high == 60
    task = planned(tiny_tasks, "tiny_open", 59)
    lost = preflight.excluded_items(task, 59)
    assert (lost.n_items, lost.needs, lost.total) == (6, (60, 60), 2)
    assert preflight.task_warnings("m", [task], 59) == [
        "tiny_open: 2 of 6 items need 60 tokens with their answer, the window is 59; they will not be measured"
    ]


def test_a_task_of_which_nothing_fits_is_refused(tiny_tasks: Path) -> None:
    task = planned(tiny_tasks, "tiny_open", 40)
    with pytest.raises(InputError, match=r"'tiny_open' cannot be asked of m: 6 of 6 items need 59 to 60 .* is 40; use"):
        preflight.task_warnings("m", [task], 40)


def test_choices_without_tokens_of_their_own_are_counted(tiny_tasks: Path) -> None:
    rows = [json.loads(line) for line in (tiny_tasks / "capitals.jsonl").read_text().splitlines()]
    rows[-1]["choices"] = ["", "Toronto"]
    (tiny_tasks / "capitals.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    config = yaml.safe_load((tiny_tasks / "tiny_choice.yaml").read_text())
    (tiny_tasks / "tiny_choice.yaml").write_text(yaml.safe_dump({**config, "target_delimiter": ""}))
    (warning,) = preflight.task_warnings("m", [planned(tiny_tasks, "tiny_choice", 10_000)], 10_000)
    assert "1 of 6 items: a choice has no tokens of its own" in warning


def test_the_run_says_it_first_and_keeps_it_in_the_manifest(tiny_tasks: Path, tmp_path: Path) -> None:
    said: list[str] = []
    window = longest(tiny_tasks, "tiny_choice")[2]
    runs = run(tiny_tasks, tmp_path, NarrowEngine(window), "a", "b", progress=Progress(note=said.append))
    (line,) = said
    assert line.startswith("a, b: tiny_choice: ")
    assert all(line.removeprefix("a, b: ") in run.manifest.warnings for run in runs)
    assert (
        runs[0].samples["reason"].notna().sum()
        == preflight.excluded_items(planned(tiny_tasks, "tiny_choice", window), window).total
    )


def test_nothing_is_loaded_for_a_task_that_cannot_be_asked(tiny_tasks: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be asked of a"):
        run(tiny_tasks, tmp_path, NarrowEngine(0), "a")
    assert not (tmp_path / "runs").exists()


def test_one_line_and_nothing_written(tiny_tasks: Path, tiny_model: Path, forgetbench: Call, tmp_path: Path) -> None:
    model = Path(shutil.copytree(tiny_model, tmp_path / "model"))
    config = json.loads((model / "config.json").read_text())
    (model / "config.json").write_text(json.dumps({**config, "max_position_embeddings": 40}))
    done = forgetbench("run", model, "--engine", "transformers", "--suite", tiny_tasks / "tiny-suite.yml")
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.strip().splitlines()
    assert "task 'tiny_choice' cannot be asked of model" in line
    assert "the window is 40" in line
    assert not (tmp_path / "results" / "runs").exists()


# --- quantised checkpoints --------------------------------------------------------------------


def quantised(tiny_model: Path, folder: Path, method: str) -> Checkpoint:
    shutil.copytree(tiny_model, folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "quantization_config": {"quant_method": method}}))
    return resolve(str(folder))


def test_a_quantised_checkpoint_is_noted(tiny_model: Path, tmp_path: Path) -> None:
    checkpoint = quantised(tiny_model, tmp_path / "model", "AWQ")
    (warning,) = preflight.quantisation_warnings(checkpoint, TransformersEngine())
    assert "quantised (awq)" in warning
    server = OpenAIEngine(EngineOptions("openai", base_url="http://host/v1"))
    assert preflight.quantisation_warnings(checkpoint, server) == [], "only its tokenizer is read"
    assert preflight.quantisation_warnings(resolve(str(tiny_model)), TransformersEngine()) == []


# --- disk -------------------------------------------------------------------------------------


def test_the_estimate_grows_with_what_may_be_written() -> None:
    sampling = Sampling(max_tokens=100, n=8)
    one = preflight.disk_bytes([make_request("c", {}, (1, 2), sampling=sampling)])
    more = preflight.disk_bytes([make_request("c", {}, (1, 2), sampling=sampling)] * 1000)
    assert 800 * 4 * 1000 < more - one < 50_000_000


def test_a_full_disk_is_told_before_loading(tiny_tasks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = shutil._ntuple_diskusage(10**9, 10**9 - 1000, 1000)  # type: ignore[attr-defined]
    run(tiny_tasks, tmp_path, NarrowEngine(10_000), "a")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: full)
    with pytest.raises(StorageError, match=r"may take 0\.1 GB, and 0\.0 GB are free"):
        run(tiny_tasks, tmp_path, NarrowEngine(10_000), "b")
    run(tiny_tasks, tmp_path, NarrowEngine(10_000), "a")  # what is answered needs no room


# --- memory -----------------------------------------------------------------------------------


def test_room_on_several_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model is split evenly: the least free GPU decides."""
    assert preflight.room_on_gpus([80, 10, 70], 1) == 80
    assert preflight.room_on_gpus([80, 10, 70], 2) == 140
    assert preflight.room_on_gpus([80, 10, 70], 3) == 30
    with pytest.raises(EngineError, match="4 GPUs are needed, 3 can be used here; lower --tensor-parallel"):
        preflight.room_on_gpus([80, 10, 70], 4)
    monkeypatch.setattr(preflight, "free_memory", lambda device: (80.0, 10.0, 70.0) if device == "cuda" else (90.0,))
    assert preflight.memory_fit(MemoryNeed(60, 5, "cuda"), replicas=2).room == 140, "each has a GPU of its own"
    assert preflight.memory_fit(MemoryNeed(60, 5), replicas=2).room == 90, "all share the memory of the CPU"
    monkeypatch.setattr(preflight, "free_memory", lambda device: ())
    assert preflight.memory_fit(MemoryNeed(60, 5)) is None


def test_too_little_and_tight() -> None:
    need = MemoryNeed(weights=16_000_000_000, cache=1_000_000_000)
    assert not MemoryFit(need, 20e9).is_tight
    tight = MemoryFit(need, 18e9)
    assert tight.is_tight and tight.fits
    assert str(tight) == "needs 16.0 GB for weights and 1.0 GB for the cache, 18.0 GB are free"
    assert not MemoryFit(need, 16e9).fits
    assert not MemoryFit(need, 30e9, replicas=2).fits
    assert str(MemoryFit(need, 30e9, replicas=2)).startswith("needs 2 times 16.0 GB")


class OnePlan:
    """A checkpoint with one item."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint
        self.context = bridge.PromptContext(checkpoint.fingerprint, {}, ByteTokenizer(), False, 512, 0)
        self.tasks: tuple[bridge.PlannedTask, ...] = ()


def memory_lines(engine: Engine, checkpoint: Checkpoint, unanswered: int = 1) -> list[str]:
    rest = [make_request("c", {}, (1,), ((2,),))] * unanswered
    return preflight.memory_lines([OnePlan(checkpoint)], engine, 1, lambda group: rest)


def test_a_model_that_does_not_fit_is_not_loaded(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine, checkpoint = TransformersEngine(), resolve(str(tiny_model))
    monkeypatch.setattr(preflight, "free_memory", lambda device: (1000.0,))
    with pytest.raises(EngineError, match=r"checkpoint tiny does not fit: it needs 0\.0 GB .* free; close what else"):
        memory_lines(engine, checkpoint)
    assert memory_lines(engine, checkpoint, unanswered=0) == [], "everything is answered already"
    engine.loaded = (checkpoint,)
    assert memory_lines(engine, checkpoint) == [], "what it holds already is not counted against it"
    engine.loaded = ()
    monkeypatch.setattr(preflight, "free_memory", lambda device: (1e9,))
    (line,) = memory_lines(engine, checkpoint)
    assert line.startswith("memory is tight: tiny needs")
    monkeypatch.setattr(preflight, "free_memory", lambda device: (8e9,))
    assert memory_lines(engine, checkpoint) == []


def test_available_memory(tmp_path: Path) -> None:
    meminfo, limit = tmp_path / "meminfo", tmp_path / "memory.max"
    assert free_memory.available_memory(meminfo, limit) is None
    meminfo.write_text("MemTotal:  8000 kB\nMemFree: 1000 kB\nMemAvailable:    5000 kB\n")
    assert free_memory.available_memory(meminfo, limit) == 5000 * 1024
    limit.write_text("max\n")
    assert free_memory.available_memory(meminfo, limit) == 5000 * 1024
    limit.write_text("1048576\n")
    assert free_memory.available_memory(meminfo, limit) == 2**20


def test_free_gpu_memory_of_visible_devices() -> None:
    table = "0, GPU-aa, 81000\n1, GPU-bb, 500\n2, GPU-cc, [N/A]\n"
    assert free_memory.parse_free(table, None) == (81000 * 2**20, 500 * 2**20)
    assert free_memory.parse_free(table, "1") == (500 * 2**20,)
    assert free_memory.parse_free(table, "GPU-aa") == (81000 * 2**20,)
    assert free_memory.parse_free(table, "") == ()


def test_an_engine_without_weights_needs_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "free_memory", lambda device: pytest.fail("it must not look"))
    assert memory_lines(ScriptedEngine(), scripted_checkpoint("a")) == []
