"""Planted faults: broken checkpoints and tasks, each beside the nearest thing that is sound."""
