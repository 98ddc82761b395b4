"""Many checkpoints are planned together: each text is worded once per tokenizer, and every key is its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from forgetbench import lm_eval_bridge as bridge
from forgetbench.fingerprint import digest, make_request
from forgetbench.models.tokenizer import ByteTokenizer
from forgetbench.records import Continuation, Request, Response, Sample, Sampling
from forgetbench.suites.loading import load_tasks
from forgetbench.suites.suite import Suite

NAMES = ["tiny_choice", "tiny_open", "tiny_rolling", "tiny_cloze"]


class CountingTokenizer(ByteTokenizer):
    """Bytes, and how many texts were encoded."""

    def __init__(self) -> None:
        self.encoded = 0

    def encode_all(self, texts: Any, *, special: bool = True) -> list[list[int]]:
        self.encoded += len(texts)
        return super().encode_all(texts, special=special)


class ChattyTokenizer(CountingTokenizer):
    has_chat_template = True


def tasks_of(folder: Path) -> list[bridge.LoadedTask]:
    return load_tasks(Suite(name="tiny", domains={"target": [{"task": name} for name in NAMES]}), folder)


def contexts() -> list[bridge.PromptContext]:
    """A base, a sibling, the base's second pass, one with a short window, and one with a template."""
    one, other = CountingTokenizer(), ChattyTokenizer()
    base = bridge.PromptContext("base", {"name": "x", "dtype": "auto"}, one, False, 10_000, 0)
    return [
        base, replace(base, checkpoint="sibling"), replace(base, replicate=1), replace(base, max_length=60),
        replace(base, checkpoint="chat", tokenizer=other, chat=True),
    ]  # fmt: skip


def visible(planned: bridge.PlannedTask) -> list[tuple[Any, ...]]:
    return [
        (item.item_id, item.cluster, item.prompt, item.gold, item.choices, item.locations, item.refusal)
        for item in planned.items
    ]


def test_planned_together_is_planned_one_by_one(tiny_tasks: Path) -> None:
    for task in tasks_of(tiny_tasks):
        together = bridge.plan_all(task, contexts())
        assert [visible(one) for one in together] == [visible(bridge.plan(task, one)) for one in contexts()]


def test_each_text_is_encoded_once_per_wording(tiny_tasks: Path) -> None:
    for task in tasks_of(tiny_tasks):
        base, *_, chat = contexts()
        bridge.plan(task, base)
        alone = base.tokenizer.encoded  # type: ignore[attr-defined]
        many = [replace(base, checkpoint=str(number)) for number in range(16)]
        planned = bridge.plan_all(task, [*many, chat])
        assert base.tokenizer.encoded == 2 * alone, "once for one, once for sixteen"  # type: ignore[attr-defined]
        for first, other in zip(planned[0].items, planned[15].items, strict=True):
            for one, two in zip(first.requests, other.requests, strict=True):
                assert one.prompt is two.prompt and one.continuations is two.continuations, "shared, not copied"
                assert one.key != two.key


def test_items_that_are_shared_are_scored_apart(tiny_tasks: Path) -> None:
    """The lm-eval instances of one wording are the same objects for every checkpoint."""

    def answer(request: Request, quality: float) -> Response:
        if request.sampling:
            return Response(request.key, samples=(Sample(str(quality), "stop", 1),) * request.sampling.n)
        rated = [Continuation(-quality * (n + 1), True, len(row)) for n, row in enumerate(request.continuations)]
        return Response(request.key, continuations=tuple(rated))

    for task in tasks_of(tiny_tasks):
        planned = bridge.plan_all(task, contexts()[:2])
        responses = [
            {request.key: answer(request, quality) for item in one.items for request in item.requests}
            for one, quality in zip(planned, (1.0, -2.0), strict=True)
        ]
        together = [bridge.score(one, answers, {}) for one, answers in zip(planned, responses, strict=True)]
        alone = [bridge.score(bridge.plan(task, c), r, {}) for c, r in zip(contexts(), responses, strict=False)]
        assert together == alone


@pytest.mark.parametrize("replicate", [0, 2])
@pytest.mark.parametrize(
    "sampling", [None, Sampling(8, stop=("\n", "ö"), seed=3), Sampling(8, temperature=0.7, top_p=0.9, n=4, seed=3)]
)
def test_a_key_is_the_digest_of_who_is_asked_what(sampling: Sampling | None, replicate: int) -> None:
    """As it always was: answers in the ledgers of earlier runs are found."""
    engine = {"version": "1", "name": "é", "nested": {"b": 1, "a": [2.5, None]}}
    prompt, continuations = (1, 2, 300), ((4,), (5, 6))
    decoding = sampling and [
        sampling.max_tokens, sampling.temperature, sampling.top_p, sampling.n, list(sampling.stop),
        sampling.seed if sampling.temperature else None,
    ]  # fmt: skip
    parts = ["fingerprint", engine, prompt, continuations, decoding, *([replicate] if replicate else [])]
    assert make_request("fingerprint", engine, prompt, continuations, sampling, replicate).key == digest(parts)
