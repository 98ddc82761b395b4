"""What to do about findings: a small table of rules, each tied to evidence and to a source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from forgetbench.diagnosis.elicitation import Elicitation, ElicitationRow, Way
from forgetbench.diagnosis.findings import Advice, Cause, Finding


@dataclass(frozen=True, slots=True)
class Rule:
    """A cure, and the causes of which any one speaks for it."""

    speaks_for: tuple[Cause, ...]
    source: str
    way: Way | None = None
    """The way of asking that is this cure in small: what it brings back decides, where it was tried."""


RULES: Final[Mapping[str, Rule]] = {
    "fix_template": Rule(("prompting",), "arXiv 2310.11324", way="other_protocol"),
    "show_examples": Rule(("locked",), "arXiv 2501.13453", way="few_shot"),
    "lower_rate": Rule(("high_rate", "erased"), "arXiv 2401.05605"),
    "earlier_checkpoint": Rule(("many_epochs", "loss_hides"), "arXiv 2401.05605"),
    "replay": Rule(("erased", "tail_first", "absent_languages", "general_loss"), "arXiv 2502.06042"),
    "vary_answers": Rule(("voice", "training_wording"), "arXiv 2211.00635"),
    "stay_near": Rule(("far_on_prompts", "general_loss"), "arXiv 2509.04259"),
    "lora": Rule(("erased",), "arXiv 2405.09673"),
    "average": Rule(("erased", "voice"), "arXiv 2309.06256"),
    "mend_answers": Rule(("contested",), "arXiv 2405.05904"),
    "clean_data": Rule(("contamination",), "arXiv 2311.04850"),
}
"""In the order of expected effect: what costs nothing and can be tried at once first, another training last."""


WORTH: Final = 0.1
"""A way of asking that is shown to bring back more than this share of what was forgotten is a cure."""


def advised(findings: Sequence[Finding], elicitation: Elicitation | None = None) -> Iterator[Advice]:
    """The rules that a shown or suspected cause speaks for; none where no cause does.

    Where forgotten items were asked again in a rule's own way, `locked` speaks for it if that brought them back, and
    does not if it did not, whatever their likelihood says.
    """
    there = {finding.cause for finding in findings if finding.state in ("shown", "suspected")}
    for cure, rule in RULES.items():
        causes = there & set(rule.speaks_for)
        if rule.way is not None and (rows := _whole(elicitation, rule.way)):
            causes = causes - {"locked"} | ({"locked"} if any(row.low > WORTH for row in rows) else set())
        if causes:
            yield Advice(cure, tuple(sorted(causes, key=("locked", *rule.speaks_for).index)), rule.source)


def _whole(elicitation: Elicitation | None, way: Way) -> list[ElicitationRow]:
    """The rows of a way that was tried, of all domains together and of each as a whole."""
    rows = () if elicitation is None else elicitation.rows
    return [row for row in rows if row.way == way and row.n_forgotten and row.stratum is None and row.language is None]
