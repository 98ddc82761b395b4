"""A reply in statements, without those that cannot hold its result."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from forgetbench.metrics.answers.mentions import Mention
from forgetbench.metrics.answers.normalisation import normalise

_LIST_NUMBER = re.compile(r"[ \t]*\(?(\d{1,2})[.)、](?!\d)[ \t]*(?=\S)")
_STEP_LABEL = re.compile(
    r"^[ \t]*(?:step|part|第)\s?(?:\d{1,2}|[一二三四五六七八九十])\s?[步]?[ \t]*[:.)：-]?[ \t]*", re.IGNORECASE
)
_WORKING = re.compile(
    r"(?:first|next|then|start|let|we|to\b|multiply|add|subtract|divide|calculate|count|find|take|identify"
    r"|note|step|the number of|首先|先)",
    re.IGNORECASE,
)
_CONTINUES = re.compile(r"[ \t]*\n\s*(?=(?:=|\u2248|[+\u00d7\u00f7])\s?[-\w$(])")
_ANNOUNCES = re.compile(
    r"((?:\b(?:answer|result|solution|total|output|prints?|is|are)\b|答案|结果|結果)[^\n]{0,40}[:：]|(?:\banswer"
    r"|\bresult)(?: is)?|答案[是为])[ \t]*\n\s*",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(
    r"(?<!\bvs\.)(?<!\bapprox\.)(?<!\bca\.)(?<!i\.e\.)(?<!e\.g\.)(?<=[.!?;])\s+|(?<=[。！？；])\s*"
    r"|(?<=\.\))\s+"
)
_SHORT_MONTH = re.compile(r"\b(jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\.(?=\s(?:the\s)?\d)", re.IGNORECASE)
_ASIDE = re.compile(r"\([^()\n]{0,400}\)")
_TAG = re.compile(
    r",\s(?:(?:is|are|was|does|do|has|have|would|will|wo)n't (?:it|they|he|she|that)|right|no)\s?[?\uff1f]+$", re.I
)
_CHECK_START = re.compile(
    r"\s*(?:\(\s*)?(?:(?:let(?:'s| us| me)|we can|to|you can|i|now)\s)?(?:quick(?:ly)?\s"
    r"|a\s)?(?:(?:double[- ]?|cross[- ]?)?check|verify|verification|verifying|proof|sanity|to confirm|验算|验证|检验"
    r"|检查)",
    re.IGNORECASE,
)
_CONCLUSION = re.compile(
    r"\s*(?:so|thus|therefore|hence|(?:the|my|final) )\b|.{0,40}\banswer\b|所以|因此|答案", re.IGNORECASE
)
_EXPLAINS = re.compile(
    r"\s*(?:this is because|that is because|because|since|explanation|reason(?:ing)?\b|note\b|here(?:'s|,| is)"
    r"|for (?:example|reference)|e\.?g|"
    r"this (?:comes|follows)|the (?:pattern|rule|differences?|steps?)\b"
    r"|in other words|it was|解释|因为|由于|理由|注|说明|規則|规律)",
    re.IGNORECASE,
)
_INTENDS = re.compile(
    r"(?:(?:ok(?:ay)?|sure|well|first|now),?\s)?(?:let(?:'s| us| me)|i(?:'ll| will)|we(?:'ll| will))\b"
    r"(?![^\n]*(?:=|\b(?:is|are|get|gives?|makes?|has|have|answer|say|go with)\b))",
    re.IGNORECASE,
)
_HEADING = re.compile(
    r"(?:(?:step[- ]by[- ]step )?(?:explanation|reasoning|why|steps|working|details|calculations?|breakdown|proof|how)"
    r"|here(?:'s| is) (?:why|how)|解释|步骤|过程|理由|原因)\s?(?:[:：]|$)",
    re.IGNORECASE,
)
_JUSTIFIES = re.compile(
    r"to (?:see|show|understand|explain) (?:why|how|this|that|it)\b"
    r"|to (?:get|arrive|come) (?:there|(?:at|to) (?:this|that|it))\b"
    r"|here(?:'s| is) (?:why|how)\b",
    re.IGNORECASE,
)
_PLANS = re.compile(
    r"(?:(?:first|so|now|here|ok(?:ay)?),?\s)?"
    r"(?:we|you|i)(?:'d| would| will|'ll| can| could| should| must)?\s(?:first\s)?"
    r"(?:(?:need|have|want)\s(?:to\b|the\b|\w+'s\b)|start\b|begin\b)"
    r"|(?:首先|先)?我们?(?:需要|要|应该|可以)?先?(?:需要|要|用|求|算)",
    re.IGNORECASE,
)
_OTHERWISE = re.compile(r"\b(?:otherwise|or else)\b|否则|不然|要不然")
_CORRECTION = re.compile(
    r"(?:^|(?<=[.!?;:,)\n\u2014。，！？；-])\s*)(?:no[,.]? wait|wait|no,|actually|correction|sorry,|oops|hmm"
    r"|scratch that|strike that|my mistake|i (?:made|meant|mean)\b"
    r"|let me (?:recheck|redo|correct|recount|recalculate|re-)"
    r"|on second thought|or rather|make that|edit:|i misread|i miscounted|i was wrong"
    r"|that(?:'s| is| was) (?:wrong|not right|incorrect)|更正|不对|等等|等一下|纠正|我算错|抱歉,|修正)",
    re.IGNORECASE,
)
_NO_ANSWER = re.compile(
    r"\b(?:(?:do|does|did|would|will) ?n[o']t (?:know|have|say|tell|remember|recall|see enough)|(?:don't"
    r"|didn't) (?:know|have)|dont know|"
    r"can(?:no|')t|can not|could(?:n't| not)|unable|not (?:sure|certain|able|enough|possible|clear|given"
    r"|provided)|insufficient|unknown|"
    r"unsure|impossible|undetermined|sorry|no idea|no way (?:to|of)|as an ai|as a language model|need more"
    r"|depends on|no answer|(?:have|need) to ask|"
    r"please (?:provide|share|give)|hard to say|would need|not specified|missing information)\b"
    r"|不知道|不清楚|不确定|无法|不能(?:确定|回答|判断)|抱歉|对不起|信息不足|没有足够",
    re.IGNORECASE,
)
_GUESS = re.compile(
    r"\b(?:but|however|though|my (?:best )?guess|i(?:'d| would) (?:say|guess)|probably|i think|i believe)\b|但"
    r"|不过|我猜|我觉得",
    re.IGNORECASE,
)
_NEGATED_BEFORE = re.compile(
    r"(?:\b(?:anything but|not|never|neither|nor|rather than|instead of|unlike|except|excluding|other than|no longer)"
    r"(?: (?:a|an|the|in|on|at|to|by|with|for|near|under|behind|equal|equal to|from|about|quite"
    r"|really|actually|be|it|is|as|just|only|simply))*|n't(?: (?:a|an|the|in|at|equal|be))*"
    r"|不是|而非|并非|不等于|而不是|不为)\s*$",
    re.IGNORECASE,
)
_ONLY = re.compile(r"(?:\bonly|\bjust|只有)(?: (?:the|a|an))?\s?$", re.IGNORECASE)
"""Before what alone lacks something: 'Only 83 has no divisors.'"""
_ODD = re.compile(r"[^,;:.]*\b(?:odd|outlier|answer|one)\b", re.IGNORECASE)
_THAN = re.compile(
    r"(?<!younger )(?<!older )\b(?:than|below|above)\s(?:a |an |the )?$"
    r"|(?<!one )(?<!body )\bis (?:younger|older) than\s$",
    re.IGNORECASE,
)
_STEP = re.compile(r"(?<=[a-z])(?<!followed)\sby\s(?:about\s)?$")
_NEGATED_AFTER = re.compile(
    r"(?:\s?\w+){0,2}?\s(?:(?:is|are|was|were|does|do|did|can|could|has|have|had|would)(?: not\b|n't\b| no\b"
    r"| neither\b| incorrect\b| wrong\b| too \w+\b(?! much)(?! that))"
    r"|cannot\b|can't\b|(?:looks?|seems?) (?:close|right|tempting|likely)(?=[^.]{0,20}\bbut\b)|would be (?:wrong"
    r"|incorrect)|isn't|aren't|不是|不对)|\s?:?\s(?:no|false)(?=[.,;]|$)|\s?:?\s?[\u2717\u2718\u274c]",
    re.IGNORECASE,
)
_COORDINATION = re.compile(r"\s*(?:,|、|/|and|or|nor|和|或|,\s?(?:and|or|nor))\s*(?:a|an|the)?\s*", re.IGNORECASE)


def statements(plain: str) -> list[str]:
    """The sentences of a text without markup, list numbers and checks; a chain of equations stays in one piece."""
    plain = _SHORT_MONTH.sub(r"\1", _ANNOUNCES.sub(r"\1 ", _CONTINUES.sub(" ", plain)))
    lines = _without_list_numbers(plain.splitlines())
    found: list[str] = []
    for line in lines:
        checking = False  # what follows a check on its line belongs to it, up to a conclusion
        for sentence in _sentences(line):
            checking = _CHECK_START.match(sentence) is not None or (checking and not concludes(sentence))
            if sentence.strip() and not checking:
                found.append(sentence.strip())
    return found


def _sentences(line: str) -> list[str]:
    """The sentences of a line; what stands in brackets behind the beginning of one belongs to it."""
    inside = [found.span() for found in _ASIDE.finditer(line)]
    ends = [0]
    for end in _SENTENCE_END.finditer(line):
        while inside and inside[0][1] <= end.start():
            inside.pop(0)
        if not (inside and inside[0][0] < end.start()):
            ends.append(end.end())
    return [line[start:end].strip() for start, end in pairwise([*ends, len(line)])]


def _without_list_numbers(lines: Sequence[str]) -> list[str]:
    """Lines without the numbers 1., 2., ... that count them.

    A number that opens a line and counts nothing is an answer: '42. That is 6 times 7.'
    """
    lines = [line for line in lines if line.strip()]
    numbers = [int(match[1]) if (match := _LIST_NUMBER.match(line)) else 0 for line in lines]
    made, expected = [], 1
    for line, number in zip(lines, numbers, strict=True):
        rest = _LIST_NUMBER.sub("", line, count=1)
        again = number == 1 and expected > 1  # a second list
        counts = (number == expected or again) and (number > 1 or 2 in numbers or _opens_a_list(line, rest))
        if number and (counts or _WORKING.match(rest)):
            made.append(rest)
            expected = number + 1
        else:
            made.append(_STEP_LABEL.sub("", line, count=1) or line)
    return made


def _opens_a_list(line: str, rest: str) -> bool:
    """Whether '1. ...' without a '2.' is the first step of a list and not an answer with its reason."""
    return ")" in line[:4] or any(character.isdigit() for character in rest)


def after_correction(plain: str) -> str:
    """What follows the last word of correction ('No, wait, ...'); all of it where there is none."""
    places = [match.end() for match in _CORRECTION.finditer(plain)]
    return plain[places[-1] :] if places else plain


def is_question(statement: str) -> bool:
    """Whether the reply asks, or asks again, and does not state; 'It is 5, isn't it?' states."""
    asks = statement.rstrip().endswith(("?", "\uff1f")) and not _TAG.search(statement)
    return asks or statement.lower().startswith("question:")


def opens_explanation(statement: str) -> bool:
    """Whether it is the heading of an explanation: 'Why:', 'Steps'."""
    return _HEADING.match(statement) is not None


def concludes(statement: str) -> bool:
    """Whether it goes back from a check or an explanation to the result."""
    return _CONCLUSION.match(statement) is not None


def intends(statement: str) -> bool:
    """Whether it only says what will be done: 'Let me think about the 3 changes.'"""
    return _INTENDS.match(statement) is not None


def explains(statement: str) -> bool:
    """Whether it gives the reason of what was said before."""
    return _EXPLAINS.match(statement) is not None


def justifies(statement: str) -> bool:
    """Whether it begins to say why what was said before is the answer: 'To see why, take ...'."""
    return opens_explanation(statement) or _JUSTIFIES.match(statement) is not None


def plans(statement: str) -> bool:
    """Whether it says what is needed: 'We need Laura's 14 stamps and Tom's.'"""
    return _PLANS.match(statement) is not None


def remarks(statement: str) -> bool:
    """Whether all of it stands in brackets."""
    return statement.startswith("(") and ")" not in statement.rstrip(" .\u3002)")


def sets_out(statement: str) -> bool:
    """Whether it says what will be done: 'To round 317, look at the last digit.'"""
    return _WORKING.match(statement) is not None


def gives_up(statement: str) -> bool:
    """Whether it says that there is no answer."""
    return _NO_ANSWER.search(statement) is not None


def guesses(statement: str) -> bool:
    """Whether an answer follows all the same: 'I am not sure, but I think it is 42'."""
    return _GUESS.search(statement) is not None


def repeats(statement: str, question: str) -> bool:
    """Whether it only says again what the question says."""
    words = normalise(statement)
    return len(words.split()) >= 3 and f" {words} " in f" {normalise(question)} "


def not_negated(statement: str, mentions: Sequence[Mention]) -> list[Mention]:
    """The mentions that are not denied: not 7 of 'not 7', nor 'neither 7, 8 nor 9', nor '7 and 8 are not prime'."""
    if (otherwise := _OTHERWISE.search(statement)) is not None:
        mentions = [mention for mention in mentions if mention.start < otherwise.start()]
    kept: list[Mention] = []
    denied: set[int] = set()
    for place, mention in enumerate(mentions):
        before = statement[max(0, mention.start - 40) : mention.start]
        if _NEGATED_BEFORE.search(before) or _THAN.search(before) or _is_step(statement, mention):
            denied.update(range(place, _coordinated(statement, mentions, place) + 1))
        elif place not in denied and (_ONLY.search(before) or not _denied_later(statement, mentions, place)):
            kept.append(mention)
    return kept


def denied(statement: str, mentions: Sequence[Mention]) -> list[Mention]:
    """The mentions of which a statement says that they are not so: 11 of '11 cannot be divided by 2'."""
    found = [mention for place, mention in enumerate(mentions) if _denied_later(statement, mentions, place)]
    return [] if found and _ODD.match(statement, found[-1].end) else found


def _is_step(statement: str, mention: Mention) -> bool:
    """Whether a number only says by how much something changes: 'they go down by two'."""
    number = not isinstance(next(iter(mention.values)), tuple)
    return number and _STEP.search(statement, max(0, mention.start - 12), mention.start) is not None


def _coordinated(statement: str, mentions: Sequence[Mention], first: int) -> int:
    """The place of the last mention of a list 'a, b or c'; the first where no 'or' or 'and' closes it: 'not 48, 42'."""
    closed = first
    for place in range(first + 1, min(first + 40, len(mentions))):
        between = statement[mentions[place - 1].end : mentions[place].start]
        if not _COORDINATION.fullmatch(between):
            break
        closed = place if re.search(r"or|and|和|或|、", between) else closed
    return closed


def _denied_later(statement: str, mentions: Sequence[Mention], first: int) -> bool:
    """Whether the list that begins with a mention is the subject of a denial."""
    last = mentions[first]
    for mention in mentions[first + 1 : first + 40]:
        if not _COORDINATION.fullmatch(statement, last.end, mention.start):
            break
        last = mention
    return _NEGATED_AFTER.match(statement, last.end, last.end + 60) is not None
