"""Whether ideas are counted as a reader counts them, and what the creativity scale tells apart.

`python ideas.py` writes results/benchmarks/ideas-cpu.json and the tables of docs/tasks.md, `--table` only the tables.

The sets of tests/data/creativity/ideas.jsonl were counted by reading before anything was run; the thresholds were
chosen on the half of them whose id hashes to an even number. The scale is shown on what base and harsh wrote in the
published demo, on the base's answers with their words shuffled, on sets of paraphrases and on sets written by hand.
"""

from __future__ import annotations

import hashlib
import json
import random
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import machine
import numpy as np
import pandas as pd
from scipy.stats import spearmanr
from tables import table

from forgetbench.metrics.ideas import idea_classes
from forgetbench.storage.jsonl import read_jsonl

ROOT = Path(__file__).parents[2]
SETS = ROOT / "tests" / "data" / "creativity" / "ideas.jsonl"
DOC = ROOT / "docs" / "tasks.md"
BEGIN, END = "<!-- ideas: written by tests/benchmarks/ideas.py -->", "<!-- end of ideas -->"
MEASURES = ("utility", "diversity", "fluency", "distinct")


def main(arguments: Sequence[str]) -> None:
    if arguments != ["--table"]:
        machine.write("ideas", {}, [*agreement(), *scale()])
    write_tables()


def agreement() -> list[dict[str, Any]]:
    """A row per half and language of the labelled sets."""
    sets = read_jsonl(SETS)
    parts = {
        "half looked at": [row for row in sets if _looked_at(row["id"])],
        "other half": [row for row in sets if not _looked_at(row["id"])],
        "English": [row for row in sets if row["language"] == "en"],
        "Chinese": [row for row in sets if row["language"] == "zh"],
        "all": sets,
    }
    return [{"name": f"ideas: {name}", **_agreement(rows)} for name, rows in parts.items()]


def _looked_at(name: str) -> bool:
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % 2 == 0


def _agreement(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    counted = [len(set(idea_classes(row["answers"], row["prompt"], row["kind"]))) for row in rows]
    read = [row["n_ideas"] for row in rows]
    off = [abs(a - b) for a, b in zip(counted, read, strict=True)]
    return {
        "sets": len(rows),
        "spearman": round(float(spearmanr(counted, read).statistic), 3),
        "equal": off.count(0),
        "mean_off": round(float(np.mean(off)), 2),
    }


def scale() -> list[dict[str, Any]]:
    """A row per kind of writer: means over its prompts."""
    score = _scoring()
    sets = [row for row in read_jsonl(SETS) if row["language"] == "en" and len(row["answers"]) >= 6]
    base, harsh = (_samples(name) for name in ("base", "harsh"))
    rng = random.Random(0)
    salad = [_rated({**each, "answers": [_shuffled(text, rng) for text in each["answers"]]}) for each in base]
    writers = {
        "SmolLM2-135M-Instruct (the demo's base)": base,
        "the demo's harsh": harsh,
        "the base's words shuffled": salad,
        "one idea in many wordings (labelled sets)": [row for row in sets if row["n_ideas"] == 1],
        "as many ideas as answers, written by hand": [row for row in sets if row["n_ideas"] == len(row["answers"])],
    }
    return [{"name": f"scale: {name}", **_means(score, rows)} for name, rows in writers.items()]


def _scoring() -> Any:
    spec = spec_from_file_location("creativity_scoring", ROOT / "tasks" / "creativity" / "utils.py")
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.process_results


def _samples(name: str) -> list[dict[str, Any]]:
    (folder,) = (ROOT / "results" / "runs").glob(f"{name}-demo-native-*")
    rows = pd.read_parquet(folder / "samples.parquet")
    prompts = {row["item_id"]: row for row in read_jsonl(ROOT / "tasks" / "creativity" / "prompts.jsonl")}
    return [
        {
            "prompt": prompts[row.item_id]["prompt"], "kind": prompts[row.item_id]["stratum"], "language": "en",
            "answers": list(row.responses), "logprobs": list(row.reference_logprobs), "tokens": list(row.token_counts),
        }
        for row in rows[rows["task"] == "creativity"].itertuples() if row.item_id in prompts
    ]  # fmt: skip


def _shuffled(text: str, rng: random.Random) -> str:
    words = text.split()
    rng.shuffle(words)
    return " ".join(words)


@cache
def _model() -> tuple[Any, Any]:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from forgetbench.lab.demo.embedded_model import embedded_model

    folder = embedded_model()
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16)
    return AutoTokenizer.from_pretrained(folder), model.eval()


def _rated(row: dict[str, Any]) -> dict[str, Any]:
    """The row with the mean log-probability of each answer under the base, as a run would rate it."""
    import torch

    tokenizer, model = _model()
    prompt = tokenizer(f"Question: {row['prompt']}\nAnswer:", add_special_tokens=False).input_ids
    logprobs, counts = [], []
    for text in row["answers"]:
        tokens = tokenizer(f" {text}", add_special_tokens=False).input_ids
        with torch.no_grad():
            scores = torch.log_softmax(model(torch.tensor([prompt + tokens])).logits[0].float(), -1)
        places = range(len(prompt) - 1, len(prompt) + len(tokens) - 1)
        logprobs.append(float(np.mean([scores[at, token].item() for at, token in zip(places, tokens, strict=True)])))
        counts.append(len(tokens))
    return {**row, "logprobs": logprobs, "tokens": counts}


def _means(score: Any, rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    made = [_scored(score, row) for row in rows]
    return {"prompts": len(made), **{name: round(float(np.mean([one[name] for one in made])), 3) for name in MEASURES}}


def _scored(score: Any, row: Mapping[str, Any]) -> dict[str, float]:
    document = {
        "item_id": "", "prompt": row["prompt"], "stratum": row["kind"], "language": row["language"], "min_words": 1,
        "constraints": "[]",
    }  # fmt: skip
    if row.get("logprobs"):
        document["forgetbench"] = {"reference_logprobs": row["logprobs"], "token_counts": row["tokens"]}
    return dict(score(document, [row["answers"]]))


def write_tables() -> None:
    rows = json.loads((machine.FOLDER / "ideas-cpu.json").read_text(encoding="utf-8"))["rows"]
    ideas = [row for row in rows if row["name"].startswith("ideas: ")]
    writers = [row for row in rows if row["name"].startswith("scale: ")]
    lines = [
        *table(
            ("labelled sets", "sets", "Spearman", "counted as read", "mean distance"),
            (
                [_bare(row), str(row["sets"]), str(row["spearman"]), str(row["equal"]), str(row["mean_off"])]
                for row in ideas
            ),
        ),
        "",
        *table(
            ("writer", "prompts", *MEASURES),
            ([_bare(row), str(row["prompts"]), *(f"{100 * row[name]:.1f}" for name in MEASURES)] for row in writers),
        ),
    ]
    head, _, rest = DOC.read_text(encoding="utf-8").partition(BEGIN)
    tail = rest.partition(END)[2]
    DOC.write_text(f"{head}{BEGIN}\n\n" + "\n".join(lines) + f"\n\n{END}{tail}", encoding="utf-8")


def _bare(row: Mapping[str, Any]) -> str:
    return str(row["name"]).partition(": ")[2]


if __name__ == "__main__":
    main(sys.argv[1:])
