from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from paired_runs import item, run, scored, task

from forgetbench.comparison.pairing import PairedTask, Pairing, pair
from forgetbench.comparison.pairing.missing import NOT_AN_ITEM
from forgetbench.comparison.sft_data import read_sft_data
from forgetbench.errors import IncomparableError, SuiteError
from forgetbench.metrics.corpus import TaskResponses
from forgetbench.records import TaskInfo
from forgetbench.storage.folder import ResultsFolder
from forgetbench.storage.runs import Run, load_run, save_run
from forgetbench.storage.samples import BASE_COLUMNS, CANDIDATE_COLUMNS

OPEN = task("capitals_open", view="open")
STRICT = task("capitals_strict", view="strict")
CHOICE = task("capitals_choice", view="choice", chance=0.25)


def only(pairing: Pairing) -> PairedTask:
    (paired,) = pairing.tasks
    return paired


def outcomes(pairing: Pairing, name: str, column: str = "outcome") -> list[object]:
    rows = pairing.items[pairing.items["task"] == name]
    return [None if value != value else value for value in rows[column].tolist()]


# --- refusals ---------------------------------------------------------------------------------


def test_runs_that_were_made_unlike_are_refused_with_all_that_differs() -> None:
    base = scored("base", {OPEN: [1.0]})
    candidate = scored(
        "sft", {OPEN: [1.0]}, protocol="chat", seed=1, limit=10, suite_fingerprint="suite-2",
        engine={"name": "vllm", "dtype": "bfloat16", "deterministic": True},
    )  # fmt: skip
    with pytest.raises(IncomparableError) as refusal:
        pair(base, candidate)
    text = str(refusal.value)
    assert "\n" not in text
    for part in (
        "run-base", "run-sft", "suite fingerprint suite-1 vs suite-2", "protocol native vs chat", "seed 0 vs 1",
        "engine name scripted vs vllm", "engine dtype float32 vs bfloat16", "deterministic False vs True",
        "limit None vs 10",
    ):  # fmt: skip
        assert part in text


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (replace(OPEN, version="2"), "capitals_open version 1 vs 2"),
        (replace(OPEN, fingerprint="other"), "capitals_open fingerprint fingerprint-"),
        (STRICT, "tasks only in the base: capitals_open; tasks only in the candidate: capitals_strict"),
    ],
)
def test_other_tasks_or_versions_are_refused(changed: TaskInfo, message: str) -> None:
    with pytest.raises(IncomparableError, match=message):
        pair(scored("base", {OPEN: [1.0]}), scored("sft", {changed: [1.0]}))


def test_a_long_list_of_differences_is_cut() -> None:
    tasks = [task(f"task-{i}") for i in range(9)]
    with pytest.raises(IncomparableError, match=r"task-4 and 4 more"):
        pair(scored("base", {info: [1.0] for info in tasks}), scored("sft", {}))


def test_an_item_twice_is_refused() -> None:
    twice = run("base", [OPEN], [item(OPEN, 1, 1.0), item(OPEN, 1, 0.0)])
    with pytest.raises(IncomparableError, match="'item-1' of task capitals_open"):
        pair(twice, scored("sft", {OPEN: [1.0]}))


def test_items_of_an_undeclared_task_are_refused() -> None:
    with pytest.raises(IncomparableError, match="capitals_strict"):
        pair(run("base", [OPEN], [item(STRICT, 1, 1.0)]), scored("sft", {OPEN: [1.0]}))


def test_other_tokenizers_and_templates_are_warnings() -> None:
    candidate = scored("sft", {OPEN: [1.0]}, tokenizer="tokenizer-2", chat_template=True)
    warnings = pair(scored("base", {OPEN: [1.0]}), candidate).warnings
    assert any("tokenizers" in text for text in warnings)
    assert any("only sft was prompted with a chat template" in text for text in warnings)


# --- the join ---------------------------------------------------------------------------------


def test_items_are_joined_by_id_whatever_their_order() -> None:
    base = run("base", [OPEN], [item(OPEN, i, float(i % 2)) for i in range(6)])
    candidate = run("sft", [OPEN], [item(OPEN, i, float(i < 3)) for i in (5, 3, 0, 1, 4, 2)])
    pairing = pair(base, candidate)
    paired = only(pairing)
    assert pairing.items["item_id"].tolist() == [f"item-{i}" for i in range(6)]
    assert paired.base.tolist() == [0, 1, 0, 1, 0, 1]
    assert paired.candidate.tolist() == [1, 1, 1, 0, 0, 0]


def test_one_item_id_in_two_tasks_is_two_items() -> None:
    pairing = pair(scored("base", {OPEN: [1.0], STRICT: [0.0]}), scored("sft", {OPEN: [0.0], STRICT: [1.0]}))
    assert outcomes(pairing, "capitals_open") == ["forgotten"]
    assert outcomes(pairing, "capitals_strict") == ["gained"]


def test_four_outcomes() -> None:
    pairing = pair(scored("base", {OPEN: [1, 1, 0, 0]}), scored("sft", {OPEN: [1, 0, 1, 0]}))
    assert outcomes(pairing, "capitals_open") == ["kept", "forgotten", "gained", "never"]


def test_scores_in_between_have_no_outcome() -> None:
    graded = task("graded", binary=False)
    pairing = pair(scored("base", {graded: [0.5, 1.0]}), scored("sft", {graded: [0.25, 0.0]}))
    assert outcomes(pairing, "graded") == [None, None]
    assert only(pairing).candidate.tolist() == [0.25, 0.0]


def test_missing_and_unscored_items_are_not_measured_with_a_reason() -> None:
    base = run(
        "base", [OPEN],
        [item(OPEN, 0, 1.0), item(OPEN, 1, 1.0), item(OPEN, 3, None)]
        + [item(OPEN, i, None, reason="cut off") for i in (2, 5)],
    )  # fmt: skip
    candidate = run(
        "sft", [OPEN],
        [item(OPEN, 0, 1.0), item(OPEN, 2, 1.0), item(OPEN, 4, 1.0)]
        + [item(OPEN, i, None, reason=why) for i, why in ((3, "engine"), (5, "cut off"))],
    )  # fmt: skip
    pairing = pair(base, candidate)
    assert outcomes(pairing, "capitals_open", "reason") == [
        None, "missing in the candidate", "candidate: engine", "base: cut off", "base and candidate: cut off",
        "missing in the base",
    ]  # fmt: skip
    assert outcomes(pairing, "capitals_open") == ["kept", None, None, None, None, None]
    paired = only(pairing)
    assert (len(paired.base), paired.n_unmeasured) == (1, 5)
    assert "1 of 6 items not measured: missing in the base" in pairing.warnings
    # What is known of a missing item stays, and never two scores that are no pair.
    assert pairing.items["base_score"].notna().tolist() == [True, True, False, False, False, False]
    assert pairing.items["candidate_score"].notna().tolist() == [True, False, False, True, False, True]
    assert np.array_equal(paired.missing.base, [1.0, np.nan, np.nan, np.nan, np.nan], equal_nan=True)
    assert np.array_equal(paired.missing.candidate, [np.nan, np.nan, 1.0, np.nan, 1.0], equal_nan=True)


def test_changed_documents_are_refused_item_by_item() -> None:
    base = scored("base", {OPEN: [1.0, 1.0]})
    candidate = run("sft", [OPEN], [item(OPEN, 0, 1.0), item(OPEN, 1, 1.0, doc_hash="changed")])
    pairing = pair(base, candidate)
    assert only(pairing).unmeasured == {"the documents differ": 1}
    assert "1 of 2 items not measured: the documents differ" in pairing.warnings


@pytest.mark.parametrize(("score", "message"), [(1.5, "outside"), (-0.1, "outside"), (0.5, "neither 0 nor 1")])
def test_scores_off_the_scale_are_not_measured(score: float, message: str) -> None:
    (reason,) = only(pair(scored("base", {OPEN: [1.0]}), scored("sft", {OPEN: [score]}))).unmeasured
    assert reason.startswith("candidate: ")
    assert message in reason


def test_other_prompts_are_counted_not_refused() -> None:
    base = scored("base", {OPEN: [1.0, 1.0]})
    candidate = run("sft", [OPEN], [item(OPEN, 0, 1.0), item(OPEN, 1, 1.0, prompt_hash="chat")])
    pairing = pair(base, candidate)
    assert only(pairing).audit.n_prompts_equal == 1
    assert pairing.items["prompts_equal"].tolist() == [True, False]
    assert "1 of 2 paired items were prompted differently on the two sides" in pairing.warnings


def test_every_item_of_either_run_is_kept_or_refused() -> None:
    base = run("base", [OPEN], [item(OPEN, number, 1.0) for number in range(5)])
    candidate = run(
        "sft",
        [OPEN],
        [
            item(OPEN, 0, 1.0),
            item(OPEN, 1, None, reason="the context does not fit"),
            item(OPEN, 2, 1.0, doc_hash="changed"),
            item(OPEN, 9, 1.0),
        ],
    )
    audit = only(pair(base, candidate)).audit
    assert audit.n_kept == 1
    assert audit.refused == {
        "candidate: the context does not fit": 1,
        "the documents differ": 1,
        "missing in the candidate": 2,
        "missing in the base": 1,
    }


def test_answers_that_ended_at_the_token_limit_on_one_side_are_told_apart() -> None:
    def answered(name: str, *finish: str) -> Run:
        return run(name, [OPEN], [item(OPEN, i, 1.0, finish_reasons=(why,)) for i, why in enumerate(finish)])

    pairing = pair(
        answered("base", "stop", "stop", "length", "length"), answered("sft", "stop", "length", "length", "stop")
    )
    audit = only(pairing).audit
    assert (audit.n_at_limit_base, audit.n_at_limit_candidate, audit.n_at_limit_both) == (1, 1, 1)
    assert "1 of 4 paired items: an answer of sft alone ended at the token limit" in pairing.warnings


def test_the_audit_counts_items_at_the_base_s_ceiling_and_floor() -> None:
    graded = task("graded", binary=False)
    base, candidate = scored("base", {graded: [1.0, 1.0, 0.0, 0.5, 1.0]}), scored("sft", {graded: [0.0] * 5})
    audit = only(pair(base, candidate)).audit
    assert (audit.n_ceiling, audit.n_floor, audit.n_kept) == (3, 1, 5)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"filter": "flexible-extract"}, "filter of capitals_open strict-match vs flexible-extract"),
        ({"filter": "strict-match", "metric": "acc"}, "metric of capitals_open exact_match vs acc"),
        ({"filter": "strict-match", "chance": 0.5}, "chance of capitals_open 0.0 vs 0.5"),
    ],
)
def test_answers_that_were_read_in_two_ways_are_not_paired(fields: dict[str, str | float], message: str) -> None:
    base = scored("base", {replace(OPEN, filter="strict-match"): [1.0]})
    with pytest.raises(IncomparableError, match=message):
        pair(base, scored("sft", {replace(OPEN, **fields): [1.0]}))  # type: ignore[arg-type]


def test_text_judged_by_two_references_is_not_compared() -> None:
    stories = task("stories", "creativity", binary=False)

    def answered(name: str, reference: str) -> Run:
        rows = [item(stories, 0, 0.5, reference_logprobs=(-1.0,)), item(OPEN, 0, 1.0)]
        return run(name, [stories, OPEN], rows, reference=reference)

    pairing = pair(answered("base", "base"), answered("sft", "sft"))
    assert [len(paired.base) for paired in pairing.tasks] == [0, 1]
    assert pairing.tasks[0].unmeasured == {"judged under different reference checkpoints": 1}
    assert pair(answered("base", "base"), answered("sft", "base")).tasks[0].n_unmeasured == 0


def test_an_empty_task_pairs_to_nothing(tmp_path: Path) -> None:
    base, candidate, some = scored("base", {OPEN: []}), scored("sft", {OPEN: []}), scored("some", {OPEN: [1.0]})
    for one, other in ((base, candidate), (stored(tmp_path, base), stored(tmp_path, candidate))):
        assert len(only(pair(one, other)).base) == 0
        assert only(pair(one, some)).unmeasured == {"missing in the base": 1}
        assert only(pair(some, other)).unmeasured == {"missing in the candidate": 1}


# --- locked and erased ------------------------------------------------------------------------


def test_forgotten_is_locked_while_the_choice_view_is_right() -> None:
    """Items: forgotten and still ranked first; forgotten in both; kept; forgotten without a choice view."""
    base = run(
        "base", [OPEN, CHOICE], [item(OPEN, i, 1.0) for i in range(4)] + [item(CHOICE, i, 1.0) for i in range(3)]
    )
    candidate = run(
        "sft", [OPEN, CHOICE],
        [item(OPEN, i, score) for i, score in enumerate([0.0, 0.0, 1.0, 0.0])]
        + [item(CHOICE, i, score) for i, score in enumerate([1.0, 0.0, 0.0])],
    )  # fmt: skip
    pairing = pair(base, candidate)
    assert outcomes(pairing, "capitals_open", "fate") == ["locked", "erased", None, None]
    assert outcomes(pairing, "capitals_choice", "fate") == [None, None, None]
    free, choice = pairing.tasks
    assert free.choice.known.tolist() == [True, True, True, False]
    assert free.choice.candidate[:3].tolist() == [1.0, 0.0, 0.0]
    assert set(free.choice.chance[:3]) == {0.25}
    assert not choice.choice.known.any()


def test_a_choice_view_of_another_domain_or_unmeasured_tells_nothing() -> None:
    elsewhere = task("elsewhere", "reasoning", view="choice")
    pairing = pair(
        scored("base", {OPEN: [1.0, 1.0], elsewhere: [1.0, 1.0], CHOICE: [1.0, 1.0]}),
        scored("sft", {OPEN: [0.0, 0.0], elsewhere: [1.0, 1.0], CHOICE: [None, 1.0]}),
    )
    assert outcomes(pairing, "capitals_open", "fate") == [None, "locked"]


def test_what_the_base_did_not_rank_first_was_never_known() -> None:
    pairing = pair(
        scored("base", {OPEN: [1.0, 1.0, 1.0], CHOICE: [1.0, 0.0, 0.0]}),
        scored("sft", {OPEN: [0.0, 0.0, 0.0], CHOICE: [0.0, 0.0, 1.0]}),
    )
    assert outcomes(pairing, "capitals_open", "fate") == ["erased", "never_known", "locked"]


def test_one_choice_view_tells_the_first_or_the_one_that_is_declared() -> None:
    other = task("capitals_choice_letters", view="choice", chance=0.5)
    declared = replace(STRICT, choice_view="capitals_choice_letters")
    cloze = replace(task("capitals_cloze", view="choice"), choice_view="capitals_choice")
    absent = replace(task("capitals_spoken"), choice_view="capitals_pictures")
    tasks = (OPEN, declared, absent, CHOICE, cloze, other)
    pairing = pair(
        scored("base", {info: [1.0] for info in tasks}),
        scored("sft", {info: [float(info is other)] for info in tasks}),
    )
    fates = {name: outcomes(pairing, name, "fate") for name in pairing.items["task"].unique()}
    assert fates == {
        "capitals_open": ["erased"], "capitals_strict": ["locked"], "capitals_cloze": ["erased"],
        "capitals_spoken": [None], "capitals_choice": [None], "capitals_choice_letters": [None],
    }  # fmt: skip
    assert [float(paired.choice.chance[0]) for paired in pairing.tasks[:2]] == [0.25, 0.5]
    (warning,) = (text for text in pairing.warnings if "choice_view" in text)
    assert warning.startswith("capitals_spoken: its choice_view capitals_pictures is no right-or-wrong choice task")


# --- how often a wrong guess repeats ----------------------------------------------------------


def guessed(name: str, *options: str, **fields: object) -> Run:
    """Items of four options, 'a' the right one, each answered with the option given."""
    rows = [
        item(
            CHOICE, number, float(option == "a"), responses=(), choices=tuple("abcd"),
            loglikelihoods=tuple(-1.0 if each == option else -2.0 for each in "abcd"), **fields,
        )
        for number, option in enumerate(options)
    ]  # fmt: skip
    return run(name, [CHOICE], rows)


def test_what_guessing_explains_is_told_by_how_often_a_wrong_guess_repeats() -> None:
    """A guess that changes finds the right option as often as each of the k - 2 = 2 other wrong ones."""
    base = guessed("base", "b", "b", "c", "a")
    assert only(pair(base, guessed("same", "b", "b", "c", "b"))).by_guessing == 0.0
    assert only(pair(base, guessed("moved", "c", "b", "d", "b"))).by_guessing == pytest.approx(2 / 4 / 2)
    assert only(pair(base, guessed("right", "a", "a", "a", "b"))).by_guessing == 0.0


def test_without_two_wrong_options_a_repeat_says_nothing() -> None:
    written = pair(scored("base", {CHOICE: [0.0]}), scored("sft", {CHOICE: [0.0]}))
    assert np.isnan(only(written).by_guessing)
    assert only(pair(scored("base", {OPEN: [0.0]}), scored("sft", {OPEN: [0.0]}))).by_guessing == 0.0
    rows = [item(CHOICE, 0, 0.0, responses=(), choices=("x", "y"), loglikelihoods=(-2.0, -1.0))]
    assert np.isnan(only(pair(run("base", [CHOICE], rows), run("sft", [CHOICE], rows))).by_guessing)


# --- what was answered ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metric", "ranked"), [("acc", "Bonn"), ("acc_norm", "Ouagadougou"), ("acc_bytes", "Ouagadougou")]
)
def test_the_answer_of_a_choice_is_the_option_ranked_first(metric: str, ranked: str) -> None:
    info = task("choice", view="choice", metric=metric)
    rows = [item(info, 0, 1.0, responses=(), choices=("Bonn", "Ouagadougou"), loglikelihoods=(-4.0, -5.0))]
    pairing = pair(run("base", [info], rows), run("sft", [info], rows))
    assert outcomes(pairing, "choice", "base_response") == [ranked]


@pytest.mark.parametrize(
    ("choices", "ratings", "ranked"),
    [
        (("a", "b", "c"), (-2.0, -1.0, -1.0), "b"),
        (("a", "b"), (float("nan"), -9.0), "b"),
        (("a", "b"), (-1.0,), None),
        ((), (), None),
    ],
    ids=["the first of equals", "never one that is no number", "not rated in full", "none"],
)
def test_which_option_ranks_first(choices: tuple[str, ...], ratings: tuple[float, ...], ranked: str | None) -> None:
    rows = [
        item(CHOICE, 0, 1.0, responses=(), choices=choices, loglikelihoods=ratings),
        item(CHOICE, 1, 1.0, responses=("said",), choices=("x",), loglikelihoods=(-1.0,)),
        item(CHOICE, 2, 1.0, responses=(), choices=("x", "y"), loglikelihoods=(-2.0, -1.0)),
    ]
    pairing = pair(run("base", [CHOICE], rows), run("sft", [CHOICE], rows))
    assert outcomes(pairing, "capitals_choice", "base_response") == [ranked, "said", "y"]


def test_the_table_has_the_documented_columns_and_the_first_response() -> None:
    stories = task("stories", "creativity", binary=False)
    base = run("base", [stories], [item(stories, 0, 0.5, responses=("one", "two"))])
    items = pair(base, run("sft", [stories], [item(stories, 0, None, responses=())])).items
    assert items.columns.tolist() == [
        "task", "domain", "view", "item_id", "cluster", "second_cluster", "stratum", "base_score", "candidate_score",
        "outcome", "fate", "reason", "prompt", "gold", "base_response", "candidate_response", "prompts_equal",
        "contaminated",
    ]  # fmt: skip
    assert items["base_response"].tolist() == ["one"]
    assert items["candidate_response"].isna().tolist() == [True]
    assert items["prompt"].tolist() == ["Question 0?"]


def stored(folder: Path, original: Run) -> Run:
    return load_run(save_run(ResultsFolder(folder), original, {}))


def test_runs_in_their_files_pair_as_those_in_memory(tmp_path: Path) -> None:
    """Rows in another order, on one side only, without a score, and with answers of every kind."""
    stories = task("stories", "creativity", binary=False, metric="acc_norm")
    base = run(
        "base", [OPEN, CHOICE, stories],
        [item(OPEN, i, score, reason=None if score is not None else "cut off") for i, score in enumerate([1, 0, None])]
        + [item(CHOICE, i, 1.0, responses=(), choices=("a", "bb"), loglikelihoods=(-2.0, -3.0)) for i in range(3)]
        + [item(stories, i, 0.5, responses=("one", "two")[: i % 3]) for i in range(4)],
    )  # fmt: skip
    candidate = run(
        "sft", [OPEN, CHOICE, stories],
        [item(OPEN, i, float(i == 2), cluster=f"cluster-{i}") for i in (3, 2, 0)]
        + [item(CHOICE, i, float(i), responses=(), choices=("a", "bb"), loglikelihoods=(-2.0, -1.0)) for i in (1, 0)]
        + [item(stories, i, 0.25) for i in range(4)],
    )  # fmt: skip
    in_files = stored(tmp_path, base), stored(tmp_path, candidate)
    read_whole = [Run.of(opened.manifest, opened.samples) for opened in in_files]
    first, *others = [pair(*runs) for runs in ((base, candidate), in_files, read_whole)]
    assert first.items["candidate_response"].isna().sum() == 2
    for other in others:
        assert other.items.equals(first.items)
        assert other.warnings == first.warnings
        for here, there in zip(first.tasks, other.tasks, strict=True):
            assert here.info == there.info
            assert here.unmeasured == there.unmeasured
            np.testing.assert_array_equal(here.cluster_codes, there.cluster_codes)


class Asked:
    """Samples that note which of their columns are asked for."""

    def __init__(self, opened: Run) -> None:
        self.table = opened.table
        self.columns: set[str] = set()

    def column(self, name: str) -> object:
        self.columns.add(name)
        return self.table.column(name)


def test_the_columns_that_are_read_ahead_are_those_asked_for(tmp_path: Path) -> None:
    opened = [stored(tmp_path, each) for each in (scored("base", {OPEN: [1, 0]}), scored("sft", {OPEN: [0, None]}))]
    base, candidate = map(Asked, opened)
    pair(replace(opened[0], table=base), replace(opened[1], table=candidate))
    assert base.columns == set(BASE_COLUMNS)
    assert candidate.columns == set(CANDIDATE_COLUMNS)


def test_equal_reasons_are_counted_and_frequent_ones_come_first() -> None:
    reasons = ["late", "cut off", "late", "empty", "cut off", "late"]
    base = run("base", [OPEN], [item(OPEN, i, None, reason=why) for i, why in enumerate(reasons)])
    paired = only(pair(base, scored("sft", {OPEN: [1.0] * 6})))
    assert list(paired.unmeasured.items()) == [("base: late", 3), ("base: cut off", 2), ("base: empty", 1)]


# --- metrics over all answers -----------------------------------------------------------------


class LongerThanBase:
    """Scores an answer by whether it is longer than the other side's; rows named 'support' are no items."""

    binary = False
    needs_training_texts = False

    def alone(self, responses: TaskResponses) -> None:
        return None

    def paired(
        self, base: TaskResponses, candidate: TaskResponses, training_texts: Sequence[str] | None
    ) -> tuple[np.ndarray, np.ndarray]:
        assert list(base.item_ids) == list(candidate.item_ids)
        assert training_texts == ("seen",)
        one = np.array([float(len(a) >= len(b)) for a, b in zip(base.texts, candidate.texts, strict=True)])
        two = np.array([float(len(b) >= len(a)) for a, b in zip(base.texts, candidate.texts, strict=True)])
        supporting = np.array([name.startswith("support") for name in base.item_ids])
        return np.where(supporting, np.nan, one), np.where(supporting, np.nan, two)


def test_corpus_scores_are_made_from_rows_that_have_answers_on_both_sides(tmp_path: Path) -> None:
    seen = tmp_path / "sft.jsonl"
    seen.write_text('{"text": "seen"}\n')
    info = task("shape", "format_rigidity", binary=False, corpus_metric="longer")

    def answered(name: str, *texts: str | None) -> Run:
        rows = [
            item(info, i, None, responses=() if text is None else (text,), reason=None if text else "no answer")
            for i, text in enumerate(texts)
        ]
        return run(name, [info], [replace(rows[0], item_id="support-0"), *rows[1:]])

    pairing = pair(
        answered("base", "a", "aa", "a", "a"), answered("sft", "a", "a", "aa", None),
        sft_data=read_sft_data(seen), corpus_metrics={"longer": LongerThanBase()},
    )  # fmt: skip
    paired = only(pairing)
    assert pairing.items["item_id"][pairing.items["reason"].isna()].tolist() == ["item-1", "item-2"]
    assert (paired.base.tolist(), paired.candidate.tolist()) == ([1.0, 0.0], [0.0, 1.0])
    assert paired.unmeasured == {"candidate: no answer": 1}
    assert outcomes(pairing, "shape", "reason") == [NOT_AN_ITEM, None, None, "candidate: no answer"]


def test_corpus_metrics_see_the_answers_of_runs_in_their_files(tmp_path: Path) -> None:
    info = task("elasticity", "format_rigidity", binary=False, corpus_metric="elasticity")

    def answered(name: str, *held: float) -> Run:
        names = ("one/asked", "one/free", "two/asked", "two/free")
        rows = [item(info, i, None, item_id=names[i], metrics={"holds": value}) for i, value in enumerate(held)]
        return run(name, [info], rows)

    base, candidate = answered("base", 1, 0, 1, 0), answered("sft", 1, 1, 0, 0)
    paired = only(pair(stored(tmp_path, base), stored(tmp_path, candidate)))
    assert (paired.base.tolist(), paired.candidate.tolist()) == ([1.0, 1.0], [0.0, 0.0])


def test_corpus_metrics_of_the_package_are_found_and_unknown_ones_named() -> None:
    info = task("shape", "format_rigidity", binary=False, corpus_metric="openings")
    answers = ["One.", "# Two\n\n- a\n- b", "```\nthree\n```", "Four four."]
    rows = [item(info, i, None, responses=(text,)) for i, text in enumerate(answers)]
    paired = only(
        pair(run("base", [info], rows), run("sft", [info], [replace(row, responses=("Same.",)) for row in rows]))
    )
    assert paired.base.mean() == pytest.approx(1.0)
    assert paired.candidate.mean() == pytest.approx(0.0)
    unknown = replace(info, corpus_metric="openngs")
    with pytest.raises(SuiteError, match="did you mean 'openings'"):
        pair(run("base", [unknown], rows), run("sft", [unknown], rows))


def test_which_side_thought_aloud_is_told() -> None:
    thinks, plain = (scored(name, {OPEN: [1.0]}, thinking=share) for name, share in (("base", 1.0), ("sft", 0.0)))
    warnings = pair(thinks, plain).warnings
    assert any("base thought aloud before 100% of its answers, candidate before 0%" in text for text in warnings)
    assert not any("thought aloud" in text for text in pair(thinks, thinks).warnings)
