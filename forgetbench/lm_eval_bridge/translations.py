"""Items that ask for the same fact in several languages: their ids differ in a language alone.

A task whose items are in one language may have it in front (`zh:capital:PE` is `capital:PE`), one whose items are in
several has it at the end (`currency_of:PL/de`).
"""

from __future__ import annotations

from collections.abc import Sequence


def fact_and_language(item_id: str, languages: Sequence[str]) -> tuple[str, str]:
    """What an item asks for, whatever the language, and its language; '' where it cannot be told.

    `languages` are those that its task declares.

    >>> fact_and_language("zh:capital:PE", ["zh"]), fact_and_language("currency_of:PL/de", ["de", "fr"])
    (('capital:PE', 'zh'), ('currency_of:PL', 'de'))
    """
    stem, slash, end = item_id.rpartition("/")
    if slash and end in languages:
        return stem, end
    only = languages[0] if len(languages) == 1 else ""
    return (item_id.removeprefix(f"{only}:"), only) if only else (item_id, "")
