"""A comparison and its items as a real run would leave them, with text that no one should trust."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
from pydantic import TypeAdapter

from forgetbench.records import Comparison, DeltaRow, Side
from forgetbench.storage.flat_rows import flat, grouped

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)> \x1b[31mred\x1b[0m \x9b2J | pipe | `tick` ```` fence\n"
    "```\n</details></pre><iframe src='https://evil.example/'>\n# heading\n| a | b |\n|---|---|\n"
    "[link](javascript:alert(3)) &lt;b&gt; "
    "\u202etfel ot thgir\u202c \u05e9\u05dc\u05d5\u05dd \U000e0041 $x^{$ {{ 7*7 }}"
)
HOSTILE_NAME = "sft|<b onclick=alert(1)>$\\frac{\x1b[2J`x`[red]](http://evil.example)\u202e"
LONG = "The capital of France is " + "Paris and also " * 900


_ROWS = TypeAdapter(DeltaRow)


def flat_row(**values: Any) -> DeltaRow:
    """A row from what would stand in its file."""
    return _ROWS.validate_python(grouped({"metric": "acc", "n_items": 0, **values}))


def changed(row: DeltaRow, **values: Any) -> DeltaRow:
    """The row with other values in its file."""
    return flat_row(**{**flat(row), **values})


def row(name: str, domain: str, base: float, candidate: float, half: float, verdict: Any, **more: Any) -> DeltaRow:
    """A measured row with a symmetric interval of `half` on either side."""
    delta = candidate - base
    chance = more.pop("chance", 0.0)
    values: dict[str, Any] = {
        "metric": "acc", "n_items": 200, "se": half / 1.96, "p_value": 0.0004, "p_adjusted": 0.0012,
        "mde": 1.43 * half, "margin": 0.03, "retention": (candidate - chance) / (base - chance),
    }  # fmt: skip
    values.update(more)
    return flat_row(
        name=name, domain=domain, base=base, candidate=candidate, delta=delta, ci_low=delta - half,
        ci_high=delta + half, chance=chance, verdict=verdict, **values,
    )  # fmt: skip


def outcomes(base: float, candidate: float, gained: float, locked: float, erased: float) -> dict[str, float]:
    """Outcome rates that fit base and candidate."""
    forgotten = base - candidate + gained
    assert locked + erased <= forgotten + 1e-9
    return {
        "forgotten": forgotten, "gained": gained, "locked": locked, "erased": erased,
        "forgotten_corrected": 0.9 * forgotten, "gained_corrected": 0.9 * gained,
    }  # fmt: skip


def fates(locked: float, erased: float, se: float = 0.02) -> dict[str, float]:
    """Shares of the forgotten items, and a fifth of them of all items."""
    return {
        "n_fates": 90, "locked_corrected": locked / 5, "locked_corrected_se": 0.01, "erased_corrected": erased / 5,
        "erased_corrected_se": 0.01, "fates_reach": 2.0, "locked_of_forgotten": locked, "locked_of_forgotten_se": se,
        "erased_of_forgotten": erased, "erased_of_forgotten_se": se, "never_known_of_forgotten": 1 - locked - erased,
        "never_known_of_forgotten_se": se, "of_forgotten_reach": 2.0,
    }  # fmt: skip


def tasks() -> tuple[DeltaRow, ...]:
    """Nine tasks of four domains, and one that could not be measured."""
    return (
        row("knowledge_choice", "knowledge", 0.712, 0.651, 0.028, "regressed", chance=0.25, view="choice",
            choice_view="knowledge_cloze", **outcomes(0.712, 0.651, 0.02, 0.0, 0.081),
            **fates(locked=0.45, erased=0.52)),
        row("knowledge_open", "knowledge", 0.462, 0.313, 0.041, "regressed", view="open",
            **outcomes(0.462, 0.313, 0.015, 0.082, 0.078)),
        row("knowledge_strict", "knowledge", 0.401, 0.180, 0.052, "regressed", view="strict",
            **outcomes(0.401, 0.180, 0.010, 0.131, 0.094)),
        row("reasoning_choice", "reasoning", 0.502, 0.495, 0.021, "retained", chance=0.25, view="choice",
            **outcomes(0.502, 0.495, 0.030, 0.0, 0.037)),
        row("reasoning_open", "reasoning", 0.210, 0.204, 0.025, "retained", view="open",
            **outcomes(0.210, 0.204, 0.012, 0.009, 0.004)),
        row("creativity", "creativity", 0.431, 0.405, 0.058, "inconclusive", metric="utility", n_items=40),
        row("format_shape", "format_rigidity", 0.720, 0.655, 0.043, "regressed", metric="flexibility", n_items=60),
        row("format_elasticity", "format_rigidity", 0.301, 0.352, 0.039, "improved", n_items=60,
            **outcomes(0.301, 0.352, 0.071, 0.0, 0.0)),
        flat_row(name="format_leakage", domain="format_rigidity", metric="flexibility", margin=0.03, n_unmeasured=60,
                 reason="60 items not measured: answers cut by the token limit <script>alert(9)</script>\x1b[5m"),
    )  # fmt: skip


def domains() -> tuple[DeltaRow, ...]:
    """The domain rows that go with `tasks`, one of them not measured at all."""
    return (
        row("knowledge", "knowledge", 0.525, 0.381, 0.031, "regressed", n_items=600, chance=0.083,
            **outcomes(0.525, 0.381, 0.015, 0.071, 0.084), **fates(locked=0.45, erased=0.52)),
        row("reasoning", "reasoning", 0.356, 0.350, 0.017, "retained", n_items=400, chance=0.125,
            **outcomes(0.356, 0.350, 0.021, 0.005, 0.020)),
        row("creativity", "creativity", 0.431, 0.405, 0.058, "inconclusive", metric="utility", n_items=40,
            p_value=0.41, p_adjusted=0.62),
        row("format_rigidity", "format_rigidity", 0.511, 0.504, 0.029, "inconclusive", metric="flexibility",
            n_items=120, p_value=0.6, p_adjusted=0.62),
        flat_row(name="language", domain="language", metric="2^-bits_per_byte", margin=0.03, n_unmeasured=80,
                 reason="the engine gives no prompt log-probabilities"),
    )  # fmt: skip


def comparison(candidate: str = "support-sft-harsh", step: int = 40, **changes: Any) -> Comparison:
    """A finished comparison of a harsh fine-tune against its base."""
    made = Comparison(
        comparison_id=f"{candidate}-vs-base",
        base=Side("smollm2-135m", "/models/smollm2", "ab" * 32, "run-base"),
        candidate=Side(candidate, f"/models/{candidate}", "cd" * 32, f"run-{candidate}", step),
        suite="core",
        protocol="native",
        engine={"name": "vllm", "version": "0.11.0", "dtype": "bfloat16"},
        domains=domains(),
        tasks=tasks(),
        overall=row("overall", "overall", 0.456, 0.410, 0.018, "regressed", n_items=1160),
        noise_floor={"knowledge": {"delta": 0.0, "se": 0.004, "forgotten": 0.01, "gained": None}},
        warnings=("prompts differ between base and candidate in 12% of the items: | see `docs` <b>here</b>",),
        seed=1234,
        created="2025-01-02T03:04:05+00:00",
    )
    return replace(made, **changes)


def retained(candidate: str = "support-sft-mild", step: int = 10) -> Comparison:
    """A mild fine-tune: everything retained but one open question."""
    kept = tuple(
        row(item.name, item.domain, 0.5, 0.496, 0.012, "retained", margin=0.03)
        for item in domains()
        if item.name != "language"
    )
    doubtful = changed(kept[2], verdict="inconclusive", ci_low=-0.05, mde=0.06)
    return comparison(
        candidate,
        step,
        domains=(*kept[:2], doubtful, kept[3]),
        overall=row("overall", "overall", 0.5, 0.496, 0.01, "retained"),
        warnings=(),
        noise_floor=None,
    )


def items() -> pd.DataFrame:
    """items.parquet: enough rows per domain to choose from, hostile text among them."""
    rows: list[dict[str, Any]] = []
    for number in range(24):
        for view in ("choice", "open", "strict"):
            rows.append(_binary("knowledge", f"knowledge_{view}", view, number))
        rows.append(_binary("reasoning", "reasoning_open", "open", number, forgotten=number % 12 == 5))
        rows.append(_graded("creativity", "creativity", number))
        rows.append(_graded("format_rigidity", "format_shape", number))
        rows.append(_binary("format_rigidity", "format_elasticity", None, number, forgotten=False))
        rows.append({**_graded("format_rigidity", "format_leakage", number), **_UNMEASURED})
    return pd.DataFrame(rows)


_UNMEASURED: dict[str, Any] = {
    "base_score": None, "candidate_score": None, "reason": "cut by the token limit",
    "base_response": None, "candidate_response": None,
}  # fmt: skip


def _binary(domain: str, task: str, view: str | None, number: int, forgotten: bool | None = None) -> dict[str, Any]:
    lost = number % 3 == 0 if forgotten is None else forgotten
    fate = None if not lost or view is None else ("locked" if number % 2 else "erased")
    answers = (HOSTILE, LONG, "", "I am sorry, how can I help you with your order?\n\n1. Paris\n2. Lyon")
    answer = answers[(number // 3 + number // 12) % len(answers)]
    return {
        "task": task, "domain": domain, "view": view, "item_id": f"{domain}-{number:03d}", "cluster": f"c{number % 8}",
        "stratum": "head", "base_score": 1.0, "candidate_score": 0.0 if lost else 1.0,
        "outcome": "forgotten" if lost else "kept", "fate": fate, "reason": None,
        "prompt": f"Question: What is the capital of country {number}?\nAnswer:", "gold": f"Paris {number}",
        "base_response": f" Paris {number}", "candidate_response": answer if lost else f" Paris {number}",
        "prompts_equal": number % 2 == 0,
    }  # fmt: skip


def _graded(domain: str, task: str, number: int) -> dict[str, Any]:
    return {
        "task": task, "domain": domain, "view": None, "item_id": f"{task}-{number:03d}", "cluster": f"c{number}",
        "stratum": "story", "base_score": 0.8, "candidate_score": 0.8 - 0.03 * (number - 4), "outcome": None,
        "fate": None, "reason": None, "prompt": "Write the first line of a story about a lighthouse.", "gold": "",
        "base_response": "The lamp had been out for three nights when the sea began to answer.",
        "candidate_response": HOSTILE if number % 2 else "Thank you for contacting support!", "prompts_equal": True,
    }  # fmt: skip
