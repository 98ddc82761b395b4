"""Logs of other harnesses become runs of a results folder, which any two of can be compared."""
