"""README.zh-CN.md says what README.md says: the same sections with the same commands, code, links and figures."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OWN_LINKS = {"README.md", "README.zh-CN.md"}
"""Links from one language to the other."""

_HEADING = re.compile(r"^(#+) (.*)$", re.MULTILINE)
_BLOCK = re.compile(r"(?:^(?: {4}.*|[ ]*)\n)*^ {4}.*\n", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)]+)\)")
_CODE = re.compile(r"`([^`]+)`")
_FIGURE = re.compile(r"\d[\d,]*(?:\.\d+)?k?")


@dataclass(frozen=True)
class Section:
    """What of a section must be the same in any language."""

    level: int
    title: str
    blocks: list[str]
    links: Counter[str]
    code: Counter[str]
    figures: Counter[str]
    table_rows: int


def sections(file: str) -> list[Section]:
    parts = _HEADING.split((ROOT / file).read_text(encoding="utf-8"))[1:]
    return [_section(*parts[at : at + 3]) for at in range(0, len(parts), 3)]


def _section(hashes: str, title: str, text: str) -> Section:
    blocks = [block.strip("\n") for block in _BLOCK.findall(text)]
    prose = _BLOCK.sub("\n", text)
    links = _LINK.findall(prose)
    code = [" ".join(found.split()) for found in _CODE.findall(prose)]
    bare = _CODE.sub("", _LINK.sub("]", prose))
    return Section(
        level=len(hashes),
        title=title,
        blocks=blocks,
        links=Counter(link for link in links if link not in OWN_LINKS),
        code=Counter(code),
        figures=Counter(_FIGURE.findall(bare)),
        table_rows=sum(line.startswith("|") for line in text.splitlines()),
    )


PAIRS = list(zip_longest(sections("README.md"), sections("README.zh-CN.md")))


def test_both_have_the_same_sections() -> None:
    levels = [[None if section is None else section.level for section in pair] for pair in PAIRS]
    assert all(english == chinese for english, chinese in levels), [pair[0] and pair[0].title for pair in PAIRS]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair[0].title if pair[0] else "more in Chinese")
def test_a_section_says_the_same_in_both(pair: tuple[Section, Section]) -> None:
    english, chinese = pair
    assert chinese.blocks == english.blocks
    assert chinese.links == english.links
    assert chinese.code == english.code
    assert chinese.figures == english.figures
    assert chinese.table_rows == english.table_rows


def test_each_links_to_the_other() -> None:
    for file, other in (("README.md", "README.zh-CN.md"), ("README.zh-CN.md", "README.md")):
        assert f"]({other})" in (ROOT / file).read_text(encoding="utf-8").split("\n## ")[0]


def test_every_paragraph_of_the_chinese_one_is_chinese() -> None:
    text = _BLOCK.sub("\n", (ROOT / "README.zh-CN.md").read_text(encoding="utf-8"))
    paragraphs = [part for part in re.split(r"\n\s*\n", text) if not part.startswith(("# ", "|"))]
    assert [part for part in paragraphs if part.strip() and not re.search("[一-鿿]", part)] == []
