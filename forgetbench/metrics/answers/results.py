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
from dataclasses import dataclass, replace

from forgetbench.metrics.answers.markup import BOX, UNBOX, unmarked
from forgetbench.metrics.answers.mentions import Finder, Mention
from forgetbench.metrics.answers.question import NOTHING_ASKED, Asked, stem, stems
from forgetbench.metrics.answers.statements import (
    after_correction,
    explains,
    gives_up,
    guesses,
    is_question,
    not_negated,
    repeats,
    statements,
)


@dataclass(frozen=True, slots=True)
class Result:
    """What a reply gives as its result."""

    mention: Mention | None = None
    """None where no one result can be told."""
    conflict: bool = False
    """Two results that differ are stated."""


_LAST_SIGNS = 20
"""So many equations are looked at from the end of a statement; hostile text may hold thousands."""
_NONE = Result()
_CONFLICT = Result(conflict=True)

# --- what the words of a reply say ------------------------------------------------------------

_BE = r"(?:is|was|are|would be|should be|will be|must be|comes to|equals|turns out to be|has to be)"
_ANSWER_CUE = re.compile(
    rf"\b(?:answer|solution)s?\b(?!s)[^.!?\n:=]{{0,80}}?(?:\b{_BE}\b(?! not\b)|[:=])(?:\s*that\b)?"
    rf"|\banswer\s*(?:->|-)|<answer>"
    r"|(?:答案|答)(?:应该|應該)?(?:就)?(?:是|为|為|:|\s)|答:",
    re.IGNORECASE,
)
_ANSWER_AFTER = re.compile(
    r"\s*(?:\w+\s){0,2}?is (?:the|my) (?:final |correct |right )?answer\b|\s*(?:是|为)(?:正确)?答案", re.IGNORECASE
)
_RESULT_CUE = re.compile(
    rf"\b(?:(?:final )?result|output|total|sum|in total|altogether|in all|overall"
    rf"|grand total)\b[^.!?\n:=]{{0,60}}?(?:\b{_BE}\b|[:=])|\b(?:prints?|outputs?)\b"
    r"|(?:结果|結果|总共|一共|共计|总计|合计|输出)(?:是|为|:)?",
    re.IGNORECASE,
)
_SO = re.compile(
    r"(?:^|(?<=[\s,;:.)\u2014-]))(?:so|therefore|thus|hence|consequently|accordingly|in conclusion|which (?:is"
    r"|makes|gives|leaves|means|brings|equals)|making|giving|leaving|bringing|"
    r"that (?:makes|gives|leaves|means|is)|for a total of|finally)\b(?! (?:far|many|much|on)\b)|\u2234|所以|因此"
    r"|因而|于是|總共|总共|一共|合计|共计",
    re.IGNORECASE,
)
_VERB = re.compile(
    r"(?:\b(?:is|are|was|were|be|it's|that's|equals?|equal to|makes?|made|gives?|get|gets|got|have|has|holds?"
    r"|leaves?|left with|prints?|printed|returns?|outputs?|becomes?|"
    r"reach(?:es)?|totals|totall?ing|total of|comes? to|to|pays?|needs?|found|find|says|goes to|went to|go to"
    r"|faces?|facing|eats?|earns?)"
    r"(?: (?:a|an|the|about|only|exactly|just|now|still|also|in|at|at the|in the|to|to the|around"
    r"|approximately|roughly|then|therefore|again|simply|precisely|back|up|on|on the))*"
    r"|[是为為得有共剩到]了?|等于|剩下|得到|需要)[\s:$]*$",
    re.IGNORECASE,
)
_GIVES = re.compile(r"\b(?:makes?|gives?|leaves?|you get|we get|equals)\b|得到?|等于", re.IGNORECASE)
_CONCLUDES = re.compile(
    r"\b(?:is|are|makes?|gives?|get|leaves?|equals|brings us to)\s*$|(?:得到?|是|等于|剩)\s*$", re.IGNORECASE
)
_NAMED = re.compile(r"([^\W\d_]+)(?:\s(?:is|was|of|has|then|now))?[\s=]*$", re.IGNORECASE)
_COMPARED = re.compile(r"\s(?:[a-z]+\s)?(?:more|fewer|less|times|older|younger)\b")
_OF_NAME = re.compile(
    r"([^\W\d_]+)(?:\s?(?::|-|->|=)|\s(?:now\s)?(?:has|is|gets|have)(?:\snow)?)\s(?:the |a |in the |at the )?$",
    re.IGNORECASE,
)
_COLON = re.compile(r"(?::|->)\s*(?:a |an |the )?$")
_EQUALS = re.compile(
    r"(?:(?<![<>!=])=(?!=)|\u2248|\bequals\b|等于)\s*(?:about\s|approximately\s"
    r"|roughly\s)?[$\u20ac\u00a3\u00a5]?\s*",
    re.IGNORECASE,
)
_OPERATOR_AFTER = re.compile(
    r"\s*(?:[+*/\u00d7\u00f7^(]|-(?!>)|x(?=\s?\d)|\b(?:plus|minus|times|divided by|mod)\b|加|减|乘|除)", re.IGNORECASE
)
_OPERATOR_BEFORE = re.compile(
    r"(?:[-+*/\u00d7\u00f7^%]|\b(?:plus|minus|times|divided by|multiplied by)|加|减|乘|除以)\s*$", re.IGNORECASE
)
_BRACKETS = re.compile(
    r"(?<![=\u2248+*/\u00d7\u00f7(\w-])(?<![=\u2248+*/\u00d7\u00f7-]\s)\([^()]{0,300}\)(?!\s?[-+*/\u00d7\u00f7^=])"
    r"|\[[^\[\]]{0,300}\]|\uff08[^\uff09]{0,300}\uff09"
)
_REASON = re.compile(
    r",?\s(?:because|since|as (?=\S+ (?:[-+=*\u00d7]|is|are|has|have))|given that|due to|where|for (?=\d))\b.*"
    r"|(?:,|，)?(?:因为|由于).*|,\s(?:who|whose|aged|of which|of whom|including)\b.*",
    re.IGNORECASE | re.DOTALL,
)
_BUT = re.compile(
    r"(?:[,;]|\s[-\u2014]|\u2014)\s?(?:but|however|yet|whereas)\b|\bbut\b|(?:,|，)?(?:但是|但|而是)", re.IGNORECASE
)
_BARE_BEFORE = re.compile(
    r"[\s\"'(\u201c]*(?:(?:ok|okay|sure|yes|certainly|of course)[,.!:]?\s)?"
    r"(?:(?:it|that)(?:'s| is| was| would be)\s|they are\s|i(?:'d| would) say\s"
    r"|(?:about|approximately|around|exactly|roughly|the|a|an|at|in|to|on)\s|[~\u2248=$\u20ac\u00a3\u00a5\s])*",
    re.IGNORECASE,
)
_BARE_AFTER = re.compile(
    r"[\s\"')\u201d]*(?:[A-Za-z\u00c0-\u024f]+\.?(?:\s|$)|[°€$%℃]\s?[CF]?"
    r"|/\w+){0,4}?(?:[^\x00-\x7f是为為得等有共加减乘除。，]{1,4})?[\s\"')\u201d]*[.!,:;。！—-]*\s*"
)
_OR = re.compile(
    r"\s*[^\W\d_]{0,12}\s*,?\s*(?:\bor\b|或者?|/|\bvs\.?)\s*(?:maybe|perhaps|possibly|even|the|a|an)?\s*", re.IGNORECASE
)
_LISTED = re.compile(
    r"\s*(?:,|、|;|\band\b|&|-|\bto\b|和|与|到|至|,\s?and\b|~)\s*(?:maybe|perhaps|possibly|the|a|an)?\s*", re.IGNORECASE
)
_BOXED = re.compile(f"{BOX}[^{BOX}{UNBOX}]{{0,300}}{UNBOX}")
_NEXT_WORDS = re.compile(r"[^\W\d_]+")
_HEDGED = re.compile(r"\b(?:could|might|may|maybe|perhaps|possibly|either)\b|可能|也许", re.IGNORECASE)


def read_result(text: str, find: Finder, about: Asked = NOTHING_ASKED, *, cut: bool = False) -> Result:
    """The result of a reply, among what `find` finds in it.

    `cut`: the reply met its token limit, so that only a result that is stated as such, and is not at the very end,
    counts.
    """
    plain = unmarked(text)
    rest = after_correction(plain)
    parts = _parts(rest, find, about, cut) or _parts(plain, find, about, cut)
    parts = _without_items(parts)
    strong = [mention for part in parts for mention in _strong(part, about)]
    opening = _opening(parts)
    stated = [*strong, *opening, *_closing(parts)]
    if stated:
        return Result(stated[0]) if all(stated[0].same(other) for other in stated) else _CONFLICT
    if any(part.mentions and part.cue is not None for part in parts):
        return _NONE  # "the answer is 9 or 10"
    usable = [part for part in parts if part.mentions and (part.guesses or not part.gives_up)]
    if any(part.gives_up for part in parts):
        usable = [part for part in usable if part.guesses]
    return _NONE if cut else _best(usable, about)


# --- statements with what they mention --------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Part:
    """A statement that may hold the result."""

    text: str
    mentions: tuple[Mention, ...]
    """Those that are not denied."""
    cue: int | None
    """Where what follows "the answer is" begins."""
    gives_up: bool
    guesses: bool
    explains: bool


def _parts(plain: str, find: Finder, about: Asked, cut: bool) -> list[_Part]:
    parts = []
    said = statements(plain)
    echoed = _echoed(said, about)
    for place, text in enumerate(said):
        if is_question(text) or (place in echoed and BOX not in text):
            continue
        mentions = not_negated(text, find(text))
        if any(not mention.weak for mention in mentions):
            mentions = [mention for mention in mentions if not mention.weak]
        if cut and place == len(said) - 1:  # its last number may go on
            mentions = [mention for mention in mentions if mention.end < len(text)]
        cues = list(_ANSWER_CUE.finditer(text))
        parts.append(
            _Part(
                text, tuple(mentions), cues[-1].end() if cues else None, gives_up(text), guesses(text), explains(text)
            )
        )
    return parts if any(part.mentions for part in parts) else []


def _echoed(said: Sequence[str], about: Asked) -> set[int]:
    """The places of statements that repeat the question, two or more in a row; a single one may be the answer."""
    repeated = [bool(about.text) and repeats(text, about.text) for text in said]
    pairs = [place for place in range(1, len(said)) if repeated[place] and repeated[place - 1]]
    return {place - back for place in pairs for back in (0, 1)}


def _without_items(parts: list[_Part]) -> list[_Part]:
    """The statements without those that are nothing but a mention, where such ones differ: they list something."""
    items = [part for part in parts if part.mentions and _is_naked(part)]
    if all(items[0].mentions[0].same(item.mentions[0]) for item in items):
        return parts
    return [part for part in parts if part not in items]


def _is_naked(part: _Part) -> bool:
    mention = part.mentions[0]
    return not (part.text[: mention.start] + part.text[mention.end :]).strip(" .,:;\"'")


def _strong(part: _Part, about: Asked) -> list[Mention]:
    """What is boxed, and what follows 'the answer is'."""
    found = []
    for box in _BOXED.finditer(part.text):
        inside = [mention for mention in part.mentions if box.start() < mention.start < box.end()]
        if inside:
            found.append(inside[-1])
    if part.cue is not None and not (part.gives_up and not part.guesses):
        tail = _shifted(part, part.cue)
        if (mention := _chosen(tail, about, first=True)) is not None and not _is_list(tail, mention):
            found.append(_moved(mention, part.cue))
    for mention in part.mentions:
        if _ANSWER_AFTER.match(part.text, mention.end):
            found.append(mention)
    return found


def _opening(parts: Sequence[_Part]) -> list[Mention]:
    """The first statement, where it is nothing but an answer."""
    if not parts or not _is_bare(parts[0]) or _is_list(parts[0], parts[0].mentions[0]):
        return []
    return [parts[0].mentions[0]]


def _closing(parts: Sequence[_Part]) -> list[Mention]:
    """The last statement, where a first one that is nothing but an answer is taken back by another such."""
    if len(parts) < 2 or not _is_bare(parts[-1]) or _is_list(parts[-1], parts[-1].mentions[0]):
        return []
    return [parts[-1].mentions[0]]


def _is_bare(part: _Part) -> bool:
    """Whether a statement is nothing but an answer: '22 minutes, because ...', 'It is 4:30 pm.', 'James (49).'"""
    if not part.mentions or part.gives_up:
        return False
    mention = part.mentions[0]
    core = _core(part.text)
    if not core[mention.start : mention.end].strip() or not _BARE_BEFORE.fullmatch(part.text, 0, mention.start):
        return False
    return _BARE_AFTER.fullmatch(core, min(mention.end, len(core))) is not None


def _core(text: str) -> str:
    """A statement without the reason that it gives and without remarks in brackets."""
    return _REASON.sub("", _BRACKETS.sub(lambda remark: " " * len(remark.group()), text))


# --- the statement that holds the result ------------------------------------------------------


def _best(parts: Sequence[_Part], about: Asked) -> Result:
    """The result in the statement that speaks most of what was asked."""
    if not parts:
        return _NONE
    weights = [_weight(part, about, later=bool(place)) for place, part in enumerate(parts)]
    best = max(range(len(parts)), key=lambda place: (weights[place], place))
    mention = _chosen(parts[best], about)
    if mention is None or _is_list(parts[best], mention):
        return _NONE
    hedged = [part for part in parts if _HEDGED.search(part.text)]
    if len(hedged) > 1 and not all(mention.same(other) for part in hedged for other in part.mentions[:1]):
        return _NONE
    return Result(mention)


def _weight(part: _Part, about: Asked, *, later: bool) -> float:
    shared = stems(part.text)
    weight = float(len(shared & about.focus) + 1.5 * len(shared & about.names))
    weight += 2.0 * (_SO.search(part.text) is not None) + 1.5 * (_EQUALS.search(part.text) is not None)
    weight += 1.5 * (_GIVES.search(part.text) is not None) + 0.75 * (_RESULT_CUE.search(part.text) is not None)
    if not about.picks and all(any(mention.same(given) for given in about.givens) for mention in part.mentions):
        weight -= 3.0
    return weight - 3.0 * (later and part.explains)


def _chosen(part: _Part, about: Asked, *, first: bool = False) -> Mention | None:
    """The mention of a statement that is its result; `first`: where nothing tells, the first one is."""
    core = _core(part.text)
    within = [mention for mention in part.mentions if core[mention.start : mention.end].strip()] or list(part.mentions)
    within = [mention for mention in within if not _COMPARED.match(core, mention.end)] or within
    if not within:
        return None
    if all(within[0].same(mention) for mention in within):
        summed = all(_is_operand(core, mention) for mention in within) and not _EQUALS.search(core)
        return None if summed else within[-1]
    for cut in (*_last(_BUT, core), *_last(_SO, core)):
        tail = [mention for mention in within if mention.start >= cut]
        if tail:
            rest = _Part(core[cut:], tuple(_moved(mention, -cut) for mention in tail), None, False, False, False)
            chosen = _chosen(rest, about, first=True)
            if chosen is not None:
                return _moved(chosen, cut)
    for choose in (_after_equals, _of_name, _counted, _named, _after_verb, _after_colon):
        if (mention := choose(core, within, about)) is not None:
            return mention
    free = [mention for mention in within if not _is_operand(core, mention)]
    if not free:
        return None
    return free[0] if first or _starts(core, free[0]) else free[-1]


def _is_operand(text: str, mention: Mention) -> bool:
    """Whether it is part of a sum or a product, and so no result."""
    before = text[max(0, mention.start - 12) : mention.start]
    return _OPERATOR_AFTER.match(text, mention.end) is not None or _OPERATOR_BEFORE.search(before) is not None


def _last(pattern: re.Pattern[str], text: str) -> list[int]:
    """Where what follows the last match begins, if there is one."""
    return [match.end() for match in pattern.finditer(text)][-1:]


def _after_equals(core: str, mentions: Sequence[Mention], about: Asked) -> Mention | None:
    """The right side of the last equation; its left side where the right one is a sum: '72 = 8 * 9'."""
    for sign in list(_EQUALS.finditer(core))[: -_LAST_SIGNS - 1 : -1]:
        right = next((mention for mention in mentions if abs(mention.start - sign.end()) <= 1), None)
        if right is not None and not _OPERATOR_AFTER.match(core, right.end):
            end = right.end
            later = [
                mention
                for mention in mentions
                if mention.start > end and _CONCLUDES.search(core[max(0, mention.start - 20) : mention.start])
            ]
            return (later or [right])[-1]
        left = next(
            (
                mention
                for mention in mentions
                if not core[mention.end : sign.start()].strip() and mention.end <= sign.start()
            ),
            None,
        )
        given = left is not None and not about.picks and any(left.same(other) for other in about.givens)
        if left is not None and not given and not _is_operand(core, left):
            return left
    return None


def _of_name(core: str, mentions: Sequence[Mention], about: Asked) -> Mention | None:
    """What is said of the one that was asked about: 32 of 'Anna: 32, Lisa: 23'."""
    if len(about.names) != 1:
        return None
    found = [
        mention
        for mention in mentions
        if (before := _OF_NAME.search(core[max(0, mention.start - 40) : mention.start]))
        and stem(before[1]) in about.names
    ]
    return found[-1] if found and all(found[-1].same(mention) for mention in found) else None


def _counted(core: str, mentions: Sequence[Mention], about: Asked) -> Mention | None:
    """The number of what was to be counted, if there is one: 13 of '18 chickens and 13 cows'."""
    if not about.counted:
        return None
    found = [
        mention
        for mention in mentions
        if about.counted in [stem(word) for word in _NEXT_WORDS.findall(core[mention.end : mention.end + 40])[:3]]
    ]
    fresh = [mention for mention in found if not any(mention.same(given) for given in about.givens)] or found
    return fresh[-1] if fresh and all(fresh[-1].same(mention) for mention in fresh) else None


def _named(core: str, mentions: Sequence[Mention], about: Asked) -> Mention | None:
    """What stands beside the thing that was asked for: 3 of '48 / 9 is 5, remainder 3'."""
    found = [
        mention
        for mention in mentions
        if (before := _NAMED.search(core[max(0, mention.start - 30) : mention.start]))
        and stem(before[1]) in about.focus
    ]
    return found[-1] if found and all(found[-1].same(mention) for mention in found) else None


def _after_verb(core: str, mentions: Sequence[Mention], about: Asked) -> Mention | None:
    """What follows the last 'is', 'makes', 'gives'."""
    cued = [mention for mention in mentions if _VERB.search(core[max(0, mention.start - 40) : mention.start])]
    fresh = [mention for mention in cued if about.picks or not any(mention.same(given) for given in about.givens)]
    return next(reversed(fresh or cued), None)


def _after_colon(core: str, mentions: Sequence[Mention], about: Asked) -> Mention | None:
    """What follows the last colon or arrow."""
    cued = [mention for mention in mentions if _COLON.search(core[max(0, mention.start - 8) : mention.start])]
    return cued[-1] if cued else None


def _starts(core: str, mention: Mention) -> bool:
    """Whether a name is the subject of its sentence; a number that opens one is the first step of a sum."""
    return isinstance(next(iter(mention.values)), tuple) and not core[: mention.start].strip(" \"'")


# --- two candidates ---------------------------------------------------------------------------


def _is_list(part: _Part, mention: Mention) -> bool:
    """Whether another thing stands beside a mention, with no more than 'or' or a comma between."""
    core = _BRACKETS.sub(lambda remark: " " * len(remark.group()), part.text)
    place = part.mentions.index(mention) if mention in part.mentions else -1
    if place < 0:
        return False
    for other in (*part.mentions[place - 1 : place], *part.mentions[place + 1 : place + 2]):
        low, high = sorted((mention, other), key=lambda each: each.start)
        between = core[low.end : high.start]
        if (
            not mention.same(other)
            and not _is_operand(core, other)
            and (_OR.fullmatch(between) or _LISTED.fullmatch(between))
        ):
            return True
    return False


def _shifted(part: _Part, start: int) -> _Part:
    """What of a statement stands from a place on."""
    mentions = tuple(_moved(mention, -start) for mention in part.mentions if mention.start >= start)
    return _Part(part.text[start:], mentions, None, part.gives_up, part.guesses, part.explains)


def _moved(mention: Mention, by: int) -> Mention:
    return replace(mention, start=mention.start + by, end=mention.end + by)
