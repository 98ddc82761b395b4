"""What a comparison is told of the fine-tuning."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from forgetbench.declared import take_as_declared
from forgetbench.errors import InputError

if TYPE_CHECKING:
    from forgetbench.comparison.sft_data import SftData


@dataclass(frozen=True, slots=True)
class ComparisonOptions:
    """What is known of the fine-tuning. Raises InputError for options that do not go together."""

    sft_data: Path | None = None
    """The fine-tuning set (JSONL): does its wording leak, and which items does it hold?"""
    exclude_contaminated: bool = False
    """Leave out the items that --sft-data contains."""

    def __post_init__(self) -> None:
        take_as_declared(self)
        if self.exclude_contaminated and self.sft_data is None:
            raise InputError("--exclude-contaminated needs --sft-data: without it nothing is known to be contaminated")

    def read_sft_data(self) -> SftData | None:
        """The fine-tuning set, where one is named. InputError when it cannot be read."""
        from forgetbench.comparison.sft_data import read_sft_data

        if self.sft_data is None:
            return None
        return read_sft_data(self.sft_data, exclude=self.exclude_contaminated)
