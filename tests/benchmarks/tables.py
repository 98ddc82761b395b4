"""The tables of docs/benchmarks.md, from results/benchmarks/*.json and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import machine

DOC = Path(__file__).parents[2] / "docs" / "benchmarks.md"
BEGIN, END = "<!-- tables: written by `make bench` -->", "<!-- end of tables -->"
DEVICES = {"cpu": "CPU", "cuda": "GPU"}
PARTS = ("scoring", "scoring-float32", "scoring-block128", "engines", "commands", "growth", "determinism", "gpu-core")


def write() -> None:
    text = DOC.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    parts = [section(device) for device in DEVICES]
    DOC.write_text(f"{head}{BEGIN}\n\n{''.join(parts)}{END}{tail}", encoding="utf-8")


def section(device: str) -> str:
    contents = {name: read(name, device) for name in PARTS}
    measured = [content for content in contents.values() if content]
    if not measured:
        how = "; `make bench` and `tests/benchmarks/gpu_core.py` on a machine with one" if device == "cuda" else ""
        return f"## {DEVICES[device]}\n\nnot measured{how}\n\n"
    lines = [f"## {DEVICES[device]}", "", described(measured), ""]
    for name, rows in (
        ("Against lm-eval's vLLM backend", against_lm_eval(contents["scoring"], contents["scoring-float32"])),
        (
            "Tokens computed over the tokens of the prefix tree",
            floors(contents["scoring"], contents["scoring-block128"]),
        ),
        ("Generation, engines and commands", others(contents)),
        ("How cost grows", growth(contents["growth"])),
        ("One checkpoint against itself", determinism(contents["determinism"])),
    ):
        lines += [f"### {name}", "", *rows, ""]
    return "\n".join(lines) + "\n"


def read(name: str, device: str) -> dict[str, Any] | None:
    path = machine.FOLDER / f"{name}-{device}.json"
    if not path.is_file():
        return None
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def described(contents: list[dict[str, Any]]) -> str:
    rows = [row for content in contents for row in content["rows"]]
    dates = sorted({row["date"] for row in rows})
    what = contents[0]["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in what["versions"].items())
    hardware = f"{what['gpu']}, " if what["gpu"] else ""
    models = {row["settings"].get("model") for row in rows} - {None}
    model = f" Model: {', '.join(sorted(models))}." if models else ""
    when = " to ".join(dict.fromkeys((dates[0], dates[-1])))
    return (
        f"{hardware}{what['cpu']}, {what['cores']} cores, {what['memory_gb']} GB; "
        f"Python {what['python']}, {versions}; {when}.{model}"
    )


def table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    names = list(columns)
    marks = [":--"] + ["--:"] * (len(names) - 1)
    return [f"| {' | '.join(cells)} |" for cells in (names, marks, *map(list, rows))]


def against_lm_eval(*scoring: dict[str, Any] | None) -> list[str]:
    measured = [content for content in scoring if content]
    if not measured:
        return ["not measured"]
    columns = (
        "what",
        "dtype",
        "items",
        "context",
        "lm-eval",
        "forgetbench",
        "ratio",
        "largest difference",
        "same choice",
    )
    rows = [
        (
            row["name"], row["settings"]["dtype"], str(row["items"]),
            str(row.get("context_tokens", "")), f"{row['lm_eval_seconds']:.1f} s",
            f"{row['seconds']:.1f} s", f"**{row['ratio']:.3g}x**",
            f"{row['largest_difference']:.1g}" if "largest_difference" in row else "sampled",
            f"{row['same_choice']:.0%}" if "same_choice" in row else "",
        )
        for content in measured
        for row in content["rows"]
        if "lm_eval_seconds" in row
    ]  # fmt: skip
    return table(columns, rows)


def floors(scoring: dict[str, Any] | None, large: dict[str, Any] | None) -> list[str]:
    if scoring is None:
        return ["not measured"]
    other = {row["name"]: row for row in (large or {"rows": []})["rows"]}
    block = scoring["rows"][0]["settings"]["cache_block"]
    columns = (
        "what", "as lm-eval sends them", "prefix tree", f"computed, blocks of {block}", "over the tree",
        "blocks of 128: over the tree", "seconds more", "blocks of 16 (by the plan)",
    )  # fmt: skip
    rows = []
    for row in scoring["rows"]:
        if "distinct_tokens" not in row:
            continue
        wide = other.get(row["name"])
        planned = row.get("planned_over_floor_16")
        rows.append(
            (
                row["name"], f"{row['sent_tokens']:,}" if "sent_tokens" in row else "", f"{row['distinct_tokens']:,}",
                f"{row['computed_tokens']:,}", f"{row['computed_over_floor']:.2f}",
                f"{wide['computed_over_floor']:.2f}" if wide else "",
                f"{wide['seconds'] / row['seconds'] - 1:+.0%}" if wide else "", f"{planned:.2f}" if planned else "",
            )
        )  # fmt: skip
    return table(columns, rows)


def others(contents: dict[str, dict[str, Any] | None]) -> list[str]:
    rows = {row["name"]: row for content in contents.values() if content for row in content["rows"]}
    lines = []
    if row := rows.get("generation, mixed lengths"):
        over = row["over_bare"] - 1
        lines.append((row["name"], f"{over:+.1%} wall time", "bare `LLM.generate`", f"{row['bare_seconds']:.1f} s"))
    if row := rows.get("one more checkpoint"):
        share = f"{row['seconds']:.2f} s, {row['share_of_start']:.1%}"
        lines.append((row["name"], share, "a new engine", f"{row['start_seconds']:.1f} s"))
    if row := rows.get("base and three adapters"):
        shown = f"{row['seconds']:.1f} s, one start"
        lines.append((row["name"], shown, "four engine starts", f"{row['four_starts_seconds']:.1f} s"))
    if row := rows.get("the same command again"):
        shown = f"{row['seconds']:.2f} s, {row['engine_starts']} engine starts"
        lines.append((row["name"], shown, "the first time", f"{row['first_seconds']:.1f} s"))
    if row := rows.get("the same command again, suite core"):
        shown = f"{row['seconds']:.1f} s, {row['items']:,} items, no model"
        lines.append((row["name"], shown, "the first time", f"{row['first_seconds']:.1f} s"))
    if row := rows.get("planning suite core, 16 checkpoints"):
        shown = f"x{row['ratio']:.2f} processor time, {row['peak_gb']:.2f} GB"
        against = f"one checkpoint, {row['one_peak_gb']:.2f} GB"
        lines.append((row["name"], shown, against, f"{row['one_seconds']:.1f} s"))
    if row := rows.get("compare, one million paired items"):
        lines.append((row["name"], f"{row['seconds']:.1f} s, {row['peak_gb']:.2f} GB", "", ""))
    for row in (contents["gpu-core"] or {"rows": []})["rows"]:
        shown = f"{row['items_per_second']:.1f} items/s, the GPU at work {row['gpu_busy']:.0%} of the time"
        shown += f", {row['tokens_per_second']:,.0f} tokens/s generated"
        lines.append((row["name"], shown, "bare vLLM", f"{row['bare_tokens_per_second']:,.0f} tokens/s"))
    if row := rows.get("forgetbench --help"):
        lines.append((f"`{row['name']}`", f"{row['seconds']:.2f} s", "", ""))
    return table(("what", "measured", "against", "which takes"), lines) if lines else ["not measured"]


def growth(content: dict[str, Any] | None) -> list[str]:
    if content is None:
        return ["not measured"]
    first = {}
    rows = []
    for row in content["rows"]:
        start = first.setdefault(row["name"], row)
        rows.append(
            (
                f"{row['name']} {row['size']}", f"{row['seconds']:.2f} s", f"x{row['seconds'] / start['seconds']:.1f}",
                f"x{row['distinct_tokens'] / start['distinct_tokens']:.1f}", f"{row['computed_over_floor']:.2f}",
                f"{row['ms_per_computed_token']:.2f} ms",
            )
        )  # fmt: skip
    columns = ("", "time", "time grows", "distinct tokens grow", "computed over the tree", "per computed token")
    return table(columns, rows)


def determinism(content: dict[str, Any] | None) -> list[str]:
    if content is None:
        return ["not measured"]
    companies = ("cold, seven at a time", "warm, one at a time", "whole prompts")
    rows = [
        (
            row["name"], row["dtype"], row["mode"], str(row["answers"]),
            *(str(row["differing"].get(company, "")) for company in companies),
            "" if row["largest"] is None else f"{row['largest']:.2g}", f"{row['seconds']:.1f} s",
            f"{row['ratio']:.2f}x" if "ratio" in row else "",
        )
        for row in sorted(content["rows"], key=lambda row: (row["name"], row["dtype"], row["mode"] != "usual"))
    ]  # fmt: skip
    columns = ("what", "dtype", "mode", "answers", *(f"differ: {company}" for company in companies))
    return table((*columns, "largest difference", "time", "over the usual mode"), rows)


if __name__ == "__main__":
    write()
