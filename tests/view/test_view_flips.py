"""What the browser of flips asks the server, over HTTP."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from drawn_results import write_results
from starlette.testclient import TestClient

from forgetbench.view import flip_pages
from forgetbench.view.app import view_app


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    root = tmp_path_factory.mktemp("results")
    write_results(root)
    return TestClient(view_app(root), base_url="http://localhost")


def addresses(client: TestClient) -> list[str]:
    (base,) = set(re.findall(r'href="(/bases/\w+)"', client.get("/").text))
    return ["/comparisons/mild-vs-base/flips", f"{base}/flips"]


def test_pages_counts_and_items(client: TestClient) -> None:
    for address, n_candidates in zip(addresses(client), (1, 2), strict=True):
        assert len(client.get(f"{address}/facets").json()["candidates"]) == n_candidates
        page = client.get(address, params={"task": "facts_open", "sort": "lost", "descending": 1, "limit": 5}).json()
        assert page["count"] == 40 and len(page["rows"]) == 5
        assert client.get(address, params={"task": "facts_open", "limit": 0}).json() == {"count": 40, "rows": []}
        row = page["rows"][0]
        whole = client.get(f"{address}/item", params={"key": f"{row['task']}/{row['item_id']}"}).json()
        assert whole["prompt"] and len(whole["candidates"]) == n_candidates
        assert client.get(f"{address}/item", params={"key": "facts_open/none"}).status_code == 404


def test_what_a_filter_leaves_can_be_saved_whole(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flip_pages, "_READ_AT_ONCE", 7)
    for address in addresses(client):
        asked = {"task": "facts_choice", "sort": "lost", "descending": "1"}
        saved = client.get(f"{address}/rows.jsonl", params=asked)
        assert "attachment" in saved.headers["content-disposition"]
        rows = [json.loads(line) for line in saved.text.splitlines()]
        page = client.get(address, params={**asked, "limit": 100}).json()["rows"]
        assert [row["item_id"] for row in rows] == [row["item_id"] for row in page]
        assert all(row["prompt"] and row["base"]["loglikelihoods"] for row in rows)


@pytest.mark.parametrize(
    "query",
    [
        {"outcome": "none"}, {"sort": "item_id; DROP TABLE x"}, {"candidate": "1"}, {"candidate": "-1"},
        {"candidate": "x"}, {"offset": "-1"}, {"offset": "1e3"}, {"limit": "1001"}, {"limit": "9" * 30},
        {"limit": "²"}, {"text": "x" * 2000}, {"task": "x" * 2000},
    ],
    ids=lambda query: str(query)[:40],
)  # fmt: skip
def test_words_that_mean_nothing_are_refused(client: TestClient, query: dict[str, str]) -> None:
    answer = client.get("/comparisons/mild-vs-base/flips", params=query)
    assert answer.status_code == 422 and next(iter(query)) in answer.text


@pytest.mark.parametrize(
    "value", ["' OR 1=1 --", "\0", "x'); COPY t TO '/tmp/x'; --", "$text", "??", "../../etc/passwd"]
)
@pytest.mark.parametrize("name", ["domain", "task", "language", "stratum", "text", "item_id"])
def test_values_are_values(client: TestClient, name: str, value: str) -> None:
    answer = client.get("/comparisons/mild-vs-base/flips", params={name: value, "limit": 5})
    assert answer.status_code == 200 and answer.json() == {"count": 0, "rows": []}


@pytest.mark.parametrize("name", ["none", "..", "%2e%2e", "mild-vs-base%2f..%2fharsh-vs-base"])
def test_flips_of_nothing_are_not_found(client: TestClient, name: str) -> None:
    for part in ("", "/facets", "/item"):
        assert client.get(f"/comparisons/{name}/flips{part}").status_code == 404


def test_runs_that_are_links_are_refused(tmp_path: Path) -> None:
    write_results(tmp_path / "results")
    samples = tmp_path / "results" / "runs" / "run-base" / "samples.parquet"
    samples.rename(tmp_path / "samples.parquet")
    samples.symlink_to(tmp_path / "samples.parquet")
    client = TestClient(view_app(tmp_path / "results"), base_url="http://localhost")
    answer = client.get("/comparisons/mild-vs-base/flips/facets")
    assert answer.status_code == 422 and "is a link" in answer.text


@pytest.mark.parametrize("damage", [b"", b"PAR1", b"PAR1" + b"\xff" * 200 + b"PAR1"])
def test_damaged_items_are_told_of(tmp_path: Path, damage: bytes) -> None:
    write_results(tmp_path)
    (tmp_path / "comparisons" / "mild-vs-base" / "items.parquet").write_bytes(damage)
    client = TestClient(view_app(tmp_path), base_url="http://localhost")
    answer = client.get("/comparisons/mild-vs-base/flips")
    assert answer.status_code == 422 and "cannot be read as parquet" in answer.text
    assert client.get("/comparisons/harsh-vs-base/flips").status_code == 200


def test_a_comparison_without_items_is_shown_without_them(tmp_path: Path) -> None:
    write_results(tmp_path)
    client = TestClient(view_app(tmp_path), base_url="http://localhost")
    alone, beside = addresses(client)
    (tmp_path / "comparisons" / "mild-vs-base" / "items.parquet").unlink()
    assert client.get("/comparisons/mild-vs-base").status_code == 200
    assert client.get(alone).status_code == 422
    assert client.get(f"{beside}/facets").json()["candidates"] == ["harsh"]


def test_a_key_is_read_as_an_address_is(client: TestClient) -> None:
    key = f"{quote('facts_open')}/{quote('item-3', safe='')}"
    assert client.get("/comparisons/mild-vs-base/flips/item", params={"key": key}).json()["item_id"] == "item-3"
