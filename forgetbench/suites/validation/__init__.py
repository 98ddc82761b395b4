"""Whether task modules can be trusted: `forgetbench tasks validate PATH`. See docs/validate.md.

declared   the YAML: metadata, metric, decoding, chance
items      ids, duplicates, few-shot examples, clusters, order;  similar: near-duplicates
keys       right options, answers, questions that name them
leaks      rules that know nothing land at chance
scoring    answers with a known score, through the task's own scoring (trials)
debris     characters that nobody typed on purpose
"""

from __future__ import annotations

from forgetbench.suites.validation.checking import validate_tasks
from forgetbench.suites.validation.findings import Finding, TaskFindings, Validation

__all__ = ["Finding", "TaskFindings", "Validation", "validate_tasks"]
