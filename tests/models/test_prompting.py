"""chat_template_kwargs, a system prompt, and BOS in front."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from forgetbench.errors import CheckpointError, InputError
from forgetbench.models.prompting import Prompting, own_tokenizer, prompting_findings, template_settings
from forgetbench.models.templates import Message
from forgetbench.models.tokenizer import ByteTokenizer, encode_pair

TURNS: list[Message] = [{"role": "user", "content": "hi"}]


class _Model(ByteTokenizer):
    """Bytes with a BOS that it does not add, and a template that can be told to let the model think."""

    has_chat_template = True
    bos = 1
    prefix_token = 1

    def render(
        self, messages: Sequence[Message], *, add_generation_prompt: bool, template_settings: Mapping[str, Any] = {}
    ) -> str:
        opened = "<think>" if template_settings.get("enable_thinking", True) else ""
        return f"\x01{messages[-1]['content']}{opened}"


@pytest.mark.parametrize(
    ("texts", "settings"),
    [
        (['{"enable_thinking": false}'], {"enable_thinking": False}),
        (["enable_thinking=false", "reasoning_effort=low"], {"enable_thinking": False, "reasoning_effort": "low"}),
        (["enable_thinking=False", "budget=3"], {"enable_thinking": False, "budget": 3}),
        ([], {}),
    ],
)
def test_template_settings(texts: list[str], settings: dict[str, Any]) -> None:
    assert template_settings(texts) == settings


@pytest.mark.parametrize("text", ["{no json", "[1]", "word", "=1", '{"tokenize": true}', '{"x": NaN}'])
def test_what_is_no_template_setting_is_one_line(text: str) -> None:
    with pytest.raises(InputError, match="--chat-template-kwargs"):
        template_settings([text])


def test_the_template_is_told() -> None:
    plain = Prompting().tokenizer(_Model(), "m")
    told = Prompting.of({"enable_thinking": False}, None, False).tokenizer(_Model(), "m")
    assert plain.render(TURNS, add_generation_prompt=True).endswith("<think>")
    assert not told.render(TURNS, add_generation_prompt=True).endswith("<think>")


def test_bos_leads_every_prompt_once() -> None:
    model = _Model()
    tokenizer = Prompting.of({}, None, True).tokenizer(model, "m")
    assert tokenizer.encode("ab") == [1, 97, 98]
    assert tokenizer.encode("ab", special=False) == [97, 98]
    assert tokenizer.encode_all(["a", "\x01a"]) == [[1, 97], [1, 97]]
    # A chat template that writes it, and a continuation without a context, which follows it anyway.
    assert tokenizer.encode(tokenizer.render(TURNS, add_generation_prompt=True)).count(1) == 1
    assert encode_pair(tokenizer, "a", " b") == ((1, 97), (32, 98))
    assert encode_pair(tokenizer, "", "b") == ((1,), (98,))
    assert own_tokenizer(tokenizer) is model


def test_bos_that_there_is_none_of_is_refused() -> None:
    with pytest.raises(CheckpointError, match="no BOS"):
        Prompting.of({}, None, True).tokenizer(ByteTokenizer(), "m")


def test_what_reaches_no_prompt_is_said() -> None:
    prompting = Prompting.of({"enable_thinking": False}, "Be brief.", False)
    (line,) = prompting_findings(prompting, ByteTokenizer(), chat=False)
    assert "no chat template" in line.text
    assert "system turn" in prompting_findings(prompting, _Model(), chat=True)[0].text


def test_equal_settings_are_planned_together() -> None:
    model = _Model()
    one, two = (Prompting.of({"a": 1}, None, True).tokenizer(model, "m") for _ in range(2))
    assert one == two
    assert hash(one) == hash(two)
    assert one != Prompting.of({"a": 2}, None, True).tokenizer(model, "m")
