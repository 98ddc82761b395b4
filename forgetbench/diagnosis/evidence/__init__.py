"""Where findings come from; each module looks at one kind of trace.

outcomes.py    what became of forgotten answers: locked or erased
voice.py       over-used phrases, lengths, and wording of the training data
contested.py   questions that the training data answers otherwise
groups.py      which items fell more than others: rare facts, languages
prompting.py   with a chat template and without
training.py    the trainer's own log
weights.py     how far they moved
"""

from __future__ import annotations

from typing import Final

from forgetbench.diagnosis.evidence import contested, groups, voice

COLUMNS: Final = tuple(dict.fromkeys((*voice.COLUMNS, *groups.COLUMNS, *contested.COLUMNS)))
"""What is looked at of the items."""
