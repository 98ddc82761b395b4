"""`forgetbench view` in a process of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def shown(results: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server on a port that is free, and its address."""
    command = [sys.executable, "-m", "forgetbench", "view", str(results), "--port", "0", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        found = re.search(r"http://[^/\s]+/", process.stdout.readline())
        assert found is not None
        yield process, found.group()
    finally:
        process.kill()
        process.communicate()
