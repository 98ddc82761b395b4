"""The view's pages, as they are asked for."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hostile_strings import HOSTILE
from paired_runs import item, run, task
from starlette.testclient import TestClient

from forgetbench.comparison.delta import compare
from forgetbench.storage.comparisons import save_comparison
from forgetbench.storage.folder import ResultsFolder
from forgetbench.storage.runs import save_run
from forgetbench.view.app import view_app

KNOWLEDGE = task("capitals")


def write_results(root: Path, *candidates: str) -> None:
    """A base, and comparisons of it with candidates of which each forgot one item more than the one before."""
    results = ResultsFolder(root)
    asked = [item(KNOWLEDGE, number, 1.0) for number in range(8)]
    base = run("base", [KNOWLEDGE], asked)
    save_run(results, base, {})
    for lost, name in enumerate(candidates, 1):
        answered = [item(KNOWLEDGE, number, float(number >= lost)) for number in range(8)]
        candidate = run(name, [KNOWLEDGE], answered)
        save_run(results, candidate, {})
        save_comparison(results.comparison(f"{name}-vs-base"), *compare(base, candidate, margins={}))


@pytest.fixture
def results(tmp_path: Path) -> Path:
    write_results(tmp_path, "mild", "harsh")
    return tmp_path


@pytest.fixture
def client(results: Path) -> TestClient:
    return TestClient(view_app(results), base_url="http://localhost")


def test_home_lists_what_the_folder_holds(client: TestClient) -> None:
    home = client.get("/")
    assert home.status_code == 200
    assert "comparisons: 2, runs: 3" in home.text
    assert 'href="/comparisons/mild-vs-base"' in home.text and "run-harsh" in home.text


def test_a_comparison_s_page_is_its_report(client: TestClient) -> None:
    page = client.get("/comparisons/mild-vs-base").text
    assert "mild against base" in page and "item-0" in page


def test_candidates_of_one_base_stand_side_by_side(client: TestClient) -> None:
    home = client.get("/").text
    address = home.split('href="/bases/')[1].split('"')[0]
    page = client.get(f"/bases/{address}").text
    assert page.index("mild") < page.index("harsh")


def test_what_is_not_there_is_not_found(client: TestClient) -> None:
    for address in ("/comparisons/none", "/bases/none", "/trajectories/none", "/elsewhere"):
        assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    "name", ["../runs", "%2e%2e", "..%2f..%2fetc", "mild-vs-base/../../runs", "%2fetc%2fpasswd", "a%00b"]
)
def test_no_address_leads_out_of_the_folder(client: TestClient, name: str) -> None:
    for kind in ("comparisons", "trajectories", "bases"):
        assert client.get(f"/{kind}/{name}").status_code == 404


@pytest.mark.parametrize("link", ["folder", "comparison.json", "items.parquet"])
def test_links_are_refused(tmp_path: Path, link: str) -> None:
    write_results(tmp_path / "elsewhere", "mild")
    write_results(tmp_path / "results", "harsh")
    secret = tmp_path / "elsewhere" / "comparisons" / "mild-vs-base"
    comparisons = tmp_path / "results" / "comparisons"
    if link == "folder":
        (comparisons / "linked").symlink_to(secret)
    else:
        shutil.copytree(secret, comparisons / "linked")
        (comparisons / "linked" / link).unlink()
        (comparisons / "linked" / link).symlink_to(secret / link)
    page = TestClient(view_app(tmp_path / "results"), base_url="http://localhost").get("/comparisons/linked")
    assert page.status_code == 422
    assert "is a link" in page.text and "item-0" not in page.text


def test_a_comparisons_folder_that_is_a_link_holds_nothing(tmp_path: Path) -> None:
    write_results(tmp_path / "elsewhere", "mild")
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "comparisons").symlink_to(tmp_path / "elsewhere" / "comparisons")
    home = TestClient(view_app(tmp_path / "results"), base_url="http://localhost").get("/")
    assert "comparisons: 0" in home.text


def _cut(folder: Path) -> None:
    path = folder / "comparison.json"
    path.write_text(path.read_text()[:200])


def _contradicts_itself(folder: Path) -> None:
    path = folder / "comparison.json"
    content = json.loads(path.read_text())
    content["overall"]["verdict"] = "improved"
    path.write_text(json.dumps(content))


def _not_a_folder_of_ours(folder: Path) -> None:
    folder.rename(folder.parent / "<img src=x onerror=alert(1)>")


@pytest.mark.parametrize("breaking", [_cut, _contradicts_itself, _not_a_folder_of_ours])
def test_a_broken_comparison_costs_that_one_its_place(results: Path, breaking: Callable[[Path], None]) -> None:
    breaking(results / "comparisons" / "mild-vs-base")
    client = TestClient(view_app(results), base_url="http://localhost")
    home = client.get("/").text
    assert "comparisons: 1" in home and "Left out" in home and "<img src=x" not in home
    assert client.get("/comparisons/harsh-vs-base").status_code == 200
    assert client.get("/comparisons/mild-vs-base").status_code in (404, 422)


def test_a_file_that_changes_is_read_again(results: Path, client: TestClient) -> None:
    assert "comparisons: 2" in client.get("/").text
    _cut(results / "comparisons" / "mild-vs-base")
    assert "comparisons: 1" in client.get("/").text


def test_items_that_are_damaged_are_told_of(results: Path, client: TestClient) -> None:
    (results / "comparisons" / "mild-vs-base" / "items.parquet").write_bytes(b"PAR1 nothing PAR1")
    page = client.get("/comparisons/mild-vs-base")
    assert page.status_code == 422 and "parquet" in page.text


def test_hostile_names_are_text(tmp_path: Path) -> None:
    names = [f"{text} {number}"[:200].encode(errors="replace").decode() for number, text in enumerate(HOSTILE.values())]
    results = ResultsFolder(tmp_path)
    asked = [item(KNOWLEDGE, number, 1.0) for number in range(3)]
    for number, name in enumerate(names):
        sides = (run(f"base {name}", [KNOWLEDGE], asked), run(name, [KNOWLEDGE], asked))
        save_comparison(results.comparison(f"number-{number}"), *compare(*sides, margins={}))
    home = TestClient(view_app(tmp_path), base_url="http://localhost").get("/").text
    assert f"comparisons: {len(names)}" in home
    assert "<script>alert" not in home and "<img src=x" not in home and "\x1b" not in home and "\u202e" not in home
