"""How often the readers of answers say what a careful person reads: `make answers`.

    python tests/benchmarks/answers.py                    # agreement per reader; writes the tables of docs/answers.md
    python tests/benchmarks/answers.py --reader knowledge  # only readers of that name; writes nothing
    python tests/benchmarks/answers.py --show              # and each reply that is read otherwise; writes nothing
    python tests/benchmarks/answers.py --before REVISION   # measures the readers of another commit as well
    python tests/benchmarks/answers.py --table             # only the tables

The replies stand in tests/data/answers/, one file per source; nothing was ever mended on those below unseen/. A reader
agrees where it says what `right` says. False "right" is the share of all replies that it takes for right and that are
not.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import machine
from tables import table

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from labelled_replies import CORPUS, UNSEEN, Reply, labelled_replies, said  # noqa: E402

NAME = "answers"
DOC = ROOT / "docs" / "answers.md"
BEGIN, END = "<!-- tables: written by tests/benchmarks/answers.py -->", "<!-- end of tables -->"
FALSE_RIGHT = "false_right"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reader", default="", metavar="PREFIX", help="only readers whose name begins so")
    parser.add_argument("--file", type=Path, action="append", help="replies of this file instead of all")
    parser.add_argument("--show", action="store_true", help="show each reply that is read otherwise")
    parser.add_argument("--before", metavar="REVISION", help="measure the readers of another commit too")
    parser.add_argument("--tasks", type=Path, default=ROOT / "tasks", help="the tasks whose scoring is called")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON and write nothing")
    parser.add_argument("--table", action="store_true", help="only write the tables again")
    arguments = parser.parse_args()
    if arguments.table:
        write_tables()
        return
    files = arguments.file or [*sorted(CORPUS.glob("*.jsonl")), *sorted(UNSEEN.glob("*.jsonl"))]
    rows = [row for file in files for row in agreement(file, arguments.reader, arguments.tasks, arguments.show)]
    if arguments.json:
        print(json.dumps(rows))
        return
    print("\n".join(shown(rows)))
    if not (arguments.reader or arguments.file or arguments.show):
        before = of_revision(arguments.before) if arguments.before else kept_before()
        # Rows of files that are gone go with them.
        _results().unlink(missing_ok=True)
        machine.write(NAME, {"before": before["revision"]} if before else {}, joined(rows, before))
        write_tables()


def agreement(file: Path, prefix: str, tasks: Path, show: bool) -> list[dict[str, Any]]:
    """A row per reader: replies, how many are read as labelled, and how many are taken for right and are not."""
    counts: dict[str, dict[str, int]] = defaultdict(lambda: {"replies": 0, "agree": 0, FALSE_RIGHT: 0})
    for reply in labelled_replies(file, tasks):
        if not reply.reader.startswith(prefix):
            continue
        says = _said(reply, tasks)
        count = counts[reply.kind]
        count["replies"] += 1
        count["agree"] += says == reply.right
        count[FALSE_RIGHT] += says is True and reply.right is not True
        if show and says != reply.right:
            print(f"{reply.id}: read as {says}, is {reply.right} ({reply.why})\n    {reply.reply!r}"[:600])
    return [{"file": file.stem, "reader": name, **of} for name, of in sorted(counts.items())]


def _said(reply: Reply, tasks: Path) -> Any:
    """What the reader says; an older commit that has no reader of refusals finds none."""
    try:
        return said(reply, tasks)
    except ModuleNotFoundError:
        return False


def of_revision(revision: str) -> dict[str, Any]:
    """The same figures by the readers of another commit."""
    commit = _git("rev-parse", "--short", revision)
    with tempfile.TemporaryDirectory() as folder:
        other = Path(folder) / "checkout"
        subprocess.run(
            ["git", "worktree", "add", "--detach", other, revision], cwd=ROOT, check=True, capture_output=True
        )
        try:
            done = subprocess.run(
                [sys.executable, __file__, "--json", "--tasks", other / "tasks"],
                env={**os.environ, "PYTHONPATH": str(other)}, check=True, capture_output=True, text=True,
            )  # fmt: skip
        finally:
            _git("worktree", "remove", "--force", str(other))
    return {"revision": commit, "rows": json.loads(done.stdout)}


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


def kept_before() -> dict[str, Any] | None:
    """What the last run measured of another commit."""
    path = _results()
    content = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {"rows": []}
    rows = [row for row in content["rows"] if "before" in row]
    if not rows:
        return None
    return {
        "revision": rows[0]["settings"]["before"],
        "rows": [{"file": row["file"], "reader": row["reader"], **row["before"]} for row in rows],
    }


def joined(rows: Iterable[dict[str, Any]], before: dict[str, Any] | None) -> list[dict[str, Any]]:
    earlier = {(row["file"], row["reader"]): row for row in before["rows"]} if before else {}
    made = []
    for row in rows:
        then = earlier.get((row["file"], row["reader"]))
        kept = {"before": {key: then[key] for key in ("replies", "agree", FALSE_RIGHT)}} if then else {}
        made.append({"name": f"{row['file']}/{row['reader']}", **row, **kept})
    return made


def shown(rows: Sequence[dict[str, Any]]) -> list[str]:
    """The table of the figures: a line per reader and file, and the sum of each file."""
    columns = ("replies", "reader", "labelled", "read as labelled", "false right", "before", "false right before")
    lines = []
    for file in dict.fromkeys(row["file"] for row in rows):
        of_file = [row for row in rows if row["file"] == file]
        lines += [_line(row) for row in [*of_file, _total(of_file)]]
    return table(columns, lines)


def _total(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    keys = ("replies", "agree", FALSE_RIGHT)
    total: dict[str, Any] = {
        "file": rows[0]["file"],
        "reader": "**all**",
        **{key: sum(r[key] for r in rows) for key in keys},
    }
    if all("before" in row for row in rows):
        total["before"] = {key: sum(row["before"][key] for row in rows) for key in keys}
    return total


def _line(row: dict[str, Any]) -> list[str]:
    then = row.get("before")
    return [row["file"], row["reader"], str(row["replies"]), *_shares(row), *(_shares(then) if then else ["", ""])]


def _shares(of: dict[str, Any]) -> list[str]:
    return [f"{100 * of[key] / of['replies']:.1f} % ({of[key]})" for key in ("agree", FALSE_RIGHT)]


def write_tables() -> None:
    content = json.loads(_results().read_text(encoding="utf-8"))
    head, _, rest = DOC.read_text(encoding="utf-8").partition(BEGIN)
    tail = rest.partition(END)[2]
    DOC.write_text(f"{head}{BEGIN}\n\n" + "\n".join(shown(content["rows"])) + f"\n\n{END}{tail}", encoding="utf-8")


def _results() -> Path:
    # The readers are the same on every machine.
    return machine.FOLDER / f"{NAME}-cpu.json"


if __name__ == "__main__":
    main()
