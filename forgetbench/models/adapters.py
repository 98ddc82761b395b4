"""Does an adapter change its base: do its tensors hit the modules that they were trained for, in their sizes?

PEFT and vLLM leave out a tensor whose name matches no module, without an error: the base then answers in the adapter's
name. The names are PEFT's, `base_model.model.<module>.lora_A.weight`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forgetbench.errors import CheckpointError, listed
from forgetbench.models.arrival import HEADS, WRAPPERS, strip_snippet, without
from forgetbench.models.checks import Finding
from forgetbench.models.network import Shape, network_of
from forgetbench.models.tensors import stored
from forgetbench.models.weights import adapter_files, pickles, read_json, safetensors_header

PREFIX = "base_model.model."
_PART = re.compile(r"(.+)\.(lora_[AB]\.weight|lora_embedding_[AB])")
_SHAPELESS = re.compile(r"(.+)\.(lora_magnitude_vector(\.weight)?|lora_B\.bias)")
_LAYER = re.compile(r"(?:^|\.)(?:layers|h|blocks|block)\.(\d+)\.")
_KINDS: Mapping[str, tuple[type, ...]] = {
    "peft_type": (str,), "base_model_name_or_path": (str,), "r": (int,), "lora_alpha": (int, float),
    "target_modules": (str, list), "exclude_modules": (str, list), "modules_to_save": (list,), "bias": (str,),
    "rank_pattern": (dict,), "alpha_pattern": (dict,), "layers_to_transform": (int, list), "layer_replication": (list,),
}  # fmt: skip
"""What PEFT takes in adapter_config.json, of the fields that are read here."""
_EMBEDDINGS = ("embed_tokens.weight", "lm_head.weight", "wte.weight", "embed_in.weight", "embed_out.weight")


@dataclass(frozen=True, slots=True)
class Adapter:
    """A LoRA adapter as its folder describes it."""

    folder: Path
    config: Mapping[str, Any]
    modules: Mapping[str, Mapping[str, Shape]]
    """Of each adapted module, by its path in the base, the shapes of its A and B ('A', 'B')."""
    whole: Mapping[str, Shape]
    """What it stores whole in place of the base's: embeddings, output layer, modules_to_save, biases."""
    keys: tuple[str, ...]
    """All of its tensors' names as they are stored."""
    magnitudes: tuple[str, ...]
    """Those of DoRA's magnitudes."""
    strange: tuple[str, ...]
    """Those that are nothing of PEFT's."""

    def rank(self, module: str) -> int:
        """The rank that its configuration gives a module."""
        for pattern, rank in (self.config.get("rank_pattern") or {}).items():
            if _matches(pattern, module):
                return int(rank)
        return int(self.config.get("r") or 8)

    @property
    def resized(self) -> int | None:
        """Rows of an embedding or output layer that it stores whole; None where it stores none."""
        rows = [shape[0] for name, shape in self.whole.items() if name.endswith(_EMBEDDINGS) and len(shape) == 2]
        return max(rows, default=None)


def read_adapter(folder: Path) -> Adapter | None:
    """The adapter in a folder; None where it is no LoRA or its tensors cannot be seen without running a pickle."""
    config = adapter_config(folder)
    files = adapter_files(folder)
    if str(config.get("peft_type") or "LORA").upper() != "LORA" or not files or pickles(files):
        return None
    modules: dict[str, dict[str, Shape]] = {}
    whole: dict[str, Shape] = {}
    strange = []
    header = safetensors_header(files[0])
    for key, entry in header.items():
        name, shape = key.removeprefix(PREFIX), tuple(entry["shape"])
        if match := _PART.fullmatch(name):
            modules.setdefault(match[1], {})["A" if "_A" in match[2] else "B"] = shape
        elif "lora_" not in name:
            whole[re.sub(r"\.(base_layer|modules_to_save|original_module)\.", ".", name)] = shape
        elif not _SHAPELESS.fullmatch(name):
            strange.append(key)
    magnitudes = tuple(key for key in header if "lora_magnitude_vector" in key)
    return Adapter(folder, config, modules, whole, tuple(header), magnitudes, tuple(strange))


def adapter_config(folder: Path) -> dict[str, Any]:
    """An adapter's settings. Raises CheckpointError for a field that is none of what PEFT takes."""
    path = folder / "adapter_config.json"
    config = read_json(path)
    for name, kinds in _KINDS.items():
        value = config.get(name)
        if value is not None and (not isinstance(value, kinds) or isinstance(value, bool)):
            raise _field_error(path, name, f"{_spelled(kinds)} is expected, not {str(value)[:40]!r}")
    if config.get("r") is not None and config["r"] < 1:
        raise _field_error(path, "r", f"a rank from 1 is expected, not {config['r']}")
    if "lora_alpha" in config and not config["lora_alpha"]:
        # The product of its matrices is taken times lora_alpha.
        raise _field_error(path, "lora_alpha", f"{config['lora_alpha']} would leave the adapter without effect")
    for name in ("target_modules", "exclude_modules"):
        try:
            re.compile(config[name] if isinstance(config.get(name), str) else "")
        except re.error as error:
            raise _field_error(path, name, f"no regular expression ({error})") from error
    return config


def _field_error(path: Path, name: str, why: str) -> CheckpointError:
    return CheckpointError(
        f"{path}: field '{name}': {why}; put the adapter_config.json there that was saved with these weights"
    )


def _spelled(kinds: tuple[type, ...]) -> str:
    names = {str: "a text", list: "a list", dict: "an object", int: "a whole number", float: "a number"}
    return " or ".join(dict.fromkeys(names[kind] for kind in kinds))


def check_adapter(folder: Path, base: Path) -> Finding:
    """Whether every tensor of an adapter hits a module of its base, in words.

    Raises CheckpointError, naming a key and the way out, where one does not, where modules that it targets have none,
    where sizes or ranks differ, and where it is zero: it would be, in part or all, its base under another name.
    """
    adapter = read_adapter(folder)
    if adapter is None:
        return Finding("adapter", None, "adapter: not checked against its base, being a pickle or no LoRA")
    _check_keys(adapter)
    _check_pairs(adapter)
    _check_magnitudes(adapter)
    _check_zero(adapter)
    network = network_of(base)
    if isinstance(network, str):
        return Finding("adapter", None, f"adapter: not checked against its base: {network}")
    weights = {name.removesuffix(".weight"): shape for name, shape in network.shapes.items() if len(shape) == 2}
    # A larger model's parts are called differently by each library that loads it.
    composite = "text_config" in read_json(base / "config.json")
    if not composite:
        _check_hits(adapter, network.kind, weights)
        _check_targets(adapter, weights)
        _check_whole(adapter, weights, ties=network.ties)
        _check_biases(adapter, network.shapes)
    _check_sizes(adapter, base, weights, network.shapes)
    if doubts := [*_idle(adapter), *_unmatched(adapter), *_turned_round(adapter)]:
        return Finding("adapter", False, f"adapter: {'; '.join(doubts)}")
    text = f"adapter: LoRA of rank {adapter.config.get('r')}, {len(adapter.modules)} modules of {network.kind} hit"
    return Finding("adapter", True, text)


def check_prefix(folder: Path) -> None:
    """CheckpointError for an adapter whose keys lack the prefix that PEFT reads them under; vLLM does without."""
    adapter = read_adapter(folder)
    if adapter is not None and (bare := [key for key in adapter.keys if not key.startswith(PREFIX)]):
        raise CheckpointError(
            f"adapter {folder}: {len(bare)} of its {len(adapter.keys)} keys do not begin with '{PREFIX}' ({bare[0]}), "
            "so PEFT would leave them out; put it in front of them"
        )


def undeclared_base(folder: Path) -> Finding | None:
    """That an adapter does not say which base it was trained on; None where it does."""
    if adapter_config(folder).get("base_model_name_or_path"):
        return None
    text = (
        "its adapter_config.json names no base (base_model_name_or_path is empty), so the given one is taken on trust: "
        "names and sizes fit, as they do of any model of this architecture and size; write there which one it was "
        "trained on"
    )
    return Finding("adapter's base", False, text)


def merging(adapter: Path, base: Path | str = "BASE", rows: int | None = None) -> str:
    """How an adapter is merged into its base, for messages; `rows`: the vocabulary has to grow or shrink to so many."""
    resize = f"base.resize_token_embeddings({rows}); " if rows else ""
    return (
        f"merge it into its base: base = AutoModelForCausalLM.from_pretrained('{base}'); {resize}"
        f"PeftModel.from_pretrained(base, '{adapter}').merge_and_unload().save_pretrained(FOLDER), with the "
        "tokenizer's files beside it"
    )


# --- what is wrong ----------------------------------------------------------------------------


def _check_keys(adapter: Adapter) -> None:
    fronts = {key.partition(PREFIX)[0] for key in adapter.keys if PREFIX in key} - {""}
    for front in sorted(fronts):
        wrapper = WRAPPERS.get(front.removesuffix("."), "a model that was trained inside another one")
        rename = strip_snippet(front, adapter_files(adapter.folder), front=True)
        raise CheckpointError(
            f"adapter {adapter.folder}: {sum(key.startswith(front) for key in adapter.keys)} of {len(adapter.keys)} "
            f"keys carry '{front}' of {wrapper} in front ({adapter.keys[0]}), match no module and would have no "
            f"effect; save the inner model with its own save_pretrained, or rename them: {rename}"
        )
    for part, wrapper in WRAPPERS.items():
        wrapped = [key for key in adapter.keys if without(part, key.removeprefix(PREFIX)) != key.removeprefix(PREFIX)]
        if wrapped:
            # PEFT's own prefix once is right, twice is not.
            carried, bare = (PREFIX * 2, PREFIX) if f"{part}." == PREFIX else (f"{part}.", "")
            raise CheckpointError(
                f"adapter {adapter.folder}: {len(wrapped)} of {len(adapter.keys)} keys carry the part '{carried}' of "
                f"{wrapper} ({wrapped[0]}), match no module and would have no effect; save the unwrapped model, or "
                f"rename them: {strip_snippet(carried, adapter_files(adapter.folder), bare)}"
            )
    if adapter.strange:
        raise CheckpointError(
            f"adapter {adapter.folder}: {len(adapter.strange)} keys ({adapter.strange[0]}) are none that PEFT reads, "
            f"and would have no effect; it reads {PREFIX}<module>.lora_A.weight: save it with model.save_pretrained"
        )
    if not adapter.modules and not adapter.whole:
        raise CheckpointError(f"adapter {adapter.folder}: its file holds no tensor; save it with model.save_pretrained")


def _check_pairs(adapter: Adapter) -> None:
    for module, parts in adapter.modules.items():
        if absent := {"A", "B"} - parts.keys():
            raise CheckpointError(
                f"adapter {adapter.folder}: {module} has no lora_{absent.pop()}, so the adapter would have no effect "
                "there; save it again"
            )
        # Of a linear layer A is (rank, in) and B (out, rank); an embedding's are as well.
        if (rank := parts["A"][0]) != adapter.rank(module) and "experts" not in module:
            raise CheckpointError(
                f"adapter {adapter.folder}: {module} has rank {rank}, its adapter_config.json says "
                f"{adapter.rank(module)}, which scales it otherwise; put the adapter_config.json there that was saved "
                "with these weights"
            )


def _check_magnitudes(adapter: Adapter) -> None:
    """DoRA's magnitudes are read where use_dora says so, and are the base's where they are not stored."""
    if bool(adapter.config.get("use_dora")) == bool(adapter.magnitudes) or not adapter.modules:
        return
    if adapter.magnitudes:
        what = (
            f"holds {len(adapter.magnitudes)} magnitudes of DoRA ({adapter.magnitudes[0]}) and its adapter_config.json "
            "does not say use_dora, so they would be left out"
        )
    else:
        what = "is DoRA by its adapter_config.json (use_dora) and holds no magnitudes, so the base's would be taken"
    raise CheckpointError(
        f"adapter {adapter.folder} {what}; put the adapter_config.json there that was saved with these weights"
    )


def _check_zero(adapter: Adapter) -> None:
    """An adapter whose product is zero is its base."""
    if adapter.whole:
        return
    for part in ("B", "A"):
        of_part, zero = _zeros(adapter, part)
        if of_part and len(zero) == len(of_part):
            raise CheckpointError(
                f"adapter {adapter.folder} is its base itself: lora_{part} is zero in all {len(of_part)} modules, "
                "as before the first step of training; give a checkpoint that was trained"
            )


def _idle(adapter: Adapter) -> list[str]:
    """What is zero in some of its modules, which are the base's then."""
    idle = sorted(set(_zeros(adapter, "A")[1]) | set(_zeros(adapter, "B")[1]))
    if not idle:
        return []
    text = f"{len(idle)} of its {len(adapter.modules)} modules are zero and change nothing ({listed(idle, 2)})"
    return [f"{text}, as where training did not reach them, or they were saved before they were gathered"]


def _unmatched(adapter: Adapter) -> list[str]:
    """Patterns of its settings that match none of its modules, and so scale none."""
    unmatched = [
        f"{field} {pattern!r}"
        for field in ("rank_pattern", "alpha_pattern")
        for pattern in adapter.config.get(field) or {}
        if not any(_matches(pattern, module) for module in adapter.modules)
    ]
    return [f"{listed(unmatched, 2)} matches none of its modules, so none is scaled by it"] if unmatched else []


def _turned_round(adapter: Adapter) -> list[str]:
    """A scale below zero takes away what training added: meant by who negates an adapter, and else a fault."""
    scales = {"lora_alpha": adapter.config.get("lora_alpha"), **(adapter.config.get("alpha_pattern") or {})}
    return [f"{name} is {scale}, below zero: what was trained is taken off the base" for name, scale in scales.items()
            if isinstance(scale, int | float) and scale < 0]  # fmt: skip


def _zeros(adapter: Adapter, part: str) -> tuple[list[str], list[str]]:
    """The modules that have an A or a B, and those whose is zero."""
    named = re.compile(rf"(.+)\.lora_(?:embedding_)?{part}(?:\.weight)?")
    tensors = stored(adapter_files(adapter.folder))
    of_part = {match[1].removeprefix(PREFIX): tensors[key] for key in tensors if (match := named.fullmatch(key))}
    return list(of_part), [module for module, tensor in of_part.items() if tensor.is_zero]


def _check_hits(adapter: Adapter, kind: str, weights: Mapping[str, Shape]) -> None:
    missed = [module for module in adapter.modules if module not in weights and "experts" not in module]
    if missed:
        near = next((name for name in weights if missed[0].endswith(name) or name.endswith(missed[0])), None)
        hint = "it was trained on another model: give its base"
        if near:
            hint = f"{kind} calls it {near}: rename the keys"
            part = missed[0].removesuffix(near)
            if part and len(missed) == len(adapter.modules) and all(module.startswith(part) for module in missed):
                led = PREFIX if adapter.keys[0].startswith(PREFIX) else ""
                hint += f": {strip_snippet(f'{led}{part}', adapter_files(adapter.folder), PREFIX)}"
        raise CheckpointError(
            f"adapter {adapter.folder}: {len(missed)} of its {len(adapter.modules)} modules are none of {kind}'s "
            f"({missed[0]}) and would have no effect; {hint}"
        )


def _check_targets(adapter: Adapter, weights: Mapping[str, Shape]) -> None:
    targeted = [name for name in weights if is_target(name, adapter.config)]
    bare = [name for name in targeted if name not in adapter.modules]
    # One that PEFT passes by everywhere (its kind of layer cannot be adapted) says nothing.
    kinds = {name.rpartition(".")[2] for name in adapter.modules}
    bare = [name for name in bare if name.rpartition(".")[2] in kinds and f"{name}.weight" not in adapter.whole]
    if bare:
        raise CheckpointError(
            f"adapter {adapter.folder}: {len(bare)} of the {len(targeted)} modules that target_modules names have no "
            f"tensors ({listed(bare, 2)}), so a part of what was trained is missing; save it again"
        )

    # Where it is left to PEFT which modules these are, nothing is known of those it passes by.
    named = adapter.config.get("target_modules")
    strays = [name for name in adapter.modules if name in weights and not is_target(name, adapter.config)]
    if named and "all-linear" not in named and strays:
        raise CheckpointError(
            f"adapter {adapter.folder}: {len(strays)} of the {len(adapter.modules)} modules that it holds tensors of "
            f"({listed(strays, 2)}) are none that its adapter_config.json targets (target_modules, exclude_modules, "
            "layers_to_transform) and would be left out; put the adapter_config.json there that was saved with these "
            "weights"
        )


def _check_whole(adapter: Adapter, weights: Mapping[str, Shape], *, ties: bool) -> None:
    """What modules_to_save names was trained whole, and is the base's where it is not stored."""
    stored_names = [name.rpartition(".")[0] for name in adapter.whole]
    for saved in adapter.config.get("modules_to_save") or []:
        of_base = any(_named(name, [saved]) for name in weights)
        is_tied = ties and f"{saved}.weight".endswith(HEADS)
        if of_base and not is_tied and not any(_named(name, [saved]) for name in stored_names):
            raise CheckpointError(
                f"adapter {adapter.folder}: modules_to_save names {saved}, of which it holds no tensors, so a part of "
                "what was trained is missing; save it again"
            )


def _check_biases(adapter: Adapter, shapes: Mapping[str, Shape]) -> None:
    """With bias "all" or "lora_only" the base's biases were trained, and are the base's where they are not stored."""
    trained = adapter.config.get("bias") or "none"
    biases = [name for name in shapes if name.endswith(".bias")]
    if trained == "lora_only":
        biases = [name for name in biases if name.removesuffix(".bias") in adapter.modules]
    if trained != "none" and biases and not any(name.endswith(".bias") for name in adapter.whole):
        raise CheckpointError(
            f"adapter {adapter.folder}: its adapter_config.json says that biases were trained (bias: {trained}), of "
            f"which it holds none ({listed(biases, 2)}), so a part of what was trained is missing; save it again"
        )


def _matches(pattern: str, module: str) -> bool:
    """Whether a key of rank_pattern or alpha_pattern means a module (peft.utils.other.get_pattern_key)."""
    return re.match(rf"(.*\.)?({pattern})$", module) is not None


def is_target(module: str, config: Mapping[str, Any]) -> bool:
    """Whether an adapter_config.json targets a module (peft.tuners.tuners_utils.check_target_module_exists)."""
    targets, excluded = config.get("target_modules") or [], config.get("exclude_modules") or []
    if not _named(module, targets) or _named(module, excluded):
        return False
    layers = config.get("layers_to_transform")
    if layers is None:
        return True
    match = _LAYER.search(module)
    return match is not None and int(match[1]) in ([layers] if isinstance(layers, int) else layers)


def _named(module: str, names: str | Sequence[str]) -> bool:
    if isinstance(names, str):
        return names != "all-linear" and re.fullmatch(names, module) is not None
    return any(module == name or module.endswith(f".{name}") for name in names)


def _check_sizes(adapter: Adapter, base: Path, weights: Mapping[str, Shape], shapes: Mapping[str, Shape]) -> None:
    for module, parts in adapter.modules.items():
        shape = next((own for name, own in weights.items() if name == module), None)
        # GPT-2 keeps its matrices the other way round.
        if shape and sorted((parts["A"][1], parts["B"][0])) != sorted(shape) and not _is_vocabulary(module):
            raise CheckpointError(
                f"adapter {adapter.folder} is for a model of another size: it takes {parts['A'][1]} to "
                f"{parts['B'][0]} numbers in {module}, where its base {base} has a matrix of {list(shape)}"
            )
    for name, whole in adapter.whole.items():
        own = shapes.get(name)
        if own and own != whole:
            rows = whole[0] if own[1:] == whole[1:] else None
            what = f"the vocabulary was resized to {rows} tokens, which the base has not" if rows else "sizes differ"
            raise CheckpointError(
                f"adapter {adapter.folder} stores {name} whole, as {list(whole)} where its base {base} has "
                f"{list(own)}: {what}; {merging(adapter.folder, base, rows)}"
            )


def _is_vocabulary(module: str) -> bool:
    return f"{module}.weight".endswith(_EMBEDDINGS)
