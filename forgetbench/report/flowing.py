"""Running text in a terminal, broken where its language allows: rich breaks at blanks alone, and Chinese has none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.text import Text

_IDEOGRAPH: Final = r"\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef"
_OPENING, _CLOSING = "（「《“", "，。；：、）」》”！？"
_UNBREAKABLE: Final = re.compile(
    rf"[{_OPENING}]*(?:[^\s{_IDEOGRAPH}{_OPENING}{_CLOSING}]+|[^\s{_OPENING}{_CLOSING}])?[{_CLOSING}]*\s*"
)
"""A word or an ideograph, with the signs that must not be parted from it and the blanks after it."""


class Flowing:
    """Text that is broken between words and between ideographs, and before no closing sign.

    For languages with blanks between all words it is shown as rich shows it.
    """

    def __init__(self, text: Text) -> None:
        self._text = text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in self._text.split(allow_blank=True):
            yield _broken(line, options.max_width) if re.search(f"[{_IDEOGRAPH}]", line.plain) else line

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement.get(console, options, self._text)


def _broken(line: Text, width: int) -> Text:
    parts = line.divide(list(_breaks(line.plain, width)))
    for part in parts:
        part.rstrip()
    return Text("\n", style=line.style).join(parts)


def _breaks(line: str, width: int) -> Iterator[int]:
    """Where a line is broken to fit: positions of the characters that begin the next one."""
    used = 0
    for match in _UNBREAKABLE.finditer(line):
        length = cell_len(match.group().rstrip())
        if used and used + length > width:
            yield match.start()
            used = 0
        used += cell_len(match.group())
