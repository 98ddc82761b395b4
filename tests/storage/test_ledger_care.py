"""A ledger that is damaged, in a row or in its pages, is told, pruned, and gives what is left of it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from forgetbench.errors import InputError, StorageError
from forgetbench.fingerprint import digest, make_request
from forgetbench.records import Continuation, Response, Sample, Sampling
from forgetbench.storage.ledger import Ledger
from forgetbench.storage.ledger_care import check, prune

KEYS = [digest(number) for number in range(2000)]


def filled(path: Path, keys: list[str] = KEYS[:5]) -> Path:
    with Ledger(path) as ledger:
        for key in keys:
            ledger.put(Response(key, samples=(Sample(f"answer {key}", "stop", 3),)))
    return path


def overwritten(path: Path, key: str, body: object) -> None:
    with sqlite3.connect(path) as database:
        database.execute("UPDATE responses SET body = CAST(? AS TEXT) WHERE key = ?", (body, key))
    database.close()


DAMAGE = [
    "", "{", "null", "[]", "[[], []]", "[[], [], []]", '[[], [["a", "stop"]]]', '[[], [[["a"], "stop", 1]]]',
    '[[], [["a", "stop", -1]]]', '[[], [["a", "stop", "1"]]]', '[[], [["\\ud800", "stop", 1]]]',
    "[[[NaN, true, 1]], []]", "[[[Infinity, true, 1]], []]", "[[[5.0, true, 1]], []]", '[[["-1", true, 1]], []]',
    "[[[-1.0, 1, 1]], []]", '[[[-1.0, true, 1]], [["a", "stop", 1]]]', "[" * 100_000, b"\xff\xfe", b"\0" * 40,
]  # fmt: skip


@pytest.mark.parametrize("body", DAMAGE, ids=lambda body: str(body)[:30].strip() or "empty")
def test_a_damaged_row_is_no_answer_and_the_next_one_replaces_it(tmp_path: Path, body: object) -> None:
    path = filled(tmp_path / "ledger.sqlite")
    overwritten(path, KEYS[0], body)
    again = Response(KEYS[0], samples=(Sample("again", "stop", 1),))
    with Ledger(path) as ledger:
        assert set(ledger.get(KEYS[:5])) == set(KEYS[1:5])
        assert ledger.damaged == {KEYS[0]}
        ledger.put(again)
        assert ledger.damaged == set()
        assert ledger.get(KEYS[:1]) == {KEYS[0]: again}


@pytest.mark.parametrize("body", DAMAGE, ids=lambda body: str(body)[:30].strip() or "empty")
def test_a_damaged_row_is_found_and_removed(tmp_path: Path, body: object) -> None:
    path = filled(tmp_path / "ledger.sqlite")
    overwritten(path, KEYS[0], body)
    state = check(path)
    assert (state.sound, state.damaged, state.faults) == (4, (KEYS[0].encode(),), ())
    assert (prune(path).kept, prune(path).removed) == (4, 0)
    assert check(path).is_sound


def test_an_answer_with_other_parts_than_were_asked_for_is_damaged(tmp_path: Path) -> None:
    two_choices = make_request("model", {}, (1,), ((2,), (3,)))
    two_samples = make_request("model", {}, (1,), sampling=Sampling(5, temperature=1.0, n=2))
    requests = {request.key: request for request in (two_choices, two_samples)}
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.put(Response(two_choices.key, continuations=(Continuation(-1.0, True, 1),)))
        ledger.put(Response(two_samples.key, samples=(Sample("a", "stop", 1),) * 2))
        assert set(ledger.answers(requests)) == {two_samples.key}
        assert ledger.damaged == {two_choices.key}


def test_what_is_left_of_a_damaged_file_is_kept(tmp_path: Path) -> None:
    path = filled(tmp_path / ".ledger.sqlite", KEYS)
    size = path.stat().st_size
    with path.open("r+b") as stream:
        stream.seek(size // 2)
        stream.write(b"\xa5" * 8192)
    assert check(path).faults
    pruned = prune(path)
    assert 500 < pruned.kept < len(KEYS)
    assert pruned.aside is not None and pruned.aside.stat().st_size == size
    assert check(path).is_sound
    with Ledger(path) as ledger:
        found = ledger.get(KEYS)
    assert len(found) == pruned.kept
    assert all(response.samples[0].text == f"answer {key}" for key, response in found.items())


def cut(path: Path) -> None:
    with path.open("r+b") as stream:
        stream.truncate(path.stat().st_size // 2 + 100)


def no_database(path: Path) -> None:
    path.write_bytes(b"this is no database at all, and long enough" * 500)


def header_overwritten(path: Path) -> None:
    with path.open("r+b") as stream:
        stream.write(b"\xff" * 100)


@pytest.mark.parametrize("harm", [cut, no_database, header_overwritten])
def test_the_way_out_of_a_damaged_file_stands_in_the_line(tmp_path: Path, harm: object) -> None:
    path = filled(tmp_path / ".ledger.sqlite", KEYS)
    assert callable(harm)
    harm(path)
    with (
        pytest.raises(StorageError, match=f"`forgetbench ledger prune {tmp_path}` keeps") as caught,
        Ledger(path) as one,
    ):
        one.get(KEYS)
    assert "\n" not in str(caught.value)
    assert not check(path).is_sound
    prune(path)
    assert check(path).is_sound
    filled(path)
    assert check(path).sound >= 5


def test_no_ledger_is_made_by_looking_for_one(tmp_path: Path) -> None:
    for look in (check, prune):
        with pytest.raises(InputError, match="no ledger here"):
            look(tmp_path / ".ledger.sqlite")
    assert list(tmp_path.iterdir()) == []


def test_looking_changes_nothing(tmp_path: Path) -> None:
    path = filled(tmp_path / ".ledger.sqlite")
    before = path.read_bytes()
    check(path)
    assert path.read_bytes() == before
