"""Model text made safe to look at."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from forgetbench.sanitize import clip, one_line, printable, shorten


def test_unseen_characters_are_spelled_out() -> None:
    assert printable("a\x1b[2Jb\x9b\x00") == "a\\x1b[2Jb\\x9b\\x00"
    assert printable("\u202eevil\u2066\U000e0041\ufeff") == "\\u202eevil\\u2066\\U000e0041\\ufeff"
    assert printable("half \ud800 pair") == "half \\ud800 pair"


def test_line_ends_become_newlines_and_readable_text_stays() -> None:
    assert printable("a\r\nb\rc\u2028d\x85e") == "a\nb\nc\nd\ne"
    text = "Zürich\t東京 שלום 👩‍🔬 naïve"  # the emoji holds a zero-width joiner
    assert printable(text) == text


@given(st.text(st.characters(exclude_categories=())))
def test_nothing_printed_steers_a_terminal(text: str) -> None:
    safe = printable(text)
    assert all(unicodedata.category(char) not in ("Cc", "Cs") or char in "\n\t" for char in safe)
    assert safe.encode("utf-8").decode("utf-8") == safe
    assert printable(safe) == safe


@given(st.text(max_size=300), st.integers(5, 60))
def test_one_line_is_one_short_line(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert len(line) <= limit
    assert len(line.splitlines()) <= 1


def test_a_long_name_keeps_both_ends() -> None:
    assert shorten("checkpoint-of-monday-step-10", 11) == "check…ep-10"
    assert shorten("short", 11) == "short"


def test_clip_says_what_it_cut() -> None:
    assert clip("x" * 10, 10) == ("x" * 10, "")
    assert clip("ab" * 1000, 3) == ("aba", "cut: the first 3 of 2,000 characters")
    assert clip("ab" * 1000, 3, keep="end") == ("bab", "cut: the last 3 of 2,000 characters")
