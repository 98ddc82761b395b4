"""The command line as a user meets it: exit codes, one clear line, nothing half-written."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from forgetbench import lm_eval_bridge
from forgetbench.cli import listing
from forgetbench.suites.loading import embedded_task_files

Call = Callable[..., "subprocess.CompletedProcess[str]"]


def assert_refused(done: subprocess.CompletedProcess[str], *parts: str) -> None:
    lines = done.stderr.strip().splitlines()
    assert done.returncode == 2, done.stderr
    assert len(lines) == 1, done.stderr
    for part in parts:
        assert part in " ".join(done.stderr.split()), done.stderr


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["run", "nowhere/at/all/model"], ["no such checkpoint", "nowhere/at/all/model"]),
        (["run", "--engine", "scripted", "a", "--suite", "smokee"], ["unknown suite 'smokee'", "did you mean 'smoke'"]),
        (["run", "--engine", "scripted", "a", "--task", "knowledge_opne"], ["unknown task", "'knowledge_open'"]),
        # A checkpoint takes minutes to read, and names none.
        (["plan", "nowhere", "--suite", "smokee"], ["unknown suite 'smokee'", "did you mean 'smoke'"]),
        (["plan", "nowhere", "--task", "knowledge_opne"], ["unknown task", "'knowledge_open'"]),
        (["run", "--engine", "scripted", "a", "--suite", "smoke", "--task", "creativity"], ["exclude each other"]),
        (["run", "--engine", "scripted", "a", "--noise-floor"], ["--noise-floor needs --base"]),
        (["run", "--engine", "scripted", "a", "--base", "a", "--suite", "smoke"], ["is the base itself"]),
        (["run", "--engine", "vlm", "a"], ["unknown engine 'vlm'", "did you mean 'vllm'"]),
        (["run", "--engine", "scripted", "a", "--task", "creativity", "--domain", "Maths!"], ["Maths!", "domain"]),
        (["run", "--engine", "scripted", "a", "--suite", "smoke", "--protocol", "chat"], ["no chat template"]),
        (["run", "--engine", "scripted", "a", "--sft-data", "none.jsonl"], ["none.jsonl"]),
        (["gate", "nothing"], ["nothing", "no such file"]),
        (["choose", "nothing", "else"], ["nothing", "no such file"]),
        (["choose"], ["COMPARISONS"]),
        (["gate-sequential", "--engine", "scripted", "a"], ["CANDIDATE"]),
        (["gate-sequential", "--engine", "scripted", "b", "a", "--protocol", "both"], ["one --protocol"]),
        (["gate", "nothing", "--base", "b"], ["--base"]),
        (["run", "--engine", "scripted", "a", "--limit", "0"], ["--limit 0: must be at least 1"]),
        (["run", "--engine", "scripted", "a", "--replicas", "0"], ["--replicas 0: must be at least 1"]),
        (["run", "--engine", "scripted", "a", "--limti", "1"], ["--limti", "--limit"]),
        (["run", "--engine", "scripted", "a", "--exclude-contaminated"], ["needs --sft-data"]),
        (["frobnicate"], ["frobnicate", "see forgetbench --help"]),
        (["gate", "a", "b"], ['"gate" takes 1 argument (COMPARISON), not 2: b is too many', "forgetbench gate --help"]),
        (["tasks", "list", "a", "b"], ['"tasks list" takes no argument: a, b are too many', "tasks list --help"]),
        (["export", "a", "--format", "csv", "--out", "-"], ["--out -: standard output cannot be given here"]),
        (["run"], ["CHECKPOINTS"]),
        (["report", "nothing"], ["nothing", "no such file"]),
        (["compare", "one", "two"], ["no finished run here"]),
        (["leaderboard", "empty", "--out", "site"], ["empty"]),
        (["leaderboard", "empty", "--out", "empty/runs/x"], ["name a folder of the site's own"]),
        (["plan", "--engine", "scripted", "a", "--suite", "smokee"], ["unknown suite 'smokee'"]),
        (["gate", "a", "--json", "--badge"], ['"--badge" for --json']),
        (["tasks", "show", "knowledge_opne"], ["did you mean 'knowledge_open'"]),
        (["plan", "a", "--engine", "scripted", "--rates", "100"], ["--rates requires 2 values"]),
        (["sweep", "base", "empty"], ["no checkpoint-N folders"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) and value[0].islower() else "",
)
def test_bad_input_is_one_clear_line(forgetbench: Call, tmp_path: Path, arguments: list[str], parts: list[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert_refused(forgetbench(*arguments), *parts)
    assert [path.name for path in tmp_path.rglob("*")] == ["empty"], "nothing is left"


def test_tasks_are_listed_without_reading_a_document(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*_arguments: object, **_options: object) -> None:
        pytest.fail("a task was loaded")

    monkeypatch.setattr(lm_eval_bridge, "load", load)
    rows = listing.tasks().rows
    assert ("  humaneval", "open", "164", "en", "0", "MIT") in rows
    assert sum(len(row) > 1 for row in rows) == len(embedded_task_files())


def test_a_results_folder_that_cannot_be_written(forgetbench: Call, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    done = forgetbench("run", "--engine", "scripted", "a", "--suite", "smoke", "--results", "taken/results")
    assert_refused(done, "taken/results: cannot be written (", "name another folder with --results")


def test_the_whole_job_with_two_words(forgetbench: Call, tmp_path: Path) -> None:
    """The contract's quick way to a base and a candidate without a model."""
    done = forgetbench("run", "--engine", "scripted", "--suite", "smoke", "--base", "a", "b")
    assert done.returncode == 0, done.stderr
    for domain in ("knowledge", "reasoning", "creativity", "format rigidity"):
        assert domain in done.stdout
    (folder,) = (tmp_path / "results" / "comparisons").iterdir()
    names = {path.name for path in folder.rglob("*") if path.is_file()}
    assert {"comparison.json", "deltas.csv", "items.parquet", "report.md", "report.html"} <= names
    assert {path.suffix for path in (folder / "plots").iterdir()} == {".png", ".svg"}

    comparison = json.loads((folder / "comparison.json").read_text())
    keys = ("schema_version base candidate protocol engine domains tasks overall noise_floor warnings").split()
    assert set(keys) <= set(comparison)
    fields = (
        "name domain metric n_items base candidate delta se ci_low ci_high p_value p_adjusted retention chance "
        "forgotten gained forgotten_corrected gained_corrected locked erased mde margin verdict"
    ).split()
    for row in [*comparison["domains"], *comparison["tasks"], comparison["overall"]]:
        assert set(fields) <= set(row)
        assert row["verdict"] in {"regressed", "retained", "improved", "inconclusive", "not_measured"}
        for score in ("base", "candidate"):
            assert row[score] is None or 0 <= row[score] <= 1, row["name"]

    again = forgetbench("report", folder)
    assert again.returncode == 0
    gate = forgetbench("gate", folder)
    outcome = gate.stdout.splitlines()[-1].removeprefix("gate: ").split()[0]
    assert gate.returncode == {"passed": 0, "regressed": 1, "inconclusive": 3}[outcome]
    site = forgetbench("leaderboard", "results", "--out", "site")
    assert site.returncode == 0, site.stderr
    assert "b" in (tmp_path / "site" / "index.html").read_text()


def test_several_candidates_are_judged_as_one_family(forgetbench: Call, tmp_path: Path) -> None:
    done = forgetbench(
        "run", "--engine", "scripted", "--task", "knowledge_open", "--limit", "30", "--noise-floor", "--base", "a",
        "b", "says:yes", "c",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("candidates: one of 3 candidates of one command") == 3
    made = [json.loads(path.read_text()) for path in (tmp_path / "results" / "comparisons").glob("*/comparison.json")]
    families = {each["candidate"]["name"]: each["family"] for each in made}
    assert families.pop("a-replicate") == {}, "the base asked twice is no candidate"
    runs = {each["candidate"]["name"]: each["candidate"]["run_id"] for each in made}
    for name, family in families.items():
        assert set(family) == {runs[other] for other in families if other != name}
    folder = next((tmp_path / "results" / "comparisons").glob("b-*"))
    assert "use forgetbench choose" in " ".join(forgetbench("gate", folder).stdout.split())


def test_the_best_of_several_is_chosen_and_gated(forgetbench: Call, tmp_path: Path) -> None:
    options = ("--engine", "scripted", "--task", "knowledge_open", "--task", "knowledge_choice", "--limit", "60")
    assert forgetbench("run", *options, "--base", "a", "b", "says:yes", "--out-id", "made.json").returncode == 0
    done = forgetbench("choose", "made.json", "--seed", "3", "--out-id", "chosen.json")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].endswith(", chosen")
    assert "chosen among 2 by the mean change of the gated domains on one half" in " ".join(done.stdout.split())
    gated = forgetbench("gate", "chosen.json")
    assert gated.returncode in (0, 1, 3) and gated.stdout.splitlines()[-1].startswith("gate: ")
    site = forgetbench("leaderboard", "results", "--out", "site")
    assert site.returncode == 0 and "chosen" not in (tmp_path / "site" / "leaderboard.json").read_text()
    one = next((tmp_path / "results" / "comparisons").glob("b-*"))
    assert_refused(forgetbench("choose", one), "leaves no choice")
    assert_refused(forgetbench("choose", "made.json", "--by", "knowlege"), "--by knowlege", "did you mean 'knowledge'")
    assert_refused(forgetbench("choose", "made.json", "--policy", "none.yaml"), "none.yaml")


DEMO = next((Path(__file__).parents[2] / "results" / "comparisons").glob("harsh-demo-*"))


def test_the_gate_s_policy_decides_its_exit_code(forgetbench: Call, tmp_path: Path) -> None:
    """Against the published demo: the same comparison passes, fails and stays open under different policies."""
    policy = tmp_path / "forgetbench.yaml"
    for text, code, last in (
        ("domains: [knowledge]\nmargins: {knowledge: 0.05}\n", 1, "gate: regressed (1 of 1 failed: knowledge)"),
        (
            "domains: [knowledge]\nwaivers: [{row: knowledge, reason: x, until: 9999-12-31}]\n",
            0,
            "gate: passed (1 of 1 waived: knowledge)",
        ),
        (
            "domains: [knowledge]\nwaivers: [{row: knowledge, reason: x, until: 2020-01-01}]\n",
            1,
            "gate: regressed (1 of 1 failed: knowledge)",
        ),
        ("domains: [target]\n", 3, "gate: inconclusive (1 of 1 open: target)"),
    ):
        policy.write_text(text)
        done = forgetbench("gate", DEMO, "--policy", policy)
        assert (done.returncode, done.stdout.splitlines()[-1]) == (code, last), done.stderr
    policy.write_text("domains: [knowledge]\ngates:\n  knowledge_opn: {}\n")
    assert_refused(forgetbench("gate", DEMO, "--policy", policy), "forgetbench.yaml:3:", "'knowledge_open'")


def test_the_sequential_gate_decides_and_leaves_every_file(forgetbench: Call, tmp_path: Path) -> None:
    files = [f"--{name}={name}.out" for name in ("junit", "summary", "badge", "json")]
    options = ["--engine", "scripted", "--suite", "smoke"]
    done = forgetbench("gate-sequential", "a", "says:yes", *options, *files)
    assert done.returncode == 1, done.stdout + done.stderr  # one answer to everything is a rigid format
    assert done.stdout.startswith("sequential: look ")
    assert done.stdout.splitlines()[-1].startswith("gate: ")
    (folder,) = (tmp_path / "results" / "comparisons").iterdir()
    assert json.loads((folder / "comparison.json").read_text())["looks"]["planned"] == 20
    assert all((tmp_path / f"{name}.out").stat().st_size for name in ("junit", "summary", "badge", "json"))
    # The responses are kept: the same gate asks nothing and decides the same.
    again = forgetbench("gate-sequential", "a", "says:yes", *options)
    assert (again.returncode, again.stdout) == (done.returncode, done.stdout)


def test_policy_init_writes_a_policy_once(forgetbench: Call, tmp_path: Path) -> None:
    assert forgetbench("policy", "init").returncode == 0
    assert forgetbench("gate", DEMO, "--policy", "forgetbench.yaml").returncode == 1
    assert_refused(forgetbench("policy", "init"), "forgetbench.yaml: is there already")


def test_the_gate_annotates_under_github_alone(
    forgetbench: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = json.loads((DEMO / "comparison.json").read_text())
    verdicts = [row["verdict"] for row in compared["domains"]]
    failed, still_open = verdicts.count("regressed"), verdicts.count("inconclusive")
    assert failed > 0
    for value, errors, warnings in (("true", failed, still_open), ("", 0, 0)):
        monkeypatch.setenv("GITHUB_ACTIONS", value)
        lines = forgetbench("gate", DEMO).stdout.splitlines()
        assert sum(line.startswith("::error title=forgetbench%3A ") for line in lines) == errors
        # GitHub shows ten at most; the last then says how many more there are.
        assert sum("::" in line for line in lines) == min(errors + warnings, 10)


def test_a_run_without_base_prints_scores(forgetbench: Call) -> None:
    done = forgetbench("run", "--engine", "scripted", "a", "--task", "knowledge_choice", "--limit", "5")
    assert done.returncode == 0, done.stderr
    assert "knowledge_choice" in done.stdout


def test_runs_of_different_limits_are_not_compared(forgetbench: Call, tmp_path: Path) -> None:
    for name, limit in (("a", "4"), ("b", "5")):
        done = forgetbench("run", "--engine", "scripted", name, "--task", "knowledge_choice", "--limit", limit)
        assert done.returncode == 0, done.stderr
    runs = sorted((tmp_path / "results" / "runs").iterdir())
    assert_refused(forgetbench("compare", *runs), "cannot be paired", "limit")


def test_doctor_and_tasks_answer(forgetbench: Call) -> None:
    assert "Python" in forgetbench("doctor").stdout
    assert "knowledge_strict" in forgetbench("tasks", "list").stdout
    assert "first item" in forgetbench("tasks", "show", "knowledge_open").stdout


def test_version_and_completion(forgetbench: Call) -> None:
    import forgetbench as package

    assert forgetbench("--version").stdout.strip() == package.__version__
    assert "--install-completion" in forgetbench("--help").stdout


def options_of(done: subprocess.CompletedProcess[str]) -> set[str]:
    return set(re.findall(r"--[a-z][a-z-]+", done.stdout))


def test_run_sweep_and_the_early_gate_take_the_same_options(forgetbench: Call) -> None:
    """Declared once: what is asked, the engine and, where a comparison is written, the fine-tuning."""
    run, sweep, gate = (options_of(forgetbench(name, "--help")) for name in ("run", "sweep", "gate-sequential"))
    assert run - sweep == {"--base", "--dry-run"} and sweep - run == {"--watch", "--poll", "--until-step", "--idle"}
    assert run - gate == {"--base", "--dry-run", "--noise-floor", "--sft-data", "--exclude-contaminated"}
    assert gate - run == {"--policy", "--junit", "--summary", "--badge", "--json"}


def test_help_is_grouped(forgetbench: Call) -> None:
    shown = forgetbench("run", "--help").stdout
    for group in ("What is asked", "Engine", "The fine-tuning"):
        assert group in shown
