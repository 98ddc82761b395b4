"""What lm-eval's tasks load to run code that a model wrote, with our sandbox in its place.

HumanEval, MBPP and their kin load the metric `code_eval` of the library `evaluate`. It is fetched from the hub, and
runs programs in a process of its own: with the user's files, network and environment.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator, Sequence
from typing import Any

from forgetbench import sandbox


class SandboxedCodeEval:
    """The part of `code_eval` that tasks use, in forgetbench's sandbox."""

    def compute(
        self, *, references: Sequence[str], predictions: Sequence[Sequence[str]], k: Sequence[int] = (1,)
    ) -> tuple[dict[str, float], dict[int, list[bool]]]:
        """pass@1, and per problem which candidates pass: programs that end well with the problem's test after them.

        `references` are tests, `predictions` the candidates for each. Raises ValueError for another k, InputError
        where code may not or cannot be run.
        """
        if list(k) != [1]:
            raise ValueError(f"only pass@1 is computed here, not k = {list(k)}")
        results: dict[int, list[bool]] = {}
        for number, (test, candidates) in enumerate(zip(references, predictions, strict=True)):
            outcomes = sandbox.run_all([f"{candidate}\n{test}" for candidate in candidates])
            results[number] = [outcome.passed for outcome in outcomes]
        shares = [sum(passed) / len(passed) for passed in results.values()]
        return {"pass@1": sum(shares) / len(shares)}, results


@contextlib.contextmanager
def sandboxed_code_eval() -> Iterator[None]:
    """Tasks that are loaded inside get `SandboxedCodeEval` where they ask `evaluate` for `code_eval`, for good."""
    evaluate: Any = importlib.import_module("evaluate")
    load = evaluate.load

    def instead(path: str, *args: Any, **settings: Any) -> Any:
        return SandboxedCodeEval() if path == "code_eval" else load(path, *args, **settings)

    evaluate.load = instead
    try:
        yield
    finally:
        evaluate.load = load
