"""What the trainer's own log tells: how fast, how long, and what the loss did meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from forgetbench.diagnosis.findings import Finding, Measure, State
from forgetbench.diagnosis.losses import lost_domains
from forgetbench.diagnosis.training_log import TrainingHistory
from forgetbench.records import Comparison

FULL_RATE: Final = 4e-5
"""Peak learning rate of full fine-tuning from which abilities usually go: twice the 2e-5 that published chat models
were tuned with (Llama 2, arXiv 2307.09288; Zephyr, arXiv 2310.16944)."""
ADAPTER_RATE: Final = 1e-3
"""The same of LoRA, for which 1e-4 to 5e-4 is usual (Biderman et al., arXiv 2405.09673, appendix)."""
WIDTH: Final = 4096
"""`hidden_size` of the models that both are said of. Under Adam the best rate falls with the width, as 1 / width (Yang
et al., Tensor Programs V, arXiv 2203.03466), so a narrower model bears a higher one."""
EPOCHS: Final = 4.0
"""More passes than these teach little that is new and much by heart (Muennighoff et al., arXiv 2305.16264)."""


def training_findings(
    comparison: Comparison, history: TrainingHistory, *, adapter: bool, width: int | None = None
) -> Iterator[Finding]:
    """Rate, passes over the data, and loss against abilities.

    Circumstances cause nothing by themselves: a rate or a number of epochs is suspected at most, and only where
    something was lost. Without `width` the model is taken for one of 7B.
    """
    lost = bool(lost_domains(comparison))
    limit = (ADAPTER_RATE if adapter else FULL_RATE) * max(1.0, WIDTH / (width or WIDTH))
    if history.peak_rate is not None:
        yield Finding(
            "high_rate",
            _suspected(history.peak_rate >= limit, lost),
            (Measure("peak_rate", history.peak_rate), Measure("usual_at_most", limit)),
        )
    if history.epochs is not None:
        yield Finding(
            "many_epochs",
            _suspected(history.epochs > EPOCHS, lost),
            (Measure("epochs", history.epochs), Measure("usual_at_most", EPOCHS)),
        )
    if history.first_loss is not None and history.last_loss is not None:
        measures = [Measure("first_loss", history.first_loss), Measure("last_loss", history.last_loss)]
        if comparison.overall.estimate is not None:
            estimate = comparison.overall.estimate
            measures.append(Measure("overall", estimate.delta, estimate.ci_low, estimate.ci_high))
        hides = history.last_loss < history.first_loss and lost
        yield Finding("loss_hides", "shown" if hides else "ruled_out", tuple(measures))


def _suspected(beyond: bool, lost: bool) -> State:
    if not beyond:
        return "ruled_out"
    return "suspected" if lost else "open"
