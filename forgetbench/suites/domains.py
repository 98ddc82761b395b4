"""Names of domains. Any slug is one; `records.DOMAINS` are those of the embedded tasks."""

from __future__ import annotations

import re

from forgetbench.records import OVERALL

_SLUG = re.compile(r"[a-z][a-z0-9_]*")


def domain_mistake(name: str) -> str | None:
    """Why a domain cannot have this name, and what may; None where it can.

    >>> domain_mistake("medicine") is None
    True
    >>> domain_mistake("Medicine")
    "'Medicine' is no name for a domain; take lower-case letters, digits and '_', a letter first"
    """
    if name == OVERALL:
        return f"'{name}' is no name for a domain: it is that of the row over all of them; take another"
    if not _SLUG.fullmatch(name):
        return f"'{name}' is no name for a domain; take lower-case letters, digits and '_', a letter first"
    return None
