"""Adapters that do not reach the modules they were trained for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from faults.case import Case, Trial
from faults.workshop import adapter, against_base, base_model, candidate_model, copied, edit_json, edit_tensors, suite

_WEIGHTS = "adapter_model.safetensors"


def _on_base(folder: Path, change: Callable[[Path], object] = lambda place: None, **settings: Any) -> Trial:
    base = base_model(folder)
    place = adapter(folder, base, **settings)
    change(place)
    return against_base(base, place, suite(folder))


def _keys(edit: Callable[[str], str]) -> Callable[[Path], Trial]:
    """A trial whose adapter's tensors have other names."""

    def change(place: Path) -> None:
        edit_tensors(place / _WEIGHTS, lambda tensors: {edit(name): value for name, value in tensors.items()})

    return lambda folder: _on_base(folder, change)


def _tensors(edit: Callable[[dict[str, Any]], Mapping[str, Any]]) -> Callable[[Path], Trial]:
    return lambda folder: _on_base(folder, lambda place: edit_tensors(place / _WEIGHTS, edit))


def _config(**fields: Any) -> Callable[[Path], Trial]:
    return lambda folder: _on_base(folder, lambda place: edit_json(place / "adapter_config.json", **fields))


def _other_base(folder: Path) -> Trial:
    """Trained on another model than the one it is compared with."""
    other = copied(candidate_model(folder), folder / "other")
    place = adapter(folder / "made", other)
    return against_base(base_model(folder), place, suite(folder))


def _half(tensors: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in tensors.items() if "layers.1." not in name}


def _untrained(tensors: dict[str, Any]) -> dict[str, Any]:
    return {name: value * 0 if "lora_B" in name else value for name, value in tensors.items()}


def _half_untrained(tensors: dict[str, Any]) -> dict[str, Any]:
    return {name: value * 0 if "lora_B" in name and "layers.1." in name else value for name, value in tensors.items()}


def _with_settings(**settings: Any) -> Callable[[Path], Trial]:
    return lambda folder: _on_base(folder, **settings)


def _beside_full_weights(folder: Path) -> Trial:
    """A full fine-tune in whose folder an earlier stage left an adapter's settings."""
    base, candidate = base_model(folder), candidate_model(folder)
    left = adapter(folder / "earlier", base)
    (candidate / "adapter_config.json").write_bytes((left / "adapter_config.json").read_bytes())
    return against_base(base, candidate, suite(folder))


def _and_full_weights(folder: Path) -> Trial:
    """Full weights, and an adapter's as well: which of them is meant?"""
    trial = _beside_full_weights(folder)
    assert trial.candidate is not None
    (trial.candidate / _WEIGHTS).write_bytes((folder / "earlier" / "candidate" / _WEIGHTS).read_bytes())
    return trial


def cases() -> tuple[Case, ...]:
    kind = "adapters"
    none = "loaded without effect: the base is compared with itself, and passes"
    part = "loaded in part: it seems to have forgotten less"
    sound = _on_base
    return (
        Case(
            "keys of torch.compile inside", kind, none, "keys as peft saves them",
            _keys(lambda name: name.replace("base_model.model.", "base_model.model._orig_mod.")), sound, r"_orig_mod",
        ),
        Case(
            "keys of torch.compile in front", kind, none, "keys as peft saves them",
            _keys(lambda name: f"_orig_mod.{name}"), sound, r"_orig_mod",
        ),
        Case(
            "keys of DistributedDataParallel inside", kind, none, "keys as peft saves them",
            _keys(lambda name: name.replace("base_model.model.", "base_model.model.module.")), sound, r"module\.",
        ),
        Case(
            "keys of another architecture", kind, none, "keys of the base's architecture",
            _keys(lambda name: name.replace("self_attn.q_proj", "attention.query")), sound,
            r"attention\.query|q_proj",
        ),
        Case(
            "half of its layers missing", kind, part, "every target there", _tensors(_half), sound, r"layers\.1\.",
        ),
        Case(
            "never trained: B is zero", kind, none, "B is not zero", _tensors(_untrained), sound,
            r"lora_B|never trained|zero|no effect|without effect",
        ),
        Case(
            "another rank in adapter_config.json", kind, "cannot be loaded, or is scaled wrongly",
            "rank-stabilised LoRA", _config(r=16), _with_settings(use_rslora=True), r"rank",
        ),
        Case(
            "targets that the base lacks", kind, none, "targets of the base", _config(target_modules=["c_attn"]), sound,
            r"c_attn|q_proj",
        ),
        Case(
            "trained on another base", kind, "measures the wrong base's damage", "trained on the base", _other_base,
            sound, r"trained on",
        ),
        Case(
            "shapes of another model", kind, "cannot be loaded, or the failure does not say why",
            "shapes of the base",
            _tensors(lambda tensors: {n: v.repeat(1, 2) if "lora_A" in n else v for n, v in tensors.items()}), sound,
            r"q_proj",
        ),
        Case(
            "an adapter and full weights in one folder", kind, "either may be loaded",
            "an adapter's settings left beside full weights", _and_full_weights, _beside_full_weights,
            r"engines do not agree",
        ),
        *(
            Case(name, kind, part, twin, _config(**fields), _with_settings(**settings), words)
            for name, twin, fields, settings, words in (
                ("use_dora without magnitudes", "DoRA with its magnitudes", {"use_dora": True}, {"use_dora": True},
                 r"no magnitudes"),
                ("modules_to_save without tensors", "modules_to_save with its tensors",
                 {"modules_to_save": ["lm_head"]}, {"modules_to_save": ["lm_head"]}, r"modules_to_save names lm_head"),
                ("tensors of modules that are not targeted", "trained in one layer", {"layers_to_transform": [0]},
                 {"layers_to_transform": [0]}, r"would be left out"),
            )
        ),
        Case(
            "names no base", kind, "the base is taken on trust", "names its base",
            _config(base_model_name_or_path=None), sound, r"names no base",
        ),
        Case(
            "keys with actor. in front", kind, none, "keys as peft saves them", _keys(lambda name: f"actor.{name}"),
            sound, r"'actor\.'",
        ),
        Case(
            "lora_alpha 0", kind, none, "a large lora_alpha", _config(lora_alpha=0), _config(lora_alpha=64),
            r"lora_alpha",
        ),
        Case(
            "lora_alpha below zero", kind, "measures the opposite of what was trained", "a large lora_alpha",
            _config(lora_alpha=-8), _config(lora_alpha=64), r"below zero",
        ),
        Case(
            "some of its modules are zero", kind, part, "none is zero", _tensors(_half_untrained), sound,
            r"modules are zero",
        ),
        Case(
            "A is zero", kind, none, "A is not zero",
            _tensors(lambda tensors: {n: v * 0 if "lora_A" in n else v for n, v in tensors.items()}), sound,
            r"lora_A is zero",
        ),
        Case(
            "NaN in its tensors", "numbers", "NaN wins or loses every choice", "finite everywhere",
            _tensors(lambda tensors: {n: v * float("nan") for n, v in tensors.items()}), sound, r"NaN|finite",
        ),
        Case(
            "no weights at all", kind, "cannot be loaded, or the failure does not say why", "weights there",
            lambda folder: _on_base(folder, lambda place: (place / _WEIGHTS).unlink()), sound,
            r"no weights|adapter_model",
        ),
    )  # fmt: skip
