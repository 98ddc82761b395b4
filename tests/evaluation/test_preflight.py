"""What is known before a model is loaded: items that do not fit, room on the disk, room in memory."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from forgetbench import lm_eval_bridge as bridge
from forgetbench.engines.base import make_engine
from forgetbench.engines.scripted import ScriptedEngine
from forgetbench.errors import CheckpointError, EngineError, InputError, StorageError
from forgetbench.evaluation import preflight
from forgetbench.evaluation.evaluate import EvaluationSpec, evaluate
from forgetbench.evaluation.preflight import MemoryNeed
from forgetbench.fingerprint import make_request
from forgetbench.models.checkpoints import resolve, scripted_checkpoint
from forgetbench.models.tokenizer import ByteTokenizer
from forgetbench.progress import Progress
from forgetbench.records import Checkpoint, Run, Sampling
from forgetbench.storage.ledger import Ledger
from forgetbench.suites.loading import load_tasks
from forgetbench.suites.suite import Suite, load_suite

Call = Callable[..., "subprocess.CompletedProcess[str]"]

VLLM_CPU = {"name": "vllm", "device": "cpu", "dtype": "auto"}
VLLM_CUDA = {"name": "vllm", "device": "cuda", "dtype": "auto"}
TRANSFORMERS = {"name": "transformers", "device": "cpu", "dtype": "auto"}
LLAMA_8B = {
    "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8, "hidden_size": 4096,
    "dtype": "bfloat16",
}  # fmt: skip
DEEPSEEK_V3 = {
    "num_hidden_layers": 61, "num_attention_heads": 128, "num_key_value_heads": 128, "hidden_size": 7168,
    "kv_lora_rank": 512, "qk_rope_head_dim": 64,
}  # fmt: skip


class NarrowEngine(ScriptedEngine):
    """The scripted engine with a window of so many bytes."""

    def __init__(self, window: int) -> None:
        super().__init__()
        self._window = window

    def max_length(self, checkpoint: Checkpoint) -> int:
        return self._window

    def load(self, checkpoints: Sequence[Checkpoint]) -> None:
        assert self._window, "nothing may be loaded"
        super().load(checkpoints)


def planned(folder: Path, name: str, window: int) -> bridge.PlannedTask:
    suite = Suite(name="tiny", domains={"target": [{"task": name}]})
    (loaded,) = load_tasks(suite, folder)
    return bridge.plan(loaded, bridge.PromptContext("c", {}, ByteTokenizer(), False, window, seed=0))


def longest(folder: Path, name: str) -> list[int]:
    return sorted(map(preflight.tokens_needed, planned(folder, name, 10_000).items))


def run(folder: Path, results: Path, engine: ScriptedEngine, *words: str, **settings: Any) -> list[Run]:
    suite, where = load_suite(str(folder / "tiny-suite.yml"))
    tasks = tuple(load_tasks(suite, where))
    with Ledger(results / ".ledger.sqlite") as ledger:
        return evaluate(
            EvaluationSpec(suite, tasks, results),
            [scripted_checkpoint(word) for word in words],
            None,
            engine,
            ledger,
            **settings,
        )


# --- items ------------------------------------------------------------------------------------


def test_a_window_that_holds_everything_says_nothing(tiny_tasks: Path) -> None:
    task = planned(tiny_tasks, "tiny_open", max(longest(tiny_tasks, "tiny_open")))
    assert preflight.task_warnings("m", [task], 10_000) == []


def test_items_that_do_not_fit_are_counted(tiny_tasks: Path) -> None:
    """Six questions; the two about countries of six letters are one byte longer."""
    *_, short, high = longest(tiny_tasks, "tiny_open")
    assert short == high == 60
    task = planned(tiny_tasks, "tiny_open", 59)
    lost = preflight.unaskable(task, 59)
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
        == preflight.unaskable(planned(tiny_tasks, "tiny_choice", window), window).total
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
    (warning,) = preflight.quantisation_warnings(checkpoint, VLLM_CPU)
    assert "quantised (awq)" in warning
    assert preflight.quantisation_warnings(checkpoint, {"name": "openai"}) == [], "only its tokenizer is read"
    assert preflight.quantisation_warnings(resolve(str(tiny_model)), VLLM_CPU) == []


def test_a_method_that_vllm_does_not_have_is_refused(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from forgetbench.engines.vllm.support import Support

    monkeypatch.setattr(preflight, "quantisation_support", lambda method: Support(False, f"vLLM 9 has no {method}"))
    checkpoint = quantised(tiny_model, tmp_path / "model", "hqq")
    with pytest.raises(CheckpointError, match="checkpoint model: vLLM 9 has no hqq; give"):
        preflight.quantisation_warnings(checkpoint, VLLM_CPU)
    assert preflight.quantisation_warnings(checkpoint, TRANSFORMERS), "another engine may have it"


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


def test_the_cache_of_known_models() -> None:
    """Llama 3 8B keeps 128 KiB a token in bfloat16; DeepSeek-V3's latent attention 70,272 bytes (arXiv:2505.09343)."""
    assert preflight.cache_bytes(LLAMA_8B, 1, 2) == 128 * 1024
    assert preflight.cache_bytes(LLAMA_8B, 8192, 2) == 2**30
    assert preflight.cache_bytes(DEEPSEEK_V3, 1, 2) == 70_272
    hybrid = {**LLAMA_8B, "layer_types": ["linear_attention"] * 24 + ["full_attention"] * 8}
    assert preflight.cache_bytes({"text_config": hybrid}, 1, 2) == 32 * 1024
    assert preflight.cache_bytes({}, 8192, 2) == 0


@pytest.mark.parametrize(
    ("declared", "engine", "expected"),
    [
        ("bfloat16", VLLM_CUDA, 2),
        ("float32", VLLM_CUDA, 2),
        ("float32", {**VLLM_CUDA, "dtype": "float32"}, 4),
        ("bfloat16", {**TRANSFORMERS, "dtype": "float32"}, 4),
        ("float32", TRANSFORMERS, 4),
        (None, TRANSFORMERS, None),
    ],
)
def test_bytes_of_a_weight(declared: str | None, engine: dict[str, str], expected: int | None) -> None:
    assert preflight.float_bytes({"dtype": declared}, engine) == expected


def test_packed_weights_keep_their_size() -> None:
    tensors = {
        "norm": {"dtype": "F32", "shape": [100], "data_offsets": [0, 400]},
        "packed": {"dtype": "I32", "shape": [100], "data_offsets": [400, 800]},
        "fp8": {"dtype": "F8_E4M3", "shape": [100], "data_offsets": [800, 900]},
    }
    assert preflight.weight_bytes(tensors, None) == 900
    assert preflight.weight_bytes(tensors, 2) == 200 + 400 + 100


def test_the_need_of_a_real_folder(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """258 tokens, width 32, two layers with 4 heads on 2 key-value heads, 64 wide inside."""
    monkeypatch.delenv("VLLM_CPU_KVCACHE_SPACE", raising=False)
    layer = 2 * 32 * 32 + 2 * 16 * 32 + 3 * 32 * 64 + 2 * 32
    numbers = 2 * 258 * 32 + 2 * layer + 32
    cache = 2 * 2 * 2 * 8 * 512  # layers, keys and values, heads, head size, window
    assert preflight.memory_need(tiny_model, TRANSFORMERS, 512) == MemoryNeed(4 * numbers, 4 * cache)
    assert preflight.memory_need(tiny_model, VLLM_CUDA, 512) == MemoryNeed(2 * numbers, 2 * cache)
    assert preflight.memory_need(tiny_model, VLLM_CPU, 512) == MemoryNeed(2 * numbers, 2 * 2**30)


def test_room_on_several_devices() -> None:
    """A model is split evenly: the least free device decides."""
    assert preflight.room_for([80, 10, 70]) == 140
    assert preflight.room_for([80, 10, 70], share=1) == 80
    assert preflight.room_for([80, 10, 70], share=3) == 30
    assert preflight.room_for([]) == 0
    with pytest.raises(EngineError, match="--tensor-parallel 4 needs 4 GPUs, 3 can be used here"):
        preflight.room_for([80, 10, 70], share=4)


def test_too_little_and_tight() -> None:
    need = MemoryNeed(weights=16_000_000_000, cache=1_000_000_000)
    assert preflight.memory_problem(need, 20e9) is None
    tight = preflight.memory_problem(need, 18e9)
    assert tight == (False, "needs 16.0 GB for weights and 1.0 GB for the cache, 18.0 GB are free")
    assert preflight.memory_problem(need, 16e9) is not None
    assert preflight.memory_problem(need, 16e9)[0]  # type: ignore[index]
    assert preflight.memory_problem(need, 30e9, replicas=2)[0]  # type: ignore[index]


class OneModel:
    """An engine of this machine that must not be loaded."""

    settings = TRANSFORMERS
    log_file: Path | None = None


class OnePlan:
    def __init__(self, model: Path) -> None:
        self.checkpoint = resolve(str(model))
        self.target = bridge.PromptContext(self.checkpoint.fingerprint, TRANSFORMERS, ByteTokenizer(), False, 512, 0)
        self.tasks: tuple[bridge.PlannedTask, ...] = ()


def memory_lines(model: Path, free: float, monkeypatch: pytest.MonkeyPatch, unanswered: int = 1) -> list[str]:
    monkeypatch.setattr(preflight, "free_memory", lambda settings: (free,))
    rest = [make_request("c", {}, (1,), ((2,),))] * unanswered
    return preflight._memory_lines([OnePlan(model)], OneModel(), 1, lambda group: rest)  # type: ignore[arg-type]


def test_a_model_that_does_not_fit_is_not_loaded(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(EngineError, match=r"checkpoint tiny does not fit: it needs 0\.0 GB .* free; close what else"):
        memory_lines(tiny_model, 1000, monkeypatch)
    assert memory_lines(tiny_model, 1000, monkeypatch, unanswered=0) == [], "everything is answered already"
    (line,) = memory_lines(tiny_model, 1e9, monkeypatch)
    assert line.startswith("memory is tight: tiny needs")
    assert memory_lines(tiny_model, 8e9, monkeypatch) == []
    monkeypatch.setattr(OneModel, "log_file", Path("engine.log"))
    assert memory_lines(tiny_model, 1000, monkeypatch) == [], "what it holds already is not counted against it"


def test_available_memory(tmp_path: Path) -> None:
    meminfo, limit = tmp_path / "meminfo", tmp_path / "memory.max"
    assert preflight.available_memory(meminfo, limit) is None
    meminfo.write_text("MemTotal:  8000 kB\nMemFree: 1000 kB\nMemAvailable:    5000 kB\n")
    assert preflight.available_memory(meminfo, limit) == 5000 * 1024
    limit.write_text("max\n")
    assert preflight.available_memory(meminfo, limit) == 5000 * 1024
    limit.write_text("1048576\n")
    assert preflight.available_memory(meminfo, limit) == 2**20


def test_free_gpu_memory_of_visible_devices() -> None:
    table = "0, GPU-aa, 81000\n1, GPU-bb, 500\n2, GPU-cc, [N/A]\n"
    assert preflight.parse_free(table, None) == (81000 * 2**20, 500 * 2**20)
    assert preflight.parse_free(table, "1") == (500 * 2**20,)
    assert preflight.parse_free(table, "GPU-aa") == (81000 * 2**20,)
    assert preflight.parse_free(table, "") == ()


def test_engines_without_a_model_need_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "free_memory", lambda settings: pytest.fail("it must not look"))
    assert preflight._memory_lines([], make_engine("scripted"), 1, lambda group: []) == []
