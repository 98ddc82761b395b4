"""YAML is read within limits: a few lines can stand for a billion values."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

from forgetbench.errors import InputError
from forgetbench.storage.yaml_files import read_yaml

LAUGHS = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 9)
)


class Anything(BaseModel):
    name: str = ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 100_000, r"file\.yaml:1: not valid YAML \(it is nested more than 64 levels deep"),
        (LAUGHS, r"file\.yaml:6: not valid YAML \(its anchors stand for more than 500,000 values"),
        ("a: &a [*a]", "an alias holds itself"),
        ("a: !!int x", "a value cannot be read"),
        (f"a: {'9' * 5000}", "a value cannot be read"),
        ("a: !!python/object/apply:os.system [ls]", "could not determine a constructor"),
    ],
    ids=["deep", "laughs", "itself", "no number", "a number without an end", "code"],
)
def test_what_grows_beyond_all_bounds_is_one_line(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "file.yaml").write_text(text)
    with pytest.raises(InputError, match=words) as told:
        read_yaml(tmp_path / "file.yaml", Anything)
    assert "\n" not in str(told.value)


def test_anchors_of_an_ordinary_size_are_taken(tmp_path: Path) -> None:
    (tmp_path / "file.yaml").write_text("name: &n mine\nother: [*n, *n]\n")
    assert read_yaml(tmp_path / "file.yaml", Anything).name == "mine"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_byte_order_mark_says_how_it_is_written(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "file.yaml").write_bytes("name: é\r\n".encode(encoding))
    assert read_yaml(tmp_path / "file.yaml", Anything).name == "é"
