"""`forgetbench leaderboard`: a site of comparisons, and the submissions that it is made of."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from forgetbench.cli.console import say
from forgetbench.cli.options import ComparisonArgument
from forgetbench.cli.without_items import UNCHECKED
from forgetbench.console import tell
from forgetbench.errors import InputError
from forgetbench.messages import translated as _

leaderboard = App(name="leaderboard", help="A static site of a results folder, and submissions to one.")


@leaderboard.default
def build(
    results: Annotated[Path, Parameter(help="A results folder.")],
    /,
    *,
    out: Annotated[Path, Parameter(help="Folder of the site.")],
) -> None:
    """Write a static site with a row per comparison, a page for each, and for each base.

    Everything is checked and made anew. What cannot be read or contradicts itself is left out, a line each on
    standard error; exit code 2 only where nothing is left.
    """
    from forgetbench.leaderboard import build_leaderboard
    from forgetbench.storage.folder import ResultsFolder, check_writable

    if ResultsFolder(results).holds(out):
        raise InputError(f"--out {out}: runs and comparisons are kept there; name a folder of the site's own")
    check_writable(out)
    site = build_leaderboard(results, out)
    for left_out in site.skipped:
        tell(_("left out {folder}: {reason}").format(folder=left_out.folder, reason=left_out.reason))
    for identity in site.unchecked:
        tell(f"{identity}: {_(UNCHECKED)}")
    say(_("written to {path}").format(path=site.index))


@leaderboard.command
def check(
    path: Annotated[Path, Parameter(help="A submission's folder, or a folder of submissions.")],
    /,
) -> int:
    """Check submissions: schema, hashes, both runs, and every number made anew. Exit code 2 when one is refused."""
    from forgetbench.leaderboard import check_submission, submission_folders

    refused = 0
    for folder in submission_folders(path):
        try:
            checked = check_submission(folder)
        except InputError as error:
            refused += 1
            tell(_("refused {reason}").format(reason=error))
        else:
            say(checked.told)
    return 2 if refused else 0


@leaderboard.command
def submit(
    comparison: ComparisonArgument,
    /,
    *,
    out: Annotated[Path, Parameter(help="Folder of submissions; one is made in it.")],
    method: Annotated[str | None, Parameter(help="How it was fine-tuned, in a word or two: LoRA, full.")] = None,
    parameters: Annotated[str | None, Parameter(help="Of the model: 135M, 1.5B.")] = None,
    licence: Annotated[str | None, Parameter(help="Of the fine-tuned checkpoint: an SPDX identifier.")] = None,
    link: Annotated[str | None, Parameter(help="Where it is described, an address of the web.")] = None,
    submitter: Annotated[str | None, Parameter(help="Who submits it.")] = None,
) -> None:
    """Make a submission of a comparison under results/: its files and its two runs, with their hashes."""
    from datetime import UTC, datetime

    from forgetbench.leaderboard import described, write_submission
    from forgetbench.storage.made import comparison_folder

    told = {"method": method, "parameters": parameters, "licence": licence, "link": link, "submitter": submitter}
    given = {name: value for name, value in told.items() if value is not None}
    file = described({**given, "date": datetime.now(UTC).date()})
    folder = write_submission(comparison_folder(comparison), out, file)
    say(_("written to {path}").format(path=folder))
