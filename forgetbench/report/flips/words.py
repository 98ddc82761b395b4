"""What the flip browser says; the page's script gets it translated, by these names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from forgetbench.messages import N_
from forgetbench.messages import translated as _
from forgetbench.report.flips.changes import CHANGES, OUTCOMES, Change

CHANGE_WORDS: Final[Mapping[str, str]] = {
    "locked": N_("locked"),
    "erased": N_("erased"),
    "never_known": N_("never known"),
    "forgotten": N_("forgotten"),
    "fell": N_("fell"),
    "cut": N_("cut"),
    "unmeasured": N_("not measured"),
    "gained": N_("gained"),
    "rose": N_("rose"),
    "never": N_("never right"),
    "level": N_("as before"),
    "kept": N_("kept"),
}
SYMBOLS: Final[Mapping[Change, str]] = {
    **dict.fromkeys(CHANGES, "▼"),
    **dict.fromkeys(("gained", "rose"), "▲"),
    **dict.fromkeys(("never", "level"), "○"),
    "kept": "●",
    "fell": "▽",
    "cut": "✂",
    "unmeasured": "×",
}
_OUTCOME_WORDS: Final[Mapping[str, str]] = {
    "lost": N_("lost: forgotten or fell"),
    "forgotten": N_("forgotten, of any kind"),
    "fell": N_("fell (scored by degree)"),
    "rose": N_("rose (scored by degree)"),
    "cut": N_("cut by the token limit"),
}
_TEXTS: Final[Mapping[str, str]] = {
    "item": N_("Item"),
    "question": N_("Question"),
    "change": N_("Outcome"),
    "scores": N_("Scores"),
    "lost": N_("Likelihood lost"),
    "lost_help": N_(
        "By how much the log-likelihood of the right answer fell, in nats, where options were rated; "
        "long answers have more to lose"
    ),
    "no_rows": N_("No item matches."),
    "count": N_("{n} of {all} items"),
    "count_of_page": N_("{n} of the {here} items that are in this page; there are {all}"),
    "page_first": N_("First"),
    "page_last": N_("Last"),
    "page_prev": N_("Previous"),
    "page_next": N_("Next"),
    "page_page_size": N_("Rows"),
    "page_page_title": N_("Page"),
    "no_such_item": N_("The linked item is not among those in this page."),
    "link": N_("link to this item"),
    "other_views": N_("The same question in other tasks"),
    "task": N_("task"),
    "domain": N_("domain"),
    "view": N_("view"),
    "stratum": N_("stratum"),
    "languages": N_("language"),
    "cluster": N_("cluster"),
    "prompt": N_("The prompt as it was asked"),
    "prompts_differ": N_("The prompts of the two differ."),
    "gold": N_("Right answer"),
    "not_recorded": N_("not recorded"),
    "empty": N_("empty"),
    "option": N_("Option"),
    "options": N_("Likelihoods of the options"),
    "options_note": N_("Likelihoods of the options: share among them, and the log-likelihood in nats below it"),
    "first": N_("ranked first"),
    "lost_right": N_("Likelihood lost of the right answer"),
    "not_compared": N_("This candidate was not compared on this item."),
    "score": N_("score {points}"),
    "sample": N_("Answer {n}"),
    "samples": N_("{n} more answers to the same prompt"),
    "metrics": N_("What the scoring returned:"),
    "read": N_("Read out of it: {text}"),
    "read_nothing": N_("No answer was found in it."),
    "read_conflict": N_("It states two results that differ, so neither counts."),
    "read_right": N_("What was read out of it is the right answer."),
    "read_right_wrong_form": N_("The right answer is in it, but not in the form that was asked for."),
    "read_other": N_("What was read out of it is not the right answer."),
    "read_ranked": N_("The option with the highest likelihood."),
    "at_limit": N_("It ended at the token limit."),
    "thinking": N_("The model thought aloud before it answered; that part is left out."),
    "reason": N_("Not measured: {reason}"),
    "run_missing": N_("How it was read is not known here: the run is not in the results folder."),
}


def texts() -> dict[str, str]:
    """Every text of the browser, translated, by its name."""
    changes = {f"change_{change}": word for change, word in CHANGE_WORDS.items()}
    return {name: _(message) for name, message in {**_TEXTS, **changes}.items()}


def outcome_words() -> dict[str, str]:
    """What may be asked for, by its name, translated."""
    words: dict[str, str] = {**CHANGE_WORDS, **_OUTCOME_WORDS}
    return {name: _(words[name]) for name in OUTCOMES}
