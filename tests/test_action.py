"""The scripts of action.yml, run as GitHub would run them, on the scripted engine."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml
from commands import forked_on_path

ROOT = Path(__file__).parent.parent
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())


SAY_ALPHA = """
task: say
dataset_path: json
dataset_kwargs: {data_files: {test: items.jsonl}}
test_split: test
output_type: generate_until
doc_to_text: "{{q}}"
doc_to_target: a
generation_kwargs: {do_sample: false, temperature: 0.0, max_gen_toks: 16, until: ["\\n"]}
metadata: {domain: knowledge, view: open, metric: exact_match, chance: 0, version: 1}
metric_list: [{metric: exact_match, aggregation: mean, higher_is_better: true}]
filter_list: [{name: f, filter: [{function: regex, regex_pattern: "(alpha)"}, {function: take_first}]}]
"""


Steps = Callable[..., int]
Call = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def run_steps() -> Iterator[Steps]:
    """Runs the scripts in a folder, given inputs, the others with their defaults; the first exit code not 0, or 0."""
    with tempfile.TemporaryDirectory() as folder, forked_on_path(Path(folder)) as commands:
        path = os.pathsep.join((str(commands), str(Path(sys.executable).parent), os.environ["PATH"]))

        def run(folder: Path, **given: str) -> int:
            inputs = {name: str(spec.get("default", "")) for name, spec in ACTION["inputs"].items()} | given
            scripts = [step for step in ACTION["runs"]["steps"] if "run" in step and step["name"] != "Install"]
            return next(filter(None, (run_script(step, folder, path, inputs) for step in scripts)), 0)

        yield run


def run_script(step: dict[str, Any], folder: Path, path: str, inputs: dict[str, str]) -> int:
    own = {
        name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: inputs[found[1]], value)
        for name, value in step["env"].items()
    }
    written = {"GITHUB_STEP_SUMMARY": str(folder / "summary.md"), "GITHUB_OUTPUT": str(folder / "output")}
    environment = {**os.environ, **own, "PATH": path, **written}
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    return subprocess.run(command, check=False, cwd=folder, env=environment, capture_output=True).returncode


def test_every_input_is_used_and_none_stands_in_a_script() -> None:
    text = (ROOT / "action.yml").read_text()
    used = set(re.findall(r"\$\{\{ inputs\.([\w-]+) \}\}", text))
    assert used == set(ACTION["inputs"])
    assert not any("${{" in step.get("run", "") for step in ACTION["runs"]["steps"])


def test_it_evaluates_gates_and_tells(run_steps: Steps, tmp_path: Path) -> None:
    code = run_steps(
        tmp_path, base="base", candidate="canned=says:I am happy to help.", suite="smoke", arguments="--engine scripted"
    )
    # A model with one answer has lost its flexibility.
    assert code == 1
    assert (tmp_path / "output").read_text() == "exit-code=1\n"
    assert "## Forgetting: regressed" in (tmp_path / "summary.md").read_text()
    assert ET.parse(tmp_path / "results" / "forgetbench.xml").find("testsuite/testcase/failure") is not None
    assert (tmp_path / "results" / "badge.json").is_file() and (tmp_path / "results" / "gate.json").is_file()


def test_it_may_stop_as_soon_as_the_gate_is_decided(run_steps: Steps, tmp_path: Path) -> None:
    code = run_steps(
        tmp_path, base="base", candidate="canned=says:I am happy to help.", suite="smoke", sequential="true",
        arguments="--engine scripted",
    )  # fmt: skip
    assert code == 1
    (folder,) = (tmp_path / "results" / "comparisons").iterdir()
    assert folder.name.endswith("-sequential")
    assert ET.parse(tmp_path / "results" / "forgetbench.xml").find("testsuite/testcase/failure") is not None


@pytest.mark.parametrize(
    ("given", "sequential"),
    [({"policy": "--help"}, "false"), ({"arguments": "--engine scripted --help"}, "true")],
    ids=["policy", "arguments"],
)
def test_nothing_passes_without_a_verdict(
    run_steps: Steps, tmp_path: Path, given: dict[str, str], sequential: str
) -> None:
    inputs = {"base": "base", "candidate": "sft", "suite": "smoke", "arguments": "--engine scripted --limit 2"} | given
    assert run_steps(tmp_path, sequential=sequential, **inputs) == 2
    assert not (tmp_path / "results" / "gate.json").exists()


def test_a_name_is_never_an_option(run_steps: Steps, tmp_path: Path) -> None:
    arguments = "--engine scripted --limit 2"
    run_steps(tmp_path, base="base", candidate="--help", suite="smoke", arguments=arguments, sequential="true")
    assert json.loads((tmp_path / "results" / "gate.json").read_text())["candidate"] == "--help"


def test_arguments_may_stand_on_several_lines(run_steps: Steps, tmp_path: Path) -> None:
    run_steps(tmp_path, base="a", candidate="b", suite="smoke", arguments="--engine scripted\n--limit 2\n")
    manifests = list((tmp_path / "results" / "runs").glob("*/manifest.json"))
    assert [json.loads(path.read_text())["limit"] for path in manifests] == [2, 2]


@pytest.mark.parametrize("sequential", ["false", "true"])
def test_a_committed_baseline_takes_the_base_s_place(
    run_steps: Steps, forgetbench: Call, tmp_path: Path, sequential: str
) -> None:
    made = forgetbench("run", "base", "--engine", "scripted", "--task", "format_shape", "--results", "baseline")
    assert made.returncode == 0, made.stderr
    (run,) = (tmp_path / "baseline" / "runs").iterdir()
    suite = tmp_path / "tasks.yaml"
    suite.write_text("name: tasks\ndomains: {format_rigidity: [format_shape]}\n")
    (tmp_path / "policy.yaml").write_text("margins: {format_rigidity: 0.9}\n")
    code = run_steps(
        tmp_path, candidate="sft", **{"base-run": str(run)}, suite="tasks.yaml", policy="policy.yaml",
        arguments="--engine scripted", sequential=sequential,
    )  # fmt: skip
    assert code == 0
    (comparison,) = (tmp_path / "results" / "comparisons").iterdir()
    assert (comparison / "report.html").is_file()


@pytest.mark.parametrize("base_run", [False, True], ids=["base", "base-run"])
def test_a_remembered_candidate_is_gated_by_its_own_comparison(
    run_steps: Steps, forgetbench: Call, tmp_path: Path, base_run: bool
) -> None:
    """Three jobs on one results folder: the third's candidate is remembered, so the newest folders are the second's."""
    rows = [{"item_id": f"{n}", "cluster": f"{n}", "q": f"Say alpha {n}.", "a": "alpha"} for n in range(300)]
    (tmp_path / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "say.yaml").write_text(SAY_ALPHA)
    (tmp_path / "suite.yaml").write_text("name: m\ndomains: {knowledge: [say]}\n")
    shared = {"suite": "suite.yaml", "arguments": "--engine scripted", "base": "base=says:alpha"}
    if base_run:
        options = ("--engine", "scripted", "--suite", "suite.yaml", "--results", "old")
        assert forgetbench("run", "base=says:alpha", *options).returncode == 0
        (run,) = (tmp_path / "old" / "runs").iterdir()
        shared |= {"base": "", "base-run": str(run)}
    codes, gated = [], []
    for candidate in ("bad=says:beta", "good=says: alpha", "bad=says:beta"):
        codes.append(run_steps(tmp_path, candidate=candidate, **shared))
        gated.append(json.loads((tmp_path / "results" / "gate.json").read_text())["candidate"])
    assert codes == [1, 0, 1]
    assert gated == ["bad", "good", "bad"]
