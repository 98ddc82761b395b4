"""The five ways in which a row of a user's file says what is right."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from forgetbench.metrics.answers.json_schema import read_json, schema_mistake
from forgetbench.metrics.answers.numbers import number_mistake, read_number
from forgetbench.metrics.answers.patterns import pattern_mistake, read_pattern
from forgetbench.metrics.answers.reading import USER_REPLY_CHARS, Reading
from forgetbench.metrics.answers.strings import read_string, string_mistake

Match = Literal["exact", "contains", "regex", "numeric", "json_schema"]


class Read(Protocol):
    """How a reply is read."""

    def __call__(
        self, text: str, accepted: Sequence[str], rivals: Sequence[str] = (), *, question: str = ""
    ) -> Reading:
        """Take a reply, the accepted answers as text (words, patterns, numbers, or one JSON schema), the other options
        of a multiple-choice row, and what was asked: a reply that names another option as well is no answer, and one
        that repeats the question names nothing by that."""


@dataclass(frozen=True, slots=True)
class Matcher:
    """One way to match a reply with the accepted answers."""

    read: Read
    mistake: Callable[[str], str | None]
    """Says what is wrong with an accepted answer, with a hint; None when it can be matched."""
    strict: bool = False
    """The item's score is the strict reading; otherwise it is the lenient one."""

    def reading(
        self, reply: str, accepted: Sequence[str], rivals: Sequence[str] = (), *, question: str = ""
    ) -> Reading:
        """Read the first `USER_REPLY_CHARS` characters of a reply to `question`, the row's prompt.

        Raises TimeoutError when a user's pattern takes longer than `patterns.PATTERN_SECONDS` on it.
        """
        return self.read(reply[:USER_REPLY_CHARS], accepted, rivals, question=question)

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
