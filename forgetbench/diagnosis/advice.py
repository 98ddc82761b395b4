"""What to do about findings: a small table of rules, each tied to evidence and to a source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from forgetbench.diagnosis.findings import Advice, Cause, Finding


@dataclass(frozen=True, slots=True)
class Rule:
    """A cure, and the causes of which any one speaks for it."""

    speaks_for: tuple[Cause, ...]
    source: str


RULES: Final[Mapping[str, Rule]] = {
    "fix_template": Rule(("prompting",), "arXiv 2310.11324"),
    "show_examples": Rule(("locked",), "arXiv 2501.13453"),
    "lower_rate": Rule(("high_rate", "erased"), "arXiv 2401.05605"),
    "earlier_checkpoint": Rule(("many_epochs", "loss_hides"), "arXiv 2401.05605"),
    "replay": Rule(("erased", "tail_first", "absent_languages", "general_loss"), "arXiv 2502.06042"),
    "vary_answers": Rule(("voice", "training_wording"), "arXiv 2211.00635"),
    "stay_near": Rule(("far_on_prompts", "general_loss"), "arXiv 2509.04259"),
    "lora": Rule(("erased",), "arXiv 2405.09673"),
    "average": Rule(("erased", "voice"), "arXiv 2309.06256"),
    "clean_data": Rule(("contamination",), "arXiv 2311.04850"),
}
"""In the order of expected effect: what costs nothing and can be tried at once first, another training last."""


def advised(findings: Sequence[Finding]) -> Iterator[Advice]:
    """The rules that a shown or suspected cause speaks for; none where no cause does."""
    there = {finding.cause for finding in findings if finding.state in ("shown", "suspected")}
    for cure, rule in RULES.items():
        if because := tuple(cause for cause in rule.speaks_for if cause in there):
            yield Advice(cure, because, rule.source)
