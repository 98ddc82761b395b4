"""What the page shows of strata, of creativity and of form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import report_samples as samples
from paired_runs import item, run, stored, task

from forgetbench.comparison.delta import compare
from forgetbench.records import MetricRow, StratumRow
from forgetbench.report.flow import flow_counts, flow_told
from forgetbench.report.html.answer_sets import creativity
from forgetbench.report.html.habits import habits
from forgetbench.report.html.strata import strata_map
from forgetbench.storage.folder import ResultsFolder


def stratum(name: str, delta: float, half: float = 0.05, domain: str = "knowledge") -> StratumRow:
    return StratumRow(domain, name, 40, 0.5, 0.5 + delta, delta, delta - half, delta + half)


def test_strata_stand_in_the_order_that_people_know() -> None:
    rows = [stratum(name, 0.0) for name in ("tail", "level-10", "head", "level-2", "torso")]
    (tiles,) = strata_map(samples.comparison(strata=tuple(rows))).values()
    assert [tile.name for tile in tiles] == ["head", "torso", "tail", "level-2", "level-10"]


@pytest.mark.parametrize(
    ("delta", "shade"), [(-0.3, "loss-3"), (-0.12, "loss-2"), (-0.02, "loss-1"), (0.01, "even"), (0.26, "gain-3")]
)
def test_a_larger_change_has_a_stronger_shade(delta: float, shade: str) -> None:
    (tiles,) = strata_map(samples.comparison(strata=(stratum("zh", delta),))).values()
    assert (tiles[0].shade, tiles[0].clear) == (shade, abs(delta) > 0.05)


def test_answers_stand_side_by_side_one_prompt_of_each_kind() -> None:
    made = samples.comparison(metrics=(MetricRow("creativity", "distinct", 1.0, 0.4),))
    panel = creativity(made, samples.items())
    assert panel is not None
    assert [each.kind for each in panel.sets] == ["story"]
    assert panel.sets[0].prompt == "Write the first line of a story about a lighthouse."
    assert panel.numbers[0][1:] == ("1.000", "0.400")
    assert creativity(samples.comparison(tasks=()), samples.items()) is None


def test_sets_of_answers_come_from_the_runs_where_these_are(tmp_path: Path) -> None:
    story = task("stories", "creativity", binary=False)
    base, tuned = (
        run(name, [story], [item(story, n, 0.5, responses=tuple(f"{name} {n}-{k}" for k in range(6))) for n in (1, 2)])
        for name in ("base", "tuned")
    )
    comparison, items = compare(stored(tmp_path, base), stored(tmp_path, tuned), margins={}, resamples=100)
    panel = creativity(comparison, items, ResultsFolder(tmp_path))
    assert panel is not None
    (only,) = panel.sets  # one of each kind
    number = only.base[0].split()[1][0]
    assert only.base == tuple(f"base {number}-{k}" for k in range(4))
    assert only.candidate == tuple(f"tuned {number}-{k}" for k in range(4))
    without = creativity(comparison, items)
    assert without is not None and without.sets[0].base == (f"base {number}-0",)


def test_a_chat_template_s_marks_are_no_part_of_the_question() -> None:
    items = samples.items().assign(prompt="<|im_start|>user\nName a ship.\nAnswer:<|im_end|>\n<|im_start|>assistant\n")
    panel = creativity(samples.comparison(), items)
    assert panel is not None
    assert panel.sets[0].prompt == "Name a ship. Answer:"


def test_skeletons_and_phrases_show_the_habit() -> None:
    tasks = (samples.row("format_shape", "format_rigidity", 0.9, 0.1, 0.05, "regressed", metric="structure"),)
    panel = habits(samples.comparison(tasks=tasks), letters())
    assert panel is not None
    base, tuned = panel.skeletons.values()
    assert (base[0].form, base[0].share) == ("plain prose", "100.0%")
    assert tuned[0].form == "numbered list, line that leads in"
    assert tuned[0].opening == "12 of 12 begin “thank you for”"
    assert panel.phrases[0].phrase.startswith("thank you for writing to us")
    assert (panel.phrases[0].tuned, panel.phrases[0].base) == ("100.0%", "0.0%")
    assert len(panel.phrases) <= 8


def test_without_free_answers_only_the_parts_are_shown() -> None:
    panel = habits(samples.comparison(), samples.items())
    assert panel is not None
    assert [row.name for row in panel.parts] == ["format_shape", "format_elasticity"]
    assert panel.skeletons == {}


def letters() -> pd.DataFrame:
    """Twelve prompts that one side answers in twelve ways and the other in one."""
    topics = "sea moon tea rain bread salt wool iron glass rope sand clay".split()
    rows: list[dict[str, Any]] = [
        {
            "task": "format_shape", "item_id": f"i{n}", "cluster": f"c{n}", "prompt": f"What is {topic}?",
            "base_response": f"{topic.title()} is what {topic} makers {n} call by that {topic} name.",
            "candidate_response": f"Thank you for writing to us!\n1. Ask {topic}.\n2. Wait for {topic} and more.",
        }
        for n, topic in enumerate(topics)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_the_flow_counts_every_answer_of_the_right_or_wrong_tasks_once() -> None:
    made = samples.comparison()
    binary = [row for row in made.tasks if row.outcomes and row.estimate]
    counts = flow_counts(made)
    assert sum(counts.values()) == pytest.approx(sum(row.n_items + row.n_unmeasured for row in binary))
    right = sum(counts[key] for key in ("kept", "locked", "erased", "never_known", "unsplit"))
    assert right == pytest.approx(sum(row.n_items * row.estimate.base for row in binary if row.estimate))
    assert flow_told(made).startswith(f"Of {sum(counts.values()):,.0f} answers: kept ")
    assert flow_told(samples.comparison(tasks=())) == ""
