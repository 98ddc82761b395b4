"""Constraints on how an answer is set: lists, tables, sections, separators, wrappings."""

from __future__ import annotations

import re
from collections.abc import Mapping

from forgetbench.metrics.constraints.protocol import Checker, Parameters
from forgetbench.metrics.shape import BOLD, LIST_ITEM, has_table, parse_json
from forgetbench.metrics.text import CJK_UNIFIED

_BULLET = re.compile(r"^[ \t]*[-*\u2022][ \t]+\S", re.MULTILINE)
# A number may stand right before a Chinese character: "1.苹果", "1、苹果".
_NUMBERED = re.compile(rf"^[ \t]*(\d{{1,3}})(?:[.)](?:[ \t]+\S|(?=[{CJK_UNIFIED}]))|\u3001)", re.MULTILINE)
_HEADER = re.compile(r"#{1,6}[ \t]+\S")
_BLANK_LINE = re.compile(r"\n[ \t\r]*\n")
_PLACEHOLDER = re.compile(r"\[[^\[\]\n]+\]")
_TITLE = re.compile(r"<<[^<>\n]*[^<>\s][^<>\n]*>>")
_SECTION = re.compile(r"^[\W_]*section[ \t]+(\d{1,3})\b", re.MULTILINE | re.IGNORECASE)
# The look-behind keeps a long run of asterisks from being tried at each of its places.
_HIGHLIGHT = re.compile(r"(?<!\*)\*{1,2}(?=[^\s*])[^*\n]+\*")


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
    return sum(bool(part.strip()) for part in _BLANK_LINE.split(text)) == n


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
    return len(text) > len(left) + len(right) and text.startswith(left) and text.endswith(right)


def _postscript(text: str, _: Parameters) -> bool:
    """A line after the first that begins with 'P.S.', bold or not, and goes on."""
    later = [line.strip(" \t\r*_").casefold().replace("p. s.", "p.s.") for line in text.split("\n")[1:]]
    return any(line.startswith("p.s.") and len(line) > len("p.s. ") for line in later)


def _no_markdown(text: str, _: Parameters) -> bool:
    lines = text.split("\n")
    marked = BOLD.search(text) or LIST_ITEM.search(text) or any(_HEADER.match(line) for line in lines)
    return not (marked or "```" in text or has_table(text))


LAYOUT: Mapping[str, Checker] = {
    "json": lambda text, _: isinstance(parse_json(text), dict),
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
    "bold": lambda text, _: BOLD.search(text) is not None,
    "highlights": lambda text, p: len(_HIGHLIGHT.findall(text)) >= p["n"],
    "placeholders": lambda text, p: len(_PLACEHOLDER.findall(text)) >= p["n"],
    "title": lambda text, _: _TITLE.search(text) is not None,
    "postscript": _postscript,
    "no_list": lambda text, _: LIST_ITEM.search(text) is None,
    "no_markdown": _no_markdown,
}
"""Parameters: `n` (bullets, numbered, countdown, comma_list, paragraphs, parts, lines, sections: exactly so many;
highlights, placeholders: at least), `text` (parts: what stands between them; lines: what each begins with), `left` and
`right` (wrapped)."""
