"""What a checkpoint's tensors lack of its base's, where both are one architecture."""

from __future__ import annotations

from pathlib import Path

from forgetbench.errors import CheckpointError, listed
from forgetbench.models.arrival import EMBEDDINGS, HEADS, same_rows
from forgetbench.models.checks import Finding
from forgetbench.models.network import Network, network_of
from forgetbench.models.weights import stored_tensors, weight_files


def against_base(folder: Path, base: Path) -> Finding | None:
    """What differs between the tensors of a checkpoint and of its base, in words; None where nothing does.

    Raises CheckpointError for a checkpoint of the base's architecture that lacks tensors of the base's, such as an
    output layer that was left out for being tied, though the base's is none of its embedding. Other architectures and
    sizes are no fault: they are compared as they are.
    """
    own, other = network_of(folder), network_of(base)
    if isinstance(own, str) or isinstance(other, str) or own.kind != other.kind or _width(own) != _width(other):
        return None
    if own.ties and not other.ties and _has_own_head(base) and not _heads(folder):
        raise CheckpointError(
            f"checkpoint {folder} has no output layer of its own (tie_word_embeddings true), but its base {base} has "
            f"one that is not its embedding ({_heads(base)[0]}): it was lost; save the model with it and "
            "tie_word_embeddings false"
        )
    absent = sorted(other.shapes.keys() - own.shapes.keys())
    if absent and _layers(own) == _layers(other):
        raise CheckpointError(
            f"checkpoint {folder} lacks {len(absent)} tensors of its base {base} ({listed(absent, 2)}), and its "
            "config.json says that it needs none of them; put the config.json there that was saved with its weights, "
            "or save the model again"
        )
    differing = [name for name in own.shapes if own.shapes[name] != other.shapes.get(name, own.shapes[name])]
    if differing:
        name = differing[0]
        text = f"{len(differing)} tensors have other shapes than the base's: {name} {list(own.shapes[name])}"
        return Finding("base", False, f"{text}, there {list(other.shapes[name])}")
    return None


def _heads(folder: Path) -> list[str]:
    return [name for name in stored_tensors(weight_files(folder)) if name.endswith(HEADS)]


def _has_own_head(folder: Path) -> bool:
    """Whether the output layer that a folder stores differs from its embedding."""
    embeddings = [name for name in stored_tensors(weight_files(folder)) if name.endswith(EMBEDDINGS)]
    heads = _heads(folder)
    return bool(heads and embeddings) and not same_rows(folder, heads[0], embeddings[0])


def _width(network: Network) -> int | None:
    return next((shape[-1] for name, shape in network.shapes.items() if name.endswith(EMBEDDINGS)), None)


def _layers(network: Network) -> int:
    """How many layers there are, told by the numbers in the names."""
    return len({part for name in network.shapes for part in name.split(".") if part.isdigit()})
