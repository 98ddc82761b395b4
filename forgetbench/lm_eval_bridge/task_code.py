"""The Python that tasks bring: `!function utils.name` as code, and all files that decide what it does.

Found as lm-eval finds it: `utils.py` beside the file that says so, else a module that can be imported. It is trusted:
it runs as the user does.
"""

from __future__ import annotations

import ast
import functools
import importlib
import importlib.util
import sys
import sysconfig
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from forgetbench.errors import InputError, SuiteError, first_line
from forgetbench.fingerprint import digest
from forgetbench.lm_eval_bridge.task_yaml import FunctionName
from forgetbench.storage.files import read_bytes

_METRICS = "forgetbench.metrics"


def code_of(function: FunctionName) -> Any:
    """The function (or class) that a YAML names. SuiteError where it cannot be had."""
    module_name, _, name = function.name.rpartition(".")
    path = module_file(function)
    where = f"{function.folder}: !function {function.name}"
    if not module_name:
        raise SuiteError(f"{where}: a file and a function in it are expected, as in utils.{name}")
    try:
        module = _module(path) if path is not None else importlib.import_module(module_name)
    except InputError:
        raise
    except (Exception, SystemExit) as error:  # whatever a task's own code raises, or ends with
        raise SuiteError(f"{where}: {type(error).__name__}: {first_line(error)}") from error
    if not hasattr(module, name):
        raise SuiteError(f"{where}: {module.__file__ or module_name} has no function '{name}'")
    return getattr(module, name)


def module_file(function: FunctionName) -> Path | None:
    """The Python file beside a YAML that a function stands in; None for one of a module that is installed."""
    path = (function.folder / f"{function.name.rpartition('.')[0].replace('.', '/')}.py").resolve()
    return path if path.exists() else None


def _module(path: Path) -> ModuleType:
    """The module that a file is now: never a compiled copy of an earlier one."""
    source = read_bytes(path, SuiteError)
    name = str(path.with_suffix(""))
    content = digest(source.hex())
    known = sys.modules.get(name)
    if known is not None and getattr(known, "__content__", None) == content:
        return known
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None:
        raise SuiteError(f"{path}: is no Python file")
    module = importlib.util.module_from_spec(spec)
    module.__dict__["__content__"] = content
    sys.modules[name] = module
    try:
        exec(compile(source, str(path), "exec"), module.__dict__)  # noqa: S102 - what `!function` is for
    except BaseException:
        del sys.modules[name]
        raise
    return module


# --- what decides how code scores -------------------------------------------------------------


def code_fingerprint(function: Callable[..., Any]) -> list[str]:
    """Hashes of all that decides what a function does: its file, the files it imports and the data files they name.

    Of modules that are installed only the name counts, and of forgetbench's own the metrics.
    """
    module = sys.modules.get(str(getattr(function, "__module__", "")))
    file = getattr(module, "__file__", None)
    name = str(getattr(function, "__qualname__", type(function).__qualname__))
    if file is None:
        return [name]
    if str(getattr(module, "__name__", "")).startswith("forgetbench."):
        return [name, _metrics_fingerprint()]
    return [name, *_of_files(Path(file))]


@functools.cache
def _metrics_fingerprint() -> str:
    """Hash of the code by which embedded tasks score: another metric gives scores that must not be paired."""
    folder = Path(str(importlib.import_module(_METRICS).__file__)).parent
    return digest([digest(path.read_bytes().hex()) for path in sorted(folder.rglob("*.py"))])


def _of_files(file: Path) -> list[str]:
    """Hashes of a module's file and of everything that it leads to, in the order in which it is found."""
    hashes: list[str] = []
    waiting, seen = [file], set()
    while waiting:
        path = waiting.pop(0)
        if path in seen:
            continue
        seen.add(path)
        source = read_bytes(path, SuiteError, _MOST_READ)
        hashes.append(digest(source.hex()))
        if path.suffix == ".py":
            names, texts = _said(source)
            if any(name == _METRICS or name.startswith(f"{_METRICS}.") for name in names):
                hashes.append(_metrics_fingerprint())
            waiting += [found for name in names for found in _local(name, path)]
            waiting += _named_files(texts, path.parent)
    return hashes


_MOST_READ = 1 << 30


@functools.lru_cache(maxsize=256)
def _said(source: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What code imports, and the texts in it that may be names of files; many tasks share their code."""
    tree = ast.parse(source)
    texts = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and 0 < len(node.value) < 200
    }
    return tuple(_imported(tree)), tuple(sorted(texts))


def _imported(tree: ast.AST) -> Iterator[str]:
    """Dotted names of modules, and of what is imported from them, which may be one; those in functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = [node.module] if node.module else []
            yield from parts
            yield from (".".join([*parts, alias.name]) for alias in node.names)


def _local(name: str, importer: Path) -> Iterator[Path]:
    """The file of a module that lies beside its importer, or on the path and is not installed."""
    top = name.partition(".")[0]
    if top == "forgetbench" or top in sys.stdlib_module_names:
        return
    for folder in (importer.parent, *(Path(entry) for entry in sys.path if not _installed(Path(entry)))):
        stem = folder / name.replace(".", "/")
        for path in (stem.with_name(f"{stem.name}.py"), stem / "__init__.py"):
            if path.is_file():
                yield path.resolve()
                return


@functools.cache
def _installed(folder: Path) -> bool:
    """Whether a folder of sys.path holds what was installed, with Python or after it."""
    homes = {Path(path).resolve() for path in sysconfig.get_paths().values()}
    return any(home == folder.resolve() or home in folder.resolve().parents for home in homes)


def _named_files(texts: Iterable[str], folder: Path) -> list[Path]:
    """Files beside the code whose names stand in it, as the data that it reads."""
    return [folder / text for text in texts if "\0" not in text and (folder / text).is_file()]


def functions_in(value: Any) -> Iterator[Callable[..., Any]]:
    """Every function in a configuration, in its order."""
    if callable(value):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from functions_in(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from functions_in(item)
