"""Pictures in a language need a font that has its characters."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from matplotlib import font_manager

from forgetbench.report.plots import fonts


@pytest.fixture(autouse=True)
def looked_for_anew() -> Iterator[None]:
    fonts._chinese_font.cache_clear()
    yield
    fonts._chinese_font.cache_clear()


def installed(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    known = [SimpleNamespace(name=name) for name in names]
    monkeypatch.setattr(font_manager, "fontManager", SimpleNamespace(ttflist=known))


def test_english_needs_no_other_font() -> None:
    assert fonts.fonts_for("en") == ("en", ["DejaVu Sans"])


def test_the_best_font_with_chinese_characters_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, "SimHei", "Noto Sans CJK JP", "Arial")
    assert fonts.fonts_for("zh") == ("zh", ["Noto Sans CJK JP", "DejaVu Sans"])


def test_without_one_plots_are_english_and_that_is_said_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    installed(monkeypatch, "Arial")
    assert fonts.fonts_for("zh") == fonts.fonts_for("zh") == ("en", ["DejaVu Sans"])
    assert capsys.readouterr().err.count("no font with Chinese characters") == 1
