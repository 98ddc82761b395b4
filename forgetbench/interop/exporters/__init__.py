"""A comparison in the formats of other tools, each in a module of its own that alone imports what it needs."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Final

from forgetbench.interop.exporters.contents import Source
from forgetbench.interop.exporters.options import ExportOptions, Format
from forgetbench.storage.files import removed_on_failure

__all__ = ["ExportOptions", "Format", "Source", "export"]

_WRITERS: Final[dict[Format, str]] = {
    "csv": "csv_table",
    "latex": "latex",
    "model-card": "model_card",
    "eval-results": "eval_results",
    "eee": "every_eval_ever",
    "inspect": "inspect_log",
    "mlflow": "mlflow_run",
    "wandb": "wandb_run",
}
"""The module of each format; its `write(source, options)` returns where the export is."""


def export(source: Source, format: Format, options: ExportOptions) -> str:  # noqa: A002 - the option's name
    """Write a comparison in another tool's format; returns where it is.

    Nothing is sent anywhere, unless to the `tracking_uri` that the options name. Raises InputError for options that do
    not fit the format, and where a library is missing, with the extra that has it; as `unwritable` where the place
    cannot be written. Folders that were made for an export that fails are taken away again.
    """
    options.check(format)
    write: Callable[[Source, ExportOptions], Path | str]
    write = import_module(f"{__name__}.{_WRITERS[format]}").write
    with removed_on_failure(options.out):
        return str(write(source, options))
