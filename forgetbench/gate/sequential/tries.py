"""Tries of a sequential gate at one candidate: the same one again costs nothing, a different one pays for all before.

Whoever asks again under another seed, limit or suite until the gate passes has more than one chance at it. The k-th
different try is tested at alpha / 10^(k - 1), so that all of them together stay below 1.12 alpha whatever they have to
do with one another (docs/gate.md).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from forgetbench.fingerprint import digest
from forgetbench.gate.result import GateResult
from forgetbench.records import Comparison, RunManifest
from forgetbench.storage.folder import ResultsFolder
from forgetbench.storage.tries import Try, begin_try, end_try

_LEAST_SHARE = 1e-9
"""Of more than ten tries each; smaller levels have no quantiles."""


def alpha_share(number: int) -> float:
    """The share of alpha that the `number`-th different try, from 1, is tested at.

    >>> [alpha_share(number) for number in (1, 2, 3)]
    [1.0, 0.1, 0.01]
    """
    return max(10.0 ** (1 - number), _LEAST_SHARE)


def order_key(base: RunManifest, candidate: RunManifest) -> str:
    """What the order of the blocks is drawn from: the two checkpoints alone, so that nobody can draw another."""
    return digest([base.fingerprint, candidate.fingerprint])


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try that was written down, and its number."""

    path: Path
    base: str
    candidate: str
    begun: Try
    number: int

    @staticmethod
    def begin(results: ResultsFolder, base: RunManifest, candidate: RunManifest) -> Attempt:
        """Write down that a gate begins to ask. Errors are those of `storage.tries.begin_try`."""
        path = results.tries(base.fingerprint, candidate.fingerprint)
        begun = _of(candidate)
        number = begin_try(path, base.fingerprint, candidate.fingerprint, begun)
        return Attempt(path, base.fingerprint, candidate.fingerprint, begun, number)

    @property
    def alpha_share(self) -> float:
        """The share of alpha that it is tested at."""
        return alpha_share(self.number)

    @property
    def note(self) -> str | None:
        """What whoever tries again is told."""
        if self.number == 1:
            return None
        return (
            f"try {self.number} at this candidate under other settings ({self.path.name}): it is tested at "
            f"alpha / {1 / self.alpha_share:.0f}; the same settings as before would cost nothing"
        )

    def end(self, comparison: Comparison, result: GateResult) -> None:
        """Write down what it came to."""
        looks = None if comparison.looks is None else comparison.looks.taken
        ended = replace(self.begun, looks=looks, outcome=result.outcome, comparison_id=comparison.comparison_id)
        end_try(self.path, self.base, self.candidate, ended)


def _of(candidate: RunManifest) -> Try:
    engine = candidate.engine
    settings = [
        candidate.suite_fingerprint, candidate.protocol, candidate.seed, candidate.limit, engine.get("name"),
        engine.get("dtype"),
    ]  # fmt: skip
    return Try(
        settings=digest(settings),
        suite=candidate.suite,
        suite_fingerprint=candidate.suite_fingerprint,
        protocol=candidate.protocol,
        seed=candidate.seed,
        limit=candidate.limit,
        began=datetime.now(UTC).isoformat(timespec="seconds"),
    )
