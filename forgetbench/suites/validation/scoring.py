"""The scoring, tried with answers whose score is known, through the task's own filters and process_results as in a run.

Right options and the declared answers must score 1; wrong options, silence, a refusal and a random word 0; random
likelihoods must land at chance; and no text, however hostile, may leave an item without a score.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from forgetbench.lm_eval_bridge import PlannedItem, PlannedTask, PromptContext, plan, score
from forgetbench.metrics.text import words
from forgetbench.models.tokenizer import ByteTokenizer
from forgetbench.records import Continuation, ItemScore, Request, Response, Sample
from forgetbench.suites.validation.findings import Finding, fail, named, warn
from forgetbench.suites.validation.keys import Twins
from forgetbench.suites.validation.leaks import LEVEL, Hits, interval
from forgetbench.suites.validation.reading import Item, ReadTask

SAMPLED = 200
"""Items on which answers that must fail are tried; declared answers are tried on all."""
RANDOM_WORDS_RIGHT = 0.01
"""Share of the items that a random word may get right."""

_HOSTILE_ITEMS = 3
_MOST_ACCEPTED = 4
"""Accepted answers of an item that are tried."""
_CONSTANT_ANSWER = 0.1
_SENTENCE_READ = 0.98
_REFUSALS = ("", "I'm sorry, but I can't help with that.", "对不起，我无法回答这个问题。")
_WORDS = "lantern gravel whisper ladder velvet harness pebble thistle bucket meadow".split()
_HOSTILE = (
    "",
    " \n",
    "\x00\x1b[31m\u202e\ufeff",
    "\ud800 lone",
    "</think><think>",
    "{{7*7}} {% for x in y %} ${a} %s %d {0}",
    "[" * 5000 + '{"a": ',
    "Answer: " * 2000,
    "9" * 5000,
)


@dataclass(frozen=True, slots=True)
class Tried:
    """One item and how an answer to it was scored."""

    item: Item
    found: ItemScore

    @property
    def value(self) -> float:
        """The item's score; for a corpus metric, which needs all items, its accuracy. -1 where there is none."""
        metrics = self.found.metrics
        return self.found.score if self.found.score is not None else metrics.get("acc", -1.0)


def check_scoring(task: ReadTask, twins: Twins) -> Iterator[Finding]:
    """All that applies to the task's kind of answers. Code is not executed, so tasks that execute it are left out."""
    path = str(task.declaration.path)
    if task.declaration.metadata.get("executes_code"):
        return
    try:
        asked = plan(task.loaded, PromptContext("", {"protocol": "completion"}, ByteTokenizer(), False, 10_000_000, 0))
    except Exception as error:  # lm-eval and a task's own templates raise many types
        first = (str(error).strip().splitlines() or [""])[0]
        yield fail(
            f"its prompts cannot be built: {type(error).__name__}: {first}", path, "correct what the YAML renders"
        )
        return
    if not task.generates:
        yield from _check_likelihoods(task, asked)
        return
    yield from _check_hostile(task, asked)
    if task.has_answers:
        yield from _check_right_answers(task, asked)
        yield from _check_wrong_answers(task, asked)
        yield from _check_options(task, asked, twins)


# --- written answers --------------------------------------------------------------------------


def _check_right_answers(task: ReadTask, asked: PlannedTask) -> Iterator[Finding]:
    """Every accepted answer scores 1, and so does the first one in a sentence where the view leaves the form open."""
    tried = [one for place in range(_MOST_ACCEPTED) for one in _write(task, asked, _accepted(place))]
    if wrong := sorted({one.item.item_id for one in tried if one.value < 1}):
        what = f"the declared answer of {len(wrong)} of {len(task.items)} items does not score 1"
        yield fail(what, named(wrong), "correct the answer, or the scoring")
    if unread := sorted({one.item.item_id for one in tried if one.found.metrics.get("parsed", 1.0) < 1}):
        what = f"the declared answer of {len(unread)} items counts as not parsed"
        yield fail(what, named(unread), "correct what 'parsed' reads")
    if task.loaded.info.view != "open" or "en" not in task.declaration.languages:
        return
    said = _write(task, _some(asked), lambda item: f"The answer is {item.answer}.")
    missed = [one.item.item_id for one in said if one.value < 1]
    if len(missed) > (1 - _SENTENCE_READ) * len(said):
        what = f"'The answer is ...' scores 1 in {1 - len(missed) / len(said):.0%} of {len(said)} items only"
        yield warn(what, named(missed), "an open view should read an answer in a sentence")


def _accepted(place: int) -> Callable[[Item], str | None]:
    return lambda item: item.answers[place] if place < len(item.answers) else None


def _check_wrong_answers(task: ReadTask, asked: PlannedTask) -> Iterator[Finding]:
    """Silence and refusals score 0 and are not parsed; a random word is right by accident only."""
    some, rng = _some(asked), random.Random(0)
    for text in _REFUSALS:
        said = f"the answer {text!r}" if text else "an empty answer"
        tried = _write(task, _with_named(task, asked, some, text), _always(text))
        if scored := [one.item.item_id for one in tried if one.value > 0]:
            yield fail(f"{said} scores in {len(scored)} of {len(tried)} items", named(scored), "correct the scoring")
        if parsed := [one.item.item_id for one in tried if one.found.metrics.get("parsed", 0.0) > 0]:
            what = f"{said} counts as parsed in {len(parsed)} of {len(tried)} items"
            yield warn(what, named(parsed), "'parsed' is 1 only where an answer could be read")
    tried = _write(task, some, lambda item: rng.choice(_WORDS))
    right = [one.item.item_id for one in tried if one.value > 0]
    if len(right) > RANDOM_WORDS_RIGHT * len(tried):
        what = f"a random word scores in {len(right)} of {len(tried)} items"
        yield fail(what, named(right), "correct the scoring")
    yield from _check_constant(task, some)


def _check_constant(task: ReadTask, some: PlannedTask) -> Iterator[Finding]:
    """One answer to every question is hardly better than the declared chance."""
    ((common, _),) = Counter(sorted(item.answer for item in task.items)).most_common(1)
    tried = _write(task, some, _always(common))
    share = sum(one.value > 0 for one in tried) / len(tried)
    if share > task.loaded.info.chance + _CONSTANT_ANSWER:
        what = f"always {common!r} is right in {share:.0%} of {len(tried)} items, chance is {task.loaded.info.chance:g}"
        where = task.declaration.where("metadata.chance")
        yield warn(what, where, "balance the answers, or declare that chance")


def _check_options(task: ReadTask, asked: PlannedTask, twins: Twins) -> Iterator[Finding]:
    """Where the item has a choice view, its right option is right in words too, and a wrong one is wrong."""
    if task.loaded.info.view != "open":
        return

    def twin(item: Item) -> Item | None:
        return twins.get((task.loaded.info.domain, item.item_id))

    def right_option(item: Item) -> str | None:
        other = twin(item)
        return other.answer if other else None

    def wrong_option(item: Item) -> str | None:
        other = twin(item)
        wrong = [text for text in other.choices if text not in other.answers] if other else []
        return random.Random(item.item_id).choice(wrong) if wrong else None

    right = _write(task, asked, right_option)
    if missed := [one.item.item_id for one in right if one.value < 1]:
        what = f"the right option of the choice view does not score 1 in {len(missed)} of {len(right)} items"
        yield fail(what, named(missed), "give both views one key, or the items different ids")
    tried = _write(task, asked, wrong_option)
    if scored := [one.item.item_id for one in tried if one.value > 0]:
        what = f"a wrong option of the choice view scores in {len(scored)} of {len(tried)} items"
        yield fail(what, named(scored), "correct the key, the option or the scoring")


def _check_hostile(task: ReadTask, asked: PlannedTask) -> Iterator[Finding]:
    """Texts that no author expected get a score from 0 to 1 like any other."""
    few = replace(asked, items=asked.items[:: max(1, len(asked.items) // _HOSTILE_ITEMS)])
    broken = [
        (text, one) for text in _HOSTILE for one in _write(task, few, _always(text)) if not _sound(task, one.found)
    ]
    if broken:
        text, one = broken[0]
        what = f"the answer {text[:24]!a} gets no score from 0 to 1: {one.found.reason or one.value}"
        yield fail(what, named(sorted({one.item.item_id for _, one in broken})), "let process_results take any text")


def _sound(task: ReadTask, found: ItemScore) -> bool:
    whole = task.loaded.info.corpus_metric is not None
    return found.reason is None and (whole or (found.score is not None and 0 <= found.score <= 1))


# --- likelihoods ------------------------------------------------------------------------------


def _check_likelihoods(task: ReadTask, asked: PlannedTask) -> Iterator[Finding]:
    """Random likelihoods score at chance; the right option most likely scores 1, least likely 0."""
    rng = random.Random(0)
    tried = _rate(task, asked, lambda item, place: -10 * rng.random() - 0.01)
    if broken := next((one for one in tried if not _sound(task, one.found)), None):
        what = f"likelihoods get no score from 0 to 1: {broken.found.reason or broken.value}"
        yield fail(what, named([broken.item.item_id]), "correct the metric or process_results")
        return
    if not task.by_choice or not (task.loaded.info.binary or task.loaded.info.corpus_metric):
        return
    counted = [one for one in tried if one.item.choices]
    found = Hits(
        n=len(counted),
        right=sum(one.value for one in counted),
        expected=sum(len(set(one.item.gold)) / len(one.item.choices) for one in counted),
    )
    low, high = interval(found, LEVEL)
    if not low <= found.right <= high:
        what = (
            f"random likelihoods are right in {found.right / found.n:.1%} of {found.n} items, "
            f"chance {found.expected / found.n:.1%}, interval {low / found.n:.1%} to {high / found.n:.1%}"
        )
        yield fail(what, str(task.declaration.path), "correct the options or the scoring")
    for right, wanted in ((True, 1.0), (False, 0.0)):
        rated = _rate(task, asked, _favouring(right))
        if missed := [one.item.item_id for one in rated if one.value != wanted]:
            likely = "most" if right else "least"
            what = f"the right option {likely} likely does not score {wanted:g} in {len(missed)} items"
            yield fail(what, named(missed), "correct the key or the scoring")


# --- asking -----------------------------------------------------------------------------------


def _always(text: str) -> Callable[[Item], str | None]:
    return lambda item: text


def _favouring(right: bool) -> Callable[[Item, int], float]:
    """Log-likelihoods by which the right options are the most likely, or the least."""
    return lambda item, place: -0.01 if (place in item.gold) == right else -1e6


def _some(asked: PlannedTask) -> PlannedTask:
    """At most SAMPLED items, evenly spread."""
    return replace(asked, items=asked.items[:: max(1, -(-len(asked.items) // SAMPLED))])


def _with_named(task: ReadTask, asked: PlannedTask, some: PlannedTask, text: str) -> PlannedTask:
    """`some` and the items whose answer stands in `text` by accident, as iodine's symbol does in "I can't"."""
    said, chosen = set(words(text)), set(map(id, some.items))
    items = [item for item in asked.items if id(item) in chosen or said.intersection(words(_item(task, item).answer))]
    return replace(asked, items=tuple(items))


def _write(task: ReadTask, asked: PlannedTask, answer: Callable[[Item], str | None]) -> list[Tried]:
    """Scores of written answers; items with None are left out."""
    texts = [(planned, text) for planned in asked.items if (text := answer(_item(task, planned))) is not None]
    return [
        Tried(_item(task, planned), found)
        for planned, text in texts
        for found in score(replace(asked, items=(planned,)), _said(planned.requests, text), {})
    ]


def _said(requests: Sequence[Request], text: str) -> dict[str, Response]:
    repeats = [request.sampling.n if request.sampling else 1 for request in requests]
    sample = Sample(text, "stop", len(text.split()))
    return {
        request.key: Response(request.key, samples=(sample,) * n) for request, n in zip(requests, repeats, strict=True)
    }


def _rate(task: ReadTask, asked: PlannedTask, loglikelihood: Callable[[Item, int], float]) -> list[Tried]:
    """Scores when each option has the log-likelihood that is given for it and its place."""
    tried: list[Tried] = []
    for planned in asked.items:
        item = _item(task, planned)
        rated: dict[str, dict[int, Continuation]] = {}
        for place, ask in enumerate(planned.asks):
            for index in ask.indices:
                size = len(ask.request.continuations[index])
                rated.setdefault(ask.request.key, {})[index] = Continuation(loglikelihood(item, place), False, size)
        responses = {
            key: Response(key, continuations=tuple(found[index] for index in sorted(found)))
            for key, found in rated.items()
        }
        tried += [Tried(item, found) for found in score(replace(asked, items=(planned,)), responses, {})]
    return tried


def _item(task: ReadTask, planned: PlannedItem) -> Item:
    place: int = planned.instances[0].doc_id
    return task.items[place]
