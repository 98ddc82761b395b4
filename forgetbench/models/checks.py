"""Sanity checks of a loaded model: are prompts encoded in the format it was trained on, and its numbers finite?

They look at the BOS token, the chat template and the log-likelihoods of plain text, with a handful of scoring requests
per checkpoint, keyed and kept in the ledger like every other, and with the tokenizer alone. What is wrong here shows
nowhere else: a model without the BOS it needs just looks weak.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forgetbench.errors import EngineError, first_line
from forgetbench.fingerprint import make_request
from forgetbench.models.templates import Message
from forgetbench.models.tokenizer import Tokenizer
from forgetbench.records import Request, Response
from forgetbench.storage.admission import NO_NUMBERS, admitted

PASSAGE = (
    "The river runs through the old town, and on market days people carry bread, apples and cloth across the stone "
    "bridge. Most of them stop in the middle to look at the water. In the evening the shops close one after another, "
    "the lamps are lit, and the square becomes quiet again until the next morning."
)
_PASSAGE_TOKENS = 64
"""What is rated of it. A tokenizer of words and their pieces needs about 60."""
BOS_LOSS = 0.5
"""Nats per token from which an encoding is clearly the wrong one. A BOS that a model can do without moves the passage
by a tenth (SmolLM2-135M: 0.10); one that it needs, by whole nats."""

_PIECE = 8
"""Tokens of the pieces in which it is rated once more, each by itself."""
_IN_FLOAT32 = 0.05
"""Nats by which a piece may differ between two ways of asking for it. Rounding moves whole texts by less than a
thousandth (docs/architectures.md)."""
_IN_16_BITS, _NO_ROUNDING = 0.25, 1.0
"""The same of bfloat16 and float16, in which rounding moves some choices by a tenth or two (docs/determinism.md): what
is warned of, and what no rounding explains."""

_SYSTEM = "Speak of the weather."
_USER = "Name a fruit that grows on trees."
_ANSWER = "An apple, for instance."
_RICH = (
    "Which of these lines is true? Read each of them with care, and mind signs, quotes and blanks.\n\n"
    "def less(a, b):\n    return a < b and 'a' != \"b\"  # <b>&amp;</b>\n\n- 3 < 5 > 2 & 1\n- {{ x }} {% y %} 100 %\n"
    "- é, ß, 日本語, “quoted”\tand C:\\new\n\n"
    + "A long question goes on for a while before it comes to its end. " * 20
    + "Which one?"
)
"""A user's text with what a template may spoil: line ends, indents, marks of HTML, Jinja and JSON, length."""
_TURNS: tuple[Message, ...] = (
    {"role": "user", "content": _USER},
    {"role": "assistant", "content": _ANSWER},
    {"role": "user", "content": "And another one?"},
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    name: str
    ok: bool | None
    """None where the check does not apply, or only informs."""
    text: str


@dataclass(frozen=True, slots=True)
class ModelChecks:
    """The requests that check one checkpoint, and how the answers are read."""

    checkpoint: str
    """Its name, for messages."""
    dtype: str
    tokenizer: Tokenizer
    chat: bool
    """The chat template is used, so its faults count."""
    by_count: Mapping[int, Request]
    """The passage behind so many BOS tokens; without a BOS token, as it is."""
    own_count: int
    """How many BOS tokens the tokenizer puts in front by itself."""
    at_once: Request | None = None
    """The passage as the tokenizer encodes it: each continuation is the one before it and a further piece."""
    pieces: tuple[Request, ...] = ()
    """The same pieces, each after all that stands before it."""

    @property
    def requests(self) -> dict[str, Request]:
        """By key."""
        asked = (*self.by_count.values(), *([self.at_once] if self.at_once else []), *self.pieces)
        return {request.key: request for request in asked}

    @property
    def tolerance(self) -> float:
        """Nats by which a piece may differ without a word."""
        return _IN_FLOAT32 if self.exact else _IN_16_BITS

    @property
    def exact(self) -> bool:
        """It is computed in float32, whose rounding is no explanation of a difference."""
        return self.dtype == "float32"

    def findings(self, responses: Mapping[str, Response]) -> list[Finding]:
        """What the answers and the tokenizer show. Raises EngineError where log-likelihoods are not finite."""
        if not self.by_count:
            return []
        answers = {
            count: admitted(responses[request.key])
            for count, request in self.by_count.items()
            if request.key in responses
        }
        if any(answer.refusal in NO_NUMBERS for answer in answers.values()):
            raise EngineError(
                f"checkpoint {self.checkpoint} gives NaN or infinite log-likelihoods for plain text: its weights are "
                f"broken, or {self.dtype} is too small for them (try --dtype float32)"
            )
        rated = {
            count: answer.continuations[0].loglikelihood / answer.continuations[0].n_tokens
            for count, answer in answers.items()
            if answer.refusal is None
        }
        findings = [_finite(rated), *_in_pieces(self, responses), _bos(self, rated)]
        return [*findings, *template_findings(self.tokenizer)] if self.chat else findings

    def faults(self, responses: Mapping[str, Response]) -> list[str]:
        """The findings that a reader must know of before trusting the numbers."""
        return [finding.text for finding in self.findings(responses) if finding.ok is False]


def plan_checks(
    name: str, fingerprint: str, engine: Mapping[str, Any], tokenizer: Tokenizer, *, chat: bool
) -> ModelChecks:
    """The checks of one checkpoint under an engine's settings, nothing asked yet; without its tokenizer, none."""
    by_count: dict[int, Request] = {}
    own, at_once, pieces = 0, None, list[Request]()
    if is_model_tokenizer(tokenizer):
        tokens = tokenizer.encode(PASSAGE)
        own = _leading(tokens, tokenizer.bos)
        body = tuple(tokens[own : own + _PASSAGE_TOKENS])
        for count in sorted({0, own} if tokenizer.bos is None else {0, 1, 2, own}):
            front = (tokenizer.bos or 0,) * count
            by_count[count] = make_request(fingerprint, engine, front + body[:1], (body[1:],))
        front = tuple(tokens[:own])
        starts = range(1, len(body), _PIECE)
        ends = [*starts[1:], len(body)]
        at_once = make_request(fingerprint, engine, front + body[:1], tuple(body[1:end] for end in ends))
        pieces = [
            make_request(fingerprint, engine, front + body[:start], (body[start:end],))
            for start, end in zip(starts, ends, strict=True)
        ]
    dtype = str(engine.get("dtype", "its type"))
    return ModelChecks(name, dtype, tokenizer, chat and bool(by_count), by_count, own, at_once, tuple(pieces))


def is_model_tokenizer(tokenizer: Tokenizer) -> bool:
    """Whether it is a model's own: one with neither BOS nor EOS only stands in for what is not at hand."""
    return tokenizer.bos is not None or tokenizer.eos is not None


def _leading(tokens: Sequence[int], token: int | None) -> int:
    """How often `token` stands at the beginning."""
    return next((index for index, other in enumerate(tokens) if other != token), len(tokens))


# --- likelihood -------------------------------------------------------------------------------


def _finite(rated: Mapping[int, float]) -> Finding:
    if not rated:
        return Finding("likelihood", None, "likelihood: the engine rates no text, so the model could not be checked")
    return Finding("likelihood", True, "likelihood: plain text gets finite log-likelihoods")


def apart_in_pieces(checks: ModelChecks, responses: Mapping[str, Response]) -> float | None:
    """By how many nats a piece of the passage differs at most between the whole and by itself; None where unknown.

    By the chain rule they are the same number.
    """
    alone = [responses[request.key] for request in checks.pieces if request.key in responses]
    if len(alone) < len(checks.pieces) or any(answer.refusal is not None for answer in alone):
        return None
    return _apart(_within(checks, responses), [answer.continuations[0].loglikelihood for answer in alone])


def apart_between(
    checks: ModelChecks, responses: Mapping[str, Response], others: Mapping[str, Response]
) -> float | None:
    """By how many nats a piece of the passage differs at most between two engines' answers; None where unknown."""
    return _apart(_within(checks, responses), _within(checks, others))


def _within(checks: ModelChecks, responses: Mapping[str, Response]) -> list[float]:
    """The log-likelihood of each piece within the whole; empty where it is not known."""
    answer = responses.get(checks.at_once.key) if checks.at_once else None
    sums = [0.0, *(item.loglikelihood for item in answer.continuations)] if answer else []
    return [later - before for before, later in itertools.pairwise(sums)]


def _apart(some: Sequence[float], others: Sequence[float]) -> float | None:
    if not some or not others:
        return None
    return max(abs(one - other) for one, other in zip(some, others, strict=True))


def _in_pieces(checks: ModelChecks, responses: Mapping[str, Response]) -> list[Finding]:
    apart = apart_in_pieces(checks, responses)
    if apart is None:
        return []
    if apart > checks.tolerance:
        told = f"other log-likelihoods in pieces than at once, by up to {apart:.2g} nats in {_PIECE} tokens"
        if checks.exact or apart > _NO_ROUNDING:
            raise EngineError(
                f"checkpoint {checks.checkpoint} gets {told} of plain text: this engine computes it wrongly here; take "
                "another one (--engine transformers)"
            )
        return [
            Finding(
                "pieces",
                False,
                f"plain text gets {told}: much for rounding, so this engine may compute the model wrongly; ask again "
                "with --dtype float32, or take another one (--engine transformers)",
            )
        ]
    text = f"pieces: plain text gets the same at once and in pieces, to {apart:.1g} nats in {_PIECE} tokens"
    return [Finding("pieces", True, text)]


def _bos(checks: ModelChecks, rated: Mapping[int, float]) -> Finding:
    if checks.tokenizer.bos is None:
        return Finding("BOS", None, "BOS: the tokenizer has none, so there is nothing to check")
    own = checks.own_count
    if own not in rated or len(rated) == 1:
        return Finding("BOS", None, "BOS: the engine rates no text, so it could not be checked")
    best = max(rated, key=lambda count: rated[count])
    numbers = ", ".join(f"{rated[count]:.2f} {_with(count)}" for count in sorted(rated))
    numbers = f"a plain passage gets {numbers} (nats per token)"
    if rated[best] - rated[own] <= BOS_LOSS:
        return Finding("BOS", True, f"BOS: the tokenizer encodes {_with(own)}, and the model agrees: {numbers}")
    if own == 0:
        return Finding(
            "BOS", False, f"the tokenizer adds no BOS although the model needs one: {numbers}; --add-bos adds it"
        )
    return Finding("BOS", False, f"the tokenizer encodes {_with(own)}, the model does better {_with(best)}: {numbers}")


def _with(count: int) -> str:
    return {0: "without BOS", 1: "with BOS"}.get(count, f"with {count} BOS")


# --- chat template ----------------------------------------------------------------------------


def template_findings(tokenizer: Tokenizer) -> list[Finding]:
    """What the chat template makes of a short conversation; empty where there is none.

    Raises CheckpointError for a template that cannot render a question.
    """
    if not tokenizer.has_chat_template:
        return []
    checks: tuple[Callable[[Tokenizer], Finding], ...] = (_turns, _generation_prompt, _template_bos, _system_turn)
    # Without this nothing can be asked in the chat format.
    tokenizer.render(_TURNS[:1], add_generation_prompt=True)
    try:
        return [check(tokenizer) for check in checks]
    except Exception as error:  # a template is a program of the checkpoint's: it can raise anything
        text = f"the chat template cannot render a short conversation ({type(error).__name__}: {first_line(error)})"
        return [Finding("template turns", False, text)]


def _turns(tokenizer: Tokenizer) -> Finding:
    text = tokenizer.render(_TURNS, add_generation_prompt=True)
    if lost := [turn["role"] for turn in _TURNS if turn["content"] not in text]:
        return Finding("template turns", False, f"the chat template leaves out what the {lost[0]} said")
    if (times := tokenizer.render(_TURNS[:1], add_generation_prompt=True).count(_USER)) != 1:
        return Finding("template turns", False, f"the chat template writes the user's text {times} times")
    if spoiled := _spoiled(tokenizer.render([{"role": "user", "content": _RICH}], add_generation_prompt=True)):
        return Finding("template turns", False, f"the chat template changes the user's text: {spoiled}")
    return Finding("template turns", True, "chat template: renders user and assistant turns, each text once")


def _spoiled(prompt: str) -> str:
    """What of `_RICH` a prompt does not hold as it stands; '' where it holds all."""
    if _RICH in prompt:
        return ""
    lines = [line for line in _RICH.splitlines() if line.strip()]
    lost = [line for line in lines if line not in prompt]
    if not lost:
        return "its line breaks are lost"
    if lost == lines[-1:] and lost[0][:60] in prompt:
        return "a long one is cut"
    return f"{lost[0][:60]!r} is not in the prompt as it stands"


def _generation_prompt(tokenizer: Tokenizer) -> Finding:
    """Does the prompt lead into an answer, where a conversation has words between the user's turn and the answer?

    Not every template needs words for it, and some models write a part of them (a channel, a thought) themselves. So
    it is a fault only where what follows the user's text is no more than what ends any turn.
    """
    prompt = tokenizer.render(_TURNS[:1], add_generation_prompt=True)
    before, _, after = tokenizer.render(_TURNS, add_generation_prompt=True).partition(_ANSWER)
    header = before.removeprefix(prompt).strip() if before.startswith(prompt) else ""
    tail = prompt.rpartition(_USER)[2]
    if header and (after.startswith(tail) or not tail.strip()):
        text = f"the chat template adds no generation prompt, so the model has to write {header!r} itself"
        return Finding("generation prompt", False, text)
    return Finding("generation prompt", True, "chat template: the generation prompt leads into an answer")


def _template_bos(tokenizer: Tokenizer) -> Finding:
    text = tokenizer.render(_TURNS[:1], add_generation_prompt=True)
    if _leading(tokenizer.encode(text), tokenizer.bos) > 1:
        return Finding("template BOS", False, "a prompt of the chat template begins with BOS twice")
    return Finding("template BOS", True, "chat template: BOS is not doubled")


def _system_turn(tokenizer: Tokenizer) -> Finding:
    turns = [{"role": "system", "content": _SYSTEM}, *_TURNS[:1]]
    if _SYSTEM in tokenizer.render(turns, add_generation_prompt=True):
        return Finding("system turn", True, "chat template: takes a system turn")
    return Finding("system turn", None, "chat template: takes no system turn, so system texts are left out")
