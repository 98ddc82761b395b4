"""What is written, and where to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from forgetbench.errors import InputError

Format = Literal["csv", "latex", "model-card"]
_ONLY: Final[dict[str, tuple[Format, ...]]] = {}
"""Options that not every format takes."""


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """Where an export goes, and what only the other tool knows."""

    out: Path | None = None
    """The file or folder to write."""
    model_id: str | None = None
    """The candidate's id on the Hugging Face Hub, ORG/NAME."""
    base_id: str | None = None
    """The base's."""

    def check(self, format: Format) -> None:  # noqa: A002 - the option's name
        """Raise InputError for an option that the format does not take, and for one that it lacks."""
        for option, formats in _ONLY.items():
            if getattr(self, option) is not None and format not in formats:
                raise InputError(f"--{option.replace('_', '-')}: --format {format} takes none; it is for {formats[0]}")
        if self.out is None:
            raise InputError(f"--format {format} needs --out PATH")

    @property
    def path(self) -> Path:
        """`out`, of a format that needs one."""
        assert self.out is not None  # noqa: S101 - checked
        return self.out
