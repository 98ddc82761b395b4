"""Slots of requests and calls: what is drawn for them, and texts and arguments with it."""

from __future__ import annotations

import random
import re
from typing import Any

from pools import POOLS

_SLOT = re.compile(r"\{(\w+)\}")

Drawn = dict[str, tuple[str, Any]]
"""Slot -> the words of the user, and the value that the schema asks for."""


def slots(text: str) -> set[str]:
    """The slots of a text."""
    return set(_SLOT.findall(text))


def draw(text: str, rng: random.Random) -> Drawn:
    """A draw for every slot of a text; slots that differ in their number alone get different words."""
    drawn: Drawn = {}
    for slot in dict.fromkeys(_SLOT.findall(text)):
        drawn[slot] = rng.choice([one for one in POOLS[slot] if one not in _kin(slot, drawn).values()])
    return drawn


def redraw_one(drawn: Drawn, arguments: Any, rng: random.Random) -> Drawn:
    """A draw that differs in one slot of the arguments: what the user took back, where there is that, else anything."""
    used = sorted(slot for slot in drawn if f'"${slot}"' in _quoted(arguments))
    taken_back = {slot: kin for slot in used for kin in _kin(slot, drawn) if kin not in used}
    if taken_back:
        slot = rng.choice(sorted(taken_back))
        return {**drawn, slot: drawn[taken_back[slot]]}
    slot = rng.choice(used)
    others = _kin(slot, drawn).values()
    fresh = [one for one in POOLS[slot] if one[1] != drawn[slot][1] and one not in others]
    return {**drawn, slot: rng.choice(fresh)}


def _kin(slot: str, drawn: Drawn) -> Drawn:
    return {other: drawn[other] for other in drawn if other.rstrip("23") == slot.rstrip("23")}


def _quoted(arguments: Any) -> str:
    return str(arguments).replace("'", '"')


def worded(text: str, drawn: Drawn) -> str:
    """A text with the words of its slots."""
    filled_in = _SLOT.sub(lambda slot: drawn[slot.group(1)][0], text)
    return filled_in[0].upper() + filled_in[1:]


def filled(part: Any, drawn: Drawn) -> Any:
    """Arguments with the values of their slots."""
    if isinstance(part, dict):
        return {key: filled(value, drawn) for key, value in part.items()}
    if isinstance(part, list):
        return [filled(value, drawn) for value in part]
    return drawn[part[1:]][1] if isinstance(part, str) and part.startswith("$") else part
