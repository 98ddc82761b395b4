"""An answer is never generated twice and never lost."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from forgetbench.errors import StorageError
from forgetbench.fingerprint import file_digest
from forgetbench.records import Continuation, Response, Sample
from forgetbench.storage.ledger import Ledger

SCORED = Response("a", continuations=(Continuation(-1.25, True, 2), Continuation(-7.5, False, 3)))
GENERATED = Response("b", samples=(Sample("two\nlines \u00e9\u4e16", "stop", 4), Sample("", "length", 0)))


def test_what_is_put_comes_back_whole(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        for response in (SCORED, GENERATED):
            ledger.put(response)
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        assert ledger.get(["a", "b", "missing"]) == {"a": SCORED, "b": GENERATED}
        assert len(ledger) == 2


def test_the_first_answer_stays(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.put(SCORED)
        ledger.put(Response("a", continuations=(Continuation(0.0, True, 1),)))
        assert ledger.get(["a"])["a"] == SCORED


def test_more_keys_than_one_query_takes(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        for number in range(1201):
            ledger.put(Response(str(number), samples=(Sample(str(number), "stop", 1),)))
        responses = ledger.get(str(number) for number in range(1300))
    assert len(responses) == 1201
    assert responses["1200"].samples[0].text == "1200"


def test_two_connections_write_to_one_file(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.sqlite") as one, Ledger(tmp_path / "ledger.sqlite") as two:
        one.put(SCORED)
        two.put(GENERATED)
        assert set(one.get(["a", "b"])) == {"a", "b"}


def test_a_killed_writer_loses_nothing_it_reported(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    code = (
        "import sys; from pathlib import Path\n"
        "from forgetbench.storage.ledger import Ledger; from forgetbench.records import Response, Sample\n"
        f"ledger = Ledger(Path({str(path)!r}))\n"
        "for number in range(100000):\n"
        "    ledger.put(Response(str(number), samples=(Sample('x', 'stop', 1),)))\n"
        "    print(number, flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        watchdog = threading.Timer(60, process.kill)
        watchdog.start()
        for line in process.stdout:
            if int(line) >= 200:
                break
        watchdog.cancel()
        process.kill()
        reported = [int(line) for line in process.stdout.read().split()]
    last = max(reported, default=200)
    with Ledger(path) as ledger:
        assert set(ledger.get(str(number) for number in range(last + 1))) == {str(number) for number in range(last + 1)}


def test_a_file_that_is_no_database_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_text("this is not a database, and long enough to be read as one" * 100)
    with pytest.raises(StorageError, match=r"ledger .*ledger\.sqlite: file is not a database"):
        len(Ledger(path))


def test_a_ledger_that_nobody_used_is_not_there(tmp_path: Path) -> None:
    with Ledger(tmp_path / "results" / "ledger.sqlite") as ledger:
        assert not ledger.damaged
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_a_storage_error_and_keeps_the_rest(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.put(SCORED)
        pages = ledger._db.execute("PRAGMA page_count").fetchone()[0]
        ledger._db.execute(f"PRAGMA max_page_count={pages}")  # SQLite's own way to meet a full disk
        with pytest.raises(StorageError, match="full"):
            for number in range(100):
                ledger.put(Response(str(number), samples=(Sample("x" * 10_000, "stop", 1),)))
        assert ledger.get(["a"]) == {"a": SCORED}


def settled(path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file, and a clock that says that it was changed long ago."""
    path.write_bytes(content)
    monkeypatch.setattr(time, "time_ns", lambda: path.stat().st_ctime_ns + 60 * 10**9)
    return path


def test_file_digests_are_remembered_until_the_file_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = settled(tmp_path / "weights", b"one", monkeypatch)
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        first = ledger.file_digest(path)
        with monkeypatch.context() as patched:
            patched.setattr("forgetbench.storage.ledger.file_digest", lambda path: "read again")
            assert ledger.file_digest(path) == first
            assert ledger.file_digest(path, again=True) == "read again"
        settled(path, b"two", monkeypatch)
        assert ledger.file_digest(path) == file_digest(path)


@pytest.mark.parametrize("way", ["written in place", "another file"])
def test_other_content_of_the_same_size_and_time_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """As tar, cp -p and object stores leave it."""
    path = settled(tmp_path / "weights", b"one", monkeypatch)
    times = (path.stat().st_atime_ns, path.stat().st_mtime_ns)
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        first = ledger.file_digest(path)
        time.sleep(0.01)
        other = path if way == "written in place" else tmp_path / "other"
        other.write_bytes(b"two")
        os.utime(other, ns=times)
        other.replace(path)
        assert (path.stat().st_atime_ns, path.stat().st_mtime_ns) == times
        assert ledger.file_digest(path) == file_digest(path) != first


def test_a_file_that_was_just_written_is_read_each_time(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"one")
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.file_digest(path)
        assert ledger._db.execute("SELECT count(*) FROM file_digests").fetchone() == (0,)


def test_the_schema_survives_reopening(tmp_path: Path) -> None:
    for _ in range(2):
        with Ledger(tmp_path / "ledger.sqlite") as ledger:
            assert len(ledger) == 0
    names = sqlite3.connect(tmp_path / "ledger.sqlite").execute("SELECT name FROM sqlite_master").fetchall()
    assert {"responses", "file_digests"} <= {name for (name,) in names}
