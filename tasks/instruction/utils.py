"""What the instruction task's YAML calls: the conversations, and whether a reply follows what was asked of it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forgetbench.lm_eval_bridge.conversations import Conversation
from forgetbench.metrics.answers.numbers import read_number
from forgetbench.metrics.answers.short_answers import read_short_answer
from forgetbench.metrics.constraints import holds, loose_variants, undecided
from forgetbench.metrics.constraints.wording import says
from forgetbench.metrics.degeneration import degeneration
from forgetbench.metrics.refusal import refuses
from forgetbench.metrics.text import ngrams, words
from forgetbench.storage.jsonl import read_jsonl
from forgetbench.suites.documents import as_dataset

if TYPE_CHECKING:
    from datasets import Dataset

__all__ = ["Conversation", "conversations", "score_reply"]

READ = 4096
"""So much of a reply is read; the limit of tokens leaves less."""
NONSENSE_WORDS = 8
"""A phrase of fewer words is not called nonsense: "Trees keep streets cool" is in no language for sure."""
RUN, COPIED = 4, 0.6
"""With so large a share of its runs of four words in an earlier answer, a reply is a copy of it."""
_CLAUSE = re.compile(r"[^,.;!?\n]*?(?:[,.;!?\n]|\b(?:and|but|while|whereas)\b|\Z)")
_CALLED = re.compile(r"\byou (?:(?:asked|told) me to call you|(?:may|can) call me)\b", re.IGNORECASE)
Check = Mapping[str, Any]


def conversations(**_: Any) -> dict[str, Dataset]:
    """All conversations; the halves of a pair (`<cluster>/<side>`) stand next to each other."""
    return as_dataset(read_jsonl(Path(__file__).with_name("conversations.jsonl")))


def score_reply(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, float]:
    """`follows`: a reply that keeps all that was asked of it; `follows_loosely`: in one of its `loose_variants`.

    `answered`: it is a reply (`_is_reply`). `cut`: the token limit ended it, and what would have followed could have
    changed whether it follows.
    """
    text, checks = results[0][:READ], json.loads(doc["checks"])
    at_limit = "length" in (doc.get("forgetbench") or {}).get("finish_reasons", ())
    sound = _is_reply(text, doc)
    return {
        "follows": float(sound and _keeps(text, checks)),
        "follows_loosely": float(sound and any(_keeps(variant, checks) for variant in loose_variants(text))),
        "answered": float(sound),
        "cut": float(at_limit and sound and _is_open(text, checks)),
    }


def _is_reply(text: str, doc: Mapping[str, Any]) -> bool:
    """Whether a text says something (in words, but for a number to remember), does not loop, is no nonsense, refuses
    only what a persona may, and is no copy of an answer that was given before."""
    *before, asked = doc["turns"]
    if doc["stratum"] != "persona" and refuses(text, asked["content"]):
        return False
    if doc["stratum"] != "remember" and not any(map(str.isalpha, text)):
        return False
    if any(_copies(text, turn["content"]) for turn in before if turn["role"] == "assistant"):
        return False
    broken = degeneration(text, "")
    return not (broken.empty or broken.repetitive or (broken.nonsense and len(words(text)) >= NONSENSE_WORDS))


def _copies(text: str, earlier: str) -> bool:
    """Whether most of a text stood in an earlier one; lines that every answer must hold are less."""
    said, told = words(text), words(earlier)
    runs = ngrams(said, RUN)
    return said == told or (bool(runs) and len(runs & ngrams(told, RUN)) >= COPIED * len(runs))


def _keeps(text: str, checks: Sequence[Check]) -> bool:
    return all(_holds(text, check) == check["kept"] for check in checks)


def _holds(text: str, check: Check, *, cut: bool = False) -> bool:
    name, given = check["constraint"], check["parameters"]
    if name == "number":
        return read_number(text, given["accepted"]).correct
    if name == "answer":
        reason = "length" if cut else None
        reading = read_short_answer(
            _about_the_asked(text, given),
            given["accepted"],
            given["rivals"],
            question=given["question"],
            finish_reason=reason,
        )
        return reading.correct
    if name == "end_with":  # as a beginning: its words, whatever mark stands behind
        ending = words(given["text"])
        return words(text)[-len(ending) :] == ending
    return holds(text, name, given)


def _about_the_asked(text: str, given: Mapping[str, Any]) -> str:
    """A reply without clauses about the other thing: "You sleep in the green room, the children in the yellow one"."""
    text = _CALLED.sub("call", text)
    values = (*given["accepted"], *given["rivals"])

    def names(clause: str) -> int:
        return sum(says(clause, value) for value in values)

    other = given.get("other")
    clauses = _CLAUSE.findall(text) if other else []
    rest = "".join(clause for clause in clauses if not says(clause, other) or names(clause) != 1)
    return rest if names(rest) else text


def _is_open(text: str, checks: Sequence[Check]) -> bool:
    """Whether some checks cannot be judged of a reply that was cut here, and none is broken for good."""
    unsure = [_is_unsure(text, check) for check in checks]
    return any(unsure) and all(
        open_still or _holds(text, check) == check["kept"] for open_still, check in zip(unsure, checks, strict=True)
    )


def _is_unsure(text: str, check: Check) -> bool:
    if check["constraint"] in ("answer", "number"):
        return not _holds(text, check, cut=True)
    return undecided(text, check["constraint"], check["parameters"])
