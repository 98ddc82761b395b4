"""results/ becomes a static site: one table of comparisons per suite and protocol."""

from __future__ import annotations

from forgetbench.leaderboard.site import Site, build_leaderboard
from forgetbench.leaderboard.submissions import Skipped

__all__ = ["Site", "Skipped", "build_leaderboard"]
