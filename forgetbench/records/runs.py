"""What is asked, what is answered, and what a run comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from forgetbench.records.names import DEFAULT_BITS_MARGIN, DEFAULT_PRESERVE, SCHEMA_VERSION, Protocol


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model to be evaluated, resolved to something an engine can load.

    `fingerprint` covers weights, configuration, tokenizer and chat template: two folders
    with the same content are the same checkpoint, whatever they are called.
    """

    name: str
    where: str
    fingerprint: str
    path: Path | None = None
    """Local folder; None for the scripted engine, which needs no files."""
    adapter_base: Path | None = None
    """For a PEFT adapter: the folder of the full weights it sits on."""
    step: int | None = None
    """Optimizer steps of fine-tuning, from trainer_state.json, where there is one."""

    @property
    def weights(self) -> Path | None:
        """The folder whose full weights an engine loads."""
        return self.adapter_base or self.path


@dataclass(frozen=True, slots=True)
class TaskInfo:
    """What the scorer must know about a task; all of it is declared in the task's YAML."""

    name: str
    domain: str
    metric: str
    chance: float
    view: str | None
    version: str
    binary: bool
    """Item scores are 0 or 1, so an item can be forgotten or gained."""
    corpus_metric: str | None
    """Name in `forgetbench.metrics.corpus.CORPUS_METRICS` when an item's score needs the other items."""
    repeats: int
    num_fewshot: int
    fingerprint: str
    """Hash of the task's YAML, its code and its documents."""
    completion_fewshot: int | None = None
    """Few-shot examples of prompts without a chat template, where they are not `num_fewshot`."""
    supporting: bool = False
    """Shown beside its domain, but no part of the domain's score."""
    licence: str = ""
    """Of the data, as the task declares it."""
    language: tuple[str, ...] = ()
    """Languages of the items, as BCP 47 tags."""
    filter: str = ""
    """Which of the task's ways of reading an answer gives the score."""
    choice_view: str | None = None
    """The task that tells by likelihood what became of its forgotten items; None: the first of the domain that can."""
    clusters: tuple[str, ...] = ("cluster",)
    """One or two fields of the documents: items that have the same there are no independent evidence."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """Decoding of one generation request. `temperature` 0 is greedy."""

    max_tokens: int
    temperature: float = 0.0
    top_p: float = 1.0
    n: int = 1
    stop: tuple[str, ...] = ()
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a model, in token ids: a list of continuations to score, or a text to generate.

    Exactly one of `continuations` and `sampling` is set. `key` is the ledger's primary key:
    it hashes the checkpoint, the engine's settings and everything below.
    """

    key: str
    checkpoint: str
    """Fingerprint of the checkpoint that is asked."""
    prompt: tuple[int, ...]
    continuations: tuple[tuple[int, ...], ...] = ()
    sampling: Sampling | None = None


@dataclass(frozen=True, slots=True)
class Continuation:
    """How a model rates one continuation of a prompt."""

    loglikelihood: float
    """Sum over the continuation's tokens, natural log."""
    is_greedy: bool
    """Every token was the most likely one at its place."""
    n_tokens: int


@dataclass(frozen=True, slots=True)
class Sample:
    """One generated answer."""

    text: str
    finish_reason: str
    """'stop', or 'length' when the token limit cut it."""
    n_tokens: int


@dataclass(frozen=True, slots=True)
class Response:
    """The answer to the request with the same key; one of the two tuples is empty."""

    key: str
    continuations: tuple[Continuation, ...] = ()
    samples: tuple[Sample, ...] = ()
    refusal: str | None = None
    """Why the engine cannot answer this request; both tuples are empty then, and the ledger does not keep it."""


@dataclass(frozen=True, slots=True)
class ItemScore:
    """One item of one task for one checkpoint: a row of samples.parquet.

    `score` is None when the item was not measured, and `reason` then says why.
    """

    task: str
    domain: str
    view: str | None
    item_id: str
    cluster: str
    second_cluster: str
    """By the second of `TaskInfo.clusters`; empty where there is none."""
    stratum: str
    doc_hash: str
    prompt_hash: str
    score: float | None
    reason: str | None
    prompt: str
    """As it was asked, few-shot examples and template included."""
    question: str
    """The item's own text alone."""
    gold: str
    responses: tuple[str, ...] = ()
    """What was answered; the text that a model thinks aloud before it answers is split off."""
    finish_reasons: tuple[str, ...] = ()
    token_counts: tuple[int, ...] = ()
    reference_logprobs: tuple[float, ...] = ()
    """Mean log-probability per token of each response under the reference checkpoint (nats)."""
    neutral_logprobs: tuple[float, ...] = ()
    """The same after a request that any text answers, in place of the item's; what the prompt made likelier is the
    difference."""
    choices: tuple[str, ...] = ()
    loglikelihoods: tuple[float, ...] = ()
    read: tuple[str, ...] = ()
    """What the task's filter took out of each response; empty where it takes the response as it is."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """Everything the task's process_results returned as a number."""


@dataclass(frozen=True, slots=True)
class Margins:
    """How much may be lost, as it was declared before the run."""

    domains: Mapping[str, float] = field(default_factory=dict)
    """Non-inferiority margin by domain, in score units; `DEFAULT_MARGIN` for others."""
    bits: float = DEFAULT_BITS_MARGIN
    """That of tasks scored in bits per byte, in bits per byte."""
    preserve: float = DEFAULT_PRESERVE
    """Fraction of the base's chance-corrected score that must be kept; 0 asks for none."""


@dataclass(frozen=True, slots=True)
class RunManifest:
    """What was run, so that it can be run again: manifest.json."""

    run_id: str
    name: str
    where: str
    fingerprint: str
    step: int | None
    suite: str
    suite_fingerprint: str
    protocol: Protocol
    chat_template: bool
    """Prompts were rendered with the checkpoint's chat template."""
    engine: Mapping[str, Any]
    tokenizer: str
    """Fingerprint of the tokenizer."""
    seed: int
    limit: int | None
    reference: str | None
    """Fingerprint of the checkpoint under whose likelihoods generated text was rated."""
    tasks: tuple[TaskInfo, ...]
    margins: Mapping[str, float]
    """Non-inferiority margin per domain, from the suite."""
    warnings: tuple[str, ...]
    created: str
    counts: Mapping[str, int]
    """Requests in all, answered from the ledger, asked of the engine, and what the engine counted meanwhile."""
    metrics: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """By task, the mean over its measured items of every number that its scoring gave."""
    folder: Mapping[str, Any] = field(default_factory=dict)
    """What the checkpoint's folder sets by itself and may tell two checkpoints apart: configuration, decoding defaults
    (of which only the tokens that end an answer are used), tokenizer, chat template. Empty where it has no files."""
    prompt_settings: Mapping[str, Any] = field(default_factory=dict)
    """What was set of `chat_template_kwargs`, `system_prompt` and `add_bos`; empty where nothing was."""
    thinking: float = 0.0
    """Share of the generated answers that thinking aloud came before."""
    replicate: int = 0
    """0; of a base that was evaluated again for its noise floor, which pass it is: nothing was read from the first."""
    rescored_from: str | None = None
    """Of a run whose answers were read again: the run that asked for them."""
    imported_from: str | None = None
    """Of a run that another harness made: which. Its model was not seen, and `fingerprint` is that of its log."""
    suite_version: int | None = None
    """The suite's version; None where it has none."""
    bits_margin: float = DEFAULT_BITS_MARGIN
    preserve: float = DEFAULT_PRESERVE
    """Both as in `Margins`, from the suite."""
    schema_version: int = SCHEMA_VERSION

    @property
    def allowed(self) -> Margins:
        """How much a candidate may lose, by the suite."""
        return Margins(self.margins, self.bits_margin, self.preserve)

    @property
    def label(self) -> str:
        """The checkpoint's name, told apart from that of the run that this one replicates."""
        return f"{self.name}-replicate" if self.replicate else self.name
