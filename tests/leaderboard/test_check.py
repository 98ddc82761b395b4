"""`leaderboard check` tells a submission that holds from forged ones, with the reason."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from submissions import (
    N_ITEMS,
    N_LOST,
    TASKS,
    compared,
    edit_json,
    edit_table,
    evaluated,
    hash_again,
    named,
    submission,
)

from forgetbench.comparison.delta import compare
from forgetbench.errors import InputError
from forgetbench.leaderboard import check_submission, described, submission_folders, write_submission
from forgetbench.records import Margins
from forgetbench.storage.comparisons import save_comparison
from forgetbench.storage.runs import Run

Forge = Callable[[Path], object]


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return submission(tmp_path_factory.mktemp("honest"), parameters="1.5B", link="https://example.org/model")


def test_a_submission_that_holds_is_accepted(honest: Path) -> None:
    checked = check_submission(honest)
    assert (checked.n_items, checked.n_believed) == (len(TASKS) * N_ITEMS, 0)
    assert (checked.file.method, checked.file.parameters) == ("LoRA", 1_500_000_000)
    assert {path.relative_to(honest).as_posix() for path in honest.rglob("*") if path.is_file()} == {
        "submission.yaml", "comparison.json", "items.parquet", "base/manifest.json", "base/samples.parquet",
        "candidate/manifest.json", "candidate/samples.parquet",
    }  # fmt: skip


def in_comparison(change: Callable[[dict[str, Any]], object]) -> Forge:
    return lambda folder: edit_json(folder / "comparison.json", change)


def rejudged(folder: Path, base: Run, candidate: Run, **changes: Any) -> None:
    """What the two runs would give with other settings, in the place of what they gave."""
    comparison, items = compare(base, candidate, **changes)
    save_comparison(folder, comparison, items)
    (folder / "deltas.csv").unlink()


def altered_delta(folder: Path) -> None:
    def change(content: dict[str, Any]) -> None:
        content["overall"]["delta"] += 0.1

    edit_json(folder / "comparison.json", change)


def altered_items(folder: Path) -> None:
    """Items that were lost are kept, and all numbers follow from them."""
    better = evaluated("tuned", N_LOST // 2)
    rejudged(folder, evaluated("base"), better)


def altered_fingerprints(folder: Path) -> None:
    """Another checkpoint's, in the comparison and in the run."""
    edit_json(folder / "comparison.json", lambda content: content["candidate"].update(fingerprint="other"))
    edit_json(folder / "candidate" / "manifest.json", lambda content: content.update(fingerprint="other"))


def swapped_base(folder: Path) -> None:
    """A weaker base, against which less is lost."""
    other = compared(folder.parent / "other", evaluated("weak", N_LOST), evaluated("tuned", N_LOST))
    run = other.parent.parent / "runs" / evaluated("weak", N_LOST).manifest.run_id
    for name in ("manifest.json", "samples.parquet"):
        shutil.copy(run / name, folder / "base" / name)
    shutil.rmtree(folder.parent / "other")


def duplicated_items(folder: Path) -> None:
    edit_table(folder / "items.parquet", lambda items: pd.concat([items, items.tail(5)], ignore_index=True))


def dropped_items(folder: Path) -> None:
    """What was lost is left out of items.parquet, and the numbers follow from the rest."""
    whole = [evaluated("base"), evaluated("tuned", N_LOST)]
    rest = [Run.of(run.manifest, run.samples[run.samples.groupby("task").cumcount() >= N_LOST]) for run in whole]
    rejudged(folder, *rest)


def wrong_suite_version(folder: Path) -> None:
    for path in (folder / "comparison.json", folder / "base/manifest.json", folder / "candidate/manifest.json"):
        edit_json(path, lambda content: content.update(suite_version=7))


def mixed_suite_versions(folder: Path) -> None:
    edit_json(folder / "candidate/manifest.json", lambda content: content.update(suite_version=7))


def mixed_engines(folder: Path) -> None:
    edit_json(folder / "candidate/manifest.json", lambda content: content["engine"].update(version="0.1"))


def items_of_another_run(folder: Path) -> None:
    rejudged(folder, evaluated("base"), evaluated("tuned", 1))


def samples_of_another_run(folder: Path) -> None:
    shutil.copy(folder / "base/samples.parquet", folder / "candidate/samples.parquet")


def loosened_margins(folder: Path) -> None:
    """A loss of a fifth within what may be lost, declared everywhere."""
    loose = dict.fromkeys(("knowledge", "reasoning", "language"), 0.5)
    rejudged(folder, evaluated("base"), evaluated("tuned", N_LOST), margins=Margins(loose))
    for side in ("base", "candidate"):
        edit_json(folder / side / "manifest.json", lambda content: content.update(margins=loose))


def loosened_margins_of_the_comparison_alone(folder: Path) -> None:
    rejudged(folder, evaluated("base"), evaluated("tuned", N_LOST), margins={"knowledge": 0.5})


def wider_level(folder: Path) -> None:
    rejudged(folder, evaluated("base"), evaluated("tuned", N_LOST), alpha=0.3)


def not_measured_any_more(folder: Path) -> None:
    """What was lost is called cut, in the items and in the numbers."""
    runs = [evaluated("base"), evaluated("tuned", N_LOST)]
    lost = runs[1].samples.assign(
        reason=np.where(runs[1].samples["score"] == 0.0, "cut", None),
        score=runs[1].samples["score"].replace(0.0, np.nan),
    )
    rejudged(folder, runs[0], Run.of(runs[1].manifest, lost))


def other_answers(folder: Path) -> None:
    edit_table(folder / "items.parquet", lambda items: items.assign(candidate_response="a better one"))


def linked(name: str) -> Forge:
    def change(folder: Path) -> None:
        target = folder.parent / "elsewhere"
        (folder / name).rename(target)
        (folder / name).symlink_to(target)

    return change


def nan_delta(folder: Path) -> None:
    path = folder / "comparison.json"
    text = path.read_text()
    at = text.index('"overall"')
    start = text.index('"delta": ', at) + len('"delta": ')
    path.write_text(f"{text[:start]}NaN{text[text.index(',', start) :]}")


def escaping(folder: Path) -> None:
    path = folder / "submission.yaml"
    path.write_text(path.read_text().replace("base/manifest.json", "../../base/manifest.json"))


FORGED: dict[str, tuple[Forge, str]] = {
    "altered delta": (altered_delta, "not within its interval|is not candidate less base|not the mean"),
    "altered items": (altered_items, "candidate_score is not that of the runs in 36 items"),
    "altered run fingerprints": (altered_fingerprints, "the candidate's run_id is not that of its checkpoint"),
    "swapped base": (swapped_base, "the base's run_id is "),
    "duplicated items": (duplicated_items, "an item stands twice"),
    "dropped items": (dropped_items, "lacks 72 items of the runs"),
    "wrong suite version": (wrong_suite_version, "suite choices is of version 7, this forgetbench has version 1"),
    "mixed suite versions": (mixed_suite_versions, "mixture: suite_version is 1 in comparison.json and 7"),
    "mixed engines": (mixed_engines, "mixture: engine is "),
    "items of another run": (items_of_another_run, "candidate_score is not that of the runs"),
    "samples of another run": (samples_of_another_run, "is not that of the runs"),
    "a verdict edited": (
        in_comparison(lambda content: content["domains"][0].update(verdict="retained")), "does not follow from"
    ),
    "NaN": (nan_delta, "NaN is no number of JSON"),
    "margins loosened everywhere": (loosened_margins, "the margin of knowledge is 0.5, suite choices declares 0.03"),
    "margins loosened": (loosened_margins_of_the_comparison_alone, "mixture: margins is "),
    "another level": (wider_level, "alpha is 0.3"),
    "losses not measured": (not_measured_any_more, "is not that of the runs"),
    "other answers": (other_answers, "candidate_response is not that of the runs"),
    "no level": (in_comparison(lambda content: content.update(alpha=0.5)), "alpha is 0.5"),
    "a stratum of its own": (
        in_comparison(lambda content: content["strata"].append(
            {"domain": "knowledge", "stratum": "tail", "n_items": 3, "base": 0.5, "candidate": 0.9, "delta": 0.4,
             "ci_low": 0.3, "ci_high": 0.5}
        )), "stratum tail of knowledge is not that of the items",
    ),
    "a link": (linked("items.parquet"), "items.parquet: is a link"),
    "a linked run": (linked("base"), "base: is a link"),
    "a path out of the folder": (escaping, "field 'hashes': must name exactly"),
    "a file of its own": (lambda folder: (folder / "index.html").write_text("<script>"), "index.html is no file of a"),
    "a file missing": (lambda folder: (folder / "base/samples.parquet").unlink(), "base/samples.parquet is missing"),
}  # fmt: skip


@pytest.mark.parametrize("what", FORGED)
def test_a_forged_submission_is_refused_with_the_reason(tmp_path: Path, honest: Path, what: str) -> None:
    """Each is hashed again, so that the hashes hold."""
    forge, reasons = FORGED[what]
    folder = shutil.copytree(honest, tmp_path / honest.name)
    forge(folder)
    if what != "a path out of the folder":
        hash_again(folder)
    with pytest.raises(InputError) as refused:
        check_submission(folder)
    assert any(reason in str(refused.value) for reason in reasons.split("|")), refused.value
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["comparison.json", "items.parquet", "candidate/samples.parquet"])
def test_a_file_that_was_changed_after_it_was_hashed_is_refused(tmp_path: Path, honest: Path, name: str) -> None:
    folder = shutil.copytree(honest, tmp_path / honest.name)
    with (folder / name).open("ab") as stream:
        stream.write(b"\n")
    with pytest.raises(InputError, match=f"field 'hashes.{name}': is not the SHA-256 of the file"):
        check_submission(folder)


MISTAKES = {
    "a script": ({"link": "javascript:alert(1)"}, "link: must be an address"),
    "markup in a link": ({"link": 'https://example.org/"><script>'}, "link: must be an address"),
    "a password in a link": ({"link": "https://bank.example@evil.example/"}, "link: must be an address"),
    "a name that looks like another": ({"link": "https://еxample.org"}, "link: must be an address"),
    "two lines": ({"method": "LoRA\n<b>"}, "method: must be one line"),
    "turned around": ({"submitter": "abc\u202edef"}, "submitter: must be one line"),
    "a long name": ({"submitter": "x" * 81}, "submitter: string should have at most 80"),
    "no number": ({"parameters": "many"}, "parameters: input should be a valid integer"),
    "less than none": ({"parameters": -1}, "parameters: input should be greater than 0"),
    "no licence": ({"licence": "<MIT>"}, "licence: string should match"),
    "what nobody knows": ({"score": 1.0}, "score: extra inputs are not permitted"),
}


@pytest.mark.parametrize("what", MISTAKES)
def test_what_a_submission_says_of_itself_is_checked(what: str) -> None:
    told, why = MISTAKES[what]
    with pytest.raises(InputError) as refused:
        described(told)
    assert f"--{why}".lower() in str(refused.value).lower()


def test_a_limited_run_and_a_base_against_itself_are_not_submitted(tmp_path: Path) -> None:
    pairs = {
        "limited to 20 items": (named(evaluated("base", limit=20)), named(evaluated("tuned", N_LOST, limit=20))),
        "one checkpoint": (evaluated("base"), named(evaluated("again", fingerprint="weights-base"))),
    }
    for why, (base, candidate) in pairs.items():
        with pytest.raises(InputError, match=why):
            submission(tmp_path / why, base, candidate)
        assert not (tmp_path / why / "submissions").exists()


def test_what_is_refused_is_named_as_it_was_given(tmp_path: Path) -> None:
    """The copy that was checked is gone when somebody reads why; the folder of submissions was not there before."""
    base, candidate = (evaluated(name, lost, suite_version=7) for name, lost in (("base", 0), ("tuned", N_LOST)))
    comparison = compared(tmp_path / "results", base, candidate)
    with pytest.raises(InputError) as refused:
        write_submission(comparison, tmp_path / "new" / "submissions", described({}))
    assert str(refused.value) == (
        f"{comparison}: suite choices is of version 7, this forgetbench has version 1; run both again"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


def test_a_submission_needs_its_runs(tmp_path: Path) -> None:
    comparison = compared(tmp_path / "results", evaluated("base"), evaluated("tuned", N_LOST))
    shutil.rmtree(tmp_path / "results" / "runs")
    with pytest.raises(InputError, match=r"manifest.json: no such file; a submission has its two runs with it"):
        write_submission(comparison, tmp_path / "submissions", described({}))


def test_a_folder_of_submissions_is_checked_one_by_one(tmp_path: Path, honest: Path) -> None:
    assert submission_folders(honest) == [honest] == submission_folders(honest.parent)
    with pytest.raises(InputError, match="no submissions here"):
        submission_folders(tmp_path)


def test_a_run_whose_answers_were_read_again_holds(tmp_path: Path) -> None:
    from forgetbench.fingerprint import digest

    def again(run: Run) -> Run:
        old = run.manifest
        suite = digest([(info.fingerprint, info.name) for info in old.tasks])
        run_id = f"{old.name}-choices-native-rescored-{digest([old.run_id, suite])[:10]}"
        changed = replace(old, run_id=run_id, suite_fingerprint=suite, rescored_from=old.run_id)
        return Run.of(changed, run.samples)

    folder = submission(tmp_path, again(evaluated("base")), again(evaluated("tuned", N_LOST)))
    assert check_submission(folder).n_believed == 0
