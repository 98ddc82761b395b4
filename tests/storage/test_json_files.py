"""What JSON cannot hold."""

from __future__ import annotations

import json

from forgetbench.storage.json_files import to_json


def test_json_holds_no_nan() -> None:
    assert json.loads(to_json({"a": float("nan"), "b": [float("inf"), 1.5], "c": ("x",)})) == {
        "a": None,
        "b": [None, 1.5],
        "c": ["x"],
    }
