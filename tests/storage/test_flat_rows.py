"""Delta rows in files: flat, in groups in memory, and the same text again."""

from __future__ import annotations

import json
from math import isnan, nan
from pathlib import Path

import pytest
import report_samples as samples

from forgetbench.errors import InputError
from forgetbench.records import DeltaRow, Estimate, Judgement
from forgetbench.storage.comparisons import deltas_csv, load_comparison
from forgetbench.storage.flat_rows import COLUMNS, flat
from forgetbench.storage.json_files import to_json

PUBLISHED = sorted((Path(__file__).parents[2] / "results" / "comparisons").iterdir())


@pytest.mark.parametrize("folder", PUBLISHED, ids=lambda folder: folder.name[:10])
def test_published_comparisons_are_read_and_written_to_the_letter(folder: Path) -> None:
    comparison = load_comparison(folder)
    assert to_json(comparison) == (folder / "comparison.json").read_text()
    assert deltas_csv(comparison) == (folder / "deltas.csv").read_text()


def test_every_kind_of_row_comes_back(tmp_path: Path) -> None:
    made = samples.comparison(
        completion=samples.domains(), chat_format_costs={"base": samples.domains(), "candidate": samples.domains()[:2]}
    )
    path = tmp_path / "comparison.json"
    path.write_text(to_json(made))
    assert load_comparison(path) == made


def test_a_flat_row_has_every_column_and_none_where_there_is_no_number() -> None:
    estimate = Estimate(0.5, 0.4, -0.1, -0.2, 0.0, se=0.05)
    values = flat(DeltaRow("a", "knowledge", "acc", 9, estimate=estimate, judgement=Judgement("inconclusive", 0.03)))
    assert tuple(values) == COLUMNS
    numbers = (values["base"], values["delta"], values["se"], values["margin"], values["verdict"])
    assert numbers == (0.5, -0.1, 0.05, 0.03, "inconclusive")
    assert {values[name] for name in ("p_value", "retention", "forgotten", "p_adjusted", "reason")} == {None}


def test_a_number_that_an_older_file_lacks_is_nan_and_an_interval_that_it_lacks_no_estimate() -> None:
    row = samples.flat_row(name="a", domain="a", base=0.5, candidate=0.4, delta=-0.1, ci_low=-0.2, ci_high=0.0)
    assert row.estimate is not None and isnan(row.estimate.lower) and row.outcomes is None
    assert samples.changed(row, ci_high=None).estimate is None
    assert samples.changed(row, forgotten=0.2, gained=0.1).outcomes is not None
    assert flat(samples.changed(row, p_value=nan))["p_value"] is None


def test_a_mistake_is_named_as_the_file_has_it(tmp_path: Path) -> None:
    content = json.loads(to_json(samples.comparison()))
    content["tasks"][0]["delta"] = "much"
    path = tmp_path / "comparison.json"
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match=r"comparison\.json: field 'tasks\.0\.delta': input should be a valid number"):
        load_comparison(path)
