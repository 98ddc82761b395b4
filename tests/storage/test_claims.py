"""Of two programs with the same questions one asks; a claim ends with whoever holds it."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from forgetbench.errors import InputError
from forgetbench.storage.claims import claimed

NAME, OTHER = "a" * 64, "b" * 64


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forgetbench.storage.claims._POLL", 0.01)


def test_a_second_one_waits_and_says_so_once(tmp_path: Path) -> None:
    notes: list[str] = []
    entered = threading.Event()

    def second() -> None:
        with claimed(tmp_path, {NAME: lambda: False}, notes.append):
            entered.set()

    with claimed(tmp_path, {NAME: lambda: False}, notes.append):
        waiting = threading.Thread(target=second)
        waiting.start()
        assert not entered.wait(0.2)
    waiting.join(10)
    assert entered.is_set()
    (note,) = notes
    assert note.startswith("another forgetbench (pid ")


def test_a_second_one_goes_on_as_soon_as_there_is_nothing_left_to_ask(tmp_path: Path) -> None:
    answered = iter([False, False, True])
    with (
        claimed(tmp_path, {NAME: lambda: False}, lambda text: None),
        claimed(tmp_path, {NAME: lambda: next(answered)}, lambda text: None),
    ):
        pass
    assert next(answered, None) is None


def test_other_questions_are_not_waited_for(tmp_path: Path) -> None:
    notes: list[str] = []
    with (
        claimed(tmp_path, {NAME: lambda: False}, notes.append),
        claimed(tmp_path, {OTHER: lambda: False}, notes.append),
    ):
        assert notes == []


def test_two_names_that_share_a_file_are_no_trap(tmp_path: Path) -> None:
    with claimed(tmp_path, {NAME: lambda: False, "a" * 63 + "b": lambda: False}, pytest.fail):
        pass


def test_the_claim_of_a_killed_program_is_free(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from forgetbench.storage.claims import claimed\n"
        f"with claimed(Path({str(tmp_path)!r}), {{{NAME!r}: lambda: False}}, print):\n"
        "    print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "held\n"
        process.kill()
        process.wait()
    with claimed(tmp_path, {NAME: lambda: False}, pytest.fail):
        pass


def test_a_folder_that_takes_no_files_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"), claimed(tmp_path / "file", {NAME: bool}, pytest.fail):
        pass
