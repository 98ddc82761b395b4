"""What a pull request is told: short whatever the comparison, and nothing of it said eleven times."""

from __future__ import annotations

from dataclasses import replace

import pytest
import report_samples as samples

from forgetbench.errors import InputError
from forgetbench.report.examples import select_examples
from forgetbench.report.short import short_report
from forgetbench.report.warnings import WarningGroup, warnings_told


def test_a_comment_holds_whatever_was_compared() -> None:
    made = samples.comparison()
    many = [replace(made.tasks[0], name=f"{number} {samples.HOSTILE_NAME} {'東京' * 90}") for number in range(3000)]
    warned = tuple(f"{row.name}: 3 of 9 answers of {samples.LONG} ended at the token limit" for row in many)
    large = replace(made, tasks=tuple(many), domains=tuple(many[:500]), warnings=warned)
    text = short_report(large, select_examples(large, samples.items()))
    assert len(text) < 60_000
    assert text.count("<details>") == text.count("</details>") == 3
    assert "more are in the whole report." in text


def test_the_domains_stand_in_sight_and_the_tasks_are_folded() -> None:
    made = samples.comparison()
    text = short_report(made, select_examples(made, samples.items()), "https://example.org/run/7/report.html")
    seen, folded = text.split("<details>", 1)
    assert all(f"| {row.name.replace('_', chr(92) + '_')} |" in seen for row in made.domains)
    assert "| knowledge\\_strict |" in folded
    assert text.endswith("[The whole report](https://example.org/run/7/report.html)\n")


@pytest.mark.parametrize("link", ["javascript:alert(1)", "https://x.example/) <b>", "report.html"])
def test_a_link_is_an_address(link: str) -> None:
    with pytest.raises(InputError, match="--link"):
        short_report(samples.comparison(), (), link)


def test_warnings_that_differ_in_names_and_counts_alone_are_one() -> None:
    at_limit = "answers ended at the token limit"
    made = samples.comparison(
        "tuned",
        warnings=(
            f"smollm2-135m: creativity: 3 of 40 {at_limit}",
            "the engines differ",
            f"tuned: creativity: 40 of 40 {at_limit}",
            f"tuned: 1,000 of 1,160 {at_limit}",
        ),
    )
    assert warnings_told(made)[:2] == (
        WarningGroup(
            at_limit, ("smollm2-135m creativity 3 of 40", "tuned creativity 40 of 40", "tuned 1,000 of 1,160")
        ),
        WarningGroup("the engines differ"),
    )
