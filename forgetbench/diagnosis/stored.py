"""diagnosis.json, beside the comparison that it is about."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from forgetbench.diagnosis.findings import Diagnosis
from forgetbench.records import Comparison
from forgetbench.storage.files import write_atomic
from forgetbench.storage.folder import ResultsFolder
from forgetbench.storage.json_files import load_json, to_json

_NAME: Final = "diagnosis.json"


def save_diagnosis(folder: Path, diagnosis: Diagnosis) -> None:
    """Write it into the comparison's folder."""
    write_atomic(folder / _NAME, to_json(diagnosis))


def load_diagnosis(results: ResultsFolder, comparison: Comparison) -> Diagnosis | None:
    """That of a comparison in its results folder; None where it was not asked for. InputError when it is damaged."""
    name = comparison.comparison_id
    # An id is a name of a folder, never a path out of it.
    path = results.comparison(name) / _NAME
    if name in ("", ".", "..") or "/" in name or "\\" in name or not path.is_file():
        return None
    found = load_json(Diagnosis, path, _without_nulls)
    return found if found.comparison_id == name else None


def _without_nulls(content: dict[str, Any]) -> dict[str, Any]:
    """Numbers that there are not are left out: NaN, which JSON has not, is what they are by default."""

    def clean(value: Any) -> Any:
        if isinstance(value, list):
            return [clean(each) for each in value]
        if isinstance(value, dict):
            nothing = (
                "low",
                "high",
                "norm",
                "change",
                "raw",
                "control",
                "corrected",
                "erased",
                "erased_low",
                "erased_high",
                "base",
                "kept",
            )
            return {key: clean(each) for key, each in value.items() if each is not None or key not in nothing}
        return value

    shaped: dict[str, Any] = clean(content)
    return shaped
