"""What was lost: the domains that a cause is looked for."""

from __future__ import annotations

from forgetbench.records import Comparison, DeltaRow


def lost_domains(comparison: Comparison) -> tuple[DeltaRow, ...]:
    """Domains that regressed, in whole or in part, by more than their margin allows.

    A loss that is shown to lie within the margin is no loss to look for causes of: likelihoods are so precise that a
    handful of the smallest steps shows one.
    """
    return tuple(
        row
        for row in comparison.domains
        if row.judgement.verdict in ("regressed", "mixed") and row.judgement.within_margin is not True
    )
