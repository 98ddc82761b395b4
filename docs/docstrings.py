"""Docstrings are plain text with code in backticks, which Markdown reads as it stands; examples are fenced here."""

import re
from typing import Any

import griffe

EXAMPLE = re.compile(r"^>>> .*(?:\n.*\S.*)*", re.MULTILINE)
"""From the prompt to the next empty line."""


class FencedExamples(griffe.Extension):
    """`>>>` and what it prints, as a block of Python's console."""

    def on_object(self, *, obj: griffe.Object, **kwargs: Any) -> None:
        if obj.docstring is not None:
            obj.docstring.value = EXAMPLE.sub(r"```pycon\n\g<0>\n```", obj.docstring.value)
