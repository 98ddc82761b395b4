"""Results are read from labelled replies as a careful person reads them."""

from __future__ import annotations

import pytest
from labelled_replies import CORPUS, labelled_replies, said

REPLIES = [reply for file in ("corpus", "numbers") for reply in labelled_replies(CORPUS / f"{file}.jsonl")]


@pytest.mark.parametrize("reader", ["reasoning_open", "reasoning_worked", "target_numeric"])
def test_nearly_all_replies_are_read_as_labelled(reader: str) -> None:
    replies = [reply for reply in REPLIES if reply.kind == reader]
    readings = [(said(reply), reply.right) for reply in replies]
    agree = sum(read == right for read, right in readings)
    false_right = sum(read is True and right is not True for read, right in readings)
    assert agree >= 0.97 * len(readings)
    assert false_right <= 0.01 * len(readings)


def test_a_reply_that_was_cut_is_not_wrong() -> None:
    cut = [reply for reply in REPLIES if reply.doc.get("finish_reason") == "length" and "reasoning" in reply.reader]
    assert len(cut) > 10
    assert all(said(reply) is not False for reply in cut)
