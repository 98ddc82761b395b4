"""Which mention of one statement is its result, and whether there is one.

The last "=" first, then what was to be counted or was asked about by name, what follows "is" or "makes", what follows a
colon, else the last mention; after "so" and "but" only what follows counts. Reasons and remarks in brackets do not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from forgetbench.metrics.answers.mentions import Mention
from forgetbench.metrics.answers.normalisation import simplified
from forgetbench.metrics.answers.numerals import NUMBER_WORD
from forgetbench.metrics.answers.orders import beside_place, in_chain, in_order
from forgetbench.metrics.answers.question import MEASURE, Asked, stem, stems
from forgetbench.metrics.answers.sums import (
    EQUALS,
    OPERATOR_AFTER,
    blanked,
    is_given,
    is_operand,
    missing_number,
    moved,
)
from forgetbench.metrics.answers.wordings import (
    UNITS,
    aged,
    all_told,
    before_colon,
    in_clause_of,
    in_full_clause,
    printed,
)

_WHO = re.compile(r"\bwho\b", re.IGNORECASE)
_CLAUSE_END = re.compile(r"[,;:]\s|\b(?:and|but|while|whereas)\b")
_CONDITION = re.compile(r"\s*(?:if|when|after|since|as|because)\b", re.IGNORECASE)
_LAST_SIGNS = 20
"""So many equations are looked at from the end of a statement; hostile text may hold thousands."""
SO = re.compile(
    r"(?:^|(?<=[\s,;:.)\u2014-]))(?:so|therefore|thus|hence|consequently|accordingly|in conclusion"
    r"|which (?:is(?! \w+er\b)|makes|gives|leaves|means|brings|equals)|making|giving"
    r"|leaving(?! (?:at|from|home))|bringing"
    r"|(?:ends?|ended|ending)(?: up)? (?:with|at|in|on|facing)|resulting in"
    r"|(?:all together|together|altogether|in total|in all|total)(?=,? (?:is |are |of |(?:they|it) \w+ )?\$?\d)|"
    r"namely|(?:that|this|it all) (?:makes|gives|leaves|means|is"
    r"|(?:comes|amounts|adds up|works out) (?:out )?(?:to|at|as))|all in all(?: that's| it's)?"
    r"|for a total of|finally)\b(?! (?:far|many|much|on)\b)|\u2234|\bi\.e\.|所以|因此"
    r"|因而|于是|總共|总共|一共|合计|共计",
    re.IGNORECASE,
)
_LATER = re.compile(r"\s(\w+)\s(?:after|before|later|earlier|ago)\b")
_BUT = re.compile(
    r"(?:[,;]|\s[-\u2014]|\u2014)\s?(?:but|however|yet|whereas)\b|\bbut\b|(?:,|，)?(?:但是|但|而是)", re.IGNORECASE
)
_VERB = re.compile(
    r"(?:\b(?:is|are|was|were|be|it's|that's|equals?|equal to|makes?|made|gives?|get|gets|got|have|has|holds?"
    r"|leaves?|left with|prints?|printed|returns?|outputs?|becomes?|"
    r"reach(?:es)?|totals|totall?ing|total of|comes? to|to|pays?|needs?|found|find|says|goes to|went to|go to"
    r"|faces?|facing)"
    r"(?: (?:a|an|the|about|only|exactly|just|now|still|also|in|at|at the|in the|to|to the|around"
    r"|approximately|roughly|then|therefore|again|simply|precisely|back|up|on|on the))*"
    r"|[是为為得有共剩到]了?|等于|剩下|得到|需要)[\s:$]*$",
    re.IGNORECASE,
)
_CONCLUDES = re.compile(
    r"\b(?:is|are|makes?|gives?|get|leaves?|equals|brings us to|total|have)\s*$|(?:得到?|是|等于|剩)\s*$", re.IGNORECASE
)
_NAMED = re.compile(r"([^\W\d_]+)(?:'s|\s(?:is|was|of|has|then|now))?[\s=:]*$", re.IGNORECASE)
_COMPARED = re.compile(
    r"\s(?:[a-z]+\s)?"
    r"(?:(?:more|fewer|less|older|younger)\b(?! \w+ (?:are|is|will|would|to)\b)"
    r"|times (?:as|more|the|larger|bigger|older)\b)"
)
_STATES = re.compile(
    r"\s(?:[a-z]+\s){0,2}?(?:is |are |be )?(?:still )?(?:left|remain(?:s|ing)?|to go|missing)\b", re.IGNORECASE
)
"""Behind what is left: '45 to go', '8 are left'."""
_OF_NAME = re.compile(
    r"([^\W\d_]+)(?:\s?(?::|-|->|=)|'s|\s(?:now\s)?(?:has|is|gets|have|(?:appears|occurs|comes up|shows up)(?: only)?)"
    r"(?:\snow)?|)\s(?:the |a |in the |at the )?$",
    re.IGNORECASE,
)
_MAKES = re.compile(r"\b(?:makes?|gives?|leaves?|gets?|keeps?|(?:and|then) (?:now )?has)\s$")
_LABEL = re.compile(r"(?:^|[,;(]\s?|\band\s)([A-Za-z]+)\s?[:=]\s?$")
_COLON = re.compile(r"(?::|->)\s*(?:a |an |the )?$")
_BRACKETS = re.compile(
    r"(?<![=\u2248+*/\u00d7\u00f7(A-Za-z\d_-])(?<![=\u2248+*/\u00d7\u00f7-]\s)\([^()]{0,300}\)(?!\s?[-+*/\u00d7\u00f7^=])"
    r"|\[[^\[\]]{0,300}\]|\uff08[^\uff09]{0,300}\uff09"
)
_REASON = re.compile(
    r",?\s(?:because|since|as (?=\S+ (?:[-+=*\u00d7]|is|are|has|have))|given that|due to|where)\b(?:(?!\sit's\b).)*"
    r"|,\sfor (?=\d).*"
    r"|(?:,|，)?(?:因为|由于).*|(?<=\S)\s(?:when|if) (?:you|we|one)\b[^,]*"
    r"|,?\s(?:followed by|ahead of)\s(?=(?-i:[A-Z])).*"
    r"|[,，;；](?:后面|其后|之后|接着|然后|随后|剩下)[^,，。;；]{0,4}?(?:依次|分别|是|为).*"
    r"|(?<=[a-z])(?<!result)(?<!results)(?<!resulting)\s(?:in|per|within) \d{1,3}(?![\d.,:/])(?:\s[a-z]+)?"
    r"|,\s(?:who|whose|aged|of which|of whom|including)\b.*",
    re.IGNORECASE | re.DOTALL,
)
_MEANWHILE = re.compile(
    rf"(?<=\S)\s(?:before|when|while|once|after)\s(?!(?:the\s|about\s|exactly\s|only\s|another\s)?(?:\S*\d|{NUMBER_WORD}))"
    r"[^,;]*?(?=[,;]|\sand\b|\s(?:I|we)\s|$)",
    re.IGNORECASE,
)
"""Of what else is so meanwhile: 'it runs 5 times before n drops to 2'."""
_OR = re.compile(
    r"(?:\s?[^\W\d_]{1,12}){0,3}\s*,?\s*(?:\bor\b|或者?|/|\bvs\.?)\s*"
    r"(?:(?:maybe|perhaps|possibly|even|in|at|on|to|the|a|an)\s+){0,3}(?:[a-z]\s?=)?\s*",
    re.IGNORECASE,
)
_LISTED = re.compile(
    r"\s*(?:,|、|;|\band\b|&|-|\bto\b|和|与|到|至|,\s?and\b|~)\s*(?:maybe|perhaps|possibly|the|a|an)?\s*", re.IGNORECASE
)
_OR_DIGITS = re.compile(r"\s(?:or|或)\s?\d")
_OF_ALL = re.compile(
    r"(?:\s(?:[a-z]+\s){0,3}(?:left|remain(?:s|ing)?|short|missing))?\s(?:out\s)?of\s(?:the\s|these\s|his\s|her\s|all\s)?"
)
_CHANGES = re.compile(
    r"\b(?:up|down|rises?|rose|grows?|grew|falls?|fell|drops?|dropped|goes|went|climb(?:s|ed)|sank|sinks"
    r"|(?:in|de)creas(?:es|ed)|changed?s?)\s(?:[a-z]+\s){0,2}?from\s(?:about\s|the\s)?[^\w\s]?$",
    re.IGNORECASE,
)
"""Before two things of which the second is what came of the first."""
_REMAINS = re.compile(r"\s(?:\w+\s){0,2}(?:remains?|left)\b")
_LIST_GOES_ON = re.compile(r"\s?(?:,|and\b)\s?\d")
_NO_NOUN = frozenset("per a an each every in at to for and with of after before".split())
_NEXT_WORDS = re.compile(r"[^\W\d_]+")


def chosen_mention(text: str, mentions: Sequence[Mention], about: Asked, *, first: bool = False) -> Mention | None:
    """The mention of a statement that is its result; `first`: where nothing tells, the first one is."""
    core = without_reasons(text)
    if about.counted in stems(text) - stems(core):
        core = blanked(_BRACKETS, text)  # '24 things, of which 10 are vehicles'
    if (age := aged(text, mentions, about)) is not None:
        return age
    within = [mention for mention in mentions if core[mention.start : mention.end].strip()] or list(mentions)
    within = list(_at_that_time(core, within, about))
    within = within[:1] + [mention for part, mention in pairwise(within) if not _is_whole(core, part, mention)]
    within = [mention for mention in within if not _COMPARED.match(core, mention.end)] or within
    if not within:
        return None
    within = [mention for mention in within if not _LATER.match(core, mention.end) or about.counted] or within
    within = [mention for mention in within if any(mention.same(option) for option in about.options)] or within
    if all(within[0].same(mention) for mention in within):
        summed = all(is_operand(core, mention) for mention in within) and not EQUALS.search(core)
        return None if summed else within[-1]
    if (new := missing_number(within, about)) is not None:
        return new
    for cut in (*_last(_BUT, core), *_last(SO, core), *_after_condition(core, within)):
        tail = [mention for mention in within if mention.start >= cut]
        if not all(is_operand(core, mention) for mention in tail):
            chosen = chosen_mention(core[cut:], [moved(mention, -cut) for mention in tail], about, first=True)
            if chosen is not None:
                return moved(chosen, cut)
    if (stands := beside_place(core, within, about) or _placed(text, core, within, about)) is not None:
        return stands
    for choose in (
        in_chain,
        _beside,
        _labelled,
        before_colon,
        _after_arrow,
        _after_equals,
        _left,
        _of_name,
        _counted,
        _named,
        _in_clause,
        in_full_clause,
        _after_verb,
        _after_colon,
    ):
        if (mention := choose(core, within, about)) is not None:
            return mention
    free = [mention for mention in within if not is_operand(core, mention) and not is_given(mention, about)]
    if not free:
        return None
    return free[0] if first or _starts(core, free[0]) else free[-1]


def _placed(text: str, core: str, mentions: Sequence[Mention], about: Asked) -> Mention | None:
    """What its place or its words put as the result, whatever stands beside it."""
    return (
        in_clause_of(core, mentions, about)
        or in_order(text, mentions, about)
        or printed(core, mentions, about)
        or all_told(core, mentions)
    )


def _at_that_time(core: str, mentions: Sequence[Mention], about: Asked) -> Sequence[Mention]:
    """The numbers that are not of what is so meanwhile, where new ones are among them."""
    spans = [match.span() for match in _MEANWHILE.finditer(core)]
    aside = [next((mention for mention in mentions if low < mention.start < high), None) for low, high in spans]
    main = [mention for mention in mentions if mention not in aside]
    told = any(not is_given(mention, about) and not isinstance(next(iter(mention.values)), tuple) for mention in main)
    return main if told else mentions


def without_reasons(text: str) -> str:
    """A statement without the reason that it gives and without remarks in brackets."""
    return blanked(_REASON, blanked(_BRACKETS, text))


def is_listed(text: str, mentions: Sequence[Mention], mention: Mention, about: Asked) -> bool:
    """Whether another thing stands beside a mention, with no more than 'or' or a comma between."""
    core = blanked(_BRACKETS, text)
    place = mentions.index(mention) if mention in mentions else -1
    if place < 0:
        return False
    if _OR_DIGITS.match(core, mention.end):
        return True
    if _placed(text, core, mentions, about) is mention:
        return False
    for other in (*mentions[place - 1 : place], *mentions[place + 1 : place + 2]):
        low, high = sorted((mention, other), key=lambda each: each.start)
        between = core[low.end : high.start]
        if (
            not mention.same(other)
            and not is_operand(core, other)
            and not _REMAINS.match(core, high.end)
            and not (mention is low and _LATER.match(core, high.end))
            and not (mention is high and _CHANGES.search(core[max(0, low.start - 60) : low.start]))
            and (_OR.fullmatch(between) or (_LISTED.fullmatch(between) and not _continues(about, other, low)))
        ):
            return True
    return False


def _continues(about: Asked, other: Mention, low: Mention) -> bool:
    """Whether a list only goes on with what the question lists: '2, 4, 6, 8'."""
    return other is low and is_given(other, about)


def _is_whole(text: str, part: Mention, mention: Mention) -> bool:
    """Whether the number before is said to be a part of it: 10 in '7 of the 10'."""
    return _OF_ALL.fullmatch(text, part.end, mention.start) is not None


def _last(pattern: re.Pattern[str], text: str) -> list[int]:
    """Where what follows the last match begins, if there is one."""
    return [match.end() for match in pattern.finditer(text)][-1:]


def _after_condition(core: str, mentions: Sequence[Mention]) -> list[int]:
    """Where the main clause of 'If you eat 3, 7 remain' begins: after the last comma that a mention follows."""
    comma = core.rfind(",", 0, mentions[-1].start) if _CONDITION.match(core) else -1
    return [comma + 1] if comma >= 0 and core[comma + 1 : comma + 2] == " " else []


def _beside(core: str, mentions: Sequence[Mention], about: Asked) -> Mention | None:
    """Chinese: what stands beside the one or the thing that was asked about: 8 of '鸡有8只，兔有7只'."""
    core = simplified(core)
    for label in map(simplified, about.labels):
        of_label = re.compile(rf"{label}[们子]?(?:(?:现在|一共|总共|还|就|则)*(?:剩下?|有|是|为))?[:=]?\s?$")
        counts_it = re.compile(rf"\s?{MEASURE}?{label}")
        found = [
            mention
            for mention in mentions
            if not (is_operand(core, mention) or is_given(mention, about))
            and (
                of_label.search(core[max(0, mention.start - 20) : mention.start]) or counts_it.match(core, mention.end)
            )
        ]
        if found and all(found[-1].same(mention) for mention in found):
            return found[-1]
    return None


def _after_arrow(core: str, mentions: Sequence[Mention], about: Asked) -> Mention | None:
    """What the last arrow leads to, where arrows part the steps of a sum: '8 + 7 -> 10 + 7 = 17, minus 2 -> 15'."""
    arrow = core.rfind("->")
    if arrow < 0 or about.picks or EQUALS.search(core, arrow):
        return None
    before = [mention for mention in mentions if mention.end <= arrow]
    after = [mention for mention in mentions if mention.start > arrow and not is_operand(core, mention)]
    works = EQUALS.search(core, 0, arrow) or any(is_operand(core, mention) for mention in before)
    return after[0] if works and len(after) == 1 else None


def _after_equals(core: str, mentions: Sequence[Mention], about: Asked) -> Mention | None:
    """The right side of the last equation; its left side where the right one is a sum: '72 = 8 * 9'."""
    for sign in list(EQUALS.finditer(core))[: -_LAST_SIGNS - 1 : -1]:
        right = next((mention for mention in mentions if abs(mention.start - sign.end()) <= 1), None)
        if right is not None and not OPERATOR_AFTER.match(core, right.end):
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
        if left is not None and not is_given(left, about) and not is_operand(core, left):
            return left
    return None


def _left(core: str, mentions: Sequence[Mention], about: Asked) -> Mention | None:
    """What is left, where that is asked or nothing is known of the question: '12 were eaten, 8 are left'."""
    if about.text and not about.focus & {"left", "missing", "remain"}:
        return None
    found = [mention for mention in mentions if _STATES.match(core, mention.end)]
    return _agreed(core, found, mentions)


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
    return _agreed(core, found, mentions)


def _agreed(core: str, found: Sequence[Mention], mentions: Sequence[Mention]) -> Mention | None:
    """What was found, if it is one thing and nothing is made of it afterwards: '546 dollars, minus 52 makes 494'."""
    if not found or not all(found[-1].same(mention) for mention in found):
        return None
    later = [mention for mention in mentions if mention.start > found[-1].end]
    made = any(_MAKES.search(core, max(0, mention.start - 12), mention.start) for mention in later)
    return None if made else found[-1]


def _counted(core: str, mentions: Sequence[Mention], about: Asked) -> Mention | None:
    """The number of what was to be counted, if there is one: 13 of '18 chickens and 13 cows' and of 'cows: 13'."""
    if not about.counted:
        return None
    ends = [*(mention.start for mention in mentions[1:]), len(core)]
    found = [
        mention
        for mention, end in zip(mentions, ends, strict=True)
        if about.counted in map(_full, _noun(core[mention.end : min(end, mention.end + 40)]))
    ]
    fresh = [mention for mention in found if not is_given(mention, about)]
    others = [mention for mention in mentions if not is_given(mention, about)]
    if not fresh and all(_counts_another(core, mention, about) for mention in others):
        fresh = found
    later = [
        mention for mention in others if fresh and mention.start > fresh[-1].end and _goes_on(core, mention, about)
    ]
    return later[-1] if later else _agreed(core, fresh, mentions)


def _noun(text: str) -> list[str]:
    """The words of which one is what a number counts: 'minutes' of '22 minutes at 4 liters per minute'."""
    words = _NEXT_WORDS.findall(text)[:3]
    stop = next((place for place, word in enumerate(words) if word.lower() in _NO_NOUN), len(words))
    stop = len(words) if stop and words[stop:][:1] == ["of"] else stop  # 'pieces of furniture'
    return words[:stop]


def _full(word: str) -> str:
    return UNITS.get(stem(word), stem(word))


def _goes_on(core: str, mention: Mention, about: Asked) -> bool:
    """Whether a later number needs no noun of its own and is of the same one: 'she saves 52 dollars and pays 148'."""
    clause = re.split(r"[,;:]|\band\b", core[: mention.start])[-1]
    bare = not _noun(core[mention.end : mention.end + 40])
    return bare and _VERB.search(clause) is not None and about.others.isdisjoint(_NEXT_WORDS.findall(clause))


def _counts_another(core: str, mention: Mention, about: Asked) -> bool:
    """Whether a number counts something else of the question: 5 of '8 bags, and 5 boxes stay empty'."""
    noun = _NEXT_WORDS.match(core, mention.end + 1)
    return noun is not None and stem(noun.group()) in stems(about.text) - {about.counted}


def _labelled(core: str, mentions: Sequence[Mention], about: Asked) -> Mention | None:
    """What stands beside the name of what was to be counted, or its first letter: 13 of 'cows: 13', 'c = 13'."""
    found = [
        mention
        for mention in mentions
        if about.counted
        and (label := _LABEL.search(core, max(0, mention.start - 30), mention.start))
        and stem(label[1]) in (about.counted, about.counted[0])
        and not is_operand(core, mention)
    ]
    return found[-1] if found and all(found[-1].same(mention) for mention in found) else None


def _named(core: str, mentions: Sequence[Mention], about: Asked) -> Mention | None:
    """What stands beside the thing that was asked for: 3 of '48 / 9 is 5, remainder 3'."""
    found = [
        mention
        for mention in mentions
        if (before := _NAMED.search(core[max(0, mention.start - 30) : mention.start]))
        and stem(before[1]) in about.focus
        and not (is_given(mention, about) or is_operand(core, mention) or _LIST_GOES_ON.match(core, mention.end))
    ]
    return found[-1] if found and all(found[-1].same(mention) for mention in found) else None


def _in_clause(core: str, mentions: Sequence[Mention], about: Asked) -> Mention | None:
    """The one person in the clause that speaks most of what was asked: Sarah of 'David has the pen, Sarah the ball'."""
    if not about.picks or not _WHO.search(about.text):
        return None
    asked = about.focus - about.names
    ends = [*(found.end() for found in _CLAUSE_END.finditer(core)), len(core)]
    clauses = list(zip([0, *ends[:-1]], ends, strict=True))
    held = [[mention for mention in mentions if low <= mention.start < high] for low, high in clauses]
    shared = [len(stems(core[low:high]) & asked) if held[place] else -1 for place, (low, high) in enumerate(clauses)]
    best = max(shared)
    only = [place for place, count in enumerate(shared) if count == best]
    return held[only[0]][0] if best > 0 and len(only) == 1 and len(held[only[0]]) == 1 else None


def _after_verb(core: str, mentions: Sequence[Mention], about: Asked) -> Mention | None:
    """What follows the last 'is', 'makes', 'gives'."""
    cued = [
        mention
        for mention in mentions
        if _VERB.search(core[max(0, mention.start - 40) : mention.start]) and not is_operand(core, mention)
    ]
    fresh = [mention for mention in cued if not is_given(mention, about)]
    return next(reversed(fresh or cued), None)


def _after_colon(core: str, mentions: Sequence[Mention], about: Asked) -> Mention | None:
    """What follows the last colon or arrow."""
    cued = [mention for mention in mentions if _COLON.search(core[max(0, mention.start - 8) : mention.start])]
    return cued[-1] if cued else None


def _starts(core: str, mention: Mention) -> bool:
    """Whether a name is the subject of its sentence; a number that opens one is the first step of a sum."""
    return isinstance(next(iter(mention.values)), tuple) and not core[: mention.start].strip(" \"'")
