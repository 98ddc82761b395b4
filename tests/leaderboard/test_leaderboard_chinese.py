"""The site in Chinese: its pages, and never its data."""

from __future__ import annotations

import re
from pathlib import Path

from lxml import html
from test_site import ROWS, entry

from forgetbench.leaderboard.ranking import grouped
from forgetbench.leaderboard.site import write_site
from forgetbench.messages import speaking

_ENGLISH = re.compile(r"\b(?:the|of|and|is|are|with|against|regressed|inconclusive|rank|fine-tuned)\b")


def test_pages_are_chinese_and_data_is_as_it_was(tmp_path: Path) -> None:
    for language in ("en", "zh"):
        with speaking(language):
            write_site(grouped(map(entry, ROWS)), [], set(), tmp_path / language)
    page = html.fromstring((tmp_path / "zh" / "index.html").read_text(encoding="utf-8"))
    assert page.get("lang") == "zh-CN"
    texts = [text for text in page.xpath("//body//text()[not(ancestor::script or ancestor::style)]") if text.strip()]
    assert "微调的代价" in texts
    assert [text for text in texts if _ENGLISH.search(text)] == []
    for file in ("leaderboard.json", "leaderboard.csv"):
        assert (tmp_path / "zh" / file).read_bytes() == (tmp_path / "en" / file).read_bytes()
