"""The repository that a leaderboard starts from: its workflows are harmless, and their scripts do what they say."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from commands import forked_on_path
from submissions import N_LOST, edit_json, evaluated, hash_again, submission

TEMPLATE = Path(__file__).parents[2] / "docs" / "leaderboard"
WORKFLOWS = sorted((TEMPLATE / ".github" / "workflows").glob("*.yml"))
ALLOWED = {
    "submission": {"contents": "read"},
    "build": {"contents": "read"},
    "deploy": {"pages": "write", "id-token": "write"},
}


def read(path: Path) -> dict[str, Any]:
    # YAML 1.1 takes the key `on` for true.
    content: dict[Any, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {("on" if key is True else key): value for key, value in content.items()}


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in read(path)["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_has_the_least_permissions_and_runs_nothing_of_others(path: Path) -> None:
    workflow = read(path)
    assert workflow["permissions"] == {}
    assert set(workflow["on"]) <= {"pull_request", "push", "workflow_dispatch"}
    for name, job in workflow["jobs"].items():
        assert job["permissions"] == ALLOWED[name]
        assert job["timeout-minutes"] <= 120
    for step in steps(path):
        assert re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", step.get("uses", "actions/none@" + 40 * "0"))
        assert "${{" not in step.get("run", "")
        if "checkout" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] is False
    assert "secrets." not in path.read_text(encoding="utf-8")


class Repository:
    """A clone of the template with a submission as a pull request, checked out as GitHub does: the merge."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder, self.environment = folder, environment
        shutil.copytree(TEMPLATE, folder)
        self.git("init", "-q", "-b", "main")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "template")

    def git(self, *arguments: str) -> None:
        own = ("-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *own, *arguments], cwd=self.folder, check=True, capture_output=True)

    def merged(self) -> None:
        self.git("checkout", "-q", "-b", "change")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "change")
        self.git("checkout", "-q", "main")
        self.git("merge", "-q", "--no-ff", "-m", "merge", "change")

    def run(self, workflow: str, name: str) -> subprocess.CompletedProcess[str]:
        (script,) = (
            step["run"] for step in steps(TEMPLATE / ".github/workflows" / workflow) if step.get("name") == name
        )
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
        return subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    folder = tmp_path_factory.mktemp("commands")
    with forked_on_path(folder) as commands:
        path = os.pathsep.join((str(commands), str(Path(sys.executable).parent), os.environ["PATH"]))
        yield {**os.environ, "PATH": path, "RUNNER_TEMP": str(folder)}


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return submission(tmp_path_factory.mktemp("honest"))


@pytest.fixture
def repository(tmp_path: Path, environment: dict[str, str]) -> Repository:
    return Repository(tmp_path / "board", environment)


def test_a_submission_that_holds_passes_and_is_published(repository: Repository, honest: Path) -> None:
    shutil.copytree(honest, repository.folder / "comparisons" / honest.name)
    repository.merged()
    done = repository.run("check.yml", "Check")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"holds {honest.name}: 360 items")
    done = repository.run("publish.yml", "Build")
    assert done.returncode == 0, done.stderr
    assert honest.name in (repository.folder / "site" / "index.html").read_text(encoding="utf-8")


def test_a_forged_one_beside_it_is_refused(repository: Repository, honest: Path, tmp_path: Path) -> None:
    forged = submission(tmp_path / "forged", candidate=evaluated("other", N_LOST))
    edit_json(forged / "candidate" / "manifest.json", lambda content: content.update(fingerprint="of another"))
    hash_again(forged)
    for folder in (honest, forged):
        shutil.copytree(folder, repository.folder / "comparisons" / folder.name)
    repository.merged()
    done = repository.run("check.yml", "Check")
    assert done.returncode == 1
    assert "holds tuned" in done.stdout and "the candidate's fingerprint is weights-other" in done.stderr


@pytest.mark.parametrize("path", [".github/workflows/check.yml", "requirements.txt", "comparisons/stray", "a\nb"])
def test_whatever_else_a_submission_touches_is_refused(repository: Repository, honest: Path, path: str) -> None:
    shutil.copytree(honest, repository.folder / "comparisons" / honest.name)
    (repository.folder / path).write_text("::error::x\n", encoding="utf-8")
    repository.merged()
    done = repository.run("check.yml", "Check")
    assert (done.returncode, done.stdout) == (1, "")
    assert "changes nothing but its own folder" in done.stderr


def test_what_is_run_comes_from_the_main_branch(repository: Repository, environment: dict[str, str]) -> None:
    (script,) = (step["run"] for step in steps(WORKFLOWS[0]) if step.get("name") == "Install")
    wanted = (TEMPLATE / "requirements.txt").read_text(encoding="utf-8")
    (repository.folder / "requirements.txt").write_text("evil\n", encoding="utf-8")
    repository.merged()
    command = ["bash", "-ec", script.replace("pip install", "echo")]
    subprocess.run(command, cwd=repository.folder, env=environment, check=True)
    assert (Path(environment["RUNNER_TEMP"]) / "requirements.txt").read_text(encoding="utf-8") == wanted


def test_a_submission_may_be_taken_back(repository: Repository, honest: Path) -> None:
    shutil.copytree(honest, repository.folder / "comparisons" / honest.name)
    repository.git("add", "-A")
    repository.git("commit", "-q", "-m", "submission")
    shutil.rmtree(repository.folder / "comparisons" / honest.name)
    repository.merged()
    assert repository.run("check.yml", "Check").returncode == 0
