r"""Which of the things that a reply mentions is its result: one reader for numbers and names.

From the strongest evidence to the weakest: what is boxed or follows "the answer is"; a first sentence that is nothing
but an answer; the sentence that speaks of what was asked, concludes ("so", "in total") or ends an equation. In that
sentence: the last "=", what follows "so", the thing that was to be counted, what follows "is" or "makes", else the last
mention. Checks, explanations, negations ("not 5"), repeated facts and questions are no results. After a correction
("No, wait") only what follows counts. Strong results that differ are a conflict; "9 or 10" is none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from forgetbench.metrics.answers.choosing import SO, chosen_mention, is_listed, without_reasons
from forgetbench.metrics.answers.finders import with_rivals
from forgetbench.metrics.answers.markup import BOX, UNBOX, unmarked
from forgetbench.metrics.answers.mentions import Finder, Mention
from forgetbench.metrics.answers.orders import ORDINALS, PLACES, numbered
from forgetbench.metrics.answers.parts import (
    Part,
    is_labelled,
    of_others_only,
    picks_none,
    says_again,
    says_all,
    tells_of_another,
    tells_of_two,
)
from forgetbench.metrics.answers.question import NOTHING_ASKED, Asked, before_next_question, stem, stems
from forgetbench.metrics.answers.statements import (
    after_correction,
    concludes,
    denied,
    explains,
    gives_up,
    guesses,
    intends,
    is_question,
    justifies,
    not_negated,
    opens_explanation,
    plans,
    remarks,
    repeats,
    sets_out,
    statements,
)
from forgetbench.metrics.answers.sums import EQUALS, blanked, is_given, missing_number, moved
from forgetbench.metrics.answers.wordings import printed, says_whole


@dataclass(frozen=True, slots=True)
class Result:
    """What a reply gives as its result."""

    mention: Mention | None = None
    """None where no one result can be told."""
    conflict: bool = False
    """Two results that differ are stated."""


_NONE = Result()
_CONFLICT = Result(conflict=True)

# --- what the words of a reply say ------------------------------------------------------------

_BE = r"(?:is|was|are|would be|should be|will be|must be|comes to|equals|turns out to be|has to be)"
_ANSWER_CUE = re.compile(
    rf"\b(?:answer|solution)s?\b(?!s)[^.!?\n:=]{{0,80}}?(?:\b{_BE}\b(?! not\b)|[:=])(?:\s*that\b)?"
    rf"|\banswer\s*(?:->|-)|<answer>|^(?:final )?answer\s(?=(?-i:[-$\d]|[A-Z]))"
    r"|(?:答案|答)(?:应该|應該)?(?:就)?(?:是|为|為|:|\s)|答:",
    re.IGNORECASE,
)
_ANSWER_AFTER = re.compile(
    r"\s*(?:\w+\s){0,2}?is (?:(?:the|my) (?:final |correct |right )?answer"
    r"|what (?:it|you|we|she|he|they|the)(?! (?:beg[ai]n|start(?:ed)?|had)\b))\b|\s?:?\s?(?:yes|correct)(?=[.,;]|$)"
    r"|\s?:?\s?[\u2713\u2714\u2705]|\sit is(?=\s?[,.;!]|$)|\s*(?:是|为)(?:正确)?答案",
    re.IGNORECASE,
)
_RESULT_CUE = re.compile(
    rf"\b(?:(?:final )?result|output|total|sum|in total|altogether|in all|overall"
    rf"|grand total)\b[^.!?\n:=]{{0,60}}?(?:\b{_BE}\b|[:=])|\b(?:prints?|outputs?)\b"
    r"|(?:结果|結果|总共|一共|共计|总计|合计|输出)(?:是|为|:)?",
    re.IGNORECASE,
)
_TOTAL = re.compile(
    r"(?:the |in |my |grand )?(?:total|sum|result|output|altogether|all together)\b"
    r"[^.!?\n:=,]{0,30}?(?:\b(?:is|are)\b|[:=])",
    re.IGNORECASE,
)
_NAMED_RESULT = re.compile(r"\b(?:result|output|final(?: \w+)?)\s?[:=]", re.IGNORECASE)
_OUTPUT = frozenset({"output", "result"})
_SUBJECT = re.compile(
    r"(?:(?:so|the|this)\s){0,2}((?:[a-z]+\s?){1,4})\s(?:is|are|was|will be)\s(?:the\s|an?\s)?", re.IGNORECASE
)
_GIVES_RESULT = re.compile(r"\b(?:is|are|makes?|gives?|equals?|get)\s\S*\d")
_GIVES = re.compile(r"\b(?:makes?|gives?|leaves?|you get|we get|equals)\b|得到?|等于", re.IGNORECASE)
_BARE_BEFORE = re.compile(
    r"[\s\"'(\u201c]*(?:not (?:an? |the )?\S+?,? but\s)?(?:(?:ok|okay|sure|yes|certainly|of course)[,.!:]?\s)?"
    r"(?:(?:it|that)(?:'s| is| was| would be)\s|they are\s|i(?:'d| would) say\s"
    r"|(?:about|approximately|around|exactly|roughly|the|a|an|at|in|to|on)\s|[~\u2248=$\u20ac\u00a3\u00a5\s])*",
    re.IGNORECASE,
)
_BARE_AFTER = re.compile(
    r"(?:\s(?:does|did|has it))?[\s\"')\u201d]*"
    r"(?:(?!(?:is|are|was|were|has|have|had|does|do|goes|came|comes|finished|can|will|sits?|gets?)\b)[A-Za-z\u00c0-\u024f]+\.?(?:\s|$)|[°€$%℃]\s?[CF]?"
    r"|/\w+){0,4}?(?:[^\x00-\x7f是为為得等有共加减乘除。，]{1,4})?[\s\"')\u201d]*[.!,:;。！—-]*\s*"
)
_REMARK = re.compile(
    r"(?<=\S)(?:\s?[,;:\u2014-])\s(?!that(?:'s| is)\b(?![^.!?\n]{0,60}[=+\u00d7*])|\w+ (?:makes|gives|leaves|means)\b)"
    r"(?:(?:it|this|that|you|we|they|he|she|as|since|although|though|while|whereas|unlike|with)\b"
    r"|which is\b(?=[^.!?\n]{0,60}[=+\u00d7*]|\s[^\d\s.]{1,20}\s)).*|,(?:那时|这时|此时|其余|其他|其中).*",
    re.IGNORECASE | re.DOTALL,
)
"""Behind an answer that stands alone: '19, as two times 19 is 38', 'elbow - it is no fruit'."""
_NEXT = re.compile(r"\s(?:comes|is|goes|will be|would be)\s(?:the\s)?next\b", re.IGNORECASE)
_BARE_SUBJECT = re.compile(r"[\s\"'(\u201c]*(?:(?:so|thus|therefore|only|the|it is)[\s,]+){0,3}", re.IGNORECASE)
_PREDICATE = re.compile(
    r"[\"')\u201d]?\s(?:is|was|has) ((?:the|a|an)\s(?:(?!(?:and|but|while)\b)[\w'-]+\s?){1,5}|[\w'-]+\s?)"
    r"(?=[.,:;!\n]|(?:and|but|while)\b|$)"
)
_FITS = re.compile(r"\s(?:matches|fits|qualifies|remains|is left|meets|satisfies|has both|is possible)\b")
_BOXED = re.compile(f"{BOX}[^{BOX}{UNBOX}]{{0,300}}{UNBOX}")
_ORDINAL = re.compile(r"\b(1?[1-9]|10)(?:st|nd|rd|th)\b")
_GOES_ON = re.compile(r",\s(?:since|because|as|which|so|for)\b", re.IGNORECASE)
_ITEM = re.compile(
    r"^\s*\d{1,2}[.)]\s(?=(?:first|second|third|then|next|last|lastly|finally|after|now|there)\b)", re.IGNORECASE
)
"""A number that counts a step which opens a reply: '3. Last, 4 are sold'."""
_IT = re.compile(r"\b(?:before|after|than|to|from|of|with) (?:it|him|her|them)\b|\b(?:more|another|further|other) \d")
_REMEMBERED = 40
"""So many statements are looked back at for what an equation makes use of; hostile text may hold thousands."""
_WHOLE = re.compile(r"(?<![\d.,])\d{1,12}(?![\d.,]*\d)")
_NEXT_WORDS = re.compile(r"[^\W\d_]+")
_ALSO = re.compile(r"\s*(?:or|alternatively|otherwise)\b|或", re.IGNORECASE)
_HEDGED = re.compile(r"\b(?:could|might|may(?! \d)|maybe|perhaps|possibly|either)\b|可能|也许", re.IGNORECASE)


def read_result(text: str, find: Finder, about: Asked = NOTHING_ASKED, *, cut: bool = False) -> Result:
    """The result of a reply, among what `find` finds in it.

    `cut`: the reply met its token limit, so that only a result that is stated as such, and is not at the very end,
    counts.
    """
    find = with_rivals(find, about)
    plain = _ORDINAL.sub(lambda found: ORDINALS[int(found[1]) - 1], unmarked(before_next_question(text)))
    plain = _ITEM.sub("", plain)
    rest = after_correction(plain)
    parts = _parts(rest, find, about, cut) or _parts(plain, find, about, cut)
    if not cut and (item := numbered(rest, find, about)) is not None:
        return Result(item)
    parts = _without_items(parts)
    strong = [mention for part in parts for mention in _strong(part, about)]
    opening = _opening(parts)
    stated = [*strong, *opening, *([] if cut else _closing(parts))]
    if stated:
        return Result(stated[0]) if all(stated[0].same(other) for other in stated) else _CONFLICT
    if any(part.mentions and part.cue is not None for part in parts):
        return _NONE  # "the answer is 9 or 10"
    usable = [part for part in parts if part.mentions and (part.guesses or not part.gives_up)]
    if any(part.gives_up for part in parts):
        usable = [part for part in usable if part.guesses]
    return _told_at_once(parts, about) if cut else _best(usable, about)


def _told_at_once(parts: Sequence[Part], about: Asked) -> Result:
    """The result of a cut reply whose first statement goes from all that the question gives to something new:
    '4 + 8 = 12. This is'."""
    first = parts[0] if len(parts) > 1 or (parts and _GOES_ON.search(parts[0].text)) else None
    if first is None or sets_out(first.text):
        return _NONE
    chosen = chosen_mention(first.text, first.mentions, about)
    told = (_is_predicated(first, chosen, about) or says_whole(first.text, chosen, about)) if chosen else False
    if (
        chosen is not None
        and not is_given(chosen, about)
        and (told or any(justifies(part.text) for part in parts[1:2]))
    ):
        return Result(chosen)
    if not about.givens or not (EQUALS.search(first.text) or _GIVES_RESULT.search(first.text)):
        return _NONE
    if chosen is None or is_given(chosen, about):
        return _NONE
    before = [mention for mention in first.mentions if mention.start < chosen.start]
    uses_all = all(any(given.same(mention) for mention in before) for given in about.givens)
    return Result(chosen) if uses_all else _NONE


def _is_predicated(part: Part, mention: Mention, about: Asked) -> bool:
    """Whether a statement says of what was asked that it is so: 'The next number is 11.'"""
    subject = _SUBJECT.fullmatch(part.text, 0, mention.start)
    asked_for = about.focus | _OUTPUT if "print" in about.focus else about.focus
    return subject is not None and stems(subject[1]) <= asked_for and not part.gives_up


# --- statements with what they mention --------------------------------------------------------


def _parts(plain: str, find: Finder, about: Asked, cut: bool) -> list[Part]:
    parts = []
    said = statements(plain)
    echoed = _echoed(said, about)
    explaining = False  # what follows the heading of an explanation belongs to it, up to a conclusion
    for place, text in enumerate(said):
        found = find(text)
        if (
            is_question(text)
            or intends(text)
            or (BOX not in text and (place in echoed or says_all(text, found, about)))
        ):
            continue
        explaining = opens_explanation(text) or (explaining and not concludes(text))
        mentions = _meant(text, found, about)
        unable = gives_up(text) and not (about.denies and denied(text, found))
        if any(not mention.weak for mention in mentions):
            mentions = [mention for mention in mentions if not mention.weak]
        if cut and place == len(said) - 1:  # its last number may go on
            mentions = [mention for mention in mentions if mention.end < len(text)]
        cues = list(_ANSWER_CUE.finditer(text))
        parts.append(
            Part(
                text,
                tuple(mentions),
                cues[-1].end() if cues else None,
                unable,
                guesses(text),
                explaining or explains(text) or remarks(text),
            )
        )
    return parts if any(part.mentions for part in parts) else []


def _meant(text: str, mentions: Sequence[Mention], about: Asked) -> list[Mention]:
    """The mentions that are not denied; where it is asked what is not so, the one that is."""
    found = denied(text, mentions) if about.denies else []
    found = [mention for mention in found if any(mention.same(option) for option in about.options)] or found
    return found if found and all(found[0].same(mention) for mention in found) else not_negated(text, mentions)


def _echoed(said: Sequence[str], about: Asked) -> set[int]:
    """The places of statements that repeat the question, two or more in a row; a single one may be the answer."""
    lines = {line.strip() for line in about.text.splitlines() if "=" in line or "(" in line}  # of code
    repeated = [bool(about.text) and (text.rpartition(": ")[2] in lines or repeats(text, about.text)) for text in said]
    pairs = [place for place in range(1, len(said)) if repeated[place] and repeated[place - 1]]
    return {place - back for place in pairs for back in (0, 1)}


def _without_items(parts: list[Part]) -> list[Part]:
    """The statements without those that are nothing but a mention, where such ones differ: they list something."""
    items = [part for part in parts if part.mentions and _is_naked(part)]
    if all(items[0].mentions[0].same(item.mentions[0]) for item in items):
        return parts
    return [part for part in parts if part not in items]


def _is_naked(part: Part) -> bool:
    mention = part.mentions[0]
    return not (part.text[: mention.start] + part.text[mention.end :]).strip(" .,:;\"'")


def _strong(part: Part, about: Asked) -> list[Mention]:
    """What is boxed, and what follows 'the answer is'."""
    found = []
    for box in _BOXED.finditer(part.text):
        inside = [mention for mention in part.mentions if box.start() < mention.start < box.end()]
        if inside:
            found.append(inside[-1])
    if part.cue is not None and not (part.gives_up and not part.guesses):
        tail = _shifted(part, part.cue)
        if (mention := chosen_mention(tail.text, tail.mentions, about, first=True)) is not None and not is_listed(
            tail.text, tail.mentions, mention, about
        ):
            found.append(moved(mention, part.cue))
    for mention in part.mentions:
        if (
            _ANSWER_AFTER.match(part.text, mention.end)
            or _is_said_to_be(part, mention, about)
            or _is_next(part, mention, about)
        ):
            found.append(mention)
    return found


def _is_said_to_be(part: Part, mention: Mention, about: Asked) -> bool:
    """Whether a statement opens with a thing to pick and says that it is what was asked: '83 is the prime number: ...'.

    'The table is taller than the lamp' says less: what is compared is not picked.
    """
    if not about.picks or part.gives_up or not _BARE_SUBJECT.fullmatch(part.text, 0, mention.start):
        return False
    predicate = _PREDICATE.match(part.text, mention.end)
    if predicate is None:
        return _FITS.match(part.text, mention.end) is not None
    said = stems(predicate[1])
    return bool(said & about.focus) and said & PLACES.keys() == about.focus & PLACES.keys()


def _is_next(part: Part, mention: Mention, about: Asked) -> bool:
    """'11 comes next, and then 9.'"""
    asked_so = "next" in about.focus and not is_given(mention, about) and not part.text.startswith("+", mention.start)
    return asked_so and _NEXT.match(part.text, mention.end) is not None


def _opening(parts: Sequence[Part]) -> list[Mention]:
    """The first statement, where it is nothing but an answer."""
    if not parts or not _is_bare(parts[0]) or _is_listed(parts[0]) or _itemises(parts):
        return []
    return [parts[0].mentions[0]]


def _closing(parts: Sequence[Part]) -> list[Mention]:
    """The last statement, where a first one that is nothing but an answer is taken back by another such."""
    if len(parts) < 2 or not _is_bare(parts[-1]) or _is_listed(parts[-1]):
        return []
    return [] if _itemises(parts) and not _is_naked(parts[-1]) else [parts[-1].mentions[0]]


def _is_listed(part: Part) -> bool:
    return is_listed(part.text, part.mentions, part.mentions[0], NOTHING_ASKED)


def _itemises(parts: Sequence[Part]) -> bool:
    """Whether two statements that say no more than what there is open a reply: '3 apples', '4 pears'."""
    bare = [part for part in parts[:2] if _is_bare(part)]
    return len(bare) == 2 and not bare[0].mentions[0].same(bare[1].mentions[0])


def _is_bare(part: Part) -> bool:
    """Whether a statement is nothing but an answer: '22 minutes, because ...', 'It is 4:30 pm.', 'James (49).'"""
    if not part.mentions or part.gives_up:
        return False
    mention = part.mentions[0]
    core = without_reasons(blanked(_REMARK, part.text))
    if any(
        other.start < len(core) and core[other.start : other.end].strip() and not other.same(mention)
        for other in part.mentions
    ):
        return False
    if not core[mention.start : mention.end].strip() or not _BARE_BEFORE.fullmatch(part.text, 0, mention.start):
        return False
    return _BARE_AFTER.fullmatch(core, min(mention.end, len(core))) is not None


# --- the statement that holds the result ------------------------------------------------------


def _best(parts: Sequence[Part], about: Asked) -> Result:
    """The result in the statement that speaks most of what was asked."""
    if not parts:
        return _NONE
    if (going_on := _going_on(parts, about)) is not None:
        return Result(going_on)
    weights = [
        _weight(part, about, later=bool(place))
        + 3.0 * (0 < place == len(parts) - 1 and is_labelled(part, about) and not is_labelled(parts[-2], about))
        - 3.0 * (about.picks and picks_none(part, about) and not all(picks_none(other, about) for other in parts))
        + 2.0 * _builds_on(part, parts[max(0, place - _REMEMBERED) : place], about)
        for place, part in enumerate(parts)
    ]
    best = max(range(len(parts)), key=lambda place: (weights[place], place))
    mention = chosen_mention(parts[best].text, parts[best].mentions, about)
    if mention is None or is_listed(parts[best].text, parts[best].mentions, mention, about):
        return _NONE
    if any(
        _ALSO.match(part.text) and part.mentions and not part.mentions[0].same(parts[0].mentions[0])
        for part in parts[1:]
    ):
        return _NONE
    if not about.text and tells_of_two(parts[best], mention):
        return _NONE
    if plans(parts[best].text) and is_given(mention, about) and not EQUALS.search(parts[best].text):
        return _NONE
    if tells_of_another(parts[best], about) or of_others_only(parts, about) or says_again(parts[best], about):
        return _NONE
    unsure = len(_HEDGED.findall(parts[best].text)) > 1
    if unsure and not all(mention.same(other) for other in parts[best].mentions):
        return _NONE
    hedged = [part for part in parts if _HEDGED.search(part.text)]
    if len(hedged) > 1 and not all(mention.same(other) for part in hedged for other in part.mentions[:1]):
        return _NONE
    return Result(mention)


def _going_on(parts: Sequence[Part], about: Asked) -> Mention | None:
    """What follows the numbers of the question where a reply lists them and goes on: 8 of '2, 4, 6, 8, 10'."""
    givens = about.givens if "next" in about.focus and not about.picks else ()
    for part in parts if len(givens) > 2 else ():
        for place in range(len(part.mentions) - len(givens)):
            said = part.mentions[place : place + len(givens) + 1]
            if all(given.same(mention) for given, mention in zip(givens, said, strict=False)):
                between = part.text[said[-2].end : said[-1].start]
                return said[-1] if not _NEXT_WORDS.search(between) and "=" not in between else None
    return None


def _builds_on(part: Part, before: Sequence[Part], about: Asked) -> bool:
    """Whether a statement makes something new of what was found before: '120 + 28 = 148'."""
    known = [mention for other in before for mention in other.mentions if not is_given(mention, about)]
    equals = EQUALS.search(part.text)
    if not known or equals is None:
        return False
    used = {Fraction(number) for number in _WHOLE.findall(part.text[: equals.start()])[:20]}
    made = [mention for mention in part.mentions if mention.start >= equals.start()]
    return any(used & other.values for other in known) and not any(
        mention.same(other) for mention in made for other in known
    )


def _weight(part: Part, about: Asked, *, later: bool) -> float:
    shared = stems(part.text)
    if later and _IT.search(part.text):
        shared |= about.names  # 'August comes right before it.'

    weight = min(3.0, len(shared & about.focus) + 1.5 * len(shared & about.names))
    first = _NEXT_WORDS.search(part.text)
    weight += 0.5 * (first is not None and stem(first.group()) in about.focus)
    weight += 4.0 if SO.match(part.text) else 1.5 * (SO.search(part.text) is not None)
    weight += 1.5 * (EQUALS.search(part.text) is not None) + 2.0 * (_NAMED_RESULT.search(part.text) is not None)
    weight += 1.5 * (_GIVES.search(part.text) is not None) + 0.75 * (_RESULT_CUE.search(part.text) is not None)
    weight += 4.0 * (_TOTAL.match(part.text) is not None)
    weight += 1.5 * (missing_number(part.mentions, about) is not None)
    weight += 2.0 * (printed(part.text, part.mentions, about) is not None)
    weight += 1.5 * (about.label > 0 and about.picks and re.search(rf"\b{about.label}\b", part.text) is not None)
    if all(is_given(mention, about) for mention in part.mentions):
        weight -= 3.0
    return weight - 3.0 * (later and part.explains)


def _shifted(part: Part, start: int) -> Part:
    """What of a statement stands from a place on."""
    mentions = tuple(moved(mention, -start) for mention in part.mentions if mention.start >= start)
    return Part(part.text[start:], mentions, None, part.gives_up, part.guesses, part.explains)
