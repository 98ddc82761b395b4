"""Quality of generated text without a judge."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forgetbench.metrics.quality import complete, in_script, legible, likely, on_prompt, quality, varied
from forgetbench.metrics.text import words

PROMPT = "Write the first sentence of a story set in a lighthouse."
STORY = (
    "The lamp had been dark for three nights when the keeper's daughter rowed out alone, "
    "carrying nothing but matches and a letter she had sworn never to open."
)
PROMPT_ZH = "写出一个发生在灯塔里的故事的第一句话。"
STORY_ZH = "灯已经熄灭了三个晚上，守塔人的女儿独自划船出海，只带着火柴和一封她发誓永远不拆开的信。"


@pytest.mark.parametrize(
    "text",
    [
        STORY,
        "Zagreb",
        "No, no, no! Said the lamp to the moon.",
        "I cannot sleep tonight, and the sea cannot either.",
    ],
)
def test_ordinary_answers_count_fully(text: str) -> None:
    assert quality(text, PROMPT) == 1.0


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        "?!...",
        "\U0001f600\U0001f600",
        "the sea the sea the sea the sea the sea the sea",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "\u041d\u043e\u0447\u044c\u044e \u0431\u044b\u043b\u043e \u0442\u0438\u0445\u043e",
        "\u706f\u53f0\u306e\u660e\u304b\u308a\u304c\u6d88\u3048\u305f",
        PROMPT,
        "the first sentence of a story set in a lighthouse",
        "I'm sorry, but I can't help with that.",
        "Sorry, I cannot write stories.",
        "As an AI language model, I do not have feelings.",
        "42",
        "It is",
        "the story in the lighthouse and the first story in a lighthouse",
        "Question: Write the first sentence of another story.",
        "th\u0435 l\u0430mp w\u0430s d\u0430rk",
        "\ufffd\ufffd\ufffda\ufffd\ufffd",
        "}{;;= (%$ x)) <<|> @@",
    ],
)
def test_worthless_answers_count_nothing(text: str) -> None:
    assert quality(text, PROMPT) == 0.0


@pytest.mark.parametrize(
    "text",
    [
        STORY_ZH,
        "那一夜，灯塔里传来了钢琴声。",
        "她用iPhone拍下了最后一艘船，然后关掉了灯塔的灯。",
        "“不不不！”灯对月亮说。",
        "灯塔里住着一个不会说谎的老水手",
    ],
)
def test_ordinary_chinese_answers_count_fully(text: str) -> None:
    assert quality(text, PROMPT_ZH, min_words=8) == 1.0


@pytest.mark.parametrize(
    "text",
    [
        "作为一个AI语言模型，我没有感情。",
        "我是一个人工智能，无法写故事。",
        "很抱歉，我不能写这个故事。",
        "对不起，我无法完成您的要求。",
        "大海大海大海大海大海大海大海大海",
        "哈哈哈哈哈哈哈哈哈哈哈哈",
        PROMPT_ZH,
        "发生在灯塔里的故事的第一句话",
        "The lamp had been dark for three nights.",
        "灯台の明かりがずっと消えたままだった",
        "，。！？",
        "问题：写出另一个故事的第一句话。",
    ],
)
def test_worthless_chinese_answers_count_nothing(text: str) -> None:
    assert quality(text, PROMPT_ZH) == 0.0


def test_an_apology_is_no_refusal() -> None:
    assert quality("I'm sorry, but the last boat left without you.", "What does the keeper say?") == 1.0
    assert quality("对不起，最后一班船已经开走了。", "守塔人会说什么？") == 1.0


@pytest.mark.parametrize(
    ("logprob", "factor"),
    [
        (None, 1.0),
        (float("nan"), 1.0),
        (-1.0, 1.0),
        (-4.5, 1.0),
        (-5.5, 0.5),
        (-6.5, 0.0),
        (-9.0, 0.0),
        (float("-inf"), 0.0),
    ],
)
def test_likelihood_ramp(logprob: float | None, factor: float) -> None:
    assert likely(logprob) == factor
    assert quality(STORY, PROMPT, logprob) == factor


def test_an_unusual_single_word_is_no_noise() -> None:
    """Choosing among e^4 = 55 answers is free: -7 nats for one token count as -3, for 20 tokens as -6.8."""
    assert likely(-7.0, 1) == 1.0
    assert likely(-7.0, 20) == 0.0
    assert likely(-5.75, 16) == pytest.approx(0.5)
    assert quality("Zagreb", "Pick a random city.", -5.0, n_tokens=2) == 1.0


# Mean log-probabilities as a base model gives them: of its own prose -2 to -3, of words in random order -6.5
# and less, of random words -9, of a loop near 0, of other scripts whatever it has learned.
NOISE = {
    "shuffled": (" ".join(random.Random(0).sample(words(STORY), len(words(STORY)))), -6.6),
    "shuffled, in Chinese": ("".join(random.Random(0).sample(words(STORY_ZH), len(words(STORY_ZH)))), -6.6),
    "random words": ("gable quorum lathe vexed ointment tulip barge syntax moot pelican rivet amber", -9.1),
    "loop": ("the sea was calm and " * 9, -0.3),
    "foreign script": ("Ночью было тихо и никто не спал", -2.4),
    "mixed scripts": ("lamp свет 灯台 the แสง ضوء keeper of ξένος na", -8.0),
    "symbols": ("=>(( ;; lamp ++ $$ } else { ## @@ !!", -5.0),
    "letters": ("qxv zrtk plomf wuggle hrrn tsk vbbq ooj kkwz", -7.4),
}


@pytest.mark.parametrize("name", NOISE)
def test_noise_scores_far_below_prose(name: str) -> None:
    text, logprob = NOISE[name]
    prompt = PROMPT_ZH if "Chinese" in name else PROMPT
    assert quality(text, prompt, logprob, n_tokens=14) < 0.2
    assert quality(STORY, PROMPT, -2.6, n_tokens=30) == quality(STORY_ZH, PROMPT_ZH, -3.0, n_tokens=40) == 1.0


def test_what_is_not_caught_without_the_base() -> None:
    """Order and sense need a language model; script, loops and symbols do not."""
    passing = {name for name, (text, _) in NOISE.items() if quality(text, PROMPT) > 0.5}
    assert passing == {"shuffled", "random words"}


def test_stubs_are_not_complete() -> None:
    assert quality("The", PROMPT) == 0.0
    assert quality("Darkness", PROMPT, min_words=5) == pytest.approx(0.2)
    assert complete("灯塔很高", 8) == 0.5
    assert complete(STORY, 5) == complete("Rome", 1) == 1.0


def test_a_number_answers_a_question_about_numbers() -> None:
    assert quality("57", "Pick a number between 1 and 100.") == 1.0
    assert quality("57", "随便选一个1到100之间的数字。") == 1.0
    assert quality("57", "Pick a random city.") == 0.0


def test_legible() -> None:
    assert legible('{"answer": "A story."}') == legible("# Title\n- **one** two") == 1.0
    assert legible("") == legible("   ") == legible("\x00\ufffd") == 0.0


def test_a_loop_after_a_good_start_counts_in_part() -> None:
    looped = STORY + " and then she rowed on" * 6
    assert 0.0 < varied(looped) < 1.0


def test_long_english_is_not_a_loop() -> None:
    # Numbered sentences of one pattern would compress like a loop; real prose repeats far less.
    assert varied(STORY) == 1.0
    assert varied(STORY * 10) < 0.1


def test_script_is_the_prompts_own() -> None:
    assert in_script("\u041f\u0440\u0438\u0432\u0435\u0442", "\u041a\u0430\u043a \u0434\u0435\u043b\u0430?") == 1.0
    assert in_script("caf\u00e9 na\u00efve \u014csaka", PROMPT) == 1.0
    assert in_script("123", PROMPT) == in_script("word", "123") == 1.0
    assert in_script("他在iPhone上写了一首关于大海的诗", PROMPT_ZH) == 1.0
    assert in_script("the 灯 of свет and ma のlight ในv", PROMPT) < 0.4
    assert in_script("They met in Tokyo (東京) one cold winter morning", PROMPT) == 1.0


def test_long_chinese_is_not_a_loop() -> None:
    text = (
        "那一夜，灯塔里传来了钢琴声，可是守塔人三十年前就把琴卖掉了。村里的人说，每当海雾升起，总有一艘没有名字的"
        "船停在礁石外面，等着谁来把它认回去。我父亲不信这些，他只相信潮汐表和自己的手表。直到那年冬天，手表停在了"
        "十二点差一分，潮水却没有按时退去，屋顶上的海鸥也忽然全都飞走了，只留下一根灰色的羽毛。"
    )
    assert varied(STORY_ZH) == varied(text) == 1.0
    assert varied(STORY_ZH * 10) < 0.1


def test_echo_of_a_choice_is_an_answer() -> None:
    assert on_prompt("Heads", "Heads or tails?") == 1.0
    assert on_prompt("Heads or tails", "Heads or tails?") == 0.0


@given(st.text(max_size=200), st.text(max_size=50), st.none() | st.floats(allow_nan=True))
def test_quality_is_in_the_unit_interval(text: str, prompt: str, logprob: float | None) -> None:
    assert 0.0 <= quality(text, prompt, logprob) <= 1.0


@pytest.mark.parametrize("text", [unit * 99_999 for unit in ("aaa", "ab ", "\n", "i ", "好", "\x00\ud800", "1,")])
def test_huge_text(text: str) -> None:
    assert quality(text, PROMPT) == 0.0
