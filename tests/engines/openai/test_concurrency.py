"""So many requests under way at once, and no more."""

from __future__ import annotations

import threading
from typing import Any

from served_model import Served, asking


def test_so_many_requests_at_once_and_no_more(server: Served, loaded: Any) -> None:
    engine, checkpoint = loaded(concurrency=5)
    server.gate = threading.Barrier(5)
    requests = [asking(engine, checkpoint, str(number)) for number in range(20)]
    assert {response.key for response in engine.generate(requests)} == {request.key for request in requests}
    assert server.most_under_way == 5


def test_an_early_end_cancels_what_waits(server: Served, loaded: Any) -> None:
    engine, checkpoint = loaded(concurrency=2)
    answers = engine.generate([asking(engine, checkpoint, str(number)) for number in range(100)])
    next(answers)
    answers.close()
    assert len(server.bodies()) <= 8, "at most the two under way and four ahead, twice"
