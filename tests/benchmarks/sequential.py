"""What share of the items a sequential gate asks of a real model. `python sequential.py`, 20 minutes on two CPU cores

Three candidates against the embedded model: itself with a little noise on its weights, and the demo's two fine-tuned
checkpoints. Writes results/benchmarks/sequential-DEVICE.json, and the table of docs/gate.md from it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import machine
from tables import table

from forgetbench.lab.demo.demo_checkpoints import prepare
from forgetbench.storage.comparisons import load_comparison

DOC = Path(__file__).parents[2] / "docs" / "gate.md"
BEGIN, END = "<!-- table: written by tests/benchmarks/sequential.py -->", "<!-- end of table -->"
SUITE, MARGIN, NOISE = "choices", 0.05, 0.01
DOMAINS = ("knowledge", "reasoning", "language")


def main() -> None:
    demo = prepare()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "policy.yaml").write_text(json.dumps({"margins": dict.fromkeys(DOMAINS, MARGIN)}))
        candidates = {"noisy": with_noise(demo.base, folder / "noisy"), "mild": demo.mild, "harsh": demo.harsh}
        rows = [gated(name, where, demo.base, folder) for name, where in candidates.items()]
    print(machine.write("sequential", {"suite": SUITE, "margin": MARGIN, "noise": NOISE}, rows))
    write_table()


def with_noise(model: Path, out: Path) -> Path:
    """The model with Gaussian noise of one per cent of its spread on each weight matrix: nothing that it would miss."""
    import torch
    from safetensors.torch import load_file, save_file

    shutil.copytree(model, out)
    generator = torch.Generator().manual_seed(0)
    for path in out.glob("*.safetensors"):
        tensors = load_file(path)
        for name, tensor in tensors.items():
            if tensor.ndim == 2:
                noise = torch.randn(tensor.shape, generator=generator) * NOISE * tensor.float().std()
                tensors[name] = (tensor.float() + noise).to(tensor.dtype)
        save_file(tensors, path, {"format": "pt"})
    return out


def gated(name: str, where: Path, base: Path, folder: Path) -> dict[str, Any]:
    command = [
        sys.executable, "-m", "forgetbench", "gate-sequential", f"base={base}", f"{name}={where}",
        "--suite", SUITE, "--policy", "policy.yaml", "--json", f"{name}.json",
    ]  # fmt: skip
    began = time.perf_counter()
    subprocess.run(command, cwd=folder, check=False)
    seconds = time.perf_counter() - began
    (written,) = (folder / "results" / "comparisons").glob(f"{name}-*")
    comparison = load_comparison(written)
    assert comparison.looks is not None
    row = {
        "name": name,
        "outcome": json.loads((folder / f"{name}.json").read_text())["outcome"],
        "looks": comparison.looks.taken,
        "asked": dict(comparison.looks.asked),
        "deltas": {row.name: row.estimate and row.estimate.delta for row in comparison.domains},
        "seconds": seconds,
    }
    print(row, flush=True)
    return row


def write_table() -> None:
    content = json.loads((machine.FOLDER / f"sequential-{machine.device()}.json").read_text(encoding="utf-8"))
    labels = {
        "noisy": "the base with 1 % of noise on its weights",
        "mild": "the demo's mild checkpoint",
        "harsh": "the demo's harsh checkpoint",
    }
    rows = []
    for row in content["rows"]:
        asked = [row["asked"][domain] for domain in DOMAINS]
        shares = [tuple(map(sum, zip(*asked, strict=True))), *asked]
        deltas = ", ".join(f"{100 * row['deltas'][domain]:+.1f}" for domain in DOMAINS)
        cells = [f"{100 * part / whole:.0f} %" for part, whole in shares]
        rows.append([labels[row["name"]], *cells, deltas, row["outcome"], f"{row['seconds']:.0f} s"])
    text = DOC.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    lines = table(("candidate", "asked", *DOMAINS, "changes", "outcome", "took"), rows)
    DOC.write_text("\n".join([f"{head}{BEGIN}", "", *lines, "", f"{END}{tail}"]), encoding="utf-8")


if __name__ == "__main__":
    write_table() if sys.argv[1:] == ["--table"] else main()
