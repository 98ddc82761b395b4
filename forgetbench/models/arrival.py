"""Does every tensor of a checkpoint arrive in its architecture, and has the architecture every tensor it needs?

What is missing is random once it is loaded, or in an engine that swaps weights in place what the checkpoint before
had; what has no place is left out. Neither shows in anything but the scores.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from forgetbench.errors import CheckpointError, listed
from forgetbench.models.checks import Finding
from forgetbench.models.network import Network, network_of
from forgetbench.models.weights import quantisation, read_json, stored_tensors, tensor_slice, weight_files

WRAPPERS = {
    "_orig_mod": "torch.compile",
    "_fsdp_wrapped_module": "FSDP",
    "_checkpoint_wrapped_module": "activation checkpointing",
    "base_model.model": "PEFT",
    "_forward_module": "Lightning",
    "module": "DistributedDataParallel or DeepSpeed",
}
"""What wraps a model during training, by the part it adds to the names of its tensors."""
CONSTANTS = re.compile(r"(inv_freq|masked_bias|attn\.bias|attention\.bias|_scale|_zero_point)$")
"""Buffers that older versions saved, and scales of quantised caches."""
_SCALE = re.compile(r"(_scale(_inv)?|\.(absmax|SCB))$")
_LAYER = re.compile(r"^(.*?)(layers|h|blocks|block)\.(\d+)\.")
HEADS = ("lm_head.weight", "embed_out.weight", "output_layer.weight")
EMBEDDINGS = ("embed_tokens.weight", "wte.weight", "embed_in.weight", "word_embeddings.weight")
_WHOLE = "model.safetensors"
_COMPARED = 64
"""Places of two large tensors that are compared, a few rows each."""


def check_arrival(folder: Path) -> Finding:
    """Whether all tensors of a folder's full weights arrive, in words.

    Raises CheckpointError, naming tensors and the way out, where some do not and the model would not be what was
    trained. What cannot be known (pickles, an architecture that transformers does not have) is said and not refused.
    """
    tensors = stored_tensors(weight_files(folder))
    if not tensors:
        return Finding("weights", None, "weights: not checked against the architecture, since pickles do not say")
    network = network_of(folder)
    if isinstance(network, str):
        return Finding("weights", None, f"weights: not checked against the architecture: {network}")
    _check_wrapped(folder, tensors, network)
    if network.error:
        raise CheckpointError(f"checkpoint {folder}: its tensors do not make a {network.kind}: {network.error}")
    if method := quantisation(folder):
        _check_missing(folder, network, _unpacked(network.missing, tensors))
        text = f"weights: every module of {network.kind} has its tensors, packed by {method}"
        return Finding("weights", True, text)
    _check_plain(folder, tensors, network)
    _check_shapes(folder, network)
    _check_layers(folder, network)
    _check_missing(folder, network, network.missing)
    _check_tied(folder, tensors, network)
    if network.unexpected:
        text = f"{len(network.unexpected)} tensors have no place in {network.kind} and are not loaded"
        return Finding("weights", False, f"{text}: {listed(network.unexpected, 3)}")
    return Finding("weights", True, f"weights: every tensor of {network.kind} is there, in its shape")


def strip_snippet(part: str, files: Sequence[Path], bare: str = "", *, front: bool = False, all_of: bool = True) -> str:
    """Python that replaces a wrapper's part in the names of the tensors of some files by what should stand there.

    `front`: only where they begin with it. Unless `all_of` them are kept, those that do not are another network's.
    """
    new = f"name.removeprefix('{part}')" if front else f"name.replace('{part}', '{bare}')"
    kept = "" if all_of else f" if name.startswith('{part}')"
    renamed = f"{new}: tensors[name] for name in tensors{kept}"
    load, file, rest = f"load_file('{files[0].name}')", files[0].name, ""
    if len(files) > 1:
        load, file = f"{{n: t for file in {[path.name for path in files]} for n, t in load_file(file).items()}}", _WHOLE
        rest = ", and remove the shards and their index"
    return (
        f"from safetensors.torch import load_file, save_file; tensors = {load}; save_file({{{renamed}}}, '{file}', "
        f"{{'format': 'pt'}}){rest}"
    )


def without(part: str, name: str) -> str:
    """A tensor's name without a wrapper's part."""
    return re.sub(rf"(^|\.){re.escape(part)}\.", r"\1", name)


def _check_wrapped(folder: Path, tensors: Mapping[str, Any], network: Network) -> None:
    """Names that carry a wrapper's part, or any prefix, and would be found without it."""
    if not network.missing and not network.error:
        return
    for part, wrapper in WRAPPERS.items():
        wrapped = [name for name in tensors if (bare := without(part, name)) != name and _has(network, bare)]
        if wrapped:
            raise CheckpointError(
                f"checkpoint {folder}: {len(wrapped)} of {len(tensors)} tensors carry the part '{part}.' of {wrapper} "
                f"in their names ({wrapped[0]}), and no engine would find them; save the unwrapped model, or rename "
                f"them: {strip_snippet(f'{part}.', weight_files(folder))}"
            )
    prefixes = _prefixes(tensors, network)
    if prefixes:
        prefix, count = prefixes.most_common(1)[0]
        which = f"; it holds {len(prefixes)} networks ({listed(sorted(prefixes), 3)})" if len(prefixes) > 1 else ""
        example = next(name for name in tensors if name.startswith(prefix))
        raise CheckpointError(
            f"checkpoint {folder}: {count} of {len(tensors)} tensors carry '{prefix}' in front of their names "
            f"({example}), as of a model that was trained inside another one, and no engine would find them{which}; "
            "save the inner model with its own save_pretrained, or rename them: "
            f"{strip_snippet(prefix, weight_files(folder), front=True, all_of=len(prefixes) == 1)}"
        )


def _prefixes(names: Collection[str], network: Network) -> Counter[str]:
    """Whatever stands in front of the names of most tensors that the network needs, and of how many; mostly nothing."""
    found: Counter[str] = Counter()
    for name in names:
        starts = [at + 1 for at, sign in enumerate(name) if sign == "."]
        if name not in network.shapes and (at := next((at for at in starts if name[at:] in network.shapes), 0)):
            found[name[:at]] += 1
    most = max(1, len(network.missing or network.shapes) // 2)
    return Counter({prefix: count for prefix, count in found.items() if count > most})


def _has(network: Network, name: str) -> bool:
    return any(own == name or own.endswith(f".{name}") or name.endswith(f".{own}") for own in network.shapes)


def _unpacked(missing: Collection[str], tensors: Collection[str]) -> list[str]:
    """The missing parameters of which nothing is there under the names that a quantisation gives them."""
    modules = {name.rpartition(".")[0] for name in tensors}

    def packed(module: str) -> bool:
        # Experts are packed one by one, where the architecture has them as one tensor.
        return "experts" in module or any(item.endswith(module) or module.endswith(item) for item in modules if item)

    return [name for name in missing if not packed(name.rpartition(".")[0])]


def _check_missing(folder: Path, network: Network, missing: Collection[str]) -> None:
    if not missing:
        return
    hint = "save the whole model again, or copy the shard that holds them"
    if all(name.endswith(HEADS) for name in missing):
        hint = (
            f"its configuration says tie_word_embeddings {str(network.ties).lower()}, so the output layer has weights "
            "of its own: save them too, or set tie_word_embeddings to true in config.json if the base ties its "
            "embeddings"
        )
    raise CheckpointError(
        f"checkpoint {folder} lacks {len(missing)} of the {len(network.shapes)} tensors of {network.kind}: "
        f"{listed(list(missing), 3)} {'is' if len(missing) == 1 else 'are'} missing and would be random, or what "
        f"another checkpoint had; {hint}"
    )


def _check_plain(folder: Path, tensors: Mapping[str, Any], network: Network) -> None:
    """Packed numbers that no configuration says how to unpack: an engine takes them for the weights themselves."""
    scaled = {_SCALE.sub("", name) for name in tensors if _SCALE.search(name)}
    for name, entry in tensors.items():
        kind = str(entry["dtype"])
        matrix = name in network.shapes and len(network.shapes[name]) > 1
        if matrix and (kind.startswith(("I", "U")) or (kind.startswith("F8") and name in scaled)):
            raise CheckpointError(
                f"checkpoint {folder}: {name} is stored as {kind}, quantised, and config.json has no "
                "quantization_config that says how; put the config.json there that was saved with these weights, or "
                "give the weights before they were quantised"
            )


def _check_shapes(folder: Path, network: Network) -> None:
    if not network.mismatched:
        return
    name, stored, own = network.mismatched[0]
    more = f" (and {len(network.mismatched) - 1} more)" if len(network.mismatched) > 1 else ""
    hint = "config.json is another model's: put the one there that was saved with these weights"
    if stored[1:] == own[1:] and all(item[0].endswith((*HEADS, *EMBEDDINGS)) for item in network.mismatched):
        hint = (
            f"the vocabulary was resized: set vocab_size to {stored[0]} in config.json, or save model and "
            "configuration together with save_pretrained"
        )
    raise CheckpointError(
        f"checkpoint {folder}: {name}{more} has the shape {list(stored)}, {network.kind} as config.json describes it "
        f"needs {list(own)}; {hint}"
    )


def _check_layers(folder: Path, network: Network) -> None:
    """Tensors inside the layers that have no place: without them the network would compute something else."""
    own = {(match[2], int(match[3])) for name in network.shapes if (match := _LAYER.match(name))}
    lost, beyond = list[str](), set[int]()
    for name in network.unexpected:
        match = _LAYER.match(name)
        if match is None or CONSTANTS.search(name) or not name.endswith((".weight", ".bias")):
            continue
        if own and not any(other.startswith(f"{match[1]}{match[2]}.") for other in network.shapes):
            continue  # another part of a larger model: a vision tower, a draft head
        if (match[2], int(match[3])) in own:
            lost.append(name)
        else:
            beyond.add(int(match[3]))
    if lost:
        raise CheckpointError(
            f"checkpoint {folder}: {len(lost)} tensors of its layers have no place in {network.kind} "
            f"({listed(lost, 2)}) and would be left out; config.json is another model's: put the one there that was "
            "saved with these weights"
        )
    config = read_json(folder / "config.json")
    config = config.get("text_config") or config
    if len(beyond) > int(config.get("num_nextn_predict_layers") or config.get("mtp_num_hidden_layers") or 0):
        raise CheckpointError(
            f"checkpoint {folder} holds weights of {len(beyond)} layers more than config.json says (from layer "
            f"{min(beyond)} on); correct the number of layers there, or save the model again if it was cut on purpose"
        )


def _check_tied(folder: Path, tensors: Mapping[str, Any], network: Network) -> None:
    """An output layer of its own in a checkpoint that says it has none: one engine takes it, another does not."""
    heads = [name for name in tensors if name.endswith(HEADS)]
    embeddings = [name for name in tensors if name.endswith(EMBEDDINGS)]
    if not network.ties or len(heads) != 1 or len(embeddings) != 1:
        return
    if same_rows(folder, heads[0], embeddings[0]):
        return
    raise CheckpointError(
        f"checkpoint {folder}: its configuration says tie_word_embeddings true, but {heads[0]} and {embeddings[0]} "
        "differ, and engines do not agree on which of them is the output layer; set it to false in config.json, or "
        "save the model without the head"
    )


def same_rows(folder: Path, name: str, other_name: str) -> bool:
    """Whether two matrices of a folder are equal wherever they are compared: at a few rows in many places."""
    one, other = (tensor_slice(weight_files(folder), each) for each in (name, other_name))
    if one.get_shape() != other.get_shape():
        return False
    rows = one.get_shape()[0]
    return all((one[at : at + 4] == other[at : at + 4]).all() for at in range(0, rows, max(1, rows // _COMPARED)))
