"""Whether a text makes no words or no sentences: letters at random, scraps of pages and programs, bytes read wrongly,
words that keep breaking grammar.

Words are known by their language (`languages`) and, in English, by a list (`vocabulary`): five words of a menu are too
few for the one, and scraps of words look like English to it. What is not seen: words in a senseless order that break no
rule. All of it takes time linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise, takewhile

from forgetbench.metrics.languages import language_of
from forgetbench.metrics.text import HAN, words
from forgetbench.metrics.vocabulary import known_share

MIN_WORDS = 12
"""Only of so many words the end is looked at."""
NONSENSE_WORDS = 5
ITEM_WORDS = 3
NO_LANGUAGE = 0.45
"""With less on its likeliest language a text of several words is in none: letters at random have .35 at most, real
sentences of five words .49 and more."""
KNOWN_SHARE = 0.15
"""With so many of the little English words a text is English, however short."""
UNKNOWN_WORDS = 8
ENGLISH = 0.5
"""With so many of its words in the list a text is English, whatever its letters look like. Prose has .6 and more."""
NO_ENGLISH = 0.3
"""With fewer it has the letters of English and none of its words; bad spelling leaves .38. Ours."""
SURELY = 0.9
"""Probability from which a language is told for sure; an English request makes others less likely."""
SPEAKABLE = 0.8
"""So many of a few words that could be spoken may be rare ones: waltz, tango, foxtrot. Ours."""
SCRAPS = 5
WORDLESS = 0.2
"""So many tags and pieces of code, and so small a share of letters in words, are scraps of pages or programs. Ours."""
SYMBOL_SHARE = 0.35
"""So many tokens without a letter or digit are scraps. Ours."""
BROKEN_SHARE = 0.3
"""So much of a text in signs that no one writes is broken: UTF-8 read as another encoding, tokens in place of their
text. Ours."""
UNGRAMMATICAL = 2
UNGRAMMATICAL_SHARE = 0.08
"""So many breaches of grammar, and for so many of the words, are words in a senseless order. Ours."""
_HAN_RUN = re.compile(f"[{HAN}]+")
_SPEAKABLE = re.compile(r"(?!.*[b-df-hj-np-tv-xz]{4})(?=.*[aeiouy])")
_SMALL_WORD = re.compile(r"(?<![\w'])[a-z]{3,}(?![\w'])")
_MARKUP = re.compile(r"</?[a-zA-Z!][^<>\n]{0,200}>|&(?:[a-z]{2,8}|#\d{1,5});|\{\{[^{}\n]{0,80}\}\}|\{%[^{}\n]{0,80}%\}")
_CODE = re.compile(r"[{}<>;@#_\[\]]|==|=[>\"']|[a-zA-Z]=[a-zA-Z]|[a-zA-Z]\(|\(\)|\$\(|\\[nt]")
_AROUND_A_WORD = ".,!?;:\"'[]{}*"
_TABLE_MARKS = re.compile(r"[|:=*+#>\u2022\u2013\u2014-]+")
_PUNCTUATION = ".,!?;:\"'()"
_BROKEN = re.compile(
    # What the bytes of UTF-8 look like in Latin-1 or Windows-1252.
    "[\u00c2-\u00df]{0}|[\u00e0-\u00ef]{0}{{2}}|[\u00f0-\u00f4]{0}{{1,3}}".format(
        "[\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]"
    )
    + r"|[\ufffd\ue000-\uf8ff\x00-\x08\x0e-\x1f]|(?:锟斤拷|烫烫|屯屯)+"
    r"|<0x[0-9A-F]{2}>|<unk>|\[UNK\]|<\|[a-z_]{2,20}\|>|<pad>|\[PAD\]|</?s>"
)
_ARTICLES = frozenset("the an every my your our their".split())
_CLAUSE_WORDS = frozenset("and or but because although whereas whom is are was were am has had does".split())
_PREPOSITIONS = frozenset("of to for from with by into onto at in on under among upon between".split())
_SUBJECTS = frozenset("he she they we".split())
_NO_END = _ARTICLES | frozenset("a and or because although whereas whom".split())
_ENDS_NOTHING = _NO_END | {"of", "into", "onto", "upon", "among", "between"}
_FOLLOWS_NOT = {
    **{word: frozenset({word}) for word in "is are was and to in at with from for".split()},
    **dict.fromkeys(_ARTICLES, _CLAUSE_WORDS | _PREPOSITIONS | _ARTICLES | _SUBJECTS | {"a", "than", "that", "thus"}),
    "a": _ARTICLES | {"than"},  # else it may be the name of something
    **dict.fromkeys(_SUBJECTS, _ARTICLES - {"every"} | frozenset("an of into onto upon among between".split())),
    "to": frozenset("to into onto of upon among between".split()),
    **dict.fromkeys(
        ("of", "into", "onto", "upon", "among", "between"),
        _CLAUSE_WORDS - {"whom"} | _SUBJECTS | {"of", "into", "onto", "upon", "to", "by", "with", "at"},
    ),
    **dict.fromkeys(("from", "with"), _SUBJECTS | {"of", "to", "at", "with", "from", "into", "onto", "upon"}),
    **dict.fromkeys(("by", "at"), _SUBJECTS | {"of", "to", "from", "into", "onto", "upon", "by", "is", "are", "has"}),
    **dict.fromkeys(("very", "quite"), _CLAUSE_WORDS | _PREPOSITIONS | _ARTICLES - {"the"}),
    **dict.fromkeys(("whether", "unless"), frozenset("of and or but is are was were whether unless because".split())),
    **dict.fromkeys(("but", "or"), frozenset("and or but".split())),
    **dict.fromkeys(
        ("because", "although", "whereas", "whom"), frozenset("because although and or into onto whom".split())
    ),
}
"""English: what cannot stand behind an article, a preposition or a conjunction."""
_NUMBERS = frozenset(
    """two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
    nineteen twenty thirty forty fifty sixty seventy eighty ninety""".split()
)
_COUNTED_WORDS = 3
_PLURALS = (
    frozenset(
        """men women children people feet teeth mice geese fish sheep deer dice percent hundred thousand million billion
    dozen police cattle data media more o'clock am pm year month week day hour minute mile inch foot pound part
    point""".split()
    )
    | _NUMBERS
)
"""Plurals without an s, and what forms a number or a measure: "a three week trip"."""
_CLOSED = (
    _ARTICLES | _CLAUSE_WORDS | _PREPOSITIONS | _SUBJECTS
    | frozenset(
        """a he it i you this that these those there here if when while where which who how than then so not never
        be been being do did can could will would shall should may might must thus thereby however yes no very also
        each both before after over about above below between without through as but its his her""".split()
    )
)  # fmt: skip
_ZH_BREACH = re.compile(
    "(?<![目标])的的|[把被和与或](?=[的了着过吗呢吧把被])|[把被](?=[在是和])|和是|[吗呢](?=[\u4e00-\u9fff])|[的了着很](?=[着把被吗])|的了"
    "|因为所以|所以(?:的|因为)|因此(?:因为|所以)|们们"
)
"""Chinese: particles and prepositions that cannot stand side by side."""
LITTLE_WORDS = frozenset(
    """the a an of to and in is it that for was on are as with be at this have from or by not what all were when can
    there""".split()
)


def is_nonsense(text: str, request: str = "", *, whole: bool = False, told: bool = True, prose: bool = True) -> bool:
    """Whether most of a text is no words: letters at random, syllables that no language has, scraps of symbols, of
    markup or of code, bytes read wrongly; or words that keep breaking English or Chinese grammar.

    Neither names (capitals), nor words of the `request`, nor lines of a word or two, nor a block of code is judged so.
    `whole`: no limit cut the text, so that its end counts too. `told` is False where several languages may stand side
    by side, `prose` where code or markup was asked for.
    """
    tokens = text.split()
    han = sum(map(len, _HAN_RUN.findall(text)))
    if han and len(_ZH_BREACH.findall(text)) >= max(UNGRAMMATICAL + 1, UNGRAMMATICAL_SHARE * han):
        return True
    if sum(len(match.group()) for match in _BROKEN.finditer(text)) >= BROKEN_SHARE * max(1, sum(map(len, tokens))):
        return True
    lines = sum(bool(line.strip()) for line in text.split("\n"))
    if len(tokens) < max(NONSENSE_WORDS, ITEM_WORDS * lines) or "```" in text:
        return False
    symbols = sum(not any(map(str.isalnum, token)) and not _TABLE_MARKS.fullmatch(token) for token in tokens)
    ungrammatical = max(UNGRAMMATICAL, UNGRAMMATICAL_SHARE * len(tokens))
    if symbols >= SYMBOL_SHARE * len(tokens) or _breaches(tokens, whole) >= ungrammatical:
        return True
    return (prose and _is_scraps(text)) or (told and _has_no_words(text, request))


def _has_no_words(text: str, request: str) -> bool:
    """Whether words are of no language that could be told, and no English ones; names are not judged."""
    spoken = [word for word in words(text) if word.isalpha()]
    tokens = text.split()
    if len(set(spoken)) < NONSENSE_WORDS or sum(token[:1].isupper() for token in tokens) > len(tokens) / 2:
        return False
    known = LITTLE_WORDS.union(words(request))
    content = [word for word in dict.fromkeys(_SMALL_WORD.findall(text)) if word not in known]
    share = known_share(content)
    if len(content) >= UNKNOWN_WORDS and share is not None and share <= NO_ENGLISH:
        asked = known_share(words(request))
        surely = SURELY if asked is not None and asked >= ENGLISH else NO_LANGUAGE
        return language_of(text, at_least=surely) in (None, "en")
    little = sum(word in LITTLE_WORDS for word in spoken)
    unknown = little < KNOWN_SHARE * len(spoken) and (share is None or share < ENGLISH)
    few = (
        len(content) < UNKNOWN_WORDS and sum(map(bool, map(_SPEAKABLE.match, content))) >= SPEAKABLE * len(content) > 0
    )
    return unknown and not few and language_of(text, at_least=NO_LANGUAGE) is None


def _is_scraps(text: str) -> bool:
    """Whether tags, entities, placeholders and pieces of code are nearly all that there is."""
    bare = _HAN_RUN.sub(r" \g<0> ", _MARKUP.sub(" ", text))
    tokens = [token.strip(_AROUND_A_WORD) for token in bare.split() if not _TABLE_MARKS.fullmatch(token)]
    code = [token for token in tokens if not token or (_CODE.search(token) and "://" not in token)]
    letters = sum(map(str.isalpha, "".join(token for token in tokens if not _CODE.search(token))))
    return len(_MARKUP.findall(text)) + len(code) >= SCRAPS and letters < WORDLESS * len(text)


def _breaches(tokens: Sequence[str], whole: bool) -> int:
    """How often a little English word is followed by one that cannot follow it, or by the sentence's end."""
    spoken = [(token.strip(_PUNCTUATION).casefold(), token[-1:]) for token in tokens]
    ends = sum(word in _NO_END and last in ".!?" and len(word) > 1 for word, last in spoken)
    ends += whole and len(tokens) >= MIN_WORDS and spoken[-1][0] in _ENDS_NOTHING and spoken[-1][1].isalpha()
    pairs = pairwise(spoken)
    return (
        ends
        + _uncounted(spoken)
        + _misplaced(spoken)
        + sum(b in _FOLLOWS_NOT.get(a, ()) and last.isalpha() for (a, last), (b, _) in pairs)
    )


def _uncounted(spoken: Sequence[tuple[str, str]]) -> int:
    """How often a number of more than one has no plural behind it, but another word and then a little one."""
    found = 0
    for place, (word, last) in enumerate(spoken):
        if word not in _NUMBERS or not last.isalpha():
            continue
        counted = list(takewhile(lambda said: said[0] not in _CLOSED, spoken[place + 1 : place + 5]))
        stop = next((at for at, (_, end) in enumerate(counted) if not end.isalpha()), None)
        whole = stop is None and place + 1 + len(counted) < len(spoken) and len(counted) < _COUNTED_WORDS
        found += whole and bool(counted) and not any(_may_be_plural(noun) for noun, _ in counted)
    return found


def _may_be_plural(word: str) -> bool:
    return word.endswith("s") or word in _PLURALS or not word.isalpha()


def _misplaced(spoken: Sequence[tuple[str, str]]) -> int:
    """How often "however" stands within a clause, or "thereby" before something else than what is done by it."""
    found = 0
    for (_, before), (word, last), (after, _) in zip(spoken, spoken[1:], spoken[2:], strict=False):
        if before.isalpha() and last.isalpha() and after not in _CLOSED:
            found += word == "thereby" and not after.endswith("ing")
            found += word == "however" and not after.endswith("ly")
    return found
