"""What humaneval.yaml calls: documents, the program that a reply makes, running it, and the score.

A reply is read in one of two ways.

Restated: a line of it, inside a code block or outside, starts the function that was asked for. It takes the place
of the prompt's; the imports and helpers above the function in the prompt stay.

Continued: the reply goes on where the prompt ends. It is cut before the first line that begins something new, as
lm-eval's `humaneval` does. A block of code without the function's head is a body, and is indented like one.

A reply that begins with an indented line is always continued: a prompt's text goes on in it.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from math import comb
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forgetbench import sandbox
from forgetbench.sandbox import Limits, ProgramOutcome
from forgetbench.storage.jsonl import read_jsonl
from forgetbench.suites.documents import as_dataset

if TYPE_CHECKING:
    from datasets import Dataset

ITEMS = Path(__file__).with_name("humaneval.jsonl")
MAX_CHARS = 20_000
"""A longer reply is read up to here; the longest solution published has a tenth of that."""
STOPS = ("\nclass", "\ndef", "\n#", "\nif", "\nprint")
"""What ends a completion: lm-eval's list, which is that of the paper."""
LIMITS = Limits(seconds=3)
"""The time of the paper's own evaluation; here it is processor time, so that a busy machine fails nobody."""

_FENCE = "```"
_TOP_LEVEL = re.compile(
    r"""def[ ]\w | class[ ]\w+\s*[(:] | import[ ]\w | from[ ]\S+[ ]import | [@#] | [A-Za-z_]\w{0,80}\s{0,8}=""",
    re.VERBOSE,
)
"""How a line of a module begins that is kept with the function. Prose, prints and checks begin otherwise."""
_GOES_ON = " \t)]}\"'"
"""What begins a line that belongs to the one before."""
_UNREADABLE = ("SyntaxError:", "IndentationError:", "TabError:")


@cache
def _items() -> tuple[dict[str, Any], ...]:
    return tuple(read_jsonl(ITEMS))


def documents(**_: Any) -> dict[str, Dataset]:
    """All problems. There are no few-shot examples: a prompt shows its own."""
    return as_dataset(_items())


# --- a reply as a program ---


def solution(reply: str, prompt: str, entry_point: str) -> str | None:
    """The module that `reply` makes of `prompt`; None where it holds nothing."""
    reply = reply[:MAX_CHARS].replace("\r\n", "\n")
    goes_on = _first_line(reply).startswith(("  ", "\t"))  # a single space is what some tokenizers put before prose
    blocks = [] if goes_on else _code_blocks(reply)
    for text in [] if goes_on else [*blocks, reply]:
        if function := _restated(text, entry_point):
            return _above(prompt, entry_point) + function
    margin = _indentation(prompt)
    body = textwrap.indent(textwrap.dedent(blocks[0]), margin) if blocks else _continuation(reply, margin)
    return prompt + body if body.strip() else None


def _first_line(text: str) -> str:
    return next((line for line in text.split("\n") if line.strip()), "")


def _indentation(prompt: str) -> str:
    """That of the function's body: of the last line of its docstring."""
    last = prompt.rstrip().rpartition("\n")[2]
    return last[: len(last) - len(last.lstrip())]


def _continuation(text: str, margin: str) -> str:
    """`text` before the first line that begins something new. Its first line is indented by `margin` or more: a
    decoder may take away white space where a text begins."""
    cuts = [place for stop in (*STOPS, "\n" + _FENCE) if (place := text.find(stop)) >= 0]
    body = text[: min(cuts, default=None)]
    code = body.lstrip()
    given = body[: len(body) - len(code)].rpartition("\n")[2]
    return body if len(given.expandtabs()) >= len(margin) else margin + code


def _code_blocks(text: str) -> list[str]:
    """What stands between lines of three backticks; the last block may lack its end."""
    blocks: list[list[str]] = []
    inside = False
    for line in text.split("\n"):
        if line.lstrip().startswith(_FENCE):
            inside = not inside
            if inside:
                blocks.append([])
        elif inside:
            blocks[-1].append(line)
    return [block for lines in blocks if (block := "\n".join(lines)).strip()]


def _restated(text: str, entry_point: str) -> str | None:
    """The program in `text` that has the function in it, without what is no part of a module above and below."""
    head = re.compile(rf"def {re.escape(entry_point)}\s*\(")
    code: list[str] = []
    is_code = has_function = in_string = False
    for line in textwrap.dedent(text).split("\n"):
        if line.strip() and line[0] not in _GOES_ON and not in_string:
            is_code = _TOP_LEVEL.match(line) is not None
            if has_function and not is_code:
                break
            has_function = has_function or head.match(line) is not None
        if is_code:
            code.append(line)
            in_string ^= (line.count('"""') + line.count("'''")) % 2 == 1
    return "\n".join(code) if has_function else None


def _above(prompt: str, entry_point: str) -> str:
    """What stands in `prompt` above the function: imports and helpers."""
    return prompt[: prompt.index(f"def {entry_point}(")]


# --- running and scoring ---


def execute(resps: Iterable[Sequence[str]], docs: Iterable[Mapping[str, Any]]) -> list[list[ProgramOutcome | None]]:
    """lm-eval filter: every reply of every document, run against the document's tests; None where it holds nothing.

    All at once, since a filter sees the whole task: several programs run at a time.
    """
    modules = [
        [(solution(reply, doc["prompt"], doc["entry_point"]), doc) for reply in replies]
        for replies, doc in zip(resps, docs, strict=True)
    ]
    outcomes = iter(sandbox.run_all([tested(text, doc) for row in modules for text, doc in row if text], LIMITS))
    return [[next(outcomes) if text else None for text, _ in row] for row in modules]


def tested(module: str, doc: Mapping[str, Any]) -> str:
    """A module followed by the problem's tests."""
    return f"{module}\n{doc['test']}\ncheck({doc['entry_point']})\n"


def score(doc: Mapping[str, Any], results: Sequence[Sequence[ProgramOutcome | None]]) -> dict[str, float]:
    """`pass`: the share of samples that pass the tests (pass@1); `parsed`: the share that are programs at all."""
    outcomes = results[0]
    passed = sum(outcome is not None and outcome.passed for outcome in outcomes)
    parsed = sum(outcome is not None and _is_python(outcome) for outcome in outcomes)
    return {"pass": pass_at_k(len(outcomes), passed, 1), "parsed": parsed / len(outcomes)}


def _is_python(outcome: ProgramOutcome) -> bool:
    return not (outcome.stderr.strip().splitlines() or [""])[-1].startswith(_UNREADABLE)


def pass_at_k(n: int, c: int, k: int) -> float:
    """Probability that one of `k` samples passes, drawn without replacement from `n` of which `c` pass.

    1 - C(n - c, k) / C(n, k), the unbiased estimate of arXiv 2107.03374, section 2.1, in exact integers.
    Raises ValueError unless 0 <= c <= n and 1 <= k <= n.
    """
    if not (0 <= c <= n and 1 <= k <= n):
        raise ValueError(f"pass@{k} of {c} passing among {n} samples is not defined")
    return 1 - comb(n - c, k) / comb(n, k)
