"""How many tokens a model takes at once, as its configuration says."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from forgetbench.models.weights import read_json

_NAMES = (
    "max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "max_sequence_length", "max_seq_length",
    "seq_length", "model_max_length",
)  # fmt: skip
"""What configurations call it. Where several are given, the smallest holds (as in vLLM)."""


def window_of(folder: Path, *, trust_remote_code: bool = False) -> int | None:
    """Longest sequence in tokens that a folder's config.json declares.

    None where there is no bound (a recurrent model) or none is said. transformers' AutoConfig fills in what an
    architecture takes for granted; of one that it does not know, config.json is read as it stands.
    """
    declared = read_json(folder / "config.json")
    text = declared.get("text_config")
    for config in (_auto_config(folder, trust_remote_code), text if isinstance(text, dict) else {}, declared):
        numbers = [config.get(name) for name in _NAMES]
        if windows := [number for number in numbers if type(number) is int and number > 0]:
            return int(min(windows) * _stretch(config))
    return None


def _auto_config(folder: Path, trust_remote_code: bool) -> dict[str, Any]:
    transformers = importlib.import_module("transformers")
    try:
        config = transformers.AutoConfig.from_pretrained(str(folder), trust_remote_code=trust_remote_code)
        text = config.get_text_config(decoder=True)
    except Exception:  # an architecture can raise anything; the file is read instead
        return {}
    found = {name: getattr(text, name, None) for name in (*_NAMES, "rope_parameters", "rope_scaling")}
    return {"model_type": text.model_type, **found}


def _stretch(config: Mapping[str, Any]) -> float:
    """By how much rotary positions are scaled, where the declared window is the unscaled one.

    So it is under the types linear and dynamic alone; Gemma 3 declares the scaled one under these as well.
    """
    rope = config.get("rope_parameters") or config.get("rope_scaling")
    if not isinstance(rope, dict) or "gemma3" in str(config.get("model_type")):
        return 1.0
    kinds = [part for part in rope.values() if isinstance(part, dict)] or [rope]
    factors = [kind.get("factor") for kind in kinds if kind.get("rope_type", kind.get("type")) in ("linear", "dynamic")]
    return max((float(factor) for factor in factors if isinstance(factor, int | float)), default=1.0)
