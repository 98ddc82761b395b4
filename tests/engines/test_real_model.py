"""The main job on a real language model through real vLLM, from the command line. Minutes, not seconds."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_models import make_adapter

from forgetbench.engines.base import EngineOptions
from forgetbench.engines.registry import make_engine
from forgetbench.engines.vllm.engine import VllmEngine
from forgetbench.fingerprint import make_request
from forgetbench.lab.demo.demo_checkpoints import DemoCheckpoints, prepare
from forgetbench.models.checkpoints import resolve
from forgetbench.models.tokenizer import encode_pair
from forgetbench.records import CUT, DOMAINS, TARGET, Checkpoint, Request
from forgetbench.storage.comparisons import load_comparison
from forgetbench.storage.runs import load_run

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
    # At the suite's 32 tokens a long template is cut before it answers.
    assert {reason for run in runs for reason in run.samples["reason"].dropna()} <= {CUT}
    assert {run.manifest.step for run in runs} > {None}
    (base,) = (run for run in runs if run.manifest.name == "base")
    choice = base.samples[base.samples["task"] == "knowledge_choice"]["score"]
    assert choice.mean() > 0.4, "well above the chance of .25"

    for folder in (results / "comparisons").iterdir():
        comparison = load_comparison(folder)
        assert {row.name for row in comparison.domains} == set(DOMAINS) - {TARGET}
        assert (folder / "report.html").stat().st_size > 10_000
    (trajectory,) = (results / "trajectories").iterdir()
    assert (trajectory / "plots" / "trajectory.png").exists()

    again = forgetbench(*command)
    assert again.returncode == 0, again.stderr
    assert engine_starts(results) == 1, "what was answered starts no engine"


def questions(checkpoint: Checkpoint) -> list[Request]:
    """One-token choices, choices that share first tokens, and long ones, after prompts that share their beginning."""
    tokenizer = make_engine(EngineOptions("vllm")).tokenizer(checkpoint)
    requests = []
    for country in ("France", "Japan", "Kenya"):
        context = tokenizer.render(
            [{"role": "user", "content": f"What is the capital of {country}?"}], add_generation_prompt=True
        )
        options = (
            "Paris", "Tokyo", "Nairobi", "Buenos Aires", "a place that nobody who lives here has ever heard of",
            "a place that nobody who lives here would ever leave, come what may, " + "in the long run, " * 8,
        )  # fmt: skip
        for group in (options[:4], options):
            pairs = [encode_pair(tokenizer, context, option) for option in group]
            requests.append(make_request(checkpoint.fingerprint, {}, pairs[0][0], tuple(tokens for _, tokens in pairs)))
    weekdays = tuple(tuple(tokenizer.encode(f" {day}", special=False)) for day in ("Monday", "Friday", "Sunday"))
    prompt = tuple(tokenizer.encode("Yesterday was Saturday. Today is"))
    return [*requests, make_request(checkpoint.fingerprint, {}, prompt, weekdays)]


def test_vllm_rates_choices_as_transformers_does(demo: DemoCheckpoints, tmp_path: Path) -> None:
    """In float32, by the prefix tree and, choice by choice, without the cache."""
    checkpoint = resolve(str(demo.base))
    requests = questions(checkpoint)
    engine, reference = (make_engine(EngineOptions(name, dtype="float32")) for name in ("vllm", "transformers"))
    for one in (engine, reference):
        one.load([checkpoint], tmp_path / "engine.log")
    fast = {response.key: response.continuations for response in engine.score(requests)}
    counts = dict(engine.counts[checkpoint.fingerprint])
    assert isinstance(engine, VllmEngine)
    whole = {response.key: response.continuations for response in engine._scoring().whole(requests)}
    engine.close()
    expected = {response.key: response.continuations for response in reference.score(requests)}

    assert counts["computed_tokens"] < sum(len(r.prompt) * len(r.continuations) for r in requests) / 2
    for request in requests:
        rated = zip(fast[request.key], whole[request.key], expected[request.key], strict=True)
        for one, other, third in rated:
            assert one.loglikelihood == pytest.approx(other.loglikelihood, abs=1e-4)
            assert one.loglikelihood == pytest.approx(third.loglikelihood, abs=2e-3)
            assert (one.is_greedy, one.n_tokens) == (third.is_greedy, third.n_tokens)


def test_swapped_weights_answer_as_freshly_loaded_ones(demo: DemoCheckpoints, tmp_path: Path) -> None:
    """Every part of the network changes with the checkpoint, the tied output layer included."""
    checkpoints = {folder: resolve(str(folder)) for folder in (demo.base, demo.mild)}

    def scores(*folders: Path) -> list[float]:
        engine = make_engine(EngineOptions("vllm"))
        for folder in folders:
            engine.load([checkpoints[folder]], tmp_path / "engine.log")
        requests = questions(checkpoints[folders[-1]])
        rated = {response.key: response.continuations for response in engine.score(requests)}
        engine.close()
        return [item.loglikelihood for request in requests for item in rated[request.key]]

    assert scores(demo.base, demo.mild) == pytest.approx(scores(demo.mild), abs=1e-3)
    assert scores(demo.mild, demo.base) == pytest.approx(scores(demo.base), abs=1e-3)


def test_adapters_beside_their_base(demo: DemoCheckpoints, forgetbench: Call, tmp_path: Path) -> None:
    """One engine, and the requests of all of them in one queue; each answers as it does alone."""
    adapters = [make_adapter(demo.base, tmp_path / f"adapter-{seed}", seed=seed) for seed in (1, 2)]
    done = forgetbench(
        "run", "--base", f"base={demo.base}", *(f"lora{n}={path}" for n, path in enumerate(adapters)),
        "--task", "knowledge_open", "--task", "knowledge_choice", "--limit", 6,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert engine_starts(tmp_path / "results") == 1
    said, rated = {}, {}
    for folder in (tmp_path / "results" / "runs").iterdir():
        samples = load_run(folder).samples
        name = load_run(folder).manifest.name
        said[name] = [tuple(row) for row in samples["responses"] if len(row)]
        rated[name] = [tuple(row) for row in samples["loglikelihoods"] if len(row)]
    assert len({tuple(texts) for texts in said.values()}) == 3, "a random adapter changes what is said"
    assert len({tuple(rows) for rows in rated.values()}) == 3

    for name, where in (("base", demo.base), ("lora1", adapters[1])):
        alone = forgetbench("run", f"{name}={where}", "--task", "knowledge_choice", "--limit", 6, "--results", name)
        assert alone.returncode == 0, alone.stderr
        (folder,) = (tmp_path / name / "runs").iterdir()
        for one, other in zip(rated[name], load_run(folder).samples["loglikelihoods"], strict=True):
            assert one == pytest.approx(tuple(other), abs=0.05), "bfloat16"


def test_demo_checkpoints_are_full_and_free_of_pickles(demo: DemoCheckpoints) -> None:
    for folder, step in ((demo.mild, 1), (demo.harsh, 2)):
        state = json.loads((folder / "trainer_state.json").read_text())
        assert state["global_step"] >= step
        assert any("loss" in row for row in state["log_history"])
        assert not [path for path in folder.rglob("*") if path.suffix in (".bin", ".pt", ".pth")]
