"""The tables of the hard cases, and the list of all that is outside of what is promised."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from calibrate_cases import POINTS

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Counted:
    """One claim of one case, now and in an earlier version."""

    point: int
    setting: str
    now: Row
    before: Row | None

    @property
    def promised(self) -> bool:
        return self.now["least"] is not None or self.now["most"] is not None

    @property
    def bounds(self) -> str:
        """'5 at most', '77 at least', '-1 to 1', in per cent."""
        least, most = self.now["least"], self.now["most"]
        if least is not None and most is not None:
            return f"{100 * least:.0f} to {100 * most:.0f}"
        if most is not None:
            return f"{100 * most:.0f} at most"
        return f"{100 * least:.0f} at least" if least is not None else ""


def counted(rows: Sequence[Row], earlier: Sequence[Row]) -> list[Counted]:
    """All claims, in order. Those of `earlier` that are called something else now are left out."""
    before = {(row["name"], claim["what"]): claim for row in earlier for claim in row["claims"]}
    return [
        Counted(row["point"], row["name"], claim, before.get((row["name"], claim["what"])))
        for row in rows
        for claim in row["claims"]
    ]


def breach(found: Row | None, least: float | None, most: float | None) -> float:
    """How far a figure lies outside of its bounds, its Monte-Carlo interval allowed for.

    1 where there is no figure, unless that is allowed.
    """
    if found is None or found["rate"] is None:
        return 0.0 if found is not None and found.get("silent") else 1.0
    above = 0.0 if most is None else found["low"] - most
    below = 0.0 if least is None else least - found["high"]
    return max(above, below, 0.0)


def is_kept(claim: Counted, found: Row | None) -> bool:
    return breach(found, claim.now["least"], claim.now["most"]) <= 0.0


def overview(claims: Sequence[Counted], commit: str) -> Iterator[str]:
    """A row per point: promises kept before and now, and the one that was broken by most."""
    yield f"| | promises kept at {commit} | now | broken by most there | promised | {commit} | now |"
    yield "| :-- | --: | --: | :-- | --: | --: | --: |"
    for point, about in POINTS.items():
        own = [claim for claim in claims if claim.point == point and claim.promised]
        if not own:
            continue
        before, now = (sum(is_kept(claim, found) for claim, found in pairs) for pairs in (
            [(claim, claim.before) for claim in own], [(claim, claim.now) for claim in own]))  # fmt: skip
        worst = max(own, key=lambda claim: breach(claim.before, claim.now["least"], claim.now["most"]))
        yield (
            f"| {point}. {about} | {before} of {len(own)} | {now} of {len(own)} | {worst.setting}: {worst.now['what']} "
            f"| {worst.bounds} | {figure(worst.before)} | {figure(worst.now)} |"
        )


def tables(claims: Sequence[Counted], commit: str) -> Iterator[str]:
    """A table per point, a row per claim."""
    for point, about in POINTS.items():
        own = [claim for claim in claims if claim.point == point]
        if not own:
            continue
        yield from ("", f"### {point}. {about}", "")
        yield f"| setting | counted | promised | {commit} | now |"
        yield "| :-- | :-- | --: | --: | --: |"
        last = None
        for claim in own:
            setting, last = "" if claim.setting == last else claim.setting, claim.setting
            now = interval(claim.now)
            now = now if not claim.promised or is_kept(claim, claim.now) else f"**{now}**"
            yield f"| {setting} | {claim.now['what']} | {claim.bounds} | {figure(claim.before)} | {now} |"


def outside(claims: Iterable[Counted]) -> Iterator[str]:
    """Every promise that is not kept, as an item of a list."""
    for claim in claims:
        if claim.promised and not is_kept(claim, claim.now):
            yield f"- {claim.setting}: {claim.now['what']} {interval(claim.now)}; promised: {claim.bounds}."


def figure(found: Row | None) -> str:
    if found is None:
        return ""
    return found.get("silent") or "none" if found["rate"] is None else f"{100 * found['rate']:.1f}"


def interval(found: Row) -> str:
    """'4.1 (3.3 to 5.1)', in per cent."""
    if found["rate"] is None:
        return found.get("silent") or "none"
    return f"{100 * found['rate']:.1f} ({100 * found['low']:.1f} to {100 * found['high']:.1f})"
