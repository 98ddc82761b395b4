"""Which files of a folder belong together: an evaluation's results, and the samples of each of its tasks.

How lm-eval names them has changed (`lm_eval/__main__.py` of 0.4.0 and 0.4.2, `loggers/evaluation_tracker.py` since
0.4.3):

    results.json                    <model arguments>_<task>.jsonl         up to 0.4.2
    results_<date>.json             samples_<task>_<date>.jsonl            since
    <any name>_<date>.json          samples_<task>_<date>.jsonl            with --output_path NAME.json
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from forgetbench.errors import InputError
from forgetbench.interop.importers.files import files_in
from forgetbench.interop.importers.lm_eval.results import Results, load_results

_DATE = re.compile(r"_(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d(?:\.\d+)?)\.jsonl?$")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One call of lm-eval: what it says, and where its samples may lie."""

    results: Results
    path: Path
    date: str
    """As in the names of its files; '' up to 0.4.2."""
    beside: tuple[Path, ...]
    """The JSON Lines files of its folder."""

    def samples(self, task: str) -> Path | None:
        """The samples file of a task; None where none was written."""
        if self.date:
            wanted = f"samples_{task}_{self.date}.jsonl"
            return next((path for path in self.beside if path.name == wanted), None)
        fitting = [path for path in self.beside if path.name.endswith(f"_{task}.jsonl")]
        # A task's name may be the end of another's; the rest is the model's arguments, which all files share.
        return min(fitting, key=lambda path: len(path.name), default=None)


def find_evaluations(path: Path) -> list[Evaluation]:
    """The evaluations of a results file or a folder, the oldest first. Raises InputError where there is none."""
    if path.is_dir():
        files = [file for file in files_in(path, "*.json") if _may_be_results(file)]
        if not files:
            raise InputError(f"{path}: no results*.json in it; give lm-eval's --output_path, or a results file")
    elif path.suffix == ".jsonl":
        raise InputError(f"{path}: holds samples alone; give the results file beside it, or their folder")
    else:
        files = [path]
    found = []
    for file in files:
        beside = tuple(sorted(file.parent.glob("*.jsonl")))
        date = match.group(1) if (match := _DATE.search(file.name)) else ""
        found += [Evaluation(results, file, date, beside) for results in load_results(file)]
    return sorted(found, key=lambda one: (one.date, one.results.date or 0.0, str(one.path)))


def _may_be_results(path: Path) -> bool:
    return path.name.startswith("results") or _DATE.search(path.name) is not None
