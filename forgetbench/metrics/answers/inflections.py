"""Names as languages other than English inflect them, put particles behind them and deny them.

`plainly` rewrites a reply so that the readers of short answers, which look for whole words, find the names in it:
'во вторник' and 'вторника', 'Salı günüdür' and 'salıdır', '화요일입니다', 'واليابان'. A word that is no form of
a name stays what it is. The little words that turn an answer round are put in English: 'nicht Rom, sondern Paris'.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from forgetbench.metrics.text import strip_accents

_READ = 1000
"""Characters: a fact is said in a sentence or two."""
DECLINED = frozenset({"el", "pl", "ru", "uk"})
"""Languages in which the end of a name changes with its case."""
ENDINGS: Mapping[str, tuple[str, ...]] = {
    "de": ("s", "es", "n", "en", "e"), "es": ("s", "es"), "fr": ("s",), "pt": ("s",), "id": ("nya",),
}  # fmt: skip
"""What may follow a whole name in its own word."""
_TURKISH_TAIL = _LONGEST_CASE = 6
_SHORTEST, _CHANGED, _LONGER = 4, 2, 3
"""Letters: of a name that is looked for in other forms, at its end that may be others, and that may be added."""
_ARTICLE = re.compile(r"\b(?:[وفبك]?ال|لل)(?=\w{2})")
_ELIDED: Mapping[str, re.Pattern[str]] = {
    "fr": re.compile(r"\b[ld]['’ʼ](?=\w)", re.IGNORECASE),
    "it": re.compile(r"\b(?:(?:de|a|da|ne|su|que)?l{1,2}|d|un)['’ʼ](?=\w)", re.IGNORECASE),
}
"""Articles and prepositions that lose their vowel: l'Égypte, dell'Angola."""
_VOWEL_SIGNS = str.maketrans("ािीुूृॅेैॉोौंँ़्", "आइईउऊऋऍएऐऑओऔनन\u200b\u200b", "\u200b")
_WORD = re.compile(r"[^\W\d_]+(?:['’ʼ][^\W\d_]+)*")
_LITTLE: Mapping[str, tuple[str, str, str, str]] = {  # or, not, but, I do not know
    "ar": ("أو", "ليست?", "بل", "لا أ?(?:عرف|علم)"),
    "de": ("oder", "nicht", "sondern", "weiß (?:es |ich )?(?:leider )?(?:das )?nicht"),
    "el": ("ή", "δεν είναι|όχι", "αλλά", "δεν (?:το )?(?:ξέρω|γνωρίζω)"),
    "es": ("o", "no es", "sino", "no (?:lo )?sé"),
    "fr": ("ou", "pas", "mais", "sais pas"),
    "hi": ("या", "", "बल्कि", "(?:मुझे )?(?:नहीं पता|पता नहीं|नहीं मालूम|मालूम नहीं)"),
    "id": ("atau", "bukan", "melainkan", "tidak tahu"),
    "it": ("o|oppure", "non è", "ma|bensì", "non (?:lo )?so"),
    "ja": ("または|あるいは|か(?=、)", "", "", "(?:わか|分か)りません|知りません"),
    "ko": ("또는|혹은", "", "", "모르겠\\w*|모릅니다|몰라\\w*"),
    "pl": ("lub|albo|czy", "nie", "lecz|tylko|ale", "nie wiem"),
    "pt": ("ou", "não é", "mas", "não sei"),
    "ru": ("или", "не", "а", "не знаю"),
    "tr": ("ya da|veya|yoksa", "", "", "bilmiyorum"),
    "uk": ("або|чи", "не", "а", "не знаю"),
    "vi": ("hoặc|hay", "không phải", "mà", "không biết"),
    "zh": ("", "", "", ""),
}
_COURTESY = re.compile(
    r"""\W*(?:ja|natürlich|klar|gerne?|oui|bien\ sûr|sí|claro|por\ supuesto|sì|certo|certamente|sim|com\ certeza|tak
    |oczywiście|да|конечно|так|звичайно|звісно|ναι|βεβαίως|φυσικά|evet|tabii(?:\ ki)?|elbette|ya|tentu(?:\ saja)?|vâng
    |dạ|نعم|بالتأكيد|はい|もちろん(?:です)?|네|물론(?:이죠|입니다)?|是的|好的|当然)\s*[,.!:，。！、،]""",
    re.IGNORECASE | re.VERBOSE,
)
"""Before an answer: yes, of course."""
_ENGLISH = ("or", "not", "but", "I do not know")


def plainly(text: str, names: Iterable[str], language: str) -> str:
    """The beginning of a reply, with every form of one of `names` as the name itself."""
    opening = _COURTESY.match(text[:_READ])
    answer = text[opening.end() if opening else 0 : _READ]
    text = _in_english(in_letters(answer, language), language)
    known = tuple(names)
    if language in ("ja", "ko"):
        return _set_apart(text, known, language)
    folded = _by_fold(known, language)
    return _WORD.sub(lambda word: _name_of(word.group(), folded, language), text)


def in_letters(text: str, language: str) -> str:
    """A text whose words are runs of letters: Arabic without its article and what is written together with it, French
    and Italian without elided ones, Hindi with a letter for each vowel sign, other languages as they are."""
    if language == "hi":
        return text.translate(_VOWEL_SIGNS)
    if language in _ELIDED:
        return _ELIDED[language].sub("", text)
    return _ARTICLE.sub("", text) if language == "ar" else text


def _in_english(text: str, language: str) -> str:
    for pattern, word in reversed(list(zip(_LITTLE.get(language, ()), _ENGLISH, strict=False))):
        if pattern:
            bounded = pattern if language in ("ja", "ko") else rf"(?<!\w)(?:{in_letters(pattern, language)})(?!\w)"
            text = re.sub(bounded, f" {word} " if language in ("ja", "ko") else word, text, flags=re.IGNORECASE)
    return text


def _set_apart(text: str, names: tuple[str, ...], language: str) -> str:
    """With blanks around the names, which in Korean begin a word and in Japanese stand anywhere."""
    longest_first = sorted(names, key=len, reverse=True)
    start = r"(?<![^\W\d_])" if language == "ko" else ""
    return re.sub(f"{start}({'|'.join(map(re.escape, longest_first))})", r" \1 ", text).strip()


@lru_cache(maxsize=256)
def _by_fold(names: tuple[str, ...], language: str) -> dict[str, str]:
    """The names of one word, by how they are compared."""
    return {_fold(name): name for name in names if _WORD.fullmatch(name) and len(_fold(name)) >= _SHORTEST}


def _fold(word: str) -> str:
    return re.sub("['’ʼ]", "", strip_accents(word)).casefold()


def _name_of(word: str, names: Mapping[str, str], language: str) -> str:
    """The name that a word is a form of, of several the one that it shares most with; or the word."""
    folded = _fold(word)
    if folded in names or len(folded) < _SHORTEST - 1 or not names:
        return word
    forms = [(shared, name) for name in names if (shared := _shared(folded, name, language))]
    return names[max(forms)[1]] if forms else word


def _shared(word: str, name: str, language: str) -> int:
    """How many letters of its beginning a word shares with the name that it is a form of; 0 where it is none."""
    tail = word.removeprefix(name)
    if tail != word:
        whole = tail in ENDINGS.get(language, ()) or (language == "tr" and len(tail) <= _TURKISH_TAIL)
        if whole:
            return len(name)
    stem = name[: max(len(name) - _CHANGED, _SHORTEST - 1)]
    declined = language in DECLINED and word.startswith(stem) and len(word) <= len(name) + _LONGER
    return len(stem) if declined else 0
