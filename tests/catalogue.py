"""The catalogues of messages: what the sources say today, what of it is translated, and the compiled form.

`make messages` runs this file: it brings every catalogue up to date (what is new waits for its translation) and
compiles it. Babel does the work; its commands are not used, since they take '% o' in '80% of' for a placeholder.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from forgetbench.messages import CATALOGUES, LOCALE

ROOT = Path(__file__).parent.parent
_KEYWORDS = {**DEFAULT_KEYWORDS, "plural": (1, 2)}
_WIDTH = 120
_HEADER = "# {language} of forgetbench; docs/languages.md has the glossary.\n#"


def extracted() -> Catalog:
    """Every message of the sources, with the files that it stands in."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as mapping:
        methods, options = parse_mapping_cfg(mapping)
    catalogue = Catalog(charset="utf-8")
    found = extract_from_dir(ROOT, methods, options, keywords=_KEYWORDS)
    for file, _line, message, comments, context in sorted(found, key=lambda entry: entry[:2]):
        catalogue.add(message, None, [(file, None)], auto_comments=comments, context=context)
    return catalogue


def po_path(language: str) -> Path:
    """The catalogue that translators write."""
    return LOCALE / language / "LC_MESSAGES" / "forgetbench.po"


def translations(language: str) -> Catalog:
    """What is translated into a language, by the name of its folder."""
    with po_path(language).open("rb") as file:
        return read_po(file, locale=language)


def compiled(catalogue: Catalog) -> bytes:
    """The form that is read at run time."""
    buffer = io.BytesIO()
    write_mo(buffer, catalogue)
    return buffer.getvalue()


def pairs(catalogue: Catalog) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Each message's English forms (two of a plural) and its translations."""
    return [(_forms(message.id), _forms(message.string)) for message in catalogue if message.id]


def _forms(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return ("",) if text is None else (text,) if isinstance(text, str) else tuple(text)


def up_to_date(language: str) -> Catalog:
    """The messages of today with the translations there are."""
    before = translations(language)
    known = {_forms(message.id): message for message in before if message.id}
    # Today's date would make another file of the same messages.
    dates = {"creation_date": before.creation_date, "revision_date": before.creation_date}
    header = {
        "header_comment": _HEADER.format(language=language),
        "project": "forgetbench",
        "version": "1",
        "msgid_bugs_address": "",
    }
    authors = {"last_translator": "the authors of forgetbench", "language_team": "forgetbench"}
    catalogue = Catalog(locale=language, fuzzy=False, **header, **authors, **dates)
    for message in extracted():
        if message.id:
            catalogue[message.id] = _translated(message, known.get(_forms(message.id)))
    return catalogue


def _translated(message: Message, known: Message | None) -> Message:
    if known is not None:
        message.string = known.string
    elif isinstance(message.id, tuple):
        message.string = ("",)
    # 'python-format' is guessed from '% o' and the like, and wrong.
    message.flags.discard("python-format")
    return message


def main() -> None:
    """Write and compile every catalogue, and say what waits for its translation."""
    for language in CATALOGUES.values():
        catalogue = up_to_date(language)
        with po_path(language).open("wb") as file:
            write_po(file, catalogue, width=_WIDTH)
        po_path(language).with_suffix(".mo").write_bytes(compiled(translations(language)))
        open_ones = [forms[0] for forms, told in pairs(translations(language)) if not all(told)]
        print(f"{language}: {len(pairs(catalogue))} messages, {len(open_ones)} without a translation", file=sys.stderr)
        for message in open_ones:
            print(f"  {message}", file=sys.stderr)


if __name__ == "__main__":
    main()
