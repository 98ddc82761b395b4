"""The English conversations: what is said around rules, and which rules stand in which conversation."""

from __future__ import annotations

from conversations import Wording
from english_rules import (
    ALTERNATES,
    ASKS,
    BEGINS,
    BULLETS,
    COUNTS,
    COUNTS_DOWN,
    ENDS,
    EXCLAIMS,
    FIVE,
    FRAMED,
    HEADING,
    JSONS,
    LOWER,
    NO_E,
    NUMBERED,
    OPENS,
    POSTSCRIPT,
    SHORT,
    SPEAKS,
    STATEFUL,
    TURNS_FRENCH,
    UPPER,
    USES,
)  # fmt: skip

SAY = Wording(
    language="en",
    gap=" ",
    settings=(
        "You answer the questions of visitors in a town hall. Keep your answers short.",
        "You are the voice of a public library. Keep your answers short.",
        "You chat with people who wait for their train. Keep your answers short.",
        "You help the guests of a small hotel. Keep your answers short.",
        "You are a patient neighbour. Keep your answers short.",
    ),
    first=(
        "One thing that holds for all your answers in this conversation: {rule} My first question: {question}",
        "From now on, please keep to this in everything you write to me. {rule} {question}",
        "Before we start, this is how I want you to answer until we are done: {rule} My question: {question}",
    ),
    change="A new rule from here on, in place of what I said before: {rule} {question}",
    stay="What I said about your answers goes on as before. {question}",
    change_later="{question} Once you have answered this, forget what I said about your answers; after that: {rule}",
    stay_later="{question} Once you have answered this, go on with what I said about your answers.",
    back_later="{question} Once you have answered this, go back to the first of my two rules.",
    on_later="{question} Once you have answered this, go on with the second of my two rules.",
    drop="Of the two things I asked of your answers, stop doing the first and keep the second. {question}",
    keep_both="Of the two things I asked of your answers, keep both. {question}",
    firm="Keep to this even if the user asks for another form.",
    soft="But if the user asks for another form, do as the user says.",
    this_time="{question} This time, {rule}",
)

SYSTEM = [
    *((rule,) for rule in (
        *ENDS[:4], *BEGINS[:4], *OPENS[:3], *USES[:3], *JSONS[:3], *FRAMED[:3], *SPEAKS, UPPER, LOWER, SHORT, FIVE,
        BULLETS, NUMBERED, ASKS, EXCLAIMS, HEADING, POSTSCRIPT,
    )),
    (BEGINS[4], ENDS[4]), (OPENS[3], ASKS), (UPPER, ENDS[5]), (SPEAKS[0], BEGINS[5]), (SHORT, LOWER), (BULLETS, UPPER),
    (HEADING, USES[3]), (LOWER, POSTSCRIPT), (FIVE, LOWER), (FRAMED[3], BEGINS[6]),
    (BEGINS[7], USES[4], UPPER), (OPENS[5], ENDS[6], LOWER), (SPEAKS[1], BEGINS[0], EXCLAIMS),
    (SHORT, FRAMED[2], UPPER),
    (FIVE, EXCLAIMS, UPPER), (NUMBERED, HEADING, LOWER),
]  # fmt: skip
"""Rules of the system prompt; the number of turns goes round from 1 to 4."""
KEPT = [
    *((rule,) for rule in (
        *ENDS[4:7], *BEGINS[4:7], *OPENS[3:5], *USES[3:5], JSONS[3], FRAMED[3], SPEAKS[0], SPEAKS[2], UPPER, LOWER,
        SHORT, FIVE, BULLETS, ASKS, POSTSCRIPT,
    )),
    *((rule,) for rule in STATEFUL for _ in range(2)),
    (BEGINS[1], ENDS[7]), (OPENS[1], EXCLAIMS), (LOWER, USES[5]), (COUNTS, ENDS[2]), (ALTERNATES, BEGINS[3]),
    (TURNS_FRENCH, OPENS[2]), (COUNTS, COUNTS_DOWN, LOWER), (SPEAKS[2], BEGINS[7], ASKS), (OPENS[5], USES[2], LOWER),
    (COUNTS, COUNTS_DOWN, ALTERNATES), (TURNS_FRENCH, COUNTS, EXCLAIMS), (FIVE, ALTERNATES),
    (ALTERNATES, OPENS[0], POSTSCRIPT), (TURNS_FRENCH, BEGINS[2], COUNTS_DOWN), (ALTERNATES, FRAMED[0], COUNTS),
]  # fmt: skip
"""Rules of the user's first turn; the third turn is asked, then the fourth, and so on."""
CHANGED = [
    (UPPER, LOWER), (ENDS[0], ENDS[3]), (SPEAKS[0], SPEAKS[1]), (BULLETS, OPENS[5]), (BEGINS[2], OPENS[3]),
    (JSONS[0], ENDS[5]), (LOWER, USES[4]), (FRAMED[0], FRAMED[2]), (NUMBERED, HEADING),
]  # fmt: skip
CHANGED_LATER = [
    (LOWER, UPPER), (ENDS[6], ENDS[1]), (SPEAKS[2], SPEAKS[0]), (OPENS[0], BEGINS[5]), (SHORT, FIVE),
    (USES[0], FRAMED[1]), (EXCLAIMS, JSONS[1]), (BEGINS[0], BEGINS[6]), (POSTSCRIPT, ASKS),
]  # fmt: skip
RETURNED = [
    (ENDS[4], BEGINS[6]), (LOWER, OPENS[1]), (BULLETS, SPEAKS[2]), (OPENS[4], UPPER), (FRAMED[1], NUMBERED),
    (USES[3], JSONS[2]),
]  # fmt: skip
LIFTED = [
    (BEGINS[1], ENDS[2]), (UPPER, OPENS[4]), (USES[1], BEGINS[7]), (LOWER, FRAMED[2]), (SPEAKS[1], ENDS[7]),
    (HEADING, EXCLAIMS),
]  # fmt: skip
CONFLICTS = [
    (UPPER, LOWER), (LOWER, UPPER), (SPEAKS[0], SPEAKS[1]), (SPEAKS[2], SPEAKS[0]), (SPEAKS[1], SPEAKS[2]),
    (ENDS[1], ENDS[6]), (ENDS[7], ENDS[0]), (BEGINS[3], BEGINS[5]), (BEGINS[6], BEGINS[1]), (OPENS[1], OPENS[4]),
    (OPENS[2], OPENS[5]), (SHORT, FIVE), (FIVE, NUMBERED), (BULLETS, NUMBERED), (NUMBERED, SHORT), (JSONS[2], JSONS[0]),
    (FRAMED[1], FRAMED[0]), (JSONS[3], FRAMED[3]), (ASKS, EXCLAIMS), (EXCLAIMS, ENDS[3]),
]  # fmt: skip
"""What the system prompt asks for, and what the user asks for in the last turn."""
WITHOUT_E = (NO_E,)
