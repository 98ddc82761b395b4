"""Engines by name: those of this package, and those that others add through the entry point `forgetbench.engines`.

Nothing is imported until an engine is asked for. docs/add_an_engine.md shows how to add one.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib
import importlib.metadata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

from forgetbench.engines.base import Engine, EngineClass, EngineOptions
from forgetbench.errors import EngineError, InputError, did_you_mean, first_line
from forgetbench.fingerprint import file_digest
from forgetbench.records import Checkpoint

ENTRY_POINTS = "forgetbench.engines"
"""The group under which another distribution names its engines: `name = "module:Class"`."""

_BUILT_IN = {
    "openai": "forgetbench.engines.openai:OpenAIEngine",
    "scripted": "forgetbench.engines.scripted:ScriptedEngine",
    "transformers": "forgetbench.engines.transformers:TransformersEngine",
    "vllm": "forgetbench.engines.vllm.engine:VllmEngine",
}

_REFERENCE = "transformers"


def engine_names() -> list[str]:
    """All engines there are to choose from, sorted; their own libraries may be missing."""
    return sorted({*_BUILT_IN, *_plugins()})


def engine_class(name: str) -> EngineClass:
    """The class of an engine; a name of this package is never another's.

    Raises InputError for an unknown name, EngineError for a plug-in that cannot be imported.
    """
    if name in _BUILT_IN:
        module, _, attribute = _BUILT_IN[name].partition(":")
        return cast("EngineClass", getattr(importlib.import_module(module), attribute))
    plugin = _plugins().get(name)
    if plugin is None:
        raise InputError(f"unknown engine '{name}'; {did_you_mean(name, engine_names())}")
    try:
        return cast("EngineClass", plugin.load())
    except Exception as error:  # a plug-in is a program of its own: importing it can raise anything
        distribution = plugin.dist.name if plugin.dist else "a plug-in"
        raise EngineError(
            f"engine '{name}' of {distribution} ({plugin.value}) cannot be imported: {type(error).__name__}: "
            f"{first_line(error)}; install it anew, or take another engine"
        ) from error


def make_engine(options: EngineOptions, checkpoints: Sequence[Checkpoint] = ()) -> Engine:
    """An engine in this process, or Ray actors that share the work; nothing is loaded yet.

    `checkpoints` are all that it will be asked to load. Raises InputError for an unknown name and for options that
    the engine does not have, EngineError where it is not installed: what was asked for is never replaced.
    """
    engine = _class_of(options)
    if options.replicas == 1 and options.ray_address is None:
        return engine(options, checkpoints)
    from forgetbench.engines.ray.pool import RayPool, absolute

    # A replica may work in another folder than this process.
    make = functools.partial(engine, options, [absolute(checkpoint) for checkpoint in checkpoints])
    return RayPool(
        make, replicas=options.replicas, address=options.ray_address, tensor_parallel=options.tensor_parallel
    )


def reference_options(options: EngineOptions) -> EngineOptions | None:
    """transformers in float32, by which architectures are defined; None where the options ask for transformers."""
    if options.engine == _REFERENCE:
        return None
    return EngineOptions(
        _REFERENCE, dtype="float32", max_model_len=options.max_model_len, allow_pickle=options.allow_pickle,
        trust_remote_code=options.trust_remote_code,
    )  # fmt: skip


def resolve_checkpoint(
    text: str,
    options: EngineOptions,
    *,
    base: Checkpoint | None = None,
    hash_file: Callable[[Path], str] = file_digest,
) -> Checkpoint:
    """The checkpoint that `text`, `[NAME=]WHERE[@REVISION]`, names to the engine of these options.

    `base` is what it is compared with, where there is one: an adapter must sit on it. Raises CheckpointError for a
    checkpoint that cannot be had, InputError and EngineError as `make_engine` does.
    """
    return _class_of(options).resolve(text, options, base=base, hash_file=hash_file)


def _class_of(options: EngineOptions) -> EngineClass:
    """The engine's class. InputError where an option is set that it does not take."""
    engine = engine_class(options.engine)
    for field in dataclasses.fields(EngineOptions):
        if field.name in ("engine", *engine.takes) or getattr(options, field.name) == field.default:
            continue
        others = [name for name in _BUILT_IN if field.name in engine_class(name).takes]
        raise InputError(
            f"--{field.name.replace('_', '-')} is not for --engine {options.engine}; leave it out, or add "
            f"--engine {' or '.join(others)}"
        )
    return engine


def _plugins() -> dict[str, importlib.metadata.EntryPoint]:
    return {entry.name: entry for entry in importlib.metadata.entry_points(group=ENTRY_POINTS)}
