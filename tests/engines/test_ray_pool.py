"""Replicas: how requests are shared out, and that a death changes no answer. One Ray session serves the module."""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forgetbench.engines.base import Engine, EngineOptions
from forgetbench.engines.ray import cluster
from forgetbench.engines.ray import pool as ray_pool
from forgetbench.engines.ray.chunks import ChunkQueues, chunk_count, cut
from forgetbench.engines.ray.cluster import core_shares, cores_each
from forgetbench.engines.ray.pool import RayPool
from forgetbench.engines.registry import make_engine
from forgetbench.engines.scripted import ScriptedEngine, scripted_checkpoint
from forgetbench.errors import EngineError, InputError
from forgetbench.evaluation.options import EvaluationOptions
from forgetbench.fingerprint import make_request
from forgetbench.pipeline import run
from forgetbench.records import Checkpoint, Request, Response, Sampling

# Ray leaves sockets and files to the garbage collector.
pytestmark = pytest.mark.filterwarnings("default")

CHECKPOINT = scripted_checkpoint("a")
DELAY = 0.004


def ask(*prompt: int, choices: int = 2, checkpoint: str = CHECKPOINT.fingerprint) -> Request:
    return make_request(checkpoint, {}, prompt, tuple((token,) for token in range(choices)))


# --- sharing the work out -------------------------------------------------------------------------

PROMPTS = st.lists(st.integers(0, 2), max_size=5).map(tuple)
REQUESTS = st.lists(st.tuples(PROMPTS, st.integers(1, 40), st.sampled_from("ab")), max_size=40).map(
    lambda rows: [ask(*prompt, choices=choices, checkpoint=name) for prompt, choices, name in rows]
)


def place(request: Request) -> tuple[str, tuple[int, ...]]:
    return request.checkpoint, request.prompt


@given(REQUESTS, st.integers(1, 12))
def test_chunks_hold_every_request_once_and_neighbours_stay_together(requests: list[Request], count: int) -> None:
    chunks = cut(requests, count)
    assert len(chunks) <= count
    assert all(chunks), "no chunk is empty"
    positions = {id(request): index for index, request in enumerate(requests)}
    asked = [positions[id(request)] for chunk in chunks for request in chunk]
    assert sorted(asked) == list(range(len(requests)))
    for chunk in chunks:
        order = [positions[id(request)] for request in chunk]
        assert order == sorted(order), "within a chunk the caller's order"
    for chunk, following in itertools.pairwise(chunks):
        assert max(map(place, chunk)) < min(map(place, following)), "equal prompts are never parted"


def test_chunks_are_of_about_equal_work() -> None:
    requests = [ask(number, *range(30)) for number in range(100)]
    assert [len(chunk) for chunk in cut(requests, 8)] == [13, 12, 13, 12, 13, 12, 13, 12]


def test_a_shared_beginning_counts_once_and_stays_in_one_chunk() -> None:
    """Four tasks, each with a few-shot prefix of its own, asked in turns."""
    requests = [ask(*[task] * 300, item) for item in range(20) for task in range(4)]
    chunks = cut(requests, 4)
    assert [{request.prompt[0] for request in chunk} for chunk in chunks] == [{0}, {1}, {2}, {3}]


def test_short_chunks_are_not_made() -> None:
    assert chunk_count(requests=100, replicas=2) == 2
    assert chunk_count(requests=640, replicas=2) == 10
    assert chunk_count(requests=100_000, replicas=2) == 16


def test_a_replica_takes_its_own_chunks_in_order_and_then_others_last_ones() -> None:
    first, second, third, fourth = chunks = [[ask(number)] for number in range(4)]
    queues = ChunkQueues(chunks, replicas=2)
    assert queues.take(0) == first
    assert queues.take(0) == second
    assert queues.take(0) == fourth
    queues.put_back(0, fourth)
    assert queues.take(1) == third
    assert queues
    assert queues.take(1) == fourth
    assert queues.take(1) is None
    assert not queues


@given(st.integers(0, 20), st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=60))
def test_queues_lose_nothing_whoever_takes_and_dies(count: int, events: list[tuple[int, bool]]) -> None:
    queues = ChunkQueues([[ask(number)] for number in range(count)], replicas=4)
    done: list[Request] = []
    for replica, dies in events:
        chunk = queues.take(replica) or []
        if dies:
            queues.put_back(replica, chunk)
        else:
            done += chunk
    while chunk := queues.take(0):
        done += chunk
    assert sorted(request.prompt for request in done) == [(number,) for number in range(count)]


def test_each_replica_has_cores_of_its_own() -> None:
    assert core_shares([0, 1], 2) == [[0], [1]]
    assert core_shares([0, 1, 2, 5, 6], 2) == [[0, 1], [2, 5, 6]]
    assert core_shares([3, 4], 3) == [[3], [4], [3]]
    assert cores_each([2], 2) == 1
    assert cores_each([16, 8], 3) == 8
    assert cores_each([16, 8], 4) == 5
    assert cores_each([1], 4) == 1


# --- without Ray ----------------------------------------------------------------------------------


def test_one_replica_is_the_plain_engine_and_imports_no_ray() -> None:
    code = (
        "import sys; from forgetbench.engines import base, registry\n"
        "engine = registry.make_engine(base.EngineOptions('scripted'))\n"
        "print(type(engine).__name__, 'ray' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert out.stdout.split() == ["ScriptedEngine", "False"]


def test_without_ray_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_pool.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(EngineError, match=r"pip install 'forgetbench\[ray\]'"):
        make_engine(EngineOptions("scripted", replicas=2))


def test_an_address_that_cannot_be_joined() -> None:
    with pytest.raises(InputError, match="--ray-address auto"):
        make_engine(EngineOptions("scripted", replicas=2, ray_address="ray://host:10001"))


# --- with Ray -------------------------------------------------------------------------------------


class CountingEngine(ScriptedEngine):
    """Counts what it is asked, as an engine on a GPU counts its tokens."""

    def score(self, requests: Sequence[Request]) -> Iterator[Response]:
        for response in super().score(requests):
            counts = dict(self.counts.get(CHECKPOINT.fingerprint, {}))
            self.counts = {CHECKPOINT.fingerprint: {"scored": counts.get("scored", 0) + 1}}
            yield response


class FailingEngine(ScriptedEngine):
    """Cannot answer some requests: an error of the engine, not of its process."""

    def score(self, requests: Sequence[Request]) -> Iterator[Response]:
        for request, response in zip(requests, super().score(requests), strict=True):
            if request.prompt == (0, 17):
                raise EngineError("out of cache")
            yield response


class DyingEngine(ScriptedEngine):
    """Its process is killed as soon as it is asked something."""

    def score(self, requests: Sequence[Request]) -> Iterator[Response]:
        os.kill(os.getpid(), signal.SIGKILL)
        return super().score(requests)


class OneHealthyEngine(ScriptedEngine):
    """Of all that share a folder, the first one loaded is healthy, and waits until all others are dead for good."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._healthy = False

    def load(self, checkpoints: Sequence[Checkpoint], log_file: Path | None = None) -> None:
        super().load(checkpoints)
        with contextlib.suppress(FileExistsError):
            (self._folder / "healthy").touch(exist_ok=False)
            self._healthy = True

    def score(self, requests: Sequence[Request]) -> Iterator[Response]:
        if not self._healthy:
            (self._folder / f"death-{os.getpid()}").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        for number, response in enumerate(super().score(requests)):
            yield response
            deadline = time.monotonic() + 60
            while number == 40 and time.monotonic() < deadline and self._deaths() <= ray_pool.RESTARTS:
                time.sleep(0.05)

    def _deaths(self) -> int:
        return len(list(self._folder.glob("death-*")))


class OtherVersion(ScriptedEngine):
    """Here one version, there another."""

    def __init__(self) -> None:
        super().__init__()
        self.settings = {**self.settings, "version": str(os.getpid())}


@pytest.fixture(scope="module")
def ray() -> Iterator[ModuleType]:
    """A session as the pool itself starts it, with slow engines in it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORGETBENCH_SCRIPTED_DELAY", str(DELAY))
        assert cluster.connect(2, None)
        import ray

        # Replicas cannot import this file.
        ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])
        yield ray
        ray.shutdown()


@pytest.fixture
def start(ray: ModuleType) -> Iterator[Callable[..., RayPool]]:
    """A loaded pool of two replicas; closed at the end."""
    pools = []

    def make(engine: Callable[[], Engine] = ScriptedEngine) -> RayPool:
        pool = RayPool(engine, replicas=2)
        pools.append(pool)
        pool.load([CHECKPOINT])
        return pool

    yield make
    for pool in pools:
        pool.close()


def pids(ray: ModuleType, pool: RayPool) -> list[int]:
    """Of the replicas' processes, while they are idle."""
    calls = [replica.actor.__ray_call__.remote(lambda process: os.getpid()) for replica in pool._replicas]
    numbers: list[int] = ray.get(calls)
    return numbers


def questions(count: int) -> list[Request]:
    return [ask(*divmod(number, 256)) for number in range(count)]


def in_one_engine(requests: Sequence[Request]) -> dict[str, Response]:
    engine = ScriptedEngine()
    engine.load([CHECKPOINT])
    answers = engine.generate(requests) if requests[0].sampling else engine.score(requests)
    return {response.key: response for response in answers}


def test_replicas_answer_as_one_engine_does(start: Callable[..., RayPool]) -> None:
    pool = start(CountingEngine)
    assert pool.settings == ScriptedEngine().settings
    scored, sampling = questions(400), Sampling(8, temperature=1.0, n=2, seed=1)
    generated = [make_request(CHECKPOINT.fingerprint, {}, (number,), sampling=sampling) for number in range(7)]
    for requests, answer in ((scored, pool.score), (generated, pool.generate), (generated[:1], pool.generate)):
        responses = list(answer(requests))
        assert len(responses) == len(requests)
        assert {response.key: response for response in responses} == in_one_engine(requests)
    assert pool.counts == {CHECKPOINT.fingerprint: {"scored": 400}}
    assert list(pool.score([])) == []


def test_a_killed_replica_is_replaced_and_nothing_is_lost_or_answered_twice(
    ray: ModuleType, start: Callable[..., RayPool]
) -> None:
    pool = start(CountingEngine)
    victim = pids(ray, pool)[1]
    requests = questions(600)
    responses = []
    for response in pool.score(requests):
        responses.append(response)
        if len(responses) == 200:
            os.kill(victim, signal.SIGKILL)
    assert len(responses) == len(requests)
    assert {response.key: response for response in responses} == in_one_engine(requests)
    counts = pool.counts[CHECKPOINT.fingerprint]
    assert counts["replica_restarts"] == 1
    assert 400 < counts["scored"] <= 600, "what it had counted for whole chunks is kept"


def test_a_replica_killed_between_two_stages_is_replaced(ray: ModuleType, start: Callable[..., RayPool]) -> None:
    pool = start()
    os.kill(pids(ray, pool)[0], signal.SIGKILL)
    pool.load([CHECKPOINT])
    assert len(list(pool.score(questions(10)))) == 10
    assert pool.counts == {CHECKPOINT.fingerprint: {"replica_restarts": 1}}


def test_replicas_that_keep_dying_end_the_run(start: Callable[..., RayPool]) -> None:
    pool = start(DyingEngine)
    with pytest.raises(EngineError, match=r"died, after 3 restarts: .*lower --replicas"):
        list(pool.score(questions(200)))


def test_one_that_keeps_dying_leaves_the_work_to_the_others(start: Callable[..., RayPool], tmp_path: Path) -> None:
    pool = start(functools.partial(OneHealthyEngine, tmp_path))
    requests = questions(400)
    assert len({response.key for response in pool.score(requests)}) == len(requests)
    counts = pool.counts[CHECKPOINT.fingerprint]
    assert counts["replicas_given_up"] == 1
    assert counts["replica_restarts"] <= ray_pool.RESTARTS, "one that dies at once is not heard of"


def test_an_engine_error_is_no_death(start: Callable[..., RayPool]) -> None:
    pool = start(FailingEngine)
    answered = []
    with pytest.raises(EngineError, match="out of cache"):
        answered.extend(pool.score(questions(40)))
    assert not pool.counts


def test_a_replica_with_another_engine_is_refused(start: Callable[..., RayPool]) -> None:
    with pytest.raises(EngineError, match=r"another engine than this machine \(version .* instead of"):
        start(OtherVersion)


def test_a_caller_who_leaves_early_leaves_no_replica_at_work(ray: ModuleType, start: Callable[..., RayPool]) -> None:
    pool = start()
    before = pids(ray, pool)
    answers = pool.score(questions(400))
    next(answers)
    answers.close()  # type: ignore[attr-defined]
    assert [replica.actor for replica in pool._replicas] == [None, None]
    assert len(list(pool.score(questions(20)))) == 20, "the next question starts them again"
    assert not set(before) & set(pids(ray, pool))


def test_a_cluster_without_room_is_named(
    ray: ModuleType, start: Callable[..., RayPool], monkeypatch: pytest.MonkeyPatch
) -> None:
    start()
    monkeypatch.setattr(ray_pool, "PLACEMENT_SECONDS", 0.5)
    monkeypatch.setattr(ray_pool, "TICK_SECONDS", 0.1)
    pool = RayPool(ScriptedEngine, replicas=2)
    with pytest.raises(EngineError, match=r"2 replicas of \d+ CPU each do not fit: Ray has .* lower --replicas"):
        pool.load([CHECKPOINT])
    pool.close()


def test_the_command_line_gives_the_same_scores(
    forgetbench: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    """With a Ray session of its own, as a user has it."""
    done = forgetbench("run", "--engine", "scripted", "--replicas", 2, "--suite", "smoke", "--base", "a", "b")
    assert done.returncode == 0, done.stderr
    assert "ray" not in done.stderr.lower()
    options = EvaluationOptions(suite="smoke", results=tmp_path / "plain")
    run("b", "a", evaluation=options, engine=EngineOptions("scripted"))

    def scores(results: Path) -> dict[str, object]:
        return {path.parent.name: json.loads(path.read_text()) for path in results.glob("runs/*/scores.json")}

    assert len(scores(tmp_path / "plain")) == 2
    assert scores(tmp_path / "results") == scores(tmp_path / "plain")
