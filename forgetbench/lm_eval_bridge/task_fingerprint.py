"""The hash of a task: runs whose tasks differ in it must not be paired."""

from __future__ import annotations

import functools
import importlib
import re
from pathlib import Path
from typing import Any

from forgetbench.fingerprint import digest, document_hash, file_digest

_METRICS = "forgetbench.metrics"
_FUNCTION = re.compile(r"!function\s+(\w+)\.")
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def task_fingerprint(task: Any, yaml: Path | None) -> str:
    """Hash of a task's YAML and code (its configuration, where it has no YAML), its decoding and all its documents."""
    definition = _of_configuration(task) if yaml is None else _of_files(task, yaml)
    documents = [document_hash(document) for document in task.eval_docs]
    return digest([[*documents, *definition], task.config.num_fewshot, repr(task.config.generation_kwargs)])


def _of_files(task: Any, yaml: Path) -> list[str]:
    modules = sorted(set(_FUNCTION.findall(yaml.read_text(encoding="utf-8"))))
    code = [path for path in (yaml.with_name(f"{module}.py") for module in modules) if path.is_file()]
    digests = [file_digest(path) for path in (yaml, *code)]
    metadata = task.config.metadata or {}
    if metadata.get("corpus_metric") or any(_METRICS in path.read_text(encoding="utf-8") for path in code):
        digests.append(_metrics_fingerprint())
    return digests


def _of_configuration(task: Any) -> list[str]:
    # Neither where lm-eval is installed nor where its functions lie in memory is part of a task.
    lm_eval = str(Path(str(importlib.import_module("lm_eval").__file__)).parent)
    parts = [_ADDRESS.sub("", repr(sorted(task.dump_config().items()))).replace(lm_eval, "")]
    if getattr(task.config.process_results, "__module__", "").startswith("forgetbench."):
        parts.append(_metrics_fingerprint())
    return parts


@functools.cache
def _metrics_fingerprint() -> str:
    """Hash of the code by which embedded tasks score: another metric gives scores that must not be paired."""
    folder = Path(str(importlib.import_module(_METRICS).__file__)).parent
    return digest([file_digest(path) for path in sorted(folder.rglob("*.py"))])
