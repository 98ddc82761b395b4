"""Fonts that have a language's characters."""

from __future__ import annotations

from functools import cache
from typing import Final

from matplotlib import font_manager

from forgetbench.console import tell
from forgetbench.messages import Language

_LATIN: Final = "DejaVu Sans"
"""Comes with matplotlib."""
_CHINESE: Final = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "PingFang SC", "Microsoft YaHei",
    "Hiragino Sans GB", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Noto Sans CJK JP", "SimHei", "Heiti TC",
)  # fmt: skip
"""Sans-serif fonts with simplified Chinese, the better ones first. Of a collection matplotlib knows the first face
alone, so that Noto Sans CJK goes by its Japanese name, with all of the Chinese characters."""


def fonts_for(wanted: Language) -> tuple[Language, list[str]]:
    """The language that pictures can be written in, and the fonts, first to last, for their text.

    English, with a line that says so, where no font has the characters of the one that is wanted.
    """
    if wanted == "en":
        return wanted, [_LATIN]
    font = _chinese_font()
    return (wanted, [font, _LATIN]) if font else ("en", [_LATIN])


@cache
def _chinese_font() -> str | None:
    installed = {font.name for font in font_manager.fontManager.ttflist}
    font = next((name for name in _CHINESE if name in installed), None)
    if font is None:
        tell("no font with Chinese characters is installed, so plots are in English; install Noto Sans CJK, for one")
    return font
