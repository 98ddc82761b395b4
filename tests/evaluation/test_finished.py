"""The same command again only prints; anything that may change the outcome takes the long way."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from forgetbench import lm_eval_bridge
from forgetbench.engines.scripted import scripted_checkpoint
from forgetbench.evaluation import finished
from forgetbench.evaluation.finished import Command, Finished, inputs_digest, recall, remember
from forgetbench.fingerprint import file_digest
from forgetbench.models.checkpoints import Consent, resolve
from forgetbench.pipeline import Options, Outcome, run_checkpoints
from forgetbench.storage.ledger import Ledger
from forgetbench.suites.suite import load_suite, suite_of_tasks


@pytest.fixture
def options(tiny_tasks: Path, tmp_path: Path) -> Options:
    return Options(results=tmp_path / "results", suite=str(tiny_tasks / "tiny-suite.yml"), engine="scripted")


@pytest.fixture
def command(tiny_tasks: Path, options: Options) -> Command:
    suite, folder = load_suite(str(tiny_tasks / "tiny-suite.yml"))
    return Command(scripted_checkpoint("a"), (scripted_checkpoint("b"),), suite, folder, asdict(options))


def digest_of(command: Command) -> str | None:
    return inputs_digest(command, file_digest)


def with_options(command: Command, **changes: Any) -> Command:
    return replace(command, options={**command.options, **changes})


# --- the whole command ------------------------------------------------------------------------


def contents(folder: Path) -> dict[str, bytes]:
    """The content of every file in a results folder but the ledger's own."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".ledger")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def assert_same(again: Outcome, first: Outcome) -> None:
    assert again.comparisons == first.comparisons
    assert again.trajectories == first.trajectories
    assert len(again.runs) == len(first.runs)
    for here, there in zip(again.runs, first.runs, strict=True):
        assert here.manifest == there.manifest
        assert here.samples.equals(there.samples)


@pytest.mark.parametrize("base", ["a", None], ids=["compared", "alone"])
def test_the_same_command_again_plans_and_writes_nothing(
    options: Options, base: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run_checkpoints(["b", "c"], base, options)
    written = contents(options.results)
    monkeypatch.setattr(lm_eval_bridge, "load_tasks", None)
    assert_same(run_checkpoints(["b", "c"], base, options), first)
    assert contents(options.results) == written


def test_a_changed_or_missing_file_is_written_again(options: Options) -> None:
    first = run_checkpoints(["b"], "a", options)
    written = contents(options.results)
    (_, folder) = first.comparisons[0]
    (folder / "report.md").write_text("edited")
    shutil.rmtree(options.results / "runs" / first.runs[0].manifest.run_id)
    run_checkpoints(["b"], "a", options)
    assert contents(options.results).keys() == written.keys()
    assert (folder / "report.md").read_text() != "edited"


def test_a_second_process_prints_the_same_and_imports_nothing_heavy(forgetbench: Callable[..., Any]) -> None:
    arguments = ("run", "--engine", "scripted", "--task", "knowledge_choice", "--limit", "5", "--base", "a", "b")
    first, again = forgetbench(*arguments), forgetbench(*arguments, PYTHONPROFILEIMPORTTIME="1")
    assert first.returncode == again.returncode == 0, first.stderr
    assert again.stdout == first.stdout
    imported = {line.rpartition("|")[2].strip() for line in again.stderr.splitlines()}
    assert not {"lm_eval", "pandas", "scipy", "torch", "transformers", "matplotlib"} & imported


# --- what is remembered -----------------------------------------------------------------------


def test_recalled_only_while_every_file_is_as_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "one"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text("{}")
    (folder / "engine.log").write_text("first")
    outcome = Finished(runs=("one",))
    with Ledger(tmp_path / ".ledger.sqlite") as ledger:
        remember(ledger, tmp_path, "inputs", outcome)
        (folder / "engine.log").write_text("a log is not part of the outcome")
        assert recall(ledger, tmp_path, "inputs") == outcome
        assert recall(ledger, tmp_path, "other inputs") is None
        (folder / "manifest.json").write_text('{"edited": true}')
        assert recall(ledger, tmp_path, "inputs") is None
        (folder / "manifest.json").unlink()
        assert recall(ledger, tmp_path, "inputs") is None


# --- what decides the outcome -----------------------------------------------------------------


def test_equal_commands_have_equal_inputs(command: Command, tmp_path: Path) -> None:
    assert digest_of(command) == digest_of(replace(command))
    assert digest_of(command) == digest_of(with_options(command, results=tmp_path / "elsewhere"))


@pytest.mark.parametrize(
    "change",
    [
        lambda c: replace(c, base=None),
        lambda c: replace(c, checkpoints=(scripted_checkpoint("c"),)),
        lambda c: replace(c, checkpoints=(scripted_checkpoint("other=b"),)),
        lambda c: replace(c, suite=c.suite.model_copy(update={"margins": {"knowledge": 0.1}})),
        lambda c: with_options(c, seed=1),
        lambda c: with_options(c, limit=3),
        lambda c: with_options(c, noise_floor=True),
        lambda c: with_options(c, protocols=("native", "completion")),
        lambda c: with_options(c, engine="transformers"),
        lambda c: with_options(c, dtype="float32"),
    ],
    ids="base checkpoint name margins seed limit noise protocol engine dtype".split(),
)
def test_another_command_has_other_inputs(command: Command, change: Callable[[Command], Command]) -> None:
    assert digest_of(change(command)) not in (None, digest_of(command))


@pytest.mark.parametrize("name", ["capitals.jsonl", "tiny_open.yaml", "utils.py"])
def test_an_edited_task_has_other_inputs(command: Command, tiny_tasks: Path, name: str) -> None:
    before = digest_of(command)
    with (tiny_tasks / name).open("a") as stream:
        stream.write("\n")
    assert digest_of(command) not in (None, before)


def test_training_data_count_by_their_content(command: Command, tmp_path: Path) -> None:
    data = tmp_path / "data.jsonl"
    told = with_options(command, sft_data=data)
    assert digest_of(told) is None, "the long way says that the file is missing"
    data.write_text("one")
    one = digest_of(told)
    data.write_text("two")
    assert len({digest_of(command), one, digest_of(told)}) == 3


def test_other_libraries_and_other_code_have_other_inputs(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    before = digest_of(command)
    monkeypatch.setattr(finished, "_version", lambda library: "0")
    updated = digest_of(command)
    assert len({before, updated, inputs_digest(command, lambda path: file_digest(path) + "edited")}) == 3


def test_the_files_beside_a_checkpoints_weights_count(command: Command, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"weights")

    def inputs() -> str | None:
        return digest_of(replace(with_options(command, engine="vllm"), checkpoints=(resolve(str(folder)),)))

    before = inputs()
    (folder / "trainer_state.json").write_text('{"global_step": 10, "log_history": []}')
    assert inputs() not in (None, before)


# --- what cannot be seen ----------------------------------------------------------------------


def test_served_models_and_code_of_a_checkpoint_are_not_remembered(command: Command) -> None:
    assert digest_of(with_options(command, engine="openai")) is None
    assert digest_of(with_options(command, consent=asdict(Consent(remote_code=True)))) is None


def test_tasks_of_lm_eval_itself_are_not_remembered(command: Command) -> None:
    embedded = replace(command, suite=suite_of_tasks(["knowledge_open"], None), folder=None)
    assert digest_of(embedded) is not None
    assert digest_of(replace(embedded, suite=suite_of_tasks(["knowledge_open", "arc_easy"], None))) is None


@pytest.mark.parametrize(
    ("changes", "seen"),
    [
        ({"dataset_path": "json"}, True),
        ({"dataset_path": "allenai/ai2_arc"}, False),
        ({"dataset_kwargs": {"data_files": {"test": "../capitals.jsonl"}}}, False),
        ({"dataset_kwargs": {"data_files": ["/data/capitals.jsonl"]}}, False),
        ({"dataset_kwargs": {"data_files": "https://example.org/capitals.jsonl"}}, False),
        ({"include": "shared_yaml"}, True),
        ({"include": "../shared.yaml"}, False),
        ({"include": ["shared"]}, False),
        ({"dataset_kwargs": "malformed"}, True),
    ],
)
def test_a_task_whose_data_are_elsewhere_is_not_remembered(
    command: Command, tiny_tasks: Path, changes: dict[str, Any], seen: bool
) -> None:
    path = tiny_tasks / "tiny_open.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), **changes}))
    assert (digest_of(command) is not None) == seen


def test_functions_that_a_task_names_are_not_run(command: Command, tiny_tasks: Path) -> None:
    with (tiny_tasks / "tiny_open.yaml").open("a") as stream:
        stream.write("process_results: !function utils.missing\n")
    assert digest_of(command) is not None


def test_a_suite_in_a_large_folder_is_not_remembered(
    command: Command, tiny_tasks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finished, "_MAX_BYTES", 1000)
    assert digest_of(command) is None
    monkeypatch.undo()
    monkeypatch.setattr(finished, "_MAX_FILES", 3)
    assert digest_of(command) is None


def test_results_beside_the_suite_do_not_count(command: Command, tiny_tasks: Path) -> None:
    results = tiny_tasks / "results"
    inside = with_options(command, results=results)
    before = digest_of(inside)
    results.mkdir()
    (results / "anything").write_text("new")
    assert digest_of(inside) == before
