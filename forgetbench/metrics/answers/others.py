"""Answers that no candidate stands for: whether a reply without a candidate gives one all the same.

A few words that are no sentence are an answer where they name something ("Gyumri, in the north"), and none where they
only describe it, deny, send elsewhere or break off ("a city in the south", "look it up").

A sentence is one where a name, or in a question of common things a word, stands where the answer to it stands:
behind "is" of what was asked ("the capital is Gyumri"), behind "in" where the question asks in what. A description of
the question's own subject is none ("Armenia is a country in the Caucasus"), nor is half of the way ("the forint is the
currency of Hungary").

Beside candidates, names that are none can stand as answers too: they are found by where they stand, and are weighed as
wrong candidates are (`named_beside`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from forgetbench.errors import first_line
from forgetbench.metrics.answers.clauses import Reply
from forgetbench.metrics.answers.marks import KINDS_CHINESE, NOW, PRONOUN, STOP_WORDS
from forgetbench.metrics.answers.normalisation import cleaned, normalised_words
from forgetbench.metrics.answers.options import Mention
from forgetbench.metrics.answers.other_languages import denies_in_another_language, states_in_another_language
from forgetbench.metrics.text import HAN

_MAX_WORDS = 8
_LIST = re.compile(r"[,;、，；][^,;、，；]*[,;、，；]|\bor\b|或")
_HEAD = re.compile(
    r"\b(?:what|which|name)(?: (?:is|are|was|were))?(?: (?:the|a|an))?((?: [a-z]+){1,4}?)"
    r"(?= (?:of|has|have|is|are|was|were|does|do|did|that|with|in|on|lies?|stands?|contains?)\b|s? [a-z]+ is\b|\?|$)",
    re.IGNORECASE,
)
_ASKS_FOR = re.compile(r"\b(?:what|which|name)\b", re.IGNORECASE)
_ASKS_WHERE = re.compile(r"\W*(?:(?:in|on|at|from|to) (?:which|what)|where)\b", re.IGNORECASE)
_TO = re.compile(r"\bto(?: the)?\s*$", re.IGNORECASE)
_ASKS_FOR_A_PLACE = re.compile(r"\b(?:capital|city|town|seat|headquarters)\b", re.IGNORECASE)
_VERB = re.compile(
    r"\b(?:is|are|was|were|has|have|had|does|did|do|can|lies?|belongs?|comes?|stands?|contains?|borders?|uses?|speaks?"
    r"|plays?|means?|hangs?|tells?|told)\b",
    re.IGNORECASE,
)
_IS = re.compile(
    r"(?:\b(?:is|are|was|were|be|been|its|thats|as|called|named|means?|uses?|used|using|speaks?|play(?:s|ed)?|held"
    r"|holds?|with|for)"
    r"|[=:]|->)(?: (?:actually|probably|simply|now|still|always))?(?: the)?"
    r"(?: (?:city|town|state|island|republic) of)?\s*$",
    re.IGNORECASE,
)
"""Right before a name: it is what the clause says that something is."""
_PLACE = re.compile(r"\b(?:in|on|at|from|to|under|behind|inside)(?: the)?\s*$", re.IGNORECASE)
_IS_SUBJECT = re.compile(r"\s+(?:is|was|has|are|were)\b", re.IGNORECASE)
_OF = re.compile(r"\b(?:of|about|like|near|by|than)(?: the)?(?: [a-z]+)*\s*$", re.IGNORECASE)
_DESCRIBES = re.compile(
    r"(?:\b(?:is|are|was|were|has|have)|\bits|\bthats)(?: \w+ly)? (?:an?|one of|some|no|part|located|situated|known"
    r"|famous|home|among|two|three|four|many|several)\b",
    re.IGNORECASE,
)
_DESCRIBES_CHINESE = re.compile(
    r"[是为]一?[个座种位条款类本部]|的.{0,3}(?:国家?|城市|元素|货币|语言|成语|首都)\W*$|如下|以下"
)
_STATES_CHINESE = re.compile("[是为叫称用说在属填]")
_NO_NAME = re.compile(
    r"\W*(?:the|that|this|its|an?) (?:[a-z]+ ){0,3}one\W*$"
    r"|\W*(?:(?:probably|maybe|perhaps|just|please|well|you|could|can|should|try|better|it|is|its|in|on|from|at) ){0,3}"
    r"(?:look|check|ask|google|search|see|consult|find|read|try|wait|let|go|use|think|guess"
    r"|somewhere|something|someone|anything|some|any|(?:its|their|his|her) own|of its own|one of"
    r"|the same|no (?:idea|clue|answer|comment))\b",
    re.IGNORECASE,
)
"""Begins a reply of a few words: it sends elsewhere."""
_DESCRIBED = re.compile(
    r"\W*(?:(?:probably|maybe|perhaps|just|it|is|its|in|on|from|at) ){0,3}an?(?= [a-z])", re.IGNORECASE
)
"""Begins one that describes and does not name, unless common words are asked for."""
_EVADES_CHINESE = re.compile(r"查一?[下查]|搜|问问|百度|谷歌|猜|[一某][个座种条位款]|某地|自己的")

_LOCATED = re.compile(
    r"\b(?:located|situated|based|found) in (?-i:[A-Z][\w-]+(?: [A-Z][\w-]+)?)(?:[.,;]|\s*$)", re.IGNORECASE
)
_ASKS_WHICH_CITY = re.compile(r"\b(?:which|what) city\b", re.IGNORECASE)
_IN_NAME = re.compile(r"(?<=[a-z] )[A-Z][\w'-]* $")
"""Before a word of a name that is not its first."""
_KIN = re.compile(r"\b(?:mother|father|son|daughter|wife|husband|brother|sister|uncle|aunt|teacher|friend)\b")
_ASKS_ROLE = re.compile(r"\b(?:position|role|job|profession|occupation)\b", re.IGNORECASE)
_NEXT = re.compile(r"\s+([a-z]+)")
_NAME = r"[A-Z][\w'-]*(?: (?:(?:de|da|del|la|al|el|of|the) )?[A-Z][\w'-]+){0,2}"
_LEADS_ON = re.compile(r"\W*$|\s*[,.;:!?(-]| (?:in|on|near|at|by|of|with|from|and|is|has)\b")
_BREAKS_OFF = re.compile(
    r"(?:\b(?:is|are|was|were|the|an?|of|called|named|in|to|and|has|uses?|its)|[是为叫的在和用])\s*$", re.IGNORECASE
)
_OPENING = re.compile(r"\s*([^\W\d_][\w'-]*(?: [\w'-]+){0,3})(?:[.!,]|\s*$)")
_IT_IS = re.compile(
    r"\s*(?:its|his|her|their|the|it|that|this|he|she)(?: [a-z]+){0,3} (?:is|was)"
    rf"(?: in| at)? ((?-i:{_NAME}))(?:[.,;]|\s*$)",
    re.IGNORECASE,
)
_ITS_IS = re.compile(
    rf"(?:(?<![a-z] )|(?<=\bbut )|(?<=\band )|(?<=while ))"
    rf"\b(?:its|his|her|their|the) (?P<thing>[a-z]+(?: [a-z]+)?) (?:is|are|was)"
    rf"(?: (?:now|today|located|based|situated|found))*(?: (?:in|at))? (?P<name>(?-i:{_NAME}))(?:[.,;]|\s*$)",
    re.IGNORECASE,
)
_ACTS = re.compile(rf"\s*(?P<name>{_NAME}) (?P<verb>[a-z]+)\b")
_ASKED_VERB = re.compile(
    r"\b(?:who|(?:which|what) (?!(?:is|are|was|were|does|do|did)\b)[\w-]+)"
    r" (?!(?:is|are|was|were|has|have|had|does|do|did|of)\b)([a-z]+)",
    re.IGNORECASE,
)
_ASKS_PLACE = re.compile(r"\b(?:(?:in|on|from|to) (?:which|what)|where|country of|headquarters)\b", re.IGNORECASE)
_IS_THE = re.compile(rf"(?:^|[.;,] )(?P<name>{_NAME}) (?:is|was) (?:the|its) (?P<thing>[a-z]+(?: [a-z]+)?)")
_NO_OPENING = frozenset(
    """yes no sure well ok okay hmm great good easy simple certainly course absolutely indeed question answer hello
    hi thanks sorry wait actually so right correct interesting let the it is that this i in on at possibly perhaps
    maybe probably either not""".split()
)
_SAME = re.compile(r"\s*(?:ie|that is|thats|aka|also known as|known as|meaning|in english|namely)\b", re.IGNORECASE)
"""Behind an opening: the same in other words."""
_HEDGES = r"(?:(?:maybe|perhaps|possibly|even|it could be|it might be|might be|could be) )*"
_OR_ANOTHER = re.compile(rf"[\s,]*(?:\bor\b|/)\s+{_HEDGES}(?:the )?({_NAME})")
_OR_A_WORD = re.compile(rf"[\s,]*\bor\s+{_HEDGES}([a-z-]+(?: [a-z-]+)?)(?=\s*[,.;?!]|\s*$)")
_OR_CHINESE = re.compile(r"[\s,，]*(?:或者?是?|还是|也可能是?|也许是?)([\u4e00-\u9fff]{2})")
_OR_A_NUMBER = re.compile(r"(?<=\d)[\s,]*(?:\bor\b|或)\s*(\+?\d+)")
_ASKS_TOO = re.compile(rf"\?\s+(?:or )?({_NAME})(?=\?)")
_HEDGED = re.compile(rf"[\s,;.]*\b(?:maybe|perhaps|possibly|could be|might be)\s+({_NAME})", re.IGNORECASE)
_BEFORE_OR = re.compile(
    r"(?:^|[\n.:])\s*(?:(?:it is |its )?either )?(?:the )?([A-Z][\w'-]*(?: [A-Z][\w'-]+)?),? or (?:the )?$"
)
_OTHER_WORDING = re.compile(
    r"[^.;\n]{0,30}\b(?:as (?:it|they|some|the|we)\b|in other words|if you (?:like|prefer)"
    r"|in english|for short|formerly|once)",
    re.IGNORECASE,
)
"""Behind a name after "or": it is the same under another name."""
_FUNCTION = frozenset(
    "的 是 为 叫 在 了 我 也 很 就 都 和 与 这 那 有 个 位 于 做 该 国 它 答 案 应 当".split()
) | frozenset(
    """is are was were be been it its that this of in on at to for from by with and or so the there definitely certainly
    surely probably answer question capital country city what which called known as own also their our his her my your
    own""".split()
)
_COURTESY = frozenset(
    """great good nice excellent interesting question thanks thank you for asking hello hi hey there welcome sure
    certainly of course happy to help glad be absolutely
    okay ok yes well dear hope this helps let me think see hmm um oh here is
    it""".split()
)
_RELATIVE = re.compile(r"\b(?:which|that|who|whose)\b[^,;]*$", re.IGNORECASE)
_IT = re.compile(r"(?:it|its|that|thats|this)\b", re.IGNORECASE)
_SUBJECT = re.compile(r"\W*(?:it|this|that|he|she|they) [a-z]", re.IGNORECASE)
_THEY = re.compile(r"\s*(?:they|people|locals|the locals|you|one)\b", re.IGNORECASE)
_PERSON = re.compile(r"\s*(?:he|she|they)\b", re.IGNORECASE)
_STEM, _FEW, _MOST_BEFORE, _NEAR = 5, 2, 60, 6


def gives_another(reply: Reply, question: str, aliases: Sequence[str], *, cut: bool, mentioned: bool) -> bool:
    """Whether a reply to `question` that stands by none of its candidates gives another answer than `aliases`.

    `mentioned`: it names a candidate all the same, which it denies or sets aside. A cut reply is read up to its last
    whole sentence.
    """
    cut = cut or _BREAKS_OFF.search(reply.text) is not None
    if cut:
        reply = Reply(reply.text[: reply.sentence(len(reply.text.rstrip()))[0]], reply.question)
    asked = set(normalised_words(question))
    said = list(reply.statements())
    line = first_line("".join(clause for clause, _ in said))
    words = set(normalised_words(line))
    if words <= _COURTESY or not words - asked - _FUNCTION:
        return False
    # Where nothing is right, as in a text that does not say it, any words may be meant as the answer.
    common = not aliases or aliases[0][:1].islower()
    if not mentioned and denies_in_another_language(line):
        return False
    if not mentioned and states_in_another_language(line, asked):
        return True
    if not mentioned and not cut and _is_phrase(first_line(reply.text)):
        return _names(line, common)
    said = [
        (clause, sentence)
        for clause, sentence in said
        if NOW.search(clause) or not (mentioned and PRONOUN.match(sentence.lstrip()))
    ]
    on_it = {sentence: _speaks_of(sentence, question, mentioned) for sentence in {sentence for _, sentence in said}}
    return any(_states(clause, asked, question, on_it[sentence], common) for clause, sentence in _without_remarks(said))


def _without_remarks(said: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The clauses that are no part of a description: 'a large city, famous for its markets'."""
    described = None
    for clause, sentence in said:
        describes = _DESCRIBES.search(clause) is not None
        if described is not sentence or describes or _VERB.search(clause):
            described = sentence if describes else None
            yield clause, sentence


def named_beside(reply: str, mentioned: Sequence[Mention], question: str, *, common: bool) -> list[str]:
    """The names in a reply, `cleaned`, that are no candidates and stand where an answer would: alone before the first
    mark, or as what something is ('Sydney. Canberra is only the seat'), beside a candidate with "or" or "perhaps"
    ('Athens or Patras'); `common`: words in small letters can be such names too.
    """
    asked = set(normalised_words(question))
    taken = [(mention.start, mention.end) for mention in mentioned]
    found = [
        *_openings(reply, mentioned, asked, question),
        *_stated(reply, asked),
        *(each for mention in mentioned for each in _alternatives(reply, mention, common)),
    ]
    places = [each.span("name" if "name" in each.re.groupindex else 1) for each in found if each is not None]
    free = [reply[low:high] for low, high in places if not any(low < end and start < high for start, end in taken)]
    told = [(name, set(normalised_words(name))) for name in free]
    return [name for name, words in told if words and not words & (asked | _NO_OPENING)]


def _stated(reply: str, asked: set[str]) -> Iterator[re.Match[str]]:
    """'Its headquarters are in Perth': what is said of the thing asked for, wherever in the reply."""
    for found in _ITS_IS.finditer(reply):
        if asked & set(normalised_words(found["thing"])):
            yield found
    for found in _IS_THE.finditer(reply):
        if (asked - _FUNCTION - {"one", "country"}) & set(normalised_words(found["thing"])):
            yield found


def _is_code(opening: re.Match[str], mentioned: Sequence[Mention]) -> bool:
    """'MDL, the Moldovan leu': letters that stand for what is named right behind."""
    end = opening.end(1)
    return opening.group(1).isupper() and any(end < mention.start <= end + _NEAR for mention in mentioned)


def _is_within(opening: re.Match[str], mentioned: Sequence[Mention], question: str) -> bool:
    """'Dublin, Ireland', asked where something is: the place before lies in the one that is named."""
    return _ASKS_PLACE.search(question) is not None and any(opening.end() + 1 == mention.start for mention in mentioned)


def _openings(
    reply: str, mentioned: Sequence[Mention], asked: set[str], question: str
) -> Iterator[re.Match[str] | None]:
    opening = _OPENING.match(reply)
    if opening is None or not all(word[0].isupper() for word in opening.group(1).split()):
        yield _IT_IS.match(reply)
        acts = _ACTS.match(reply)
        verb = _ASKED_VERB.search(question)
        yield acts if acts is not None and verb is not None and acts["verb"] == verb.group(1) else None
    elif not (
        _SAME.match(reply, opening.end()) or _is_code(opening, mentioned) or _is_within(opening, mentioned, question)
    ):
        yield opening


def _alternatives(reply: str, mention: Mention, common: bool) -> Iterator[re.Match[str] | None]:
    if mention.strength < 0:
        return
    after = [_OR_ANOTHER, _OR_CHINESE, _OR_A_NUMBER, _ASKS_TOO, _HEDGED, *([_OR_A_WORD] if common else [])]
    for pattern in after:
        found = pattern.match(reply, mention.end)
        if found is not None and not _OTHER_WORDING.match(reply, found.end()):
            yield found
    yield _BEFORE_OR.search(reply, max(mention.start - _MOST_BEFORE, 0), mention.start)


def _is_phrase(line: str) -> bool:
    """A few words that are no sentence and no list."""
    short = len(normalised_words(line)) <= _MAX_WORDS and not _LIST.search(line.lower())
    states = _VERB.search(line) or _STATES_CHINESE.search(line) or _SUBJECT.match(line)
    return short and not states


def _names(phrase: str, common: bool) -> bool:
    """Whether a few words name something, and do not only describe, evade or deny in another language."""
    if re.search(f"[{HAN}]", phrase):
        return not _EVADES_CHINESE.search(phrase)
    if denies_in_another_language(phrase) or _NO_NAME.match(phrase) or (_DESCRIBED.match(phrase) and not common):
        return False
    found = [(word.group(), word.end()) for word in re.finditer(r"[^\W_][\w'+-]*", phrase)]
    told = [(word, end) for word, end in found if word.lower() not in STOP_WORDS]
    if common or len(told) <= _FEW or any(character.isdigit() for character in phrase):
        return True
    names = [(word, end) for word, end in told if word[0].isupper()]
    return len(names) > 1 or any(_LEADS_ON.match(phrase, end) for _, end in names) or not phrase.isascii()


def _speaks_of(sentence: str, question: str, mentioned: bool) -> bool:
    """Whether a sentence is about what is asked: it says the word for it, or begins with a word that stands for it; but
    'that is in Senegal' speaks of what was named before."""
    if not mentioned and _IT.match(sentence.lstrip()):
        return True
    head = _HEAD.search(cleaned(question))
    if head is None:
        return not question.isascii() or not _ASKS_FOR.search(question)
    noun = normalised_words(head.group(1))[-1:]
    return not noun or noun[0][:_STEM] in {word[:_STEM] for word in normalised_words(sentence)}


def _states(clause: str, asked: set[str], question: str, on_it: bool, common: bool) -> bool:
    """Whether a clause puts something that was not asked about where the answer stands."""
    if re.search(f"[{HAN}]", clause):
        return _states_in_chinese(clause, asked, question)
    if _LOCATED.search(clause) and _ASKS_WHICH_CITY.search(question):
        return True
    by_them = _THEY.match(clause) or (_PERSON.match(clause) and _ASKS_ROLE.search(question))
    described = _DESCRIBES.search(clause) or _DESCRIBED.match(clause)
    if described and not (common and (on_it or by_them)):
        return False
    kin = set(_KIN.findall(clause.lower())) - asked
    for found in re.finditer(r"[^\W\d_][\w'-]*", clause):
        word, before = found.group(), clause[: found.start()]
        if word.endswith("ly") or word.lower() in asked | _FUNCTION or word.lower() in STOP_WORDS:
            continue
        name = word[0].isupper() and len(word) > 1
        if name and _ASKS_ROLE.search(question):
            continue
        if name and (_IN_NAME.search(before) or kin):
            continue
        if not name and _qualifies(clause[found.end() :], asked):
            continue
        told = common and (on_it or by_them) and not _RELATIVE.search(before)
        if _IS.search(before) and (name or told):
            return True
        if _PLACE.search(before):
            if common and NOW.search(clause) and _ASKS_WHERE.search(question):
                return True
            if name and (
                _ASKS_WHERE.search(question)
                or (_ASKS_FOR_A_PLACE.search(question) and (on_it or not _TO.search(before)))
            ):
                return True
            continue
        opens = before.strip(" ,;:").lower() in ("", "the")
        if name and on_it and (_IS_SUBJECT.match(clause, found.end()) if opens else not _OF.search(before)):
            return True
    return False


def _qualifies(after: str, asked: set[str]) -> bool:
    """'official' in 'Its currency is the official currency': it only qualifies the thing that was asked for."""
    following = _NEXT.match(after)
    return following is not None and following.group(1).lower() in asked


def _states_in_chinese(clause: str, asked: set[str], question: str) -> bool:
    told = {found.group() for found in KINDS_CHINESE.finditer(clause)}
    of_another_kind = bool(told) and not any(kind in cleaned(question) for kind in told)
    if _DESCRIBES_CHINESE.search(clause) or of_another_kind:
        return False
    new = [word for word in normalised_words(clause) if word not in asked | _FUNCTION]
    return bool(_STATES_CHINESE.search(clause)) and len(new) >= 1
