"""Small sound checkpoints, adapters and tasks, and the ways to break them that the faults share."""

from __future__ import annotations

import functools
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from faults.case import Trial

sys.path.insert(0, str(Path(__file__).parents[2]))

from tiny_models import make_adapter, make_tiny_model

_WORDS = "apple bread cloud drum eagle field glass house island jacket kettle lemon".split()


@functools.cache
def _made(kind: str, seed: int) -> Path:
    """A sound model, made once; faults work on copies."""
    folder = Path(tempfile.mkdtemp(prefix="planted-")) / f"{kind}{seed}"
    if kind == "llama":
        return make_tiny_model(folder, seed)
    raise ValueError(kind)


def copied(source: Path, folder: Path) -> Path:
    """A copy to break."""
    shutil.copytree(source, folder, dirs_exist_ok=True)
    return folder


def base_model(folder: Path) -> Path:
    """The base: a random Llama of two layers."""
    return copied(_made("llama", 0), folder / "base")


def candidate_model(folder: Path) -> Path:
    """The candidate: the same architecture with other weights."""
    return copied(_made("llama", 1), folder / "candidate")


def adapter(folder: Path, base: Path, **settings: Any) -> Path:
    """A LoRA on the base, with weights that are not zero."""
    if not settings:
        return make_adapter(base, folder / "candidate")
    import peft
    import torch
    import transformers

    torch.manual_seed(1)
    network = transformers.AutoModelForCausalLM.from_pretrained(base)
    lora = peft.LoraConfig(**{"r": 4, "target_modules": ["q_proj"], "init_lora_weights": False, **settings})
    peft.get_peft_model(network, lora).save_pretrained(folder / "candidate")
    edit_json(folder / "candidate" / "adapter_config.json", base_model_name_or_path=str(base))
    return folder / "candidate"


def edit_json(path: Path, remove: tuple[str, ...] = (), **fields: Any) -> None:
    """Set and remove fields of a JSON file."""
    content = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    content = {key: value for key, value in content.items() if key not in remove} | fields
    path.write_text(json.dumps(content), encoding="utf-8")


def edit_tensors(path: Path, edit: Callable[[dict[str, Any]], Mapping[str, Any]]) -> None:
    """Read a safetensors file, and write what `edit` makes of its tensors."""
    from safetensors.torch import load_file, save_file

    tensors = edit(dict(load_file(path)))
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path, metadata={"format": "pt"})


# --- tasks ------------------------------------------------------------------------------------


def choice_rows() -> list[dict[str, Any]]:
    """Questions with two options."""
    return [
        {
            "item_id": f"word-{number}",
            "question": f"Which word comes after {_WORDS[number - 1]}?",
            "choices": [word, _WORDS[(number + 4) % len(_WORDS)]],
            "gold": 0,
        }
        for number, word in enumerate(_WORDS)
    ]


def write_rows(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


CHOICE: dict[str, Any] = {
    "task": "words",
    "dataset_path": "json",
    "dataset_kwargs": {"data_files": {"test": "words.jsonl"}},
    "test_split": "test",
    "output_type": "multiple_choice",
    "doc_to_text": "Question: {{question}}\nAnswer:",
    "doc_to_choice": "choices",
    "doc_to_target": "gold",
    "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}],
    "metadata": {"domain": "knowledge", "view": "choice", "metric": "acc", "chance": 0.5, "version": 1},
}
OPEN: dict[str, Any] = {
    **CHOICE,
    "output_type": "generate_until",
    "doc_to_target": "{{choices[gold]}}",
    "generation_kwargs": {"until": ["\n"], "max_gen_toks": 6, "do_sample": False, "temperature": 0.0},
    "metric_list": [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": True}],
    "metadata": {"domain": "knowledge", "view": "open", "metric": "exact_match", "chance": 0.0, "version": 1},
}
del OPEN["doc_to_choice"]


def suite(
    folder: Path, config: Mapping[str, Any] = CHOICE, rows: list[dict[str, Any]] | None = None, **fields: Any
) -> Path:
    """A suite of one task in a folder of its own: the suite's file."""
    place = folder / "suite"
    place.mkdir()
    write_rows(place / "words.jsonl", choice_rows() if rows is None else rows)
    (place / "words.yaml").write_text(yaml.safe_dump({**config, **fields}, sort_keys=False), encoding="utf-8")
    path = place / "suite.yaml"
    path.write_text(yaml.safe_dump({"name": "planted", "domains": {"knowledge": ["words"]}}), encoding="utf-8")
    return path


# --- trials -----------------------------------------------------------------------------------


def against_base(base: Path, candidate: Path, suite_file: Path, *options: str) -> Trial:
    """Base and candidate in one command, by transformers in float32."""
    engine = ("--engine", "transformers", *(() if "--dtype" in options else ("--dtype", "float32")))
    command = ("run", f"candidate={candidate}", "--base", f"base={base}", "--suite", str(suite_file), *engine)
    return Trial(((*command, *options),), base, candidate, suite_file)


def scripted(suite_file: Path, *options: str) -> Trial:
    """A task asked of two scripted models: what is wrong with it shows without a model."""
    command = ("run", "candidate", "--base", "base", "--suite", str(suite_file), "--engine", "scripted", *options)
    return Trial((command,), task=suite_file)
