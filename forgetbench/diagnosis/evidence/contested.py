"""Whether the training data asks what is evaluated and answers it otherwise: knowledge is overwritten then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from forgetbench.comparison.contamination import THRESHOLD, ItemText, contaminated
from forgetbench.comparison.sft_data import SftData
from forgetbench.diagnosis.findings import Finding, Measure

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("domain", "item_id", "view", "prompt", "gold")
"""What is looked at of the items."""
_EXAMPLES: Final = 5


def contested_findings(items: pd.DataFrame, data: SftData) -> Iterator[Finding]:
    """Of each domain with free answers: which of its questions stand in the training data without their answer?

    `items` has `COLUMNS`. A question is found as contamination is (`comparison.contamination`); none of its right
    answers stands in the same training text. Nothing where no question is found so.
    """
    asked = items[(items["view"].fillna("") != "choice") & items["prompt"].notna() & items["gold"].notna()]
    asked = asked[asked["gold"].str.strip() != ""].drop_duplicates(["domain", "item_id"])
    texts = [
        ItemText(str(at), prompt, tuple(filter(None, gold.split(" | "))))
        for at, (prompt, gold) in enumerate(zip(asked["prompt"], asked["gold"], strict=True))
    ]
    otherwise = {
        int(found.item_id)
        for found in contaminated(texts, data.texts())
        if found.share >= THRESHOLD and not found.flagged
    }
    domains, questions = asked["domain"].tolist(), asked["prompt"].tolist()
    for domain in dict.fromkeys(domains):
        there = [at for at, its in enumerate(domains) if its == domain]
        if contested := [at for at in there if at in otherwise]:
            yield _finding(domain, [questions[at] for at in contested], len(there))


def _finding(domain: str, contested: Sequence[str], n_items: int) -> Finding:
    measures: Mapping[str, float] = {
        "n_contested": len(contested),
        "n_items": n_items,
        "of_the_domain": len(contested) / n_items,
    }
    shown = tuple(question.strip().splitlines()[-2 if "\n" in question.strip() else -1] for question in contested)
    return Finding(
        "contested", "shown", tuple(Measure(*each) for each in measures.items()), domain, examples=shown[:_EXAMPLES]
    )
