"""From what the user wrote, `[NAME=]WHERE[@REVISION]`, to a `Checkpoint` an engine can load.

WHERE is a local folder (full weights or a PEFT adapter) or a hub id. Everything that would fail
later, or would need a pickle or remote code, is refused here, before any model is loaded.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forgetbench.errors import CheckpointError, first_line
from forgetbench.fingerprint import checkpoint_fingerprint, digest, file_digest
from forgetbench.models.adapters import adapter_config, check_adapter, undeclared_base
from forgetbench.models.against_base import against_base
from forgetbench.models.arrival import check_arrival
from forgetbench.models.blank import blank_finding
from forgetbench.models.checks import Finding
from forgetbench.models.leftovers import what_else
from forgetbench.models.weights import adapter_files, pickles, read_json, weight_files
from forgetbench.records import Checkpoint

_OFFLINE = "in the hub's local cache, and the hub cannot be reached"
_REFUSED = {
    "LocalEntryNotFoundError": _OFFLINE,
    "OfflineModeIsEnabled": _OFFLINE,
    "RepositoryNotFoundError": "a model of the hub, unless it is a private one and you are not logged in",
    "GatedRepoError": "a model that the hub gives you: it is gated, accept its terms there and log in",
    "RevisionNotFoundError": "a model of the hub that has this revision",
}
"""What the hub's client says by the type of its error, and nothing of it to a reader."""
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[\w.-]+)?")


@dataclass(frozen=True, slots=True)
class Consent:
    """What the user allows a checkpoint; nothing by default."""

    pickle: bool = False
    """Weights in pickles, which can run code when they are loaded."""
    remote_code: bool = False
    """Code of the checkpoint's own, run on this machine."""


def split_argument(text: str) -> tuple[str | None, str, str | None]:
    """`[NAME=]WHERE[@REVISION]` -> (name, where, revision). What exists under the whole text is meant as it stands, and
    the '=' of a path is left alone."""
    name, sep, where = text.partition("=")
    if not sep or "/" in name or Path(text).expanduser().exists():
        name, sep, where = "", "", text
    revision = None
    if "@" in where and not Path(where).expanduser().exists():
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
    place = shown_place(where) if revision is None else f"{where}@{revision}"
    if is_adapter(folder):
        return _adapter(name, place, folder, base, consent, hash_file)
    _check_weights(folder, consent)
    check_arrival(folder)
    if base is not None and base.weights is not None:
        against_base(folder, base.weights)
    return Checkpoint(
        name=name,
        where=place,
        fingerprint=checkpoint_fingerprint(folder, weight_files(folder), hash_file),
        path=folder,
        step=_trained_steps(folder),
    )


def is_adapter(folder: Path) -> bool:
    """Whether a folder is an adapter's: full weights beside a left-over adapter_config.json are full weights.

    Raises CheckpointError where it holds the weights of both.
    """
    if not (folder / "adapter_config.json").is_file():
        return False
    if (folder / "config.json").is_file() and (full := weight_files(folder)):
        if adapter := adapter_files(folder):
            raise CheckpointError(
                f"checkpoint {folder} holds full weights ({full[0].name}) and an adapter ({adapter[0].name}), and "
                "engines do not agree on what that is; move one of them out, with the adapter its adapter_config.json"
            )
        return False
    return True


def weight_findings(checkpoint: Checkpoint, base: Path | None = None) -> list[Finding]:
    """What is known of a resolved checkpoint's tensors before they are loaded; `base` is the folder of its base."""
    folder = checkpoint.weights
    if folder is None:
        return []
    findings = [check_arrival(folder)]
    if checkpoint.adapter_base is not None and checkpoint.path is not None:
        findings.append(check_adapter(checkpoint.path, folder))
        if undeclared := undeclared_base(checkpoint.path):
            findings.append(undeclared)
    elif base is not None and base != folder and (differs := against_base(folder, base)):
        findings.append(differs)
    if blank := blank_finding(folder, base):
        findings.append(blank)
    if (folder / "adapter_config.json").is_file():
        text = "its adapter_config.json is left over from another stage: the full weights are evaluated"
        findings.append(Finding("left over", False, text))
    return findings


def shown_place(where: str) -> str:
    """What results say of a place: a path in the home folder without the user's name in it."""
    home = str(Path.home())
    return f"~{where.removeprefix(home)}" if where.startswith(f"{home}/") else where


def default_name(folder: Path, where: str) -> str:
    return folder.resolve().name if Path(where).is_dir() else where.rpartition("/")[2]


def _find(where: str, revision: str | None) -> Path:
    local = Path(where).expanduser()
    if local.is_dir():
        if revision is not None:
            raise CheckpointError(f"checkpoint {where} is a folder, which has no revision; leave out '@{revision}'")
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
        why = _REFUSED.get(type(error).__name__, f"a model that the hub gives ({first_line(error)})")
        raise CheckpointError(
            f"no such checkpoint: {hub_id}{at} is neither a local folder nor {why}; check the name, or download it "
            "first and give the folder"
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
    if not weights and (gguf := sorted(folder.glob("*.gguf"))):
        raise _gguf_error(gguf[0])
    if not (folder / "config.json").is_file():
        hint = "put the base's there" if weights else what_else(folder)
        raise CheckpointError(f"checkpoint {folder} has no config.json; {hint}")
    config = read_json(folder / "config.json")
    if "auto_map" in config and not consent.remote_code and not _known_architecture(config):
        raise CheckpointError(
            f"checkpoint {folder} needs code of its own (config.json: auto_map), which would run on this machine; "
            "pass --trust-remote-code if you trust it"
        )
    if not weights:
        raise CheckpointError(f"checkpoint {folder} holds no weights that an engine loads; {what_else(folder)}")
    if "transformers_weights" in config:
        raise CheckpointError(
            f"checkpoint {folder}: its config.json names other weights (transformers_weights), which only transformers "
            "reads; take that line out and give the file the name model.safetensors"
        )
    _check_consent("checkpoint", folder, weights, consent)


def _check_consent(what: str, folder: Path, weights: list[Path], consent: Consent) -> None:
    if (unsafe := pickles(weights)) and not consent.pickle:
        raise CheckpointError(
            f"{what} {folder} holds its weights as pickles only ({unsafe[0].name}), which can run code when "
            "loaded; convert them to safetensors, or pass --allow-pickle if you trust them"
        )


def _known_architecture(config: dict[str, Any]) -> bool:
    from transformers import CONFIG_MAPPING

    return config.get("model_type") in CONFIG_MAPPING


def _adapter(
    name: str, place: str, folder: Path, base: Checkpoint | None, consent: Consent, hash_file: Callable[[Path], str]
) -> Checkpoint:
    weights = adapter_files(folder)
    if not weights:
        hint = what_else(folder)
        raise CheckpointError(f"adapter {folder} holds no weights (adapter_model.safetensors is missing); {hint}")
    _check_consent("adapter", folder, weights, consent)
    declared = str(adapter_config(folder).get("base_model_name_or_path") or "")
    under = _adapter_base(folder, declared, base, consent, hash_file)
    if under.path is None:
        raise CheckpointError(f"adapter {folder}: its base {under.where} has no folder")
    check_adapter(folder, under.path)
    return Checkpoint(
        name=name,
        where=place,
        fingerprint=digest([under.fingerprint, checkpoint_fingerprint(folder, weights, hash_file)]),
        path=folder,
        adapter_base=under.path,
        step=_trained_steps(folder),
    )


def _adapter_base(
    folder: Path, declared: str, base: Checkpoint | None, consent: Consent, hash_file: Callable[[Path], str]
) -> Checkpoint:
    """The checkpoint an adapter sits on: the declared one, which must be `base` where that is given.

    A declared folder that is there is what it is, whatever it is called; one that is not goes by its name. Where none
    is declared, as of a model that was built in memory, the given one is meant: `check_adapter` holds it against that.
    """
    local = [path for path in (Path(declared), folder / declared) if declared and path.is_dir()]
    if base is not None and not local and (not declared or _last(declared) == _last(base.where)):
        return base
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


def _last(place: str) -> str:
    """The name at the end of a place, without its revision: an adapter declares its base without one."""
    return place.rstrip("/").rpartition("/")[2].partition("@")[0]


def _trained_steps(folder: Path) -> int | None:
    path = folder / "trainer_state.json"
    if not path.is_file():
        return None
    step = read_json(path).get("global_step")
    return step if isinstance(step, int) else None
