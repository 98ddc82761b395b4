"""Which language a text is in, by py3langid: byte n-grams (Lui and Baldwin, "langid.py", ACL 2012; BSD-3-Clause).

Its model ships in the package (5 MB, nothing is downloaded), loads in half a second when it is first asked, and answers
the same on every machine. Of its 97 languages those small ones are left out that short sentences of large ones are
taken for. A name or a single word is in no language that could be told.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

_READ = 2000
LIKELY = 0.08
"""A language with less than this share of the probability is not told: 97 % and more stands on one for a sentence."""
NEARLY = 0.75
"""In a few words two languages may be about equally likely; one counts that reaches this share of the likeliest."""

TAGS: Mapping[str, str] = {
    "Afrikaans": "af", "Arabic": "ar", "Bulgarian": "bg", "Bengali": "bn", "Catalan": "ca", "Czech": "cs", "Danish":
    "da", "German": "de", "Greek": "el", "English": "en", "Spanish": "es", "Estonian": "et", "Persian": "fa",
    "Finnish": "fi", "French": "fr", "Irish": "ga", "Hebrew": "he", "Hindi": "hi", "Croatian": "hr", "Hungarian":
    "hu", "Indonesian": "id", "Icelandic": "is", "Italian": "it", "Japanese": "ja", "Korean": "ko", "Latin": "la",
    "Lithuanian": "lt", "Latvian": "lv", "Macedonian": "mk", "Malay": "ms", "Dutch": "nl", "Norwegian": "no",
    "Polish": "pl", "Portuguese": "pt", "Romanian": "ro", "Russian": "ru", "Slovak": "sk", "Slovenian": "sl",
    "Albanian": "sq", "Serbian": "sr", "Swedish": "sv", "Swahili": "sw", "Tamil": "ta", "Thai": "th", "Tagalog":
    "tl", "Turkish": "tr", "Ukrainian": "uk", "Urdu": "ur", "Vietnamese": "vi", "Chinese": "zh",
}  # fmt: skip
"""The languages that are told apart: English name -> BCP 47 tag."""


def language_of(text: str, *, at_least: float = LIKELY) -> str | None:
    """The BCP 47 tag of the likeliest language, None where it has less than `at_least` of the probability."""
    shares = _shares(text[:_READ])
    best = max(shares, key=shares.__getitem__, default=None)
    return best if best is not None and shares[best] >= at_least else None


def may_be_in(text: str, tag: str) -> bool:
    """Whether a text is in a language, or so short that it may as well be."""
    shares = _shares(text[:_READ])
    return shares.get(tag, 0.0) >= max(LIKELY, NEARLY * max(shares.values(), default=1.0))


@lru_cache(maxsize=1 << 10)
def _shares(text: str) -> dict[str, float]:
    """Probability of each language; empty for a text without letters."""
    return dict(_identifier().rank(text)) if any(map(str.isalpha, text)) else {}


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(TAGS.values())
    return identifier
