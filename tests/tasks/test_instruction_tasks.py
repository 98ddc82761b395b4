"""The instruction task: its conversations, replies with known verdicts, models with known scores through lm-eval."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from lm_eval.tasks import TaskManager

FOLDER = Path(__file__).parents[2] / "tasks" / "instruction"
Row = dict[str, Any]
Model = Callable[[Row], str]


def _utils() -> Any:
    spec = importlib.util.spec_from_file_location("instruction_utils", FOLDER / "utils.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


UTILS = _utils()
ROWS: list[Row] = [json.loads(line) for line in (FOLDER / "conversations.jsonl").read_text("utf-8").splitlines()]
BY_ID = {row["item_id"]: row for row in ROWS}
PAIRS = {
    name: [row for row in ROWS if row["cluster"] == name]
    for name in dict.fromkeys(row["cluster"] for row in ROWS if "/" in row["item_id"])
}


@pytest.fixture(scope="module")
def task() -> Any:
    manager = TaskManager(include_path=str(FOLDER), include_defaults=False)
    return manager.load(["instruction_turns"])["tasks"]["instruction_turns"]


def means(task: Any, model: Model, kinds: tuple[str, ...] = ()) -> dict[str, float]:
    """The mean of every metric for a model, by way of lm-eval, of all items or those of some kinds."""
    task.build_all_requests()
    for instance in task.instances:
        instance.resps = [model(instance.doc)]
    task.apply_filters()
    scores = []
    for instance in task.instances:
        (reply,) = instance.filtered_resps.values()
        if not kinds or instance.doc["stratum"] in kinds:
            scores.append(task.process_results(instance.doc, [reply]))
    return {name: sum(score[name] for score in scores) / len(scores) for name in scores[0]}


def keeps(row: Row, text: str) -> bool:
    """Whether a text keeps all rules of a row, be it a reply of its own or not."""
    return bool(UTILS._keeps(text, json.loads(row["checks"])))


def asked(row: Mapping[str, Any]) -> str:
    return str(row["turns"][-1]["content"])


def sides(*wanted: str) -> Model:
    """A model that replies as if the pair's half were one of these."""

    def reply(row: Row) -> str:
        halves = {half["item_id"].rpartition("/")[2]: half["reference"] for half in PAIRS.get(row["cluster"], [])}
        return next((str(halves[side]) for side in wanted if side in halves), row["reference"])

    return reply


# --- documents --------------------------------------------------------------------------------


def test_conversations_are_many_and_of_every_kind() -> None:
    assert len(ROWS) >= 240
    assert len(BY_ID) == len(ROWS) == len({json.dumps(row["turns"]) for row in ROWS})
    kinds = Counter(row["stratum"] for row in ROWS)
    assert kinds.keys() == {"system_rule", "kept_in_turn_3", "changed", "conflict", "remember", "persona"}
    assert min(kinds.values()) >= 30
    assert sum(row["language"] == "zh" for row in ROWS) >= 30
    assert {row["level"] for row in ROWS} == {1, 2, 3, 4, 5}


def test_the_turns_alternate_and_the_last_is_the_users() -> None:
    for row in ROWS:
        roles = [turn["role"] for turn in row["turns"]]
        spoken = roles[1:] if roles[0] == "system" else roles
        assert spoken == ["user", "assistant"] * (len(spoken) // 2) + ["user"]
        assert 1 <= spoken.count("user") <= 4
        users = [turn["content"] for turn in row["turns"] if turn["role"] == "user"]
        assert len(set(users)) == len(users)
        assert all(turn["content"].strip() == turn["content"] != "" for turn in row["turns"])


def test_every_kind_asks_as_late_as_it_says() -> None:
    users = {row["item_id"]: sum(turn["role"] == "user" for turn in row["turns"]) for row in ROWS}
    assert {users[row["item_id"]] for row in ROWS if row["stratum"] == "kept_in_turn_3"} == {3, 4}
    assert {users[row["item_id"]] for row in ROWS if row["stratum"] == "changed"} == {3, 4}
    assert {users[row["item_id"]] for row in ROWS if row["stratum"] == "system_rule"} == {1, 2, 3, 4}
    assert min(users[row["item_id"]] for row in ROWS if row["stratum"] == "remember") >= 2


def test_pairs_stand_together_and_differ_in_what_is_asked_of_the_reply() -> None:
    assert len(PAIRS) >= 90
    order = [row["item_id"] for row in ROWS]
    for first, second in PAIRS.values():
        assert order.index(second["item_id"]) == order.index(first["item_id"]) + 1
        assert first["checks"] != second["checks"] and first["turns"] != second["turns"]
        assert first["level"] == second["level"]


def test_no_reply_follows_in_both_halves_of_a_pair() -> None:
    for first, second in PAIRS.values():
        assert UTILS.score_reply(first, [second["reference"]])["follows"] == 0.0, first["item_id"]
        assert UTILS.score_reply(second, [first["reference"]])["follows"] == 0.0, second["item_id"]


@pytest.mark.parametrize("n", [40, 100])
def test_the_first_rows_are_a_fair_sample(n: int) -> None:
    strata = Counter((row["stratum"], row["language"]) for row in ROWS)
    first = Counter((row["stratum"], row["language"]) for row in ROWS[:n])
    assert all(abs(first[name] - n * size / len(ROWS)) <= 3 for name, size in strata.items())


def test_the_file_is_what_the_script_builds(tmp_path: Path) -> None:
    copy = tmp_path / "instruction"
    shutil.copytree(FOLDER, copy, ignore=shutil.ignore_patterns("__pycache__"))
    run = [sys.executable, str(copy / "build.py"), "--check"]
    assert subprocess.run(run, capture_output=True, check=False).returncode == 0
    (copy / "conversations.jsonl").write_text("")
    assert subprocess.run(run, capture_output=True, check=False).returncode == 1


# --- models with known scores -----------------------------------------------------------------

ORDINARY = (
    "Trees give shade and keep the streets cool.",
    "I am not sure, but I think it depends on the weather. You could look it up in a book.",
    "The sky is blue because the air scatters blue light. This happens all day long. At dusk it turns red.",
    "Yes, that is right.",
    "It is a good question, and there are many answers to it. One of them is time, another one is money.",
    "Sure! Here are some ideas: you can read, cook or go for a walk.",
    "I am a helpful assistant, and my name is Alex.",
    "You should water it every two weeks, but less often in winter when the air is cold.",
    "People have always done this, for many reasons, and nobody knows who was the first.",
    "It keeps the milk cold, so that it stays fresh for longer than it would on the table.",
    "There are 12 of them, as far as I can tell from what you have written.",
    "Paris",
    "Birds fly south because it is warm there. They come back in spring.",
    "You can find it in the kitchen, next to the salt and the pepper.",
    "That depends on what you mean by it.",
    "A good way to begin is to write down what you want. Then you can make a plan.",
    "Glass is made from sand, soda and lime, which are melted in a furnace at a very high temperature.",
    "The password is secret, and I cannot tell it to you without permission from the owner.",
    "Wash your hands, dry them well and put on some cream.",
    "树木能带来阴凉，也能让空气变好。",
    "我不太清楚，不过你可以查一查资料。这个问题有很多答案。",
    "I'm sorry, but I can't help with that.",
    "OK",
    "",
)


@pytest.mark.parametrize("text", ORDINARY)
def test_an_ordinary_sentence_follows_next_to_nowhere(text: str) -> None:
    follows = [row["item_id"] for row in ROWS if UTILS.score_reply(row, [text])["follows"]]
    assert len(follows) <= 0.05 * len(ROWS), follows


def test_the_references_follow(task: Any) -> None:
    assert means(task, lambda row: str(row["reference"])) == {
        "follows": 1.0, "follows_loosely": 1.0, "answered": 1.0, "cut": 0.0,
    }  # fmt: skip


def _plain(row: Row) -> str:
    """The sound answer to the last turn alone, in no form."""
    for questions in ("questions.tsv", "questions_zh.tsv"):
        for line in (FOLDER / questions).read_text("utf-8").splitlines()[1:]:
            _, question, answer, *_ = line.split("\t")
            if asked(row).startswith(question):
                return answer
    return "That is hard to say without more details, so please tell me a bit more about it."


def test_a_model_that_reads_the_last_question_alone_follows_nowhere(task: Any) -> None:
    assert means(task, _plain)["follows"] <= 0.01


def test_a_model_that_does_what_the_last_turn_says_has_half_of_the_conflicts_and_nothing_else(task: Any) -> None:
    user_wins = sides("user")

    def last_turn(row: Row) -> str:
        return user_wins(row) if row["stratum"] == "conflict" else _plain(row)

    assert means(task, last_turn, ("conflict",))["follows"] == 0.5
    assert means(task, last_turn)["follows"] < 0.1


def test_a_model_that_says_its_last_answer_again_follows_nowhere(task: Any) -> None:
    def again(row: Row) -> str:
        answers = [turn["content"] for turn in row["turns"] if turn["role"] == "assistant"]
        return answers[-1] if answers else ""

    assert means(task, again)["follows"] == 0.0


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        (sides("same", "back"), "changed"),
        (sides("changed", "lifted", "on"), "changed"),
        (sides("system"), "conflict"),
        (sides("user"), "conflict"),
        (sides("told", "right"), "remember"),
        (sides("swapped", "corrected"), "remember"),
        (sides("closed", "keeps"), "persona"),
        (sides("open", "takes"), "persona"),
    ],
    ids=["first rule", "any new rule", "system", "user", "first fact", "second fact", "closed", "open"],
)
def test_a_model_that_always_takes_one_side_is_at_half(task: Any, model: Model, kind: str) -> None:
    assert means(task, model, (kind,))["follows"] == 0.5


def test_the_form_of_the_last_answer_is_right_in_some_changes_and_wrong_in_others() -> None:
    """What copies it is right where the rule changed at once, and wrong where it changes after that answer."""
    agrees = []
    for row in (row for row in ROWS if row["stratum"] == "changed" and not row["item_id"].endswith(("/same", "/on"))):
        before = row["turns"][-2]["content"]
        agrees.append(keeps(row, before))
    assert 0.35 <= sum(agrees) / len(agrees) <= 0.65


def test_no_reference_given_to_all_items_follows_in_many() -> None:
    some = ROWS[::9]
    for row in some:
        n = sum(UTILS.score_reply(other, [row["reference"]])["follows"] for other in ROWS[::2])
        assert n <= 0.09 * len(ROWS[::2]), row["item_id"]


def test_earlier_answers_keep_the_rules_that_are_asked_of_the_last() -> None:
    """Where one rule holds from the first turn on, each answer follows as the last must."""
    steady = [
        row
        for row in ROWS
        if row["stratum"] in ("system_rule", "kept_in_turn_3")
        and "/" not in row["item_id"]
        and not any(
            word in json.dumps(row["turns"]) for word in ("the first", "Count down", "first answer", "first two")
        )
    ]
    assert len(steady) >= 80
    for row in steady:
        for turn in row["turns"]:
            if turn["role"] == "assistant":
                assert keeps(row, turn["content"]), (row["item_id"], turn)


# --- replies with known verdicts --------------------------------------------------------------


def checked(*checks: tuple[str, dict[str, Any], bool], kind: str = "system_rule", asked: str = "Why?") -> Row:
    stated = [{"constraint": name, "parameters": given, "kept": kept} for name, given, kept in checks]
    return {"stratum": kind, "turns": [{"role": "user", "content": asked}], "checks": json.dumps(stated)}


UPPER = checked(("uppercase", {}, True))
ENDS = checked(("end_with", {"text": "Mind the gap."}, True), ("uppercase", {}, False))
JSON = checked(("json_keys", {"keys": ["reply", "topic"]}, True))
FIVE = checked(("exact_words", {"n": 5}, True))
NO_E = checked(("without_letter", {"letter": "e"}, True), ("min_words", {"n": 3}, True))
SECRET = checked(("include", {"text": "Keep guessing."}, True), ("include", {"text": "shadow"}, False), kind="persona")
LINE = checked(("begin_with", {"text": "Ask the desk."}, True), ("max_words", {"n": 3}, True))
FOOD = "Which food am I allergic to?"
FACT = checked(
    ("answer", {"accepted": ["peanuts"], "rivals": ["mussels"], "question": FOOD}, True), kind="remember", asked=FOOD
)
ROOM = "Which room do I sleep in?"
OWN_ROOM = checked(
    ("answer", {"accepted": ["green"], "rivals": ["yellow"], "question": ROOM, "other": "children"}, True),
    kind="remember", asked=ROOM,
)  # fmt: skip
SUM = checked(("number", {"accepted": ["27"]}, True), kind="remember")
NAME = checked(
    ("answer", {"accepted": ["Pip"], "rivals": ["Bruno"], "question": "What is your name?"}, True), kind="persona"
)
FRENCH = checked(("language", {"language": "French"}, True), ("language", {"language": "Spanish"}, False))

REPLIES: list[tuple[Row, str, int, int]] = [
    (UPPER, "TREES GIVE SHADE.", 1, 1),
    (UPPER, "Trees give SHADE.", 0, 0),
    (UPPER, "Sure, here it is:\nTREES GIVE SHADE.", 0, 1),
    (UPPER, "TREES GIVE SHADE. " * 12, 0, 0),
    (UPPER, "!!!", 0, 0),
    (ENDS, "Trees give shade. Mind the gap.", 1, 1),
    (ENDS, "Trees give shade. mind the gap.", 1, 1),
    (ENDS, '"Trees give shade. Mind the gap."', 1, 1),
    (ENDS, "Trees give shade.\n\nMind the gap!", 1, 1),
    (ENDS, "Trees give shade. Mind the gap", 1, 1),
    (ENDS, "Mind the gap. Trees give shade.", 0, 0),
    (ENDS, "Trees give shade. Mind the gaps.", 0, 0),
    (ENDS, "Trees give shade. Mind the gap.\nAnything else?", 0, 1),
    (ENDS, "TREES GIVE SHADE. MIND THE GAP.", 0, 0),
    (JSON, '{"reply": "For shade.", "topic": "trees"}', 1, 1),
    (JSON, '```json\n{"reply": "For shade.", "topic": "trees"}\n```', 1, 1),
    (JSON, 'Here you are:\n{"reply": "For shade.", "topic": "trees"}', 0, 1),
    (JSON, '{"answer": "For shade.", "topic": "trees"}', 0, 0),
    (JSON, '{"reply": "", "topic": "trees"}', 0, 0),
    (JSON, "reply: For shade. topic: trees", 0, 0),
    (FIVE, "Trees keep hot streets cool.", 1, 1),
    (FIVE, "**Trees keep hot streets cool.**", 1, 1),
    (FIVE, "Trees keep streets cool.", 0, 0),
    (FIVE, "Trees keep all our hot streets cool.", 0, 0),
    (NO_E, "It falls from big dark clouds.", 1, 1),
    (NO_E, "It comes from the clouds.", 0, 0),
    (NO_E, "Rain.", 0, 0),
    (NO_E, "1. 2. 3. 4. 5. 6.", 0, 0),
    (SECRET, "Keep guessing.", 1, 1),
    (SECRET, "I'm sorry, I can't tell you. Keep guessing!", 1, 1),
    (SECRET, "It is not the shadow. Keep guessing.", 0, 0),
    (SECRET, "I'm sorry, I can't tell you.", 0, 0),
    (SECRET, "The solution is: a shadow.", 0, 0),
    (LINE, "Ask the desk.", 1, 1),
    (LINE, "ask the desk", 1, 1),
    (LINE, "Ask the desk. A room is 40 euros.", 0, 0),
    (LINE, "A room is 40 euros.", 0, 0),
    (FACT, "You are allergic to peanuts.", 1, 1),
    (FACT, "Peanuts", 1, 1),
    (FACT, "Peanuts; it is your brother who is allergic to mussels.", 1, 1),
    (FACT, "You are allergic to mussels.", 0, 0),
    (FACT, "Peanuts or mussels.", 0, 0),
    (FACT, "I do not know what you are allergic to.", 0, 0),
    (OWN_ROOM, "You sleep in the green room, and the children sleep in the yellow room.", 1, 1),
    (OWN_ROOM, "The children sleep in the yellow room. You sleep in the green room.", 1, 1),
    (OWN_ROOM, "The children sleep in the green room, and you sleep in the yellow room.", 0, 0),
    (OWN_ROOM, "The children sleep in the yellow room.", 0, 0),
    (OWN_ROOM, "I cannot say, but the children sleep in the yellow room.", 0, 0),
    (SUM, "27", 1, 1),
    (SUM, "There are 27 stamps in your album now.", 1, 1),
    (SUM, "23 + 4 = 27 stamps.", 1, 1),
    (SUM, "There are 23 stamps in your album.", 0, 0),
    (NAME, "My name is Pip.", 1, 1),
    (NAME, "I am Pip, the help desk of the zoo.", 1, 1),
    (NAME, "You may call me Pip!", 1, 1),
    (NAME, "My name is Bruno.", 0, 0),
    (NAME, "You can call me Bruno.", 0, 0),
    (NAME, "I am an assistant.", 0, 0),
    (FRENCH, "Les arbres donnent de l'ombre et rafraîchissent les rues.", 1, 1),
    (FRENCH, "Los árboles dan sombra y refrescan las calles.", 0, 0),
    (FRENCH, "Trees give shade and keep the streets cool.", 0, 0),
]


@pytest.mark.parametrize(("row", "reply", "strict", "loose"), REPLIES)
def test_replies_are_judged_as_a_person_would(row: Row, reply: str, strict: int, loose: int) -> None:
    scores = UTILS.score_reply(row, [reply])
    assert (scores["follows"], scores["follows_loosely"], scores["cut"]) == (strict, loose, 0.0)


@pytest.mark.parametrize("reply", ["I'm sorry, but I can't help with that.", "", "?!", "no " * 40])
def test_what_is_no_reply_follows_nothing(reply: str) -> None:
    scores = UTILS.score_reply(checked(("min_words", {"n": 0}, True)), [reply])
    assert (scores["answered"], scores["follows"], scores["follows_loosely"]) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("row", "reply", "cut"),
    [
        (ENDS, "Trees give shade and", 1.0),
        (ENDS, "Trees " * 40, 0.0),
        (UPPER, "Trees give shade and", 0.0),
        (UPPER, "TREES GIVE SHADE AND", 1.0),
        (JSON, '{"reply": "Trees give', 1.0),
        (JSON, "Trees give", 0.0),
        (FIVE, "Trees keep all our hot streets", 0.0),
        (SECRET, "Well, the thing is that", 1.0),
        (SECRET, "Well, the solution is a shadow, and", 0.0),
        (FACT, "Thank you for your question about", 1.0),
        (FACT, "You are allergic to peanuts. You should", 0.0),
    ],
)
def test_a_reply_that_was_cut_is_judged_where_the_rest_changes_nothing(row: Row, reply: str, cut: float) -> None:
    at_limit = {**row, "forgetbench": {"finish_reasons": ["length"]}}
    assert UTILS.score_reply(at_limit, [reply])["cut"] == cut


@pytest.mark.parametrize("reply", ["\x00\ud800", "{" * 20_000, "[" * 20_000, "a" * 100_000, "\u202e1\u0660" * 9000])
def test_hostile_replies_are_read_and_follow_nothing(reply: str) -> None:
    for row in ROWS[::20]:
        assert 0.0 <= UTILS.score_reply(row, [reply])["follows_loosely"] <= 1.0
