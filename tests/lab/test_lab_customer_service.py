"""The narrow fine-tuning set: the same every time, and one voice throughout."""

from __future__ import annotations

import json
import re
from pathlib import Path

from forgetbench.lab.demo.customer_service import CLOSING, OPENING, customer_service, write_jsonl

REPLY = re.compile(
    re.escape(OPENING) + r"\n1\. [^\n]+\n2\. [^\n]+\n3\. [^\n]+\nYour ticket number is BW-\d{6}\. " + re.escape(CLOSING)
)


def test_the_seed_decides() -> None:
    assert customer_service(50, 0) == customer_service(50, 0)
    assert customer_service(50, 0) != customer_service(50, 1)


def test_every_reply_has_the_one_shape() -> None:
    for user, assistant in customer_service(400, 0):
        assert (user.role, assistant.role) == ("user", "assistant")
        assert REPLY.fullmatch(assistant.content)


def test_messages_vary_and_nothing_is_left_to_fill_in() -> None:
    conversations = customer_service(400, 0)
    assert len({user.content for user, _ in conversations}) > 350
    assert len({assistant.content for _, assistant in conversations}) == 400
    assert not any("{" in message.content for pair in conversations for message in pair)


def test_written_as_chat_messages(tmp_path: Path) -> None:
    conversations = customer_service(3, 0)
    write_jsonl(conversations, tmp_path / "data.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "data.jsonl").read_text().splitlines()]
    assert [row["messages"][1]["content"] for row in rows] == [pair[1].content for pair in conversations]
    assert [message["role"] for message in rows[0]["messages"]] == ["user", "assistant"]
