"""The engine protocol's parts that need no running engine."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forgetbench.checkpoints import scripted_checkpoint
from forgetbench.engines.base import make_engine
from forgetbench.engines.scripted import ScriptedEngine
from forgetbench.engines.trie import inner_nodes, path_loglikelihoods
from forgetbench.engines.vllm import _architecture, _ranges
from forgetbench.errors import EngineError, InputError
from forgetbench.fingerprint import make_request
from forgetbench.records import Sampling

TOKENS = st.lists(st.integers(0, 3), min_size=1, max_size=4).map(tuple)


def test_one_token_choices_are_one_node() -> None:
    assert inner_nodes([(5,), (7,), (6,)]) == {(): [5, 6, 7]}


def test_shared_first_tokens_are_asked_once() -> None:
    assert inner_nodes([(1, 2, 3), (1, 2, 4), (1, 5)]) == {(): [1], (1,): [2, 5], (1, 2): [3, 4]}


@given(st.lists(TOKENS, min_size=1, max_size=6))
def test_the_sums_along_the_trie_are_the_continuations_own(continuations: list[tuple[int, ...]]) -> None:
    """With a uniform model every token costs log 4, whatever its place in the trie."""
    nodes = inner_nodes(continuations)
    answers = {path: ({token: -math.log(4) for token in tokens}, 0) for path, tokens in nodes.items()}
    for tokens, rated in zip(continuations, path_loglikelihoods(continuations, answers), strict=True):
        assert rated.loglikelihood == pytest.approx(-len(tokens) * math.log(4))
        assert rated.is_greedy == all(token == 0 for token in tokens)
        assert rated.n_tokens == len(tokens)


def test_a_folder_saved_by_a_trainer_has_the_architecture_it_started_from(tiny_model: Path, tmp_path: Path) -> None:
    """Its config.json may spell out defaults, or leave them out: the weights can be swapped in place."""
    other = Path(shutil.copytree(tiny_model, tmp_path / "other"))
    config = json.loads((other / "config.json").read_text())
    for name in ("attention_dropout", "initializer_range", "pretraining_tp", "transformers_version"):
        config.pop(name, None)
    (other / "config.json").write_text(json.dumps(config))
    assert _architecture(other, False) == _architecture(tiny_model, False)
    for change in ({"rms_norm_eps": 0.1}, {"num_attention_heads": 8}):
        (other / "config.json").write_text(json.dumps({**config, **change}))
        assert _architecture(other, False) != _architecture(tiny_model, False)


def test_core_ranges() -> None:
    assert _ranges([0, 1, 2, 5]) == "0-2,5-5"


def test_the_same_word_answers_the_same() -> None:
    sampling = Sampling(8, temperature=1.0, n=3, seed=1)
    said = []
    for word in ("a", "a", "b"):
        engine, checkpoint = ScriptedEngine(), scripted_checkpoint(word)
        engine.load([checkpoint])
        requests = [make_request(checkpoint.fingerprint, {}, (n,), sampling=sampling) for n in range(20)]
        said.append([response.samples for response in engine.generate(requests)])
    assert said[0] == said[1] != said[2]
    assert {len(samples) for samples in said[0]} == {3}


def test_unknown_engine_names_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'vllm'"):
        make_engine("vlmm")


def test_a_word_is_no_checkpoint_for_a_real_engine(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="only the scripted engine takes plain words"):
        make_engine("transformers").load([scripted_checkpoint("a")])
