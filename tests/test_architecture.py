"""The package listing explains the program, and imports point one way."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "forgetbench"

# A room may import those above it in this list, at any depth of call; never one below or beside it.
LAYERS = [
    {"errors", "records", "progress"},
    {"fingerprint", "stats", "metrics", "sandbox"},
    {"storage"},
    {"models", "lab"},
    {"engines", "lm_eval_bridge"},
    {"suites"},
    {"evaluation", "comparison"},
    {"report"},
    {"gate"},
    {"pipeline", "leaderboard"},
    {"cli", "integrations"},
    {"__main__"},
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
HEAVY = {
    "vllm": {"engines"}, "torch": {"lab", "engines", "integrations"},
    "transformers": {"lab", "engines", "models", "integrations"},
    "lm_eval": {"lm_eval_bridge", "integrations"}, "matplotlib": {"report"}, "ray": {"engines"},
    "peft": {"lab", "engines"}, "openai": {"engines"},
}  # fmt: skip


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def part(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "import_module" and node.args:
            argument = node.args[0]
            if isinstance(argument, ast.Constant):
                found.add(str(argument.value))
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_one_way(path: Path) -> None:
    own = part(path)
    assert own in LEVEL, f"{own} has no layer yet: place it in LAYERS"
    for name in imported(path):
        if name.startswith("forgetbench."):
            other = name.split(".")[1]
            if other in LEVEL and other != own:
                assert LEVEL[other] < LEVEL[own] or (LEVEL[other] == LEVEL[own] == 0), f"{own} imports {other}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_heavy_imports_stay_in_their_leaf(path: Path) -> None:
    for name in imported(path):
        allowed = HEAVY.get(name.split(".")[0])
        assert allowed is None or part(path) in allowed, f"{part(path)} imports {name}"


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


def test_public_names() -> None:
    import forgetbench

    assert all(hasattr(forgetbench, name) for name in forgetbench.__all__)
    assert forgetbench.__all__ == sorted(forgetbench.__all__)
