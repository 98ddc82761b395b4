"""`--deterministic`: what it refuses, the proof it gives, and the pieces that vLLM's CPU kernels are cut into."""

from __future__ import annotations

import dataclasses
import sys
import types
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from forgetbench.engines.base import EngineOptions
from forgetbench.engines.proof import proof_requests, prove
from forgetbench.engines.registry import make_engine
from forgetbench.engines.scripted import ScriptedEngine, scripted_checkpoint
from forgetbench.engines.vllm.deterministic import BATCH_INVARIANT, check_options, prepare_environment
from forgetbench.engines.vllm.invariant import InvariantProduct, agreeing_rows, in_pieces
from forgetbench.errors import EngineError, InputError
from forgetbench.models.checkpoints import resolve
from forgetbench.records import Request, Response


def test_the_mode_is_a_setting_only_where_it_is_on() -> None:
    """So that what was asked without it keeps its keys."""
    usual, exact = (make_engine(EngineOptions("transformers", deterministic=on)) for on in (False, True))
    assert exact.settings == {**usual.settings, "deterministic": True}


def test_engines_without_the_mode_refuse_it() -> None:
    with pytest.raises(InputError, match=r"--deterministic is not for --engine scripted; .* vllm"):
        make_engine(EngineOptions("scripted", deterministic=True))


def test_the_reference_engine_proves_it(tiny_model: Path) -> None:
    engine = make_engine(EngineOptions("transformers", deterministic=True))
    checkpoint = resolve(str(tiny_model))
    engine.load([checkpoint])
    assert engine.loaded == (checkpoint,)


class Alone(ScriptedEngine):
    """Answers otherwise where a request comes alone."""

    def score(self, requests: Sequence[Request]) -> Iterator[Response]:
        for response in super().score(requests):
            shift = 2.0**-40 if len(requests) == 1 else 0.0
            changed = [dataclasses.replace(c, loglikelihood=c.loglikelihood - shift) for c in response.continuations]
            yield dataclasses.replace(response, continuations=tuple(changed))


def test_a_bit_that_depends_on_company_is_found() -> None:
    checkpoint = scripted_checkpoint("a")
    sound, faulty = ScriptedEngine(), Alone()
    for engine in (sound, faulty):
        engine.load([checkpoint])
    prove(sound, checkpoint.fingerprint, vocabulary=200, longest=100)
    with pytest.raises(EngineError, match=r"does not hold here: 8 of 12 answers differ .* one at a time .*scripted"):
        prove(faulty, checkpoint.fingerprint, vocabulary=200, longest=100)


def test_the_proof_keeps_within_the_window() -> None:
    assert max(len(request.prompt) for request in proof_requests("f", 50, 42)) == 33


def test_a_cpu_has_no_tensor_parallel_twin() -> None:
    with pytest.raises(InputError, match="leave out --tensor-parallel; --replicas shares the work"):
        check_options(EngineOptions("vllm", deterministic=True, tensor_parallel=2), on_cpu=True)
    check_options(EngineOptions("vllm", deterministic=True, tensor_parallel=2), on_cpu=False)


@pytest.mark.parametrize(
    ("before", "told"), [(None, "comes too late: this process has loaded vLLM"), ("1", "which 0.10 does not: update")]
)
def test_a_vllm_that_cannot_is_refused(before: str | None, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An older vLLM cannot be installed beside the newer one; this is what is read of it."""
    vllm, envs = types.ModuleType("vllm"), types.ModuleType("vllm.envs")
    vllm.__dict__["__version__"], envs.__dict__["environment_variables"] = "0.10", {"VLLM_USE_V1": None}
    for module in (vllm, envs):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.delenv(BATCH_INVARIANT, raising=False)
    if before is not None:
        monkeypatch.setenv(BATCH_INVARIANT, before)
    with pytest.raises(EngineError, match=told):
        prepare_environment(on_cpu=False)


def linear(x: Any, weight: Any, bias: Any) -> Any:
    return x @ weight.T + bias


def by_rows(x: Any, weight: Any, bias: Any) -> Any:
    """Adds up in another order where there is one row, or more than a hundred."""
    return linear(x, weight, bias) + (2.0**-10 if len(x) == 1 or len(x) > 100 else 0.0)


def test_only_numbers_of_rows_are_computed_that_agree() -> None:
    weight, bias = torch.randint(-3, 3, (5, 8)).float(), torch.ones(5)
    rows = agreeing_rows(lambda x: by_rows(x, weight, bias), 8, torch.float32)
    assert rows == (2, 4, 8, 16, 32, 48, 64, 96)
    x = torch.randint(-3, 3, (333, 8)).float()
    product = InvariantProduct(by_rows)
    for number in (1, 3, 96, 97, 333):
        assert torch.equal(product(x[:number], weight, bias), linear(x[:number], weight, bias))
    assert product(x[:6].reshape(2, 3, 8), weight, bias).shape == (2, 3, 5)


def test_a_product_that_depends_on_the_place_is_refused() -> None:
    with pytest.raises(EngineError, match="place of a row"):
        agreeing_rows(lambda x: x + torch.arange(len(x))[:, None], 8, torch.float32)


@dataclasses.dataclass
class Batch:
    """What `in_pieces` reads of vLLM's CommonAttentionMetadata."""

    query_start_loc: Any
    query_start_loc_cpu: Any
    seq_lens: Any
    block_table_tensor: Any
    num_reqs: int
    max_query_len: int


def test_requests_are_cut_into_pieces_that_end_where_they_stand() -> None:
    """Nineteen queries at the start of a text, one that is decoded, eight behind a cached prefix of 32."""
    starts = torch.tensor([0, 19, 20, 28], dtype=torch.int32)
    batch = Batch(starts, starts, torch.tensor([19, 51, 40], dtype=torch.int32), torch.tensor([[1], [2], [3]]), 3, 19)
    cut = in_pieces(batch, 8)
    assert cut.query_start_loc.tolist() == [0, 8, 16, 19, 20, 28]
    assert cut.seq_lens.tolist() == [8, 16, 19, 51, 40]
    assert cut.block_table_tensor.tolist() == [[1], [1], [1], [2], [3]]
    assert (cut.num_reqs, cut.max_query_len) == (5, 8)
    assert cut.query_start_loc.dtype == cut.seq_lens.dtype == torch.int32
