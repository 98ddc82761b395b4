"""What is asked again of the items that a candidate forgot."""

from __future__ import annotations

from dataclasses import dataclass

from forgetbench.errors import InputError


@dataclass(frozen=True, slots=True)
class AskAgain:
    """Which forgotten items are asked again, and how. Raises InputError for a number that makes no sense."""

    ask_again: bool = False
    """Ask what was forgotten again in other ways: is it gone, or not said any more? Takes an engine."""
    ask_again_items: int = 200
    """At most so many forgotten items of each domain, drawn at random, and as many controls."""
    ask_again_shots: int = 5
    """Examples before each question, where it is asked again with examples."""
    ask_again_seed: int = 0
    """Seed of these draws."""
    suite: str | None = None
    """The suite file that the comparison was made with, where that is no embedded suite."""
    run_code: bool = False
    """Also ask tasks again whose answers are programs, which run in a sandbox."""

    def __post_init__(self) -> None:
        for name in ("ask_again_items", "ask_again_shots"):
            if (number := getattr(self, name)) < 1:
                raise InputError(f"--{name.replace('_', '-')} {number}: must be at least 1")
