"""Doors to other tools: their logs become runs, and comparisons become what they publish."""
