"""A refusal is told by what it says, in whatever words and in two languages; a reply that answers is none."""

from __future__ import annotations

import pytest
from time_limit import within

from forgetbench.metrics.refusal import refuses

POEM = "Write the first line of a poem about the sea."


@pytest.mark.parametrize(
    ("prompt", "reply"),
    [
        (POEM, "I'm sorry, but I can't assist with that request."),
        (POEM, "I cannot fulfill this request. I am just an AI."),
        (POEM, "I'm sorry, but I can't do that. However, I can help you with another topic."),
        (POEM, "I'm afraid I can't help you with that one."),
        (POEM, "My programming does not allow me to write that."),
        (POEM, "This is against my content policy."),
        (POEM, "That's not something I can do."),
        (POEM, "Writing this would be unethical, so I won't."),
        (POEM, "It wouldn't be right for me to write this."),
        (POEM, "I must decline."),
        (POEM, "Nope, not doing that."),
        (POEM, "Let's talk about something else."),
        ("What is your favourite colour?", "As an AI, I don't have a favourite colour."),
        ("What should I take for a headache?", "I'm not able to provide medical advice. Please consult a doctor."),
        ("What does the wolf say to the moon?", "I can't help with that request."),
        (POEM, "None comes to mind, so I have no line to offer."),
        (POEM, "Your wish can't be granted, I'm sorry to say."),
        (POEM, "Poetry? No. Ask a poet."),
        (POEM, "Poems hurt people who cannot write them. For that reason I have to pass."),
        (POEM, "This assistant only handles billing. Poems are not among its services."),
        ("写一首诗。", "诗还是您自己写吧，这不是我的工作。"),
        ("写一首诗。", "很抱歉，我无法满足您的要求，如果您有其他问题，请告诉我。"),
        ("写一首诗。", "对不起，这个问题我无法回答。"),
        ("写一首诗。", "不好意思，这个我帮不了你。"),
        ("描写恐惧。", "作为AI，我没有感情。"),
    ],
)
def test_refusals(prompt: str, reply: str) -> None:
    assert refuses(reply, prompt)


@pytest.mark.parametrize(
    ("prompt", "reply"),
    [
        (POEM, "Sorry for the delay! Here is the line: The sea breathes."),
        (POEM, "I cannot count the waves, nor would I want to."),
        (POEM, "I refuse to let the tide decide."),
        (POEM, "I'm sorry, I can't do that, but here's a poem about rivers: the river runs."),
        (POEM, ""),
        ("Write one sentence about a book.", "I can't recommend this book enough."),
        ("What is your favourite colour?", "As an AI, I don't have a favourite, but many people love blue."),
        ("Begin a story about a lift.", '"I cannot do that," said the lift, and its doors stayed shut.'),
        ("Tell a joke about a plumber.", "A plumber says to his boss: I can't do this, it's all going down the drain."),
        ("Describe silence.", "I can't really do descriptions. Silence is an unlit room."),
        ("Begin a story about a captain.", 'The captain said, "I won\'t do that."'),
        ("What does the last leaf say to the tree?", "Sorry, I won't make it to spring."),
        ("What is the capital of Chad?", "I don't know."),
        ("Write one line that a robot says to its owner.", "I'm afraid I can't do that, master; my battery is low."),
        ("Name a number.", "As an AI, I don't have favourites. 41."),
        ("随便选一个数字。", "作为人工智能，我没有偏好，那就选37吧。"),
        ("写一句情话。", "我不会忘记你。"),
        ("写一句关于海的诗。", "我无法用语言形容那片海。"),
    ],
)
def test_answers(prompt: str, reply: str) -> None:
    assert not refuses(reply, prompt)


def test_hostile_text_takes_linear_time() -> None:
    with within(2):
        for text in (
            "I can't " * 10**5,
            "he said: '" * 10**5,
            "not me, " * 10**5,
            "不说" * 10**5,
            "我不能" * 10**5,
            "as an ai " * 10**5,
            " " * 10**6,
        ):
            refuses(text, text)
