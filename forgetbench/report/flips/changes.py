"""What became of an item: one word for each, from the columns of items.parquet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from forgetbench.records import CUT

if TYPE_CHECKING:
    import pandas as pd

Change = Literal[
    "locked", "erased", "never_known", "forgotten", "fell", "cut", "unmeasured", "gained", "rose", "never", "level",
    "kept",
]  # fmt: skip
"""What became of an item, the worst first.

A right-or-wrong item is one of items.parquet's `fate`s, or its `outcome`; one scored by degree `fell`, `rose` or stayed
`level`; the others were `cut` by the token limit, or are `unmeasured` for another reason.
"""
CHANGES: Final[tuple[Change, ...]] = get_args(Change)
_FORGOTTEN: Final[tuple[Change, ...]] = ("locked", "erased", "never_known", "forgotten")
OUTCOMES: Final[Mapping[str, tuple[Change, ...]]] = {
    "lost": (*_FORGOTTEN, "fell"),
    "forgotten": _FORGOTTEN,
    **{change: (change,) for change in CHANGES if change != "forgotten"},
}
"""What can be asked for, and which changes that is."""
UNMEASURED: Final = CHANGES.index("unmeasured")
RANK: Final[Mapping[Change, int]] = {
    change: 0 if change in _FORGOTTEN else place for place, change in enumerate(CHANGES)
}
"""Of each change; whatever is forgotten is equally bad."""


def changes(items: pd.DataFrame) -> NDArray[np.intp]:
    """What became of each row of items.parquet, as positions in `CHANGES`."""
    fall = falls(items)
    found = np.select([fall > 0, fall < 0, fall == 0], [CHANGES.index(name) for name in ("fell", "rose", "level")], -1)
    found[found < 0] = UNMEASURED
    for column, change in (
        ("reason", lambda text: "cut" if CUT in text else None),
        ("outcome", lambda text: text),
        ("fate", lambda text: text),
    ):
        _put(found, items[column], change)
    return found.astype(np.intp)


def falls(items: pd.DataFrame) -> NDArray[np.float64]:
    """By how much each row's score fell, NaN where that is not known."""
    return (items["base_score"] - items["candidate_score"]).to_numpy(dtype=np.float64)


def _put(found: NDArray[Any], column: pd.Series[Any], change: Callable[[str], str | None]) -> None:
    """Where a column of few different texts says what became of a row, that."""
    import pandas as pd

    codes, texts = pd.factorize(column)
    places = [CHANGES.index(name) if (name := change(str(text))) in CHANGES else -1 for text in texts]
    told = np.array([*places, -1])[codes]
    found[told >= 0] = told[told >= 0]
