"""What a checkpoint's folder sets by itself: how it would decode, which tokens end an answer, how prompts are made.

Only the task decides how an answer is decoded, in every engine alike; of a folder's own settings the tokens that end an
answer are taken and nothing else. What differs between two folders is shown beside their scores.
"""

from __future__ import annotations

import importlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from math import prod
from pathlib import Path
from typing import Any

from forgetbench.errors import CheckpointError
from forgetbench.fingerprint import digest
from forgetbench.models.templates import PINNED_DAY
from forgetbench.models.tokenizer import HFTokenizer, Tokenizer, has_template, has_tokenizer
from forgetbench.models.weights import read_json, stored_tensors, weight_files
from forgetbench.records import Checkpoint, FolderDifference

_TOKENS = frozenset({"bos_token_id", "eos_token_id", "pad_token_id", "decoder_start_token_id"})
"""Shown as what they stand for: the tokens that end an answer, those put in front of a text."""
_OF_NO_INFLUENCE = _TOKENS | {
    "_name_or_path", "transformers_version", "use_cache", "torch_dtype", "id2label", "label2id", "return_dict",
    "output_attentions", "output_hidden_states", "problem_type", "_from_model_config", "initializer_range",
    "auto_map", "is_encoder_decoder", "chunk_size_feed_forward", "tokenizer_class",
}  # fmt: skip
_LONGEST = 120
"""Characters of a value; a longer one is its hash."""
_NEUTRAL: Mapping[str, Any] = {
    "do_sample": False, "temperature": 1.0, "top_p": 1.0, "repetition_penalty": 1.0, "num_beams": 1,
    "length_penalty": 1.0,
}  # fmt: skip
"""What changes no decoding: a folder that spells it out sets nothing."""


def generation_defaults(folder: Path) -> Any:
    """transformers' GenerationConfig of a folder; of one without, or with one that is none, what its config.json says
    of the tokens that end an answer.

    Raises CheckpointError where these are no numbers of tokens.
    """
    generation_config = importlib.import_module("transformers").GenerationConfig
    try:
        settings, file = generation_config.from_pretrained(str(folder)), "generation_config.json"
    except (OSError, ValueError, TypeError):
        settings, file = generation_config(eos_token_id=model_config(folder).get("eos_token_id")), "config.json"
    if any(type(token) is not int for token in _declared_ends(settings)):
        raise CheckpointError(
            f"{folder / file}: field 'eos_token_id': the number of a token or a list of them is expected, not "
            f"{json.dumps(settings.eos_token_id, default=str)}"
        )
    return settings


def end_tokens(generation_config: Any, tokenizer: Any) -> tuple[int, ...]:
    """The tokens that end an answer: those of the generation config, and the tokenizer's EOS."""
    ends = {*_declared_ends(generation_config), tokenizer.eos_token_id} - {None}
    return tuple(sorted(map(int, ends)))


def _declared_ends(generation_config: Any) -> list[Any]:
    declared = generation_config.eos_token_id
    return list(declared) if isinstance(declared, (list, tuple)) else [] if declared is None else [declared]


def decoding_defaults(folder: Path) -> dict[str, Any]:
    """What a folder's generation_config.json would change about decoding."""
    path = folder / "generation_config.json"
    return {
        name: _shown(value)
        for name, value in (read_json(path) if path.is_file() else {}).items()
        if name not in _OF_NO_INFLUENCE and value is not None and value != _NEUTRAL.get(name)
    }


def model_config(folder: Path) -> dict[str, Any]:
    """config.json with what it leaves out filled in, as transformers reads it; as it stands where that cannot.

    A folder that a trainer saved then equals the one it started from.
    """
    try:
        config = importlib.import_module("transformers").AutoConfig.from_pretrained(str(folder))
        content: dict[str, Any] = config.get_text_config().to_dict()
    except Exception:  # code of the checkpoint's own, an architecture that is too new: the file itself says enough
        content = read_json(folder / "config.json")
        content = content.get("text_config") or content
    return content


def folder_settings(checkpoint: Checkpoint, tokenizer: Tokenizer) -> dict[str, Any]:
    """What a checkpoint's folder sets that can change an answer, as scalars by name; nothing of one without files."""
    folder = checkpoint.weights
    if folder is None or not isinstance(tokenizer, HFTokenizer):
        return {}
    settings: dict[str, Any] = {}
    if (folder / "config.json").is_file():
        settings |= {
            name: _shown(value)
            for name, value in _flat(model_config(folder))
            if name not in _OF_NO_INFLUENCE and "dropout" not in name and value is not None
        }
        settings |= {f"generation_config.{name}": value for name, value in sorted(decoding_defaults(folder).items())}
        if stored := stored_type(folder):
            settings["weights stored as"] = stored
        ends = end_tokens(generation_defaults(folder), tokenizer.hf)
        settings["answers end at"] = _tokens(tokenizer, ends)
    if own := own_files(checkpoint):
        settings["prompts made with"] = f"the adapter's own {own}"
    return settings | _prompt_settings(tokenizer)


def own_files(checkpoint: Checkpoint) -> str:
    """What of an adapter's own makes its prompts, in words; '' where that is all its base's."""
    if checkpoint.adapter_base is None or checkpoint.path is None:
        return ""
    kinds = (("tokenizer", has_tokenizer), ("chat template", has_template))
    return " and ".join(name for name, has in kinds if has(checkpoint.path))


def _prompt_settings(tokenizer: HFTokenizer) -> dict[str, Any]:
    front = tokenizer.encode("a")[: -len(tokenizer.encode("a", special=False)) or None]
    settings: dict[str, Any] = {
        "tokenizer: tokens": tokenizer.vocabulary.size,
        "tokenizer: vocabulary": f"hash {tokenizer.vocabulary.digest[:12]}",
        "tokenizer: BOS": tokenizer.hf.bos_token,
        "tokenizer: EOS": tokenizer.hf.eos_token,
        "tokenizer: in front of a text": _tokens(tokenizer, front),
        "tokenizer: appended, left off": _tokens(tokenizer, tokenizer.appended),
        "chat template": f"hash {digest(tokenizer.hf.chat_template)[:12]}" if tokenizer.has_chat_template else "none",
    }
    try:
        if tokenizer.has_chat_template and tokenizer.template.writes_the_date:
            settings["chat template: date"] = f"pinned to {PINNED_DAY:%d %b %Y}"
    except CheckpointError as error:
        settings["chat template: fault"] = str(error)[:_LONGEST]
    return settings


def stored_type(folder: Path) -> str | None:
    """The type that most of a folder's numbers are stored in; None where it holds none, or pickles."""
    counts: Counter[str] = Counter()
    for entry in stored_tensors(weight_files(folder)).values():
        counts[entry["dtype"]] += prod(entry["shape"])
    return counts.most_common(1)[0][0] if counts else None


def folder_differences(base: Mapping[str, Any], candidate: Mapping[str, Any]) -> tuple[FolderDifference, ...]:
    """What two folders set differently; nothing where one of them is not known."""
    if not base or not candidate:
        return ()
    names = dict.fromkeys((*base, *candidate))
    pairs = ((name, _text(base.get(name)), _text(candidate.get(name))) for name in names)
    return tuple(FolderDifference(name, left, right) for name, left, right in pairs if left != right)


def _flat(config: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, Any]]:
    """Names and values, what is an object as a value of its own for each of its fields."""
    for name, value in sorted(config.items()):
        if isinstance(value, Mapping) and f"{within}{name}" not in _OF_NO_INFLUENCE:
            yield from _flat(value, f"{within}{name}.")
        else:
            yield f"{within}{name}", value


def _text(value: Any) -> str | None:
    return None if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _shown(value: Any) -> Any:
    if isinstance(value, (bool, int, float)):
        return value
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else f"hash {digest(value)[:12]}"


def _tokens(tokenizer: HFTokenizer, tokens: Any) -> str:
    return " ".join(str(tokenizer.hf.convert_ids_to_tokens(token)) for token in tokens) or "none"
