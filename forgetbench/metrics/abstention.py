"""Whether a reply abstains: says that it does not know, that nobody can, or that what the question takes for granted
is not so. English, by what it says, without a judge.

An answer is none, however it is hedged: "I'm not sure, but I think it is Oslo". Nor is a doubt or a denial of something
else: "Oslo, not Bergen", "Mozart wrote it in 1787. It was never performed". A reply that only declines ("I cannot
answer that") abstains, unless it speaks of rules: a policy is no ignorance. Only the beginning of a reply is read.
"""

from __future__ import annotations

import re
from itertools import pairwise

from forgetbench.metrics.text import fold, words

_READ = 1200
_HEAD_SENTENCES = 4
"""What a reply does not know stands among its first sentences."""
_SENTENCE = re.compile(r"(?<=[.!?])[\"')\]*]*\s+|\n+")
_ABBREVIATION = re.compile(r"\b([A-Za-z]|St|Mt|Mr|Mrs|Dr|vs|approx)\.(?=\s?\S)")
_STEM = 4
_SHORT = 6
"""So few words without a verb are an answer."""


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE | re.VERBOSE)


# --- not knowing ------------------------------------------------------------------------------

_KNOW = r"""(?:know|tell|say|see|find|locate|determine|predict|answer|identify|provide|confirm|verify|foresee
    |recogni[sz]e|recall|remember|calculate|give|work\ (?:it|that|this)\ out|be\ (?:sure|certain)
    |forecast|check)"""
_KNOWN = r"""(?:known|determined|predicted|answered|calculated|told|said|foreseen|found|recorded|counted|computed
    |identified|deciphered|measured|announced|decided|worked\ out|concluded|inferred)"""
_GIVEN = r"""(?:given|stated|mentioned|provided|specified|listed|included|named|shown|defined|present|clear|documented
    |(?:on|in|part\ of|among)\ (?:the|this|that|your)\ (?:\w+\ )?(?:list|table|text|question|menu|schedule|plan|items?
        |entries|data))"""
_INFORMATION = r"(?:information|context|details?|data|records?|evidence|knowledge|count)"
_IGNORANT = (
    # I don't know; I can't tell; I'm unable to find; I'm not sure; I have no idea; how would I know?
    rf"""\b(?:i|we)(?:\ really|\ honestly|\ simply|\ just)?\ (?:do|did|could|ca|can|would)?\ ?(?:not|n't)
        (?:\ (?:really|actually|possibly|currently|even|yet|be\ able\ to))*\ {_KNOW}\b""",
    rf"\b(?:i|we)(?:'m|'re|\ am|\ are)(?:\ \w+)?\ (?:unable|not\ able)\ to\ {_KNOW}\b",
    r"""\b(?:i|we)(?:'m|'re|\ am|\ are)(?:\ (?:really|completely|entirely|quite))?\ (?:not|un)\ ?(?:\w+ly\ )?
        (?:sure|certain|aware|familiar)\b""",
    rf"""\b(?:i|we)(?:'ve)?(?:\ do\ not|\ don't|\ did\ not|\ didn't)?\ (?:have|lack|possess|got)
        \ (?:(?:any|enough|sufficient|no|the|that|this|access\ to|specific)\ )+
        (?:idea|access|{_INFORMATION}|way\ (?:of\ knowing|to\ {_KNOW}))\b""",
    r"\b(?:i|we)(?:\ do\ not|\ don't)\ have\ access\b|\b(?:i|we)(?:'ve|\ have)\ never\ heard\b",
    r"(?:\bnot|n't|\bnever)\ (?:[\w,]+\ ){0,4}?that\ i\ (?:know|recogni[sz]e|(?:am|'m)\ aware)\b",
    r"\bhow\ (?:would|should|could|can)\ i\ know\b|\bonly\ you\ (?:can\ |would\ |could\ )?know\b",
    r"\b(?:nobody|no\ one|no-one)\ (?:can\ |could\ |will\ |really\ )*(?:knows?|tell|say|predict)\b",
    # It cannot be known; it is impossible to say; that depends; unknown.
    rf"""(?:\bimpossible|\bnot\ possible|n't\ possible|\bno\ (?:possible\ )?way|too\ (?:early|soon)|\bhard|\bdifficult)
        \ (?:for\ \w+\ )?to\ (?:count|{_KNOW})\b""",
    r"(?:\bnot|n't)\ possible\W*$|\bis\ impossible\W*$",
    rf"\b(?:cannot|can\ not|can't|could\ not|couldn't)\ be\ (?:\w+ly\ )?(?:given|{_KNOWN})\b",
    rf"(?:\bnot|n't|\bnever)\ (?:yet\ |been\ |be\ |\w+ly\ )*{_KNOWN}\b",
    r"""^\W*(?:unknown|undetermined|indeterminate|n/?a|not\ applicable|uncertain|unclear|no\ answer|no\ idea)
        (?:\W*$|\s?[:;,]\s)""",
    r"\b(?:is|are|was|remains?)\ (?:[\w']+\ ){0,5}myster(?:y|ies)\b(?!\ \w)|\btoo\ far\ in\ the\ future\b",
    r"""\b(?:is|are|remains?|was)\ (?:still\ |largely\ |currently\ )*(?:unknown|unclear|uncertain|anonymous
        |lost\ to\ history|undetermined|unpredictable)\b|\bby\ an\ (?:anonymous|unknown)\b""",
    r"\b(?:that|it|this|answer)\ (?:really\ )?depends\b|\bdepends\ on\ (?:how|what|which|when|where|whether|who)\b",
    # Nobody is it; no bridge does; it could be any of them.
    r"^\W*(?:(?:nobody|no\ one|no-one)\ (?:has|was|is|did|ever)\b|no\ \w+\ (?:does|do|did|has|is|was)\W*$)",
    r"\b(?:could|can|may|might)\ be\ (?:\w+\ )?(?:any|anything|either)\b|^\W*any\ (?:\w+\ )?number\b",
    r"\beither\ (?-i:[a-z]+\ ){1,4}or\ (?-i:[a-z]+)\b|\bequal(?:ly)?\ (?:probab|likel|chance)\w*",
    # Something is missing.
    rf"(?:\bnot|n't)\ (?:been\ |explicitly\ |actually\ |be\ )*{_GIVEN}\b",
    rf"(?:\bnot\ enough|n't\ enough|\b(?:insufficient|no|without|needs?|lacks?))\ (?:\w+\ )?{_INFORMATION}\b",
    rf"\b(?:more|additional|further)\ {_INFORMATION}\ (?:is|are|would\ be)\ (?:needed|required|necessary)\b",
    r"""\b(?:does|do|did|has|have)\ ?(?:not|n't)\ (?:seem\ to\ |appear\ to\ |actually\ |explicitly\ )*(?:say|said
        |name|mention(?:ed)?|list|given?|specif(?:y|ied)|include|state|contain|provided?|tell|told|indicate|appear)\b""",
    r"\b(?:mentions?|lists?|gives?|includes?|contains?|shows?)\ only\b|\bonly\ (?:mentions?|lists?|gives?|includes?)\b",
    r"""(?:\bwould|'d)\ need\ (?!to\ be\b)|(?<!\bwho)\ (?:is|are)\ missing\b
        |\b(?:is|are)\ (?:also\ )?needed(?:\W*$|\ to\ (?:answer|calculate|find|tell|determine|know)\b)
        |(?:(?:\bnot|n't)\ have\ an?|\bha(?:s|ve)\ no)\ (?:\w+\ ){0,2}(?:listed|given|mentioned|recorded)\b""",
    r"""\bneed\ (?:to\ (?:know|be\ told)\b|(?!to\b))[^.!?]{0,80}?\b(?:in\ order\ to
        |to\ (?:answer|calculate|find|tell|determine|work\ (?:it\ |this\ |that\ )?out))\b""",
    r"\b(?:could|can|would|will)\ you\ (?:please\ )?(?:tell|give|provide|clarify|specify|share)\b",
    r"\b(?:did|do|perhaps|maybe|if)\ you\ mean(?:t)?\b",
    r"\bplease\ (?:tell|give|provide|clarify|specify|share)\b",
)

# --- what the question takes for granted ------------------------------------------------------

_MISTAKEN = (
    r"\b(?:trick|nonsensical|meaningless)\ question\b|\bquestion\ (?:does\ not|doesn't)\ make\ sense\b",
    r"""\b(?:premise|assumption|question)\b[^.!?]{0,40}\b(?:incorrect|false|wrong|mistaken|flawed|inaccurate|errors?
        |mistakes?|misunderstanding|confusion)\b""",
    r"\b(?:mistake|error|misunderstanding|confusion|mix-?up)\ in\ (?:your|the|this)\ question\b",
    r"""(?:\bno\ such|(?:\bnot|n't)\ (?:seem\ to\ |appear\ to\ |actually\ |really\ )*exist|\bnever\ (?:existed|happened)
        |\bnon-?existent)\b""",
    r"(?:\bnot|n't)\ (?:an?|any)\ (?:real|actual|known|recogni[sz]ed|existing)\b",
    r"""\b(?:is|are|was|be|seems|appears|sounds)\ (?:(?:to\ be|like|likely|probably|actually|perhaps|an?|purely)\ )*
        (?:fictional|fictitious|made-?\ ?up|imaginary|invented|mythical)\b""",
    r"\b(?:was|were)\ (?:cancell?ed|called\ off)\b",
    r"\b(?:has|have)(?:\ not|n't)\ yet\b",
    r"(?:\bnot|n't|\bnever)\ (?:yet\ )?(?:been\ )?(?:held|taken?\ place|happened|occurred)\b",
)
_NOBODY = _pattern(r"^\W*(?:none|nobody|no\ one|no-one|nowhere|neither|never)(?:\W*$|\s?[-:;,\u2013\u2014]\s)")
_THERE_IS_NO = _pattern(
    r"\bthere\ (?:is|was|are|were|has\ been)(?:n't|\ not|\ no)\b|\bno\ \w+\ (?:has|have)\ (?:ever|yet)\b"
)
_DENIAL = _pattern(r"\b(?:not|never|no|none|nobody|neither|cannot)\b|n't\b")
_OF_ANOTHER = _pattern(
    r"""\b(?:that|which|who)\ (?:is|are|was|were)(?:\ not|n't)\b|,\ not\b
        |\bno\ (?:other|doubt|longer|matter|wonder|fewer|less|more|later|earlier)\b|\bnot\ (?:only|just|long|to\ be)\b
        |\bother\ than\b|(?:\bnot|n't|\bnever)\b[^.;]{0,60}?,?\ but\ (?!he\b|she\b|it\b|they\b|there\b|we\b|i\b)"""
)
_RULES = _pattern(
    r"""\b(?:polic(?:y|ies)|guidelines?|terms\ of|programmed|not\ (?:allowed|permitted)|inappropriate|unethical
        |help\ (?:you\ )?with\ (?:that|this))\b"""
)
_GUESS = _pattern(
    r"""\b(?:i(?:'d|\ would|\ do)?\ (?:\w+ly\ )?(?:think|believe|guess|say|suppose|assume|suspect|bet|go\ with)
        |i'm\ (?:fairly|pretty|quite)\ sure|guess\ (?:is|would\ be)|probably(?!\ mean)
        |(?:it|he|she|that)\ (?:might|may|could|must)\ (?:well\ )?be\b
        (?!\ (?:from|an?|any|anything|either|fictional|possible|that|in|on|by)\b))\b"""
)
_EXACT = _pattern(r"\b(?:exact|precise)\ (?:number|count)\b")
"""Who says that this cannot be told may estimate it."""
_SUPPOSES = _pattern(r"\W*(?:if|let|suppose|assuming)\b")
_COURTESY = _pattern(r"\b(?:sorry|thanks?|question|hello|hi|sure|hmm+|well|ok(?:ay)?|apologi[sz]e|help|let|think)\b")
_VERB = _pattern(
    r"\b(?:is|was|are|were|has|have|had|will|do|does|did|can|could|would|lived|died|i|you|we|\w{3,}ed)\b|'s\b|n't\b"
)
_FUNCTION = frozenset(
    """a an the of in on at to for from by with and or so is are was were be been do does did has have had will would
    can could which what who whom whose when where why how many much that this there it its his her their he she they
    one year month day city country name called my i you your most than as""".split()
)
_NOT_KNOWING, _CORRECTING = (tuple(map(_pattern, patterns)) for patterns in (_IGNORANT, _MISTAKEN))


def abstains(text: str, question: str = "") -> bool:
    """Whether a reply to `question` says that it does not know, that nobody can, or that the question is mistaken."""
    return _first_said(_sentences(text)[:_HEAD_SENTENCES], _asked(question)) is True


def undecided(text: str, question: str = "") -> bool:
    """Whether a reply that the token limit ended could still have come to abstain, had it gone on."""
    sentences, asked = _sentences(text), _asked(question)
    if len(sentences) > _HEAD_SENTENCES or _first_said(sentences, asked) is not None:
        return False
    return not any(_answers(sentence, asked) for sentence in sentences[:-1])


def _first_said(sentences: list[str], asked: frozenset[str]) -> bool | None:
    """True for an abstention, False for a refusal or a guess, None where neither was read."""
    answered = answered_shortly = False
    said: frozenset[str] = frozenset()
    for sentence, following in pairwise([*sentences, ""]):
        if _RULES.search(sentence):
            return False
        # Behind an answer a denial is of something else, unless it comes to what the answer left out.
        if not answered_shortly and _corrects(sentence, asked, asked - said if answered else asked):
            return True
        if not answered and any(pattern.search(sentence) for pattern in _NOT_KNOWING):
            guesses = _GUESS.search(sentence) or _GUESS.match(following)
            return not guesses or _EXACT.search(sentence) is not None
        answered_shortly |= _is_short_answer(sentence)
        answered |= _answers(sentence, asked)
        said |= _stems(sentence)
    return None


def _sentences(text: str) -> list[str]:
    reply = _ABBREVIATION.sub(r"\1", fold(text[:_READ]))
    return [sentence for sentence in _SENTENCE.split(reply) if any(map(str.isalnum, sentence))]


def _asked(question: str) -> frozenset[str]:
    """The stems of what is asked for: the question's last sentence."""
    return _stems((_sentences(question[-_READ:]) or [""])[-1])


def _stems(text: str) -> frozenset[str]:
    return frozenset(word.removesuffix("'s")[:_STEM] for word in words(text) if word not in _FUNCTION)


def _corrects(sentence: str, asked: frozenset[str], open_still: frozenset[str]) -> bool:
    """Whether a sentence says that the question is mistaken, or denies what it asks about and is open still."""
    if _NOBODY.search(sentence) or any(pattern.search(sentence) for pattern in _CORRECTING):
        return True
    denial = _DENIAL.search(sentence)
    if denial is None or _OF_ANOTHER.search(sentence):
        return False
    denied, shared = open_still & _stems(sentence[denial.end() :]), asked & _stems(sentence)
    enough = len(shared) >= 2 or 2 * len(shared) >= len(asked)
    return bool(denied) and (enough or _THERE_IS_NO.search(sentence) is not None)


def _is_short_answer(sentence: str) -> bool:
    few = 0 < len(words(sentence)) <= _SHORT
    return few and not (_VERB.search(sentence) or _COURTESY.search(sentence) or sentence.rstrip().endswith("?"))


def _answers(sentence: str, asked: frozenset[str]) -> bool:
    """Whether a sentence answers: it is short, or says something new of most of what was asked."""
    said = _stems(sentence)
    if _SUPPOSES.match(sentence):
        return False
    return _is_short_answer(sentence) or (2 * len(said & asked) >= max(1, len(asked)) and bool(said - asked))
