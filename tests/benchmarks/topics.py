"""What the reference tells about replies on and off the topic: labelled ones, put into a model's mouth and rated.

`python topics.py` writes results/benchmarks/topics-cpu.json and the tables of docs/tasks.md; `python topics.py chat`
makes the rows of one protocol anew, `--table` only the tables.

The replies stand in tests/data/topics/replies.jsonl. They are rated as a run rates them, by the same requests, under
the embedded model: prompted by its chat template, and plainly. The limits of `metrics.topic` were chosen on the half of
the prompts whose id hashes to an even number.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import machine
import numpy as np
from tables import table

from forgetbench.metrics.text import words
from forgetbench.metrics.topic import bearing, is_off_topic
from forgetbench.storage.jsonl import read_jsonl

ROOT = Path(__file__).parents[2]
REPLIES = ROOT / "tests" / "data" / "topics" / "replies.jsonl"
DOC = ROOT / "docs" / "tasks.md"
BEGIN, END = "<!-- topics: written by tests/benchmarks/topics.py -->", "<!-- end of topics -->"
TASKS = ("creativity", "creativity_zh", "language_degeneration")
PROTOCOLS = {"chat": True, "plain": False}
LENGTHS = ((1, 4), (5, 10), (11, 25), (26, 999))
OFF_KINDS = ("other", "canned", "aside", "model")


def main(arguments: Sequence[str]) -> None:
    if arguments != ["--table"]:
        bearings = dict(rated(arguments or list(PROTOCOLS)))
        machine.write("topics", {"engine": "vllm"}, [*_rows(bearings)])
    write_tables()


# --- rating ---------------------------------------------------------------------------------------


def rated(protocols: Sequence[str]) -> Iterator[tuple[str, dict[str, float]]]:
    """By protocol, the bearing of every labelled reply by its id."""
    from forgetbench import lm_eval_bridge as bridge
    from forgetbench.engines.base import EngineOptions
    from forgetbench.engines.registry import make_engine
    from forgetbench.evaluation.options import EvaluationOptions
    from forgetbench.evaluation.session import load_suite_of
    from forgetbench.lab.demo.embedded_model import embedded_model
    from forgetbench.models.checkpoints import resolve

    checkpoint = resolve(str(embedded_model()))
    engine = make_engine(EngineOptions(max_model_len=2048), [checkpoint])
    engine.load([checkpoint])
    tasks = load_suite_of(EvaluationOptions(task=TASKS)).tasks
    for name in protocols:
        context = bridge.PromptContext(
            checkpoint=checkpoint.fingerprint,
            engine=dict(engine.settings),
            tokenizer=engine.tokenizer(checkpoint),
            chat=PROTOCOLS[name],
            max_length=engine.max_length(checkpoint),
            seed=0,
        )
        yield name, {key: value for task in tasks for key, value in _bearings(engine, context, task)}
    engine.close()


def _bearings(engine: Any, context: Any, task: Any) -> Iterator[tuple[str, float]]:
    """Of the replies to a task's prompts, by their ids."""
    from forgetbench import lm_eval_bridge as bridge
    from forgetbench.records import Response, Sample

    replies: dict[str, list[dict[str, Any]]] = {}
    for reply in read_jsonl(REPLIES):
        replies.setdefault(reply["item_id"], []).append(reply)
    planned = bridge.plan(task, context)
    planned = replace(planned, items=tuple(item for item in planned.items if item.item_id in replies))
    said = {
        item.requests[0].key: Response(
            item.requests[0].key, samples=tuple(Sample(one["reply"], "stop", 1) for one in replies[item.item_id])
        )
        for item in planned.items
    }
    requests = bridge.rating_requests(planned, planned, said, context)
    distinct = {one.key: one for row in requests.values() for rating in row for one in rating or ()}
    ratings = bridge.mean_logprobs(requests, {one.key: one for one in engine.score(list(distinct.values()))})
    for item_id, of_item in ratings.items():
        for reply, prompted, neutral in zip(replies[item_id], of_item.prompted, of_item.neutral, strict=True):
            bears = bearing(reply["reply"], prompted, neutral)
            if bears is not None:
                yield reply["id"], round(bears, 3)


# --- counting -------------------------------------------------------------------------------------


def _rows(bearings: Mapping[str, Mapping[str, float]]) -> Iterator[dict[str, Any]]:
    replies = read_jsonl(REPLIES)
    english = [reply for reply in replies if reply["language"] == "en"]
    parts = {
        "English, half looked at": [reply for reply in english if _looked_at(reply["item_id"])],
        "English, other half": [reply for reply in english if not _looked_at(reply["item_id"])],
        "English, written by hand": [reply for reply in english if reply["kind"] != "model"],
        **{f"English, {low} to {high} words": _of_length(english, low, high) for low, high in LENGTHS},
        "Chinese": [reply for reply in replies if reply["language"] == "zh"],
    }
    for protocol, values in bearings.items():
        for name, part in parts.items():
            yield {"name": f"{protocol}: {name}", **_told(part, values)}
        yield {"name": f"bearings: {protocol}", "bearings": dict(values)}


def _looked_at(item_id: str) -> bool:
    return int(hashlib.sha256(item_id.encode()).hexdigest(), 16) % 2 == 0


def _of_length(replies: Iterable[Mapping[str, Any]], low: int, high: int) -> list[Mapping[str, Any]]:
    return [reply for reply in replies if low <= len(words(reply["reply"])) <= high]


def _told(replies: Iterable[Mapping[str, Any]], bearings: Mapping[str, float]) -> dict[str, Any]:
    """How far replies on and off the topic lie apart, and what the limit makes of each kind."""
    measured = [(reply, bearings[reply["id"]]) for reply in replies if reply["id"] in bearings]
    on = [bears for reply, bears in measured if reply["on_topic"]]
    off = {
        kind: [bears for reply, bears in measured if not reply["on_topic"] and reply["kind"] == kind]
        for kind in OFF_KINDS
    }
    unrelated = [bears for kind in OFF_KINDS if kind != "model" for bears in off[kind]]
    return {
        "on_topic": len(on),
        "false": sum(map(is_off_topic, on)),
        "auroc": _auroc(on, unrelated),
        "off": {kind: len(values) for kind, values in off.items()},
        "caught": {kind: sum(map(is_off_topic, values)) for kind, values in off.items()},
    }


def _auroc(on: Sequence[float], off: Sequence[float]) -> float | None:
    """How often a reply on the topic has more than one off it; a tie counts half."""
    if not on or not off:
        return None
    above = np.asarray(on)[:, None] - np.asarray(off)[None, :]
    return round(float((above > 0).mean() + 0.5 * (above == 0).mean()), 3)


# --- the tables -----------------------------------------------------------------------------------


def write_tables() -> None:
    rows = json.loads((machine.FOLDER / "topics-cpu.json").read_text(encoding="utf-8"))["rows"]
    lines = table(
        (
            "labelled replies", "on the topic", "of them called off", "AUROC", "another prompt's reply", "canned reply",
            "aside", "the model's own ramblings",
        ),
        (_line(row) for row in rows if "auroc" in row),
    )  # fmt: skip
    head, _, rest = DOC.read_text(encoding="utf-8").partition(BEGIN)
    tail = rest.partition(END)[2]
    DOC.write_text(f"{head}{BEGIN}\n\n" + "\n".join(lines) + f"\n\n{END}{tail}", encoding="utf-8")


def _line(row: Mapping[str, Any]) -> list[str]:
    auroc = "" if row["auroc"] is None else f"{row['auroc']:.3f}"
    caught = [_share(row["caught"][kind], row["off"][kind]) for kind in OFF_KINDS]
    return [row["name"], str(row["on_topic"]), _share(row["false"], row["on_topic"]), auroc, *caught]


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} % ({part} of {whole})" if whole else ""


if __name__ == "__main__":
    main(sys.argv[1:])
