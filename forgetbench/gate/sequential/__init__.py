"""A gate that evaluates in random blocks, and only until everything that gates is decided."""

from forgetbench.gate.sequential.decide import BLOCKS, Evidence, SequentialResult, decide_in_blocks, undecided

__all__ = ["BLOCKS", "Evidence", "SequentialResult", "decide_in_blocks", "undecided"]
