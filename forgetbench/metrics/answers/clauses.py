"""What a reply says of the things that it mentions: answers, denies, sets aside, or only remarks on.

A reply is cut into sentences and clauses. How strongly a mention is meant as the answer is told from the words before
and after it in its clause (`marks`), and from what the clause shares with the question: "Latvia has Riga, and Lithuania
has Vilnius" answers a question about Lithuania with Vilnius.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from forgetbench.metrics.answers import marks
from forgetbench.metrics.answers.normalisation import cleaned, normalised_words
from forgetbench.metrics.answers.roles import role
from forgetbench.metrics.answers.subjects import bearing, subject

NEAR = 90
"""So many characters before and after a mention are looked at: more would make long replies slow."""
DENIED = -100
ASIDE = -5
"""What being mentioned and not meant takes from a mention's strength."""
CUED, OPENS_REPLY, OPENS_SENTENCE, STATED, TURNED_TO, SHARED = 5, 4, 3, 2, 2, 2
_STEM, _FEW = 5, 4
_NEXT_WORD = re.compile(r"\s*\w*")


@dataclass(frozen=True, slots=True)
class Question:
    """What of a question can be found again in a clause of the reply."""

    text: str
    stems: frozenset[str]
    names: frozenset[str]
    """Stems of the words that are names: what sets this question apart from others of its kind."""
    denials: re.Pattern[str] | None = None
    """What the question denies itself: 'not found' of "What does 'not found' mean?"."""
    subject: str = ""
    """Of a Chinese question: the thing of which something is asked."""
    opposites: tuple[re.Pattern[str], ...] = ()
    """Words for the opposite of what is asked: on the right, where the question asks for the left."""

    @classmethod
    def of(cls, question: str) -> Question:
        """The words of a question (may be empty) that say what is asked."""
        words = normalised_words(question, keep_case=True)
        told = [
            word if word.lower() not in marks.STOP_WORDS and (len(word) > 1 or not word.isascii()) else ""
            for word in words
        ]
        stems = _telling(told)
        kinds = _telling(normalised_words(" ".join(marks.KINDS_CHINESE.findall(cleaned(question)))))
        names = _telling([word if word[:1].isupper() or word.isdigit() or not word.isascii() else "" for word in told])
        folded = cleaned(question).lower()
        denials = {
            found.group() + next(iter(_NEXT_WORD.findall(folded, found.end())), "")
            for found in marks.DENIAL.finditer(folded)
        }
        return cls(
            folded,
            stems,
            names - kinds,
            re.compile("|".join(map(re.escape, sorted(denials))), re.IGNORECASE) if denials else None,
            subject(folded),
            tuple(
                other
                for pair in marks.OPPOSITES
                for asked, other in (pair, pair[::-1])
                if asked.search(folded) and not other.search(folded)
            ),
        )

    def asked_in(self, sentence: str) -> bool:
        """Whether a sentence speaks of what is asked, and not only of the same thing."""
        asked = self.stems - self.names
        opens = marks.PRONOUN.match(sentence.lstrip()) is not None
        return opens or not asked or bool(asked & _stems(normalised_words(sentence)))


class Reply:
    """A reply, `cleaned`, in sentences and clauses."""

    def __init__(self, text: str, question: Question) -> None:
        self.text = _blanked(marks.AFFIRMED, _blanked(marks.PARENTHESIS, text))
        if question.denials is not None:
            self.text = _blanked(question.denials, self.text)
        self.question = question
        ends = [found.end() for found in marks.SENTENCE_END.finditer(self.text)]
        self._sentences = [0, *ends]
        self._clauses = sorted({0, *ends, *(found.start() for found in marks.CLAUSE.finditer(self.text))})
        self._shared: dict[int, int] = {}
        self._names: dict[int, bool] = {}

    def sentence(self, place: int) -> tuple[int, int]:
        """Start and end of the sentence around a place."""
        return _around(self._sentences, place, len(self.text))

    def clause(self, place: int) -> tuple[int, int]:
        """Start and end of the clause around a place."""
        return _around(self._clauses, place, len(self.text))

    def statements(self) -> Iterator[tuple[str, str]]:
        """The clauses that deny and set aside nothing, each with its sentence."""
        for first, last in pairwise([*self._clauses, len(self.text)]):
            clause = self.text[first:last]
            if not marks.DENIAL.search(clause) and not self._aside_word(clause):
                yield clause, self.text[slice(*self.sentence(first))]

    def strength(self, start: int, end: int) -> int:
        """How strongly the mention at `start` to `end` is meant as the answer: `DENIED`, or the more the higher."""
        first, last = self.clause(start)[0], self.clause(max(end - 1, start))[1]
        before = self.text[max(first, start - NEAR) : start]
        after = self.text[end : min(max(last, end), end + NEAR)]
        meant = role(self.question.text, before, after)
        if (marks.DENIAL.search(before) or self._denied(after)) and not meant:
            return DENIED
        if meant or self._is_said_of(end):
            return STATED + SHARED + self._shares(start)
        aside = meant is False or marks.ASIDE_AFTER.match(after) or self._set_aside(before) or self._was(after)
        aside = aside or self._was_till_now(before, end)
        aside = aside or self._possesses(after) or self._is_opposite(before, after) or self._describes(start)
        strength = self._form(start, end, before, after) + self._shares(start) + (ASIDE if aside else 0)
        if marks.LATER.search(before) and not marks.LATER.search(self.question.text):
            strength -= SHARED
        beyond = marks.BEYOND.search(before)
        if beyond is not None and beyond.group().split()[0].lower() not in self.question.text:
            strength -= SHARED
        borne = bearing(self.text[slice(*self.clause(start))], self.text, self.question.subject, self.question.text)
        strength += ASIDE if borne < 0 else borne
        return strength - (SHARED if self._of_another(start, before + " " + after) else 0)

    def _is_opposite(self, before: str, after: str) -> bool:
        """'Palladium is on the right', where what is on the left was asked."""
        return any(other.search(before) or other.search(after) for other in self.question.opposites)

    def _describes(self, start: int) -> bool:
        """'Vermeer, a contemporary of Rembrandt': it only says who was named before."""
        first = self.clause(start)[0]
        return first > self.sentence(start)[0] and marks.APPOSITION.fullmatch(self.text, first, start) is not None

    def _is_said_of(self, end: int) -> bool:
        """'Venus comes after Mercury, which is the closest': what was asked is said of it."""
        said = marks.WHICH_IS.match(self.text, end)
        asked = self.question.stems - self.question.names
        return said is not None and bool(_stems(normalised_words(said.group(1))) & asked)

    def _possesses(self, after: str) -> bool:
        """'Lisbon's neighbour': not what was asked is said to be its own."""
        return marks.POSSESSIVE.match(after) is not None and not _stems(normalised_words(after)) & self.question.stems

    def _denied(self, after: str) -> bool:
        """'Sydney is not the capital', 'Sydney is wrong'; but not 'Canberra is not the largest city'."""
        denial = marks.DENIED_AFTER.match(after)
        if denial is None or not self.question.stems:
            return denial is not None
        rest = normalised_words(after[denial.end() :])
        asked = self.question.stems - self.question.names or self.question.stems
        return len(rest) <= 2 or bool(_stems(rest) & asked)

    def _of_another(self, start: int, around: str) -> bool:
        """'Riga is the capital of Latvia', where Lithuania was asked about."""
        if not self.question.names or self._named(start):
            return False
        return any(
            (found.group(1) or found.group(2)).lower() not in self.question.text
            for found in marks.ANOTHER.finditer(around)
        )

    def _set_aside(self, before: str) -> bool:
        asked, beside = set(self.question.text.split()), marks.BESIDE.search(before)
        if beside is not None and beside.group().split()[0].lower() not in asked:
            return True
        return self._aside_word(before)

    def _aside_word(self, text: str) -> bool:
        """Whether a text sets something aside by a word that the question does not say itself."""
        asked = set(self.question.text.split())
        return any(not asked.issuperset(found.group().lower().split()) for found in marks.ASIDE.finditer(text))

    def _was(self, after: str) -> bool:
        """What was, where the question asks for what is."""
        was = marks.WAS.match(after)
        if not was or not self.question.stems or marks.PAST.search(self.question.text):
            return False
        return bool(_stems(normalised_words(after[was.end() :])) & (self.question.stems - self.question.names))

    def _was_till_now(self, before: str, end: int) -> bool:
        """'It was under the mat, now it is ...', where the question asks for what is."""
        was = marks.WAS_BEFORE.search(before) is not None and marks.PAST.search(self.question.text) is None
        return was and bool(self.question.stems) and marks.NOW.search(self.text, end) is not None

    def _form(self, start: int, end: int, before: str, after: str) -> int:
        """What the form of the sentence gives: a cue, an opening, a statement, a turn after a remark."""
        first, last = self.sentence(start)
        lead, rest = self.text[max(first, start - NEAR) : start], self.text[end : min(last, end + NEAR)]
        turned = TURNED_TO if marks.TURN.match(before.lstrip(" ,;")) else 0
        if marks.CUE.search(lead) or self._labels(lead):
            return CUED + turned
        lead = marks.FIRST_NAME.sub("", lead) if start - len(lead) == first else lead
        opens = start - first < NEAR and marks.FILLER.fullmatch(lead) is not None
        if opens and not rest.lstrip(" ")[:1].isalnum():
            is_first = first < NEAR and marks.FILLER.fullmatch(self.text[:first]) is not None
            return (OPENS_REPLY if is_first else OPENS_SENTENCE) + turned
        if marks.PRESENTED.search(lead) and len(lead.split()) > _FEW and not self.text[end:].strip(" .!)\n"):
            return OPENS_SENTENCE + turned
        stated = (
            self._does_both(after)
            or marks.STATED.search(before)
            or marks.IS_IT.match(after)
            or self._is_subject(before, after, opens)
        )
        return (STATED if stated else self._acts(before, after)) + turned

    def _does_both(self, after: str) -> bool:
        """'Bolivia touches both', asked for what touches both."""
        return marks.BOTH.search(self.question.text) is not None and marks.BOTH.search(after) is not None

    def _labels(self, lead: str) -> bool:
        """'Sentiment: ...': the word for what was asked."""
        label = marks.LABEL.search(lead)
        if label is None:
            return False
        asked, said = self.question.stems - self.question.names, label.group(1)
        return marks.VERDICT.search(said) is not None or bool(_stems(normalised_words(said)) & asked)

    def _is_subject(self, before: str, after: str, opens: bool) -> bool:
        """'Paris is the capital': the clause begins with it, and what is said of it was asked."""
        begins = marks.FILLER.fullmatch(marks.TURN.sub("", before)) is not None
        if not begins or not ((opens and self._acts(before, after)) or marks.COPULA.match(after)):
            return False
        asked = self.question.stems - self.question.names or self.question.stems
        return not asked or bool(_stems(normalised_words(after)) & asked)

    def _acts(self, before: str, after: str) -> bool:
        """'Mia wrote it': the clause begins with it, and goes on with a verb of the question."""
        verb = _NEXT_WORD.match(after)
        begins = marks.FILLER.fullmatch(marks.TURN.sub("", before)) is not None
        return begins and verb is not None and verb[0].strip().lower()[:_STEM] in self.question.stems

    def _named(self, place: int) -> bool:
        """Whether the clause around a place holds a name of the question, or that before it where its subject stands
        there: 'antimony comes next, and is 51'."""
        first, last = self.clause(place)
        if first not in self._names:
            depends = marks.DEPENDS.match(self.text, first) and first > self.sentence(place)[0]
            begins = self.clause(first - 1)[0] if depends else first
            stems = _stems(normalised_words(self.text[begins:last], keep_case=True))
            self._names[first] = bool(stems & self.question.names)
        return self._names[first]

    def _shares(self, place: int) -> int:
        """What the clause shares with the question: a name, other words or a word that stands for them."""
        first, last = self.clause(place)
        if first not in self._shared:
            clause = self.text[first:last]
            stems = _stems(normalised_words(clause, keep_case=True))
            named = SHARED * self._named(place)
            told = len(stems & (self.question.stems - self.question.names)) or bool(marks.PRONOUN.search(clause))
            self._shared[first] = named + min(told, SHARED)
        return self._shared[first]


def _blanked(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda found: " " * len(found.group()), text)


def _around(starts: list[int], place: int, length: int) -> tuple[int, int]:
    index = bisect_right(starts, place)
    return starts[index - 1], starts[index] if index < len(starts) else length


def _stems(words: Sequence[str]) -> frozenset[str]:
    """Beginnings of the words of a reply; of Chinese, whose characters are words here, each and each two."""
    return _telling(words) | {word for word in words if not word.isascii()}


def _telling(words: Sequence[str]) -> frozenset[str]:
    """Beginnings of the words of a question; of Chinese each two characters that stand together, or one alone."""
    found = {word[:_STEM].lower() for word in words if word.isascii()} - {""}
    chinese = ["" if word.isascii() else word for word in words]
    for before, word, after in zip(["", *chinese], chinese, [*chinese[1:], ""], strict=False):
        if word and after and len(word) == len(after) == 1:
            found.add(word + after)
        elif word and not (before and len(before) == len(word) == 1):
            found.add(word[:_STEM].lower())
    return frozenset(found)
