"""Text as the metrics see it: words, windows, scripts."""

from __future__ import annotations

from forgetbench.metrics.text import answered, fold, ngrams, script, strip_accents, windows, word_spans, words


def test_words_drop_case_and_punctuation() -> None:
    assert words("Don\u2019t \u201cpanic\u201d: it's 3.5 LABEL_POS!") == [
        "don't",
        "panic",
        "it's",
        "3",
        "5",
        "label",
        "pos",
    ]
    assert words("\u6771\u4eac\u3068 Rome") == ["\u6771", "\u4eac", "\u3068", "rome"]
    assert words(" ...\n\U0001f600") == []


def test_a_chinese_character_is_a_word_also_beside_latin_and_digits() -> None:
    assert words("我用iPhone拍了3张照片。") == ["我", "用", "iphone", "拍", "了", "3", "张", "照", "片"]
    assert words("时时\u3005") == ["时", "时", "\u3005"]
    assert words("\U00020bb7") == ["\U00020bb7"]


def test_what_is_not_seen_does_not_part_words() -> None:
    assert words("Pa\u200bris co\u00adoperate \ufeffRome") == ["paris", "cooperate", "rome"]


def test_ngrams() -> None:
    assert ngrams(["a", "b", "a", "b"], 2) == {("a", "b"), ("b", "a")}
    assert ngrams(["a"], 2) == set()


def test_windows_are_all_runs_in_order() -> None:
    assert list(windows([1, 2, 3, 1, 2], 2)) == [(1, 2), (2, 3), (3, 1), (1, 2)]
    assert list(windows([1, 2], 2)) == [(1, 2)]
    assert list(windows([1, 2], 3)) == []
    assert list(windows([1, 2], 0)) == []


def test_the_spans_of_words_are_the_words() -> None:
    text = fold("\uff24on\u2019t panic, \u4f60\u597d!")
    assert [text[start:end].casefold() for start, end in word_spans(text)] == words(text)


def test_scripts() -> None:
    assert [script(letter) for letter in "a\u0431\u6771\u3042\ue000"] == ["LATIN", "CYRILLIC", "CJK", "HIRAGANA", "?"]


def test_accents_are_stripped_and_kept_in_folding() -> None:
    assert strip_accents("Bras\u00edlia, \u0141\u00f3d\u017a, Gie\u00dfen") == "Brasilia, Lodz, Giessen"
    assert fold("Bras\u00edlia") == "Bras\u00edlia"


def test_a_reply_of_marks_alone_is_no_answer() -> None:
    assert answered("7") and answered("\u597d")
    assert not answered(" ...\n\U0001f600")
