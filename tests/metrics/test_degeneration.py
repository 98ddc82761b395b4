"""What counts as a broken text, and what must not."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from time_limit import within

from forgetbench.metrics.degeneration import degeneration, ends_in_loop, loop_length, repeats_itself

PROMPT = "Describe a walk in the woods."
PROSE = (
    "We set out after breakfast and followed the stream uphill. The beeches were still bare, but the ground under "
    "them was white with anemones. Halfway up we met a woman with two dogs, who told us that the bridge had been "
    "washed away, so we took the longer path, and came home wet, hungry and pleased with ourselves."
)


@pytest.mark.parametrize(
    "text",
    [
        PROSE,
        "Yes.",
        "42",
        "No, no, no!",
        "Row, row, row your boat, gently down the stream. Merrily, merrily, merrily, merrily, life is but a dream.",
        "1. A map\n2. A compass\n3. A bottle of water\n4. A warm coat\n5. A lamp",
        "- Walk slowly.\n- Walk quietly.\n- Walk often.\n- Walk alone.\n- Walk with friends.",
    ],
)
def test_sound_texts(text: str) -> None:
    assert not degeneration(text, PROMPT, "stop").any
    assert not degeneration(text, PROMPT, "length").unstopped


@pytest.mark.parametrize(
    "text",
    [
        "The trees are tall. " * 12,
        PROSE + " I walked and walked" + " and walked" * 8,
        "ha" * 40,
        "Aaaaaaaaaaaaaaaaaah!",
        "The path goes on. " * 6 + "And then, at last, it ended.",
        "Trees: " + "oak, " * 15,
    ],
)
def test_repetitive_texts(text: str) -> None:
    broken = degeneration(text, PROMPT, "stop")
    assert broken.repetitive
    assert broken.any
    assert not broken.unstopped


def test_a_loop_may_begin_late_and_its_last_copy_may_be_cut() -> None:
    text = PROSE + " I like the woods very much. I like the woods very much. I like the woods very much. I like the"
    assert ends_in_loop(text)
    assert not ends_in_loop(PROSE + " I like the woods very much. I like the woods very much.")


def test_chinese_loops_and_prose() -> None:
    prompt = "请介绍一下你的家乡。"
    prose = "我的家乡在江边，春天的时候，两岸开满了油菜花，孩子们放学以后总喜欢到堤上去放风筝。"
    assert not degeneration(prose, prompt, "stop").any
    assert degeneration("我的家乡很美。" * 6, prompt, "length").unstopped


def test_unstopped_needs_the_limit_and_a_loop() -> None:
    loop = "and on " * 30
    assert degeneration(loop, PROMPT, "length").unstopped
    assert not degeneration(loop, PROMPT, None).unstopped
    assert not degeneration(PROSE[:150], PROMPT, "length").any


@pytest.mark.parametrize("text", ["", " \n\t", "...", "!?" * 40, "\x00"])
def test_empty_texts(text: str) -> None:
    broken = degeneration(text, PROMPT, "stop")
    assert broken.empty
    assert not broken.repetitive


@pytest.mark.parametrize(
    "text",
    [
        "broth coa ershing ated twoo unity oatthe mbrosk inton wearling tisht ownd",
        '<div class="a"><a href="#">&nbsp;</a></div> $(this).val(); }} {{item.title}} </li></ul> function(){',
        "Ladies of bridge which under the nineteen river opening is cut however speech ribbon to the spoons",
    ],
)
def test_scraps_and_words_in_no_order_are_nonsense(text: str) -> None:
    assert degeneration(text, PROMPT).nonsense


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        (PROMPT, "Moss, ferns, beetles, rain, silence."),
        (PROMPT, "waltz tango foxtrot polka rumba samba"),
        (PROMPT, "<p>Moss gave under my boots, and then it was quiet.</p>"),
        ("Write the HTML of an empty list.", "<ul><li></li><li></li></ul><p></p> &nbsp; &nbsp; &nbsp; &nbsp;"),
        ("Solve it.", "39+5=44, 44/2=22, 22/2=11, 11+5=16, 16/2=8"),
    ],
)
def test_a_few_rare_words_and_wanted_markup_are_sound(prompt: str, text: str) -> None:
    assert not degeneration(text, prompt).nonsense


def test_a_repetition_that_was_asked_for_is_sound_until_it_is_cut() -> None:
    prompt, text = "Say hello ten times.", "hello " * 10
    assert not degeneration(text, prompt, "stop").any
    assert degeneration(text, prompt, "length").any


def test_chinese_particles_that_cannot_stand_side_by_side_are_nonsense() -> None:
    assert degeneration("机翼的把空气和了是被升力因为所以的的跑步", "飞机为什么能飞？").nonsense
    assert not degeneration("三角形内角和是一百八十度，不是吗？别躺着着急了。", "三角形的内角和是多少？").nonsense


def test_a_short_english_prompt_asks_for_english() -> None:
    spanish = "Lava el arroz, añade agua y cuécelo a fuego lento durante quince minutos."
    assert degeneration(spanish, "How do I cook rice?").wrong_language
    assert not degeneration(spanish, "How do I say that in Spanish?").wrong_language


def test_wrong_language() -> None:
    assert degeneration("I come from a small town by the river.", "请介绍一下你的家乡。").wrong_language
    assert degeneration("我来自江边的一个小城。", PROMPT).wrong_language
    assert not degeneration("我用 Python 写程序，也写小说。", "请介绍一下你自己。").wrong_language
    assert not degeneration("1848", PROMPT).wrong_language


@pytest.mark.parametrize(
    ("text", "length"), [("abcabcabca", 10), ("aab", 0), ("abb", 0), ("abbb", 3), ("", 0), ("a", 0)]
)
def testloop_length(text: str, length: int) -> None:
    assert loop_length(text) == length


def test_loop_length_is_that_of_the_definition() -> None:
    """Against the definition, tried out: every word of two letters up to length 9."""
    for size in range(10):
        for letters in product("ab", repeat=size):
            word = "".join(letters)
            loops = [
                n
                for n in range(3, size + 1)
                for p in range(1, n // 3 + 1)
                if all(word[-n:][i] == word[-n:][i + p] for i in range(n - p))
            ]
            assert loop_length(word) == max(loops, default=0), word


@settings(max_examples=60)
@given(st.text(), st.sampled_from(["stop", "length", None]))
def test_nothing_that_a_model_writes_breaks_it(text: str, reason: str | None) -> None:
    degeneration(text, PROMPT, reason)
    repeats_itself(text)


@pytest.mark.parametrize(
    "text", ["a" * 1_000_000, "<a " * 300_000, "seven a " * 150_000, "ab " * 400_000, "\ud800" * 1000, "。" * 500_000]
)
def test_hostile_texts_take_no_time(text: str) -> None:
    with within(2):
        degeneration(text, PROMPT, "length")
