"""Weights that do not arrive, or are not the ones that were meant."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from faults.case import Case, Trial
from faults.workshop import against_base, base_model, candidate_model, edit_json, edit_tensors, suite

Tensors = dict[str, Any]
_WEIGHTS = "model.safetensors"


def _pair(folder: Path, change: Callable[[Path], object] = lambda candidate: None, *options: str) -> Trial:
    """Base and candidate, of which the candidate's folder is changed."""
    base, candidate = base_model(folder), candidate_model(folder)
    change(candidate)
    return against_base(base, candidate, suite(folder), *options)


def _sound(folder: Path) -> Trial:
    return _pair(folder)


def _tensors(edit: Callable[[Tensors], Mapping[str, Any]]) -> Callable[[Path], Trial]:
    """A trial whose candidate holds other tensors."""

    def trial(folder: Path) -> Trial:
        return _pair(folder, lambda candidate: edit_tensors(candidate / _WEIGHTS, edit))

    return trial


def _both(folder: Path, change: Callable[[Path], object]) -> Trial:
    """Base and candidate, both changed: what differs between them is not to be spoken of."""
    base, candidate = base_model(folder), candidate_model(folder)
    change(base)
    change(candidate)
    return against_base(base, candidate, suite(folder))


def _without(*parts: str) -> Callable[[Tensors], Tensors]:
    return lambda tensors: {name: value for name, value in tensors.items() if not any(part in name for part in parts)}


def _prefixed(prefix: str) -> Callable[[Tensors], Tensors]:
    return lambda tensors: {prefix + name: value for name, value in tensors.items()}


def _two(tensors: Tensors) -> Tensors:
    return {f"{side}.{name}": value.clone() for side in ("student", "teacher") for name, value in tensors.items()}


def _zeroed(tensors: Tensors) -> Tensors:
    name = "model.layers.1.mlp.down_proj.weight"
    return tensors | {name: tensors[name] * 0}


def _pointer(candidate: Path) -> None:
    (candidate / _WEIGHTS).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:46\nsize 269060552\n")


def _wrong_index(candidate: Path) -> None:
    """The index says of every tensor that it is in the first shard."""
    _shard(candidate)
    path = candidate / "model.safetensors.index.json"
    path.write_text(path.read_text().replace("model-00002-of-00002", "model-00001-of-00002"), encoding="utf-8")


def _tie(candidate: Path) -> None:
    edit_tensors(candidate / _WEIGHTS, _without("lm_head"))
    edit_json(candidate / "config.json", tie_word_embeddings=True)


def _shard(candidate: Path) -> None:
    """Two shards and their index, as save_pretrained writes them."""
    from safetensors.torch import load_file, save_file

    tensors = load_file(candidate / _WEIGHTS)
    names = sorted(tensors)
    halves = {"model-00001-of-00002.safetensors": names[::2], "model-00002-of-00002.safetensors": names[1::2]}
    for file, part in halves.items():
        save_file({name: tensors[name] for name in part}, candidate / file, metadata={"format": "pt"})
    weight_map = {name: file for file, part in halves.items() for name in part}
    index = {"metadata": {}, "weight_map": weight_map}
    (candidate / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    (candidate / _WEIGHTS).unlink()


def _lose_shard(candidate: Path) -> None:
    _shard(candidate)
    (candidate / "model-00002-of-00002.safetensors").unlink()


def _point_outside(candidate: Path) -> None:
    _shard(candidate)
    shutil.move(candidate / "model-00002-of-00002.safetensors", candidate.parent / "elsewhere.safetensors")
    path = candidate / "model.safetensors.index.json"
    path.write_text(path.read_text().replace("model-00002-of-00002", "../elsewhere"), encoding="utf-8")


def _cut_short(candidate: Path) -> None:
    path = candidate / _WEIGHTS
    path.write_bytes(path.read_bytes()[:-100])


def _pickle(candidate: Path) -> None:
    """The weights as a pickle, beside a safetensors file that no loader reads."""
    import torch
    from safetensors.torch import load_file

    torch.save(load_file(candidate / _WEIGHTS), candidate / "pytorch_model.bin")
    shutil.move(candidate / _WEIGHTS, candidate / "dummy.safetensors")
    edit_tensors(candidate / "dummy.safetensors", lambda tensors: {"dummy": next(iter(tensors.values()))})


def _grown(weights: bool) -> Callable[[Path], None]:
    """Four rows more in the vocabulary of the weights; config.json says so only where it is sound."""

    def change(candidate: Path) -> None:
        import torch

        def grow(tensors: Tensors) -> Tensors:
            names = ("lm_head.weight", "model.embed_tokens.weight")
            return tensors | {name: torch.cat([tensors[name], tensors[name][:4]]) for name in names}

        edit_tensors(candidate / _WEIGHTS, grow)
        if not weights:
            config = json.loads((candidate / "config.json").read_text(encoding="utf-8"))
            edit_json(candidate / "config.json", vocab_size=config["vocab_size"] + 4)

    return change


def _leftovers(*names: str, keep: bool = False) -> Callable[[Path], None]:
    """Files of a training run, beside the weights or in their place."""

    def change(candidate: Path) -> None:
        if not keep:
            (candidate / _WEIGHTS).unlink()
        for name in names:
            (candidate / name).parent.mkdir(parents=True, exist_ok=True)
            (candidate / name).write_bytes(b"\x80\x04N.")

    return change


def _poisoned(value: float, rows: int | None) -> Callable[[Tensors], Tensors]:
    """The embedding of one letter, or a place of the output layer, is no number."""

    def edit(tensors: Tensors) -> Tensors:
        if rows is None:
            tensors["lm_head.weight"][5, 5] = value
        else:
            tensors["model.embed_tokens.weight"][rows] = value
        return tensors

    return edit


def _letter(folder: Path, letter: str) -> int:
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    return int(tokenizer.encode(letter, add_special_tokens=False)[0])


def _some_nan(folder: Path) -> Trial:
    def change(candidate: Path) -> None:
        edit_tensors(candidate / _WEIGHTS, _poisoned(float("nan"), _letter(candidate, "j")))

    return _pair(folder, change)


def cases() -> tuple[Case, ...]:
    kind = "weights"
    random = "layers with random weights: another score at each run"
    nothing = "cannot be loaded, or the failure does not say why"
    return (
        Case(
            "output layer missing from an untied model", kind, random, "output layer tied, so not stored",
            _tensors(_without("lm_head")), lambda folder: _both(folder, _tie), r"lm_head\.weight",
        ),
        Case(
            "a layer's attention missing", kind, random, "every tensor there",
            _tensors(_without("layers.1.self_attn")), _sound, r"layers\.1\.self_attn",
        ),
        Case(
            "the last layer missing", kind, random, "config.json says as many layers as are stored",
            _tensors(_without("layers.1.")),
            lambda folder: _both(folder, _fewer_layers), r"layers\.1\.",
        ),
        Case(
            "keys of torch.compile (_orig_mod.)", kind, random, "the same tensors under their own names",
            _tensors(_prefixed("_orig_mod.")), _sound, r"_orig_mod",
        ),
        Case(
            "keys of DistributedDataParallel (module.)", kind, random, "the same tensors under their own names",
            _tensors(_prefixed("module.")), _sound, r"module\.",
        ),
        Case(
            "norms missing", kind, random, "every tensor there", _tensors(_without("norm")), _sound, r"norm\.weight",
        ),
        *(
            Case(
                f"keys with {prefix} in front", kind, random, "the same tensors under their own names",
                _tensors(_prefixed(prefix)), _sound, rf"carry '{prefix}'",
            )
            for prefix in ("actor.", "model.model.", "student.")
        ),
        Case(
            "two networks in one file", kind, random, "the same tensors under their own names", _tensors(_two),
            _sound, r"2 networks",
        ),
        Case(
            "config.json says fewer layers than are stored", kind, "a shorter network is measured",
            "config.json says as many layers as are stored",
            lambda folder: _pair(folder, lambda place: edit_json(place / "config.json", num_hidden_layers=1)),
            lambda folder: _both(folder, _fewer_layers), r"layers more",
        ),
        Case(
            "a head of its own under a configuration that ties", kind, "engines do not agree on the output layer",
            "output layer tied, so not stored",
            lambda folder: _pair(folder, lambda place: edit_json(place / "config.json", tie_word_embeddings=True)),
            lambda folder: _both(folder, _tie), r"tie_word_embeddings",
        ),
        Case(
            "a matrix of zeros", kind, "a part of the network is blank", "every tensor with numbers",
            _tensors(_zeroed), _sound, r"zero throughout",
        ),
        Case(
            "the index names a shard that does not hold the tensor", kind, nothing, "an index that is right",
            lambda folder: _pair(folder, _wrong_index), lambda folder: _pair(folder, _shard),
            r"index.*(not hold|names)|lack",
        ),
        Case(
            "the pointer of Git LFS in place of the weights", kind, nothing, "the whole file",
            lambda folder: _pair(folder, _pointer), _sound, r"Git LFS",
        ),
        Case(
            "vocabulary grown in the weights alone", kind, nothing, "grown in config.json too",
            lambda folder: _pair(folder, _grown(True)), lambda folder: _both(folder, _grown(False)),
            r"embed_tokens|vocab",
        ),
        Case(
            "another hidden size in config.json", kind, nothing, "the size that is stored",
            lambda folder: _pair(folder, lambda place: edit_json(place / "config.json", intermediate_size=48)),
            _sound, r"mlp|intermediate|shape",
        ),
        Case(
            "a shard named by the index is absent", kind, random, "both shards there",
            lambda folder: _pair(folder, _lose_shard), lambda folder: _pair(folder, _shard), r"model-00002-of-00002",
        ),
        Case(
            "the index points outside of the folder", kind, "other weights than those that were hashed",
            "index and shards in one folder",
            lambda folder: _pair(folder, _point_outside), lambda folder: _pair(folder, _shard), r"elsewhere|outside",
        ),
        Case(
            "weights cut short", kind, nothing, "the whole file",
            lambda folder: _pair(folder, _cut_short), _sound, r"cut short|truncated",
        ),
        Case(
            "pickle beside a safetensors file that is not read", kind, "code of a stranger's runs",
            "a pickle with consent",
            lambda folder: _pair(folder, _pickle), lambda folder: _pair(folder, _pickle, "--allow-pickle"),
            r"allow-pickle",
        ),
        Case(
            "an optimizer's state alone", kind, nothing, "an optimizer's state beside weights",
            lambda folder: _pair(folder, _leftovers("optimizer.pt", "scheduler.pt")),
            lambda folder: _pair(folder, _leftovers("optimizer.pt", "scheduler.pt", keep=True)), r"optimi[sz]er",
        ),
        Case(
            "FSDP's shards alone", kind, nothing, "FSDP's shards beside merged weights",
            lambda folder: _pair(folder, _leftovers("pytorch_model_fsdp_0/__0_0.distcp")),
            lambda folder: _pair(folder, _leftovers("pytorch_model_fsdp_0/__0_0.distcp", keep=True)),
            r"FSDP|merge-weights",
        ),
        Case(
            "DeepSpeed's shards alone", kind, nothing, "DeepSpeed's shards beside merged weights",
            lambda folder: _pair(folder, _leftovers("global_step9/zero_pp_rank_0_mp_rank_00_optim_states.pt")),
            lambda folder: _pair(
                folder, _leftovers("global_step9/zero_pp_rank_0_mp_rank_00_optim_states.pt", keep=True)
            ),
            r"DeepSpeed|zero_to_fp32",
        ),
        Case(
            "NaN in the output layer", "numbers", "NaN wins or loses every choice", "finite everywhere",
            _tensors(_poisoned(float("nan"), None)), _sound, r"NaN|finite",
        ),
        Case(
            "NaN for one letter only", "numbers", "NaN wins the argmax where the letter stands: counted as right",
            "finite everywhere", _some_nan, _sound, r"NaN|finite",
        ),
    )  # fmt: skip


def _fewer_layers(place: Path) -> None:
    edit_tensors(place / _WEIGHTS, _without("layers.1."))
    edit_json(place / "config.json", num_hidden_layers=1)
