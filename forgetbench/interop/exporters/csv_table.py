"""One table of every row, each with what it was measured with: tables of several comparisons can be put together."""

from __future__ import annotations

from pathlib import Path

from forgetbench.interop.exporters.contents import DIRECTION, Source, setting
from forgetbench.interop.exporters.options import ExportOptions
from forgetbench.storage.comparisons import leveled_rows
from forgetbench.storage.csv_files import csv_text
from forgetbench.storage.files import write_atomic
from forgetbench.storage.flat_rows import COLUMNS, flat


def write(source: Source, options: ExportOptions) -> Path:
    """Write the table; text in it is never a formula."""
    of_all = setting(source.comparison)
    rows = ([*of_all.values(), DIRECTION, level, *flat(row).values()] for level, row in leveled_rows(source.comparison))
    write_atomic(options.path, csv_text([*of_all, "direction", "level", *COLUMNS], rows))
    return options.path
