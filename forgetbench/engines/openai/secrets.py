"""What must stand in no message and no result: the key, and what an address's query may hold of one."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

SHORTEST = 8
"""A shorter text is a placeholder ('none', 'EMPTY'), and may be part of any word."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """Texts that are taken out of others."""

    texts: tuple[str, ...]

    @classmethod
    def of(cls, texts: Iterable[str]) -> Secrets:
        """Those that are long enough to be secrets, the longest first."""
        return cls(tuple(sorted({text for text in texts if len(text) >= SHORTEST}, key=len, reverse=True)))

    def hide(self, text: str) -> str:
        """The text with every secret as `***`; nothing of it where one stands there in another spelling."""
        for secret in self.texts:
            text = text.replace(secret, "***")
        bare = _bare(unquote(text))
        spellings = (_bare(spelled) for secret in self.texts for spelled in _spellings(secret))
        hidden = any(spelled in bare for spelled in spellings if len(spelled) >= SHORTEST)
        return "(not shown: it repeats the key)" if hidden else text


def _bare(text: str) -> str:
    """Letters and digits alone, in one case: what stands between them does not hide them."""
    return "".join(filter(str.isalnum, text)).casefold()


def _spellings(secret: str) -> list[str]:
    raw = secret.encode()
    # Base64 depends on where in the encoded text the secret begins; its ends depend on what stands beside it.
    shifted = [base64.b64encode(b"\0" * shift + raw).decode()[4:-4] for shift in range(3)]
    return [secret, secret[::-1], raw.hex(), *shifted]
