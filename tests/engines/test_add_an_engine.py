"""docs/add_an_engine.md, followed as a new user would: its module and its entry point, installed beside forgetbench."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from forgetbench.storage.runs import load_run

REPOSITORY = Path(__file__).parent.parent.parent
DOC = (REPOSITORY / "docs" / "add_an_engine.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    """The one code block of a language in the document."""
    (text,) = re.findall(rf"^```{language}\n(.*?)^```$", DOC, flags=re.DOTALL | re.MULTILINE)
    return str(text)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder as pip would fill it: the module, and the package's metadata with its entry points."""
    project = tomllib.loads(block("toml"))["project"]
    folder = tmp_path / "site"
    information = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    information.mkdir(parents=True)
    (folder / "forgetbench_bigram.py").write_text(block("python"))
    (information / "METADATA").write_text(f"Name: {project['name']}\nVersion: {project['version']}\n")
    lines = []
    for group, entries in project["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {place}" for name, place in entries.items())]
    (information / "entry_points.txt").write_text("\n".join(lines) + "\n")
    return folder


def forgetbench(arguments: list[str], folder: Path, site: Path) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(site), str(REPOSITORY)])
    environment = {**os.environ, "PYTHONPATH": path, "HF_HUB_OFFLINE": "1", "COLUMNS": "120"}
    command = [sys.executable, "-m", "forgetbench", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env=environment)


def test_the_engine_of_the_document_runs(tmp_path: Path, site: Path) -> None:
    english = "the cat sat on the mat and the dog lay by the door of the house in the rain. " * 20
    (tmp_path / "before.txt").write_text(english)
    (tmp_path / "after.txt").write_text(english + "SELECT name FROM users WHERE id = 42; " * 200)
    name, *arguments = shlex.split(block("console"))
    assert name == "forgetbench"
    done = forgetbench(arguments, tmp_path, site)
    assert done.returncode == 0, done.stderr
    (file,) = (tmp_path / "results" / "comparisons").glob("*/comparison.json")
    comparison = json.loads(file.read_text())
    assert comparison["engine"] == {"name": "bigram", "version": "1"}
    for folder in (tmp_path / "results" / "runs").iterdir():
        assert load_run(folder).samples["reason"].isna().all(), "every item was measured"
    (bits,) = (row for row in comparison["tasks"] if row["name"] == "language_bits")
    assert bits["delta"] < 0, "what is added to the old text takes probability from English"


def test_it_rates_as_it_counts(tmp_path: Path, site: Path) -> None:
    """After 'a' the text has 'b' twice: (2 + 1) / (2 + 256)."""
    code = (
        "from forgetbench_bigram import bigram_logprobs; import math\n"
        "assert math.isclose(bigram_logprobs(b'abab')[97, 98], math.log(3 / 258))"
    )
    path = os.pathsep.join([str(site), str(REPOSITORY)])
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": path})


def test_the_doctor_tries_it(tmp_path: Path, site: Path) -> None:
    (tmp_path / "before.txt").write_text("a text of few words")
    machine = forgetbench(["doctor"], tmp_path, site)
    assert "engines: bigram, openai, scripted, transformers, vllm" in machine.stdout
    sound = forgetbench(["doctor", "--engine", "bigram", "before.txt"], tmp_path, site)
    assert sound.returncode == 0, sound.stdout + sound.stderr
    missing = forgetbench(["doctor", "--engine", "bigram", "nowhere.txt"], tmp_path, site)
    assert missing.stdout == "FAIL checkpoint nowhere.txt: there is no such file; give a text file\n"


def test_a_broken_plug_in_is_one_line(tmp_path: Path, site: Path) -> None:
    (site / "forgetbench_bigram.py").write_text("import a_library_that_is_not_installed\n")
    done = forgetbench(["run", "--engine", "bigram", "before.txt", "--suite", "smoke"], tmp_path, site)
    assert done.returncode == 4
    (line,) = " ".join(done.stderr.split()).split("\n")
    assert "engine 'bigram' of forgetbench-bigram (forgetbench_bigram:BigramEngine) cannot be imported: Module" in line
