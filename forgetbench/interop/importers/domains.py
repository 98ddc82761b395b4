"""Which domain a task of another harness belongs to, where the user does not say."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

from forgetbench.records import OVERALL

_KNOWN = {
    "honesty": ("truthfulqa*", "simpleqa*", "*abstention*"),
    "safety": ("toxigen*", "bbq*", "crows_pairs*", "strongreject*", "harmbench*", "wmdp*", "xstest*"),
    "multilingual": (
        "*xnli*", "xcopa*", "xstorycloze*", "xwinograd*", "mgsm*", "belebele*", "cmmlu*", "ceval*", "global_mmlu*",
        "m_mmlu*", "paws*",
    ),
    "long_context": ("ruler*", "niah*", "longbench*", "babilong*"),
    "instruction": ("*ifeval*", "ifbench*"),
    "tools": ("bfcl*",),
    "language": ("lambada*", "wikitext*", "pile*", "blimp*", "cola", "race*", "boolq", "squad*", "wmt*"),
    "reasoning": (
        "gsm*", "hendrycks_math*", "minerva_math*", "math*", "aime*", "asdiv*", "svamp*", "*bbh*", "*bigbench_hard*",
        "hellaswag*", "winogrande*", "piqa*", "copa*", "social_iqa*", "siqa*", "logiqa*", "drop*", "*musr*", "anli*",
        "*leaderboard_math*", "humaneval*", "mbpp*",
    ),
    "knowledge": (
        "*mmlu*", "*arc_*", "arc:*", "sciq*", "openbookqa*", "triviaqa*", "nq_open*", "webqs*", "popqa*", "*gpqa*",
        "medqa*", "medmcqa*", "pubmedqa*", "agieval*", "commonsense_qa*", "commonsenseqa*",
    ),
}  # fmt: skip
"""Names of widely used tasks; the first that fits."""


def domain_of(task: str, groups: Iterable[str]) -> str:
    """The domain of a known task or of one in a known group; else the outermost group's name, else its own.

    `groups` are those that the task is in, the nearest first.
    """
    names = [task, *groups]
    for name in names:
        for domain, patterns in _KNOWN.items():
            if any(fnmatchcase(name.lower(), pattern) for pattern in patterns):
                return domain
    return domain_name(names[-1])


def domain_name(text: str) -> str:
    """A text as the name of a domain: lower-case letters, digits and '_', a letter first."""
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:40]
    name = name if name[:1].isalpha() else f"task_{name}".rstrip("_")
    return f"{name}_tasks" if name == OVERALL else name
