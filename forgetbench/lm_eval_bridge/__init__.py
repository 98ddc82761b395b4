"""The only package that imports lm-eval: its tasks become Requests, Responses become ItemScores.

Prompts, few-shot draws, filters and process_results are lm-eval's own; running them is ours. Written against
lm_eval 0.4.12 to 0.4.x, whose task modules 0.5 rewrites.

    suite -> loading -> LoadedTask -> planning -> PlannedTask, Requests -> (engine) -> scoring -> ItemScores

`model.py` goes the other way: an engine as an lm-eval model. It is imported by name alone, since it imports lm-eval.
"""

from __future__ import annotations

from forgetbench.lm_eval_bridge.loading import BINARY_METRICS, LoadedTask, embedded_task_files, load_tasks
from forgetbench.lm_eval_bridge.planning import Ask, PlannedItem, PlannedTask, PromptContext, plan
from forgetbench.lm_eval_bridge.scoring import judge_requests, mean_logprobs, score

__all__ = [
    "BINARY_METRICS",
    "Ask",
    "LoadedTask",
    "PlannedItem",
    "PlannedTask",
    "PromptContext",
    "embedded_task_files",
    "judge_requests",
    "load_tasks",
    "mean_logprobs",
    "plan",
    "score",
]
