"""What is written, and where to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from forgetbench.declared import take_as_declared
from forgetbench.errors import InputError, shown

Format = Literal["csv", "latex", "model-card", "eval-results", "eee", "inspect", "mlflow", "wandb"]
_HUB: Final[tuple[Format, ...]] = ("model-card", "eee", "inspect")
_ONLY: Final[dict[str, tuple[Format, ...]]] = {
    "model_id": _HUB,
    "base_id": _HUB,
    "dataset": ("eval-results",),
    "tracking_uri": ("mlflow",),
}
"""Options that not every format takes."""
_HUB_ID: Final = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """Where an export goes, and what only the other tool knows."""

    out: Path | None = None
    """The file or folder to write."""
    model_id: str | None = None
    """The candidate's id on the Hugging Face Hub, ORG/NAME."""
    base_id: str | None = None
    """The base's."""
    dataset: str | None = None
    """For eval-results: the id of the benchmark's dataset on the Hub, ORG/NAME."""
    tracking_uri: str | None = None
    """For mlflow: the store to log to, in place of a SQLite store in the folder --out."""

    def __post_init__(self) -> None:
        take_as_declared(self)

    def check(self, format: Format) -> None:  # noqa: A002 - the option's name
        """Raise InputError for an option that the format does not take, and for one that it lacks."""
        for option, formats in _ONLY.items():
            if getattr(self, option) is not None and format not in formats:
                raise InputError(
                    f"--{option.replace('_', '-')} is for --format {' and '.join(formats)}, not for {format}"
                )
        for option in ("model_id", "base_id", "dataset"):
            given = getattr(self, option)
            if given is not None and not _HUB_ID.fullmatch(given):
                raise InputError(f"--{option.replace('_', '-')} {shown(given)}: no id of the Hub; give ORG/NAME")
        if format == "eval-results" and self.dataset is None:
            raise InputError("--format eval-results needs --dataset ORG/NAME: whose benchmark the tasks belong to")
        if (self.out is None) == (self.tracking_uri is None):
            raise InputError(
                f"--format {format} needs --out PATH{' or --tracking-uri' * (format == 'mlflow')}, and one"
            )

    @property
    def path(self) -> Path:
        """`out`, of a format that needs one."""
        assert self.out is not None  # noqa: S101 - checked
        return self.out
