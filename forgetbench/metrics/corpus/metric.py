"""What a corpus metric is: item scores from all rows of a task."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from forgetbench.metrics.corpus.responses import TaskResponses, require_same_rows

FloatArray = npt.NDArray[np.float64]


class CorpusMetric(Protocol):
    """Item scores from all rows of a task."""

    needs_training_texts: ClassVar[bool]
    """Without them nothing can be measured, and `paired` is not called."""

    def alone(self, responses: TaskResponses) -> FloatArray | None:
        """Scores of one run by itself, shape (rows,); None when the metric needs the other side."""
        ...

    def paired(
        self, base: TaskResponses, candidate: TaskResponses, training_texts: Sequence[str] | None
    ) -> tuple[FloatArray, FloatArray]:
        """Scores of both sides on the same rows, shape (rows,) each.

        Raises:
            IncomparableError: when the two sides do not have the same rows.
        """
        ...


class OneSided(ABC):
    """A metric that looks at one run's responses at a time."""

    __slots__ = ()
    needs_training_texts: ClassVar[bool] = False

    @abstractmethod
    def alone(self, responses: TaskResponses) -> FloatArray:
        """Scores of one run by itself, shape (rows,)."""

    def paired(
        self, base: TaskResponses, candidate: TaskResponses, training_texts: Sequence[str] | None
    ) -> tuple[FloatArray, FloatArray]:
        """Scores of both sides on the same rows; raises IncomparableError when they do not have the same rows."""
        require_same_rows(base, candidate)
        return self.alone(base), self.alone(candidate)
