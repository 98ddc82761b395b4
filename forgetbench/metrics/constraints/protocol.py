"""What every checker of a constraint is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Parameters = Mapping[str, Any]
Checker = Callable[[str, Parameters], bool]
"""Takes an answer, folded and stripped and not empty, and the constraint's parameters."""
