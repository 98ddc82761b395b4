"""The examples in the docstrings give what they say."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from types import ModuleType

import pytest

import forgetbench.stats
from forgetbench.suites import domains

NAMES = [info.name for info in pkgutil.iter_modules(forgetbench.stats.__path__)]
MODULES = [importlib.import_module(f"forgetbench.stats.{name}") for name in NAMES]


@pytest.mark.parametrize("module", [*MODULES, domains], ids=lambda module: module.__name__)
def test_examples(module: ModuleType) -> None:
    assert doctest.testmod(module).failed == 0
