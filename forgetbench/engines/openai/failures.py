"""What a server may do instead of answering.

Refused         this one request has no answer; an answer in itself, not an error
EngineError     the run ends, with what was done kept
|- NotFound     no such model, or no such endpoint
|- Forbidden    the key may not ask for this
`- Unreachable  no answer at all
"""

from __future__ import annotations

from forgetbench.errors import EngineError


class Refused(Exception):  # noqa: N818 - an answer, not an error
    """One request that the server will not answer; `str()` is why."""


class Unusable(Refused):
    """It was answered, but not as it should be."""


class NotFound(EngineError):  # noqa: N818 - as above
    """The server has no such model, or no such endpoint."""


class Forbidden(EngineError):  # noqa: N818
    """The key may not ask for this."""


class Unreachable(EngineError):  # noqa: N818
    """No answer at all."""


def passes(status: int) -> bool:
    """Whether a failure of this HTTP status may pass, so that the request is sent again."""
    return status in (408, 409, 429) or (status >= 500 and status != 501)
