"""Every architecture that tiny_families.py makes: vLLM's log-likelihoods against those of transformers in float32.

So are the formats of tiny_quantised.py, against a twin with the same weights unpacked. vLLM computes in float32 as
well, or in bfloat16 where its kernels take nothing else.

`python architectures.py [NAME...]` measures those named, or all, and writes the table of docs/architectures.md;
`python architectures.py --table` only writes the table. `python architectures.py --rounding NAME...` prints what
rounding alone costs: transformers in bfloat16 against itself in float32 on the same requests, or with the activations
rounded as a format says.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import machine
import tables

TESTS = Path(__file__).parents[1]
DOC = TESTS.parent / "docs" / "architectures.md"
_NO_FLOAT32 = re.compile("BF16|float32 is not supported")
BEGIN, END = "<!-- table: written by tests/benchmarks/architectures.py -->", "<!-- end of table -->"


def main(arguments: list[str]) -> None:
    sys.path.insert(0, str(TESTS))
    if arguments[:1] == ["--measure"]:
        measure(arguments[1], arguments[2:])
        return
    if arguments[:1] == ["--rounding"]:
        rounding(arguments[1:])
        return
    if arguments != ["--table"]:
        from tiny_families import FAMILIES
        from tiny_quantised import FORMATS

        rows = {row["name"]: row for row in measured(arguments or [*FAMILIES, *FORMATS], "float32")}
        only_bfloat16 = [name for name, row in rows.items() if _NO_FLOAT32.search(row.get("refused", ""))]
        rows |= {row["name"]: row for row in measured(only_bfloat16, "bfloat16")}
        machine.write("architectures", {"reference": "transformers, float32"}, list(rows.values()))
    write_table()


def measured(names: list[str], dtype: str) -> Iterator[dict[str, Any]]:
    """Each family's row, from one process of its own for as long as that lives."""
    while names:
        command = [sys.executable, __file__, "--measure", dtype, *names]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        if len(rows) < len(names):
            rows.append({"name": names[len(rows)], "refused": f"its process ended with {done.returncode}"})
        yield from rows
        names = names[len(rows) :]


def measure(dtype: str, names: list[str]) -> None:
    """Print each family's figures, or why vLLM does not run it, as a line of JSON."""
    from scored_families import agreement, made
    from tiny_families import FAMILIES

    from forgetbench.engines.base import EngineOptions
    from forgetbench.engines.transformers import TransformersEngine
    from forgetbench.engines.vllm.engine import VllmEngine
    from forgetbench.errors import EngineError

    reference = TransformersEngine(EngineOptions("transformers", dtype="float32"))
    for name in names:
        engine = VllmEngine(EngineOptions("vllm", dtype=dtype))
        note = FAMILIES[name].note if name in FAMILIES else "llama, quantised"
        row: dict[str, Any] = {"name": name, "note": note, "dtype": dtype}
        with tempfile.TemporaryDirectory() as folder:
            try:
                row |= asdict(agreement(*made(name, Path(folder) / name), engine, reference))
            except EngineError as error:
                row["refused"] = str(error).replace(folder, "").partition("; its log is")[0].partition(". ")[0]
            engine.close()
        print(json.dumps(row), flush=True)


def rounding(names: list[str]) -> None:
    """Print the largest difference of each name's log-likelihoods that its rounding alone makes, in nats."""
    from scored_families import questions
    from tiny_families import make_family
    from tiny_quantised import FORMATS, make_quantised

    from forgetbench.engines.base import EngineOptions
    from forgetbench.engines.transformers import TransformersEngine
    from forgetbench.models.checkpoints import resolve

    for name in names:
        rounded = FORMATS[name].activations if name in FORMATS else None
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / name
            checkpoint = resolve(str(make_quantised(name, place)[1] if rounded else make_family(name, place)))
            sides = []
            for coarse in (True, False):
                dtype = "bfloat16" if coarse and not rounded else "float32"
                engine = TransformersEngine(EngineOptions("transformers", dtype=dtype))
                engine.load([checkpoint])
                if coarse and rounded:
                    round_inputs(engine._model, rounded)
                answers = {
                    answer.key: answer.continuations for answer in engine.score(questions(checkpoint.fingerprint))
                }
                sides.append([rated.loglikelihood for key in sorted(answers) for rated in answers[key]])
        print(f"{name}: {max(abs(one - other) for one, other in zip(*sides, strict=True)):.2g} nats")


def round_inputs(model: Any, rounded: Callable[[Any], Any]) -> None:
    """Have every layer that a format packs compute from rounded activations."""
    for name, module in model.named_modules():
        if name.endswith("_proj"):
            module.register_forward_pre_hook(lambda _, given: (rounded(given[0]), *given[1:]))


def write_table() -> None:
    content = json.loads((machine.FOLDER / f"architectures-{machine.device()}.json").read_text(encoding="utf-8"))
    head, _, rest = DOC.read_text(encoding="utf-8").partition(BEGIN)
    _, _, tail = rest.partition(END)
    lines = [
        tables.described([content]), "",
        *tables.table(
            ("model_type or format", "what is particular", "dtype", "by probes", "whole", "spread", "same greedy",
             "cache"),
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
