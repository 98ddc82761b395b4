"""`ForgettingCallback`: what a training takes away from its model, measured while it runs."""

from __future__ import annotations

import json
import logging
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, Self

from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState

from forgetbench.comparison.proven import domain_effects, proven_drops
from forgetbench.engines.base import EngineOptions
from forgetbench.errors import ForgetbenchError, InputError
from forgetbench.evaluation.options import EvaluationOptions
from forgetbench.integrations.trainer.evaluation import (
    Questions,
    SavedWeights,
    StepComparison,
    Weights,
    WeightsInMemory,
    evaluate_base,
    evaluate_step,
    logged_values,
    read_questions,
)
from forgetbench.integrations.trainer.memory import MemoryEngine, is_sharded, undisturbed
from forgetbench.pipeline import read_training_log
from forgetbench.progress import Progress
from forgetbench.records import TARGET
from forgetbench.report import write_trajectory
from forgetbench.report.trajectory import TrajectoryPoint
from forgetbench.storage.folder import ResultsFolder

STATE = "forgetbench"
"""Key of what a checkpoint's trainer_state.json remembers for a resumed training, among `stateful_callbacks`."""

_log = logging.getLogger(__name__)


class ForgettingCallback(TrainerCallback):  # type: ignore[misc]
    """Evaluates a suite while a Trainer trains, and logs what was lost since before the first step.

        callback = ForgettingCallback("smoke", every=100, limit=50).attach(trainer)
        trainer.train()

    Logged, through the trainer's own log: `forgetting/<domain>_delta`, `_ci_low`, `_ci_high` and `_retention` for each
    domain, `forgetting/overall_delta`, and `forgetting/seconds`, what the evaluation took. Every evaluation is also an
    ordinary run and comparison under `results`, and all of them a trajectory at the end of the training. The
    training itself is not touched: weights, losses and random draws are the same, bit for bit, without the callback.

    With `stop_on_regression` the training ends after the first evaluation that proves a loss in a domain other than
    target: an e-value against "nothing was lost" (`stats.sequential.loss_e_value`) whose reciprocal, after Holm's
    adjustment over the domains, is at most 6 alpha / (pi^2 j^2) at the j-th evaluation. The evaluations ask the same
    items, so their e-values are never multiplied; instead their chances are added up, and sum to `alpha`, however many
    there are and however they depend on each other. See `comparison.proven` and docs/training_callback.md.

    In a distributed training the process with world rank 0 evaluates and the others wait.
    """

    def __init__(
        self,
        suite: str | Sequence[str] = "smoke",
        *,
        every: int | None = None,
        at: Literal["save"] | None = None,
        base: str | Path | None = None,
        limit: int | None = None,
        max_gen_toks: int | None = None,
        chat_template_kwargs: Mapping[str, Any] | None = None,
        system_prompt: str | None = None,
        add_bos: bool = False,
        seed: int = 0,
        results: str | Path = "results",
        stop_on_regression: bool = False,
        alpha: float = 0.05,
        margins: Mapping[str, float] | None = None,
        engine: EngineOptions | None = None,
        tokenizer: Any = None,
        strict: bool = False,
    ) -> None:
        """Evaluate `every` so many steps and after the last, or `at="save"`, whenever the trainer saves.

        `suite` is a suite's name or file, or a list of task names; `limit` bounds the items of each task,
        `max_gen_toks` the tokens of every generated answer, in place of the suite's own limits; `chat_template_kwargs`,
        `system_prompt` and `add_bos` say how prompts are made (see `EvaluationOptions`). `base` is a
        checkpoint to compare with instead of the weights before the first step. The model is asked where
        it is; an `engine` loads each saved folder instead, which needs `at="save"` and a `base`. `margins`
        replaces the suite's, `tokenizer` the trainer's. An evaluation that fails is reported once and the training
        goes on, unless it is `strict`. Raises InputError for settings that do not go together.
        """
        if (every is None) == (at is None):
            raise InputError('say when to evaluate: either every=N, in steps, or at="save"')
        if every is not None and every < 1:
            raise InputError(f"every={every}: must be at least 1")
        if at not in (None, "save"):
            raise InputError(f'at="{at}": only "save" is known; for a number of steps give every=N')
        if not 0.0 < alpha < 1.0:
            raise InputError(f"alpha={alpha}: must be between 0 and 1")
        if engine is not None and (at is None or base is None):
            raise InputError('an engine loads saved folders: give at="save", and base= what to compare with')
        self._margins = dict(margins or {})
        self._evaluation = _evaluation_options(
            suite,
            EvaluationOptions(
                limit=limit,
                max_gen_toks=max_gen_toks,
                chat_template_kwargs=(json.dumps(dict(chat_template_kwargs)),) if chat_template_kwargs else (),
                system_prompt=system_prompt,
                add_bos=add_bos,
                seed=seed,
                results=Path(results),
            ),
        )
        self._every, self._base, self._engine = every, None if base is None else str(base), engine
        self._stops, self._alpha, self._strict, self._tokenizer = stop_on_regression, alpha, strict, tokenizer
        self._trainer: Any = None
        self._reset()

    def _reset(self) -> None:
        self.stopped: str | None = None
        """Why the training was stopped, in one line; None where it was not."""
        self.comparisons: list[Path] = []
        """The comparison folders so far, in order of steps."""
        self._points: list[TrajectoryPoint] = []
        self._looks = 0
        self._questions: Questions | None = None
        self._weights: Weights | None = None
        self._failed = False

    def attach(self, trainer: Any) -> Self:
        """Make this a callback of `trainer`, to whose log the numbers go: a callback alone does not know it."""
        self._trainer = trainer
        if self not in trainer.callback_handler.callbacks:
            trainer.add_callback(self)
        return self

    # --- the trainer's events -----------------------------------------------------------------

    def on_train_begin(self, args: Any, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Evaluate the base. Whatever is wrong ends the training here, before it has cost anything."""
        self._reset()
        if self._trainer is None:
            raise InputError("ForgettingCallback does not know the trainer's log: call callback.attach(trainer)")
        model = self._trainer.model
        if self._engine is None and is_sharded(model):
            raise InputError(
                "the weights are sharded over processes (ZeRO-3, FSDP or tensor parallelism), so no process can "
                'evaluate them in memory: give at="save", base=FOLDER and engine=EngineOptions("vllm")'
            )
        if not state.is_world_process_zero:
            return
        ResultsFolder(self._evaluation.results).check_writable()
        with undisturbed(model):
            self._questions = read_questions(self._evaluation, self._margins)
            self._weights = self._find_weights(self._questions, args, state)
        self._remember(state)

    def on_step_end(
        self, args: Any, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> TrainerControl | None:
        if self._every and (state.global_step % self._every == 0 or state.global_step >= state.max_steps):
            return self._look(state, control)
        return None

    def on_save(self, args: Any, state: TrainerState, control: TrainerControl, **kwargs: Any) -> TrainerControl | None:
        return None if self._every else self._look(state, control)

    def on_train_end(self, args: Any, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        if len(self._points) > 1:
            self._guarded(state, self._write_trajectory)
        if self._weights is not None:
            self._weights.close()
            self._weights = None

    # --- the base -----------------------------------------------------------------------------

    def _find_weights(self, questions: Questions, args: Any, state: TrainerState) -> Weights:
        model = self._trainer.model
        weights: Weights
        if self._engine is not None:
            assert self._base is not None  # noqa: S101 - looked at in __init__
            weights = SavedWeights(model, self._engine, self._base, Path(args.output_dir))
            evaluate_base(questions, weights, self._progress)
            return weights
        in_memory = self._weights_in_memory(args, state)
        evaluate_base(questions, in_memory, self._progress)
        if self._base is None and state.global_step:
            in_memory.lose_base()
        elif self._base is None and any(task.rates_samples for task in questions.suite.tasks):
            in_memory.keep_base()
        return in_memory

    def _weights_in_memory(self, args: Any, state: TrainerState) -> WeightsInMemory:
        from forgetbench.models.checkpoints import resolve

        model = self._trainer.model
        mixed = "bfloat16" if args.bf16 else "float16" if args.fp16 else None
        engine = MemoryEngine(model, self._find_tokenizer(), autocast=mixed)
        now = engine.checkpoint("before-training", 0)
        if self._base is not None:
            return WeightsInMemory(model, engine, resolve(self._base))
        if state.global_step == 0:
            return WeightsInMemory(model, engine, now)
        before = (state.stateful_callbacks or {}).get(STATE)
        if not isinstance(before, dict) or not before.get("base"):
            raise InputError(
                f"the training goes on from step {state.global_step} of one without this callback, so the weights "
                "before it are not known; name them with base="
            )
        self._looks = int(before["looks"])
        return WeightsInMemory(model, engine, engine.remembered(before["base"], "before-training", 0))

    def _find_tokenizer(self) -> Any:
        processor = self._tokenizer if self._tokenizer is not None else self._trainer.processing_class
        # A processor of text and images holds a tokenizer.
        tokenizer = getattr(processor, "tokenizer", processor)
        if tokenizer is None:
            raise InputError("the trainer has no tokenizer (processing_class); give ForgettingCallback(tokenizer=...)")
        return tokenizer

    def _remember(self, state: TrainerState) -> None:
        """What a training that is resumed must know. `on_save` comes after the state is saved, so that look is counted
        ahead."""
        if self._weights is not None and state.stateful_callbacks is not None:
            looks = self._looks + (0 if self._every else 1)
            state.stateful_callbacks[STATE] = {"base": self._weights.base.fingerprint, "looks": looks}

    # --- a look -------------------------------------------------------------------------------

    def _look(self, state: TrainerState, control: TrainerControl) -> TrainerControl:
        reason = self._guarded(state, lambda: self._evaluate(state, control)) if self._questions is not None else None
        if self._stops and (reason := _said_by_first(reason)):
            self.stopped = reason
            control.should_training_stop = True
            if state.is_world_process_zero:
                _log.warning("forgetbench: %s", reason)
        return control

    def _evaluate(self, state: TrainerState, control: TrainerControl) -> str | None:
        """Evaluate, log, and say why the training should stop, where it should."""
        assert self._questions is not None and self._weights is not None  # noqa: S101 - both or neither
        start = time.perf_counter()
        looked = evaluate_step(self._questions, self._weights, state.global_step, Progress(note=_drop))
        reason = self._regression(looked)
        seconds = {"forgetting/seconds": round(time.perf_counter() - start, 3)}
        self._log_values({**logged_values(looked.comparison), **seconds}, control)
        self.comparisons.append(looked.folder)
        domains = {row.name: row for row in looked.comparison.domains}
        self._points.append(TrajectoryPoint(state.global_step, looked.comparison.candidate.name, domains))
        self._remember(state)
        return reason

    def _regression(self, looked: StepComparison) -> str | None:
        self._looks += 1
        supporting = [row.name for row in looked.comparison.tasks if row.supporting]
        effects = domain_effects(looked.items, supporting)
        effects.pop(TARGET, None)
        # A base at chance has nothing to lose, as for the gate. It stays in the family, so that what is left out
        # does not depend on the items that were drawn.
        nothing_to_lose = {row.name for row in looked.comparison.domains if row.judgement.at_chance}
        drops = [drop for drop in proven_drops(effects, self._alpha, self._looks) if drop.domain not in nothing_to_lose]
        if not drops:
            return None
        listed = ", ".join(map(str, drops))
        return f"training stops at step {looked.step}, evaluation {self._looks}: {listed}; see {looked.folder}"

    def _log_values(self, values: dict[str, float], control: TrainerControl) -> None:
        """To the trainer's history and every reporter.

        By the Trainer's own method, past that of a child: TRL's would put the means that it gathers for the next row of
        the training loss into this one.
        """
        # Logging ends a wish to log; the loss of this step may still have to be.
        wished = control.should_log
        Trainer.log(self._trainer, values)
        control.should_log = wished

    def _guarded(self, state: TrainerState, work: Callable[[], str | None]) -> str | None:
        """A training of days does not end because one evaluation of it failed, for whatever reason."""
        try:
            return work()
        except Exception as error:
            if self._strict:
                raise
            if not self._failed:
                expected = isinstance(error, ForgetbenchError)
                what = str(error) if expected else f"{type(error).__name__}: {error}"
                _log.warning(
                    "forgetbench: the evaluation at step %d failed and the training goes on (%s); "
                    "this is said once, strict=True ends the training instead",
                    state.global_step,
                    what,
                    exc_info=not expected,
                )
            self._failed = True
            return None

    @property
    def _progress(self) -> Progress:
        """Warnings about the base go to the log; of later steps they are in their runs' manifests."""
        return Progress(note=lambda text: _log.warning("forgetbench: %s", text))

    def _write_trajectory(self) -> None:
        history = {"log_history": self._trainer.state.log_history}
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "trainer_state.json"
            path.write_text(json.dumps(history), encoding="utf-8")
            log = read_training_log(path)
        write_trajectory(
            self._points, log, ResultsFolder(self._evaluation.results).trajectory(self.comparisons[-1].name)
        )


def _evaluation_options(suite: str | Sequence[str], own: EvaluationOptions) -> EvaluationOptions:
    return replace(own, suite=suite) if isinstance(suite, str) else replace(own, task=tuple(suite))


def _drop(text: str) -> None:
    pass


def _said_by_first(reason: str | None) -> str | None:
    """What the process with world rank 0 says: all must stop at the same step, or wait for each other for ever."""
    from accelerate.utils import broadcast_object_list

    reasons = [reason]
    broadcast_object_list(reasons)
    return reasons[0]
