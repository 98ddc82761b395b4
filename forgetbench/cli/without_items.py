"""A comparison without its items.parquet: what is not checked then is said."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from forgetbench.console import tell
from forgetbench.messages import N_
from forgetbench.messages import translated as _

UNCHECKED: Final = N_("no items.parquet is there: whether the numbers follow from the items could not be checked")
NO_ANSWERS: Final = N_(
    "no items.parquet is there: whether the numbers follow from the items could not be checked, and no answer is "
    "written"
)


def tell_without_items(where: Path, message: str = UNCHECKED) -> tuple[str, ...]:
    """Say `message` on standard error where the comparison at `where` lacks its items; what was said, untranslated."""
    from forgetbench.storage.comparisons import has_items

    if has_items(where if where.is_dir() else where.parent):
        return ()
    tell(f"{where}: {_(message)}")
    return (message,)
