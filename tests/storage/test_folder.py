"""Names of folders."""

from __future__ import annotations

import pytest

from forgetbench.storage.folder import slug


@pytest.mark.parametrize(
    ("text", "name"), [("a/b c", "a-b-c"), ("../..", "unnamed"), ("\u4e16", "unnamed"), ("ok", "ok")]
)
def test_names_become_safe_folder_names(text: str, name: str) -> None:
    assert slug(text) == name
