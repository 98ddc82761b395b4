"""What both sides of a benchmark are asked: plain texts, drawn with a seed from the embedded tasks' data."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

TASKS = Path(__file__).parents[2] / "tasks"
Kind = Literal["loglikelihood", "rolling", "generate"]


@dataclass(frozen=True)
class Workload:
    """Requests of one kind. `requests`: (context, continuation) to score, (text,) to rate as a whole, or
    (prompt, decoding) to generate, where an equal pair stands once for every sample."""

    name: str
    kind: Kind
    requests: list[tuple[Any, ...]] = field(default_factory=list)
    items: int = 0


def facts() -> list[dict[str, Any]]:
    """The knowledge task's questions with four options each."""
    with (TASKS / "knowledge" / "facts.jsonl").open(encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


def _statement(row: dict[str, Any]) -> str:
    wrong = [choice for choice in row["choices"] if choice != row["answer"]]
    return f"{row['question']} It is {row['answer']}, and not {wrong[0]} or {wrong[1]}."


def _question(row: dict[str, Any], rows: Sequence[dict[str, Any]]) -> str:
    """The question behind another one with its answer, which makes it as long as those of the usual benchmarks."""
    return f"Question: {_statement(rows[-1 - rows.index(row)])} {row['question']}"


def _letters(row: dict[str, Any], rows: Sequence[dict[str, Any]], answer: str = "") -> str:
    options = "\n".join(f"{letter}. {choice}" for letter, choice in zip("ABCD", row["choices"], strict=True))
    return f"{_question(row, rows)}\n{options}\nAnswer:{answer}"


def one_token(items: int, *, explained: bool) -> Workload:
    """Questions with lettered options after five solved ones. `explained`: the solved ones give their reasons, which
    makes the shared context of about 280 tokens one of about 600."""
    rows = facts()
    shots, rest = rows[:5], rows[5 : 5 + items]
    assert len(rest) == items
    context = ""
    for number, row in enumerate(shots):
        reason = " Because: " + " ".join(_statement(rows[-10 * number - k]) for k in range(1, 4)) if explained else ""
        context += _letters(row, rows, f" {'ABCD'[row['gold']]}{reason}\n\n")
    requests = [(context + _letters(row, rows), f" {letter}") for row in rest for letter in "ABCD"]
    return Workload(f"one-token choices, {'long' if explained else 'short'} context", "loglikelihood", requests, items)


_TAILS = (
    "as every atlas of the world says on its first page",
    "which most people who live there would tell you at once",
    "and it has been so for longer than anybody can remember",
    "although {other} is what many would have said instead",
    "a fact that children learn in their third year at school",
    "if the book on the shelf over there can still be trusted",
)


def long_choices(items: int, *, options: int = 4, context_tokens: int = 400) -> Workload:
    """Options that are clauses of 8 to 25 tokens, after solved questions of about `context_tokens` tokens."""
    rng = random.Random(0)
    rows = facts()
    context = ""
    # About 1.4 tokens a word in this English; the tokens of each row are counted and published.
    while len(context.split()) * 1.45 < context_tokens:
        row = rows[len(context) % 97]
        context += f"{_question(row, rows)}\nAnswer: {_clause(rng, row, row['answer'])}\n\n"
    requests = []
    for row in rows[100 : 100 + items]:
        choices = row["choices"] + [rng.choice(rows)["answer"] for _ in range(options - 4)]
        prompt = f"{context}{_question(row, rows)}\nAnswer:"
        requests += [(prompt, f" {_clause(rng, row, choice)}") for choice in choices[:options]]
    return Workload(f"long choices, {options} options", "loglikelihood", requests, items)


def _clause(rng: random.Random, row: dict[str, Any], choice: str) -> str:
    other = rng.choice(row["choices"])
    return f"{choice}, {rng.choice(_TAILS).format(other=other)}."


def passages(items: int, words: int = 220) -> list[str]:
    """Running text, each passage another."""
    rng = random.Random(1)
    rows = facts()
    texts = []
    for _ in range(items):
        text: list[str] = []
        while len(text) < words:
            text += _statement(rng.choice(rows)).split()
        texts.append(" ".join(text[:words]))
    return texts


def rolling(items: int) -> Workload:
    return Workload("rolling log-likelihood", "rolling", [(text,) for text in passages(items)], items)


def own_context(items: int) -> Workload:
    """A passage of 300 tokens before every question: nothing to share between items."""
    rng = random.Random(2)
    rows = facts()[200 : 200 + items]
    requests = []
    for passage, row in zip(passages(items, 215), rows, strict=True):
        prompt = f"{passage}\nQuestion: {row['question']}\nAnswer:"
        requests += [(prompt, f" {_clause(rng, row, choice)}") for choice in row["choices"]]
    return Workload("long choices, a passage each", "loglikelihood", requests, items)


def generation(prompts: int) -> Workload:
    """Greedy answers of mixed lengths to prompts of mixed lengths."""
    requests = []
    for number, passage in enumerate(passages(prompts)):
        words = passage.split()[: 20 + 20 * (number % 8)]
        decoding = {"max_gen_toks": (16, 32, 64, 128)[number % 4], "do_sample": False, "temperature": 0.0, "until": []}
        requests.append((f"{' '.join(words)}\n\nIn other words,", decoding))
    return Workload("generation, mixed lengths", "generate", requests, prompts)


def samples(prompts: int, repeats: int = 8) -> Workload:
    """Eight samples of 64 tokens for each prompt of 300 tokens and more."""
    decoding = {"max_gen_toks": 64, "do_sample": True, "temperature": 1.0, "until": []}
    texts = [f"{passage}\n\nA short story about it:" for passage in passages(prompts)]
    return Workload(
        f"K = {repeats} samples", "generate", [(t, decoding) for t in texts for _ in range(repeats)], prompts
    )


def save(workloads: Sequence[Workload], path: Path) -> None:
    path.write_text(json.dumps([vars(workload) for workload in workloads]), encoding="utf-8")


def load(path: Path) -> list[Workload]:
    rows = json.loads(path.read_text(encoding="utf-8"))
    return [Workload(**{**row, "requests": [tuple(request) for request in row["requests"]]}) for row in rows]
