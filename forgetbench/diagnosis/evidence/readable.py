"""Whether the training can be read off the model alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from forgetbench.diagnosis.asked import Readable
from forgetbench.diagnosis.findings import Finding, State

_EXAMPLES: Final = 8


def readable_findings(readable: Sequence[Readable]) -> Iterator[Finding]:
    """For each kind of opening: do samples hold wording that only chance would not give?

    Where the training data is known, it must also be the data's: shown where more of what was named stands in it than
    of what the base against itself names.
    """
    for each in readable:
        measures = {measure.name: measure for measure in each.measures}
        decides = measures.get("precision_phrases_difference", measures["with_named_difference"])
        state: State = "shown" if decides.low > 0 else "open"
        examples = tuple(named.text for named in (*each.phrases[:_EXAMPLES], *each.topics[:_EXAMPLES]))
        yield Finding("readable", state, each.measures, each.opening, examples)
