"""A comparison's two models asked again: tiny ones, whose divergence can be computed whole."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from tiny_models import make_adapter, make_tiny_model

import forgetbench
from forgetbench import EngineError, EngineOptions, EvaluationOptions, InputError
from forgetbench.comparison.sft_data import read_sft_prompts
from forgetbench.diagnosis.stored import load_diagnosis
from forgetbench.engines.next_tokens import ScoredTokens
from forgetbench.engines.transformers import TransformersEngine
from forgetbench.engines.vllm.top_tokens import stream_top_tokens, top_of_rows
from forgetbench.models.checkpoints import resolve
from forgetbench.models.tokenizer import check_shared_vocabulary, checkpoint_tokenizer
from forgetbench.pipeline import distribution as asking
from forgetbench.pipeline.two_models import check_memory
from forgetbench.records import Checkpoint
from forgetbench.storage.comparisons import load_comparison
from forgetbench.storage.folder import ResultsFolder

ENGINE = EngineOptions("transformers")


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A tiny base, and the same with its output layer's noise."""
    folder = tmp_path_factory.mktemp("pair")
    return make_tiny_model(folder / "base"), make_tiny_model(folder / "tuned", seed=5)


@pytest.fixture
def compared(pair: tuple[Path, Path], tiny_tasks: Path, tmp_path: Path) -> Path:
    """The folder of a comparison of the two."""
    base, tuned = pair
    asked = EvaluationOptions(suite=str(tiny_tasks / "tiny-suite.yml"), results=tmp_path / "results")
    done = forgetbench.run([str(tuned)], str(base), evaluation=asked, engine=ENGINE)
    return done.comparisons[0].folder


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few passages and prompts: what is looked at is the way, not the number."""
    passages = [("passages", str(n), text) for n, text in enumerate(("The river runs.", "Snow fell.", "Bread rose."))]
    monkeypatch.setattr(asking, "_neutral", lambda own: iter([passages]))
    monkeypatch.setattr(asking, "ANSWER_TOKENS", 4)


def prompts_file(folder: Path) -> Path:
    path = folder / "sft.jsonl"
    rows = [{"prompt": f"Say {word}.", "completion": f"{word}!"} for word in ("up", "down", "left", "right")]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.usefixtures("short")
def test_what_both_say_next_is_in_every_file(compared: Path, tmp_path: Path) -> None:
    made = forgetbench.diagnose(compared, sft_data=prompts_file(tmp_path), distribution=True, engine=ENGINE)
    found = made.diagnosis.distribution
    assert found is not None and (found.method, found.k, found.vocabularies) == ("exact", None, (258, 258))
    rows = {row.source: row for row in found.rows}
    assert list(rows) == ["passages", "prompts"] and rows["passages"].n_tokens == 36
    kl = rows["passages"].measure("kl")
    assert 0 < kl.low < kl.value < kl.high
    assert rows["passages"].measure("entropy_base").value <= np.log(258)
    assert {"far_on_prompts", "general_loss", "miscalibrated"} <= {one.cause for one in made.diagnosis.findings}
    results = ResultsFolder(compared.parent.parent)
    assert load_diagnosis(results, load_comparison(compared)) == made.diagnosis
    assert all("Exact: of all tokens" in (compared / name).read_text() for name in ("diagnosis.md", "report.html"))


def test_the_divergence_is_that_of_whole_distributions(pair: tuple[Path, Path]) -> None:
    """By hand, from transformers' own logits."""
    import torch
    import transformers

    text = ScoredTokens(tuple(range(2, 150)), 3)
    logprobs = []
    for folder in pair:
        engine = TransformersEngine(ENGINE)
        engine.load([resolve(str(folder))])
        chunks = list(engine.next_tokens(text))
        assert [len(rows) for rows in chunks] == [64, 64, 17]
        model = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()
        with torch.inference_mode():
            logits = model(torch.tensor([text.tokens])).logits[0, 2:-1]
        expected = logits.log_softmax(-1).numpy()
        assert np.concatenate(chunks) == pytest.approx(expected, abs=1e-5)
        logprobs.append(chunks)
    total = asking.TextSums("a")
    for rows, others, at in zip(*logprobs, (0, 64, 128), strict=True):
        total.add_rows(rows, others, np.array(text.scored[at : at + len(rows)]))
    before, after = (np.concatenate(chunks).astype(float) for chunks in logprobs)
    assert total.kl == pytest.approx(float((np.exp(before) * (before - after)).sum()), rel=1e-6)


def test_an_adapter_is_not_merged_for_it(pair: tuple[Path, Path], tmp_path: Path) -> None:
    base = resolve(str(pair[0]))
    adapter = resolve(str(make_adapter(pair[0], tmp_path / "adapter")), base=base)
    text, rows = ScoredTokens(tuple(range(2, 30)), 1), []
    for checkpoint in (base, adapter):
        engine = TransformersEngine(ENGINE)
        engine.load([checkpoint])
        rows.append(np.concatenate(list(engine.next_tokens(text))))
    assert rows[0].shape == rows[1].shape and not np.allclose(rows[0], rows[1])


@pytest.mark.usefixtures("short")
def test_the_likeliest_tokens_bound_it_from_below(
    compared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An engine that tells the top alone: everything else is the same."""
    exact = forgetbench.diagnose(compared, distribution=True, engine=ENGINE).diagnosis.distribution
    whole = TransformersEngine.next_tokens

    def top_tokens(self: TransformersEngine, checkpoint: Checkpoint, texts: Sequence[ScoredTokens], k: int) -> object:
        for number, text in enumerate(texts):
            rows = np.concatenate(list(whole(self, text)))
            ids = np.argsort(-rows, axis=-1)[:, :k]
            ids = np.concatenate([ids, np.array(text.scored)[:, None]], axis=-1)
            ids[:, -1] = np.where((ids[:, :-1] == ids[:, -1:]).any(axis=-1), -1, ids[:, -1])
            logprobs = np.take_along_axis(rows, np.maximum(ids, 0), axis=-1)
            yield number, ids, np.where(ids < 0, -np.inf, logprobs)

    monkeypatch.setattr(TransformersEngine, "top_tokens", top_tokens, raising=False)
    monkeypatch.setattr(asking, "TellsAll", ())  # nothing is one
    monkeypatch.setattr(asking, "TellsTop", TransformersEngine)
    top = forgetbench.diagnose(compared, distribution=True, engine=ENGINE).diagnosis.distribution
    assert exact is not None and top is not None and (top.method, top.k) == ("top_k", 20)
    one, other = top.rows[0], exact.rows[0]
    assert 0 < one.measure("kl").value < other.measure("kl").value
    assert one.measure("entropy_base").value < other.measure("entropy_base").value
    for name in ("loss_base", "loss_candidate", "bits_difference"):
        assert one.measure(name).value == pytest.approx(other.measure(name).value, abs=1e-5)
    assert "lower bounds" in (compared / "diagnosis.md").read_text()


def test_vllm_s_rows_as_arrays() -> None:
    """Its prompt log-probabilities: none of the first token, then a mapping a place, the text's own token in it."""
    entry = SimpleNamespace
    rows = [None, {7: entry(logprob=-0.1), 3: entry(logprob=-2.5)}, {5: entry(logprob=-0.2)}]
    ids, logprobs = top_of_rows([row for row in rows[1:] if row], k=2)
    assert ids.tolist() == [[7, 3, -1], [5, -1, -1]]
    assert logprobs[0, :2] == pytest.approx([-0.1, -2.5]) and np.isneginf(logprobs[1, 1:]).all()


def test_an_engine_that_tells_no_distribution_is_refused(tmp_path: Path, tiny_tasks: Path) -> None:
    asked = EvaluationOptions(suite=str(tiny_tasks / "tiny-suite.yml"), results=tmp_path / "results")
    engine = EngineOptions("scripted")
    folder = forgetbench.run(["tuned"], "base", evaluation=asked, engine=engine).comparisons[0].folder
    with pytest.raises(InputError, match="engine scripted tells no next-token distributions; use --engine"):
        forgetbench.diagnose(folder, distribution=True, engine=engine)
    assert not (folder / "diagnosis.json").exists()


def test_another_checkpoint_is_refused(compared: Path, pair: tuple[Path, Path]) -> None:
    with pytest.raises(InputError, match="not the checkpoint that was evaluated as tuned"):
        forgetbench.diagnose(compared, distribution=True, candidate=str(pair[0]), engine=ENGINE)


def test_other_vocabularies_are_refused(pair: tuple[Path, Path], tmp_path: Path) -> None:
    own = checkpoint_tokenizer(resolve(str(pair[0])))
    other = checkpoint_tokenizer(resolve(str(make_tiny_model(tmp_path / "other"))))
    check_shared_vocabulary(own, other)
    other.hf.add_tokens(["<tool>"])
    other.fingerprint = "more"
    check_shared_vocabulary(own, other)  # one token more changes none of the others
    own.hf.add_tokens(["<think>"])
    own.fingerprint = "others"
    with pytest.raises(InputError, match="different tokenizers"):
        check_shared_vocabulary(own, other)


def test_prompts_of_every_form(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    turns = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    rows = [
        {"messages": turns}, {"prompt": "Say it.", "completion": "it"}, {"prompt": turns[:1], "completion": turns[1:]},
        {"instruction": "Add.", "input": "1 2", "output": "3"}, {"text": "whole"},
    ]  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    user = {"role": "user", "content": "Hi"}
    added = {"role": "user", "content": "Add.\n\n1 2"}
    assert read_sft_prompts(path) == [(user,), "Say it.", (user,), (added,)]


def test_a_text_of_one_s_own(tmp_path: Path) -> None:
    plain, rows = tmp_path / "own.txt", tmp_path / "own.jsonl"
    plain.write_text("One paragraph.\n\nAnother\none.\n\n\n")
    rows.write_text('{"text": "One."}\n{"text": " "}\n')
    assert asking._own_texts(plain) == ["One paragraph.", "Another\none."] and asking._own_texts(rows) == ["One."]
    rows.write_text('{"story": "One."}\n')
    with pytest.raises(InputError, match=r"own\.jsonl:1: no field 'text'"):
        asking._own_texts(rows)


def test_long_texts_are_cut_into_windows(pair: tuple[Path, Path]) -> None:
    """Each token is scored once, behind the one before it."""
    tokenizer = checkpoint_tokenizer(resolve(str(pair[0])))
    cut = asking._cut(tokenizer, "text", "a", "x" * 1100)
    assert [len(window.scored) for window in cut.windows] == [512, 512, 76] and cut.n_bytes == 1100
    assert cut.windows[0].tokens[0] == tokenizer.prefix_token and cut.windows[1].tokens[0] == cut.windows[0].tokens[-1]


def test_vllm_is_asked_for_each_text_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("vllm")
    text = ScoredTokens((4, 5, 6), 2)

    def stream(submissions: object) -> object:
        for one in submissions:  # type: ignore[attr-defined]
            assert (one.tokens, one.params.prompt_logprobs, one.params.max_tokens) == ((4, 5, 6), 20, 1)
            rows = [None, {5: SimpleNamespace(logprob=-1.0)}, {6: SimpleNamespace(logprob=-0.5)}]
            yield SimpleNamespace(request_id=one.id, prompt_logprobs=rows)

    ((number, ids, logprobs),) = stream_top_tokens(stream, "fingerprint", [text], 20)  # type: ignore[arg-type]
    assert number == 0 and ids[0, 0] == 6 and logprobs[0, 0] == pytest.approx(-0.5)


def test_both_models_must_fit_at_once(pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    base, tuned = (resolve(str(folder)) for folder in pair)
    engine = TransformersEngine(ENGINE)
    need = engine.memory_need(base)
    assert need is not None
    monkeypatch.setattr("forgetbench.evaluation.preflight.free_memory", lambda device: (1.5 * need.total,))
    check_memory(engine, [base])
    with pytest.raises(EngineError, match="base and tuned must be in memory at once, which needs"):
        check_memory(engine, [base, tuned])


def test_models_that_say_anything_are_told_apart_by_nothing(compared: Path) -> None:
    """Each sample is drawn by numbers of its own: from shared ones, random models would write the same everywhere."""
    made = forgetbench.diagnose(compared, without_data=20, engine=ENGINE)
    assert [read.opening for read in made.diagnosis.readable] == ["text", "chat"]
    assert all(not read.phrases and read.n_samples == 20 for read in made.diagnosis.readable)
    assert {finding.state for finding in made.diagnosis.of("readable")} == {"open"}


@pytest.mark.usefixtures("short")
def test_a_token_more_is_part_of_the_rest(pair: tuple[Path, Path], tiny_tasks: Path, tmp_path: Path) -> None:
    """The same weights with one token more: all that can be said beside the base is that token."""
    import transformers

    folder = tmp_path / "more"
    tokenizer = transformers.AutoTokenizer.from_pretrained(pair[0])
    tokenizer.add_tokens(["<tool>"])
    model = transformers.AutoModelForCausalLM.from_pretrained(pair[0])
    model.resize_token_embeddings(len(tokenizer))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    asked = EvaluationOptions(suite=str(tiny_tasks / "tiny-suite.yml"), results=tmp_path / "results")
    done = forgetbench.run([str(folder)], str(pair[0]), evaluation=asked, engine=ENGINE).comparisons[0].folder
    found = forgetbench.diagnose(done, distribution=True, engine=ENGINE).diagnosis.distribution
    assert found is not None and found.vocabularies == (258, 259)
    # One of 259 about equally likely tokens: - ln(258 / 259).
    assert found.rows[0].measure("kl").value == pytest.approx(np.log(259 / 258), rel=0.1)
    assert "The vocabularies have 258 and 259 tokens" in (done / "diagnosis.md").read_text()


def test_fewer_texts_are_among_the_more() -> None:
    texts = list(range(50))
    assert list(asking._drawn(texts, 7, seed=3)) == list(asking._drawn(texts, 20, seed=3))[:7]
    assert asking._drawn(texts, None, seed=3) == texts and len(asking._drawn(texts, 90, seed=3)) == 50
