"""The values that flow through forgetbench, one direction only, as frozen dataclasses.

    Checkpoint + TaskInfo -> Request -> Response -> ItemScore -> Run -> DeltaRow -> Comparison

Nothing here estimates, reads or writes; every module may import this one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isnan, nan
from pathlib import Path
from typing import Any, Literal

SCHEMA_VERSION = 1

Protocol = Literal["native", "completion", "chat"]
View = Literal["choice", "open", "strict"]
Verdict = Literal["regressed", "retained", "improved", "mixed", "inconclusive", "not_measured"]

DOMAINS = (
    "knowledge", "reasoning", "multilingual", "long_context", "instruction", "tools", "creativity", "format_rigidity",
    "language", "honesty", "safety", "target",
)  # fmt: skip
TARGET = "target"
"""The domain the fine-tuning was for: reported, but neither gated nor part of the overall row."""
OVERALL = "overall"
"""Name of the row over all domains but those of `APART`."""
DEFAULT_MARGIN = 0.03
"""Non-inferiority margin of a domain that a suite does not name, in score units."""
DEFAULT_BITS_MARGIN = 0.05
"""The margin of tasks scored in bits per byte, in bits per byte: of their scores, 2^-bits, points say little."""
PER_BYTE_METRICS = frozenset({"bits_per_byte", "byte_perplexity"})
"""Metrics whose item scores are 2^-b of b bits per byte, the mean probability of a byte."""
FORMAT_RIGIDITY = "format_rigidity"
APART = (TARGET, FORMAT_RIGIDITY)
"""Domains that are no part of the overall row: what the fine-tuning was for, and a habit among abilities."""
DEFAULT_PRESERVE = 0.8
"""Fraction of the base's chance-corrected score that must be kept where nothing else is said."""
ALPHA = 0.05
"""Intervals have level 1 - ALPHA, and tests this size, unless a policy says otherwise."""
CUT = "cut: the token limit ended the answer before it could be read"
"""Reason of an item whose answer is neither right nor wrong, since it is not all there."""
MUCH_CUT = 0.1
"""A verdict says so where more than this share of a side's answers is `CUT`."""
MACRO_MEAN = "macro_mean"
"""The metric of a row that is a plain mean of rows."""


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
    choices: tuple[str, ...] = ()
    loglikelihoods: tuple[float, ...] = ()
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


@dataclass(frozen=True, slots=True)
class Estimate:
    """How a score changed, and how sure that is: scores in [0, 1], higher is better, so a negative delta is a loss.

    The first five are finite; the others are NaN where they cannot be estimated.
    """

    base: float
    candidate: float
    delta: float
    """candidate - base, over the paired items."""
    ci_low: float
    ci_high: float
    """Two-sided interval of the delta, at the comparison's level."""
    se: float = nan
    """Clustered standard error of the delta."""
    lower: float = nan
    """One-sided lower bound of the delta at the same level, over the measured items alone."""
    p_value: float = nan
    """Two-sided, of no change."""
    mde: float = nan
    """Minimum detectable effect: the loss that so many items show as significant with a power of 80%."""
    mde_uneven: float = nan
    """The same where the loss comes as whole clusters that collapse while others stay as they are."""
    loss: float = nan
    """Mean of what items lost, gains left out: `OutcomeRates.forgotten`, where items are right or wrong."""
    effect: float = nan
    """Standardised: the delta over the mean standard deviation of item scores (Cohen's d_av); of tasks the mean."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """On how many independent pieces of evidence an estimate rests."""

    n_clusters: int = 0
    """Different clusters by the first key: a subject, a prompt."""
    n_second_clusters: int | None = None
    """By the second key, for instance the relation that is asked for; None where clusters have one key."""
    n_effective: float = nan
    """Clusters of equal weight that would tell as much, by the key that leaves fewer."""
    dof: float = nan
    """Degrees of freedom of the standard error."""


@dataclass(frozen=True, slots=True)
class Retention:
    """What the candidate has kept of the base's score, both chance-corrected: a ratio with Fieller's interval.

    The last four are what a bound at any fraction and level is made of, see `comparison.preserved`.
    """

    retention: float = nan
    """Candidate over base; NaN where the base is not shown to be above chance."""
    retention_low: float = nan
    retention_high: float = nan
    """Two-sided, at the comparison's level; NaN where an end is unbounded, since the base may be at chance."""
    base_corrected: float = nan
    candidate_corrected: float = nan
    base_corrected_se: float = nan
    candidate_corrected_se: float = nan
    corrected_covariance: float = nan
    retention_reach: float = nan
    """How many standard errors the one-sided bound lies from the estimate, at the comparison's level."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Items that were not measured, and what they could do to the delta; NaN where none is missing.

    The score of a side that was measured is known; one that was not lies in [0, 1] (Horowitz and Manski 2000).
    """

    missing_worst: float = nan
    """The delta over all items if every score that is not known were at its worst for the candidate."""
    missing_best: float = nan
    missing_lower: float = nan
    """One-sided lower bound of the worst, at the comparison's level."""
    missing_low: float = nan
    """Lower end of the two-sided interval of the worst."""
    missing_high: float = nan
    """Upper end of the two-sided interval of the best."""


@dataclass(frozen=True, slots=True)
class Fates:
    """What became of the knowledge behind forgotten answers, less what guessing explains, by one `choice` view.

    The first four are shares of the items: of several tasks the macro mean over those with a `choice` view.
    `*_of_forgotten` are shares of the forgotten items that have one, which sum to 1 and may lie outside of [0, 1] where
    few were forgotten (Abbott 1925); NaN where there are none, their errors where fewer than two clusters hold them.
    """

    n_fates: int
    """Forgotten items whose `choice` view was measured on both sides."""
    locked_corrected: float
    locked_corrected_se: float
    erased_corrected: float
    erased_corrected_se: float
    fates_reach: float = nan
    """How many standard errors a two-sided interval of those at the comparison's level reaches."""
    locked_of_forgotten: float = nan
    locked_of_forgotten_se: float = nan
    erased_of_forgotten: float = nan
    erased_of_forgotten_se: float = nan
    never_known_of_forgotten: float = nan
    """The base said the answer, and does not rank it first."""
    never_known_of_forgotten_se: float = nan
    of_forgotten_reach: float = nan
    """The same for shares of the forgotten items."""


@dataclass(frozen=True, slots=True)
class Shrunk:
    """An estimate that borrows from the other rows: normal with this mean and standard deviation (empirical Bayes)."""

    shrunk: float = nan
    shrunk_sd: float = nan
    p_beyond_margin: float = nan
    """The posterior probability that more than the margin was lost."""


@dataclass(frozen=True, slots=True)
class OutcomeRates:
    """What became of right-or-wrong items, as rates over the paired items.

    forgotten = locked + erased + never_known + the share of forgotten items without a `choice` view to tell by. These
    are plain counts, of which `Fates` takes out luck.
    """

    forgotten: float
    """Right before, wrong after."""
    gained: float
    """Wrong before, right after."""
    forgotten_corrected: float = nan
    gained_corrected: float = nan
    """Chance-corrected: less the changes that guessing alone makes; NaN where these are not known."""
    by_guessing: float = nan
    """Items that guessing alone makes forgotten, and as many gained, from how often a wrong guess repeats; NaN where
    that is not known: answers with a score of guessing of which no more than two options were rated."""
    informative: float = nan
    """Chance-corrected share of items that the base can do: only they can be forgotten."""
    locked: float = nan
    """Forgotten, and the right answer is still ranked first by likelihood; NaN where no item has a `choice` view."""
    erased: float = nan
    """Forgotten, and the right answer was ranked first and is not any more; NaN like `locked`."""
    never_known: float = nan
    """Forgotten, and the right answer was not ranked first before either; NaN like `locked`."""

    @property
    def is_split(self) -> bool:
        """Whether locked can be told from erased."""
        return not (isnan(self.locked) or isnan(self.erased))


@dataclass(frozen=True, slots=True)
class CutAnswers:
    """Answers of a row that are `CUT`, neither forgotten nor kept, and how far they could move its delta."""

    n_cut_base: int = 0
    n_cut_candidate: int = 0
    cut_base: float = 0.0
    """As a share of the items that were asked, not measured ones among them; of several tasks the mean of theirs."""
    cut_candidate: float = 0.0
    delta_worst: float = nan
    """The delta over the measured and the cut items if the candidate's cut answers were all wrong and the base's all
    right: the least that it can be; NaN where nothing was cut."""
    delta_best: float = nan
    """The reverse: the most that it can be."""

    @property
    def much(self) -> bool:
        """Whether more than `MUCH_CUT` of a side was cut."""
        return max(self.cut_base, self.cut_candidate) > MUCH_CUT


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a row's change amounts to, against its margin and among the other rows."""

    verdict: Verdict = "not_measured"
    margin: float = nan
    """Non-inferiority margin, in score units."""
    p_adjusted: float = nan
    """The p-value, adjusted for the family of rows that it is tested in."""
    at_chance: bool = False
    """The base is not shown to be above chance: it has nothing to forget here."""
    within_margin: bool | None = None
    """Whether a loss of the margin, and of more than 1 - `preserve` of what the base can do, is ruled out. Of a row
    that is regressed as well: then less was lost than is allowed. None where there is no number."""
    p_noninferior: float = nan
    """One-sided p-value of "the margin or more was lost"; adjusted for nothing."""
    preserve: float = nan
    """The fraction of the base's chance-corrected score that must be kept; 0 asks for none."""


@dataclass(frozen=True, slots=True)
class DeltaRow:
    """What fine-tuning did to the score of one task, one domain or the whole.

    In files a row is flat, its groups' fields beside its own: see `storage.flat_rows`.
    """

    name: str
    domain: str
    metric: str
    n_items: int
    """Paired items with a score on both sides."""
    view: str | None = None
    chance: float | None = None
    """Score of guessing; None where nothing was measured."""
    supporting: bool = False
    """Shown beside its domain, but no part of the domain's score."""
    n_unmeasured: int = 0
    reason: str | None = None
    """Why the row, or part of it, was not measured."""
    n_contaminated: int | None = None
    """Items that the fine-tuning data contains; None where that data is not known."""
    choice_view: str | None = None
    """As the task declares it, see `TaskInfo`."""
    estimate: Estimate | None = None
    """None where nothing was measured."""
    outcomes: OutcomeRates | None = None
    """None where items are scored by degree, or nothing was measured."""
    evidence: Evidence = Evidence()
    kept: Retention = Retention()
    missing: Missing = Missing()
    fates: Fates | None = None
    """None where no item has a `choice` view."""
    shrunk: Shrunk = Shrunk()
    cut: CutAnswers = CutAnswers()
    judgement: Judgement = Judgement()


@dataclass(frozen=True, slots=True)
class AuditRow:
    """How the items of one task were paired; every item of either run is kept or refused."""

    task: str
    n_kept: int
    """Pairs that were scored."""
    refused: Mapping[str, int]
    """How many items were not, by reason."""
    n_prompts_equal: int
    """Kept pairs whose rendered prompts were the same on both sides."""
    n_at_limit_base: int = 0
    """Kept pairs of which an answer of the base ended at the token limit, and none of the candidate's. They were read
    all the same; what could not be read is `CUT`, and no kept pair."""
    n_at_limit_candidate: int = 0
    """The reverse."""
    n_at_limit_both: int = 0
    n_ceiling: int | None = None
    """Kept pairs on which the base has the highest score: nothing can be gained there. None where items have no
    scores of their own."""
    n_floor: int | None = None
    """Kept pairs on which the base has the lowest score: nothing can be lost there."""


@dataclass(frozen=True, slots=True)
class StratumRow:
    """One stratum of a domain's items, for instance its well-known facts: the macro mean of the domain's tasks."""

    domain: str
    stratum: str
    n_items: int
    base: float
    candidate: float
    delta: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True, slots=True)
class MetricRow:
    """A number beside a task's score: its mean over each run's measured items."""

    task: str
    metric: str
    base: float | None
    candidate: float | None


@dataclass(frozen=True, slots=True)
class AdjustedDelta:
    """A domain's delta over the asked items, adjusted for what the base's run knows of them and of all others.

    It decides nothing: the rows' own numbers can be made again from the items that were asked, this one cannot.
    """

    delta: float
    ci_low: float
    ci_high: float
    """Two-sided at the comparison's level, valid at every planned look."""
    worth: float
    """The items that would have had to be asked for as small a standard error without it, over those that were."""


@dataclass(frozen=True, slots=True)
class Looks:
    """How far a sequential evaluation went before everything that gates was decided."""

    taken: int
    planned: int
    asked: Mapping[str, tuple[int, int]]
    """Per domain, how many items were asked, and how many there are; an item counts once for each of its views."""
    adjusted: Mapping[str, AdjustedDelta] = field(default_factory=dict)
    """By domain, where the base's finished run stood for it and its side of what was not asked tells something."""
    tries: int = 1
    """Which different try at this candidate and base it is in its results folder, from 1."""
    alpha_share: float = 1.0
    """The share of alpha that this try is tested at, so that all tries together hold it; the comparison's `alpha` and
    the levels of a policy are multiplied with it."""

    @property
    def share_asked(self) -> float:
        """The share of all items that were asked; 0 where there are none."""
        asked, there = (sum(counts[place] for counts in self.asked.values()) for place in (0, 1))
        return asked / there if there else 0.0


@dataclass(frozen=True, slots=True)
class Selection:
    """How a comparison's candidate was chosen among several: on one half of the clusters, and judged on the other."""

    candidates: Mapping[str, float | None]
    """By run id, the mean change on the choosing half; None where a domain was not measured."""
    by: str
    """`OVERALL` for the mean over the gated domains, or the domain that decided."""
    n_items: int
    """On how many items it was chosen; an item counts once for each of its views."""
    seed: int
    """Of the split."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two checkpoints of a comparison."""

    name: str
    where: str
    fingerprint: str
    run_id: str
    step: int | None = None


@dataclass(frozen=True, slots=True)
class FolderDifference:
    """A setting that base and candidate bring along and that is not the same; None where a folder does not set it."""

    setting: str
    base: str | None
    candidate: str | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """comparison.json."""

    comparison_id: str
    base: Side
    candidate: Side
    suite: str
    protocol: Protocol
    engine: Mapping[str, Any]
    domains: tuple[DeltaRow, ...]
    tasks: tuple[DeltaRow, ...]
    overall: DeltaRow
    noise_floor: Mapping[str, Any] | None
    warnings: tuple[str, ...]
    seed: int
    created: str
    alpha: float = 0.05
    """Intervals have level 1 - alpha."""
    margins: Margins = Margins()
    """How much may be lost, as it was declared."""
    family: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """P-values of the other candidates of the same command, by run id and row: what is adjusted for beside the own."""
    selection: Selection | None = None
    """Of a candidate that was chosen among several, all else is of the items that did not choose it; else None."""
    looks: Looks | None = None
    """Of a group-sequential evaluation, whose intervals and p-values are valid at every planned look; else None."""
    pairing: tuple[AuditRow, ...] = ()
    strata: tuple[StratumRow, ...] = ()
    metrics: tuple[MetricRow, ...] = ()
    folder_differences: tuple[FolderDifference, ...] = ()
    """What the two folders set differently by themselves."""
    completion: tuple[DeltaRow, ...] = ()
    """The domains with both sides prompted without a chat template, where that was evaluated as well."""
    chat_format_costs: Mapping[str, tuple[DeltaRow, ...]] = field(default_factory=dict)
    """For 'base' and 'candidate', the domains of that one checkpoint: `base` is its score without a chat template,
    `candidate` its score with its own. Only of checkpoints that have one and were evaluated both ways."""
    suite_version: int | None = None
    """The suite's version; None where it has none."""
    schema_version: int = SCHEMA_VERSION

    @property
    def suite_label(self) -> str:
        """The suite's name, and its version where it has one: what a table of several comparisons names."""
        return self.suite if self.suite_version is None else f"{self.suite} v{self.suite_version}"
