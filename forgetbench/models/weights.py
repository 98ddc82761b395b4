"""Which files hold a checkpoint's weights, and what their headers say of the tensors in them.

`weight_files` and `adapter_files` name exactly the files that transformers, vLLM and PEFT load, in their order of
precedence (transformers.modeling_utils._get_resolved_checkpoint_files; peft.utils.load_peft_weights): whatever is
hashed, asked consent for, counted and loaded goes by them. A file may be a link, as in the hub's cache; an index names
files of its own folder only.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from forgetbench.errors import CheckpointError, listed

_SAFE, _PICKLE = ".safetensors", ".bin"
_FULL = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json")
_ADAPTER = ("adapter_model.safetensors", "adapter_model.bin")
_LARGEST_HEADER = 100_000_000
"""Bytes; the format's own limit."""
_POINTER = b"version https://git-lfs"


def weight_files(folder: Path) -> list[Path]:
    """The files that a folder's full weights are loaded from, sorted; none where there are none.

    Raises CheckpointError for an index that names anything but weights inside the folder.
    """
    for name in _FULL:
        path = folder / name
        if path.is_symlink():
            check_content(path)
        if path.is_file():
            return _indexed(path) if name.endswith(".index.json") else [path]
    return []


def adapter_files(folder: Path) -> list[Path]:
    """The file that a folder's adapter is loaded from; none where there is none."""
    return next(([folder / name] for name in _ADAPTER if (folder / name).is_file()), [])


def pickles(files: Iterable[Path]) -> list[Path]:
    """Those of some weight files that can run code when they are loaded."""
    return [path for path in files if path.suffix != _SAFE]


def stray_files(folder: Path) -> list[Path]:
    """What an engine would load beside or in place of a folder's full weights, though it is none of them.

    vLLM loads every *.safetensors of a folder without an index (or every *.bin), and a publisher's
    consolidated*.safetensors before all others; transformers puts an adapter on top where it finds its configuration.
    """
    files = weight_files(folder)
    loaded = {path.name for path in files}
    suffixes = {_SAFE, *(path.suffix for path in files)}
    indices = {name for name in _FULL if name.endswith(".json")} if loaded & set(_FULL) else set()
    return sorted(
        path
        for path in folder.iterdir()
        if path.name not in loaded and (path.suffix in suffixes or path.name in {"adapter_config.json", *indices})
    )


def _indexed(index: Path) -> list[Path]:
    suffix = _PICKLE if index.name.startswith("pytorch") else _SAFE
    weight_map = read_json(index).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map or not all(isinstance(i, str) for i in weight_map.values()):
        raise CheckpointError(f"{index}: has no weight_map from tensors to files; save or download it again")
    names = sorted(set(weight_map.values()))
    for name in names:
        if Path(name).name != name or not name.endswith(suffix):
            raise CheckpointError(
                f"{index}: names {name!r}, which is no {suffix} file of this folder; put the shards beside the index "
                "and name them without a path"
            )
    if missing := [name for name in names if not (index.parent / name).is_file()]:
        raise CheckpointError(
            f"checkpoint {index.parent} lacks {len(missing)} of the {len(names)} shards that {index.name} names: "
            f"{listed(missing, 3)}; copy or download them too"
        )
    return [index.parent / name for name in names]


# --- headers ----------------------------------------------------------------------------------


def safetensors_header(path: Path) -> dict[str, Any]:
    """Names, types, shapes and offsets of the tensors in a safetensors file, without reading the tensors.

    Raises CheckpointError where it is no such file, or shorter than its header says.
    """
    check_content(path)
    try:
        with path.open("rb") as stream:
            size = int.from_bytes(stream.read(8), "little")
            header: dict[str, Any] = json.loads(stream.read(min(size, _LARGEST_HEADER)))
        header.pop("__metadata__", None)
        whole = 8 + size + max((int(entry["data_offsets"][1]) for entry in header.values()), default=0)
        if not all(_is_entry(entry) for entry in header.values()):
            raise ValueError("an entry of its header is none")
    except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise CheckpointError(f"{path}: not a safetensors file, or cut short ({error})") from error
    if (there := path.stat().st_size) < whole:
        raise CheckpointError(
            f"{path}: cut short, {there:,} bytes of the {whole:,} that its header announces; download or save it again"
        )
    return header


def _is_entry(entry: Mapping[str, Any]) -> bool:
    start, end = entry["data_offsets"]
    numbers = [*entry["shape"], start, end]
    if not isinstance(entry["dtype"], str) or not all(type(i) is int and 0 <= i < 2**63 for i in numbers):
        return False
    # A number of a tensor takes a bit at least: no shape stands for more than the file holds.
    return bool(start <= end and math.prod(entry["shape"]) <= 8 * (end - start))


def stored_tensors(files: Iterable[Path]) -> dict[str, Any]:
    """The safetensors headers of some weight files as one; pickles say nothing.

    Raises CheckpointError where two files hold a tensor of one name: which of them is loaded depends on the loader.
    """
    tensors: dict[str, Any] = {}
    for path in files:
        if path.suffix != _SAFE:
            continue
        header = safetensors_header(path)
        if twice := sorted(tensors.keys() & header.keys()):
            raise CheckpointError(
                f"{path}: holds {listed(twice, 2)}, which another shard of its index holds too; save the checkpoint "
                "again, or write its index anew"
            )
        tensors |= header
    return tensors


def tensor_slice(files: Iterable[Path], name: str) -> Any:
    """A tensor of some safetensors files, of which only what is indexed is read."""
    safetensors = importlib.import_module("safetensors")
    path = next(path for path in files if path.suffix == _SAFE and name in safetensors_header(path))
    return safetensors.safe_open(str(path), "pt").get_slice(name)


def check_content(path: Path) -> None:
    """CheckpointError for a file of which only what stands for it is there: a pointer of Git LFS, a link to nothing."""
    if path.is_symlink() and not path.exists():
        raise CheckpointError(f"{path}: a link to {path.readlink()}, which is not there; copy or download the file")
    with contextlib.suppress(OSError), path.open("rb") as stream:
        if stream.read(len(_POINTER)) == _POINTER:
            raise CheckpointError(
                f"{path}: only the pointer that Git LFS leaves in place of the file; run git lfs pull there"
            )


def quantisation(folder: Path) -> str | None:
    """The method a checkpoint's weights are quantised with, in vLLM's spelling ('awq', 'compressed-tensors'), or None.

    An engine packs such weights anew while it loads them, so they must not be swapped in place.
    """
    path = folder / "config.json"
    config = read_json(path) if path.is_file() else {}
    text = config.get("text_config") or {}
    declared = config.get("quantization_config") or config.get("compression_config") or text.get("quantization_config")
    if not declared:
        # What NVIDIA's ModelOpt writes beside a config.json that does not say so itself.
        return "modelopt" if (folder / "hf_quant_config.json").is_file() else None
    method = str(declared.get("quant_method") or "").lower().replace("compressed_tensors", "compressed-tensors")
    if method:
        return method
    if declared.get("load_in_4bit") or declared.get("load_in_8bit"):
        return "bitsandbytes"
    return "modelopt" if "quantization" in declared else "a method that config.json does not name"


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a checkpoint's folder. CheckpointError when it is none."""
    check_content(path)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{path}: cannot be read as JSON ({error})") from error
    if not isinstance(content, dict):
        raise CheckpointError(f"{path}: expected a JSON object")
    return content
