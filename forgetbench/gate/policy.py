"""What a release must show: a policy file and its reading.

Every field is optional; `POLICY_TEMPLATE` says what each is for. A mistake is one line that names file, line and field.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, NoReturn

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, StringConstraints

from forgetbench.errors import InputError, shown
from forgetbench.records import ALPHA, Margins
from forgetbench.storage.yaml_files import Lines, Location, line_of, read_yaml_with_lines

POLICY_TEMPLATE = """\
# How much a fine-tuned checkpoint may lose before its release is stopped: forgetbench gate COMPARISON --policy THIS.
# Every field is optional; a line that starts with # and no space shows what else there is.

# How much each domain may lose, in score units: 0.05 is five points of 100. By default what the suite declares.
margins:
  knowledge: 0.05
  reasoning: 0.05

# How much tasks scored in bits per byte may lose, in bits per byte; a domain's margin is the mean of its tasks'.
#bits_margin: 0.05

# The fraction of the base's score, above guessing, that must be kept: five points may be all that a base has. 0 asks
# for none.
#preserve: 0.8

# Which domains gate. By default every measured one but target.
#domains: [knowledge, reasoning, creativity, format_rigidity, language]

# A domain is the mean of its tasks. true: each of them gates beside it, with the domain's margin.
#every_task: true

# Domains that must have been measured, whatever they show.
#require: [knowledge]

# Too little evidence lets the checkpoint through (pass), or does not (fail).
on_inconclusive: fail

# What every gated row must reach. within_margin: a loss that is shown passes where it is shown to be within the margin,
# too. no_loss: none passes, however small. retained: as within_margin, and too little evidence never passes, whatever
# on_inconclusive says.
#verdict: within_margin

# Intervals have level 1 - alpha, and the chance of any false alarm among the gated rows is at most alpha.
#alpha: 0.05

# Fewer paired items than this are too little evidence.
#min_items: 100

# More of a side's answers than this share cut by the token limit, before they could be read, are too little evidence.
#max_cut: 0.1

# Domains or tasks by name, each with settings of its own; a task named here is gated beside the domains.
# margin, preserve, alpha, min_items, max_cut and verdict stand in place of those above. Further limits:
#   min_gain       the change must be shown to be at least this much
#   max_locked     share of items whose right answer is still ranked first, but no longer said
#   max_erased     share of items whose right answer is not even ranked first any more
#                  (less luck; a one-sided bound decides: more is shown, no more is shown, or too little evidence)
#   max_rigidity   1 - the candidate's score, for format_rigidity and its tasks
#   min_score      the candidate's score itself
#gates:
#  knowledge: {margin: 0.03, min_items: 150, verdict: retained, max_locked: 0.1, max_erased: 0.05, min_score: 0.3}
#  format_rigidity: {max_rigidity: 0.5}
#  target: {min_gain: 0.02}

# Rows that may fail for a while, `until` the day given and with it; from the day after they fail again.
#waivers:
#  - {row: creativity, reason: "the judge is being replaced, ticket 123", until: 2030-01-31}
"""
"""What `forgetbench policy init` writes."""

Required = Literal["within_margin", "no_loss", "retained"]
Margin = Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Alpha = Annotated[float, Field(gt=0, lt=0.5, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a policy was read; two policies that say the same are equal wherever they stand."""

    path: Path | None = field(default=None, compare=False)
    lines: Lines = field(default_factory=dict, compare=False)

    def place(self, location: Location) -> str:
        """'forgetbench.yaml:12', the line (from 1) of the deepest part of `location` that has one."""
        if self.path is None:
            return "policy"
        return f"{self.path}:{line_of(self.lines, location)}"


class Gate(BaseModel):
    """What is asked of one domain or task; None takes the policy's own, or asks nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    margin: Margin | None = None
    preserve: Margin | None = None
    alpha: Alpha | None = None
    min_items: Count | None = None
    max_cut: Share | None = None
    verdict: Required | None = None
    min_gain: Margin | None = None
    max_locked: Share | None = None
    max_erased: Share | None = None
    max_rigidity: Share | None = None
    min_score: Share | None = None


class Waiver(BaseModel):
    """A row that may fail until a day, that day included, and why."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    row: Text
    reason: Text
    until: date

    def covers(self, today: date) -> bool:
        """Whether it has not run out."""
        return today <= self.until


class Policy(BaseModel):
    """A policy file."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    margins: dict[str, Margin] = {}
    bits_margin: Annotated[float, Field(ge=0, lt=8, allow_inf_nan=False)] | None = None
    preserve: Margin | None = None
    domains: Annotated[list[str], Field(min_length=1)] | None = None
    every_task: bool = False
    require: list[str] = []
    on_inconclusive: Literal["fail", "pass"] = "fail"
    alpha: Alpha = ALPHA
    min_items: Count | None = None
    max_cut: Share | None = None
    verdict: Required = "within_margin"
    gates: dict[str, Gate] = {}
    waivers: list[Waiver] = []

    _source: Source = PrivateAttr(default_factory=Source)

    def for_row(self, name: str) -> RowPolicy:
        """What is asked of the row `name`: its own gate, and the policy's fields where that is silent."""
        own = self.gates.get(name, Gate())
        required = own.verdict or self.verdict
        return RowPolicy(
            margin=own.margin,
            preserve=self.preserve if own.preserve is None else own.preserve,
            required=required,
            alpha=own.alpha or self.alpha,
            min_items=own.min_items or self.min_items,
            max_cut=self.max_cut if own.max_cut is None else own.max_cut,
            lets_inconclusive_pass=required != "retained" and self.on_inconclusive == "pass",
            limits=own,
        )

    def allowed(self, declared: Margins) -> Margins:
        """How much may be lost: what the policy says, and what was `declared` before the run where it is silent."""
        return Margins(
            domains={**declared.domains, **self.margins},
            bits=declared.bits if self.bits_margin is None else self.bits_margin,
            preserve=declared.preserve if self.preserve is None else self.preserve,
        )

    def at_share(self, share: float) -> Policy:
        """The same with every alpha times `share`: what a try that others came before is held against."""
        gates = {
            name: gate if gate.alpha is None else gate.model_copy(update={"alpha": share * gate.alpha})
            for name, gate in self.gates.items()
        }
        return self.model_copy(update={"alpha": share * self.alpha, "gates": gates})

    def refuse(self, location: Location, why: str) -> NoReturn:
        """Raise InputError for a field that does not fit the comparison."""
        name = shown(".".join(map(str, location)))
        raise InputError(f"{self._source.place(location)}: field '{name}': {why}")


@dataclass(frozen=True, slots=True)
class RowPolicy:
    """What a policy asks of one row."""

    margin: float | None
    """The gate's own; None: what `Policy.allowed` says."""
    preserve: float | None
    """None: the comparison's own."""
    required: Required
    alpha: float
    min_items: int | None
    max_cut: float | None
    lets_inconclusive_pass: bool
    limits: Gate


def load_policy(path: Path | str | None) -> Policy:
    """Read a policy file; without one, every measured domain gates with its suite's margin.

    Raises InputError, one line naming file, line and field, at the first mistake. Which domains and tasks there are is
    only known with a comparison: `decide` raises for names that it does not have.
    """
    if path is None:
        return Policy()
    path = Path(path)
    policy, lines = read_yaml_with_lines(path, Policy)
    policy._source = Source(path, lines)
    return policy
