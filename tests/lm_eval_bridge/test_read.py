"""What a task's filter took out of a response is kept beside its score."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from forgetbench import lm_eval_bridge as bridge
from forgetbench.models.tokenizer import ByteTokenizer
from forgetbench.records import Response, Sample
from forgetbench.suites.loading import load_tasks
from forgetbench.suites.suite import Suite

REGEX = {"name": "number", "filter": [{"function": "regex", "regex_pattern": r"(\d+)"}, {"function": "take_first"}]}


def read(folder: Path, filters: list[dict[str, Any]], text: str, n: int = 1) -> tuple[str, ...]:
    """Of the capitals' first item, answered with `text` each time."""
    path = folder / "tiny_open.yaml"
    declared = yaml.safe_load(path.read_text())
    path.write_text(yaml.safe_dump({**declared, "filter_list": filters, "repeats": n} if filters else declared))
    suite = Suite(name="one", domains={"knowledge": ["tiny_open"]})
    (loaded,) = load_tasks(suite, folder, 1)
    planned = bridge.plan(loaded, bridge.PromptContext("c", {}, ByteTokenizer(), False, 100_000, seed=0))
    requests = [request for item in planned.items for request in item.requests]
    answers = {one.key: Response(one.key, samples=(Sample(text, "stop", 9),) * n) for one in requests}
    (score,) = bridge.score(planned, answers, {})
    return score.read


@pytest.mark.parametrize(
    ("filters", "text", "found"),
    [
        ([REGEX], "It is 12, or 13.", ("12",)),
        ([REGEX], "I do not know.", ("[invalid]",)),
        ([REGEX], "12", ()),  # the response itself
        ([], "It is 12.", ()),  # no filter
    ],
)
def test_what_the_filter_took_is_kept(
    tiny_tasks: Path, filters: list[dict[str, Any]], text: str, found: tuple[str, ...]
) -> None:
    assert read(tiny_tasks, filters, text) == found
