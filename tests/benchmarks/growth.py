"""How cost grows: with items, context, options and checkpoints, each against the work that grows. `python growth.py`"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import engines
import machine
import workloads

from forgetbench.fingerprint import make_request
from forgetbench.models.checkpoints import resolve
from forgetbench.models.tokenizer import encode_pair
from forgetbench.records import Request
from forgetbench.storage.ledger import Ledger


def main() -> None:
    from forgetbench.lab.demo.demo_checkpoints import prepare

    demo = prepare()
    series = Series(demo.base)
    series.ask(workloads.one_token(4, explained=False))  # warms the kernels up
    rows = [series.row("items", n, workloads.one_token(n, explained=False)) for n in (25, 100, 400)]
    # 4,096 tokens of context with 16 items: the first item computes it, the others find it.
    rows += [series.row("context", n, workloads.long_choices(16, context_tokens=n)) for n in (256, 1024, 4096)]
    rows += [series.row("options", n, workloads.long_choices(40, options=n)) for n in (2, 4, 10)]
    rows += [series.checkpoints(n, [demo.base, demo.mild]) for n in (1, 4, 16)]
    series.engine.close()
    print(machine.write("growth", {"dtype": "bfloat16", "cache_block": series.block}, rows))


class Series:
    """Workloads of growing size through one running engine and an empty ledger each."""

    def __init__(self, model: Path) -> None:
        self.checkpoint = resolve(str(model))
        self.engine, _ = engines.started([self.checkpoint])
        self.block = self.engine._block_size

    def row(self, what: str, size: int, workload: workloads.Workload) -> dict[str, Any]:
        return self._row(what, size, self.ask(workload))

    def ask(self, workload: workloads.Workload) -> dict[str, float]:
        return self._run([(self.checkpoint, self._requests(workload, self.checkpoint.fingerprint))])

    def checkpoints(self, number: int, folders: list[Path]) -> dict[str, Any]:
        """The same items on `number` checkpoints in turn, weights swapped each time."""
        workload = workloads.one_token(40, explained=False)
        resolved = [resolve(str(folders[index % len(folders)])) for index in range(number)]
        asked = [(item, self._requests(workload, item.fingerprint, salt=n)) for n, item in enumerate(resolved)]
        return self._row("checkpoints", number, self._run(asked))

    def _run(self, asked: Iterable[tuple[Any, list[Request]]]) -> dict[str, float]:
        before = self._totals()
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder, Ledger(Path(folder) / "ledger.sqlite") as ledger:
            for checkpoint, requests in asked:
                self.engine.load([checkpoint])
                for response in self.engine.score(requests):
                    ledger.put(response)
        seconds = time.perf_counter() - began
        return {"seconds": seconds, **{name: total - before[name] for name, total in self._totals().items()}}

    def _requests(self, workload: workloads.Workload, checkpoint: str, salt: int = 0) -> list[Request]:
        tokenizer = self.engine.tokenizer(self.checkpoint)
        by_prompt: dict[tuple[int, ...], list[tuple[int, ...]]] = {}
        for request in workload.requests:
            prompt, tokens = encode_pair(tokenizer, *request)
            by_prompt.setdefault(prompt, []).append(tokens)
        return [make_request(checkpoint, {"pass": salt}, prompt, tuple(row)) for prompt, row in by_prompt.items()]

    def _totals(self) -> dict[str, int]:
        counts = self.engine.counts.values()
        return {name: sum(count.get(name, 0) for count in counts) for name in ("computed_tokens", "distinct_tokens")}

    @staticmethod
    def _row(what: str, size: int, figures: dict[str, float]) -> dict[str, Any]:
        over = figures["computed_tokens"] / figures["distinct_tokens"]
        per_token = 1000 * figures["seconds"] / figures["computed_tokens"]
        row = {"name": what, "size": size, **figures, "computed_over_floor": over, "ms_per_computed_token": per_token}
        print(row, flush=True)
        return row


if __name__ == "__main__":
    main()
