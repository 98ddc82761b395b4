"""The main job on a real language model through real vLLM, from the command line. Minutes, not seconds."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from test_checkpoints import make_adapter

from forgetbench.checkpoints import resolve
from forgetbench.engines.base import make_engine
from forgetbench.fingerprint import make_request
from forgetbench.lab.demo_checkpoints import DemoCheckpoints, prepare
from forgetbench.records import Request
from forgetbench.run_store import load_comparison, load_run
from forgetbench.tokenizer import encode_pair

pytestmark = [pytest.mark.real, pytest.mark.filterwarnings("default")]

Call = Callable[..., "subprocess.CompletedProcess[str]"]
STARTS = "Initializing a V1 LLM engine"


@pytest.fixture(scope="module")
def demo() -> DemoCheckpoints:
    """The embedded model and two checkpoints of its narrow fine-tuning, made on first use and kept in the cache."""
    return prepare()


def engine_starts(results: Path) -> int:
    return sum(path.read_text(errors="replace").count(STARTS) for path in results.rglob("engine.log"))


def test_base_and_two_checkpoints_in_one_engine(demo: DemoCheckpoints, forgetbench: Call, tmp_path: Path) -> None:
    command = (
        "run", "--base", f"base={demo.base}", f"mild={demo.mild}", f"harsh={demo.harsh}", "--suite", "smoke",
        "--sft-data", demo.data,
    )  # fmt: skip
    done = forgetbench(*command)
    assert done.returncode == 0, done.stderr
    assert STARTS not in done.stdout + done.stderr, "the engine's own log stays out of the terminal"

    results = tmp_path / "results"
    assert engine_starts(results) == 1
    runs = [load_run(folder) for folder in sorted((results / "runs").iterdir())]
    assert sorted(run.manifest.name for run in runs) == ["base", "harsh", "mild"]
    assert all(run.samples["reason"].isna().all() for run in runs)
    assert {run.manifest.step for run in runs} > {None}
    (base,) = (run for run in runs if run.manifest.name == "base")
    choice = base.samples[base.samples["task"] == "knowledge_choice"]["score"]
    assert choice.mean() > 0.4, "well above the chance of .25"

    for folder in (results / "comparisons").iterdir():
        comparison = load_comparison(folder)
        assert {row.name for row in comparison.domains} == {
            "knowledge", "reasoning", "creativity", "format_rigidity",
        }  # fmt: skip
        assert (folder / "report.html").stat().st_size > 10_000
    (trajectory,) = (results / "trajectories").iterdir()
    assert (trajectory / "plots" / "trajectory.png").exists()

    again = forgetbench(*command)
    assert again.returncode == 0, again.stderr
    assert engine_starts(results) == 1, "what was answered starts no engine"


def questions(model: Path, tokenizer_engine: str = "vllm") -> list[Request]:
    tokenizer = make_engine(tokenizer_engine).tokenizer(resolve(str(model)))
    requests = []
    for country in ("France", "Japan", "Kenya"):
        context = tokenizer.render(
            [{"role": "user", "content": f"What is the capital of {country}?"}], add_generation_prompt=True
        )
        options = ("Paris", "Tokyo", "Nairobi", "Buenos Aires", "a place that nobody who lives here has ever heard of")
        for group in (options[:4], options):
            pairs = [encode_pair(tokenizer, context, option) for option in group]
            requests.append(make_request("c", {}, pairs[0][0], tuple(tokens for _, tokens in pairs)))
    weekdays = tuple(tuple(tokenizer.encode(f" {day}", special=False)) for day in ("Monday", "Friday", "Sunday"))
    prompt = tuple(tokenizer.encode("Yesterday was Saturday. Today is"))
    return [*requests, make_request("c", {}, prompt, weekdays)]


def test_vllm_rates_choices_as_transformers_does(demo: DemoCheckpoints, tmp_path: Path) -> None:
    """In float32: one-token choices and short ones by the fast way, long ones by the exact way."""
    requests = questions(demo.base)
    answers = []
    for name in ("vllm", "transformers"):
        engine = make_engine(name, dtype="float32")
        engine.log_file = tmp_path / "engine.log"
        engine.load(resolve(str(demo.base)))
        answers.append({response.key: response.continuations for response in engine.score(requests)})
        if name == "vllm":
            assert 0 < engine.fallbacks["long_choices"] < len(requests)
        engine.close()
    fast, reference = answers
    for request in requests:
        for one, other in zip(fast[request.key], reference[request.key], strict=True):
            assert one.loglikelihood == pytest.approx(other.loglikelihood, abs=2e-3)
            assert (one.is_greedy, one.n_tokens) == (other.is_greedy, other.n_tokens)


def test_swapped_weights_answer_as_freshly_loaded_ones(demo: DemoCheckpoints, tmp_path: Path) -> None:
    """Every part of the network changes with the checkpoint, the tied output layer included."""
    requests = questions(demo.base)

    def scores(*folders: Path) -> list[float]:
        engine = make_engine("vllm")
        engine.log_file = tmp_path / "engine.log"
        for folder in folders:
            engine.load(resolve(str(folder)))
        rated = {response.key: response.continuations for response in engine.score(requests)}
        engine.close()
        return [item.loglikelihood for request in requests for item in rated[request.key]]

    assert scores(demo.base, demo.mild) == pytest.approx(scores(demo.mild), abs=1e-3)
    assert scores(demo.mild, demo.base) == pytest.approx(scores(demo.base), abs=1e-3)


def test_an_adapter_beside_its_base(demo: DemoCheckpoints, forgetbench: Call, tmp_path: Path) -> None:
    adapter = make_adapter(demo.base, tmp_path / "adapter")
    done = forgetbench(
        "run", "--base", f"base={demo.base}", f"lora={adapter}", "--task", "knowledge_open", "--limit", 6
    )
    assert done.returncode == 0, done.stderr
    assert engine_starts(tmp_path / "results") == 1
    texts = {}
    for folder in (tmp_path / "results" / "runs").iterdir():
        run = load_run(folder)
        texts[run.manifest.name] = [tuple(row) for row in run.samples["responses"]]
    assert texts["base"] != texts["lora"], "a random adapter changes what is said"


def test_demo_checkpoints_are_full_and_free_of_pickles(demo: DemoCheckpoints) -> None:
    for folder, step in ((demo.mild, 1), (demo.harsh, 2)):
        state = json.loads((folder / "trainer_state.json").read_text())
        assert state["global_step"] >= step
        assert any("loss" in row for row in state["log_history"])
        assert not [path for path in folder.rglob("*") if path.suffix in (".bin", ".pt", ".pth")]
