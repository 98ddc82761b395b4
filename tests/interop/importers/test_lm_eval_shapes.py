"""Whatever 0.4.x wrote the log, and however its files lie, the items are the same."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from lm_eval_logs import as_of_0_4_2, as_of_0_4_4, example, imported, results_of, rewritten, rows_of, write_rows

from forgetbench.comparison.delta import compare
from forgetbench.errors import InputError
from forgetbench.interop.importers.log import ByTask, Choices
from forgetbench.storage.runs import Run

WHAT_COUNTS = [
    "task", "item_id", "cluster", "doc_hash", "prompt_hash", "score", "gold", "choices", "loglikelihoods", "responses"
]  # fmt: skip


def items(run: Run, task: str | None = None) -> pd.DataFrame:
    samples = run.samples
    return (samples if task is None else samples[samples["task"] == task])[WHAT_COUNTS].reset_index(drop=True)


@pytest.mark.parametrize("older", [as_of_0_4_4, as_of_0_4_2])
def test_logs_of_older_versions_hold_the_same_items(older: object, tmp_path: Path) -> None:
    old = imported(older(example("base"), tmp_path / "old"))  # type: ignore[operator]
    new = imported(example("base"))
    pd.testing.assert_frame_equal(items(old), items(new))
    assert [info.fingerprint for info in old.manifest.tasks] == [info.fingerprint for info in new.manifest.tasks]
    assert old.manifest.where == new.manifest.where == "example/base"


def test_an_old_log_and_a_new_one_are_paired(tmp_path: Path) -> None:
    old = imported(as_of_0_4_2(example("base"), tmp_path / "old"), "base")
    comparison, table = compare(old, imported(example("tuned"), "tuned"), resamples=100)
    assert table["reason"].isna().all()
    assert all(row.n_kept == row.n_prompts_equal for row in comparison.pairing)


def test_filters_that_rows_do_not_name_are_told_by_their_order(tmp_path: Path) -> None:
    old = as_of_0_4_4(example("base"), tmp_path / "old")
    path, rows = rows_of(old, "sums")
    for row in rows[:6]:
        row["exact_match"] = 1.0
    write_rows(path, rows)
    scores = {
        name: items(imported(old, choices=Choices(filters=ByTask((("sums", name),)))), "sums")["score"].tolist()
        for name in ("strict-match", "flexible-extract")
    }
    assert scores == {"strict-match": [1.0] * 6, "flexible-extract": [0.0] * 6}


def test_the_results_of_simple_evaluate_hold_their_samples(tmp_path: Path) -> None:
    _, content = results_of(example("base"))
    content["samples"] = {task: rows_of(example("base"), task)[1] for task in content["configs"]}
    (tmp_path / "results.json").write_text(json.dumps(content))
    pd.testing.assert_frame_equal(items(imported(tmp_path)), items(imported(example("base"))))


def test_a_results_file_of_several_models_asks_which(tmp_path: Path) -> None:
    contents = {}
    for name in ("base", "tuned"):
        _, content = results_of(example(name))
        content["samples"] = {task: rows_of(example(name), task)[1] for task in content["configs"]}
        contents[name] = {key: value for key, value in content.items() if key != "model_name"}
    path = tmp_path / "results_all.json"
    path.write_text(json.dumps(contents))
    with pytest.raises(InputError, match="logs of 2 models: base, tuned; choose one with --model"):
        imported(path)
    pd.testing.assert_frame_equal(
        items(imported(path, choices=Choices(model="tuned"))), items(imported(example("tuned")))
    )


def test_a_folder_of_several_models_asks_which(tmp_path: Path) -> None:
    for name in ("base", "tuned"):
        shutil.copytree(example(name), tmp_path / f"example__{name}")
    with pytest.raises(InputError, match="--model"):
        imported(tmp_path)
    assert imported(tmp_path, choices=Choices(model="example__tuned")).manifest.where == "example/tuned"
    with pytest.raises(InputError, match="no logs of model 'other'; it has those of example/base, example/tuned"):
        imported(tmp_path, choices=Choices(model="other"))


def test_the_newest_of_several_evaluations_is_taken(tmp_path: Path) -> None:
    shutil.copytree(example("base"), tmp_path / "logs")
    for path in example("tuned").iterdir():
        text = path.read_text(encoding="utf-8").replace("example/tuned", "example/base")
        (tmp_path / "logs" / path.name).write_text(text, encoding="utf-8")
    run = imported(tmp_path / "logs")
    pd.testing.assert_frame_equal(items(run), items(imported(example("tuned"))))
    assert any("the newest is taken" in warning for warning in run.manifest.warnings)


def test_samples_alone_are_no_log() -> None:
    path, _ = rows_of(example("base"), "seas")
    with pytest.raises(InputError, match=r"holds samples alone; give the results file beside it"):
        imported(path)


def test_what_has_no_samples_is_left_out_and_listed(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    shutil.copytree(example("base"), folder)
    rows_of(folder, "sums")[0].unlink()
    run = imported(folder)
    assert "sums" not in {info.name for info in run.manifest.tasks}
    assert "left out: sums: no samples of it were written; evaluate with --log_samples" in run.manifest.warnings
    for path in folder.glob("samples_*"):
        path.unlink()
    with pytest.raises(InputError, match=r"no task could be imported: .*--log_samples"):
        imported(folder)


def test_tasks_and_domains_are_chosen_by_pattern() -> None:
    choices = Choices(tasks=("s*",), domains=ByTask((("sea*", "knowledge"),)))
    run = imported(example("base"), choices=choices)
    assert {info.name: info.domain for info in run.manifest.tasks} == {
        "seas": "knowledge", "sums": "sums", "sampled": "sampled"
    }  # fmt: skip


def test_rows_that_are_not_those_of_the_results_are_told(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    shutil.copytree(example("base"), folder)
    path, rows = rows_of(folder, "seas")
    write_rows(path, rows[:-1])
    warnings = imported(folder).manifest.warnings
    assert "seas: 5 documents are logged, 6 were asked" in warnings
    assert "seas: its samples are not those that its results are of (task_hashes differ)" in warnings
    assert any(warning.startswith("seas: the samples' mean acc is") for warning in warnings)


def test_items_whose_document_target_or_prompt_differ_are_not_paired(tmp_path: Path) -> None:
    def changed(row: dict[str, object]) -> dict[str, object]:
        if "options" in row["doc"]:  # type: ignore[operator]
            field = {0: "doc_hash", 1: "target_hash", 2: "prompt_hash"}.get(row["doc_id"])  # type: ignore[call-overload]
            row |= {field: "0" * 64} if field else {}
        return row

    other = imported(rewritten(example("tuned"), tmp_path / "other", row=changed), "tuned")
    _, table = compare(imported(example("base"), "base"), other, resamples=100)
    reasons = table[table["task"] == "capitals"].set_index("item_id")["reason"].dropna().to_dict()
    assert reasons == {
        "capitals/0": "the documents differ",
        "capitals/1": "the documents differ",
        "capitals/2": "the prompts differ",
    }


def test_likelihoods_that_are_no_numbers_are_never_a_score(tmp_path: Path) -> None:
    def broken(row: dict[str, object]) -> dict[str, object]:
        if "options" in row["doc"] and row["doc_id"] == 3:  # type: ignore[operator]
            row["filtered_resps"] = [["nan", "False"], *row["filtered_resps"][1:]]  # type: ignore[index]
        if "text" in row["doc"] and row["doc_id"] == 1:  # type: ignore[operator]
            row |= {"filtered_resps": ["-inf"], "bits_per_byte": [float("-inf"), 39]}
        return row

    samples = imported(rewritten(example("base"), tmp_path / "broken", row=broken)).samples
    unmeasured = samples[samples["score"].isna()]
    assert unmeasured["item_id"].tolist() == ["capitals/3", "texts/1"]
    assert set(unmeasured["reason"]) == {"non-finite log-likelihood"}


def test_rows_of_repeats_are_one_item(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    shutil.copytree(example("base"), folder)
    path, rows = rows_of(folder, "sums")
    write_rows(path, [row | {"exact_match": score} for score in (1.0, 0.0, 0.0, 1.0) for row in rows])
    sums = imported(folder).samples.query("task == 'sums'")
    assert len(sums) == 6
    assert sums["score"].tolist() == [0.5] * 6
    assert {len(responses) for responses in sums["responses"]} == {4}


def test_less_is_better_is_turned_round_and_other_scales_are_refused(tmp_path: Path) -> None:
    def results(content: dict[str, object]) -> dict[str, object]:
        content["higher_is_better"]["sampled"] = {"has_digit": False}  # type: ignore[index]
        return content

    def row(content: dict[str, object]) -> dict[str, object]:
        return content | ({"acc": 40.0} if "acc" in content and "acc_norm" not in content else {})

    run = imported(rewritten(example("base"), tmp_path / "logs", results, row))
    plain = imported(example("base")).samples.query("task == 'sampled'")["score"]
    assert run.samples.query("task == 'sampled'")["score"].tolist() == pytest.approx((1 - plain).tolist())
    assert any("left out: seas: no metric can be its score: 'acc' reaches 40" in text for text in run.manifest.warnings)


def test_an_imported_run_is_never_paired_with_one_of_our_own(tmp_path: Path) -> None:
    base, tuned = imported(example("base"), "base"), imported(example("tuned"), "tuned")
    ours = dataclasses.replace(tuned.manifest, imported_from=None, engine={"name": "vllm"})
    with pytest.raises(InputError, match=r"evaluated by lm-eval and forgetbench itself, .* run both here"):
        compare(base, Run(ours, tuned.table))


def test_logs_that_say_otherwise_are_refused_and_those_that_do_not_say_are_not(tmp_path: Path) -> None:
    def with_config(**fields: object) -> Run:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        return imported(
            rewritten(example("tuned"), folder, lambda content: content | {**changed(content, fields)}), "tuned"
        )

    def changed(content: dict[str, object], fields: dict[str, object]) -> dict[str, object]:
        config = {**content["config"], **fields}  # type: ignore[dict-item]
        return {"config": config, "model_source": config["model"]}

    base = imported(example("base"), "base")
    compare(base, with_config(model_dtype=None, model_args="pretrained=example/tuned,dtype=auto"), resamples=50)
    with pytest.raises(
        InputError, match=r"differ in backend hf vs vllm; engine dtype float32 vs bfloat16; evaluate both"
    ):
        compare(base, with_config(model_dtype="torch.bfloat16", model="vllm"))
    with pytest.raises(InputError, match=r"differ in limit None vs 10;"):
        compare(base, with_config(limit=10.0))
    with pytest.raises(InputError, match=r"tasks only in the base: capitals, sampled, seas.*with --task"):
        compare(base, imported(example("tuned"), choices=Choices(tasks=("sums", "texts"))))
