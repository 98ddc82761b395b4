"""The sequential gate over checkpoints whose right answers are known, through the same run as any other."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from forgetbench import pipeline
from forgetbench.comparison.checked import load_checked
from forgetbench.engines.scripted import ScriptedEngine, _hash
from forgetbench.errors import IncomparableError, InputError
from forgetbench.evaluation.options import EvaluationOptions
from forgetbench.gate import Gate, Policy, decide
from forgetbench.gate.sequential import SequentialResult
from forgetbench.gate.sequential.base_knowledge import adjusted_deltas, sureness
from forgetbench.gate.sequential.tries import alpha_share
from forgetbench.progress import Progress
from forgetbench.records import Looks, Request, Response, Sample
from forgetbench.storage.comparisons import load_comparison
from forgetbench.storage.runs import load_run

N_ITEMS = 800
TASK = """\
task: NAME
dataset_path: json
dataset_kwargs: {data_files: {test: NAME.jsonl}}
test_split: test
output_type: generate_until
doc_to_text: "{{prompt}}"
doc_to_target: "{{gold}}"
generation_kwargs: {until: ["."], max_gen_toks: 4}
metric_list: [{metric: exact_match, aggregation: mean, higher_is_better: true}]
metadata: {domain: knowledge, chance: 0.0, version: 1}
"""


class Knowing(ScriptedEngine):
    """Right on most questions; a checkpoint called forgets-S or learns-S changes its mind on about the share S."""

    asked = 0

    def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
        for request in requests:
            type(self).asked += 1
            text = bytes(request.prompt).decode()
            right = _chance(text, "base") < 0.7
            what, _, share = self._words[request.checkpoint].partition("-")
            if share and _chance(text, what) < float(share):
                right = what == "learns"
            yield Response(request.key, samples=(Sample("yes" if right else "no", "stop", 1),))


def _chance(text: str, salt: str) -> float:
    return _hash(f"{salt}/{text}".encode()) / 2**64


@pytest.fixture
def options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EvaluationOptions:
    for name, n_items in (("facts", N_ITEMS), ("sums", N_ITEMS // 2)):
        prompts = {f"{name}-{number}": f"{name}: is {number} a number?" for number in range(n_items)}
        rows = [{"item_id": item_id, "prompt": prompt, "gold": "yes"} for item_id, prompt in prompts.items()]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
        (tmp_path / f"{name}.yaml").write_text(TASK.replace("NAME", name))
    suite = "name: small\nmargins: {knowledge: 0.05}\ndomains: {knowledge: [facts, sums]}\n"
    (tmp_path / "small.yaml").write_text(suite)
    monkeypatch.setattr(Knowing, "asked", 0)
    return EvaluationOptions(results=tmp_path / "results", suite=str(tmp_path / "small.yaml"))


def gated(candidate: str, options: EvaluationOptions, policy: Policy = Policy()) -> SequentialResult:
    return pipeline.gate_sequential("base", candidate, policy, evaluation=options, engine=Knowing())[0]


def test_a_clear_loss_is_told_from_few_items(options: EvaluationOptions) -> None:
    result = gated("forgets-0.25", options)
    assert result.gate.outcome == "regressed"
    assert result.comparison.looks is not None
    assert result.comparison.looks.share_asked <= 0.4
    (row,) = result.comparison.domains
    assert row.estimate is not None and row.estimate.ci_high < 0
    # Base and candidate were asked the same items, and nothing else was asked.
    assert Knowing.asked == 2 * sum(asked for asked, _ in result.comparison.looks.asked.values())


def test_no_change_is_told_from_few_items(options: EvaluationOptions) -> None:
    result = gated("forgets-0.0", options)
    assert result.gate.outcome == "passed"
    assert result.comparison.looks is not None and result.comparison.looks.share_asked <= 0.4
    assert result.comparison.domains[0].judgement.verdict == "retained"


def test_what_stays_open_takes_every_item_and_ends_inconclusive(options: EvaluationOptions) -> None:
    result = gated("forgets-0.0", options, Policy(margins={"knowledge": 0.001}))
    assert result.comparison.looks is not None
    assert (result.comparison.looks.share_asked, result.gate.outcome) == (1.0, "inconclusive")


def test_the_base_is_not_asked_again(options: EvaluationOptions) -> None:
    pipeline.run("base", evaluation=options, engine=Knowing())
    before = Knowing.asked
    result = gated("forgets-0.26", options)
    assert result.comparison.looks is not None
    assert Knowing.asked - before == sum(count for count, _ in result.comparison.looks.asked.values())


def test_a_finished_run_of_the_base_stands_for_it(options: EvaluationOptions) -> None:
    pipeline.run("base", evaluation=options, engine=Knowing())
    (folder,) = (options.results / "runs").iterdir()
    asked = Knowing.asked
    result, out = pipeline.gate_sequential(str(folder), "forgets-0.25", evaluation=options, engine=Knowing())
    assert result.comparison.looks is not None
    assert Knowing.asked - asked == sum(count for count, _ in result.comparison.looks.asked.values())
    against = gated("forgets-0.25", options).comparison
    assert result.comparison.domains == against.domains
    assert (out / "report.html").is_file()


def test_a_finished_run_of_the_base_tells_of_the_items_that_were_not_asked(options: EvaluationOptions) -> None:
    """Only what the base has right can be lost, so the share of it among all items is worth items of the candidate."""
    pipeline.run("base", evaluation=options, engine=Knowing())
    (folder,) = (options.results / "runs").iterdir()
    result, out = pipeline.gate_sequential(str(folder), "forgets-0.25", evaluation=options, engine=Knowing())
    (row,), looks = result.comparison.domains, result.comparison.looks
    assert looks is not None and row.estimate is not None and looks.share_asked < 0.5
    adjusted = looks.adjusted["knowledge"]
    assert adjusted.delta == pytest.approx(-0.7 * 0.25, abs=0.05)
    assert adjusted.ci_low < adjusted.delta < adjusted.ci_high < 0.0
    assert adjusted.worth > 1.02
    assert adjusted.ci_high - adjusted.ci_low < row.estimate.ci_high - row.estimate.ci_low
    assert load_comparison(out).looks == looks
    assert "for the base's answers to what was not asked: knowledge" in (out / "report.md").read_text()
    without = gated("forgets-0.25", options).comparison.looks
    assert without is not None and not without.adjusted


def test_an_item_that_could_not_be_measured_leaves_its_task_as_it_is(options: EvaluationOptions) -> None:
    pipeline.run("base", evaluation=options, engine=Knowing())
    (folder,) = (options.results / "runs").iterdir()
    result, _ = pipeline.gate_sequential(str(folder), "forgets-0.25", evaluation=options, engine=Knowing())
    base = load_run(folder)
    assert adjusted_deltas(result.comparison, result.items, base) == result.comparison.looks.adjusted  # type: ignore[union-attr]
    missing = result.items.copy()
    missing.loc[missing.groupby("task").head(1).index, "reason"] = "candidate: no answer"
    assert adjusted_deltas(result.comparison, missing, base) == {}


def test_a_run_of_another_suite_or_of_the_candidate_itself_is_refused(options: EvaluationOptions) -> None:
    pipeline.run("base", evaluation=options, engine=Knowing())
    (folder,) = (options.results / "runs").iterdir()
    baseline, asked = load_run(folder), Knowing.asked
    with pytest.raises(IncomparableError, match="limit None vs 5"):
        pipeline.gate_sequential(baseline, "forgets-0.25", evaluation=replace(options, limit=5), engine=Knowing())
    with pytest.raises(InputError, match="is the base itself"):
        pipeline.gate_sequential(baseline, "base", evaluation=options, engine=Knowing())
    assert Knowing.asked == asked


def test_a_limit_on_a_share_takes_every_item(options: EvaluationOptions) -> None:
    result = gated("forgets-0.0", options, Policy(gates={"knowledge": Gate(min_score=0.2)}))
    assert result.comparison.looks is not None and result.comparison.looks.share_asked == 1.0


def test_a_policy_that_gates_nothing_of_the_suite_is_refused(options: EvaluationOptions) -> None:
    with pytest.raises(InputError, match="nothing of suite small gates"):
        gated("forgets-0.0", options, Policy(domains=["reasoning"]))


def test_it_leaves_a_comparison_that_the_other_commands_read(options: EvaluationOptions) -> None:
    _, folder = pipeline.gate_sequential("base", "forgets-0.25", evaluation=options, engine=Knowing())
    stored = load_comparison(folder)
    assert folder.name.endswith("-sequential")
    assert stored.looks is not None and stored.looks.taken < stored.looks.planned
    assert "Sequential" in (folder / "report.md").read_text()


def test_one_protocol_at_a_time(options: EvaluationOptions) -> None:
    with pytest.raises(InputError, match="--protocol"):
        gated("forgets-0.1", replace(options, protocol="both"))


def test_a_name_that_the_suite_does_not_have_is_refused_before_anything_is_asked(options: EvaluationOptions) -> None:
    with pytest.raises(InputError, match=r"'margins\.knowlege': unknown domain 'knowlege'; did you mean 'knowledge'"):
        gated("forgets-0.25", options, Policy(margins={"knowlege": 0.1}))
    assert Knowing.asked == 0


def test_a_domain_of_the_suite_that_does_not_gate_may_be_named(options: EvaluationOptions, tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text("name: small\ndomains: {knowledge: [facts], safety: [sums]}\n")
    sums = TASK.replace("NAME", "sums").replace("domain: knowledge", "domain: safety")
    (tmp_path / "sums.yaml").write_text(sums)
    policy = Policy(domains=["knowledge"], margins={"knowledge": 0.05, "safety": 0.1})
    found = gated("forgets-0.25", options, policy)
    assert found.gate.outcome == "regressed"
    assert found.comparison.looks is not None and set(found.comparison.looks.asked) == {"knowledge"}


def test_how_sure_a_model_is_of_the_right_option() -> None:
    """Log-likelihoods log 1 and log 3 are 25 and 75 % of the two; a free answer is as sure as its score."""
    rows = [
        (0.0, "a", ["a", "b"], [0.0, math.log(3.0)]),
        (1.0, "b", ["a", "b"], [0.0, math.log(3.0)]),
        (1.0, "yes", [], []),
        (None, "a", ["a", "b"], [0.0, 0.0]),
    ]
    samples = pd.DataFrame(rows, columns=["score", "gold", "choices", "loglikelihoods"])
    assert sureness(samples) == pytest.approx([0.25, 0.75, 1.0, math.nan], nan_ok=True)


# --- tries ------------------------------------------------------------------------------------


def tried(options: EvaluationOptions) -> list[dict[str, object]]:
    (path,) = (options.results / "tries").glob("*.json")
    return list(json.loads(path.read_text())["tries"])


def looks_of(result: SequentialResult) -> Looks:
    assert result.comparison.looks is not None
    return result.comparison.looks


def test_the_same_try_again_gives_the_same_and_pays_nothing(options: EvaluationOptions) -> None:
    first = gated("forgets-0.03", options)
    asked = Knowing.asked
    again = gated("forgets-0.03", options)
    assert Knowing.asked == asked
    assert replace(again.comparison, created="") == replace(first.comparison, created="")
    assert (looks_of(again).tries, looks_of(again).alpha_share, again.comparison.alpha) == (1, 1.0, 0.05)
    (one,) = tried(options)
    assert (one["outcome"], one["looks"]) == (first.gate.outcome, looks_of(first).taken)
    assert one["comparison_id"] == first.comparison.comparison_id


def test_another_seed_limit_or_suite_is_another_try_and_pays(options: EvaluationOptions, tmp_path: Path) -> None:
    gated("forgets-0.0", options)
    other = tmp_path / "other.yaml"
    other.write_text("name: other\nmargins: {knowledge: 0.05}\ndomains: {knowledge: [facts]}\n")
    for number, change in enumerate(({"seed": 7}, {"limit": 300}, {"suite": str(other)}), 2):
        notes: list[str] = []
        progress = Progress(note=notes.append)
        result, folder = pipeline.gate_sequential(
            "base", "forgets-0.0", evaluation=replace(options, **change), engine=Knowing(),
            progress=progress,
        )  # fmt: skip
        looks = looks_of(result)
        assert (looks.tries, looks.alpha_share) == (number, 10.0 ** (1 - number))
        assert result.comparison.alpha == 0.05 * looks.alpha_share
        assert [f"try {number} at this candidate" in note for note in notes].count(True) == 1
        assert f"tested at alpha / {10 ** (number - 1)}" in (folder / "report.md").read_text()
        stored = load_checked(folder, intervals=True)
        assert decide(stored).outcome == result.gate.outcome
        assert [row.judgement for row in decide(stored).rows] == [row.judgement for row in result.gate.rows]
    # The first once more, and the third: each keeps its number.
    assert looks_of(gated("forgets-0.0", options)).tries == 1
    assert looks_of(gated("forgets-0.0", replace(options, limit=300))).tries == 3
    assert [one["seed"] for one in tried(options)] == [0, 7, 0, 0]
    # Another candidate has tries of its own.
    gated("forgets-0.25", options)
    assert len(list((options.results / "tries").glob("*.json"))) == 2


def test_the_order_of_the_blocks_is_the_candidate_s_own(options: EvaluationOptions) -> None:
    def first_asked(candidate: str, **changes: Any) -> set[str]:
        result = gated(candidate, replace(options, **changes))
        assert looks_of(result).taken < 20
        return set(result.items["item_id"])

    one = first_asked("forgets-0.25")
    assert first_asked("forgets-0.25", seed=5) >= one or first_asked("forgets-0.25", seed=5) <= one
    assert first_asked("forgets-0.26") != one


def test_a_try_that_is_broken_off_counts(options: EvaluationOptions, monkeypatch: pytest.MonkeyPatch) -> None:
    """Written down before anything is asked, and left whole where writing its end is broken off."""

    def broken(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("forgetbench.gate.sequential.decide._look", broken)
        with pytest.raises(KeyboardInterrupt):
            gated("forgets-0.25", options)
    assert [(one["seed"], one["outcome"]) for one in tried(options)] == [(0, None)]
    assert looks_of(gated("forgets-0.25", replace(options, seed=1))).tries == 2
    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", broken)
        with pytest.raises(KeyboardInterrupt):
            gated("forgets-0.25", options)
    assert [(one["seed"], one["outcome"]) for one in tried(options)] == [(0, None), (1, "regressed")]
    assert looks_of(gated("forgets-0.25", options)).tries == 1
    assert [one["outcome"] for one in tried(options)] == ["regressed", "regressed"]


def test_a_record_that_cannot_be_read_is_said_and_whoever_removes_it_starts_anew(options: EvaluationOptions) -> None:
    gated("forgets-0.25", options)
    (path,) = (options.results / "tries").glob("*.json")
    path.write_text("{")
    with pytest.raises(InputError, match="tries are counted anew") as refused:
        gated("forgets-0.25", replace(options, seed=1))
    assert "\n" not in str(refused.value)
    path.unlink()
    assert looks_of(gated("forgets-0.25", replace(options, seed=1))).tries == 1


def test_a_hundred_tries_stay_near_alpha_together() -> None:
    """1 + 1/10 + 1/100 + ... is 10/9; from the eleventh on a try has a billionth."""
    assert sum(map(alpha_share, range(1, 101))) == pytest.approx(10 / 9 + 90e-9)
