"""CSV that a spreadsheet opens as data: no text in it is run as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from forgetbench.sanitize import one_line

_LONGEST = 400
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")
"""What Excel, LibreOffice and Google Sheets take for the start of one, or of a command."""


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table with its header; numbers as they are, None as an empty cell, text on one line and never a formula."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([cell(name) for name in header])
    writer.writerows([cell(value) for value in row] for row in rows)
    return buffer.getvalue()


def cell(value: object) -> object:
    """A text that a spreadsheet would run gets an apostrophe in front, as OWASP advises ("CSV Injection")."""
    if not isinstance(value, str):
        return value
    text = one_line(value, _LONGEST)
    return f"'{text}" if value.lstrip(" ").startswith(_FORMULA) or text.startswith(_FORMULA) else text
