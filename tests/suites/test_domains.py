"""Domains of one's own, from a suite file to a written comparison."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
import yaml

from forgetbench.errors import SuiteError
from forgetbench.suites.domains import domain_mistake
from forgetbench.suites.loading import load_tasks
from forgetbench.suites.suite import load_suite

OWN = {"tiny_choice": "safety", "tiny_open": "medicine"}


@pytest.fixture
def own_suite(tiny_tasks: Path) -> Path:
    """A suite of two domains that no embedded task has: one declared by its task, one by the suite alone."""
    for name, domain in {"tiny_choice": None, "tiny_open": OWN["tiny_open"]}.items():
        path = tiny_tasks / f"{name}.yaml"
        config = yaml.safe_load(path.read_text())
        config["metadata"]["domain"] = domain
        path.write_text(yaml.safe_dump(config))
    suite = {"name": "own", "domains": {domain: [name] for name, domain in OWN.items()}}
    path = tiny_tasks / "own.yaml"
    path.write_text(yaml.safe_dump({**suite, "margins": {"safety": 0.01}}, sort_keys=False))
    return path


@pytest.mark.parametrize("name", ["safety", "medicine", "x", "red_team_2"])
def test_a_slug_is_a_domain(name: str) -> None:
    assert domain_mistake(name) is None


@pytest.mark.parametrize(
    "name", ["", "Safety", "red team", "red-team", "2nd", "_x", "d\u00e9j\u00e0", "safety\n", "overall"]
)
def test_anything_else_is_none(name: str) -> None:
    assert "is no name for a domain" in (domain_mistake(name) or "")


def test_a_task_is_of_the_domain_that_it_or_the_suite_says(own_suite: Path) -> None:
    tasks = load_tasks(*load_suite(str(own_suite)))
    assert {task.info.name: task.info.domain for task in tasks} == OWN


def test_a_task_that_declares_no_domain_name_is_refused(own_suite: Path) -> None:
    path = own_suite.with_name("tiny_open.yaml")
    path.write_text(path.read_text().replace("domain: medicine", "domain: Medicine"))
    with pytest.raises(SuiteError, match=r"task 'tiny_open': field 'metadata\.domain': 'Medicine' is no name"):
        load_tasks(*load_suite(str(own_suite)))


def test_a_suite_of_ones_own_domains_is_compared(
    forgetbench: Callable[..., CompletedProcess[str]], own_suite: Path, tmp_path: Path
) -> None:
    done = forgetbench("run", "--engine", "scripted", "--suite", own_suite, "a", "--base", "b")
    assert done.returncode == 0, done.stderr
    (path,) = (tmp_path / "results" / "comparisons").glob("*/comparison.json")
    comparison = json.loads(path.read_text())
    assert {row["name"]: row["margin"] for row in comparison["domains"]} == {"safety": 0.01, "medicine": 0.03}
    assert comparison["overall"]["name"] == "overall"
    assert all(name in (path.parent / "report.md").read_text() for name in OWN.values())
