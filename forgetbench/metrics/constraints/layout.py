"""Constraints on how an answer is set: lists, tables, sections, separators, wrappings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from forgetbench.metrics.constraints.protocol import Checker, Parameters
from forgetbench.metrics.shape import BOLD, LIST_ITEM, has_table, parse_json
from forgetbench.metrics.text import answered, words

_BULLET = re.compile(
    r"^[ \t]*(?:>[ \t]?)?(?:[-*+\u2023\u2013\u2014\u2192\u2713\u2714\u27a2\u27a4\u25b6\u25ba][ \t]+\S"
    r"|[\u00b7\u2022\u25a0\u25a1\u25aa\u25c6\u25c7\u25cb\u25cf\u25e6\u30fb][ \t]*\S)",
    re.MULTILINE,
)
# Bold or not, in brackets or not, as a keycap, a heading or a bullet; the item may follow its number at once: "1.苹果".
_NUMBERED = re.compile(
    r"^[ \t]*(?:(?:#{1,6}|[-*\u2022>])[ \t]+)?(?:\*\*|__)?(?:\(|\u7b2c)?(\d{1,3})"
    r"(?:[.)](?:\*\*|__)?(?:[ \t]+\S|[^\W\d])|:[ \t]+\S|\u3001|\ufe0f?\u20e3"
    r"|[\u6761\u70b9\u6b65\u9879][:,\u3001])",
    re.MULTILINE,
)
_LETTERED = re.compile(
    r"^[ \t]*(?:\(?(?:[a-zA-Z]|[ivxIVX]{1,4})[.)][ \t]+\S|(?:\*\*)?[Ss]tep[ \t](?:\d{1,3}|one|two|three|four|five)\b"
    r"|(?:\*\*)?(?:(?:[Ff]irst|[Ss]econd|[Tt]hird|[Ff]inal|[Ll]ast)(?:ly)?|[Nn]ext|[Tt]hen|首先|其次|然后|再次|最后)(?:\*\*)?:"
    r"|(?:\*\*)?(?:第[一二三四五六七八九十]{1,3}[步点条项]?|[一二三四五六七八九十]{1,3})[:,\u3001])",
    re.MULTILINE,
)
_HEADER = re.compile(r"#{1,6}[ \t]+\S")
_BLANK_LINE = re.compile(r"\n[ \t\r]*\n")
_RULE = re.compile(r"(?:[-*_=~][ \t]*){3,}")
# Neither links and their notes nor boxes to tick and numbers of sources are gaps to be filled in.
_PLACEHOLDER = re.compile(r"(?<!\])\[(?![ xX]\]|\d{1,3}\]|\^)[^\[\]\n]+\](?![(:\[])")
_TITLE = re.compile(r"<<[^<>\n]*[^<>\s][^<>\n]*>>")
_SECTION = re.compile(r"^[\W_]*section[ \t]+(\d{1,3})\b", re.MULTILINE | re.IGNORECASE)
# The look-behind keeps a long run of asterisks from being tried at each of its places.
_HIGHLIGHT = re.compile(r"(?<!\*)\*{1,3}(?=[^\s*])[^*\n]+\*")
_UNDERLINED = re.compile(r"(?<![\w_])__(?=[^\s_])[^_\n]+__(?!\w)")
_INLINE_MARKS = re.compile(
    r"`[^`\n]+`|~~[^~\n]+~~|!?\[[^\[\]\n]+\]\([^()\s]+\)"
    r"|(?<![\w*])\*(?=[^\s*])[^*\n]*[^\s*]\*(?![\w*])|(?<![\w_])_(?=[^\s_])[^_\n]+_(?!\w)"
)
"""Code, struck out, links, emphasis."""
_BLOCK_MARKS = re.compile(r"[ \t]{0,3}(?:>[ \t]?\S|(?:[-*_][ \t]*){3,}$|={3,}[ \t]*$)")
"""A quotation or a rule."""
_ITEMS, _ITEM_WORDS = 3, 6
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]+`", re.DOTALL)
_DOUBLE_QUOTES = re.compile("[\u201c\u201d\u201e\u201f\u2033\u301d\u301e]")


def _numbered(text: str, parameters: Parameters) -> bool:
    return _numbers(text) == list(range(1, parameters["n"] + 1))


def _countdown(text: str, parameters: Parameters) -> bool:
    return _numbers(text) == list(range(parameters["n"], 0, -1))


def _numbers(text: str) -> list[int]:
    return [int(number) for number in _NUMBERED.findall(text)]


def _sections(text: str, parameters: Parameters) -> bool:
    return [int(number) for number in _SECTION.findall(text)] == list(range(1, parameters["n"] + 1))


def _lines(text: str, parameters: Parameters) -> bool:
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    mark: str = parameters["text"]
    return len(lines) == parameters["n"] and all(line.startswith(mark) and line != mark for line in lines)


def _paragraphs(text: str, parameters: Parameters) -> bool:
    n: int = parameters["n"]
    return sum(bool(part.strip()) and not _RULE.fullmatch(part.strip()) for part in _BLANK_LINE.split(text)) == n


def _parts(text: str, parameters: Parameters) -> bool:
    parts = [part.strip() for part in text.split(parameters["text"])]
    return len(parts) == parameters["n"] == len(set(parts)) and all(parts)


def _comma_list(text: str, parameters: Parameters) -> bool:
    parts = [part.strip(" .") for part in text.replace("\u3001", ",").split(",")]
    return "\n" not in text and len(parts) == parameters["n"] and all(parts)


def _code_block(text: str, _: Parameters) -> bool:
    return len(text) > 6 and text.startswith("```") and text.endswith("```") and text.count("```") == 2


def _wrapped(text: str, parameters: Parameters) -> bool:
    left: str = parameters["left"]
    right: str = parameters["right"]
    if left == right == '"':
        text = _DOUBLE_QUOTES.sub('"', text)
    inside = text[len(left) : -len(right)]
    # What closes inside was opened inside: "[a] [b]" are two.
    one = left == right or right not in inside.split(left)[0]
    return bool(inside) and one and text.startswith(left) and text.endswith(right)


def _postscript(text: str, _: Parameters) -> bool:
    """A line after the first that begins with 'P.S.', bold or not, and goes on."""
    later = [line.strip(" \t\r*_").casefold().replace("p. s.", "p.s.") for line in text.split("\n")[1:]]
    return any(line.startswith("p.s.") and len(line) > len("p.s. ") for line in later)


def _bold(text: str, _: Parameters) -> bool:
    text = _CODE.sub("x", text)
    return BOLD.search(text) is not None or _UNDERLINED.search(text) is not None


def _no_markdown(text: str, _: Parameters) -> bool:
    lines = text.split("\n")
    inline = BOLD.search(text) or _UNDERLINED.search(text) or _INLINE_MARKS.search(text)
    blocks = LIST_ITEM.search(text) or any(_HEADER.match(line) or _BLOCK_MARKS.match(line) for line in lines)
    return not (inline or blocks or "```" in text or has_table(text))


def _no_list(text: str, _: Parameters) -> bool:
    # A single "A. Smith" at the beginning of a line is a name, a single step no list.
    text = "\n".join(line for line in text.split("\n") if not _HEADER.match(line.lstrip()))
    return not (
        _runs_of_items(text.split("\n"))
        or LIST_ITEM.search(text)
        or _BULLET.search(text)
        or _NUMBERED.search(text)
        or len(_LETTERED.findall(text)) > 1
    )


def _runs_of_items(lines: Sequence[str]) -> bool:
    """Whether so many short lines without a mark at their end follow one another: a list without signs."""
    run = 0
    for line in lines:
        item = line.strip()
        run = run + 1 if item and item[-1].isalnum() and len(words(item)) <= _ITEM_WORDS else 0
        if run >= _ITEMS:
            return True
    return False


def _json_keys(text: str, parameters: Parameters) -> bool:
    """An object with these keys and no others, whose values are texts or numbers that say something."""
    keys: list[str] = parameters["keys"]
    value = parse_json(text)
    if not isinstance(value, dict) or value.keys() != set(keys):
        return False
    return all(isinstance(part, str | int | float) and answered(str(part)) for part in value.values())


LAYOUT: Mapping[str, Checker] = {
    "json": lambda text, _: isinstance(parse_json(text), dict),
    "json_keys": _json_keys,
    "bullets": lambda text, p: len(_BULLET.findall(text)) == p["n"],
    "numbered": _numbered,
    "countdown": _countdown,
    "table": lambda text, _: has_table(text),
    "code_block": _code_block,
    "comma_list": _comma_list,
    "wrapped": _wrapped,
    "paragraphs": _paragraphs,
    "parts": _parts,
    "lines": _lines,
    "sections": _sections,
    "header": lambda text, _: _HEADER.match(text) is not None,
    "bold": _bold,
    "highlights": lambda text, p: len(_HIGHLIGHT.findall(text)) >= p["n"],
    "placeholders": lambda text, p: len(_PLACEHOLDER.findall(text)) >= p["n"],
    "title": lambda text, _: _TITLE.search(text) is not None,
    "postscript": _postscript,
    "no_list": _no_list,
    "no_markdown": _no_markdown,
}
"""Parameters: `n` (bullets, numbered, countdown, comma_list, paragraphs, parts, lines, sections: exactly so many;
highlights, placeholders: at least), `text` (parts: what stands between them; lines: what each begins with), `left` and
`right` (wrapped), `keys` (json_keys)."""
