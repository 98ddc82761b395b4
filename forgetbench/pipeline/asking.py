"""What a diagnosis asks of the two models of a comparison."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from forgetbench.comparison.sft_data import SftData
from forgetbench.diagnosis import Asked
from forgetbench.diagnosis.asked import Distribution
from forgetbench.diagnosis.measure import Measure
from forgetbench.engines.base import EngineOptions
from forgetbench.errors import InputError
from forgetbench.pipeline.distribution import measure_calibration, measure_distribution
from forgetbench.pipeline.two_models import open_models
from forgetbench.pipeline.without_data import read_without_data
from forgetbench.progress import Progress
from forgetbench.records import Comparison


@dataclass(frozen=True, slots=True)
class Questions:
    """What a diagnosis asks of the two models."""

    distribution: bool
    """What they say next."""
    text: Path | None
    """A text of the user's own, beside the embedded passages."""
    n_texts: int | None
    """How many texts of each kind and training prompts are looked at; None: as many as is usual."""
    n_samples: int
    """Samples of each, from which the training data is read; 0 for none."""

    def __post_init__(self) -> None:
        if self.n_samples < 0:
            raise InputError(f"--without-data {self.n_samples}: must be a number of samples")
        if self.n_texts is not None and self.n_texts < 1:
            raise InputError(f"--distribution-texts {self.n_texts}: must be at least 1")
        if self.text is not None and not self.distribution:
            raise InputError("--text is read with --distribution only; add that, or leave --text out")


def ask_models(
    questions: Questions,
    compared: Comparison,
    folder: Path,
    data: SftData | None,
    engine: EngineOptions,
    *,
    base: str | None,
    candidate: str | None,
    progress: Progress,
) -> Asked:
    """Ask base and candidate of the comparison in `folder`; errors as `open_models`."""
    with open_models(compared, folder, engine, base, candidate, progress) as models:
        # What may be refused comes first.
        distribution: Distribution | None = None
        rated: tuple[Measure, ...] = ()
        if questions.distribution:
            file = None if data is None else data.path
            distribution = measure_distribution(
                models,
                sft_data=file,
                text=questions.text,
                n_texts=questions.n_texts,
                seed=compared.seed,
                alpha=compared.alpha,
            )
            rated = measure_calibration(models.results, compared)
        if not questions.n_samples:
            return Asked(distribution, rated)
        readable = read_without_data(models, questions.n_samples, data, seed=compared.seed, alpha=compared.alpha)
        return Asked(distribution, rated, readable)
