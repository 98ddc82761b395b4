"""The libraries in the page are the published ones, with their licences."""

from __future__ import annotations

import pytest

from forgetbench.report.flips.vendor import FOLDER, VENDORED, library, sha256


@pytest.mark.parametrize("name", VENDORED)
def test_a_committed_file_is_the_published_one(name: str) -> None:
    assert sha256((FOLDER / name).read_bytes()) == VENDORED[name].sha256


def test_every_file_there_is_one_of_them() -> None:
    there = {path.name for path in FOLDER.iterdir() if path.suffix not in (".py", ".pyc") and path.is_file()}
    assert there == set(VENDORED)


@pytest.mark.parametrize("name", [name for name in VENDORED if not name.startswith("LICENCE")])
def test_a_page_holds_the_licence_and_asks_for_no_map(name: str) -> None:
    text = library(name)
    assert "Copyright (c)" in text[:400] and "sourceMappingURL" not in text
