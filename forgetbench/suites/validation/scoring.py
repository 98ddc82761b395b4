"""The scoring, tried with answers whose score is known.

Right options and the declared answers must score 1; wrong options, silence, a refusal and a random word 0; random
likelihoods must land at chance; and no text, however hostile, may leave an item without a score.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from forgetbench.errors import first_line
from forgetbench.lm_eval_bridge import PlannedTask, PromptContext, plan
from forgetbench.metrics.text import words
from forgetbench.models.tokenizer import ByteTokenizer
from forgetbench.suites.validation.findings import Finding, fail, named, warn
from forgetbench.suites.validation.keys import ChoiceItems
from forgetbench.suites.validation.leaks import LEVEL, Hits
from forgetbench.suites.validation.reading import ReadTask, RenderedItem
from forgetbench.suites.validation.trials import Answer, Likelihood, rated, rendered, written

SAMPLED = 200
"""Items on which answers that must fail are tried; declared answers are tried on all."""
RANDOM_WORDS_RIGHT = 0.01
"""Share of the items that a random word may get right."""

_ANY_WORDS = 0.5
"""From this declared chance on, a share of the items asks for no particular words, as where a call would be wrong."""
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


def check_scoring(task: ReadTask, choice_items: ChoiceItems) -> Iterator[Finding]:
    """All that applies to the task's kind of answers. Code is not executed, so tasks that execute it are left out."""
    if task.declaration.metadata.get("executes_code"):
        return
    context = PromptContext("", {"protocol": "completion"}, ByteTokenizer(), False, 10_000_000, 0)
    try:
        planned = plan(task.loaded, context)
    except Exception as error:  # lm-eval and a task's own templates raise many types
        what = f"its prompts cannot be built: {type(error).__name__}: {first_line(str(error))}"
        yield fail(what, str(task.declaration.path), "correct what the YAML renders")
        return
    if not task.generates:
        yield from _check_likelihoods(task, planned)
        return
    yield from _check_hostile(task, planned)
    if task.has_answers:
        yield from _check_right_answers(task, planned)
        yield from _check_wrong_answers(task, planned)
        yield from _check_options(task, planned, choice_items)


# --- written answers --------------------------------------------------------------------------


def _check_right_answers(task: ReadTask, planned: PlannedTask) -> Iterator[Finding]:
    """Every accepted answer scores 1, and so does the first one in a sentence where the view leaves the form open."""
    trials = [trial for place in range(_MOST_ACCEPTED) for trial in written(task, planned, _accepted(place))]
    if wrong := sorted({trial.item.item_id for trial in trials if trial.value < 1}):
        what = f"the declared answer of {len(wrong)} of {len(task.items)} items does not score 1"
        yield fail(what, named(wrong), "correct the answer, or the scoring")
    if unread := sorted({trial.item.item_id for trial in trials if trial.parsed is not None and trial.parsed < 1}):
        what = f"the declared answer of {len(unread)} items counts as not parsed"
        yield fail(what, named(unread), "correct what 'parsed' reads")
    if task.loaded.info.view != "open" or "en" not in task.declaration.languages:
        return
    sentences = written(task, _some(planned), lambda item: f"The answer is {item.answer}.")
    missed = [trial.item.item_id for trial in sentences if trial.value < 1]
    if len(missed) > (1 - _SENTENCE_READ) * len(sentences):
        share = 1 - len(missed) / len(sentences)
        what = f"'The answer is ...' scores 1 in {share:.0%} of {len(sentences)} items only"
        yield warn(what, named(missed), "an open view should read an answer in a sentence")


def _accepted(place: int) -> Answer:
    return lambda item: item.answers[place] if place < len(item.answers) else None


def _check_wrong_answers(task: ReadTask, planned: PlannedTask) -> Iterator[Finding]:
    """Silence and refusals score 0 and are not parsed; a random word is right by accident only.

    Where the declared chance says that words of any kind are right in half of the items, refusals and random words may
    be right in as many, and are read like others.
    """
    chance, rng = task.loaded.info.chance, random.Random(0)
    free = chance if chance >= _ANY_WORDS else 0.0
    some = planned if free else _some(planned)
    for text in _REFUSALS:
        answer = f"the answer {text!r}" if text else "an empty answer"
        trials = written(task, _with_answers_in(text, task, planned, some), _always(text))
        scored = [trial.item.item_id for trial in trials if trial.value > 0]
        if len(scored) > (free * len(trials) if text else 0):
            what = f"{answer} scores in {len(scored)} of {len(trials)} items"
            yield fail(what, named(scored), "correct the scoring")
        parsed = [trial.item.item_id for trial in trials if trial.parsed is not None and trial.parsed > 0]
        if parsed and not (free and text):
            what = f"{answer} counts as parsed in {len(parsed)} of {len(trials)} items"
            yield warn(what, named(parsed), "'parsed' is 1 only where an answer could be read")
    trials = written(task, some, lambda item: rng.choice(_WORDS))
    right = [trial.item.item_id for trial in trials if trial.value > 0]
    if len(right) > max(free, RANDOM_WORDS_RIGHT) * len(trials):
        what = f"a random word scores in {len(right)} of {len(trials)} items"
        yield fail(what, named(right), "correct the scoring")
    yield from _check_constant(task, some)


def _check_constant(task: ReadTask, some: PlannedTask) -> Iterator[Finding]:
    """One answer to every question is hardly better than the declared chance."""
    ((common, _),) = Counter(sorted(item.answer for item in task.items)).most_common(1)
    trials = written(task, some, _always(common))
    share = sum(trial.value > 0 for trial in trials) / len(trials)
    if share > task.loaded.info.chance + _CONSTANT_ANSWER:
        chance = f"{task.loaded.info.chance:g}"
        what = f"always {common!r} is right in {share:.0%} of {len(trials)} items, chance is {chance}"
        where = task.declaration.where("metadata.chance")
        yield warn(what, where, "balance the answers, or declare that chance")


def _check_options(task: ReadTask, planned: PlannedTask, choice_items: ChoiceItems) -> Iterator[Finding]:
    """Where the item has a choice view, its right option is right in words too, and a wrong one is wrong."""
    if task.loaded.info.view != "open":
        return

    def choice_item(item: RenderedItem) -> RenderedItem | None:
        return choice_items.get((task.loaded.info.domain, item.item_id))

    def right_option(item: RenderedItem) -> str | None:
        choice = choice_item(item)
        return choice.answer if choice else None

    def wrong_option(item: RenderedItem) -> str | None:
        choice = choice_item(item)
        wrong = [text for text in choice.choices if text not in choice.answers] if choice else []
        return random.Random(item.item_id).choice(wrong) if wrong else None

    right = written(task, planned, right_option)
    if missed := [trial.item.item_id for trial in right if trial.value < 1]:
        what = f"the right option of the choice view does not score 1 in {len(missed)} of {len(right)} items"
        yield fail(what, named(missed), "give both views one key, or the items different ids")
    wrong = written(task, planned, wrong_option)
    if scored := [trial.item.item_id for trial in wrong if trial.value > 0]:
        what = f"a wrong option of the choice view scores in {len(scored)} of {len(wrong)} items"
        yield fail(what, named(scored), "correct the key, the option or the scoring")


def _check_hostile(task: ReadTask, planned: PlannedTask) -> Iterator[Finding]:
    """Texts that no author expected get a score from 0 to 1 like any other."""
    few = replace(planned, items=planned.items[:: max(1, len(planned.items) // _HOSTILE_ITEMS)])
    broken = [
        (text, trial)
        for text in _HOSTILE
        for trial in written(task, few, _always(text))
        if trial.score.reason is not None
    ]
    if broken:
        text, first = broken[0]
        what = f"the answer {text[:24]!a} gets no score from 0 to 1: {first.score.reason}"
        item_ids = sorted({trial.item.item_id for _, trial in broken})
        yield fail(what, named(item_ids), "let process_results take any text")


# --- likelihoods ------------------------------------------------------------------------------


def _check_likelihoods(task: ReadTask, planned: PlannedTask) -> Iterator[Finding]:
    """Random likelihoods score at chance; the right option most likely scores 1, least likely 0."""
    rng = random.Random(0)
    trials = rated(task, planned, lambda item, place: -10 * rng.random() - 0.01)
    if broken := next((trial for trial in trials if trial.score.reason is not None), None):
        what = f"likelihoods get no score from 0 to 1: {broken.score.reason}"
        yield fail(what, named([broken.item.item_id]), "correct the metric or process_results")
        return
    if not task.by_choice or not (task.loaded.info.binary or task.loaded.info.corpus_metric):
        return
    counted = [trial for trial in trials if trial.item.choices]
    hits = Hits(
        n=len(counted),
        right=sum(trial.value for trial in counted),
        expected=sum(len(set(trial.item.gold)) / len(trial.item.choices) for trial in counted),
    )
    low, high = hits.interval(LEVEL)
    if not low <= hits.right <= high:
        what = f"random likelihoods are {hits.rates(low, high)}"
        yield fail(what, str(task.declaration.path), "correct the options or the scoring")
    for likely, score in (("most", 1.0), ("least", 0.0)):
        trials = rated(task, planned, _favouring_right(likely == "most"))
        if missed := [trial.item.item_id for trial in trials if trial.value != score]:
            what = f"the right option {likely} likely does not score {score:g} in {len(missed)} items"
            yield fail(what, named(missed), "correct the key or the scoring")


# --- which answers, on which items ------------------------------------------------------------


def _always(text: str) -> Answer:
    return lambda item: text


def _favouring_right(most: bool) -> Likelihood:
    """Log-likelihoods by which the right options are the most likely, or the least."""
    return lambda item, place: -0.01 if (place in item.gold) == most else -1e6


def _some(planned: PlannedTask) -> PlannedTask:
    """At most SAMPLED items, evenly spread."""
    return replace(planned, items=planned.items[:: max(1, -(-len(planned.items) // SAMPLED))])


def _with_answers_in(text: str, task: ReadTask, planned: PlannedTask, some: PlannedTask) -> PlannedTask:
    """`some` and the items whose answer stands in `text` by accident, as iodine's symbol does in "I can't"."""
    vocabulary, sampled = set(words(text)), set(map(id, some.items))
    items = [
        item
        for item in planned.items
        if id(item) in sampled or vocabulary.intersection(words(rendered(task, item).answer))
    ]
    return replace(planned, items=tuple(items))
