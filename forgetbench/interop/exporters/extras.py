"""Libraries that come with an extra of forgetbench."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from forgetbench.errors import InputError


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Imports inside end in one line, with what to install, where the extra `name` is not there. Raises InputError."""
    try:
        yield
    except ImportError as error:
        package = (error.name or name).partition(".")[0]
        raise InputError(f"--format {name} needs {package}: pip install 'forgetbench[{name}]'") from error
