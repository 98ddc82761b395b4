"""Comparisons become submissions that anybody can check, and a folder of them a static site."""

from __future__ import annotations

from forgetbench.leaderboard.checking import CheckedSubmission, check_submission, submission_folders
from forgetbench.leaderboard.site import Site, build_leaderboard
from forgetbench.leaderboard.submission_file import SubmissionFile, described
from forgetbench.leaderboard.submissions import Skipped
from forgetbench.leaderboard.submitting import write_submission

__all__ = [
    "CheckedSubmission", "Site", "Skipped", "SubmissionFile", "build_leaderboard", "check_submission", "described",
    "submission_folders", "write_submission",
]  # fmt: skip
