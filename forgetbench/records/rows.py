"""One row of a comparison: how a score changed, how sure that is, and what it amounts to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan, nan

from forgetbench.records.names import MUCH_CUT, Verdict


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

    @property
    def is_judged(self) -> bool:
        """Whether there are numbers and a verdict on them: a base that is at chance has scores, and nothing to lose."""
        return self.estimate is not None and self.judgement.verdict != "not_measured"


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

    @property
    def has_item_scores(self) -> bool:
        """Whether items have scores of their own, and not parts of one that is computed over all answers."""
        return self.n_ceiling is not None


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
