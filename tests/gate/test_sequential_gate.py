"""The sequential gate over checkpoints whose right answers are known, through the same run as any other."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from forgetbench import pipeline
from forgetbench.engines.scripted import ScriptedEngine, _hash
from forgetbench.errors import IncomparableError, InputError
from forgetbench.evaluation.options import EvaluationOptions
from forgetbench.gate import Gate, Policy
from forgetbench.gate.sequential import SequentialResult
from forgetbench.records import Request, Response, Sample
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
    gated("forgets-0.25", options)
    before = Knowing.asked
    result = gated("forgets-0.26", options)
    assert result.comparison.looks is not None
    asked = sum(count for count, _ in result.comparison.looks.asked.values())
    assert asked <= Knowing.asked - before <= asked * 1.5


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
