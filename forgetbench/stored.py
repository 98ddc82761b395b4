"""Sentences that runs and comparisons store, by their templates: files hold them in English, and reports show them in
the reader's language.

A sentence is recognised by its template, and its values are carried over; a value may be such a sentence itself. What
is not recognised is shown as it stands: findings about a checkpoint's files are in English alone.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache
from string import Formatter

from forgetbench.messages import N_, language
from forgetbench.messages import translated as _

_VALUES = {**dict.fromkeys(("n", "all", "window", "low", "high"), "[0-9.,]+"), "label": r"\S+"}
"""Placeholders that stand for a number, or for one word; any other stands for any text."""
_DEEPEST = 8
"""A sentence is within a sentence no deeper; what anybody may have written has no end."""


class Stored(StrEnum):
    """Templates; whoever makes a sentence formats one, and formats its numbers himself."""

    # How the two runs were paired.
    PROMPTED_DIFFERENTLY = N_("{n} of {all} paired items were prompted differently on the two sides")
    AT_LIMIT_ALONE = N_("{n} of {all} paired items: an answer of {name} alone ended at the token limit")
    CUT_ON_A_SIDE = N_(
        "{task}: {n} of {all} answers of {name} were cut before they could be read; a larger --max-gen-toks for both "
        "sides lets them come to an end"
    )
    NO_CHOICE_VIEW = N_(
        "{task}: its choice_view {view} is no right-or-wrong choice task of these runs, so what was forgotten is not "
        "told locked from erased"
    )
    IN_SFT_DATA = N_(
        "{n} items stand in the fine-tuning data {file}: a gain on them is no gain; --exclude-contaminated leaves them "
        "out"
    )
    SFT_DATA_LEFT_OUT = N_("{n} items stand in the fine-tuning data {file}: they were left out")
    OF_PAIRED_NOT_MEASURED = N_("{n} of {all} items not measured: {reason}")
    THOUGHT_ALOUD = N_(
        "base thought aloud before {base} of its answers, candidate before {candidate}; token limits were equal, "
        "thinking included"
    )
    OTHER_TOKENIZERS = N_("base and candidate have different tokenizers or chat templates")
    ONE_TEMPLATE = N_("only {name} was prompted with a chat template")
    OTHER_REFERENCES = N_(
        "base and candidate were judged under different reference checkpoints: text rated by likelihood was not "
        "compared; evaluate the candidate with --base"
    )

    # What the numbers rest on.
    FEW_CLUSTERS = N_(
        "fewer than {few} clusters of equal weight would tell as much: {domains}; their intervals are wide"
    )
    UNEQUAL_TASKS = N_(
        "{task} has {n} of the {all} items of {domain}'s tasks and makes {share} of its error, since a mean of tasks "
        "counts each alike: give it more items, or declare it `supporting: true`"
    )
    OTHER_DTYPES = N_(
        "--dtype auto takes what each folder declares: {base} for the base, {candidate} for the candidate; a part of "
        "the delta may be rounding: pass --dtype to make them alike"
    )

    # What a run says of itself.
    OF_RUN_NOT_MEASURED = N_("{n} of {all} items were not measured: {reasons}; samples.parquet has each")
    CUT_IN_RUN = N_(
        "{task}: {n} of {all} answers were cut before they could be read; --max-gen-toks raises the token limit"
    )
    TOPIC_UNKNOWN = N_(
        "{task}: {n} of {all} answers were not rated by topic, which takes the base; one beside the point counts like "
        "any other"
    )
    AT_LIMIT_IN_RUN = N_("{task}: {n} of {all} answers ended at the token limit")
    NOT_ASKED = N_("{task}: {reasons}; they will not be measured")
    TOO_LONG = N_("{n} of {all} items need {tokens} tokens with their answer, the window is {window}")
    TOO_LONG_RANGE = N_("{low} to {high}")
    REFUSED = N_("{n} of {all} items: {reason}")
    QUANTISED = N_("the weights are quantised ({method}): a difference to others includes what that costs")

    # Why a row has no verdict, or not every item.
    ONE_NOT_MEASURED = N_("{n} item not measured: {reasons}")
    NOT_MEASURED = N_("{n} items not measured: {reasons}")
    NO_ITEMS = N_("the task has no items")
    ONLY_SUPPORTING = N_("only supporting tasks were asked")
    EMPTY_TASKS = N_("tasks without any measured item: {tasks}")
    DOMAINS_NOT_MEASURED = N_("domains not measured: {domains}")
    NO_OTHER_DOMAIN = N_("no domain but {domains}")
    BASE_AT_ZERO = N_("the base is not shown to score above 0: there is nothing to forget")
    BASE_AT_CHANCE = N_(
        "the base is not shown to be above chance ({base}, guessing gives {chance}): there is nothing to forget"
    )

    # Why an item has no score, or no pair.
    CUT = N_("cut: the token limit ended the answer before it could be read")
    NOT_AN_ITEM = N_("not an item: it only supports the scores of others, or lacks the rows that its own would need")
    NEEDS_TRAINING_TEXTS = N_("needs the fine-tuning data: --sft-data FILE")
    IN_TRAINING = N_("in the fine-tuning data, and left out on request")
    OTHER_JUDGES = N_("judged under different reference checkpoints")
    OTHER_PROMPTS = N_("the prompts differ")
    OTHER_DOCUMENTS = N_("the documents differ")
    MISSING_IN_CANDIDATE = N_("missing in the candidate")
    MISSING_IN_BASE = N_("missing in the base")
    TASK_GONE = N_("the suite has no task of this name today")
    ON_BOTH = N_("base and candidate: {reason}")
    ON_BASE = N_("base: {reason}")
    ON_CANDIDATE = N_("candidate: {reason}")

    # What a report leaves of sentences that it says once for many tasks.
    CUT_ON_A_SIDE_OF_MANY = N_(
        "answers of {name} were cut before they could be read; a larger --max-gen-toks for both sides lets them come "
        "to an end"
    )
    RUNS_NOT_MEASURED = N_("items were not measured: {reasons}; samples.parquet has each")
    PAIRED_NOT_MEASURED = N_("items not measured: {reason}")
    CUT_OF_MANY = N_("answers were cut before they could be read; --max-gen-toks raises the token limit")
    AT_LIMIT_OF_MANY = N_("answers ended at the token limit")
    BASE_AT_CHANCE_OF_MANY = N_("the base is not shown to be above chance: there is nothing to forget")
    AT_LIMIT_ALONE_OF_MANY = N_("paired items: an answer of {name} alone ended at the token limit")

    # How such sentences are strung together; tried last.
    COUNTED_AND_OTHERS = N_("{reason} ({n}), {others}")
    COUNTED_AND_MORE = N_("{reason} ({n}) and {more} more")
    COUNTED = N_("{reason} ({n})")
    OF_ONE = N_("{label}: {sentence}")
    SEVERAL = N_("{reason}; {others}")


def values_of(template: Stored, sentence: str) -> dict[str, str] | None:
    """The values that a sentence fills a template with; None where it is another's."""
    found = _pattern_of(template).fullmatch(sentence)
    return None if found is None else found.groupdict()


def retold(sentence: str) -> str:
    """A stored sentence, cut to a readable length before, in the current language."""
    return sentence if language() == "en" else _retold(sentence, _DEEPEST)


def _retold(sentence: str, levels: int) -> str:
    for template, pattern in _patterns() if levels else ():
        if found := pattern.fullmatch(sentence):
            values = {name: _retold(value, levels - 1) for name, value in found.groupdict().items()}
            return _(template).format(**values)
    return sentence


@cache
def _patterns() -> tuple[tuple[Stored, re.Pattern[str]], ...]:
    """Templates in the order in which they are tried: more words of their own first."""
    ordered = sorted(Stored, key=lambda template: -sum(len(literal) for literal, *_rest in Formatter().parse(template)))
    return tuple((template, _pattern_of(template)) for template in ordered)


@cache
def _pattern_of(template: Stored) -> re.Pattern[str]:
    parts = []
    for literal, name, _spec, _conversion in Formatter().parse(template):
        parts.append(re.escape(literal))
        if name is not None:
            parts.append(f"(?P<{name}>{_VALUES.get(name, '.*?')})")
    return re.compile("".join(parts), re.DOTALL)
