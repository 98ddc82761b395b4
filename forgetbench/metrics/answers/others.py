"""Answers that no candidate stands for: whether a reply without a candidate gives one all the same.

A reply that is no sentence is an answer ("Gyumri, in the north"). A sentence is one where a name, or in a question of
common things a word, stands where the answer to the question stands: behind "is" of what was asked ("the capital is
Gyumri"), behind "in" where the question asks in what. A description of the question's own subject is none ("Armenia is
a country in the Caucasus"), nor is half of the way ("the forint is the currency of Hungary").
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from forgetbench.errors import first_line
from forgetbench.metrics.answers.clauses import Reply
from forgetbench.metrics.answers.marks import PRONOUN, STOP_WORDS
from forgetbench.metrics.answers.normalisation import cleaned, normalised_words
from forgetbench.metrics.text import HAN

_MAX_WORDS = 8
_LIST = re.compile(r"[,;、，；][^,;、，；]*[,;、，；]|\bor\b|或")
_HEAD = re.compile(
    r"\b(?:what|which|name)(?: (?:is|are|was|were))?(?: (?:the|a|an))?((?: [a-z]+){1,4}?)"
    r"(?= (?:of|has|have|is|are|was|were|does|do|did|that|with|in|on|lies?|stands?|contains?)\b|s? [a-z]+ is\b|\?|$)",
    re.IGNORECASE,
)
_ASKS_FOR = re.compile(r"\b(?:what|which|name)\b", re.IGNORECASE)
_ASKS_WHERE = re.compile(
    r"\W*(?:(?:in|on|at|from|to) (?:which|what)|where)\b|\b(?:capital|city|town|seat|headquarters)\b", re.IGNORECASE
)
_VERB = re.compile(
    r"\b(?:is|are|was|were|has|have|had|does|did|do|can|lies?|belongs?|comes?|stands?|contains?|borders?|uses?|speaks?"
    r"|plays?|means?|hangs?|tells?|told)\b",
    re.IGNORECASE,
)
_IS = re.compile(
    r"(?:\b(?:is|are|was|were|be|been|its|thats|as|called|named|means?|uses?|used|using|speaks?|plays?|held"
    r"|holds?|with|for)"
    r"|[=:]|->)(?: (?:actually|probably|simply|now|still|always))?(?: the)?"
    r"(?: (?:city|town|state|island|republic) of)?\s*$",
    re.IGNORECASE,
)
"""Right before a name: it is what the clause says that something is."""
_PLACE = re.compile(r"\b(?:in|on|at|from|to)(?: the)?\s*$", re.IGNORECASE)
_IS_SUBJECT = re.compile(r"\s+(?:is|was|has|are|were)\b", re.IGNORECASE)
_OF = re.compile(r"\b(?:of|about|like|near|by|than)(?: the)?(?: [a-z]+)*\s*$", re.IGNORECASE)
_DESCRIBES = re.compile(
    r"(?:\b(?:is|are|was|were|has|have)|\bits|\bthats)(?: \w+ly)? (?:an?|one of|some|no|part|located|situated|known"
    r"|famous|home|among|two|three|four|many|several)\b",
    re.IGNORECASE,
)
_DESCRIBES_CHINESE = re.compile(
    r"[是为]一?[个座种位条款类本部]|的.{0,3}(?:国家|城市|元素|货币|语言|成语|首都)\W*$|如下|以下"
)
_STATES_CHINESE = re.compile("[是为叫称用说在属填]")
_FUNCTION = frozenset(
    "的 是 为 叫 在 了 我 也 很 就 都 和 与 这 那 有 个 位 于 做 该 国 它 答 案 应 当".split()
) | frozenset(
    """is are was were be been it its that this of in on at to for from by with and or so the there definitely certainly
    surely probably answer question capital country city what which called known as""".split()
)
_COURTESY = frozenset(
    """great good nice excellent interesting question thanks thank you for asking hello hi hey there welcome sure
    certainly of course happy to help glad be absolutely
    okay ok yes well dear hope this helps let me think see hmm um oh here is
    it""".split()
)
_IT = re.compile(r"(?:it|its|that|thats|this)\b", re.IGNORECASE)
_STEM = 5


def gives_another(reply: Reply, question: str, aliases: Sequence[str], *, cut: bool, mentioned: bool) -> bool:
    """Whether a reply to `question` that stands by none of its candidates gives another answer than `aliases`.

    `mentioned`: it names a candidate all the same, which it denies or sets aside. A cut reply is read up to its last
    whole sentence.
    """
    if cut:
        reply = Reply(reply.text[: reply.sentence(len(reply.text.rstrip()))[0]], reply.question)
    asked = set(normalised_words(question))
    said = list(reply.statements())
    line = first_line("".join(clause for clause, _ in said))
    words = set(normalised_words(line))
    if words <= _COURTESY or not words - asked - _FUNCTION:
        return False
    if not mentioned and not cut and _is_phrase(first_line(reply.text)):
        return True
    common = next(iter(aliases), "")[:1].islower()
    said = [(clause, sentence) for clause, sentence in said if not (mentioned and PRONOUN.match(sentence.lstrip()))]
    on_it = {sentence: _speaks_of(sentence, question, mentioned) for sentence in {sentence for _, sentence in said}}
    return any(_states(clause, asked, question, on_it[sentence], common) for clause, sentence in said)


def _is_phrase(line: str) -> bool:
    """A few words that are no sentence and no list."""
    short = len(normalised_words(line)) <= _MAX_WORDS and not _LIST.search(line.lower())
    states = _VERB.search(line) or _STATES_CHINESE.search(line)
    return short and not states


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
        return _states_in_chinese(clause, asked)
    if _DESCRIBES.search(clause) and not (common and on_it):
        return False
    for found in re.finditer(r"[^\W\d_][\w'-]*", clause):
        word, before = found.group(), clause[: found.start()]
        if word.lower() in asked | _FUNCTION or word.lower() in STOP_WORDS:
            continue
        name = word[0].isupper() and len(word) > 1
        if _IS.search(before) and (name or (common and on_it)):
            return True
        if _PLACE.search(before):
            if name and _ASKS_WHERE.search(question):
                return True
            continue
        opens = not before.strip(" ,;:")
        if name and on_it and (_IS_SUBJECT.match(clause, found.end()) if opens else not _OF.search(before)):
            return True
    return False


def _states_in_chinese(clause: str, asked: set[str]) -> bool:
    if _DESCRIBES_CHINESE.search(clause):
        return False
    new = [word for word in normalised_words(clause) if word not in asked | _FUNCTION]
    return bool(_STATES_CHINESE.search(clause)) and len(new) >= 1
