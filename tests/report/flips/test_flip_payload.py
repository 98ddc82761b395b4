"""What a page holds of the rows: everything, small enough, and no more than fits."""

from __future__ import annotations

import json
import random
import zlib
from base64 import b64decode
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from flip_pages import opened, saved_rows, shown_items, write_page
from flip_worlds import compared, made
from playwright.sync_api import Browser

from forgetbench.report.flips import Answered, Flip, FlipRow, Flips, payload, read_flips
from forgetbench.report.flips.page import embedded


def test_rows_come_out_in_the_browser_as_they_went_in(browser: Browser, tmp_path: Path) -> None:
    flips = read_flips(compared(made(tmp_path / "results")))
    page = write_page(tmp_path / "page.html", embedded(flips))
    with opened(browser, page) as seen:
        saved = saved_rows(seen)
    rows = json.loads(json.dumps([asdict(row) for row in flips.rows]))
    assert by_key({**row, "names": ["base", "harsh", "mild"]} for row in rows) == by_key(saved)


def by_key(rows: Iterable[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["task"], row["item_id"]): row for row in rows}


def test_ten_thousand_items_take_little_enough_for_a_page() -> None:
    kept, text = payload.packed(many(10_000))
    assert len(kept.rows) == 10_000 and len(text) < payload.MOST_BYTES


def test_what_does_not_fit_is_left_out_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payload, "MOST_BYTES", 60_000)
    flips = many(1000)
    kept, text = payload.packed(flips)
    assert len(text) <= 60_000 and 0 < len(kept.rows) < 1000
    assert kept.rows == flips.rows[: len(kept.rows)] and kept.n_items == 1000
    markup = str(embedded(flips).markup)
    assert f"{1000 - len(kept.rows):,} of 1,000 items are left out" in markup and "items.parquet" in markup


def test_long_texts_keep_both_ends() -> None:
    flips = many(1, words=20_000)
    content = json.loads(zlib.decompress(b64decode(payload.packed(flips)[1])))
    longest = max(content["texts"], key=len)
    assert len(longest) == payload.MOST_CHARACTERS and flips.rows[0].prompt is not None
    assert flips.rows[0].prompt.startswith(longest[:100]) and flips.rows[0].prompt.endswith(longest[-100:])


def test_a_page_of_many_items_shows_the_first_of_them(browser: Browser, tmp_path: Path) -> None:
    page = write_page(tmp_path / "page.html", embedded(many(10_000)))
    with opened(browser, page) as seen:
        assert len(shown_items(seen)) > 5


def many(n_items: int, words: int = 60) -> Flips:
    """Rows as long as those of an embedded suite: a shared few-shot prompt, a question, two written answers."""
    rng = random.Random(0)
    vocabulary = [f"{first}{second}{last}" for first in "bdfgklmnprst" for second in "aeiou" for last in "lmnrst"]

    def text(n: int) -> str:
        return " ".join(rng.choice(vocabulary) for _ in range(n))

    def answered(**fields: Any) -> dict[str, Any]:
        response = text(12)
        numbers = {"parsed": 1.0, "correct": 0.0, "at_limit": 0.0, "thinking": 0.0}
        return {"score": 0.0, "response": response, "responses": (response,), "metrics": numbers, **fields}

    shots = text(words)
    rows = tuple(
        FlipRow(
            task=f"task_{number % 20}", domain=f"domain_{number % 5}", view="open", item_id=f"relation:{number}",
            cluster=f"cluster-{number % 500}", stratum="tail", languages=("en",),
            prompt=f"{shots}\n{(question := text(12))}", question=question, gold=text(2),
            choices=tuple(text(2) for _ in range(4)),
            base=Answered(**answered(loglikelihoods=tuple(-20 * rng.random() for _ in range(4)))),
            candidates=(
                Flip(**answered(loglikelihoods=tuple(-20 * rng.random() for _ in range(4)), lost=5 * rng.random(),
                                change="forgotten", outcome="forgotten")),
            ),
        )
        for number in range(n_items)
    )  # fmt: skip
    return Flips("base", ("tuned",), rows, n_items, ())
