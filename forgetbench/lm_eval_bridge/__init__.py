"""lm-eval's tasks become Requests, Responses become ItemScores.

Prompts, few-shot draws, filters and process_results are lm-eval's own; running them is ours. Written against
lm_eval 0.4.12 to 0.4.x, whose task modules 0.5 rewrites. Importing this imports no lm-eval, and nothing in it knows
suites.

    TaskEntry -> loading -> LoadedTask -> planning -> PlannedTask, Requests -> (engine) -> scoring -> ItemScores

    task_entry        a task that is asked for, and its settings
    task_yaml         a task's YAML with what it includes;  settings, decoding: what its fields may say
    task_code         the Python that it names, and all that decides what that does
    members           the tasks behind a name: of a group, of a tag
    registry, groups  lm-eval's own tasks by name; a group of them as one task
    templates         its prompts are rendered in Jinja's sandbox
    data_sets         what of the hub's data is on this machine;  local_data: files, as they are now
    documents, shots  what cannot be scored, or shown, is told before anything is asked
    rating            generated text by likelihood under the base;  responding: what came back for an item
    code_eval         programs that a task's scoring runs go into the sandbox
    describing        metric, chance, view, ... of a loaded task;  task_fingerprint: its hash
"""

from __future__ import annotations

from forgetbench.lm_eval_bridge.describing import BINARY_METRICS, PRIMARY_METRICS
from forgetbench.lm_eval_bridge.loading import LoadedTask, load
from forgetbench.lm_eval_bridge.planning import (
    AnswerLocation,
    PlannedItem,
    PlannedTask,
    PromptContext,
    plan,
    plan_all,
)
from forgetbench.lm_eval_bridge.rating import RatingRequests, Ratings, mean_logprobs, rating_requests
from forgetbench.lm_eval_bridge.registry import check_mentioned
from forgetbench.lm_eval_bridge.scoring import score
from forgetbench.lm_eval_bridge.task_entry import TaskEntry

__all__ = [
    "BINARY_METRICS",
    "PRIMARY_METRICS",
    "AnswerLocation",
    "LoadedTask",
    "PlannedItem",
    "PlannedTask",
    "PromptContext",
    "RatingRequests",
    "Ratings",
    "TaskEntry",
    "check_mentioned",
    "load",
    "mean_logprobs",
    "plan",
    "plan_all",
    "rating_requests",
    "score",
]
