"""How much memory and time the drift of a 7B pair takes.

    python tests/benchmarks/weight_drift.py [FOLDER]

writes two checkpoints of Llama-7B's shapes (14 GB each in bfloat16) into FOLDER, sparse files that take no room, and
compares them in a process of its own. The numbers in them are zeros, which are read and computed with as any others.
Writes results/benchmarks/weight_drift-cpu.json.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from math import prod
from pathlib import Path

HIDDEN, INNER, LAYERS, VOCABULARY = 4096, 11008, 32, 32_000
SHARDS = 3
RESULT = Path(__file__).parents[2] / "results" / "benchmarks" / "weight_drift-cpu.json"
_MEASURE = """
import json, resource, sys, time
from pathlib import Path
from forgetbench.diagnosis.drift import weight_drift
began = time.perf_counter()
drift = weight_drift(Path(sys.argv[1]), Path(sys.argv[2]))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"tensors": len(drift.tensors), "seconds": time.perf_counter() - began, "peak_bytes": peak}))
"""


def shapes() -> dict[str, list[int]]:
    """The tensors of Llama-7B."""
    layer = {
        **{f"self_attn.{name}_proj": [HIDDEN, HIDDEN] for name in "qkvo"},
        "mlp.gate_proj": [INNER, HIDDEN], "mlp.up_proj": [INNER, HIDDEN], "mlp.down_proj": [HIDDEN, INNER],
        "input_layernorm": [HIDDEN], "post_attention_layernorm": [HIDDEN],
    }  # fmt: skip
    found = {"model.embed_tokens.weight": [VOCABULARY, HIDDEN], "lm_head.weight": [VOCABULARY, HIDDEN]}
    found["model.norm.weight"] = [HIDDEN]
    for number in range(LAYERS):
        found |= {f"model.layers.{number}.{name}.weight": shape for name, shape in layer.items()}
    return found


def make(folder: Path) -> Path:
    """A checkpoint of these shapes; every file is a header and a hole."""
    folder.mkdir(parents=True)
    names = sorted(shapes())
    weight_map = {}
    for shard in range(SHARDS):
        own, end = {}, 0
        for name in names[shard::SHARDS]:
            start, end = end, end + 2 * prod(shapes()[name])
            own[name] = {"dtype": "BF16", "shape": shapes()[name], "data_offsets": [start, end]}
        header = json.dumps(own).encode()
        path = folder / f"model-{shard + 1:05}-of-{SHARDS:05}.safetensors"
        with path.open("wb") as stream:
            stream.write(len(header).to_bytes(8, "little") + header)
            stream.truncate(8 + len(header) + end)
        weight_map |= dict.fromkeys(own, path.name)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}))
    return folder


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(sys.argv[1] if len(sys.argv) > 1 else temporary)
        pair = [str(make(folder / name)) for name in ("base", "tuned")]
        done = subprocess.run([sys.executable, "-c", _MEASURE, *pair], capture_output=True, text=True, check=True)
    measured = json.loads(done.stdout) | {"parameters": sum(map(prod, shapes().values())), "cores": os.cpu_count()}
    RESULT.write_text(json.dumps(measured, indent=1) + "\n")
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
