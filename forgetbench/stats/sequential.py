"""Evidence that may be looked at after every block of items."""

from __future__ import annotations

from math import log

from scipy import special


def discordance_e_value(losses: int, gains: int) -> float:
    """The e-value against "losses and gains are equally likely": E = 2^n / ((n + 1) C(n, gains)), n = losses + gains.

    Its mean is at most 1 at every look if the two are equally likely, so rejecting whenever E >= 1 / alpha is
    wrong with probability at most alpha, however often one looks. It is two-sided: read the direction off
    the counts. It is the likelihood ratio of a uniform prior on the share of gains against 1/2.
    Source: Ville 1939; Ramdas et al. 2023, Statistical Science 38:576. Raises ValueError on negative counts.
    """
    if losses < 0 or gains < 0:
        raise ValueError(f"counts cannot be negative: {losses} losses, {gains} gains")
    n = losses + gains
    # 1 / ((n + 1) C(n, k)) is the beta function B(k + 1, n - k + 1); logs hold where 2^n would not.
    return float(special.exp2(n + special.betaln(gains + 1, losses + 1) / log(2.0)))
