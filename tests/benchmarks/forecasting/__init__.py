"""Which items a candidate forgets, and what its domains lose, from a share of the items and finished comparisons.

reading.py     finished comparisons of one base as a matrix of candidates and items
matrix.py      the arrays
baseline.py    what needs no structure between candidates: difficulty, the base's margin, the asked share's mean
low_rank.py    what candidates forget together;  nearest.py: the known candidates most alike
logistic.py    what both are fitted by
choice.py      which of them predicts best, by cross-validation
deltas.py      domain deltas with intervals that hold whatever the predictions are worth
families.py    which recipes of the lab may not stand for one another

It stands with the benchmark that measures it and not in the package: docs/forecast.md says why.
"""
