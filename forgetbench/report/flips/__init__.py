"""The flip browser: what became of every item, in a page, over HTTP or in the terminal.

changes.py   one word for what became of an item
rows.py      what there is to show of an item
joined.py    items of several comparisons side by side, and which of them are asked for
reading.py   rows from the files of comparisons and runs
payload.py   rows small enough to lie in a page
page.py      the browser as a part of a page; words.py what it says, browser/ its scripts, vendor/ its libraries
"""

from __future__ import annotations

from forgetbench.report.flips.changes import CHANGES, OUTCOMES
from forgetbench.report.flips.joined import Wanted
from forgetbench.report.flips.reading import Compared, load_compared, read_flips
from forgetbench.report.flips.rows import Answered, Flip, FlipRow, Flips

__all__ = [
    "CHANGES",
    "OUTCOMES",
    "Answered",
    "Compared",
    "Flip",
    "FlipRow",
    "Flips",
    "Wanted",
    "load_compared",
    "read_flips",
]
