"""What the lab needs beyond the package's own dependencies: the extra `lab`."""

from __future__ import annotations

import importlib.util

from forgetbench.errors import InputError


def require(*modules: str) -> None:
    """Raise InputError naming the missing modules and how to get them; nothing is imported."""
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        raise InputError(f"this needs {', '.join(missing)}: pip install 'forgetbench[lab]'")
