"""Every architecture that tiny_families.py makes: vLLM's log-likelihoods against those of transformers in float32.

vLLM computes in float32 as well, or in bfloat16 where its kernels for the architecture take nothing else.

`python architectures.py [FAMILY...]` measures those named, or all, and writes the table of docs/architectures.md;
`python architectures.py --table` only writes the table.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import machine
import tables

TESTS = Path(__file__).parents[1]
DOC = TESTS.parent / "docs" / "architectures.md"
BEGIN, END = "<!-- table: written by tests/benchmarks/architectures.py -->", "<!-- end of table -->"


def main(arguments: list[str]) -> None:
    sys.path.insert(0, str(TESTS))
    if arguments[:1] == ["--one"]:
        print(json.dumps(measured(*arguments[1:])))
        return
    if arguments != ["--table"]:
        import tiny_families

        for name in arguments or tiny_families.FAMILIES:
            row = in_a_process(name, "float32")
            if "BF16" in row.get("refused", ""):
                row = in_a_process(name, "bfloat16")
            print(row, flush=True)
            machine.write("architectures", {"dtype": row.get("dtype", "float32")}, [row])
    write_table()


def in_a_process(name: str, dtype: str) -> dict[str, Any]:
    """A family's row; whatever an engine does to its process, the next family has one of its own."""
    done = subprocess.run([sys.executable, __file__, "--one", name, dtype], capture_output=True, text=True, check=False)
    with contextlib.suppress(ValueError, IndexError):
        row: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return row
    told = [line.strip() for line in done.stderr.splitlines() if "Error" in line or "what():" in line]
    return {"name": name, "refused": f"the process ended with {done.returncode}: {' '.join(told[-1:])}"}


def measured(name: str, dtype: str) -> dict[str, Any]:
    """One family's figures, or why vLLM does not load it."""
    from scored_families import agreement
    from tiny_families import FAMILIES

    from forgetbench.engines.base import EngineOptions
    from forgetbench.engines.transformers import TransformersEngine
    from forgetbench.engines.vllm.engine import VllmEngine
    from forgetbench.errors import EngineError

    engine = VllmEngine(EngineOptions("vllm", dtype=dtype))
    reference = TransformersEngine(EngineOptions("transformers", dtype="float32"))
    row: dict[str, Any] = {"name": name, "note": FAMILIES[name].note, "dtype": dtype}
    with tempfile.TemporaryDirectory() as folder:
        try:
            row |= asdict(agreement(name, Path(folder) / name, engine, reference))
        except EngineError as error:
            row["refused"] = str(error).replace(folder, "").partition("; its log is")[0]
        engine.close()
    return row


def write_table() -> None:
    content = json.loads((machine.FOLDER / f"architectures-{machine.device()}.json").read_text(encoding="utf-8"))
    head, _, rest = DOC.read_text(encoding="utf-8").partition(BEGIN)
    _, _, tail = rest.partition(END)
    lines = [
        tables.described([content]), "",
        *tables.table(
            ("model_type", "what is particular", "dtype", "by probes", "whole", "spread", "same greedy", "cache"),
            [cells(row) for row in content["rows"] if "refused" not in row],
        ),
    ]  # fmt: skip
    if refused := [row for row in content["rows"] if "refused" in row]:
        lines += ["", "Not run by this build of vLLM, in its words:", ""]
        lines += [f"- `{row['name']}`: {row['refused']}" for row in refused]
    DOC.write_text(f"{head}{BEGIN}\n\n" + "\n".join(lines) + f"\n\n{END}{tail}", encoding="utf-8")


def cells(row: dict[str, Any]) -> tuple[str, ...]:
    return (
        f"`{row['name']}`", row["note"], row["dtype"], f"{row['probes']:.1e}", f"{row['whole']:.1e}",
        f"{row['spread']:.2f}", "yes" if row["greedy"] else "no", "yes" if row["cached"] else "no",
    )  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
