"""A comparison in a folder of its own, with its items."""

from __future__ import annotations

import pytest
from paired_runs import scored, task

from forgetbench.comparison.delta import compare
from forgetbench.interop.exporters import Source
from forgetbench.storage.comparisons import save_comparison


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    """Two tasks of right or wrong answers and one by degree; one answer of the candidate was not measured."""
    right, same, degree = task("knowledge_open"), task("creativity", "reasoning"), task("style", "style", binary=False)
    base = {right: [1.0, 1, 1, 0, 1, 1, 1, 1], same: [1.0, 0] * 4, degree: [0.5, 0.75] * 4}
    tuned = {right: [0.0, 1, 0, 0, None, 0, 1, 0], same: [1.0, 0] * 4, degree: [0.25, 0.5] * 4}
    comparison, items = compare(scored("org base", base), scored("tuned_1", tuned), margins={})
    folder = tmp_path_factory.mktemp("exported") / "comparison"
    save_comparison(folder, comparison, items)
    return Source(comparison, folder)
