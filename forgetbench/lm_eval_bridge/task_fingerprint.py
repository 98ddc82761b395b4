"""The hash of a task: runs whose tasks differ in it must not be paired."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from forgetbench.fingerprint import digest, document_hash
from forgetbench.lm_eval_bridge.rows import rows
from forgetbench.lm_eval_bridge.task_code import code_fingerprint, functions_in

_ADDRESS = re.compile(r" at 0x[0-9a-f]+")
_PLACES = frozenset({"dataset_path", "dataset_name", "dataset_kwargs", "custom_dataset", "task", "task_alias", "tag"})
"""Where documents come from and what a task is called: the documents themselves count."""


def task_fingerprint(task: Any) -> str:
    """Hash of all that decides a task's scores, wherever it lies.

    That is the configuration as lm-eval resolved it, the code that it names and what that code imports, every document
    that is asked or may be shown as an example.
    """
    tasks = getattr(task, "tasks", None)
    definition = [_definition(one) for one in tasks] if tasks is not None else _definition(task)
    return digest([definition, [document_hash(document) for document in rows(task.eval_docs)]])


def _definition(task: Any) -> list[Any]:
    config = {name: value for name, value in vars(task.config).items() if name not in _PLACES and value is not None}
    metadata = config.get("metadata")
    if isinstance(metadata, Mapping):
        config["metadata"] = {key: value for key, value in metadata.items() if key != "config_source"}
    fewshot = config.pop("fewshot_config", None)
    if fewshot is not None:
        config["fewshot_config"] = vars(fewshot)
    examples = getattr(getattr(task, "sampler", None), "df", ())
    code = [
        code_fingerprint(function) for function in functions_in([config, getattr(task.config, "custom_dataset", None)])
    ]
    own_class = [] if type(task).__module__.startswith("lm_eval.api.") else [code_fingerprint(type(task))]
    return [_plain(config), code, own_class, [document_hash(document) for document in rows(examples)]]


def _plain(value: Any) -> Any:
    """A configuration as JSON can hold it, the same in every process."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    return getattr(value, "__qualname__", None) or _ADDRESS.sub("", repr(value))
