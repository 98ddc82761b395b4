"""A model that is asked in another way than it was trained to be, or gives no numbers, is told from a weak one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tiny_models import make_broken

from forgetbench.engines.base import EngineOptions
from forgetbench.engines.registry import make_engine
from forgetbench.engines.scripted import ScriptedEngine, scripted_checkpoint
from forgetbench.engines.transformers import TransformersEngine
from forgetbench.errors import EngineError
from forgetbench.evaluation.evaluate import evaluate
from forgetbench.evaluation.options import EvaluationOptions
from forgetbench.evaluation.session import open_session
from forgetbench.models.checkpoints import resolve
from forgetbench.models.checks import PASSAGE, Finding, ModelChecks, plan_checks, template_findings
from forgetbench.models.templates import Message
from forgetbench.models.tokenizer import ByteTokenizer, HFTokenizer, Tokenizer
from forgetbench.progress import Progress
from forgetbench.records import Checkpoint, Continuation, Request, Response
from forgetbench.storage.runs import Run

BOS, EOS = 1, 2
PIECES = 9
"""Requests for the passage in pieces: at once, and eight of them."""
CHECKS = 3 + PIECES


class Bytes(ByteTokenizer):
    """Bytes with a BOS, of which the tokenizer puts so many in front by itself."""

    def __init__(self, front: int = 0, bos: int | None = BOS) -> None:
        self.bos, self.eos = bos, EOS
        self._front = front

    def encode(self, text: str, *, special: bool = True) -> list[int]:
        front = self._front if special and not text.startswith(chr(BOS)) else 0
        return [BOS] * front + super().encode(text)


class Rated(ScriptedEngine):
    """Rates each token only by how many BOS stand in front, and remembers what it is asked."""

    def __init__(self, tokenizer: Tokenizer, *per_token: float, refusal: str | None = None) -> None:
        super().__init__()
        self._tokenizer, self._per_token, self._refusal = tokenizer, per_token, refusal
        self.asked: list[Request] = []

    def tokenizer(self, checkpoint: Checkpoint) -> Tokenizer:
        return self._tokenizer

    def score(self, requests: Sequence[Request]) -> Iterator[Response]:
        for request in requests:
            self.asked.append(request)
            if self._refusal:
                yield Response(request.key, refusal=self._refusal)
                continue
            each = self._per_token[request.prompt.count(BOS)]
            rated = (Continuation(each * len(tokens), False, len(tokens)) for tokens in request.continuations)
            yield Response(request.key, continuations=tuple(rated))


def ask(engine: Rated, *, chat: bool = False) -> list[Finding]:
    checkpoint = scripted_checkpoint("a")
    checks = plan_checks("a", checkpoint.fingerprint, engine.settings, engine.tokenizer(checkpoint), chat=chat)
    return checks.findings({response.key: response for response in engine.score(list(checks.requests.values()))})


def finding(findings: list[Finding], name: str) -> Finding:
    (found,) = (item for item in findings if item.name == name)
    return found


# --- BOS --------------------------------------------------------------------------------------


def test_a_missing_bos_is_told() -> None:
    found = finding(ask(Rated(Bytes(), -9.0, -3.0, -3.2)), "BOS")
    assert found.ok is False
    assert found.text == (
        "the tokenizer adds no BOS although the model needs one: a plain passage gets -9.00 without BOS, "
        "-3.00 with BOS, -3.20 with 2 BOS (nats per token); --add-bos adds it"
    )


@pytest.mark.parametrize(
    ("front", "per_token", "ok", "words"),
    [
        (1, (-9.0, -3.0, -3.2), True, "encodes with BOS, and the model agrees"),
        (0, (-3.4, -3.0, -3.2), True, "encodes without BOS, and the model agrees"),
        (2, (-9.0, -3.0, -4.0), False, "encodes with 2 BOS, the model does better with BOS"),
        (1, (-3.0, -9.0, -9.0), False, "encodes with BOS, the model does better without BOS"),
        (3, (-3.0, -3.0, -3.0, -3.0), True, "encodes with 3 BOS"),
    ],
)
def test_what_the_tokenizer_does_by_itself_is_compared(
    front: int, per_token: tuple[float, ...], ok: bool, words: str
) -> None:
    found = finding(ask(Rated(Bytes(front), *per_token)), "BOS")
    assert found.ok is ok
    assert words in found.text


def test_every_encoding_is_of_the_same_text() -> None:
    engine = Rated(Bytes(1), -3.0, -3.0, -3.0)
    ask(engine)
    whole = [request for request in engine.asked if len(request.continuations[0]) > 8]
    assert {bytes(request.prompt + request.continuations[0]).lstrip(b"\1") for request in whole} == {
        PASSAGE.encode()[:64]
    }
    assert sorted(request.prompt.count(BOS) for request in whole) == [0, 1, 2]
    assert len({request.key for request in engine.asked}) == CHECKS


# --- pieces -----------------------------------------------------------------------------------


class Stateful(Rated):
    """Adds to a text that is asked by itself what another one left behind."""

    def __init__(self, left_behind: float, dtype: str) -> None:
        super().__init__(Bytes(1), -3.0, -3.0, -3.0)
        self.settings = {"name": "stateful", "dtype": dtype}
        self._left_behind = left_behind

    def score(self, requests: Sequence[Request]) -> Iterator[Response]:
        for request, response in zip(requests, super().score(requests), strict=True):
            off = self._left_behind if len(request.continuations) == 1 else 0.0
            rated = (replace(item, loglikelihood=item.loglikelihood + off) for item in response.continuations)
            yield replace(response, continuations=tuple(rated))


@pytest.mark.parametrize(("apart", "dtype"), [(0.3, "float32"), (1.1, "bfloat16"), (-1.1, "auto")])
def test_a_text_that_is_rated_otherwise_in_pieces_ends_it(apart: float, dtype: str) -> None:
    with pytest.raises(
        EngineError, match=r"checkpoint a gets other log-likelihoods in pieces than at once, by up to \d"
    ):
        ask(Stateful(apart, dtype))


@pytest.mark.parametrize("dtype", ["bfloat16", "auto"])
def test_much_for_rounding_is_told(dtype: str) -> None:
    found = finding(ask(Stateful(0.5, dtype)), "pieces")
    assert found.ok is False and "0.5 nats" in found.text and "--engine transformers" in found.text


@pytest.mark.parametrize(("apart", "dtype"), [(0.01, "float32"), (0.2, "bfloat16"), (0.2, "auto")])
def test_rounding_ends_nothing(apart: float, dtype: str) -> None:
    found = finding(ask(Stateful(apart, dtype)), "pieces")
    assert found.ok is True and f"to {apart:.1g} nats in 8 tokens" in found.text


def test_pieces_are_the_passage_behind_the_tokenizers_own_bos() -> None:
    engine = Rated(Bytes(1), -3.0, -3.0, -3.0)
    checks = plan_checks("a", "", {}, engine.tokenizer(scripted_checkpoint("a")), chat=False)
    text = (BOS, *PASSAGE.encode()[:64])
    assert checks.at_once is not None and checks.at_once.prompt + checks.at_once.continuations[-1] == text
    for piece, through in zip(checks.pieces, checks.at_once.continuations, strict=True):
        assert piece.prompt + piece.continuations[0] == checks.at_once.prompt + through
        assert len(piece.continuations[0]) <= 8


def test_a_tokenizer_without_bos() -> None:
    engine = Rated(Bytes(bos=None), -3.0)
    found = ask(engine)
    assert [item.ok for item in found] == [True, True, None]
    assert len(engine.asked) == 1 + PIECES, "its numbers are checked all the same"


def test_bytes_are_no_model() -> None:
    engine = Rated(ByteTokenizer())
    assert ask(engine) == []
    assert engine.asked == []


def test_an_engine_that_rates_no_text() -> None:
    assert [item.ok for item in ask(Rated(Bytes(), refusal="the server gives no log-probabilities"))] == [None, None]


# --- numbers ----------------------------------------------------------------------------------


@pytest.mark.parametrize("broken", [math.nan, -math.inf])
def test_no_numbers_end_it(broken: float) -> None:
    with pytest.raises(EngineError, match=r"checkpoint a gives NaN or infinite log-likelihoods .* --dtype float32"):
        ask(Rated(Bytes(), -3.0, broken, -3.0))


# --- chat template ----------------------------------------------------------------------------


class Templated(Bytes):
    """Renders with a Python function of messages and whether a generation prompt is wanted."""

    has_chat_template = True

    def __init__(self, write: Any, front: int = 0) -> None:
        super().__init__(front)
        self._write = write

    def render(self, messages: Sequence[Message], *, add_generation_prompt: bool) -> str:
        return str(self._write(messages, add_generation_prompt))


def chatml(messages: Sequence[Message], prompt: bool) -> str:
    text = "".join(f"<{item['role']}>{item['content']}</end>\n" for item in messages)
    return text + ("<assistant>" if prompt else "")


def faults(write: Any, front: int = 0) -> list[str]:
    return [item.name for item in template_findings(Templated(write, front)) if item.ok is False]


def test_a_sound_template() -> None:
    found = template_findings(Templated(chatml))
    assert [item.ok for item in found] == [True] * 4
    assert [item.name for item in found] == ["template turns", "generation prompt", "template BOS", "system turn"]


def test_faults_of_templates() -> None:
    def without_prompt(messages: Sequence[Message], prompt: bool) -> str:
        return chatml(messages, False)

    def without_assistant(messages: Sequence[Message], prompt: bool) -> str:
        return chatml([item for item in messages if item["role"] != "assistant"], prompt)

    def twice(messages: Sequence[Message], prompt: bool) -> str:
        return chatml([messages[0], *messages], prompt)

    def broken(messages: Sequence[Message], prompt: bool) -> str:
        if len(messages) > 1:
            raise ValueError("one turn only")
        return chatml(messages, prompt)

    assert faults(without_prompt) == ["generation prompt"]
    assert faults(without_assistant) == ["template turns"]
    assert faults(twice) == ["template turns"]
    assert faults(broken) == ["template turns"]
    assert faults(lambda messages, prompt: chr(BOS) * 2 + chatml(messages, prompt)) == ["template BOS"]
    assert faults(lambda messages, prompt: chr(BOS) + chatml(messages, prompt), front=1) == []


def test_templates_that_need_no_words_for_a_generation_prompt() -> None:
    def instructions(messages: Sequence[Message], prompt: bool) -> str:
        return "".join(
            f"[INST] {item['content']} [/INST]" if item["role"] == "user" else f" {item['content']}</s>"
            for item in messages
        )

    def channels(messages: Sequence[Message], prompt: bool) -> str:
        """The model itself chooses the channel of its answer."""
        text = "".join(
            f"<start>{item['role']}{'<final>' if item['role'] == 'assistant' else ''}<text>{item['content']}<end>"
            for item in messages
        )
        return text + ("<start>assistant" if prompt else "")

    assert faults(instructions) == []
    assert faults(channels) == []


def test_a_system_turn_that_is_not_taken_is_no_fault() -> None:
    def no_system(messages: Sequence[Message], prompt: bool) -> str:
        return chatml([item for item in messages if item["role"] != "system"], prompt)

    assert finding(template_findings(Templated(no_system)), "system turn").ok is None


def test_a_template_counts_only_where_it_is_used() -> None:
    engine = Rated(Templated(lambda messages, prompt: chatml(messages, False)), -3.0, -3.0, -3.0)
    assert all(item.ok for item in ask(engine, chat=False))
    assert finding(ask(engine, chat=True), "generation prompt").ok is False


# --- a real, if tiny, model -------------------------------------------------------------------


def tiny_checks(model: Path) -> tuple[TransformersEngine, ModelChecks]:
    engine = TransformersEngine(EngineOptions("transformers", dtype="float32"))
    checkpoint = resolve(str(model))
    engine.load([checkpoint])
    tokenizer = engine.tokenizer(checkpoint)
    return engine, plan_checks(checkpoint.name, checkpoint.fingerprint, engine.settings, tokenizer, chat=True)


def test_a_sound_model_has_no_faults(tiny_model: Path) -> None:
    engine, checks = tiny_checks(tiny_model)
    responses = {response.key: response for response in engine.score(list(checks.requests.values()))}
    assert checks.own_count == 0
    assert [item.name for item in checks.findings(responses)][:3] == ["likelihood", "pieces", "BOS"]
    assert checks.faults(responses) == []
    # A random model knows nothing: every token costs about the logarithm of the vocabulary.
    for rated in (item for response in responses.values() for item in response.continuations):
        assert rated.loglikelihood / rated.n_tokens == pytest.approx(-math.log(258), abs=0.3)


def test_broken_weights(tiny_model: Path, tmp_path: Path) -> None:
    engine, checks = tiny_checks(make_broken(tiny_model, tmp_path / "spoiled"))
    with pytest.raises(EngineError, match="checkpoint spoiled gives NaN"):
        checks.findings({response.key: response for response in engine.score(list(checks.requests.values()))})


def test_the_tokenizer_tells_its_bos(tiny_model: Path) -> None:
    tokenizer = HFTokenizer(tiny_model)
    assert (tokenizer.bos, tokenizer.eos, tokenizer.prefix_token) == (0, 1, 0)
    assert (ByteTokenizer().bos, ByteTokenizer().eos) == (None, None)


# --- in a run ---------------------------------------------------------------------------------


def evaluated(folder: Path, results: Path, engine: ScriptedEngine, said: list[str], **settings: Any) -> list[Run]:
    suite = folder / "target-suite.yml"
    suite.write_text("name: tiny\ndomains: {target: [tiny_choice]}\n")
    options = EvaluationOptions(suite=str(suite), results=results)
    progress = Progress(note=said.append)
    with open_session([], "a", evaluation=options, engine=engine, progress=progress) as session:
        return evaluate(session, **settings)


def test_faults_are_told_at_once_and_kept_in_the_manifest(tiny_tasks: Path, tmp_path: Path) -> None:
    said: list[str] = []
    engine = Rated(Bytes(), -9.0, -3.0, -3.2)
    (run,) = evaluated(tiny_tasks, tmp_path, engine, said)
    (line,) = said
    assert line.startswith("a: the tokenizer adds no BOS although the model needs one")
    assert line.removeprefix("a: ") in run.manifest.warnings
    assert run.manifest.counts["requests"] == 6 + CHECKS
    assert [request.prompt.count(BOS) for request in engine.asked[:3]] == [0, 1, 2], "the checks come first"


def test_the_same_command_again_asks_nothing_and_says_the_same(tiny_tasks: Path, tmp_path: Path) -> None:
    first: list[str] = []
    second: list[str] = []
    (before,) = evaluated(tiny_tasks, tmp_path, Rated(Bytes(), -9.0, -3.0, -3.2), first)
    engine = Rated(Bytes(), -9.0, -3.0, -3.2)
    (after,) = evaluated(tiny_tasks, tmp_path, engine, second)
    assert engine.asked == []
    assert second == first
    assert after.manifest == before.manifest


def test_a_noise_pass_is_not_checked_again(tiny_tasks: Path, tmp_path: Path) -> None:
    said: list[str] = []
    engine = Rated(Bytes(), -9.0, -3.0, -3.2)
    base, noise = evaluated(tiny_tasks, tmp_path, engine, said, noise_floor=True)
    assert len(said) == 1
    assert len(engine.asked) == CHECKS + 2 * 6
    assert noise.manifest.warnings == base.manifest.warnings


def test_no_task_is_asked_of_a_model_without_numbers(tiny_tasks: Path, tmp_path: Path) -> None:
    engine = Rated(Bytes(), math.nan, math.nan, math.nan)
    for _ in range(2):
        engine.asked.clear()
        with pytest.raises(EngineError, match="checkpoint a gives NaN"):
            evaluated(tiny_tasks, tmp_path, engine, [])
        assert len(engine.asked) == CHECKS, "nothing is kept of what is no number"
    assert not list(tmp_path.glob("runs/*/manifest.json"))


def test_a_finished_run_is_not_loaded_for_checks_alone(tiny_tasks: Path, tmp_path: Path) -> None:
    """For instance one from before there were checks, or whose server does not answer them."""

    class Silent(Rated):
        def score(self, requests: Sequence[Request]) -> Iterator[Response]:
            return super().score([request for request in requests if len(request.continuations) > 1])

    engine = Silent(Bytes(), -3.0, -3.0, -3.0)
    (run,) = evaluated(tiny_tasks, tmp_path, engine, [])
    assert run.samples["reason"].isna().all()
    assert run.manifest.counts == {"requests": 6 + CHECKS, "from_ledger": 0, "asked": 6 + CHECKS}
    again = Rated(Bytes(), -3.0, -3.0, -3.0)
    evaluated(tiny_tasks, tmp_path, again, [])
    assert again.asked == []


def test_the_scripted_engine_has_nothing_to_check() -> None:
    engine = make_engine(EngineOptions("scripted"))
    checkpoint = scripted_checkpoint("a")
    assert not plan_checks("a", "f", engine.settings, engine.tokenizer(checkpoint), chat=False).requests
