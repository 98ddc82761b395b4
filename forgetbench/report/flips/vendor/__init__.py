"""Libraries of the flip browser, as their authors published them: Tabulator (MIT) draws tables, jsdiff (BSD) compares.

`python -m forgetbench.report.flips.vendor.fetch` writes the files anew from the exact versions below.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent
_MAP: Final = re.compile(r"\s*(?://|/\*)# sourceMappingURL=\S+\s*(?:\*/)?\s*$")
"""A page has no map beside it, and must not ask for one."""


@dataclass(frozen=True, slots=True)
class Vendored:
    """One file of an npm package."""

    package: str
    """With its exact version."""
    path: str
    """In the package."""
    sha256: str


VENDORED: Final = {
    "tabulator.min.js": Vendored(
        "tabulator-tables@6.5.3",
        "dist/js/tabulator.min.js",
        "ffac518cb793c672a2f0522b7fc80bf862234d96bb1e581c8aaf7f48f130eafa",
    ),
    "tabulator_simple.min.css": Vendored(
        "tabulator-tables@6.5.3",
        "dist/css/tabulator_simple.min.css",
        "edef8839235a4b6a8c3dc391ec93f2ce1bc633dd5270a5f990753b6f9183d32b",
    ),
    "LICENCE-tabulator.txt": Vendored(
        "tabulator-tables@6.5.3", "LICENSE", "191a2ee554684e1064c897b432f0e1bc6dfa714ca045d3f6ea2cf692cbd398b7"
    ),
    "diff.min.js": Vendored(
        "diff@9.0.0", "dist/diff.min.js", "b51a9d2885f2c090dc97b981027395f7e7e6558a46c75ae3747db267913a89ab"
    ),
    "LICENCE-diff.txt": Vendored(
        "diff@9.0.0", "LICENSE", "eda81a415869e67809f6a9f3fd6056062cb83a462118e07eec5e92b2e0c40ce9"
    ),
}


@cache
def library(name: str) -> str:
    """The text of a file as a page holds it, its licence in front; without the address of its source map."""
    licence = name.partition(".")[0].partition("_")[0]
    terms = (FOLDER / f"LICENCE-{licence}.txt").read_text(encoding="utf-8").strip()
    text = (FOLDER / name).read_text(encoding="utf-8")
    return f"/*!\n{terms}\n*/\n{_MAP.sub('', text)}\n"


def sha256(data: bytes) -> str:
    """As `Vendored.sha256`."""
    return hashlib.sha256(data).hexdigest()
