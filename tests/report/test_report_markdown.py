"""report.md, read back by a CommonMark parser."""

from __future__ import annotations

import itertools
import re
from typing import Any

import report_samples as samples
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from forgetbench.records import AuditRow
from forgetbench.report.examples import select_examples
from forgetbench.report.markdown import escaped, fenced, inline, markdown_report

PARSER = MarkdownIt("commonmark").enable("table")
PLOTS = {"Deltas per domain": "plots/forest.png"}


def tokens(text: str) -> list[Token]:
    return [inner for token in PARSER.parse(text) for inner in (token, *(token.children or ()))]


def report(**changes: Any) -> str:
    made = samples.comparison(**changes)
    return markdown_report(made, select_examples(made, samples.items()), PLOTS)


def test_hostile_text_stays_inside_its_quotation() -> None:
    found = tokens(report(candidate=samples.HOSTILE_NAME, warnings=(samples.HOSTILE,)))
    assert not [token for token in found if token.type in ("html_block", "html_inline")]
    assert not [token for token in found if token.type == "link_open"]
    assert [token.attrs["src"] for token in found if token.type == "image"] == ["plots/forest.png"]
    headings = [content.content for mark, content in itertools.pairwise(found) if mark.type == "heading_open"]
    assert "heading" not in headings
    quoted = [token.content for token in found if token.type == "fence" and "<script>" in token.content]
    assert quoted
    assert all("[link](javascript:alert(3))" in text and "\x1b" not in text for text in quoted)


def test_tables_have_a_row_per_domain_and_task_and_no_stray_cell() -> None:
    text = report()
    tables = [line for line in text[: text.index("## Warnings")].splitlines() if line.startswith("| ")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in tables} == {13}
    assert len(tables) == 2 * 2 + len(samples.domains()) + 1 + len(samples.tasks())
    assert "| knowledge | 600 | 52.5 | 38.1 | −14.4 [−17.5, −11.3] | ▼ regressed |" in text


def test_a_long_answer_is_cut_and_says_so() -> None:
    text = report()
    assert f"Fine-tuned answered (cut: the first 1,200 of {len(samples.LONG):,} characters):" in text
    assert "Fine-tuned answered (empty):" in text
    assert max(map(len, text.splitlines())) < 2500


def test_forgotten_items_show_locked_and_erased_and_graded_domains_their_steepest() -> None:
    text = report()
    knowledge = text[text.index("### knowledge") : text.index("### reasoning")]
    assert knowledge.count("#### ") == 5
    assert ": locked" in knowledge
    assert ": erased" in knowledge
    creativity = text[text.index("### creativity") : text.index("### format rigidity")]
    assert "#### `creativity-023` in `creativity`: fell, score 80.0 → 23.0" in creativity
    assert "- format\\_leakage: 60 items not measured" in text
    assert "No item was measured on both sides." in text[text.index("### language") :]


def test_the_same_input_gives_the_same_report() -> None:
    assert report() == report()
    shuffled = samples.items().sample(frac=1.0, random_state=3)
    made = samples.comparison()
    assert markdown_report(made, select_examples(made, shuffled), PLOTS) == report()


@given(st.text(max_size=120))
def test_inline_text_is_only_text(text: str) -> None:
    found = tokens(f"- name: {inline(text)}")
    kinds = {token.type for token in found} - {"bullet_list_open", "bullet_list_close", "list_item_open"}
    kinds -= {"list_item_close", "paragraph_open", "paragraph_close", "inline", "text", "text_special", "code_inline"}
    assert not kinds


@given(st.text("`~ <a>\n|#*", max_size=80))
def test_a_fence_holds_any_text(text: str) -> None:
    found = PARSER.parse(fenced(text) + "\n\nafter")
    assert [token.type for token in found] == ["fence", "paragraph_open", "inline", "paragraph_close"]
    assert found[0].content == text + "\n"


def test_what_github_would_link_by_itself_is_defused() -> None:
    assert escaped("see http://evil.example www.evil.example @octocat #1") == (
        r"see http\://evil.example www\.evil.example \@octocat \#1"
    )
    assert escaped("1. first") == r"1\. first"
    assert escaped("- dash") == r"\- dash"
    assert inline("sft-v1.2") == "`sft-v1.2`"


def test_what_is_allowed_and_what_rows_rest_on_have_tables() -> None:
    row = samples.row(
        "tools", "tools", 0.6, 0.597, 0.001, "regressed", within_margin=True, lower=-0.0038, preserve=0.8,
        p_noninferior=0.0002, metric="macro_mean", retention=0.99, retention_low=0.99, retention_high=1.0,
        base_corrected=0.6, candidate_corrected=0.597, base_corrected_se=0.02, candidate_corrected_se=0.02,
        corrected_covariance=0.0004, retention_reach=1.645, n_clusters=1200, n_second_clusters=20, n_effective=8.04,
        dof=6.7, mde_uneven=0.05, effect=-0.012,
    )  # fmt: skip
    text = report(domains=(row,), tasks=()).replace("\\", "")
    assert "▽ regressed, within the margin | 0.99 [0.99, 1.00] |" in text
    # .597 - .8 * .6 - 1.645 * sqrt(.02^2 - 1.6 * .0004 + .64 * .02^2) = .117 - 1.645 * .004
    assert "| tools | −0.4 | 3.0 | <0.001 | 80% | +11.0 | yes |" in text
    assert "| tools | 1,200 / 20 | 8.0 | 6.7 | 0.1 | 5.0 | −0.01 | few |" in text


def test_tables_of_rows_are_left_out_where_files_have_none_of_it() -> None:
    assert "Against what is allowed" not in report() and "## Clusters" not in report()


def test_the_audit_counts_every_item_and_says_why_one_was_refused() -> None:
    audit = AuditRow("knowledge_open", 380, {"the documents differ": 12, samples.HOSTILE: 3}, 378, 1, 20, 4, 190, 95)
    text = report(pairing=(audit,))
    (line,) = [line for line in text.splitlines() if line.startswith("| knowledge") and "380" in line]
    assert "| 15 |" in line and "the documents differ (12)" in line and "1 / 20 / 4" in line
    # Ceiling and floor, of the kept.
    assert "| 50.0% | 25.0% |" in line.replace("\\", "")
    assert not [token for token in tokens(text) if token.type in ("html_block", "html_inline")]


def test_outcomes_are_chance_corrected_in_two_ways_beside_the_noise_floor() -> None:
    # Two random models with four options: F = .1875, of which guessing explains all.
    row = samples.row("guesses", "knowledge", 0.25, 0.25, 0.02, "inconclusive")
    row = samples.changed(
        row, chance=0.25, forgotten=0.1875, gained=0.1875, forgotten_corrected=0.0, gained_corrected=0.0
    )
    text = report(tasks=(row,), noise_floor={"guesses": {"forgotten": 0.01, "gained": 0.02}})
    assert "| guesses | 18.8 / 18.8 | 0.0 / 0.0 | 0.0 / 0.0 | 1.0 / 2.0 |" in text.replace("\\", "")
