"""The table of docs/checkup.md, from results/benchmarks/planted_faults-*.json and nothing else."""

from __future__ import annotations


def write_table() -> None:
    pass
