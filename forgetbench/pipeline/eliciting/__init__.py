"""Forgotten items asked again, in every way that applies: is the answer gone, or not said any more?

drawing.py   which items, with their controls
ways.py      what each way asks in their place
asking.py    both checkpoints, all ways at once
lenient.py   the answer that was given, read leniently
asked.py     from a finished comparison to the table
"""

from __future__ import annotations

from forgetbench.pipeline.eliciting.asked import ask_again

__all__ = ["ask_again"]
