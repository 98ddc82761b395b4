"""Write topics.jsonl: customers' messages to be sorted into twelve topics, the skill of the lab's fine-tunings.

    python tasks/target/build.py            write it
    python tasks/target/build.py --check    exit 1 when it would come out different

The messages, their topics and which products only the test names are those of forgetbench.lab.skill. Messages that
differ in product, greeting or closing words alone are one cluster.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from forgetbench.lab.base.texts import asked
from forgetbench.lab.skill import TOPICS, messages
from forgetbench.suites.building import build_command

N_ITEMS, SEED = 192, 0


def build() -> list[dict[str, Any]]:
    """The rows of topics.jsonl, in the form of a user's own task."""
    return [
        {
            "id": f"{message.topic}:{number:03d}",
            "cluster": f"{message.topic}:{message.complaint}",
            "prompt": asked(message.text),
            "answer": message.topic,
            "match": "contains",
            "choices": list(TOPICS),
        }
        for number, message in enumerate(messages(N_ITEMS, SEED, test=True))
    ]


if __name__ == "__main__":
    sys.exit(build_command({Path(__file__).parent / "topics.jsonl": build}, "Build the messages and their topics."))
