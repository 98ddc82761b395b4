"""How long `forgetbench import` takes on logs of MMLU's size: 57 tasks, 14,042 items.

    python tests/benchmarks/import_speed.py [--table]

writes logs as each harness lays them out, imports each in a process of its own, imports and all, and writes
results/benchmarks/import-DEVICE.json and the table of docs/import.md; `--table` writes only that.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import machine
import numpy as np
from tables import table

TASKS, ITEMS = 57, 14_042
DATE = "2026-01-05T10-00-00.000001"
REPEATS = 3
_WORDS = "the of which country river is known as capital north largest city an old who wrote when was first".split()
_BEGIN, _END = "<!-- table: written by tests/benchmarks/import_speed.py -->", "<!-- end of table -->"
_DOC = Path(__file__).parents[2] / "docs" / "import.md"


def main() -> None:
    """Measure, and write the figures."""
    if "--table" not in sys.argv:
        rows = [_measured(*log) for log in _LOGS]
        machine.write("import", {"tasks": TASKS, "items": ITEMS, "repeats": REPEATS}, rows)
    content = json.loads((machine.FOLDER / f"import-{machine.device()}.json").read_text(encoding="utf-8"))
    lines = table(
        ("log", "its size", "seconds", "of a processor"),
        (
            (row["name"], f"{row['megabytes']:.0f} MB", f"{row['seconds']:.1f}", f"{row['processor_seconds']:.1f}")
            for row in content["rows"]
        ),
    )
    head, _, rest = _DOC.read_text(encoding="utf-8").partition(_BEGIN)
    _, _, tail = rest.partition(_END)
    _DOC.write_text(f"{head}{_BEGIN}\n\n" + "\n".join(lines) + f"\n\n{_END}{tail}", encoding="utf-8")


def _measured(name: str, kind: str, write: Callable[[Path], None]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        logs = Path(folder, "logs")
        logs.mkdir()
        write(logs)
        size = sum(path.stat().st_size for path in logs.rglob("*") if path.is_file())
        command = [sys.executable, "-m", "forgetbench", "import", kind, str(logs), "--name", "base"]
        seconds, processor = [], []
        for _ in range(REPEATS):
            began, used = time.perf_counter(), _processor_time()
            subprocess.run([*command, "--results", f"{folder}/results"], check=True, capture_output=True)
            seconds.append(time.perf_counter() - began)
            processor.append(_processor_time() - used)
    print(f"{name}: {size / 1e6:.0f} MB, {min(seconds):.2f} s, of a processor {min(processor):.2f} s", flush=True)
    row = {"name": name, "megabytes": size / 1e6, "seconds": min(seconds), "processor_seconds": min(processor)}
    return row | {"load": os.getloadavg()[0]}


def _processor_time() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


# --- the logs -----------------------------------------------------------------------------------


def _questions(length: int) -> Iterator[tuple[str, int, str, list[float], int]]:
    """Of every item its task, number, prompt of about `length` characters, likelihoods and right option."""
    rng = np.random.default_rng(0)
    for number in range(ITEMS):
        task = f"mmlu_subject_{number * TASKS // ITEMS:02d}"
        words = " ".join(rng.choice(_WORDS, size=max(length // 5, 8)))
        yield (
            task,
            number,
            f"Question {number}: {words}?\nAnswer:",
            [float(x) for x in -rng.exponential(4, 4)],
            number % 4,
        )


def _lm_eval(length: int) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        files: dict[str, list[str]] = {}
        for task, number, prompt, ratings, gold in _questions(length):
            pairs = [[str(rating), "False"] for rating in ratings]
            row = {
                "doc_id": number, "target": str(gold),
                "doc": {"question": prompt[-120:], "choices": ["one", "two", "three", "four"], "answer": gold},
                "arguments": {f"gen_args_{n}": {"arg_0": prompt, "arg_1": f" {x}"} for n, x in enumerate("ABCD")},
                "resps": [[pair] for pair in pairs], "filtered_resps": pairs, "filter": "none", "metrics": ["acc"],
                "doc_hash": _hash(f"doc{number}"), "prompt_hash": _hash(prompt), "target_hash": _hash(str(gold)),
                "acc": float(max(range(4), key=ratings.__getitem__) == gold),
            }  # fmt: skip
            files.setdefault(task, []).append(json.dumps(row))
        for task, lines in files.items():
            (folder / f"samples_{task}_{DATE}.jsonl").write_text("\n".join(lines) + "\n")
        results = {
            "results": {task: {"alias": task} for task in files}, "group_subtasks": {"mmlu": list(files)},
            "configs": {task: {"task": task, "output_type": "multiple_choice"} for task in files},
            "config": {"model": "hf", "model_args": "pretrained=example/base"}, "lm_eval_version": "0.4.13",
        }  # fmt: skip
        (folder / f"results_{DATE}.json").write_text(json.dumps(results))

    return write


def _lighteval(folder: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    tables: dict[str, list[dict[str, Any]]] = {}
    for task, number, prompt, ratings, gold in _questions(300):
        row = {
            "doc": {"query": prompt, "choices": [" A", " B", " C", " D"], "gold_index": gold, "id": str(number)},
            "metric": {"acc": int(max(range(4), key=ratings.__getitem__) == gold)},
            "model_response": {"logprobs": ratings, "text": []},
        }  # fmt: skip
        tables.setdefault(f"{task}|0", []).append(row)
    details, results = folder / "details" / "example" / "base" / DATE, folder / "results" / "example" / "base"
    for place in (details, results):
        place.mkdir(parents=True)
    for task, rows in tables.items():
        pq.write_table(pa.Table.from_pylist(rows), details / f"details_{task}_{DATE}.parquet")
    content = {"config_general": {"model_name": "example/base"}, "results": {task: {"acc": 0.0} for task in tables}}
    (results / f"results_{DATE}.json").write_text(json.dumps(content))


def _eee(folder: Path) -> None:
    lines, results = [], {}
    for task, number, prompt, ratings, gold in _questions(300):
        correct = max(range(4), key=ratings.__getitem__) == gold
        line = {
            "schema_version": "instance_level_eval_0.2.2", "evaluation_id": "e", "model_id": "example/base",
            "evaluation_name": task, "sample_id": str(number), "interaction_type": "single_turn",
            "input": {"raw": prompt, "reference": ["ABCD"[gold]], "choices": ["A", "B", "C", "D"]},
            "output": {"raw": ["A"]}, "answer_attribution": [],
            "evaluation": {"score": float(correct), "is_correct": correct},
        }  # fmt: skip
        lines.append(json.dumps(line))
        results[task] = {
            "evaluation_name": task, "source_data": {"dataset_name": "mmlu", "source_type": "other"},
            "metric_config": {"lower_is_better": False, "score_type": "binary"}, "score_details": {"score": 0.25},
        }  # fmt: skip
    record = {
        "schema_version": "0.2.2", "evaluation_id": "e", "retrieved_timestamp": "1767607200",
        "source_metadata": {
            "source_type": "evaluation_run", "source_organization_name": "example", "evaluator_relationship": "other"
        },
        "eval_library": {"name": "example", "version": "1"}, "model_info": {"name": "base", "id": "example/base"},
        "evaluation_results": list(results.values()),
    }  # fmt: skip
    (folder / "record.json").write_text(json.dumps(record))
    (folder / "record_samples.jsonl").write_text("\n".join(lines) + "\n")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


_LOGS = (
    ("lm-eval, no examples in the prompt", "lm-eval", _lm_eval(300)),
    ("lm-eval, five examples in the prompt", "lm-eval", _lm_eval(3000)),
    ("lighteval", "lighteval", _lighteval),
    ("Every Eval Ever", "eee", _eee),
)

if __name__ == "__main__":
    main()
