"""The command that writes a comparison in other tools' formats."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from forgetbench.cli.console import say
from forgetbench.cli.options import ComparisonArgument
from forgetbench.cli.without_items import NO_ANSWERS, tell_without_items
from forgetbench.interop.exporters.options import ExportOptions, Format
from forgetbench.messages import translated as _


def export(
    comparison: ComparisonArgument,
    /,
    *,
    format: Annotated[Format, Parameter(help="Which tool's.")],  # noqa: A002 - the option's name
    options: Annotated[ExportOptions, Parameter(name="*")] = ExportOptions(),
) -> None:
    """Write a comparison in another tool's format. Nothing is sent anywhere."""
    from forgetbench.comparison.checked import load_checked
    from forgetbench.interop import exporters
    from forgetbench.storage.made import comparison_folder

    options.check(format)
    where = comparison_folder(comparison)
    source = exporters.Source(load_checked(where), where if where.is_dir() else where.parent)
    tell_without_items(where, NO_ANSWERS)
    say(_("written to {path}").format(path=exporters.export(source, format, options)))
