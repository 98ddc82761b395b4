"""The five ways in which a row of a user's file says what is right."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from forgetbench.metrics.answers.json_schema import read_json, schema_mistake
from forgetbench.metrics.answers.numbers import number_mistake, read_number
from forgetbench.metrics.answers.patterns import pattern_mistake, read_pattern
from forgetbench.metrics.answers.reading import USER_REPLY_CHARS, Reading
from forgetbench.metrics.answers.strings import read_string, string_mistake

Match = Literal["exact", "contains", "regex", "numeric", "json_schema"]


@dataclass(frozen=True, slots=True)
class Matcher:
    """One way to match a reply with the accepted answers."""

    read: Callable[[str, Sequence[str], Sequence[str]], Reading]
    """Takes a reply, the accepted answers as text (words, patterns, numbers, or one JSON schema), and the other options
    of a multiple-choice row: a reply that names one of them as well is no answer."""
    mistake: Callable[[str], str | None]
    """Says what is wrong with an accepted answer, with a hint; None when it can be matched."""
    strict: bool = False
    """The item's score is the strict reading; otherwise it is the lenient one."""

    def reading(self, reply: str, accepted: Sequence[str], rivals: Sequence[str] = ()) -> Reading:
        """Read the first `USER_REPLY_CHARS` characters of a reply.

        Raises TimeoutError when a user's pattern takes longer than `patterns.PATTERN_SECONDS` on it.
        """
        return self.read(reply[:USER_REPLY_CHARS], accepted, rivals)

    def score(self, reading: Reading) -> bool:
        """The reading that is the item's score."""
        return reading.exact if self.strict else reading.correct


MATCHERS: Mapping[Match, Matcher] = {
    "exact": Matcher(read_string, string_mistake, strict=True),
    "contains": Matcher(read_string, string_mistake),
    "regex": Matcher(read_pattern, pattern_mistake),
    "numeric": Matcher(read_number, number_mistake),
    "json_schema": Matcher(read_json, schema_mistake, strict=True),
}
