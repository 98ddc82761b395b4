"""Which files belong together: an evaluation's results, and the details of each of its tasks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forgetbench.errors import InputError
from forgetbench.interop.importers.files import files_in
from forgetbench.interop.importers.values import mapping
from forgetbench.storage.json_files import parse_json

_MOST_BYTES = 256 << 20
_DATE = re.compile(r"_(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d(?:\.\d+)?)\.(?:json|parquet)$")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One results file, and the details that were saved with it."""

    path: Path
    date: str
    content: Mapping[str, Any]
    details: Mapping[str, Path]

    @property
    def general(self) -> Mapping[str, Any]:
        return mapping(self.content.get("config_general"))

    @property
    def model(self) -> str:
        model = self.general.get("model_name") or mapping(self.general.get("model_config")).get("model_name")
        return str(model or "unnamed")

    @property
    def tasks(self) -> list[str]:
        """What was asked, without means of several."""
        return [name for name in mapping(self.content.get("results")) if name != "all" and ":_average" not in name]

    def config(self, task: str) -> Mapping[str, Any]:
        configs = mapping(self.content.get("config_tasks"))
        return mapping(configs.get(task) or configs.get(task.rpartition("|")[0]))


def find_evaluations(path: Path) -> list[Evaluation]:
    root = path if path.is_dir() else next((up for up in path.parents if (up / "details").is_dir()), path.parent)
    files = [path] if path.is_file() else list(files_in(path, "results_*.json"))
    if not files:
        raise InputError(f"{path}: no results_*.json in it; give lighteval's --output-dir, or a results file")
    details: dict[str, dict[str, Path]] = {}
    for file in files_in(root, "details_*.parquet"):
        if match := _DATE.search(file.name):
            details.setdefault(match.group(1), {})[file.name[: match.start()].removeprefix("details_")] = file
    found = []
    for file in files:
        content = parse_json(file, _MOST_BYTES)
        if not isinstance(content, dict) or not isinstance(content.get("results"), dict):
            raise InputError(f"{file}: not lighteval's results: a JSON object with 'results' is expected")
        date = match.group(1) if (match := _DATE.search(file.name)) else ""
        found.append(Evaluation(file, date, content, details.get(date, {})))
    return sorted(found, key=lambda one: (one.date, str(one.path)))


def repeated(evaluations: Iterable[Evaluation]) -> list[str]:
    names = [name for one in evaluations for name in one.tasks]
    return sorted({name for name in names if names.count(name) > 1})
