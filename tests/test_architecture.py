"""The package listing explains the program, and imports point one way."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from forgetbench.engines.registry import engine_names

PACKAGE = Path(__file__).parent.parent / "forgetbench"

# A room may import those above it in this list, at any depth of call; never one below or beside it.
LAYERS = [
    {"errors", "messages", "stored", "records", "progress", "sanitize", "console", "declared"},
    {"fingerprint", "stats", "metrics", "sandbox"},
    {"storage"},
    {"models"},
    {"engines", "lm_eval_bridge"},
    {"suites"},
    {"evaluation", "comparison"},
    {"diagnosis"},
    {"report"},
    {"gate", "interop"},
    {"pipeline", "leaderboard", "view"},
    {"lab"},
    {"cli", "integrations"},
    {"__main__"},
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
HEAVY = {
    "vllm": {"engines"}, "torch": {"lab", "engines", "models", "integrations", "diagnosis"},
    "transformers": {"lab", "engines", "models", "integrations"},
    "lm_eval": {"lm_eval_bridge", "integrations"}, "matplotlib": {"lab", "report"}, "ray": {"engines"},
    "peft": {"lab", "engines"}, "aiohttp": {"engines"}, "starlette": {"view"}, "uvicorn": {"view"}, "duckdb": {"view"},
}  # fmt: skip


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "import_module" and node.args:
            argument = node.args[0]
            if isinstance(argument, ast.Constant):
                names.add(str(argument.value))
    return names


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_one_way(path: Path) -> None:
    own = room(path)
    assert own in LEVEL, f"{own} has no layer yet: place it in LAYERS"
    for name in imported(path):
        if name.startswith("forgetbench."):
            other = name.split(".")[1]
            if other in LEVEL and other != own:
                assert LEVEL[other] < LEVEL[own] or (LEVEL[other] == LEVEL[own] == 0), f"{own} imports {other}"


def test_every_layer_is_there() -> None:
    assert {room(path) for path in modules()} == set(LEVEL)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_heavy_imports_stay_in_their_leaf(path: Path) -> None:
    for name in imported(path):
        allowed = HEAVY.get(name.split(".")[0])
        assert allowed is None or room(path) in allowed, f"{room(path)} imports {name}"


def test_nothing_is_decided_by_an_engine_s_name() -> None:
    """What differs between engines is said by the engines; their names stand in the registry alone."""
    names = set(engine_names())
    compared = [
        (path.relative_to(PACKAGE).as_posix(), node.lineno)
        for path in modules()
        if room(path) != "engines"  # where a server says that it is one of them
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Compare)
        for side in (node.left, *node.comparators)
        if isinstance(side, ast.Constant) and side.value in names
    ]
    assert compared == []


def test_the_command_line_starts_without_heavy_modules() -> None:
    code = (
        "import sys, forgetbench.cli.app as cli\n"
        "heavy = 'torch vllm transformers lm_eval matplotlib ray pandas numpy scipy pydantic'.split()\n"
        "print(sorted(set(heavy) & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_lm_eval_is_imported_only_when_a_task_or_its_model_is_wanted() -> None:
    code = (
        "import sys, forgetbench, forgetbench.lm_eval_bridge\n"
        "before = 'lm_eval' in sys.modules\n"
        "forgetbench.ForgetbenchLM\n"
        "print(before, 'lm_eval' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False True"
