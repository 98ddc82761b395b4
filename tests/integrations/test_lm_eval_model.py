"""`simple_evaluate` with ForgetbenchLM gives what it gives with lm-eval's own model, item for item."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from capitals import CAPITALS

import forgetbench
from forgetbench.engines.base import EngineOptions
from forgetbench.engines.scripted import ScriptedEngine, scripted_checkpoint
from forgetbench.errors import CheckpointError, EngineError, InputError
from forgetbench.integrations import lm_eval_model
from forgetbench.integrations.lm_eval_model import ForgetbenchLM
from forgetbench.records import Checkpoint, Request, Response

WINDOW = 512
"""Of the tiny model, in tokens, which are bytes."""
SCORED = ["shape_letters", "shape_long", "shape_shared", "shape_cloze"]
GENERATED = ["shape_stops", "shape_repeats"]
NAMES = [*SCORED, "shape_rolling", *GENERATED]


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one task per shape of request, over six capitals."""
    folder = tmp_path_factory.mktemp("shapes")
    rows = [
        {
            "question": country, "answer": right, "gold": number % 2,
            "options": [wrong, right] if number % 2 else [right, wrong],
            # Longer than the window for the last two: rated in several windows.
            "passage": f"{right} is in {country}. " * (1 if number < 4 else 30),
        }
        for number, (country, right, wrong) in enumerate(CAPITALS)
    ]  # fmt: skip
    data = folder / "capitals.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    common = {
        "dataset_path": "json", "dataset_kwargs": {"data_files": {"test": str(data)}}, "test_split": "test",
        "doc_to_text": "What is the capital of {{question}}?\nA. {{options[0]}}\nB. {{options[1]}}\nAnswer:",
    }  # fmt: skip
    choice = {"output_type": "multiple_choice", "doc_to_target": "gold", "metric_list": _means("acc", "acc_norm")}
    answer = {"output_type": "generate_until", "doc_to_target": "answer", "metric_list": _means("exact_match")}
    greedy = {"max_gen_toks": 16, "do_sample": False, "temperature": 0.0}
    tasks = {
        "shape_letters": {
            **choice, "doc_to_choice": ["A", "B"], "target_delimiter": "", "num_fewshot": 2, "fewshot_split": "test",
        },
        "shape_long": {
            **choice, "doc_to_choice": "{{['it has always been ' + options[0], 'some say ' + options[1]]}}",
        },
        "shape_shared": {**choice, "doc_to_choice": "{{['the city of ' + options[0], 'the city of ' + options[1]]}}"},
        "shape_cloze": {
            "output_type": "loglikelihood", "doc_to_text": "The capital of {{question}} is",
            "doc_to_target": " {{answer}}", "metric_list": _means("acc"),
        },
        "shape_rolling": {
            "output_type": "loglikelihood_rolling", "doc_to_text": "", "doc_to_target": "{{passage}}",
            "metric_list": [{"metric": "bits_per_byte", "aggregation": "bits_per_byte", "higher_is_better": False}],
        },
        "shape_stops": {**answer, "generation_kwargs": {"until": ["\n\n", ".", "e"], **greedy}},
        "shape_repeats": {**answer, "repeats": 3, "generation_kwargs": {"until": ["\n\n"], **greedy}},
        "shape_sampled": {
            **answer, "repeats": 4,
            "generation_kwargs": {"until": ["\n\n"], "max_gen_toks": 16, "do_sample": True, "temperature": 1.0},
        },
    }  # fmt: skip
    for name, task in tasks.items():
        (folder / f"{name}.yaml").write_text(yaml.safe_dump({"task": name, **common, **task}, sort_keys=False))
    return folder


def _means(*metrics: str) -> list[dict[str, Any]]:
    return [{"metric": name, "aggregation": "mean", "higher_is_better": True} for name in metrics]


def evaluate(model: Any, shapes: Path, names: Sequence[str], chat: bool = False) -> dict[str, Any]:
    import lm_eval
    from lm_eval.tasks import TaskManager

    result: dict[str, Any] = lm_eval.simple_evaluate(
        model,
        tasks=list(names),
        task_manager=TaskManager(include_path=str(shapes), include_defaults=False),
        apply_chat_template=chat,
        fewshot_as_multiturn=chat,
        bootstrap_iters=0,
    )
    return result


def lm_evals_own(folder: Path) -> Any:
    import transformers
    from lm_eval.models.huggingface import HFLM

    return HFLM(
        pretrained=transformers.AutoModelForCausalLM.from_pretrained(folder, dtype="float32"),
        tokenizer=transformers.AutoTokenizer.from_pretrained(folder),
        batch_size=1,
        max_length=WINDOW - 1,  # so that long texts are cut into the same windows
    )


@pytest.fixture(scope="module", params=[False, True], ids=["completion", "chat"])
def both(request: pytest.FixtureRequest, tiny_model: Path, shapes: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """What `simple_evaluate` returns with ForgetbenchLM, and with lm-eval's transformers model."""
    with ForgetbenchLM(str(tiny_model), options=EngineOptions("transformers", dtype="float32")) as model:
        ours = evaluate(model, shapes, NAMES, request.param)
    return ours, evaluate(lm_evals_own(tiny_model), shapes, NAMES, request.param)


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("name", SCORED)
def test_choices_and_clozes_are_rated_alike(both: tuple[dict[str, Any], dict[str, Any]], name: str) -> None:
    ours, theirs = (result["samples"][name] for result in both)
    assert len(ours) == len(theirs) == len(CAPITALS)
    for mine, other in zip(ours, theirs, strict=True):
        assert mine["arguments"] == other["arguments"]
        for ((rated, greedy),), ((expected, is_greedy),) in zip(mine["resps"], other["resps"], strict=True):
            assert rated == pytest.approx(expected, abs=1e-4)
            assert greedy == is_greedy


@pytest.mark.filterwarnings("default")
def test_long_and_short_texts_are_rated_alike(both: tuple[dict[str, Any], dict[str, Any]]) -> None:
    ours, theirs = ([row["resps"][0][0] for row in result["samples"]["shape_rolling"]] for result in both)
    assert ours == pytest.approx(theirs, abs=1e-4)
    assert min(ours) < -WINDOW, "some text is longer than the window, at more than a nat per byte"


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("name", GENERATED)
def test_greedy_texts_are_alike(both: tuple[dict[str, Any], dict[str, Any]], name: str) -> None:
    ours, theirs = ([row["resps"] for row in result["samples"][name]] for result in both)
    assert ours == theirs
    repeats = 3 if name == "shape_repeats" else 1
    assert {len(texts) for ((*texts,),) in ours} == {repeats}


@pytest.mark.filterwarnings("default")
def test_metrics_are_alike(both: tuple[dict[str, Any], dict[str, Any]]) -> None:
    ours, theirs = (result["results"] for result in both)
    for name in NAMES:
        numbers = {key: value for key, value in theirs[name].items() if isinstance(value, float)}
        assert numbers
        assert {key: ours[name][key] for key in numbers} == pytest.approx(numbers, abs=1e-6)


@pytest.mark.filterwarnings("default")
def test_repeats_are_samples_of_one_request(tiny_model: Path, shapes: Path) -> None:
    with ForgetbenchLM(str(tiny_model), options=EngineOptions("transformers", dtype="float32")) as model:
        result = evaluate(model, shapes, ["shape_sampled"])
    for row in result["samples"]["shape_sampled"]:
        ((*texts,),) = row["resps"]
        assert len(texts) == 4
        assert len(set(texts)) > 1
    assert result["config"]["checkpoint"] == str(tiny_model)


# --- with an engine that notes what it is asked -------------------------------------------------


class NotingEngine(ScriptedEngine):
    def __init__(self, window: int = 1_000_000) -> None:
        super().__init__()
        self.window = window
        self.asked: list[Request] = []
        self.loads: list[str] = []
        self.log_files: list[Path | None] = []
        self.closed = 0

    def max_length(self, checkpoint: Checkpoint) -> int:
        return self.window

    def load(self, checkpoints: Sequence[Checkpoint], log_file: Path | None = None) -> None:
        self.loads += [item.name for item in checkpoints]
        self.log_files.append(log_file)
        super().load(checkpoints)

    def score(self, requests: Sequence[Request]) -> Iterator[Response]:
        self.asked += requests
        # The last one answers first, as an engine that works on many at once may do.
        return super().score(requests[::-1])

    def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
        self.asked += requests
        return super().generate(requests[::-1])

    def close(self) -> None:
        self.closed += 1
        super().close()


def instances(kind: str, *arguments: tuple[Any, ...], documents: Sequence[int] | None = None) -> list[Any]:
    from lm_eval.api.instance import Instance

    places = documents or range(len(arguments))
    return [
        Instance(kind, {}, args, 0, metadata=("task", place, 1)) for args, place in zip(arguments, places, strict=True)
    ]


def scripted(engine: NotingEngine, word: str = "word", **settings: Any) -> ForgetbenchLM:
    return ForgetbenchLM(scripted_checkpoint(word), engine=engine, **settings)


def test_choices_of_one_document_are_one_request_answered_in_order() -> None:
    engine = NotingEngine()
    pairs = [("one", " a"), ("two", " a"), ("one", " bb"), ("two", " bb"), ("one", " a")]
    found = scripted(engine).loglikelihood(instances("loglikelihood", *pairs, documents=[0, 1, 0, 1, 0]))
    assert [len(request.continuations) for request in engine.asked] == [2, 2]
    assert found[0] == found[4] != found[2]
    alone = [scripted(NotingEngine()).loglikelihood(instances("loglikelihood", pair))[0] for pair in pairs[:2]]
    assert found[:2] == alone


def test_instances_alike_share_one_request() -> None:
    engine = NotingEngine()
    settings = {"do_sample": True, "temperature": 0.7, "until": ["\n"], "max_gen_toks": 5}
    prompts = instances("generate_until", ("a", settings), ("b", settings))
    found = scripted(engine).generate_until([prompt for prompt in prompts for _ in range(3)])
    assert [request.sampling.n for request in engine.asked if request.sampling] == [3, 3]
    assert len({request.sampling.seed for request in engine.asked if request.sampling}) == 2
    assert len(set(found)) == 6, "every repeat is a sample of its own"
    again = scripted(NotingEngine(), seed=1).generate_until(prompts)
    assert again != found[::3], "another seed, other samples"


def test_greedy_repeats_are_one_text() -> None:
    engine = NotingEngine()
    (prompt,) = instances("generate_until", ("a", {"until": ["\n"], "do_sample": False}))
    found = scripted(engine).generate_until([prompt] * 3)
    (request,) = engine.asked
    assert request.sampling is not None
    assert (request.sampling.n, request.sampling.max_tokens) == (1, 256)
    assert found == [found[0]] * 3


@pytest.mark.parametrize(
    ("settings", "limit", "temperature", "stop"),
    [
        ({}, 256, 0.0, ()),
        ({"max_new_tokens": 7, "until": "\n"}, 7, 0.0, ("\n",)),
        ({"max_tokens": 9, "max_gen_toks": 8, "until": ["", "x"]}, 8, 0.0, ("x",)),
        ({"do_sample": False, "temperature": 0.7, "top_k": 50, "num_beams": 1}, 256, 0.0, ()),
        ({"do_sample": True, "top_k": -1}, 256, 1.0, ()),
        ({"temperature": 0.5, "repetition_penalty": 1.0}, 256, 0.5, ()),
    ],
)
def test_generation_settings_are_read_as_lm_eval_reads_them(
    settings: dict[str, Any], limit: int, temperature: float, stop: tuple[str, ...]
) -> None:
    engine = NotingEngine()
    scripted(engine).generate_until(instances("generate_until", ("a", settings)))
    (sampling,) = (request.sampling for request in engine.asked)
    assert sampling is not None
    assert (sampling.max_tokens, sampling.temperature, sampling.stop) == (limit, temperature, stop)


@pytest.mark.parametrize("settings", [{"num_beams": 4}, {"top_k": 5, "do_sample": True}, {"bad_words": ["no"]}])
def test_settings_no_engine_has_are_refused(settings: dict[str, Any]) -> None:
    engine = NotingEngine()
    with pytest.raises(InputError, match=f"generation_kwargs {next(iter(settings))}: "):
        scripted(engine).generate_until(instances("generate_until", ("a", settings)))
    assert not engine.asked


def test_what_does_not_fit_is_refused_before_anything_is_asked() -> None:
    engine = NotingEngine(window=20)
    prompts = [("a short one", " yes"), ("much longer than all of the window", " yes"), ("as long as the rest", " no")]
    with pytest.raises(InputError, match="2 of 3 loglikelihood requests do not go into a window of 20 tokens"):
        scripted(engine).loglikelihood(instances("loglikelihood", *prompts))
    with pytest.raises(InputError, match=r"1 of 1 generate_until requests .* need 257 tokens"):
        scripted(engine).generate_until(instances("generate_until", ("a", {})))
    assert not engine.loaded


def test_a_choice_without_tokens_is_refused() -> None:
    with pytest.raises(InputError, match="first one document 1 of task: a choice has no tokens of its own"):
        scripted(NotingEngine()).loglikelihood(instances("loglikelihood", ("a", "b"), ("a", "")))


def test_a_text_longer_than_the_window_is_rated_in_parts() -> None:
    engine = NotingEngine(window=20)
    found = scripted(engine).loglikelihood_rolling(instances("loglikelihood_rolling", ("x" * 50,), ("",)))
    assert sum(len(tokens) for request in engine.asked for tokens in request.continuations) == 50
    assert found[0] < 0
    assert found[1] == 0


def test_nothing_to_ask_starts_nothing() -> None:
    engine = NotingEngine()
    model = scripted(engine)
    assert model.loglikelihood([]) == model.loglikelihood_rolling([]) == model.generate_until([]) == []
    assert not engine.loaded


def test_what_the_ledger_has_is_not_asked_again(tmp_path: Path) -> None:
    pairs = instances("loglikelihood", ("one", " a"), ("two", " b"))
    first, second = NotingEngine(), NotingEngine()
    with scripted(first, ledger=tmp_path / "ledger.sqlite") as model:
        found = model.loglikelihood(pairs[:1])
    with scripted(second, ledger=tmp_path / "ledger.sqlite") as model:
        assert model.loglikelihood(pairs[:1]) == found
        assert not second.loaded
        assert model.loglikelihood(pairs)[:1] == found
    assert len(second.asked) == 1


def test_each_answer_is_told_to_the_cache_hook() -> None:
    told: list[tuple[str, tuple[Any, ...], Any]] = []

    class Hook:
        def add_partial(self, kind: str, args: tuple[Any, ...], answer: Any) -> None:
            told.append((kind, args, answer))

    model = scripted(NotingEngine())
    model.set_cache_hook(Hook())
    pairs, texts = [("one", " a"), ("two", " b")], [("whole",)]
    prompts = [("say", {"until": ["\n"]})]
    answers = [
        *model.loglikelihood(instances("loglikelihood", *pairs)),
        *model.loglikelihood_rolling(instances("loglikelihood_rolling", *texts)),
        *model.generate_until(instances("generate_until", *prompts)),
    ]
    kinds = ["loglikelihood"] * 2 + ["loglikelihood_rolling", "generate_until"]
    expected = list(zip(kinds, [*pairs, *texts, *prompts], answers, strict=True))
    assert sorted(told, key=str) == sorted(expected, key=str)


def test_an_engine_that_refuses_or_forgets_is_told() -> None:
    class Refusing(NotingEngine):
        def score(self, requests: Sequence[Request]) -> Iterator[Response]:
            return iter([Response(requests[0].key, refusal="no log-probabilities here")])

    class Forgetting(NotingEngine):
        def score(self, requests: Sequence[Request]) -> Iterator[Response]:
            return super().score(requests[:-1])

    pairs = instances("loglikelihood", ("one", " a"), ("two", " b"))
    with pytest.raises(InputError, match="the engine cannot answer: no log-probabilities here"):
        scripted(Refusing()).loglikelihood(pairs)
    with pytest.raises(EngineError, match="left 1 of 2 requests without an answer"):
        scripted(Forgetting()).loglikelihood(pairs)


def test_an_engine_handed_in_is_shared_and_left_running() -> None:
    engine = NotingEngine()
    pairs = instances("loglikelihood", ("one", " a"))
    with scripted(engine, "base") as base, scripted(engine, "tuned") as tuned:
        for model in (base, tuned, base):
            model.loglikelihood(pairs)
    assert engine.loads == ["base", "tuned", "base"]
    assert engine.closed == 0


def test_an_engine_by_name_is_loaded_once_and_stopped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    engine = NotingEngine()
    calls: list[tuple[EngineOptions, Sequence[Checkpoint]]] = []

    def make(options: EngineOptions, checkpoints: Sequence[Checkpoint]) -> NotingEngine:
        calls.append((options, checkpoints))
        return engine

    monkeypatch.setattr(lm_eval_model, "make_engine", make)
    checkpoint = replace(scripted_checkpoint("adapter"), adapter_base=tmp_path)
    options = EngineOptions("vllm", dtype="float32")
    with ForgetbenchLM(checkpoint, options=options, log_file=tmp_path / "engine.log") as model:
        for _ in range(2):
            model.loglikelihood(instances("loglikelihood", ("one", " a")))
    assert calls == [(options, [checkpoint])]
    assert (engine.loads, engine.closed) == (["adapter"], 1)
    assert engine.log_files == [tmp_path / "engine.log"]


def test_a_missing_chat_template_is_told(tiny_model: Path) -> None:
    model = scripted(NotingEngine())
    assert model.chat_template() is None
    for ask in (lambda: model.apply_chat_template([]), lambda: model.chat_template(True)):
        with pytest.raises(CheckpointError, match="checkpoint word has no chat template"):
            ask()
    with ForgetbenchLM(str(tiny_model), options=EngineOptions("transformers")) as real:
        assert "add_generation_prompt" in (real.chat_template(True) or "")
        assert real.apply_chat_template([{"role": "user", "content": "hi"}]).endswith("<s>assistant\n")
        assert real.max_length == WINDOW
        assert real.tokenizer_name.isalnum()


def test_it_is_public_and_a_pickle_needs_consent(tiny_model: Path, tmp_path: Path) -> None:
    assert forgetbench.ForgetbenchLM is ForgetbenchLM
    folder = tmp_path / "pickled"
    folder.mkdir()
    (folder / "config.json").write_text((tiny_model / "config.json").read_text())
    (folder / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(CheckpointError, match="pickles only"):
        forgetbench.ForgetbenchLM(str(folder), options=EngineOptions("transformers"))
