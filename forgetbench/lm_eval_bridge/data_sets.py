"""Data sets from the hub: which of them are on this machine, known before anything is loaded."""

from __future__ import annotations

import contextlib
import importlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from forgetbench.errors import SuiteError, listed
from forgetbench.lm_eval_bridge.local_data import is_local

HUB_TIMEOUT = 5.0
"""Seconds that the hub may take to answer at all."""
_MOST_LISTED = 30


@dataclass(frozen=True, slots=True)
class DataSet:
    """What a task's configuration names as its data."""

    path: str
    name: str | None = None
    kwargs: Mapping[str, Any] = field(default_factory=dict)

    def on_this_machine(self) -> bool:
        """Whether `datasets` can give it without the network: a local file, or what an earlier download left."""
        datasets = importlib.import_module("datasets")
        try:
            with offline():
                datasets.load_dataset_builder(self.path, self.name, **self.kwargs)
        except Exception:  # whatever a broken or missing cache raises, the data cannot be had from it
            return False
        return True


def data_set_of(config: Mapping[str, Any]) -> DataSet | None:
    """The data set of an lm-eval configuration; None where its own code or files of its own bring the data."""
    kwargs = {key: value for key, value in (config.get("dataset_kwargs") or {}).items() if key != "trust_remote_code"}
    brings_its_own = config.get("custom_dataset") or "class" in config or is_local(config)
    if brings_its_own or not config.get("dataset_path"):
        return None
    return DataSet(str(config["dataset_path"]), config.get("dataset_name"), kwargs)


@contextlib.contextmanager
def at_hand(data_sets: Iterable[DataSet]) -> Iterator[None]:
    """Load inside: without asking the network where everything is here, else with it.

    Raises SuiteError that names everything missing where the hub does not answer.
    """
    distinct = {(data_set.path, data_set.name, repr(data_set.kwargs)): data_set for data_set in data_sets}
    missing = [data_set for data_set in distinct.values() if not data_set.on_this_machine()]
    if missing and not hub_answers():
        raise SuiteError(_how_to_bring(missing))
    # The hub is asked for every data set's newest revision otherwise, cached or not.
    with offline() if not missing else contextlib.nullcontext():
        yield


@contextlib.contextmanager
def offline() -> Iterator[None]:
    """Inside, `datasets` and `huggingface_hub` take what is on this machine, and ask nobody."""
    places: list[Any] = [
        importlib.import_module("datasets.config"),
        importlib.import_module("huggingface_hub.constants"),
    ]
    before = [place.HF_HUB_OFFLINE for place in places]
    for place in places:
        place.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        for place, value in zip(places, before, strict=True):
            place.HF_HUB_OFFLINE = value


def hub_answers() -> bool:
    """Whether the Hugging Face hub answers within HUB_TIMEOUT, whatever it says."""
    hub = importlib.import_module("huggingface_hub")
    try:
        # Any answer will do, a refusal too. No retries: those of a download take minutes.
        hub.get_session().head(hub.constants.ENDPOINT, timeout=HUB_TIMEOUT)
    except Exception:  # no route, no name, a proxy's refusal, offline mode: each library has its own types
        return False
    return True


def _how_to_bring(missing: Iterable[DataSet]) -> str:
    n_parts = Counter(data_set.path for data_set in missing)
    names = [path if n == 1 else f"{path} ({n} parts)" for path, n in sorted(n_parts.items())]
    cache = importlib.import_module("datasets.config").HF_DATASETS_CACHE
    return (
        f"data sets that are not on this machine, while the hub does not answer ({len(names)}): "
        f"{listed(names, _MOST_LISTED)}. On a machine that reaches it, load the same tasks once (`forgetbench run "
        f"any --engine scripted --limit 1` with this --suite or --task), then copy its datasets cache to {cache}, "
        "or set HF_DATASETS_CACHE to the copy"
    )
