"""What is asked of every checkpoint, and how: the options of a run, a sweep, a sequential gate and a callback."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from forgetbench.declared import take_as_declared
from forgetbench.errors import InputError
from forgetbench.models.prompting import template_settings
from forgetbench.records import Protocol

_PROTOCOLS: dict[str, tuple[Protocol, ...]] = {
    "native": ("native",),
    "completion": ("completion",),
    "chat": ("chat",),
    # The headline comes last, and shows the other beside it.
    "both": ("completion", "native"),
}


@dataclass(frozen=True, slots=True)
class EvaluationOptions:
    """What is asked, and how. Raises InputError for options that do not go together."""

    suite: str | None = None
    """A suite by name, or a suite file; by default core."""
    task: tuple[str, ...] = ()
    """Tasks by name instead of a suite; repeatable."""
    domain: str | None = None
    """Domain of --task names that do not declare one."""
    target: Path | None = None
    """Your own prompts and answers (JSONL), as domain target."""
    protocol: Literal["native", "completion", "chat", "both"] = "native"
    """native: each checkpoint's own chat template, if any. both: native, and completion beside it."""
    limit: int | None = None
    """Only the first so many items of each task."""
    level: str | None = None
    """Only items of these levels of difficulty, of tasks whose items have one: 4, 2-4 or 4-."""
    max_gen_toks: int | None = None
    """Token limit of every generated answer, in place of the suite's and each task's own."""
    chat_template_kwargs: tuple[str, ...] = ()
    """What chat templates are told: KEY=VALUE or a JSON object, as enable_thinking=false; repeatable."""
    system_prompt: str | None = None
    """System turn in front of every prompt that a chat template makes."""
    add_bos: bool = False
    """Put BOS in front of every prompt that does not begin with it."""
    seed: int = 0
    """Seed of few-shot draws and sampling."""
    run_code: bool = False
    """Run code that the model writes, in a sandbox."""
    results: Path = Path("results")
    """Where runs and comparisons are kept."""
    rehash: bool = False
    """Read all weights again, though nothing was done to their files since they were last read."""

    def __post_init__(self) -> None:
        take_as_declared(self)
        if self.suite and self.task:
            raise InputError("--suite and --task exclude each other; give one of them")
        if self.limit is not None and self.limit < 1:
            raise InputError(f"--limit {self.limit}: must be at least 1")
        if self.max_gen_toks is not None and not 1 <= self.max_gen_toks < 1 << 31:
            raise InputError(f"--max-gen-toks {self.max_gen_toks}: must be at least 1, and below 2^31")
        if self.level is not None:
            from forgetbench.lm_eval_bridge.selection import Levels

            try:
                Levels.of(self.level)
            except ValueError as error:
                raise InputError(f"--level: {error}") from error
        template_settings(self.chat_template_kwargs)

    @property
    def protocols(self) -> tuple[Protocol, ...]:
        """The protocols to evaluate under, one after the other."""
        return _PROTOCOLS[self.protocol]
