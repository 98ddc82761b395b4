"""What a folder without loadable weights holds in their place, and how they are had from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from forgetbench.errors import listed

_TRAINER = (
    "optimizer.pt",
    "optimizer.bin",
    "scheduler.pt",
    "training_args.bin",
    "trainer_state.json",
    "rng_state*.pth",
)


@dataclass(frozen=True, slots=True)
class _Kind:
    """Files of one origin."""

    patterns: tuple[str, ...]
    """Glob patterns of names that give it away."""
    hint: str
    """What they are and the way out; {folder} and {names} are filled in."""


_KINDS = (
    _Kind(("*.incomplete", "*.part", "*.aria2", "*.crdownload"), "the download of {names} broke off; start it again"),
    _Kind(
        ("zero_to_fp32.py", "global_step*", "zero_pp_rank_*", "bf16_zero_pp_rank_*", "mp_rank_*_model_states.pt"),
        "it holds shards of DeepSpeed ZeRO ({names}); make weights of them: python zero_to_fp32.py {folder} {folder} "
        "--safe_serialization",
    ),
    _Kind(
        ("*.distcp", "pytorch_model_fsdp_*", "pytorch_model_fsdp*/*.distcp", ".metadata"),
        "it holds sharded weights of FSDP ({names}); make weights of them: accelerate merge-weights "
        "{folder}/pytorch_model_fsdp_0 {folder}",
    ),
    _Kind(
        ("pytorch_model_fsdp.bin",),
        "it holds FSDP's full state dict ({names}), a pickle that no loader reads under this name; load it with "
        "torch.load(..., weights_only=True) into the base model and call save_pretrained",
    ),
    _Kind(
        ("iter_*", "latest_checkpointed_iteration.txt", "mp_rank_*", "model_optim_rng.pt", "*.nemo", "model_weights"),
        "it holds a checkpoint of Megatron or NeMo ({names}); export it to the Hugging Face format with the tool that "
        "wrote it (Megatron Bridge: AutoBridge.export_ckpt; NeMo: nemo llm export)",
    ),
    _Kind(
        ("model-?????-of-?????.safetensors",),
        "its shards ({names}) have no model.safetensors.index.json, which says which belong together; copy it too, or "
        "save the checkpoint again",
    ),
    _Kind(
        ("consolidated*.safetensors", "consolidated*.pth", "params.json", "original"),
        "it holds weights in the publisher's own format ({names}); take the files that transformers loads "
        "(model*.safetensors), or convert them with transformers' convert_*_weights_to_hf.py of that model",
    ),
    _Kind(
        ("adapter_model.safetensors", "adapter_model.bin"),
        "it holds an adapter ({names}) without its adapter_config.json; copy that too",
    ),
    _Kind(
        ("tf_model*.h5", "flax_model*.msgpack", "*.ckpt.index"),
        "it holds weights of TensorFlow or Flax ({names}), which transformers 4 loads with from_tf=True or "
        "from_flax=True: save_pretrained from there writes safetensors",
    ),
    _Kind(
        ("*.safetensors",),
        "no loader reads {names}; whole weights are in model.safetensors, or in shards that "
        "model.safetensors.index.json names",
    ),
    _Kind(
        ("*.ckpt", "consolidated.pt", "pytorch_model*.pt", "model*.pt", "model*.pth"),
        "no loader reads {names}, a pickle of its own kind; load it into the base model and call save_pretrained",
    ),
)


def what_else(folder: Path) -> str:
    """What to do with a folder that has no weights that an engine loads: its content told apart by its files' names."""
    # First, since a trainer leaves its shards beside them as well.
    if saved := _with_weights(folder.glob("checkpoint-*"), key=lambda path: (len(path.name), path.name)):
        return f"it holds {listed([path.name for path in saved], 4)}: give one of those"
    for kind in _KINDS:
        if names := sorted({path.name for pattern in kind.patterns for path in folder.glob(pattern)}):
            return kind.hint.format(folder=folder, names=listed(names, 2))
    if saved := _with_weights(folder.iterdir()):
        return f"its folder {listed([path.name for path in saved], 4)} holds a model: give that"
    if names := sorted({path.name for pattern in _TRAINER for path in folder.glob(pattern)}):
        return (
            f"it holds only what a trainer needs to go on ({listed(names, 3)}); save the model too "
            "(trainer.save_model, or save_only_model=True and save_strategy)"
        )
    if names := sorted(path.name for path in folder.iterdir() if path.suffix in (".bin", ".pt", ".pth")):
        return f"no loader reads {listed(names, 2)}; load it into the base model and call save_pretrained"
    return "copy model.safetensors there, or give another folder"


def _with_weights(folders: Iterable[Path], key: Callable[[Path], object] = lambda path: path.name) -> list[Path]:
    """Those that hold a model or an adapter."""
    found = [
        path
        for path in folders
        if path.is_dir()
        and any((path / name).is_file() for name in ("config.json", "adapter_config.json"))
        and any(item.suffix in (".safetensors", ".bin") for item in path.iterdir())
    ]
    return sorted(found, key=key)  # type: ignore[arg-type]
