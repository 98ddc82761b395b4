"""An architecture without weights, and how a checkpoint's tensors meet it.

transformers loads the checkpoint onto the meta device, where a tensor is a shape and nothing else: its own rules for
tied weights, renamed keys, fused experts, prefixes and buffers decide, and no weight is read.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.util
import itertools
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forgetbench.errors import CheckpointError, first_line
from forgetbench.models.weights import read_json, stored_tensors, weight_files

Shape = tuple[int, ...]
_AUTO_CLASSES = ("AutoModelForCausalLM", "AutoModelForImageTextToText")
_KEPT = 32
"""Networks in memory: a run asks for each of its checkpoints' more than once."""


@dataclass(frozen=True, slots=True)
class Network:
    """An architecture's parameters and buffers, by name, and how a checkpoint's tensors meet them."""

    kind: str
    """Name of its class."""
    shapes: Mapping[str, Shape]
    ties: bool
    """The output layer is the embedding."""
    missing: tuple[str, ...] = ()
    """Parameters that no tensor of the checkpoint becomes."""
    unexpected: tuple[str, ...] = ()
    """Tensors that the architecture has no place for."""
    mismatched: tuple[tuple[str, Shape, Shape], ...] = ()
    """Name, shape in the checkpoint, shape in the architecture."""
    error: str | None = None
    """Why its tensors cannot be put together as the architecture needs them."""


def network_of(folder: Path) -> Network | str:
    """The architecture that a folder's config.json declares, met by the folder's tensors; or why it cannot be had.

    Raises CheckpointError for a config.json that makes no model, though transformers has its architecture.
    """
    shapes = tuple((name, tuple(entry["shape"])) for name, entry in stored_tensors(weight_files(folder)).items())
    # The text of config.json is part of the key: a folder's content may change.
    return _met(str(folder), (folder / "config.json").read_text(encoding="utf-8"), shapes)


@functools.lru_cache(maxsize=_KEPT)
def _met(folder: str, config_text: str, shapes: tuple[tuple[str, Shape], ...]) -> Network | str:
    for name in ("torch", "accelerate"):
        if importlib.util.find_spec(name) is None:
            return f"{name} is not installed"
    torch = importlib.import_module("torch")
    transformers = importlib.import_module("transformers")
    with quiet():
        try:
            empty = _on_meta(torch, transformers, folder)
        except Exception as error:  # an architecture can raise anything
            why = " ".join(str(error).split())[:160] or type(error).__name__
            if _is_known(Path(folder)) and not isinstance(error, ImportError):
                raise CheckpointError(
                    f"{folder}/config.json: transformers can make no model of it ({why}); correct it, or take the one "
                    "that was saved with the weights"
                ) from error
            return f"transformers cannot make it ({why})"
        network = functools.partial(
            Network,
            type(empty).__name__,
            {name: tuple(tensor.shape) for name, tensor in empty.state_dict().items()},
            bool(getattr(empty.config.get_text_config(), "tie_word_embeddings", False)),
        )
        tensors = {name: torch.empty(shape, device="meta") for name, shape in shapes}
        try:
            _, info = type(empty).from_pretrained(
                None, config=empty.config, state_dict=tensors, device_map={"": "meta"}, output_loading_info=True,
                ignore_mismatched_sizes=True,
            )  # fmt: skip
        except RuntimeError as error:
            return network(error=_lone_expert(shapes) or first_line(error))
        except Exception as error:
            return f"transformers cannot load it without its weights ({first_line(error)[:120]})"
    return network(
        missing=tuple(sorted(info["missing_keys"])),
        unexpected=tuple(sorted(info["unexpected_keys"])),
        mismatched=tuple(sorted((name, tuple(stored), tuple(own)) for name, stored, own in info["mismatched_keys"])),
    )


def _on_meta(torch: Any, transformers: Any, folder: str) -> Any:
    """The model without weights, of the class that it would be loaded as."""
    config = transformers.AutoConfig.from_pretrained(folder)
    for part in filter(None, (config, getattr(config, "text_config", None))):
        if hasattr(part, "quantization_config"):
            del part.quantization_config
    with torch.device("meta"):
        try:
            return getattr(transformers, _AUTO_CLASSES[0]).from_config(config)
        except ValueError:
            return getattr(transformers, _AUTO_CLASSES[1]).from_config(config)


def _is_known(folder: Path) -> bool:
    """Whether the architecture that a configuration names is transformers' own, and writes text.

    One that says neither what it is nor which code makes it is nobody's.
    """
    config = read_json(folder / "config.json")
    kind = config.get("model_type")
    if kind is None:
        return "auto_map" not in config
    auto = importlib.import_module("transformers.models.auto.modeling_auto")
    return kind in auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES or kind in auto.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES


def _lone_expert(shapes: Sequence[tuple[str, Shape]]) -> str | None:
    """Which expert lacks a tensor that the others of its layer have."""
    layers: dict[str, set[tuple[str, str]]] = {}
    for name, _ in shapes:
        layer, experts, rest = name.partition(".experts.")
        number, _, part = rest.partition(".")
        if experts and number.isdigit():
            layers.setdefault(f"{layer}.experts", set()).add((number, part))
    for layer, found in layers.items():
        numbers, parts = ({item[index] for item in found} for index in (0, 1))
        if absent := sorted(set(itertools.product(numbers, parts)) - found):
            return f"{layer}.{'.'.join(absent[0])} is missing; save the whole model again"
    return None


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without transformers' bars, logs and warnings."""
    transformers = importlib.import_module("transformers")
    logging = transformers.utils.logging
    verbosity, bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(verbosity)
        if bar:
            logging.enable_progress_bar()
