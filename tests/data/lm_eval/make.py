"""Make the logs beside this file anew: lm-eval itself evaluates two random models on the tasks under tasks/.

    python tests/data/lm_eval/make.py

Two models, so that two imports can be compared. What depends on the machine (times, paths, its description) is taken
out of the results, and the folders get the names that lm-eval would give them by the models' names.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
TASKS = ("geography", "sums", "sampled", "texts")
DATES = {"base": "2026-01-05T10-00-00.000001", "tuned": "2026-01-06T11-30-00.000002"}
_OF_THE_MACHINE = ("pretty_env_info", "start_time", "end_time", "total_evaluation_time_seconds", "git_hash")


def main() -> None:
    """Evaluate both models and keep their logs."""
    os.environ |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    sys.path.insert(0, str(HERE.parent.parent.parent))
    from tests.tiny_models import make_tiny_model

    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        os.environ["HF_HOME"] = str(work / "cache")
        for seed, (name, date) in enumerate(DATES.items()):
            model = make_tiny_model(work / name, seed)
            logs = _evaluate(model, _tasks(work / "tasks"), work / "logs" / name)
            _keep(logs, HERE / f"example__{name}", date, {str(model): f"example/{name}", str(work): "place"})


def _tasks(folder: Path) -> Path:
    """The tasks with the place of their data filled in."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(HERE / "tasks", folder)
    for path in folder.glob("*.yaml"):
        path.write_text(path.read_text().replace("DATA/", f"{HERE / 'tasks'}/"))
    return folder


def _evaluate(model: Path, tasks: Path, out: Path) -> Path:
    from lm_eval.__main__ import cli_evaluate

    arguments = [
        "run", "--model", "hf", "--model_args", f"pretrained={model},dtype=float32", "--device", "cpu",
        "--tasks", ",".join(TASKS), "--include_path", str(tasks), "--batch_size", "4", "--log_samples",
        "--output_path", str(out),
    ]  # fmt: skip
    sys.argv = ["lm_eval", *arguments]
    cli_evaluate()
    (logs,) = out.iterdir()
    return logs


def _keep(logs: Path, folder: Path, date: str, names: dict[str, str]) -> None:
    """Copy the logs, the same whenever and wherever they were made."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for path in logs.iterdir():
        text = path.read_text(encoding="utf-8")
        for place, name in names.items():
            text = text.replace(place.replace("/", "__") if "/" not in place else place, name)
        if path.suffix == ".json":
            text = json.dumps(_without_machine(json.loads(text)), indent=1, ensure_ascii=False) + "\n"
        kept = re.sub(r"\d{4}-\d\d-\d\dT[\d.-]+(?=\.jsonl?$)", date, path.name)
        (folder / kept).write_text(text.replace(str(HERE), "place/logs"), encoding="utf-8")


def _without_machine(results: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in results.items() if key not in _OF_THE_MACHINE}
    return kept | {"date": 1767607200.0, "model_name_sanitized": kept["model_name"].replace("/", "__")}


if __name__ == "__main__":
    main()
