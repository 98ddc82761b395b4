"""Requests, filters and scores are lm-eval's: item for item what `lm_eval.simple_evaluate` gives."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from forgetbench import lm_eval_bridge as bridge
from forgetbench.engines.base import EngineOptions
from forgetbench.engines.scripted import ScriptedEngine, scripted_checkpoint
from forgetbench.engines.transformers import TransformersEngine
from forgetbench.errors import SuiteError
from forgetbench.models.checkpoints import resolve
from forgetbench.models.tokenizer import ByteTokenizer, HFTokenizer, Tokenizer, encode_pair, encode_pairs
from forgetbench.records import CUT, ItemScore, Response, Sample
from forgetbench.suites.loading import load_tasks
from forgetbench.suites.suite import Suite

NAMES = ["tiny_choice", "tiny_open", "tiny_rolling", "tiny_cloze"]
METRICS = ("acc", "acc_norm", "exact_match", "perplexity")


def suite(*names: str) -> Suite:
    return Suite(name="tiny", domains={"target": [{"task": name} for name in names]})


def byte_context(**changes: Any) -> bridge.PromptContext:
    settings: dict[str, Any] = {
        "checkpoint": "c", "engine": {"name": "scripted"}, "tokenizer": ByteTokenizer(), "chat": False,
        "max_length": 10_000, "seed": 0,
    }  # fmt: skip
    return bridge.PromptContext(**{**settings, **changes})


def our_scores(model: Path, tasks: Path, chat: bool) -> dict[str, list[ItemScore]]:
    engine = TransformersEngine(EngineOptions("transformers", dtype="float32"))
    checkpoint = resolve(str(model))
    engine.load([checkpoint])
    context = bridge.PromptContext("c", engine.settings, engine.tokenizer(checkpoint), chat, 512, seed=1234)
    scores = {}
    for loaded in load_tasks(suite(*NAMES), tasks):
        planned = bridge.plan(loaded, context)
        requests = {request.key: request for item in planned.items for request in item.requests}
        scoring = [request for request in requests.values() if request.sampling is None]
        generating = [request for request in requests.values() if request.sampling is not None]
        responses: dict[str, Response] = {
            response.key: response for response in [*engine.score(scoring), *engine.generate(generating)]
        }
        scores[loaded.info.name] = bridge.score(planned, responses, {})
    return scores


def lm_eval_samples(model: Path, tasks: Path, chat: bool) -> dict[str, list[dict[str, Any]]]:
    import lm_eval
    import transformers
    from lm_eval.models.huggingface import HFLM
    from lm_eval.tasks import TaskManager

    network = transformers.AutoModelForCausalLM.from_pretrained(model, dtype="float32")
    tokenizer = transformers.AutoTokenizer.from_pretrained(model)
    before = Path.cwd()
    os.chdir(tasks)  # lm-eval looks for relative data files in the working folder
    try:
        result = lm_eval.simple_evaluate(
            HFLM(pretrained=network, tokenizer=tokenizer, batch_size=1),
            tasks=NAMES,
            task_manager=TaskManager(include_path=str(tasks), include_defaults=False),
            apply_chat_template=chat,
            fewshot_as_multiturn=chat,
            log_samples=True,
            bootstrap_iters=0,
            fewshot_random_seed=1234,
        )
    finally:
        os.chdir(before)
    samples: dict[str, list[dict[str, Any]]] = result["samples"]
    return samples


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("chat", [False, True], ids=["completion", "chat"])
def test_item_for_item_the_scores_of_lm_eval(tiny_model: Path, tiny_tasks: Path, chat: bool) -> None:
    ours, theirs = our_scores(tiny_model, tiny_tasks, chat), lm_eval_samples(tiny_model, tiny_tasks, chat)
    for name in NAMES:
        assert len(ours[name]) == len(theirs[name]) == 6
        for mine, other in zip(ours[name], theirs[name], strict=True):
            shared = [metric for metric in METRICS if metric in other]
            assert {metric: mine.metrics[metric] for metric in shared} == pytest.approx(
                {metric: float(other[metric]) for metric in shared}, abs=1e-4
            )
            if name == "tiny_open":
                assert list(mine.responses) == other["resps"][0]
            if name == "tiny_rolling":
                likelihood, size = other["bits_per_byte"]
                assert mine.score == pytest.approx(2.718281828 ** (likelihood / size), abs=1e-6)
            if name == "tiny_choice":
                likelihoods = [float(answer[0][0]) for answer in other["resps"]]
                assert list(mine.loglikelihoods) == pytest.approx(likelihoods, abs=1e-4)


# Pieces that merge with their neighbours, across the border of context and continuation too.
TEXTS = st.lists(
    st.sampled_from(["<s>", "</s>", " ", "  ", "\n", "the", " city", "cit", "y", "é", "日", "A"]), max_size=5
).map("".join)


def merging_tokenizer(folder: Path) -> HFTokenizer:
    """A byte-level BPE tokenizer with merges, which adds BOS by itself."""
    import tokenizers
    import transformers

    backend = tokenizers.Tokenizer(tokenizers.models.BPE())
    backend.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<s>", "</s>"],
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    backend.train_from_iterator(["the city the city  A cité 日", "A the\ncity"] * 4, trainer)
    backend.post_processor = tokenizers.processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A $B", special_tokens=[("<s>", 0)]
    )
    saved = transformers.PreTrainedTokenizerFast(tokenizer_object=backend, bos_token="<s>", eos_token="</s>")
    saved.save_pretrained(folder)
    return HFTokenizer(folder)


@pytest.fixture(scope="module", params=["merging", "bytes"])
def tokenizer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    if request.param == "bytes":
        return ByteTokenizer()
    return merging_tokenizer(tmp_path_factory.mktemp("tokenizer"))


@given(pairs=st.lists(st.tuples(TEXTS, TEXTS), max_size=6))
def test_pairs_are_encoded_in_bulk_as_one_by_one(tokenizer: Tokenizer, pairs: list[tuple[str, str]]) -> None:
    encoded = encode_pairs(tokenizer, pairs)
    assert encoded == [encode_pair(tokenizer, *pair) for pair in pairs]
    assert len({id(prompt) for prompt, _ in encoded}) == len({prompt for prompt, _ in encoded}), "equal prompts are one"


@given(texts=st.lists(TEXTS, max_size=6), special=st.booleans())
def test_texts_are_encoded_in_bulk_as_one_by_one(tokenizer: Tokenizer, texts: list[str], special: bool) -> None:
    assert tokenizer.encode_all(texts, special=special) == [tokenizer.encode(text, special=special) for text in texts]


@given(pairs=st.lists(st.tuples(TEXTS, TEXTS.filter(bool)), max_size=6))
def test_pairs_are_cut_as_lm_eval_cuts_them(tokenizer: Tokenizer, pairs: list[tuple[str, str]]) -> None:
    from lm_eval.api.model import TemplateLM

    def encode(text: str, add_special_tokens: bool | None = None) -> list[int]:
        return tokenizer.encode(text, special=add_special_tokens is not False)

    model = SimpleNamespace(backend="causal", tok_encode=encode, prefix_token_id=tokenizer.prefix_token)
    model._encode_pair = partial(TemplateLM._encode_pair, model)
    model._loglikelihood_tokens = lambda requests, **_: [(tuple(head), tuple(tail)) for _, head, tail in requests]
    asked = [SimpleNamespace(args=pair) for pair in pairs]
    assert encode_pairs(tokenizer, pairs) == TemplateLM.loglikelihood(model, asked, disable_tqdm=True)


def test_choices_of_one_item_are_one_request(tiny_tasks: Path) -> None:
    (loaded,) = load_tasks(suite("tiny_choice"), tiny_tasks)
    for item in bridge.plan(loaded, byte_context()).items:
        assert len({location.request.key for location in item.locations}) == 1
        assert len(item.locations[0].request.continuations) == 2


def test_the_few_shot_draw_depends_on_the_seed_alone(tiny_tasks: Path) -> None:
    (loaded,) = load_tasks(suite("tiny_choice"), tiny_tasks)
    first, again, other = (
        [item.prompt for item in bridge.plan(loaded, byte_context(seed=seed)).items] for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_a_limit_keeps_the_prompts_of_the_items_that_stay(tiny_tasks: Path) -> None:
    (whole,) = load_tasks(suite("tiny_choice"), tiny_tasks)
    (part,) = load_tasks(suite("tiny_choice"), tiny_tasks, limit=3)
    full = [item.prompt for item in bridge.plan(whole, byte_context()).items]
    assert [item.prompt for item in bridge.plan(part, byte_context()).items] == full[:3]


def test_a_prompt_longer_than_the_window_is_refused_and_said(tiny_tasks: Path) -> None:
    (loaded,) = load_tasks(suite("tiny_open"), tiny_tasks)
    planned = bridge.plan(loaded, byte_context(max_length=20))
    scores = bridge.score(planned, {}, {})
    assert all(item.requests == () for item in planned.items)
    assert all(score.score is None and "window is 20" in (score.reason or "") for score in scores)


def test_an_item_without_answer_is_not_measured(tiny_tasks: Path) -> None:
    (loaded,) = load_tasks(suite("tiny_choice"), tiny_tasks)
    planned = bridge.plan(loaded, byte_context())
    engine = ScriptedEngine()
    engine.load([replace(scripted_checkpoint("a"), fingerprint="c")])
    requests = [item.requests[0] for item in planned.items][:4]
    responses = {response.key: response for response in engine.score(requests)}
    scores = bridge.score(planned, responses, {})
    assert [score.score is None for score in scores] == [False] * 4 + [True] * 2
    assert scores[-1].reason == "no answer from the engine"


def test_unknown_task_names_the_nearest(tiny_tasks: Path) -> None:
    with pytest.raises(SuiteError, match=r"unknown task 'tiny_choise'; did you mean 'tiny_choice'\?"):
        load_tasks(suite("tiny_choise"), tiny_tasks)


def test_an_empty_task_is_refused(tiny_tasks: Path) -> None:
    (tiny_tasks / "capitals.jsonl").write_text("")
    with pytest.raises(SuiteError, match="task 'tiny_open'"):
        load_tasks(suite("tiny_open"), tiny_tasks)


def test_a_broken_task_file_is_told_not_skipped(tiny_tasks: Path) -> None:
    path = tiny_tasks / "tiny_open.yaml"
    path.write_text(path.read_text() + "\n  - broken: [\n")
    with pytest.raises(SuiteError, match=r"tiny_open\.yaml"):
        load_tasks(suite("tiny_open"), tiny_tasks)


def test_a_changed_document_changes_the_task_fingerprint(tiny_tasks: Path) -> None:
    def fingerprint() -> str:
        (loaded,) = load_tasks(suite("tiny_open"), tiny_tasks)
        return loaded.info.fingerprint

    before = fingerprint()
    assert fingerprint() == before
    data = tiny_tasks / "capitals.jsonl"
    data.write_text(data.read_text().replace("Naples", "Milan"))
    assert fingerprint() != before


def test_a_metric_the_task_does_not_have_is_refused(tiny_tasks: Path) -> None:
    path = tiny_tasks / "tiny_open.yaml"
    config = yaml.safe_load(path.read_text())
    config["metadata"]["metric"] = "exact_macth"
    path.write_text(yaml.safe_dump(config))
    with pytest.raises(SuiteError, match="did you mean 'exact_match'"):
        load_tasks(suite("tiny_open"), tiny_tasks)


# --- fair to base and chat models -------------------------------------------------------------


def answered(planned: bridge.PlannedTask, text: str, finish_reason: str = "stop") -> list[ItemScore]:
    """The item scores when every answer is `text`."""
    requests = [request for item in planned.items for request in item.requests]
    responses = {request.key: Response(request.key, samples=(Sample(text, finish_reason, 3),)) for request in requests}
    return bridge.score(planned, responses, {})


def test_thinking_is_no_part_of_the_answer_and_is_counted(tiny_tasks: Path) -> None:
    (loaded,) = load_tasks(suite("tiny_open"), tiny_tasks)
    planned = bridge.plan(loaded, byte_context())
    plain, thought = answered(planned, "Paris"), answered(planned, "<think>Lyon? No.</think>\n\nParis")
    assert [score.score for score in thought] == [score.score for score in plain]
    assert sum(score.score or 0 for score in thought) == 1
    assert thought[0].responses == ("Paris",)
    assert (plain[0].metrics["thinking"], thought[0].metrics["thinking"]) == (0.0, 1.0)
    # Cut while it still thought: nothing was answered.
    cut = answered(planned, "<think>Paris is", "length")
    assert cut[0].responses == ("",) and cut[0].metrics["at_limit"] == cut[0].metrics["thinking"] == 1.0
    assert all((score.score, score.reason) == (None, CUT) for score in cut)


def test_examples_stand_in_for_a_chat_template(tiny_tasks: Path) -> None:
    path = tiny_tasks / "tiny_open.yaml"
    config = yaml.safe_load(path.read_text())
    config |= {"num_fewshot": 0, "fewshot_split": "test"}
    config["metadata"]["completion_fewshot"] = 2
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    (loaded,) = load_tasks(suite("tiny_open"), tiny_tasks)
    # One task object serves all checkpoints, so each plan must set its own number.
    for chat, shots in ((False, 2), (True, 0), (False, 2)):
        (first, *_) = bridge.plan(loaded, byte_context(chat=chat)).items
        assert first.prompt.count("Question:") == shots + 1
        assert first.question.count("Question:") == 1
    entry = {"task": "tiny_open", "num_fewshot": 1}
    (loaded,) = load_tasks(Suite(name="tiny", domains={"target": [entry]}), tiny_tasks)
    assert bridge.plan(loaded, byte_context()).items[0].prompt.count("Question:") == 2


def test_a_suite_may_raise_the_token_limit(tiny_tasks: Path) -> None:
    entry = {"task": "tiny_open", "max_gen_toks": 500}
    (loaded,) = load_tasks(Suite(name="tiny", domains={"target": [entry]}), tiny_tasks)
    (own,) = load_tasks(suite("tiny_open"), tiny_tasks)
    sampling = bridge.plan(loaded, byte_context()).items[0].requests[0].sampling
    assert sampling is not None and sampling.max_tokens == 500
    assert loaded.info.fingerprint != own.info.fingerprint
