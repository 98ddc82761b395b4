"""A suite's own domains go wherever the embedded ones go: comparison, gate, reports, plots, leaderboard."""

from __future__ import annotations

import io
import itertools
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import report_samples as samples
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from rich.console import Console

from forgetbench.errors import InputError
from forgetbench.gate import Gate, Policy, decide, load_policy
from forgetbench.gate.formats import junit_xml, verdict_json
from forgetbench.leaderboard import build_leaderboard
from forgetbench.records import Comparison
from forgetbench.report import plots, print_comparisons, write_report
from forgetbench.report.numbers import signed
from forgetbench.report.plots.drawing import styled
from forgetbench.report.plots.trajectory_plot import Series
from forgetbench.report.trajectory import TrainingLog, TrajectoryPoint
from forgetbench.storage.comparisons import load_comparison, save_comparison

TEN = (
    "knowledge", "reasoning", "creativity", "format_rigidity", "language", "safety", "medicine", "tool_use", "coding",
    "law",
)  # fmt: skip


def own_domains() -> Comparison:
    """Knowledge, and two domains that are only this suite's."""
    domains = (
        samples.row("knowledge", "knowledge", 0.5, 0.495, 0.01, "retained", p_value=0.3, p_adjusted=0.6),
        samples.row("drug_safety", "drug_safety", 0.8, 0.6, 0.05, "regressed",
                    **samples.outcomes(0.8, 0.6, 0.0, 0.1, 0.1), **samples.fates(locked=0.5, erased=0.5)),
        samples.row("medicine", "medicine", 0.6, 0.58, 0.06, "inconclusive", p_value=0.5, p_adjusted=0.6),
    )  # fmt: skip
    # Holm over the domains, Benjamini and Hochberg over the tasks.
    adjusted = {"knowledge": 0.45, "drug_safety": 0.0012, "medicine": 0.5}
    tasks = tuple(samples.changed(row, name=f"{row.name}_a", p_adjusted=adjusted[row.name]) for row in domains)
    overall = samples.row("overall", "overall", 1.9 / 3, 1.675 / 3, 0.03, "regressed", n_items=900)
    return samples.comparison(domains=domains, tasks=tasks, overall=overall, noise_floor=None, warnings=())


def items(comparison: Comparison) -> pd.DataFrame:
    frames = []
    for number, task in enumerate(comparison.tasks):
        frame = samples.items()
        frame = frame[frame["task"] == "knowledge_open"].assign(task=task.name, domain=task.domain)
        frames.append(frame.assign(item_id=[f"{number}-{i}" for i in range(len(frame))]))
    return pd.concat(frames, ignore_index=True)


def test_the_gate_takes_a_policy_that_names_them(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(
        "margins: {medicine: 0.09}\nrequire: [drug_safety]\ngates:\n  drug_safety: {margin: 0.1, max_erased: 0.05}\n"
    )
    result = decide(own_domains(), load_policy(path))
    assert [(decision.label, decision.state) for decision in result.decisions] == [
        ("drug_safety", "failed"), ("drug_safety: erased", "failed"), ("knowledge", "passed"), ("medicine", "passed")
    ]  # fmt: skip
    assert result.reasons[0] == "drug safety fell 20.0 points, 95% interval 15.0 to 25.0; beyond the allowed 10.0"
    verdict = json.loads(verdict_json(result, own_domains()))
    assert [each["name"] for each in verdict["domains"]] == ["drug_safety", "knowledge", "medicine"]
    assert 'name="drug_safety: erased"' in junit_xml(result, own_domains())


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (Policy(margins={"drug_saftey": 0.1}), "'margins.drug_saftey': unknown domain 'drug_saftey'; did you mean"),
        (Policy(domains=["medicin"]), "'domains.0': unknown domain 'medicin'; did you mean 'medicine'"),
        (Policy(require=["drug_safety_a"]), "'require.0': unknown domain 'drug_safety_a'; did you mean 'drug_safety'"),
        (Policy(gates={"medicin": Gate()}), "'gates.medicin': no domain or task of the comparison; did you mean"),
    ],
)  # fmt: skip
def test_a_misspelt_domain_never_gates_nothing_in_silence(policy: Policy, said: str) -> None:
    with pytest.raises(InputError) as error:
        decide(own_domains(), policy)
    assert said in str(error.value)


def test_an_embedded_domain_that_the_suite_lacks_is_not_measured() -> None:
    result = decide(own_domains(), Policy(require=["language"]))
    assert result.in_state("not_measured")[0].sentence == ("language was not measured: suite 'core' does not cover it")


def test_reports_show_them(tmp_path: Path) -> None:
    comparison = own_domains()
    write_report(comparison, items(comparison), tmp_path)
    for name in ("report.md", "report.html"):
        text = (tmp_path / name).read_text()
        assert "drug safety −20.0" in text and "[−25.0, −15.0]" in text
        assert "Inconclusive: medicine" in text
    stream = io.StringIO()
    print_comparisons(Console(file=stream, width=120), [comparison, samples.comparison()])
    assert "drug safety" in stream.getvalue() and "medicine" in stream.getvalue()


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_summary_of_ten_domains_cuts_no_number(width: int) -> None:
    stream = io.StringIO()
    print_comparisons(Console(file=stream, width=width), [lost(0), lost(3)])
    summary = stream.getvalue().split("all candidates")[1].split("=> ")[0]
    for row in (*lost(0).domains, *lost(3).domains, lost(0).overall):
        assert row.estimate is None or f"{signed(row.estimate.delta)} ▼" in summary
    assert max(map(len, summary.splitlines())) <= width


def test_the_leaderboard_has_a_column_for_each(tmp_path: Path) -> None:
    comparison = own_domains()
    folder = save_comparison(tmp_path / "comparisons" / comparison.comparison_id, comparison, items(comparison))
    assert load_comparison(folder) == comparison
    # These items are no evidence for these numbers.
    (folder / "items.parquet").unlink()
    site = build_leaderboard(tmp_path, tmp_path / "site")
    assert site.groups[0].domains == ("knowledge", "drug_safety", "medicine")
    assert re.search("<th [^>]*>(<[^>]*>)*drug safety<", site.index.read_text())


# --- any number of them in one plot -----------------------------------------------------------


def trajectory() -> list[TrajectoryPoint]:
    """Ten domains that are lost at different speeds, one of them with nothing to lose."""
    points = []
    for step in (20, 40, 60, 80):
        rows = [
            samples.row(name, name, 0.6, 0.6 * float(np.exp(-(0.02 + 0.04 * place) * step / 20)), 0.03, "regressed")
            for place, name in enumerate(TEN)
        ]
        rows[4] = samples.flat_row(name="language", domain="language", reason="at chance")
        points.append(TrajectoryPoint(step, f"step-{step}", {row.name: row for row in rows}))
    return points


def lost(point: int) -> Comparison:
    return samples.comparison(f"step-{point}", domains=tuple(trajectory()[point].domains.values()), tasks=())


LOG = TrainingLog(tuple(range(1, 81)), tuple(3 / (1 + step / 20) for step in range(80)), (1e-4,) * 80)


@pytest.mark.parametrize("log", [LOG, None])
def test_nine_domains_are_told_apart_in_a_trajectory(log: TrainingLog | None) -> None:
    with styled():
        figure = plots.trajectory_figure(trajectory(), log)
        assert figure is not None
        FigureCanvasAgg(figure).draw()
        texts = figure.findobj(Text)
        legend = figure.axes[-1].get_legend()
    names = [text.get_text() for text in legend.get_texts()]
    assert names == ["base", *(name.replace("_", " ") for name in TEN if name != "language")]
    lines = [line for line in figure.axes[-1].lines if line.get_label() in names[1:]]
    assert len({(line.get_color(), line.get_marker()) for line in lines}) == len(lines) == 9
    assert all(not np.isnan(np.asarray(line.get_ydata(), dtype=float)).any() for line in lines)
    assert any("language: no retention" in text.get_text() for text in texts)
    bounds = [text.get_window_extent().padded(-1.0) for text in legend.get_texts()]
    assert not [pair for pair in itertools.combinations(bounds, 2) if pair[0].overlaps(pair[1])]


def test_series_of_one_colour_differ_in_marker_and_dashes() -> None:
    series = [Series.numbered(index) for index in range(99)]
    assert len({(each.colour, each.marker) for each in series}) == 99
    assert len({each.colour for each in series[:9]}) == 9
    for one, other in itertools.combinations(series[:18], 2):
        if one.colour == other.colour:
            assert one.marker != other.marker and one.dashes != other.dashes
