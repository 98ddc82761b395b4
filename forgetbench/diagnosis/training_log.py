"""trainer_state.json: what the trainer of transformers wrote down. training_args.bin is a pickle and stays closed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any, Final

from forgetbench.errors import InputError, first_line
from forgetbench.storage.files import read_bytes
from forgetbench.storage.json_files import json_of_others

_NAME: Final = "trainer_state.json"
_MOST_BYTES: Final = 1 << 30


@dataclass(frozen=True, slots=True)
class LoggedStep:
    """One step that was logged, None for what was not."""

    step: int
    loss: float
    learning_rate: float | None = None
    gradient_norm: float | None = None
    epoch: float | None = None


@dataclass(frozen=True, slots=True)
class TrainingHistory:
    """A run's history, in the order of steps; a step repeated after a resume counts once, as it was logged last."""

    logged: tuple[LoggedStep, ...]
    evaluated: tuple[tuple[int, float], ...]
    """Step and loss on the trainer's own evaluation set, where it had one."""
    steps: int
    """Optimizer steps in all."""
    epochs: float | None
    tokens_seen: int | None

    @property
    def peak_rate(self) -> float | None:
        """The highest learning rate logged."""
        return max((each.learning_rate for each in self.logged if each.learning_rate is not None), default=None)

    @property
    def first_loss(self) -> float | None:
        """The mean of the first tenth of the logged losses: single steps are noisy."""
        return self._tenth(first=True)

    @property
    def last_loss(self) -> float | None:
        """The mean of the last tenth."""
        return self._tenth(first=False)

    def _tenth(self, *, first: bool) -> float | None:
        losses = [each.loss for each in self.logged if isfinite(each.loss)]
        n = max(1, len(losses) // 10)
        part = losses[:n] if first else losses[-n:]
        return sum(part) / len(part) if part else None


def read_training_history(path: Path) -> TrainingHistory:
    """Read a trainer_state.json, or that of a checkpoint's folder.

    Raises InputError where there is none, or none that can be read: a file cut short, other types than numbers.
    """
    path = path / _NAME if path.is_dir() else path
    try:
        if not path.exists():
            raise InputError(f"{path}: no such file; give the {_NAME} that the trainer left in a checkpoint")
        state = json_of_others(read_bytes(path, most=_MOST_BYTES))
    except ValueError as error:
        raise InputError(f"{path}: cannot be read, or cut short ({first_line(error)}); copy it again") from error
    if not isinstance(state, dict) or not isinstance(state.get("log_history"), list):
        raise InputError(f"{path}: has no log_history; give the {_NAME} that transformers' Trainer writes")
    rows = [row for row in state["log_history"] if isinstance(row, dict)]
    logged = {step: _logged(row, step, path) for row in rows if "loss" in row for step in [_step(row, path)]}
    evaluated = {_step(row, path): _number(row, "eval_loss", path) for row in rows if "eval_loss" in row}
    tokens = _optional(state, "num_input_tokens_seen", path, finite=True)
    return TrainingHistory(
        logged=tuple(logged[step] for step in sorted(logged)),
        evaluated=tuple((step, evaluated[step]) for step in sorted(evaluated)),
        steps=int(_optional(state, "global_step", path, finite=True) or max(logged, default=0)),
        epochs=_optional(state, "epoch", path, finite=True),
        # Trainers that do not count say 0.
        tokens_seen=int(tokens) if tokens else None,
    )


def _logged(row: Mapping[str, Any], step: int, path: Path) -> LoggedStep:
    rate, epoch = (_optional(row, name, path, finite=True) for name in ("learning_rate", "epoch"))
    return LoggedStep(step, _number(row, "loss", path), rate, _optional(row, "grad_norm", path), epoch)


def _step(row: Mapping[str, Any], path: Path) -> int:
    return int(_number(row, "step", path, finite=True))


def _optional(row: Mapping[str, Any], name: str, path: Path, *, finite: bool = False) -> float | None:
    return None if row.get(name) is None else _number(row, name, path, finite=finite)


def _number(row: Mapping[str, Any], name: str, path: Path, *, finite: bool = False) -> float:
    """A loss or a norm may be NaN, which is a finding; nothing else may."""
    value = row.get(name)
    # bool is an int in Python, and no number here.
    if isinstance(value, (int, float)) and not isinstance(value, bool) and (isfinite(value) or not finite):
        return float(value)
    raise InputError(f"{path}: log_history: {name} is {value!r:.40}, not a number; copy the file again")


def losses(history: TrainingHistory) -> Iterable[tuple[int, float]]:
    """Step and training loss of every logged step."""
    return ((each.step, each.loss) for each in history.logged)
