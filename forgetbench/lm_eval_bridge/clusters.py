"""What items share: the clusters that a task's metadata declares, as fields of its documents.

metadata:
  clusters: [cluster, relation]    # of one country, and of one relation: one or two fields, by default `cluster`
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from forgetbench.errors import SuiteError
from forgetbench.lm_eval_bridge.documents import item_name

DEFAULT = ("cluster",)
MOST = 2


def cluster_keys(metadata: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields that a task's metadata declares, or the default."""
    declared = metadata.get("clusters") or DEFAULT
    return (declared,) if isinstance(declared, str) else tuple(declared)


def clusters_mistake(declared: object) -> str | None:
    """What is wrong with `clusters` of a task's metadata; None when nothing is."""
    keys = [declared] if isinstance(declared, str) else declared
    if not isinstance(keys, list) or not keys or not all(isinstance(key, str) and key for key in keys):
        return "the name of a field of the documents, or a list of two, is expected"
    if len(keys) > MOST:
        return f"{len(keys)} cluster keys, and the statistics know {MOST} at most: {', '.join(keys)}"
    return f"'{keys[0]}' stands there twice" if len(set(keys)) < len(keys) else None


def clusters_of(document: Mapping[str, Any], keys: Sequence[str], item_id: str) -> tuple[str, str]:
    """The names of an item's clusters by the first and the second key.

    Without a first one the item is its own; '' for the second where there is none.
    """
    names = [_name(document, key) for key in keys]
    return names[0] or item_id, names[1] if len(names) > 1 else ""


def check_cluster_keys(
    name: str, where: str, metadata: Mapping[str, Any], documents: Iterable[tuple[int, Mapping[str, Any]]]
) -> None:
    """Raise SuiteError, one line, where a document has nothing in a field that the task declares in `clusters`."""
    for key in cluster_keys(metadata) if metadata.get("clusters") else ():
        for number, document in documents:
            if not _name(document, key):
                raise SuiteError(
                    f"task '{name}': {where}field 'metadata.clusters': item {item_name(document, number)} has no "
                    f"'{key}'; give every document that field, or declare another"
                )


def _name(document: Mapping[str, Any], key: str) -> str:
    value = document.get(key)
    return "" if value is None else str(value)
