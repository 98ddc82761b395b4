"""Arrays in, frozen results out; nothing here knows of runs, files or models.

clustered.py      macro means of paired differences by clusters of one key or two;  item_clusters.py: from names
blocks.py         differences of two groups within blocks
bootstrap.py      their interval;  skewness.py, proportions.py, quantiles.py: what it is made of
paired_tests.py   McNemar, sign flips, Student;  multiplicity.py: Holm, Benjamini and Hochberg
sequential.py     e-values, and planned looks;  dealing.py: clusters into blocks and halves
power.py          minimum detectable effects;  planning.py: what items will show, before they are asked
pareto.py         fronts;  power_law.py: a shifted power law
ratios.py         Fieller;  chance.py: guessing;  covariates.py: what the base's run knows;  shrinkage.py
"""
