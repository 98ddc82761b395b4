"""The same requests with four calls to choose from: two tools, and for each of them two values of one argument.

The wrong tool is one that can take what the user said, and its calls are made as the right one's are, so that no form
of a call is right more often than another. The user has agreed to a call in a last turn that repeats nothing of the
request: a call with its words does not stand out.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

from calls import Template
from slots import Drawn, draw, filled, redraw_one, slots

AGREED = ("Shall I use one of the tools for that?", "Yes, please.")


def call_text(template: Template, drawn: Drawn) -> str:
    return json.dumps({"tool": template.tool, "arguments": filled(template.arguments, drawn)}, ensure_ascii=False)


def choice_row(
    call: dict[str, Any], template: Template, drawn: Drawn, group: Sequence[Template], gold: int, rng: random.Random
) -> dict[str, Any]:
    """The choice view of a request that a tool fits; `group` has the templates of its level."""
    rival = _rival(template, group, rng)
    rivals = draw(" ".join(rival.turns), rng)
    rivals |= {slot: drawn[slot] for slot in rivals if slot in drawn}
    right = call_text(template, drawn)
    wrong = [
        call_text(template, redraw_one(drawn, template.arguments, rng)),
        call_text(rival, rivals),
        call_text(rival, redraw_one(rivals, rival.arguments, rng)),
    ]
    rng.shuffle(wrong)
    shared = {field: call[field] for field in ("item_id", "cluster", "stratum", "level")}
    return {
        **shared, "tools": _with(call["tools"], template.tool, rival.tool, rng), "said": [*call["said"], *AGREED],
        "choices": [*wrong[:gold], right, *wrong[gold:]], "gold": gold,
    }  # fmt: skip


def _rival(template: Template, group: Sequence[Template], rng: random.Random) -> Template:
    """A template of another tool, one that shares as many slots as any."""
    others = [other for other in group if other.tool != template.tool]
    shared = [len(slots(" ".join(other.turns)) & slots(" ".join(template.turns))) for other in others]
    return rng.choice([other for other, count in zip(others, shared, strict=True) if count == max(shared)])


def _with(listed: Sequence[str], right: str, rival: str, rng: random.Random) -> list[str]:
    """The list with the rival in it, in place of a tool that is not the right one."""
    if rival in listed:
        return list(listed)
    place = rng.choice([place for place, name in enumerate(listed) if name != right])
    return [*listed[:place], rival, *listed[place + 1 :]]
