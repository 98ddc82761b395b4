"""The comparison in a terminal."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pandas as pd
import pytest
import report_samples as samples
from rich.console import Console

from forgetbench.records import Comparison, DeltaRow, RunManifest, TaskInfo
from forgetbench.report import print_comparison, print_comparisons, print_runs
from forgetbench.storage.folder import ResultsFolder
from forgetbench.storage.runs import Run

STYLING = re.compile(r"\x1b\[[0-9;]*m")


def printed(*comparisons: Comparison, width: int = 100, encoding: str = "utf-8") -> str:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    print_comparisons(Console(file=stream, width=width), list(comparisons))
    stream.flush()
    return raw.getvalue().decode(encoding)


def line_of(text: str, name: str) -> str:
    return next(line for line in text.splitlines() if line.strip().startswith(name))


def test_a_domain_row_holds_everything_on_one_line_of_100_columns() -> None:
    text = printed(samples.comparison())
    assert line_of(text, "knowledge ").split() == [
        "knowledge", "52.5", "38.1", "−14.4", "[−17.5,", "−11.3]", "▼", "regressed", "7.1", "/", "8.4", "4.4"
    ]  # fmt: skip
    assert line_of(text, "language").split() == ["language", "—", "—", "—", "×", "not", "measured", "—", "—"]
    assert max(map(len, text.splitlines())) <= 100


def test_tasks_stand_indented_below_their_domain() -> None:
    lines = printed(samples.comparison()).splitlines()
    place = next(index for index, line in enumerate(lines) if line.startswith("knowledge "))
    assert [line.split()[0] for line in lines[place + 1 : place + 4]] == [
        "knowledge_choice", "knowledge_open", "knowledge_strict"
    ]  # fmt: skip
    assert all(line.startswith("  knowledge_") for line in lines[place + 1 : place + 4])


@pytest.mark.parametrize("width", [80, 100, 160])
def test_no_number_and_no_name_is_cut(width: int) -> None:
    text = printed(samples.comparison(), width=width)
    for task in samples.tasks():
        assert task.name in text
    for number in ("[−27.3, −16.9]", "13.1 / 9.4", "7.4", "inconclusive", "not measured"):
        assert number in text
    assert max(map(len, text.splitlines())) <= width


def test_the_finding_is_printed_last() -> None:
    text = " ".join(printed(samples.comparison()).split())
    assert text.endswith("Not measured: language.")
    assert "=> support-sft-harsh against smollm2-135m: 1 of 4 measured domains regressed" in text


def test_several_candidates_get_a_table_each_a_summary_and_a_finding_each() -> None:
    text = printed(samples.comparison(), samples.retained())
    assert text.count("domain / task") == 2
    assert text.count("all candidates") == 1
    assert text.count("=> ") == 2
    summary = text[text.index("all candidates") :]
    assert line_of(summary, "support-sft-mild").split()[1:5] == ["−0.4", "●", "−0.4", "●"]


def test_names_and_reasons_reach_the_terminal_as_data() -> None:
    raw = io.StringIO()
    made = samples.comparison(candidate=samples.HOSTILE_NAME, warnings=(samples.HOSTILE,))
    print_comparison(Console(file=raw, width=100, force_terminal=True, color_system="standard"), made)
    text = STYLING.sub("", raw.getvalue())
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text)
    assert "\\x1b[31mred" in text  # an escape sequence is shown, not sent
    assert "=> [red]sft[/red] against" in printed(samples.comparison("[red]sft[/red]"))


def test_a_verdict_is_a_word_and_a_shape_before_it_is_a_colour() -> None:
    text = printed(samples.comparison())
    for told in ("▼ regressed", "● retained", "▲ improved", "◇ inconclusive", "× not measured"):
        assert told in text


@pytest.mark.parametrize("width", [80, 100, 160])
def test_a_loss_within_the_margin_and_what_is_open_fit(width: int) -> None:
    def told(row: DeltaRow) -> DeltaRow:
        return samples.changed(row, within_margin=row.name != "reasoning", preserve=0.8, n_effective=7.5, lower=-0.01)

    made = samples.comparison(domains=tuple(map(told, samples.domains())))
    text = printed(made, made, width=width)
    assert "▽ regressed" in text and "within the margin" in text
    assert "fraction open" in text and "margin open" not in text
    assert "! few independent clusters" in text
    assert "▽ regressed, within the margin" in " ".join(text.split())  # the summary's legend
    assert max(map(len, text.splitlines())) <= width


CUT = "cut: the token limit ended the answer before it could be read"


def test_a_fact_is_said_once() -> None:
    """As a pairing, its rows and both runs tell of two cut answers and of few clusters."""
    base, tuned = "smollm2-135m", "support-sft-harsh"
    cut = "knowledge_open: 2 of 12 answers {of} cut before they could be read"
    warnings = (
        cut.format(of=f"of {tuned} were") + "; a larger --max-gen-toks for both sides lets them come to an end",
        f"2 of 352 items not measured: candidate: {CUT}",
        "1 of 352 items not measured: candidate: no answer",
        "fewer than 10 clusters of equal weight would tell as much: knowledge (7.5); their intervals are wide",
        f"{tuned}: 2 of 388 items were not measured: {CUT} (2); samples.parquet has each",
        f"{base}: 1 of 388 items were not measured: no answer (1); samples.parquet has each",
        f"{tuned}: " + cut.format(of="were") + "; --max-gen-toks raises the token limit",
        f"{base}: " + cut.format(of="were") + "; --max-gen-toks raises the token limit",
    )
    chance = "the base is not shown to be above chance ({}, guessing gives 25.0): there is nothing to forget"
    reasons = {
        "knowledge": f"{chance.format(14.6)}; 2 items not measured: candidate: {CUT} (2)",
        "reasoning": chance.format(3.7),
        "creativity": f"2 items not measured: candidate: {CUT} (1), candidate: no answer (1)",
    }
    domains = tuple(
        samples.changed(row, n_effective=7.5 if row.name == "knowledge" else 40.0, reason=reasons.get(row.name))
        for row in samples.domains()
    )
    made = samples.comparison(domains=domains, tasks=(), warnings=warnings)
    notes = [" ".join(note.split()) for note in printed(made, width=2000).split("\n! ")[1:]]
    notes[-1] = notes[-1].partition(" => ")[0]
    at_chance = "knowledge (14.6, guessing gives 25.0), reasoning (3.7, guessing gives 25.0)"
    assert notes == [
        f"the base is not shown to be above chance: there is nothing to forget: {at_chance}",
        f"creativity: 2 items not measured: candidate: {CUT} (1), candidate: no answer (1)",
        "language: 80 items not measured",
        warnings[0],
        warnings[2],
        warnings[5],
        warnings[7],
        "few independent clusters, fewer than 10 effective ones: knowledge (7.5)",
    ]


def test_an_ascii_terminal_is_served_too() -> None:
    text = printed(samples.comparison(), samples.retained(candidate="Zürich"), encoding="ascii")
    assert "-14.4 [-17.5, -11.3]" in text
    assert "v regressed" in text
    assert "Z\\xfcrich" in text


def test_runs_without_a_base_print_their_scores() -> None:
    info = TaskInfo("knowledge_open", "knowledge", "exact_match", 0.0, "open", "1", True, None, 1, 0, "f" * 8)
    manifest = RunManifest(
        run_id="base-1", name="base", where="/m", fingerprint="a", step=None, suite="core", suite_fingerprint="s",
        protocol="native", chat_template=False, engine={}, tokenizer="t", seed=0, limit=None, reference=None,
        tasks=(info,), margins={}, warnings=("1 of 4 items was not measured",), created="now", counts={},
    )  # fmt: skip
    table = pd.DataFrame(
        {
            "task": "knowledge_open",
            "cluster": list("abcd"),
            "second_cluster": "",
            "score": [1.0, 0, 1, None],
            "reason": [None] * 3 + ["cut"],
        }
    )
    stream = io.StringIO()
    print_runs(Console(file=stream, width=100), [Run.of(manifest, table)], ResultsFolder(Path("results")))
    text = stream.getvalue()
    # Influences 1/9, -2/9, 1/9: se = sqrt(6) / 9 = .2722, and 1.96 of it 53.3 points.
    assert line_of(text, "knowledge_open").split() == ["knowledge_open", "66.7", "±53.3"]
    assert line_of(text, "knowledge ").split() == ["knowledge", "66.7"]
    assert "1 of 4 items was not measured" in text
    assert "written to results/runs/base-1" in text
