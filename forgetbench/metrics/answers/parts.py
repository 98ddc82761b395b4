"""A statement that may hold the result, and whether it tells of something else than what was asked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from forgetbench.metrics.answers.choosing import SO, without_reasons
from forgetbench.metrics.answers.mentions import Mention
from forgetbench.metrics.answers.question import PERSON, Asked, stem, stems
from forgetbench.metrics.answers.statements import repeats
from forgetbench.metrics.answers.sums import EQUALS, is_given

_WITHOUT_VERB = re.compile(
    r"(?:\s[a-z]+){0,3},?(?:\s(?:and|while|but))?\s(?:the|a|an|its|his|her)\s(?!other|rest|last|first|next)[a-z]+\s",
    re.IGNORECASE,
)
_LABEL = re.compile(r"[A-Za-z][\w ]{2,30}:\s")
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Part:
    """A statement that may hold the result."""

    text: str
    mentions: tuple[Mention, ...]
    """Those that are not denied."""
    cue: int | None
    """Where what follows "the answer is" begins."""
    gives_up: bool
    guesses: bool
    explains: bool


def says_all(text: str, found: Sequence[Mention], about: Asked) -> bool:
    """Whether it repeats of the question several of the things to pick from; one may be the answer."""
    several = about.picks and any(not found[0].same(mention) for mention in found[1:])
    return several and repeats(text, about.text)


def tells_of_two(part: Part, mention: Mention) -> bool:
    """Whether another thing has its number without a verb of its own: 'The church is 85 and the tower 60 meters high.'

    Which of them was asked about is not known.
    """
    later = (other for other in part.mentions if other.start > mention.end)
    return any(_WITHOUT_VERB.fullmatch(part.text, mention.end, other.start) for other in later)


def says_again(part: Part, about: Asked) -> bool:
    """Whether it has numbers and words of the question only: 'David sees five trucks and three cars'."""
    if len(part.mentions) < 2 or not all(is_given(mention, about) for mention in part.mentions):
        return False
    return (
        stems(part.text) <= stems(about.text) | {"and", "while", "but"}
        and not SO.search(part.text)
        and not EQUALS.search(part.text)
    )


def tells_of_another(part: Part, about: Asked) -> bool:
    """Whether a statement that names a thing is about somebody else than the one who was asked about."""
    subject = _WORD.match(part.text)
    if subject is None or len(about.names) != 1 or not isinstance(next(iter(part.mentions[0].values)), tuple):
        return False
    return subject.group() in about.others and not about.names & stems(part.text)


def of_others_only(parts: Sequence[Part], about: Asked) -> bool:
    """Whether nothing but the numbers of other people is told: 'Ben has 14 shells.' where it is asked of Paul."""
    if len(about.persons) == 1:
        told = "".join(part.text for part in parts)
        return about.persons[0] not in told and PERSON.search(told) is not None and not SO.search(told)
    if len(about.names) != 1 or about.picks:
        return False
    said = {word for part in parts for word in _WORD.findall(part.text)}
    works = any(EQUALS.search(part.text) or SO.search(part.text) for part in parts)
    return bool(said & about.others) and about.names.isdisjoint(map(stem, said)) and not works


def picks_none(part: Part, about: Asked) -> bool:
    """Whether none of the numbers to pick from stands in it."""
    return not any(mention.same(option) for mention in part.mentions for option in about.options)


def is_labelled(part: Part, about: Asked) -> bool:
    """Whether it is a label and one thing that the question does not give: 'Read upwards: 1660 (base 8)'."""
    core = without_reasons(part.text)
    within = [mention for mention in part.mentions if core[mention.start : mention.end].strip()]
    return len(within) == 1 and not is_given(within[0], about) and _LABEL.match(core) is not None
