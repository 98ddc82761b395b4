"""What a checkpoint's folder sets by itself: how it would decode, which tokens end an answer, how prompts are made.

Only the task decides how an answer is decoded, in every engine alike; of a folder's own settings the tokens that end an
answer are taken and nothing else. What differs between two folders is shown beside their scores.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any


def generation_defaults(folder: Path, trust_remote_code: bool = False) -> Any:
    """transformers' GenerationConfig of a folder, from its config.json where it has no generation_config.json."""
    transformers = importlib.import_module("transformers")
    try:
        return transformers.GenerationConfig.from_pretrained(str(folder))
    except (OSError, ValueError, TypeError):
        config = transformers.AutoConfig.from_pretrained(str(folder), trust_remote_code=trust_remote_code)
        return transformers.GenerationConfig.from_model_config(config)


def end_tokens(generation_config: Any, tokenizer: Any) -> tuple[int, ...]:
    """The tokens that end an answer: those of the generation config, and the tokenizer's EOS."""
    declared = generation_config.eos_token_id
    ends = declared if isinstance(declared, (list, tuple)) else [declared]
    return tuple(sorted({int(token) for token in (*ends, tokenizer.eos_token_id) if token is not None}))
