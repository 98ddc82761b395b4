"""What a comparison could have seen."""

from __future__ import annotations

from forgetbench.stats.quantiles import normal_quantile


def smallest_detectable_drop(se: float, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """The true drop that a two-sided test at `alpha` finds with probability `power`, at most 1.

    (z(1 - alpha/2) + z(power)) * se, `se` being the paired, clustered standard error that was observed: about
    2.8 standard errors. Source: Miller 2024, arXiv 2411.00640; Bloom 1995, Evaluation Review 19:547.
    """
    return min(1.0, (normal_quantile(1 - alpha / 2) + normal_quantile(power)) * se)
