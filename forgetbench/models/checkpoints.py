"""From what the user wrote, `[NAME=]WHERE[@REVISION]`, to a `Checkpoint` an engine can load.

WHERE is a local folder (full weights or a PEFT adapter) or a hub id. Everything that would fail
later, or would need a pickle or remote code, is refused here, before any model is loaded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forgetbench.errors import CheckpointError
from forgetbench.fingerprint import checkpoint_fingerprint, digest, file_digest, weight_files
from forgetbench.records import Checkpoint

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[\w.-]+)?")
_PICKLES = (".bin", ".pt", ".pth", ".ckpt")


@dataclass(frozen=True, slots=True)
class Consent:
    """What the user allows a checkpoint; nothing by default."""

    pickle: bool = False
    """Weights in pickles, which can run code when they are loaded."""
    remote_code: bool = False
    """Code of the checkpoint's own, run on this machine."""


def split_argument(text: str) -> tuple[str | None, str, str | None]:
    """`[NAME=]WHERE[@REVISION]` -> (name, where, revision). The '=' of a path is left alone."""
    name, sep, where = text.partition("=")
    if not sep or "/" in name:
        name, sep, where = "", "", text
    revision = None
    if "@" in where and not Path(where).exists():
        where, _, revision = where.rpartition("@")
    if not where or (sep and not name):
        raise CheckpointError(f"checkpoint '{text}': expected [NAME=]WHERE with a folder or a hub id")
    return name or None, where, revision


def resolve(
    text: str,
    *,
    base: Checkpoint | None = None,
    consent: Consent = Consent(),
    hash_file: Callable[[Path], str] = file_digest,
) -> Checkpoint:
    """Find and check a checkpoint with weights. `base` is what an adapter must sit on, where it is known.

    `hash_file` may keep what it computed. Raises CheckpointError, one line naming the folder and the hint.
    """
    name, where, revision = split_argument(text)
    folder = _find(where, revision)
    name = name or default_name(folder, where)
    if (folder / "adapter_config.json").is_file():
        return _adapter(name, where, folder, base, consent, hash_file)
    _check_weights(folder, consent)
    return Checkpoint(
        name=name,
        where=shown_place(where) if revision is None else f"{where}@{revision}",
        fingerprint=checkpoint_fingerprint(folder, hash_file),
        path=folder,
        step=_trained_steps(folder),
    )


def shown_place(where: str) -> str:
    """What results say of a place: a path in the home folder without the user's name in it."""
    home = str(Path.home())
    return f"~{where.removeprefix(home)}" if where.startswith(f"{home}/") else where


def default_name(folder: Path, where: str) -> str:
    return folder.resolve().name if Path(where).is_dir() else where.rpartition("/")[2]


def _find(where: str, revision: str | None) -> Path:
    local = Path(where).expanduser()
    if local.is_dir():
        return local
    if local.suffix == ".gguf" and local.is_file():
        raise _gguf_error(local)
    if local.exists():
        raise CheckpointError(f"checkpoint {where} is a file; give the folder that holds config.json and the weights")
    if where.startswith((".", "/", "~")) or not _HUB_ID.fullmatch(where):
        raise CheckpointError(f"no such checkpoint: {where} is not a folder; check the path")
    return _download(where, revision)


def _download(hub_id: str, revision: str | None) -> Path:
    from huggingface_hub import snapshot_download

    kinds = ["*.json", "*.safetensors", "*.jinja", "tokenizer*", "*.model", "*.txt"]
    try:
        return Path(snapshot_download(hub_id, revision=revision, allow_patterns=kinds))
    except Exception as error:  # the hub client raises many types; each means "not to be had"
        at = f"@{revision}" if revision else ""
        raise CheckpointError(
            f"no such checkpoint: {hub_id}{at} is neither a local folder nor a model that the hub or its local "
            f"cache gives ({type(error).__name__}); check the name, or download it first and give the folder"
        ) from error


def _gguf_error(file: Path) -> CheckpointError:
    # vLLM moved its GGUF loader to a plugin, which wants a file where engines here give a folder; transformers
    # wants the file's name.
    return CheckpointError(
        f"checkpoint {file} is a GGUF file, which no engine here loads; give the safetensors it was made from, or "
        f"convert it with transformers 5: AutoModelForCausalLM.from_pretrained('{file.parent}', "
        f"gguf_file='{file.name}', quantization_config=GgufConfig(dequantize=True)).save_pretrained(FOLDER), and "
        "put the original's tokenizer files beside it"
    )


def _check_weights(folder: Path, consent: Consent) -> None:
    weights = weight_files(folder)
    if weights and all(path.suffix == ".gguf" for path in weights):
        raise _gguf_error(weights[0])
    if not (folder / "config.json").is_file():
        steps = sorted(path.name for path in folder.glob("checkpoint-*") if (path / "config.json").is_file())
        hint = f"it holds {', '.join(steps[:4])}: give one of those" if steps else "is it a model folder?"
        raise CheckpointError(f"checkpoint {folder} has no config.json; {hint}")
    config = read_json(folder / "config.json")
    if "auto_map" in config and not consent.remote_code and not _known_architecture(config):
        raise CheckpointError(
            f"checkpoint {folder} needs code of its own (config.json: auto_map), which would run on this machine; "
            "pass --trust-remote-code if you trust it"
        )
    if not weights:
        raise CheckpointError(f"checkpoint {folder} holds no weights (no .safetensors file)")
    if all(path.suffix in _PICKLES for path in weights) and not consent.pickle:
        raise CheckpointError(
            f"checkpoint {folder} holds its weights as pickles only ({weights[0].name}), which can run code when "
            "loaded; convert them to safetensors, or pass --allow-pickle if you trust them"
        )


def _known_architecture(config: dict[str, Any]) -> bool:
    from transformers import CONFIG_MAPPING

    return config.get("model_type") in CONFIG_MAPPING


def _adapter(
    name: str, where: str, folder: Path, base: Checkpoint | None, consent: Consent, hash_file: Callable[[Path], str]
) -> Checkpoint:
    _check_adapter_weights(folder, consent)
    declared = str(read_json(folder / "adapter_config.json").get("base_model_name_or_path") or "")
    under = _adapter_base(folder, declared, base, consent, hash_file)
    if under.path is None:
        raise CheckpointError(f"adapter {folder}: its base {under.where} has no folder")
    _check_adapter_shape(folder, under.path)
    return Checkpoint(
        name=name,
        where=shown_place(where),
        fingerprint=digest([under.fingerprint, checkpoint_fingerprint(folder, hash_file)]),
        path=folder,
        adapter_base=under.path,
        step=_trained_steps(folder),
    )


def _check_adapter_weights(folder: Path, consent: Consent) -> None:
    weights = weight_files(folder)
    if not weights:
        raise CheckpointError(f"adapter {folder} holds no weights (adapter_model.safetensors is missing)")
    if all(path.suffix in _PICKLES for path in weights) and not consent.pickle:
        raise CheckpointError(
            f"adapter {folder} holds its weights as a pickle only ({weights[0].name}); convert it to safetensors, "
            "or pass --allow-pickle if you trust it"
        )


def _adapter_base(
    folder: Path, declared: str, base: Checkpoint | None, consent: Consent, hash_file: Callable[[Path], str]
) -> Checkpoint:
    """The checkpoint an adapter sits on: the declared one, which must be `base` where that is given."""
    if base is not None and declared.rstrip("/").rpartition("/")[2] == base.where.rstrip("/").rpartition("/")[2]:
        return base
    local = [path for path in (Path(declared), folder / declared) if declared and path.is_dir()]
    if not local and base is None and declared:
        return resolve(declared, consent=consent, hash_file=hash_file)
    under = resolve(str(local[0]), consent=consent, hash_file=hash_file) if local else None
    if under is not None and (base is None or under.fingerprint == base.fingerprint):
        return under
    raise CheckpointError(
        f"adapter {folder} was trained on '{declared or 'no declared model'}', not on the base "
        f"{base.where if base else ''}; evaluate it against its own base, or correct base_model_name_or_path "
        "in its adapter_config.json"
    )


def _check_adapter_shape(folder: Path, base: Path) -> None:
    hidden = read_json(base / "config.json").get("hidden_size")
    for path in folder.glob("*.safetensors"):
        for key, entry in safetensors_header(path).items():
            if "q_proj.lora_A" in key and hidden and entry["shape"][-1] != hidden:
                raise CheckpointError(
                    f"adapter {folder} is for a model of hidden size {entry['shape'][-1]}, its base {base} has "
                    f"{hidden}: it was trained on another model"
                )


def safetensors_header(path: Path) -> dict[str, Any]:
    """Names, types, shapes and offsets of the tensors in a safetensors file, without reading the tensors.

    Raises CheckpointError where it is no such file, or shorter than its header says.
    """
    try:
        with path.open("rb") as stream:
            size = int.from_bytes(stream.read(8), "little")
            header: dict[str, Any] = json.loads(stream.read(min(size, 100_000_000)))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path}: not a safetensors file, or cut short ({error})") from error
    header.pop("__metadata__", None)
    whole = 8 + size + max((entry["data_offsets"][1] for entry in header.values()), default=0)
    if (there := path.stat().st_size) < whole:
        raise CheckpointError(
            f"{path}: cut short, {there:,} bytes of the {whole:,} that its header announces; download or save it again"
        )
    return header


def stored_tensors(folder: Path) -> dict[str, Any]:
    """The safetensors headers of a checkpoint as one; empty where its weights are pickles."""
    files = [path for path in weight_files(folder) if path.suffix == ".safetensors"]
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        # Some folders hold the same weights a second time in the publisher's own format.
        named = set(read_json(index).get("weight_map", {}).values())
        files = [path for path in files if path.name in named]
    elif (folder / "model.safetensors").is_file():
        files = [folder / "model.safetensors"]
    return {name: entry for path in files for name, entry in safetensors_header(path).items()}


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
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path}: cannot be read as JSON ({error})") from error
    if not isinstance(content, dict):
        raise CheckpointError(f"{path}: expected a JSON object")
    return content


def _trained_steps(folder: Path) -> int | None:
    path = folder / "trainer_state.json"
    if not path.is_file():
        return None
    step = read_json(path).get("global_step")
    return step if isinstance(step, int) else None
