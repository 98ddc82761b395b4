"""Templates that a reply leaves unfilled: '[country]', '<your answer here>', 'TBD'."""

from __future__ import annotations

import re
from collections.abc import Iterable

from forgetbench.metrics.answers.normalisation import normalise, normalised_words

_HELD = re.compile(r"[\[<{\u3010]([^\[\]<>{}\u3010\u3011\n]{1,60})[\]>}\u3011]")
_EMPTY = frozenset(
    """insert your enter fill put type write name answer here in of for blank placeholder option correct city country
    state capital currency language element symbol number code continent family x xx xxx
    请 在 此 处 填 写 答 案 入 您 你 的 名 称 国 家 城 市 首 都 货 币 语 言 元 素""".split()
)
_NOTHING = re.compile(r"\W*(?:x{2,}|tb[ad]|todo|placeholder|_+)\W*", re.IGNORECASE)


def without_placeholders(text: str, known: Iterable[str]) -> str:
    """A text with blanks for brackets that only say what should stand there, and hold no name of `known`."""
    if _NOTHING.fullmatch(text):
        return ""
    if not _HELD.search(text):
        return text
    names = set(map(normalise, known))

    def kept(found: re.Match[str]) -> str:
        words = normalised_words(found.group(1))
        unfilled = bool(words) and " ".join(words) not in names and _EMPTY.issuperset(words)
        return " " * len(found.group()) if unfilled else found.group()

    return _HELD.sub(kept, text)
