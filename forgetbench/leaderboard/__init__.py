"""results/ becomes a static site: one table of comparisons per suite and protocol."""

from __future__ import annotations

from forgetbench.leaderboard.site import Site, Skipped, build_leaderboard

__all__ = ["Site", "Skipped", "build_leaderboard"]
