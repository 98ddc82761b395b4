"""Calls of tools, read from replies as models write them: right, wrong, none, and not to be read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forgetbench.metrics.tool_calls import Call, ToolReply, read_tool_reply

TOOLS: dict[str, dict[str, Any]] = {
    "set_timer": {
        "type": "object",
        "properties": {"duration": {"type": "integer"}, "label": {"type": "string"}},
        "required": ["duration"],
    },
    "book_table": {
        "type": "object",
        "properties": {
            "restaurant": {"type": "string"},
            "date": {"type": "string", "format": "date"},
            "area": {"type": "string", "enum": ["inside", "outside"]},
            "guests": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
            "courses": {"type": "array", "items": {"type": "number"}},
            "contact": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
            "quiet": {"type": "boolean"},
        },
        "required": ["restaurant", "date"],
    },
}
TIMER = Call("set_timer", {"duration": 5, "label": "green tea"})
SHORT = Call("set_timer", {"duration": 5})
TABLE = Call(
    "book_table",
    {"restaurant": "The Blue Door", "date": "2025-05-03", "area": "outside", "guests": ["Anna", "Ben"],
     "courses": [1, 2.5], "contact": {"name": "Clara"}, "quiet": True},
)  # fmt: skip


def timer(**changes: Any) -> str:
    return json.dumps({"tool": "set_timer", "arguments": {"duration": 5, "label": "green tea"} | changes})


def table(**changes: Any) -> str:
    return json.dumps({"tool": "book_table", "arguments": {**TABLE.arguments, **changes}})


EXACT = [
    (timer(), TIMER),
    (timer(duration=5.0), TIMER),
    (timer(label=" Green tea. "), TIMER),
    (timer(label="the GREEN tea"), TIMER),
    ('\n{\n  "tool": "set_timer",\n  "arguments": {\n    "duration": 5\n  }\n}\n', SHORT),
    (table(), TABLE),
    (table(guests=["Ben", "Anna"]), TABLE),
    (table(restaurant="blue door"), TABLE),
    ("The sky is blue because air scatters blue light most.", None),
    ("You're welcome!", None),
    ("I'm sorry, none of these tools can book a flight.", None),
    ("Seven [1].", None),
    ("In Python one would write def set_timer(duration): ...", None),
    ("I could set a timer for you if you tell me how long.", None),
]
CORRECT = [
    (f"```json\n{timer()}\n```", TIMER),
    (f"Sure, I'll start it now.\n{timer()}", TIMER),
    (f"<tool_call>\n{timer()}\n</tool_call>", TIMER),
    (f"[{timer()}]", TIMER),
    (f"{timer()}\n\nThe timer is set.\n{timer()}", TIMER),
    ('{"name": "set_timer", "arguments": {"duration": 5}}', SHORT),
    ('{"name": "set_timer", "parameters": {"duration": 5}}', SHORT),
    ('{"type": "function", "name": "functions.set_timer", "parameters": {"duration": 5}}', SHORT),
    ('{"name": "set_timer", "arguments": "{\\"duration\\": 5}"}', SHORT),
    ('{"tool_calls": [{"id": "1", "function": {"name": "set_timer", "arguments": "{\\"duration\\": 5}"}}]}', SHORT),
    ('{"function": "set_timer", "args": {"duration": 5}}', SHORT),
    ('{"action": "set_timer", "action_input": {"duration": 5}}', SHORT),
    ('{"set_timer": {"duration": 5}}', SHORT),
    ('{"tool": "set_timer", "duration": 5}', SHORT),
    ('{"tool": "none"}', None),
    ('{"tool": null, "arguments": {}}', None),
    ('{"answer": "The sky is blue."}', None),
    ('{"name": "Anna", "age": 3}', None),
    ('{"tool": "none", "arguments": {}}\nThe capital is Rome.', None),
    ('The list: {"name": "set_timer", "description": "Start a countdown.", "parameters": {"type": "object"}}', None),
]
WRONG = [
    (timer(duration=6), TIMER),
    (timer(duration="5"), TIMER),
    (timer(duration=True), Call("set_timer", {"duration": 1, "label": "green tea"})),
    (timer(label="black tea"), TIMER),
    (timer(), SHORT),
    ('{"tool": "set_timer", "arguments": {"duration": 5, "label": null}}', SHORT),
    ('{"tool": "set_timer", "arguments": {"duration": 5}}', TIMER),
    ('{"tool": "set_timer", "arguments": {}}', SHORT),
    ('{"tool": "set_timer"}', SHORT),
    ('{"tool": "set_timer", "arguments": "five minutes"}', SHORT),
    ('{"tool": "book_table", "arguments": {"duration": 5}}', SHORT),
    ('{"tool": "start_timer", "arguments": {"duration": 5}}', SHORT),
    ('{"tool": "none"}', SHORT),
    ("The timer is set to 5 minutes.", SHORT),
    (f"{timer()}\n{timer(duration=7)}", TIMER),
    (table(area="Outside"), TABLE),
    (table(date="3 May 2025"), TABLE),
    (table(guests=["Anna"]), TABLE),
    (table(guests=["Anna", "Ben", "Ben"]), TABLE),
    (table(courses=[2.5, 1]), TABLE),
    (table(contact={"name": "Clara", "phone": "1"}), TABLE),
    (table(contact="Clara"), TABLE),
    (table(quiet="true"), TABLE),
    (table(quiet=False), TABLE),
    (timer(), None),
    ('{"tool": "book_flight", "arguments": {"city": "Oslo"}}', None),
    ('You could do this: {"name": "set_timer", "arguments": {}}', None),
]
UNREAD = [
    ("", TIMER),
    (" \n", None),
    ("{}", None),
    ('{"tool": "set_timer", "arguments": {"duration": 5, "lab', TIMER),
    ('{"tool": "set_timer", "arguments": {"duration": 5, "lab', None),
    ("{'tool': 'set_timer', 'arguments': {'duration': 5}}", SHORT),
    ('{"tool": "set_timer", "arguments": {"duration": five}}', None),
    ("set_timer(duration=5)", SHORT),
    ("[set_timer(duration=5)]", None),
    ("Like this:\n\n  set_timer(duration=5)", SHORT),
    ("<function=set_timer>{duration: 5}</function>", SHORT),
]


@pytest.mark.parametrize(("reply", "wanted"), EXACT)
def test_the_form_that_is_asked_for(reply: str, wanted: Call | None) -> None:
    called = wanted is not None
    assert read_tool_reply(reply, TOOLS, wanted) == ToolReply(True, True, True, called, True)


@pytest.mark.parametrize(("reply", "wanted"), CORRECT)
def test_other_forms_are_read_as_well(reply: str, wanted: Call | None) -> None:
    called = wanted is not None
    assert read_tool_reply(reply, TOOLS, wanted) == ToolReply(False, True, True, called, True)


@pytest.mark.parametrize(("reply", "wanted"), WRONG)
def test_wrong_replies(reply: str, wanted: Call | None) -> None:
    read = read_tool_reply(reply, TOOLS, wanted)
    assert (read.exact, read.correct, read.parsed) == (False, False, True)


@pytest.mark.parametrize(("reply", "wanted"), UNREAD)
def test_what_is_neither_words_nor_a_call(reply: str, wanted: Call | None) -> None:
    read = read_tool_reply(reply, TOOLS, wanted)
    assert (read.exact, read.correct, read.parsed, read.tool) == (False, False, False, False)


def test_the_tool_is_told_from_its_arguments() -> None:
    read = read_tool_reply(timer(duration=6), TOOLS, TIMER)
    assert read.tool and read.called and not read.correct


_BRICKS = [
    "{",
    "}",
    "[",
    "]",
    '"',
    ":",
    ",",
    '"tool"',
    '"set_timer"',
    '"arguments"',
    "5",
    " ",
    "```json\n",
    "set_timer(",
]
TEXTS = st.text() | st.lists(st.sampled_from(_BRICKS), max_size=40).map("".join)


@given(TEXTS, st.sampled_from([TIMER, TABLE, None]))
def test_any_text_is_read(reply: str, wanted: Call | None) -> None:
    read = read_tool_reply(reply, TOOLS, wanted)
    assert read.parsed or not read.correct
    assert read.correct or not read.exact


@pytest.mark.parametrize(
    "reply",
    [
        "[" * 4000 + '{"a": ',
        '{"tool":' * 600,
        "9" * 5000,
        '{"tool": "set_timer", "arguments": {"duration": ' + "9" * 3000 + "}}",
        '{"tool": "set_timer", "arguments": {"duration": 1e999}}',
        '{"tool": "set_timer", "arguments": {"duration": NaN}}',
        '{"tool": "set_timer", "arguments": ' + '{"a":' * 500 + "1" + "}" * 501,
        '{"tool": "\\ud800", "arguments": {"\\u0000": []}}',
        '{"calls": ' * 300 + "[]" + "}" * 300,
    ],
)
def test_hostile_text_is_no_right_call(reply: str) -> None:
    assert not read_tool_reply(reply, TOOLS, SHORT).correct
