"""Whatever a model says comes back from the ledger and from Parquet as it was kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from paired_runs import item, run, task

from forgetbench.records import Response, Sample
from forgetbench.storage.admission import admitted
from forgetbench.storage.folder import ResultsFolder
from forgetbench.storage.ledger import Ledger
from forgetbench.storage.runs import load_run, save_run

SAID = [
    "", " ", "\x00", "a\x00b", "\ud800", "\udfff\ud800", "\ud83d\ude42", "\r\n", "\x85\u2028\u2029", "\ufeff", "\uffff",
    "\u202eabc", "e\u0301", "\U0001f469\u200d\U0001f680", "\U0010ffff", "\x1b]0;title\x07", "\x7f\x9b31m", "NaN",
    "null", "=1+1", "</script>", "[bold]", "{{ 7 * 7 }}", "%s%n", "'; DROP TABLE responses; --", '"\\', "x" * 100_000,
]  # fmt: skip


@pytest.mark.parametrize("text", SAID, ids=lambda text: ascii(text)[:24])
def test_the_ledger_gives_back_what_it_was_given(tmp_path: Path, text: str) -> None:
    response = admitted(Response("key", samples=(Sample(text, "stop", 1),)))
    assert response.samples[0].text == text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.put(response)
        assert ledger.get(["key"]) == {"key": response}
        assert ledger.damaged == set()


def test_parquet_gives_back_what_it_was_given(tmp_path: Path) -> None:
    info = task("capitals")
    texts = [admitted(Response("key", samples=(Sample(text, "stop", 1),))).samples[0].text for text in SAID]
    scores = [replace(item(info, number, 1.0), responses=(text,)) for number, text in enumerate(texts)]
    kept = load_run(save_run(ResultsFolder(tmp_path), run("base", [info], scores), {})).samples
    assert [responses for (responses,) in kept["responses"]] == texts
