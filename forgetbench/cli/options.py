"""The options of the command line, each declared once.

What is asked, which engine asks, and what is known of the fine-tuning are frozen dataclasses of the package
(`EvaluationOptions`, `EngineOptions`, `ComparisonOptions`): their fields are the flags, and the docstrings of the
fields the help. Here stands what only the command line has.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Group, Parameter

from forgetbench.comparison.options import ComparisonOptions
from forgetbench.engines.base import EngineOptions
from forgetbench.evaluation.again import AskAgain
from forgetbench.evaluation.assumptions import Assumptions
from forgetbench.evaluation.options import EvaluationOptions
from forgetbench.messages import Language
from forgetbench.models.prompting import Prompting, template_settings

# Groups of --help, in this order.
Evaluation = Annotated[EvaluationOptions, Parameter(name="*", group=Group("What is asked", sort_key=1))]
Assumed = Annotated[Assumptions, Parameter(name="*", group=Group("What is assumed", sort_key=2))]
FineTuning = Annotated[ComparisonOptions, Parameter(name="*", group=Group("The fine-tuning", sort_key=2))]
Again = Annotated[AskAgain, Parameter(name="*", group=Group("Asked again", sort_key=3))]
Engine = Annotated[EngineOptions, Parameter(name="*", group=Group("Engine", sort_key=4))]

LanguageOption = Annotated[
    Language, Parameter(name="--lang", env_var="FORGETBENCH_LANG", help="What people read is in this language.")
]
_A_CHECKPOINT = "[NAME=]WHERE[@REVISION]: a folder, an adapter's folder, or a hub id."
Checkpoint = Annotated[str, Parameter(help=_A_CHECKPOINT)]
Checkpoints = Annotated[list[str], Parameter(help=_A_CHECKPOINT)]
BaseOption = Annotated[str | None, Parameter(help="[NAME=]WHERE of the base to compare with.")]
NoiseFloorOption = Annotated[bool, Parameter(help="Ask the base twice and report how much it differs.")]
MaxGenToksOption = Annotated[
    int | None, Parameter(help="Token limit of every generated answer, in place of the suite's and each task's own.")
]
PolicyOption = Annotated[Path | None, Parameter(help="The gate's policy (YAML); by default the suite's margins.")]
RatesOption = Annotated[
    tuple[float, float] | None,
    Parameter(help="Tokens per second that the machine computes and generates: adds minutes at most."),
]
ResultsOption = Annotated[Path, Parameter(help="Where runs and comparisons are kept.")]
ComparisonArgument = Annotated[Path, Parameter(help="comparison.json, its folder, or a file of --out-id.")]


def _no_option(_type: object, value: object) -> None:
    """ValueError for an option in the place of a file's name."""
    if str(value).startswith("-") and str(value) != "-":
        raise ValueError("Give a file's name, or - for standard output")


OR_STANDARD_OUTPUT = Parameter(allow_leading_hyphen=True, validator=_no_option)
"""A file, or `-`."""
JsonFile = Annotated[Path | None, OR_STANDARD_OUTPUT]
OutIdOption = Annotated[
    str | None,
    OR_STANDARD_OUTPUT,
    Parameter(help="Write here, as JSON, which runs and comparisons this command made; - is standard output."),
]


@dataclass(frozen=True, slots=True)
class GateFiles:
    """The gate's policy, and the files that its verdict is written to."""

    policy: Path | None = None
    """What each domain or task must show (YAML); by default every domain gates with its suite's margin."""
    junit: Path | None = None
    """Write JUnit XML here."""
    summary: Path | None = None
    """Add a GitHub job summary to this file."""
    badge: JsonFile = None
    """Write a shields.io endpoint badge here; - is standard output."""
    json: JsonFile = None
    """Write the verdict as JSON here; - is standard output."""


@dataclass(frozen=True, slots=True)
class PromptOptions:
    """How prompts are made, for a command that evaluates nothing."""

    chat_template_kwargs: tuple[str, ...] = ()
    """What chat templates are told: KEY=VALUE or a JSON object; repeatable."""
    system_prompt: str | None = None
    """System turn in front of every prompt that a chat template makes."""
    add_bos: bool = False
    """Put BOS in front of every prompt that does not begin with it."""

    @property
    def prompting(self) -> Prompting:
        """The same, checked. Raises InputError."""
        return Prompting.of(template_settings(self.chat_template_kwargs), self.system_prompt, self.add_bos)


Prompts = Annotated[PromptOptions, Parameter(name="*", group=Group("What is asked", sort_key=1))]
Verdict = Annotated[GateFiles, Parameter(name="*", group=Group("The verdict", sort_key=3))]
