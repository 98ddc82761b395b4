"""Task objects become Requests: every prompt and continuation of a task for one checkpoint, in token ids."""

from __future__ import annotations

import contextlib
import functools
import importlib
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

from forgetbench.errors import ForgetbenchError, SuiteError, first_line
from forgetbench.fingerprint import RequestKeys, digest, make_request
from forgetbench.lm_eval_bridge.clusters import clusters_of
from forgetbench.lm_eval_bridge.decoding import decoding
from forgetbench.lm_eval_bridge.loading import LoadedTask, quiet_lm_eval
from forgetbench.models.templates import Message
from forgetbench.models.tokenizer import Pair, Tokenizer, encode_pairs
from forgetbench.records import Request, Sampling
from forgetbench.sandbox.limits import LimitError

Encoded = list[Pair]
"""The token ids of one lm-eval instance."""
Place = tuple[int, tuple[int, ...]]
"""Where the answer to an instance stands: the number of its question, and which of its continuations or samples."""


@dataclass(frozen=True, slots=True)
class AnswerLocation:
    """Where the answer to one lm-eval instance stands: the request, and which of its continuations or samples."""

    request: Request
    indices: tuple[int, ...]
    """Empty for all samples of a generation."""


@dataclass(frozen=True, slots=True)
class PlannedItem:
    """One document of a task, ready to be asked."""

    item_id: str
    cluster: str
    second_cluster: str
    stratum: str
    document: Mapping[str, Any]
    prompt: str
    question: str
    """The document's own text, without few-shot examples and template."""
    gold: str
    choices: tuple[str, ...]
    locations: tuple[AnswerLocation, ...]
    """Of the answers to `instances`, in their order; an instance may have several."""
    instances: tuple[Any, ...]
    neutral_prompt: str | None = None
    """`prompt` with the neutral request where the question stands; None where there is none, or no such place."""
    refusal: str | None = None
    """Why it cannot be asked, for instance a prompt longer than the model's window."""

    @property
    def requests(self) -> tuple[Request, ...]:
        return () if self.refusal else tuple(location.request for location in self.locations)


@dataclass(frozen=True, slots=True)
class PlannedTask:
    """A task's items as one checkpoint is asked them."""

    loaded: LoadedTask
    items: tuple[PlannedItem, ...]


@dataclass(frozen=True, slots=True)
class PromptContext:
    """Everything that shapes the prompts of one checkpoint and the keys of its requests."""

    checkpoint: str
    engine: Mapping[str, Any]
    tokenizer: Tokenizer
    chat: bool
    max_length: int
    seed: int
    system_prompt: str | None = None
    """The system turn of prompts that the chat template makes."""
    vocabulary: int | None = None
    """How many tokens the model has embeddings for, where that is known."""
    replicate: int = 0
    """0, or the number of a pass that asks everything anew (see `RunManifest.replicate`)."""

    @property
    def wording(self) -> tuple[Any, ...]:
        """Contexts that are equal in this ask the same texts in the same token ids, or refuse the same."""
        return self.tokenizer, self.chat, self.system_prompt, self.max_length, self.vocabulary, self.seed

    def request(
        self,
        prompt: tuple[int, ...],
        continuations: tuple[tuple[int, ...], ...] = (),
        sampling: Sampling | None = None,
    ) -> Request:
        """A request to this checkpoint, with its key."""
        return make_request(self.checkpoint, self.engine, prompt, continuations, sampling, self.replicate)


@dataclass(frozen=True, slots=True)
class _Question:
    """A request of whoever asks it."""

    prompt: tuple[int, ...]
    continuations: tuple[tuple[int, ...], ...] = ()
    sampling: Sampling | None = None


def plan(loaded: LoadedTask, context: PromptContext) -> PlannedTask:
    """Build every request of a task for one checkpoint."""
    (planned,) = plan_all(loaded, [context])
    return planned


def plan_all(loaded: LoadedTask, contexts: Sequence[PromptContext]) -> list[PlannedTask]:
    """Build every request of a task for each of several checkpoints.

    Texts are rendered and tokenised once for all contexts of one wording, which then share them. Raises SuiteError
    where lm-eval or the task's own code fails.
    """
    alike: dict[Any, list[int]] = {}
    for number, context in enumerate(contexts):
        alike.setdefault(context.wording, []).append(number)
    planned: dict[int, PlannedTask] = {}
    for numbers in alike.values():
        rows = _plan_alike(loaded, [contexts[number] for number in numbers])
        planned |= {number: PlannedTask(loaded, items) for number, items in zip(numbers, rows, strict=True)}
    return [planned[number] for number in range(len(contexts))]


def _plan_alike(loaded: LoadedTask, contexts: Sequence[PromptContext]) -> list[tuple[PlannedItem, ...]]:
    """The items for each of several contexts of one wording."""
    task, context = loaded.task, contexts[0]
    keys = [RequestKeys(one.checkpoint, one.engine, one.replicate) for one in contexts]
    planned: list[list[PlannedItem]] = [[] for _ in contexts]
    with quiet_lm_eval(), _told(loaded.info.name):
        _build(loaded, context)
        groups: dict[int, list[tuple[Any, Encoded]]] = {}
        for instance, encoded in zip(task.instances, encode_instances(context, task.instances), strict=True):
            groups.setdefault(instance.doc_id, []).append((instance, encoded))
        for number, group in groups.items():
            item, questions, places = _plan_item(loaded, context, number, group)
            texts = [RequestKeys.question(one.prompt, one.continuations, one.sampling) for one in questions]
            for who, key, items in zip(contexts, keys, planned, strict=True):
                requests = [
                    Request(key.key(text), who.checkpoint, one.prompt, one.continuations, one.sampling)
                    for text, one in zip(texts, questions, strict=True)
                ]
                items.append(item(locations=tuple(AnswerLocation(requests[at], indices) for at, indices in places)))
    return list(map(tuple, planned))


def _build(loaded: LoadedTask, context: PromptContext) -> None:
    """Let lm-eval build the task's instances. Few-shot examples depend on the seed alone.

    A prompt without a chat template may need examples to show what an answer looks like, where one with it is
    asked plainly: the task declares both numbers.
    """
    task, info = loaded.task, loaded.info
    plain = info.num_fewshot if info.completion_fewshot is None else info.completion_fewshot
    task.set_config("num_fewshot", info.num_fewshot if context.chat else plain)
    # The draw of few-shot examples is stateful, so it is seeded anew before every build.
    task.set_fewshot_seed(context.seed)
    random.seed(context.seed)
    task.build_all_requests(
        limit=loaded.limit,
        system_instruction=context.system_prompt if context.chat else None,
        apply_chat_template=context.chat,
        fewshot_as_multiturn=context.chat,
        chat_template=_renderer(context.tokenizer) if context.chat else None,
        tokenizer_name=context.tokenizer.fingerprint,
    )


@contextlib.contextmanager
def _told(name: str) -> Iterator[None]:
    """Whatever lm-eval or a task's own code raises becomes one line."""
    try:
        yield
    except LimitError as error:
        raise SuiteError(f"task '{name}': {error}") from error
    except ForgetbenchError:
        raise
    except (Exception, SystemExit) as error:
        why = f"{type(error).__name__}: {first_line(error)}"
        raise SuiteError(f"task '{name}': its prompts cannot be built: {why}") from error


def encode_instances(context: PromptContext, instances: Sequence[Any]) -> list[Encoded]:
    """Token ids of lm-eval instances of any request type, in their order and in bulk.

    What is scored becomes the pairs whose log-likelihoods add up to the instance's; a prompt to be answered
    becomes a pair without a continuation.
    """

    def texts(request_type: str) -> list[str]:
        return [instance.args[0] for instance in instances if instance.request_type == request_type]

    scored = [instance.args for instance in instances if instance.request_type == "loglikelihood"]
    encoded: dict[str, Iterator[Encoded]] = {
        "loglikelihood": ([pair] for pair in encode_pairs(context.tokenizer, scored)),
        "loglikelihood_rolling": (
            _windows(context, tokens)
            for tokens in context.tokenizer.encode_all(texts("loglikelihood_rolling"), special=False)
        ),
        "generate_until": ([(tuple(tokens), ())] for tokens in context.tokenizer.encode_all(texts("generate_until"))),
    }
    return [next(encoded[instance.request_type]) for instance in instances]


def _windows(context: PromptContext, tokens: list[int]) -> Encoded:
    utils = importlib.import_module("lm_eval.utils")
    windows = utils.get_rolling_token_windows(
        token_list=tokens,
        prefix_token=context.tokenizer.prefix_token,
        max_seq_len=context.max_length - 1,
        context_len=1,
    )
    return [(tuple(a), tuple(b)) for a, b in (utils.make_disjoint_window(window) for window in windows)]


def _renderer(tokenizer: Tokenizer) -> Any:
    def render(messages: Sequence[Message], add_generation_prompt: bool = True) -> str:
        return tokenizer.render(messages, add_generation_prompt=add_generation_prompt)

    return render


def _plan_item(
    loaded: LoadedTask, context: PromptContext, number: int, group: Sequence[tuple[Any, Encoded]]
) -> tuple[Callable[..., PlannedItem], list[_Question], list[Place]]:
    """An item but for its `locations`, what it asks, and where each answer will stand."""
    instances, encoded = zip(*group, strict=True)
    task, document = loaded.task, instances[0].doc
    item_id = item_id_of(loaded.info.name, number, document)
    if task.OUTPUT_TYPE == "generate_until":
        questions, places = _generation(loaded, context, item_id, instances[0], encoded[0])
    else:
        questions, rows = _scoring(encoded)
        places = [place for row in rows for place in row]
    choices = task.doc_to_choice(document) if task.config.doc_to_choice is not None else ()
    cluster, second_cluster = clusters_of(document, loaded.info.clusters, item_id)
    prompt, question = str(instances[0].args[0]), str(task.doc_to_text(document))
    item = functools.partial(
        PlannedItem,
        item_id=item_id,
        cluster=cluster,
        second_cluster=second_cluster,
        stratum=str(document.get("stratum", "")),
        document=document,
        prompt=prompt,
        question=question,
        gold=_gold(task, document, choices),
        choices=tuple(map(str, choices)),
        instances=instances,
        neutral_prompt=_neutral_prompt(loaded, document, prompt, question),
        refusal=loaded.faults.get(number) or _refusal(questions, context.max_length, context.vocabulary),
    )
    return item, questions, places


def _neutral_prompt(loaded: LoadedTask, document: Mapping[str, Any], prompt: str, question: str) -> str | None:
    if loaded.neutral_request is None or not question or question not in prompt:
        return None
    head, _, tail = prompt.rpartition(question)
    request: str = importlib.import_module("lm_eval.utils").apply_template(loaded.neutral_request, document)
    return head + request + tail


def item_id_of(task: str, number: int, document: Mapping[str, Any]) -> str:
    """The id by which an item's views are joined; two tasks count their documents from 0 alike."""
    return str(document.get("item_id", f"{task}/{number}"))


def refusal(locations: Sequence[AnswerLocation], max_length: int, vocabulary: int | None = None) -> str | None:
    """Why these must not be asked of a model with a window of `max_length` tokens; None when they may.

    `vocabulary` is how many tokens it has embeddings for, where that is known.
    """
    return _refusal([location.request for location in locations], max_length, vocabulary)


def _refusal(requests: Sequence[Request | _Question], max_length: int, vocabulary: int | None) -> str | None:
    for request in requests:
        answer = request.sampling.max_tokens if request.sampling else max(map(len, request.continuations))
        if not request.sampling and min(map(len, request.continuations)) == 0:
            return "a choice has no tokens of its own: it merges with the prompt"
        if not request.prompt:
            return "the prompt has no tokens"
        if vocabulary is not None and max(map(max, (request.prompt, *request.continuations))) >= vocabulary:
            return f"it holds a token that the model has no embedding for ({vocabulary:,} of them)"
        if len(request.prompt) + answer > max_length:
            return f"prompt and answer need {len(request.prompt) + answer} tokens, the model's window is {max_length}"
    return None


def _gold(task: Any, document: Mapping[str, Any], choices: Sequence[str]) -> str:
    gold = task.doc_to_target(document)
    if isinstance(gold, Integral) and choices:
        place = int(gold)
        return str(choices[place]) if 0 <= place < len(choices) else ""
    return " | ".join(map(str, gold)) if isinstance(gold, list) else str(gold)


def _generation(
    loaded: LoadedTask, context: PromptContext, item_id: str, instance: Any, encoded: Encoded
) -> tuple[list[_Question], list[Place]]:
    ((prompt, _),) = encoded
    seed = int(digest([context.seed, loaded.info.name, item_id])[:8], 16)
    return [_Question(prompt, sampling=decoding(instance.args[1], loaded.info.repeats, seed))], [(0, ())]


def scoring_locations(context: PromptContext, encoded: Sequence[Encoded]) -> list[tuple[AnswerLocation, ...]]:
    """One request per distinct prompt, and for each instance where the answers to its pairs stand."""
    questions, rows = _scoring(encoded)
    requests = [context.request(question.prompt, question.continuations) for question in questions]
    return [tuple(AnswerLocation(requests[at], indices) for at, indices in row) for row in rows]


def _scoring(encoded: Sequence[Encoded]) -> tuple[list[_Question], list[list[Place]]]:
    """One question per distinct prompt, and for each instance where the answers to its pairs stand."""
    by_prompt: dict[tuple[int, ...], tuple[int, dict[tuple[int, ...], int]]] = {}
    rows: list[list[Place]] = []
    for pairs in encoded:
        row: list[Place] = []
        for prompt, tokens in pairs:
            at, positions = by_prompt.setdefault(prompt, (len(by_prompt), {}))
            row.append((at, (positions.setdefault(tokens, len(positions)),)))
        rows.append(row)
    return [_Question(prompt, tuple(positions)) for prompt, (_, positions) in by_prompt.items()], rows
