"""The only module that imports lm-eval: its tasks become Requests, Responses become ItemScores.

Prompts, few-shot draws, filters and process_results are lm-eval's own; running them is ours. Written against
lm_eval 0.4.12 to 0.4.x, whose task modules 0.5 rewrites.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import logging
import math
import os
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forgetbench.errors import SuiteError, did_you_mean
from forgetbench.fingerprint import digest, document_hash, file_digest, make_request
from forgetbench.records import Continuation, ItemScore, Request, Response, Sample, Sampling, TaskInfo
from forgetbench.suite import Suite, SuiteTask, tasks_folder
from forgetbench.tokenizer import Message, Tokenizer, encode_pair

BINARY_METRICS = frozenset({"acc", "acc_norm", "exact_match", "acc_bytes"})
"""lm-eval metrics whose value for one item is 0 or 1."""
_PRIMARY_METRICS = ("acc_norm", "exact_match", "acc")
_JUDGED_TOKENS = 256
"""How much of a sample the reference checkpoint rates; a longer one shows its quality by then."""


@dataclass(frozen=True, slots=True)
class LoadedTask:
    """An lm-eval task with what the scorer must know of it."""

    info: TaskInfo
    task: Any
    limit: int | None
    judged: bool
    """Its samples are also rated by likelihood under the reference checkpoint."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Where the answer to one lm-eval instance stands: in which request, and which of its continuations."""

    request: Request
    indices: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PlannedItem:
    """One document of a task, ready to be asked."""

    item_id: str
    cluster: str
    stratum: str
    document: Mapping[str, Any]
    prompt: str
    gold: str
    choices: tuple[str, ...]
    asks: tuple[Ask, ...]
    instances: tuple[Any, ...]
    refusal: str | None = None
    """Why it cannot be asked, for instance a prompt longer than the model's window."""

    @property
    def requests(self) -> tuple[Request, ...]:
        return () if self.refusal else tuple(ask.request for ask in self.asks)


@dataclass(frozen=True, slots=True)
class PlannedTask:
    loaded: LoadedTask
    items: tuple[PlannedItem, ...]


@dataclass(frozen=True, slots=True)
class PlanFor:
    """For whom a plan is made: everything that shapes prompts and keys."""

    checkpoint: str
    engine: Mapping[str, Any]
    tokenizer: Tokenizer
    chat: bool
    max_length: int
    seed: int


# --- loading ----------------------------------------------------------------------------------


def load_tasks(suite: Suite, folder: Path | None = None, limit: int | None = None) -> list[LoadedTask]:
    """Load a suite's tasks: embedded ones, those beside the suite file, else lm-eval's by name.

    Raises SuiteError for unknown names, broken YAML, empty tasks and data that cannot be had.
    """
    with _quiet_lm_eval():
        wanted = [(domain, entry) for domain, entries in suite.domains.items() for entry in entries]
        known = _task_files([tasks_folder(), *([folder] if folder else [])])
        manager = _manager(wanted, known)
        return [_load(manager, known, domain, entry, limit) for domain, entry in wanted]


def embedded_task_files() -> dict[str, Path]:
    """Names of the embedded tasks and their YAML files."""
    return _task_files([tasks_folder()])


def _task_files(folders: Iterable[Path]) -> dict[str, Path]:
    # lm-eval skips malformed YAML silently, so the names are read here, where a mistake is told.
    found: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*.yaml")):
            with contextlib.suppress(OSError, UnicodeDecodeError):
                for line in path.read_text(encoding="utf-8").splitlines():
                    if line.startswith("task:"):
                        found[line.partition(":")[2].split("#")[0].strip().strip("'\"")] = path
    return found


def _manager(wanted: Sequence[tuple[str, SuiteTask]], known: Mapping[str, Path]) -> Any:
    tasks = importlib.import_module("lm_eval.tasks")
    # Scanning lm-eval's own tasks reads 14,000 files: only when one of them is asked for.
    foreign = [entry.task for _, entry in wanted if entry.task not in known]
    manager = tasks.TaskManager(include_defaults=bool(foreign))
    for name in foreign:
        if name not in manager.all_tasks:
            raise SuiteError(f"unknown task '{name}'; {did_you_mean(name, known or manager.all_tasks)}")
    return manager


def _load(manager: Any, known: Mapping[str, Path], domain: str, entry: SuiteTask, limit: int | None) -> LoadedTask:
    path = known.get(entry.task)
    where = f"{path}: " if path else ""
    try:
        tasks = manager.load([_spec(entry.task, path)])["tasks"]
        task = tasks[entry.task]
        documents = len(task.eval_docs)
    except SuiteError:
        raise
    except Exception as error:  # lm-eval, datasets and a task's own code raise many types
        first = (str(error).strip().splitlines() or [""])[0]
        raise SuiteError(f"task '{entry.task}' cannot be loaded: {where}{type(error).__name__}: {first}") from error
    if not documents:
        raise SuiteError(f"task '{entry.task}' has no documents: {where}check its data file")
    if entry.num_fewshot is not None:
        task.set_config("num_fewshot", entry.num_fewshot)
    limits = [size for size in (entry.limit, limit) if size is not None]
    metadata = task.config.metadata or {}
    info = _describe(task, entry, domain, metadata, where)
    return LoadedTask(info, task, min(limits, default=None), bool(metadata.get("reference_likelihood")))


def _spec(name: str, path: Path | None) -> Any:
    """What lm-eval is asked to load: a name of its own, or a file's configuration.

    Data files that a YAML names are relative to it; lm-eval would look for them in the working folder.
    """
    if path is None:
        return name
    loader = importlib.import_module("lm_eval.tasks._yaml_loader")
    config: dict[str, Any] = loader.load_yaml(path)
    kwargs = config.get("dataset_kwargs") or {}
    named = kwargs.get("data_files")
    if named is None:
        return config
    files = named if isinstance(named, dict) else {"test": named}
    absolute = {split: str((path.parent / str(file)).resolve()) for split, file in files.items()}
    return {**config, "dataset_kwargs": {**kwargs, "data_files": absolute}}


def _describe(task: Any, entry: SuiteTask, domain: str, metadata: Mapping[str, Any], where: str) -> TaskInfo:
    metrics = [item["metric"] for item in task.config.metric_list or []]
    default = next((name for name in _PRIMARY_METRICS if name in metrics), metrics[0] if metrics else "acc")
    metric = str(entry.metric or metadata.get("metric") or default)
    if metrics and metric not in metrics and not metadata.get("corpus_metric"):
        raise SuiteError(f"task '{entry.task}': {where}no metric '{metric}'; {did_you_mean(metric, map(str, metrics))}")
    chance = entry.chance if entry.chance is not None else metadata.get("chance")
    if chance is None:
        chance = 1 / len(task.doc_to_choice(task.eval_docs[0])) if task.OUTPUT_TYPE == "multiple_choice" else 0.0
    return TaskInfo(
        name=entry.task,
        domain=str(metadata.get("domain") or domain),
        metric=metric,
        chance=float(chance),
        view=metadata.get("view") or None,
        version=str(metadata.get("version", "")),
        binary=bool(metadata.get("binary", metric in BINARY_METRICS)),
        corpus_metric=metadata.get("corpus_metric"),
        repeats=int(task.config.repeats or 1),
        num_fewshot=int(task.config.num_fewshot or 0),
        fingerprint=_task_fingerprint(task, known_file=where.removesuffix(": ")),
    )


def _task_fingerprint(task: Any, known_file: str) -> str:
    """Hash of the task's YAML and code (or its configuration) and of all its documents."""
    parts: list[Any] = [document_hash(document) for document in task.eval_docs]
    if known_file:
        folder = Path(known_file).parent
        parts += [file_digest(path) for path in (Path(known_file), folder / "utils.py") if path.is_file()]
    else:
        parts.append(repr(sorted(task.dump_config().items())))
    return digest([parts, task.config.num_fewshot])


@contextlib.contextmanager
def _quiet_lm_eval() -> Iterator[None]:
    """lm-eval and datasets draw progress bars and log per task; our own bar says what is going on."""
    os.environ.setdefault("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")
    for name in ("lm_eval", "lm-eval", "datasets", "evaluate"):
        logging.getLogger(name).setLevel(logging.ERROR)
    # Bars go to stderr, and nothing else does: what fails raises.
    with contextlib.redirect_stderr(io.StringIO()):
        yield


# --- planning ---------------------------------------------------------------------------------


def plan(loaded: LoadedTask, target: PlanFor) -> PlannedTask:
    """Build every request of a task for one checkpoint. Few-shot examples depend on the seed alone."""
    task = loaded.task
    with _quiet_lm_eval():
        # The draw of few-shot examples is stateful, so it is seeded anew before every build.
        task.set_fewshot_seed(target.seed)
        random.seed(target.seed)
        task.build_all_requests(
            limit=loaded.limit,
            apply_chat_template=target.chat,
            fewshot_as_multiturn=target.chat,
            chat_template=_renderer(target.tokenizer) if target.chat else None,
            tokenizer_name=target.tokenizer.fingerprint,
        )
    groups: dict[int, list[Any]] = {}
    for instance in task.instances:
        groups.setdefault(instance.doc_id, []).append(instance)
    return PlannedTask(loaded, tuple(_plan_item(loaded, target, number, group) for number, group in groups.items()))


def _renderer(tokenizer: Tokenizer) -> Any:
    def render(messages: Sequence[Message], add_generation_prompt: bool = True) -> str:
        return tokenizer.render(messages, add_generation_prompt=add_generation_prompt)

    return render


def _plan_item(loaded: LoadedTask, target: PlanFor, number: int, instances: Sequence[Any]) -> PlannedItem:
    task, document = loaded.task, instances[0].doc
    item_id = str(document.get("item_id", number))
    build = _generation if task.OUTPUT_TYPE == "generate_until" else _scoring
    asks = build(loaded, target, item_id, instances)
    choices = task.doc_to_choice(document) if task.config.doc_to_choice is not None else ()
    return PlannedItem(
        item_id=item_id,
        cluster=str(document.get("cluster", item_id)),
        stratum=str(document.get("stratum", "")),
        document=document,
        prompt=str(instances[0].args[0]),
        gold=_gold(task, document, choices),
        choices=tuple(map(str, choices)),
        asks=asks,
        instances=tuple(instances),
        refusal=_refusal(asks, target.max_length),
    )


def _refusal(asks: Sequence[Ask], max_length: int) -> str | None:
    for ask in asks:
        request = ask.request
        answer = request.sampling.max_tokens if request.sampling else max(map(len, request.continuations))
        if not request.sampling and min(map(len, request.continuations)) == 0:
            return "a choice has no tokens of its own: it merges with the prompt"
        if len(request.prompt) + answer > max_length:
            return f"prompt and answer need {len(request.prompt) + answer} tokens, the model's window is {max_length}"
    return None


def _gold(task: Any, document: Mapping[str, Any], choices: Sequence[str]) -> str:
    target = task.doc_to_target(document)
    if isinstance(target, int) and choices:
        return str(choices[target]) if 0 <= target < len(choices) else ""
    return " | ".join(map(str, target)) if isinstance(target, list) else str(target)


def _generation(loaded: LoadedTask, target: PlanFor, item_id: str, instances: Sequence[Any]) -> tuple[Ask, ...]:
    (instance,) = instances
    prompt, settings = instance.args
    seed = int(digest([target.seed, loaded.info.name, item_id])[:8], 16)
    sampling = _sampling(settings, loaded.info.repeats, seed)
    request = make_request(target.checkpoint, target.engine, tuple(target.tokenizer.encode(prompt)), sampling=sampling)
    return (Ask(request, ()),)


def _sampling(settings: Mapping[str, Any], n: int, seed: int) -> Sampling:
    """generation_kwargs as lm-eval's transformers model reads them: greedy unless sampling is asked for."""
    until = settings.get("until") or ()
    temperature = float(settings.get("temperature") or 0.0)
    if settings.get("do_sample") is False:
        temperature = 0.0
    elif settings.get("do_sample") and "temperature" not in settings:
        temperature = 1.0
    return Sampling(
        max_tokens=int(settings.get("max_gen_toks") or settings.get("max_new_tokens") or 256),
        temperature=temperature,
        top_p=float(settings.get("top_p") or 1.0),
        n=n,
        stop=(until,) if isinstance(until, str) else tuple(until),
        seed=seed if temperature > 0 else None,
    )


def _scoring(loaded: LoadedTask, target: PlanFor, item_id: str, instances: Sequence[Any]) -> tuple[Ask, ...]:
    pieces = [_pieces(target, instance) for instance in instances]
    by_prompt: dict[tuple[int, ...], list[tuple[int, ...]]] = {}
    for prompt, tokens in (piece for group in pieces for piece in group):
        row = by_prompt.setdefault(prompt, [])
        if tokens not in row:
            row.append(tokens)
    requests = {
        prompt: make_request(target.checkpoint, target.engine, prompt, tuple(row)) for prompt, row in by_prompt.items()
    }
    return tuple(
        Ask(requests[prompt], (requests[prompt].continuations.index(tokens),))
        for group in pieces
        for prompt, tokens in group
    )


def _pieces(target: PlanFor, instance: Any) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """The (prompt, continuation) pairs whose log-likelihoods add up to an instance's."""
    if instance.request_type == "loglikelihood":
        return [encode_pair(target.tokenizer, *instance.args)]
    utils = importlib.import_module("lm_eval.utils")
    windows = utils.get_rolling_token_windows(
        token_list=target.tokenizer.encode(instance.args[0], special=False),
        prefix_token=target.tokenizer.prefix_token,
        max_seq_len=target.max_length - 1,
        context_len=1,
    )
    return [(tuple(a), tuple(b)) for a, b in (utils.make_disjoint_window(window) for window in windows)]


# --- judging generated text -------------------------------------------------------------------


def judge_requests(
    task: PlannedTask, reference: PlannedTask, responses: Mapping[str, Response], target: PlanFor
) -> dict[str, list[Request | None]]:
    """Per item, the requests that rate each sample under the reference checkpoint; None for an empty sample.

    `reference` is the same task planned for the reference, so a sample is rated after the prompt that the
    reference itself would have been given. `target` describes the reference.
    """
    prompts = {item.item_id: item.asks[0].request.prompt for item in reference.items}
    judged: dict[str, list[Request | None]] = {}
    for item in task.items:
        response = responses.get(item.asks[0].request.key)
        if response is None or response.refusal is not None or item.item_id not in prompts:
            continue
        row: list[Request | None] = []
        for sample in response.samples:
            tokens = tuple(target.tokenizer.encode(sample.text, special=False))[:_JUDGED_TOKENS]
            prompt = prompts[item.item_id]
            row.append(make_request(target.checkpoint, target.engine, prompt, (tokens,)) if tokens else None)
        judged[item.item_id] = row
    return judged


def mean_logprobs(
    judged: Mapping[str, Sequence[Request | None]], responses: Mapping[str, Response]
) -> dict[str, tuple[float, ...]]:
    """Mean log-probability per token (nats) of each sample; NaN for an empty one."""

    def mean(request: Request | None) -> float:
        if request is None:
            return math.nan
        (rating,) = responses[request.key].continuations
        return rating.loglikelihood / rating.n_tokens

    return {
        item_id: tuple(mean(request) for request in row)
        for item_id, row in judged.items()
        if not _unanswered([request for request in row if request is not None], responses)
    }


# --- scoring ----------------------------------------------------------------------------------


def score(
    planned: PlannedTask, responses: Mapping[str, Response], judged: Mapping[str, tuple[float, ...]]
) -> list[ItemScore]:
    """Item scores of a task: lm-eval's filters and process_results over the responses."""
    task = planned.loaded.task
    answered = [item for item in planned.items if item.refusal is None and not _unanswered(item.requests, responses)]
    for item in answered:
        _fill(item, responses)
    # Filters run over the whole task at once, so instances without an answer must not be among them.
    task._instances = [instance for item in answered for instance in item.instances]
    if task._instances:
        task.apply_filters()
    return [_item_score(planned.loaded, item, responses, judged.get(item.item_id, ())) for item in planned.items]


def _unanswered(requests: Sequence[Request], responses: Mapping[str, Response]) -> str | None:
    """Why an item cannot be scored: a request without a response, or one that the engine refused."""
    for request in requests:
        response = responses.get(request.key)
        if response is None:
            return "no answer from the engine"
        if response.refusal is not None:
            return response.refusal
    return None


def _fill(item: PlannedItem, responses: Mapping[str, Response]) -> None:
    asks = iter(item.asks)
    for instance in item.instances:
        instance.resps.clear()
        instance.filtered_resps.clear()
        if instance.request_type == "generate_until":
            instance.resps.extend(sample.text for sample in responses[next(asks).request.key].samples)
        elif instance.request_type == "loglikelihood":
            ask = next(asks)
            rating = responses[ask.request.key].continuations[ask.indices[0]]
            instance.resps.append((rating.loglikelihood, rating.is_greedy))
        else:
            instance.resps.append(sum(rating.loglikelihood for rating in _ratings(asks, responses)))


def _ratings(asks: Iterable[Ask], responses: Mapping[str, Response]) -> list[Continuation]:
    return [responses[ask.request.key].continuations[index] for ask in asks for index in ask.indices]


def _item_score(
    loaded: LoadedTask, item: PlannedItem, responses: Mapping[str, Response], judged: tuple[float, ...]
) -> ItemScore:
    samples: tuple[Sample, ...] = ()
    ratings: list[Continuation] = []
    metrics: dict[str, float] = {}
    reason = item.refusal or _unanswered(item.requests, responses)
    if reason is None:
        samples = responses[item.asks[0].request.key].samples
        ratings = _ratings(item.asks, responses)
        metrics, reason = _metrics(loaded, item, samples, judged)
    info = loaded.info
    value = None if info.corpus_metric else metrics.get(info.metric)
    return ItemScore(
        task=info.name,
        domain=info.domain,
        view=info.view,
        item_id=item.item_id,
        cluster=item.cluster,
        stratum=item.stratum,
        doc_hash=document_hash(item.document),
        prompt_hash=digest([instance.args for instance in item.instances])[:16],
        score=value,
        reason=reason,
        prompt=item.prompt,
        gold=item.gold,
        responses=tuple(sample.text for sample in samples),
        finish_reasons=tuple(sample.finish_reason for sample in samples),
        token_counts=tuple(sample.n_tokens for sample in samples),
        reference_logprobs=judged,
        choices=item.choices,
        loglikelihoods=tuple(rating.loglikelihood for rating in ratings),
        metrics=metrics,
    )


def _metrics(
    loaded: LoadedTask, item: PlannedItem, samples: Sequence[Sample], judged: tuple[float, ...]
) -> tuple[dict[str, float], str | None]:
    facts = {
        "finish_reasons": [sample.finish_reason for sample in samples],
        "token_counts": [sample.n_tokens for sample in samples],
        "reference_logprobs": [None if math.isnan(value) else value for value in judged] or [None] * len(samples),
    }
    (name,) = item.instances[0].filtered_resps.keys() if len(item.instances[0].filtered_resps) == 1 else (None,)
    name = name or next(iter(item.instances[0].filtered_resps))
    results = [instance.filtered_resps[name] for instance in item.instances]
    try:
        raw = loaded.task.process_results({**item.document, "forgetbench": facts}, results)
    except Exception as error:  # a task's own code meets a model's text: the item is unmeasured, the run goes on
        first = (str(error).strip().splitlines() or [""])[0]
        return {}, f"process_results failed: {type(error).__name__}: {first}"
    metrics = {key: float(value) for key, value in raw.items() if isinstance(value, (int, float))}
    for key, value in raw.items():
        if key in ("bits_per_byte", "byte_perplexity") and isinstance(value, tuple):
            # lm-eval returns (log-likelihood, bytes); the score is the geometric mean probability of a byte.
            metrics[key] = math.exp(value[0] / max(value[1], 1))
    if loaded.info.corpus_metric is None and not math.isfinite(metrics.get(loaded.info.metric, math.nan)):
        return metrics, f"process_results gave no number for '{loaded.info.metric}'"
    return metrics, None
