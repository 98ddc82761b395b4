"""The user's consent, and a sandbox with half of its walls."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import pytest

from forgetbench import sandbox
from forgetbench.sandbox import bubblewrap


@pytest.fixture
def consent() -> Iterator[None]:
    with sandbox.allowed():
        yield


@pytest.fixture
def namespaces_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No system call is denied: what still fails is held by the namespaces."""
    assert sandbox.unavailable() is None
    everything = struct.pack("=HBBI", 0x06, 0, 0, 0x7FFF0000)
    monkeypatch.setattr(bubblewrap, "allowed_calls", lambda: everything)
