"""`forgetbench view` on a comparison of one million items: how long each answer takes, and how much memory the server.

    python tests/benchmarks/view_million.py [FOLDER]

makes two runs of a million items and compares them in FOLDER (a temporary one if none is given), where they do not lie
there yet, starts the server in a process of its own, and asks what the page's browser of flips asks. Writes
results/benchmarks/view-DEVICE.json, and the table of docs/view.md from it; `--table` writes only that.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import machine
from million_items import make_runs
from tables import table

sys.path.insert(0, str(Path(__file__).parents[1]))
from view_server import shown

from forgetbench.storage.folder import ResultsFolder

ROOT = Path(__file__).parents[2]
DOC = ROOT / "docs" / "view.md"
BEGIN, END = "<!-- table: written by tests/benchmarks/view_million.py -->", "<!-- end of table -->"
NAME = "candidate-vs-base"
REPEATS = 5
TIMES = ("first_seconds", "first_cpu_seconds", "seconds", "cpu_seconds")


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(sys.argv[1] if len(sys.argv) > 1 else temporary)
        prepare(ResultsFolder(folder))
        with shown(folder) as (process, address):
            rows = list(measured(address.rstrip("/"), process.pid))
    print(machine.write("view", {"items": 1_000_000, "tasks": 100, "repeats": REPEATS}, rows))
    write_table()


def prepare(results: ResultsFolder) -> None:
    if not (results.run("candidate") / "manifest.json").is_file():
        make_runs(results.root)
    if not (results.comparison(NAME) / "comparison.json").is_file():
        command = [
            sys.executable,
            "-m",
            "forgetbench",
            "compare",
            str(results.run("base")),
            str(results.run("candidate")),
        ]
        command += ["--out", str(results.comparison(NAME))]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def measured(address: str, server: int) -> Iterator[dict[str, Any]]:
    """A row for each thing that is asked: wall and processor time of the first, and the median of others like it."""
    flips = f"{address}/comparisons/{NAME}/flips"

    def row(name: str, *asked: str) -> dict[str, Any]:
        times = [ask(each, server) for each in asked]
        found = {"name": name, "first_seconds": times[0][0], "first_cpu_seconds": times[0][1]}
        if times[1:]:
            seconds, cpu = (statistics.median(each) for each in zip(*times[1:], strict=True))
            found |= {"seconds": seconds, "cpu_seconds": cpu}
        found["peak_gb"] = peak(server) / 1e9
        print(found, flush=True)
        return found

    def page(at: int = 0, **filters: object) -> str:
        return f"{flips}?{urlencode({**filters, 'offset': 50 * at, 'limit': 50})}"

    some = range(REPEATS + 1)
    yield row("home", *[f"{address}/"] * (REPEATS + 1))
    yield row("the comparison's page", f"{address}/comparisons/{NAME}")
    yield row("what there is to choose from; looks through all files once", f"{flips}/facets", *[f"{flips}/facets"] * 3)
    yield row("first page, the worst first", *(page(sort="worst") for _ in some))
    yield row("pages far in", *(page(at=3_000 * (number + 1), sort="worst") for number in some))
    yield row("a filter: domain and outcome", *(page(domain=name, outcome="forgotten") for name in DOMAINS_ASKED))
    yield row("sorted by likelihood lost", *(page(at=number, sort="lost", descending=1) for number in some))
    yield row("sorted by item", *(page(at=number, sort="item_id") for number in some))
    yield row("a search through all texts", *(page(text=text) for text in SEARCHED))
    yield row(
        "one item, whole", *(f"{flips}/item?{urlencode({'key': f'open_10/10:1:{5_000 + number}'})}" for number in some)
    )


DOMAINS_ASKED = ("knowledge", "reasoning", "creativity", "language", "target")
SEARCHED = ("mountain lake", "river bank", "village country", "capital city", "no such words", "(5000)")


def ask(address: str, server: int) -> tuple[float, float]:
    """Wall time and the server's processor time, in seconds."""
    began, before = time.perf_counter(), processor_time(server)
    with urllib.request.urlopen(address, timeout=120) as answer:
        answer.read()
    return time.perf_counter() - began, processor_time(server) - before


def processor_time(process: int) -> float:
    user, system = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def peak(process: int) -> int:
    """The most memory that a process has had at once, in bytes."""
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) * 1024


def told(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.2f} s"


def write_table() -> None:
    content = json.loads((machine.FOLDER / f"view-{machine.device()}.json").read_text(encoding="utf-8"))
    lines = table(
        ("asked", "first", "processor time", "others like it", "processor time", "most memory by then"),
        (
            (
                row["name"], *(told(row.get(name)) for name in TIMES),
                f"{row['peak_gb']:.2f} GB",
            )
            for row in content["rows"]
        ),
    )  # fmt: skip
    what, date = content["machine"], max(row["date"] for row in content["rows"])
    where = f"{what['cpu']}, {what['cores']} cores, {what['memory_gb']} GB; Python {what['python']}; {date}."
    head, _, rest = DOC.read_text(encoding="utf-8").partition(BEGIN)
    _, _, tail = rest.partition(END)
    DOC.write_text("\n".join([f"{head}{BEGIN}", "", where, "", *lines, "", f"{END}{tail}"]), encoding="utf-8")


if __name__ == "__main__":
    write_table() if "--table" in sys.argv else main()
