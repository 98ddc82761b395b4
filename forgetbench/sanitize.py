"""Model text and names made safe to look at: nothing invisible, nothing that steers a terminal.

Escaping for HTML is jinja2's job, for Markdown `report/markdown.py`'s, and for a terminal `console.py`'s; all start
from what this module returns.
"""

from __future__ import annotations

import re
from typing import Literal

from forgetbench.messages import translated as _

# Control characters (C0 without tab and newline, DEL, C1: these hold ESC and CSI), lone surrogates,
# and characters that are invisible or reorder their surroundings: bidirectional controls, zero-width
# characters other than the joiners that emoji and Indic scripts need, blank letters, what no XML may hold, and the tag
# block.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U0001d173-\U0001d17a\U000e0000-\U000e01ef]"
)
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# Marks without end on one letter are drawn over the lines above and below; no script needs more than a few.
_MARK = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_FLOOD = re.compile(f"({_MARK}{{6}}){_MARK}+")
PATTERNS = {"line_ends": _LINE_ENDS.pattern, "unseen": _UNSEEN.pattern, "flood": _FLOOD.pattern}
"""The same for a page's script, which shows texts that it was given as they are."""


def printable(text: str) -> str:
    """The text with every unseen character spelled out (`\\x1b`, `\\u202e`) and line ends as newlines.

    Of more than six marks above one another the rest becomes an ellipsis.
    """
    return _FLOOD.sub(r"\1…", _UNSEEN.sub(_spelled_out, _LINE_ENDS.sub("\n", text)))


def one_line(text: str, limit: int = 200) -> str:
    """`printable` on one line, white space as single spaces, cut in the middle beyond `limit` characters."""
    return shorten(" ".join(printable(text).split()), limit)


def shorten(text: str, limit: int) -> str:
    """Both ends of a text longer than `limit` characters, an ellipsis between: names differ at either end."""
    if len(text) <= limit:
        return text
    head = limit // 2
    tail = limit - 1 - head
    return f"{text[:head]}…{text[len(text) - tail :]}"


def clip(text: str, limit: int, *, keep: Literal["start", "end"] = "start") -> tuple[str, str]:
    """`printable` of at most `limit` characters, and a note that says what was left out ('' if nothing)."""
    safe = printable(text)
    if len(safe) <= limit:
        return safe, ""
    if keep == "start":
        part, note = safe[:limit], _("cut: the first {n:,} of {all:,} characters")
    else:
        part, note = safe[-limit:], _("cut: the last {n:,} of {all:,} characters")
    return part, note.format(n=limit, all=len(safe))


def _spelled_out(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
