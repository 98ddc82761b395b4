"""Content hashes: what makes two checkpoints, tasks, documents, prompts or requests the same.

Every hash is SHA-256 in hexadecimal over canonical JSON or file content, so it does not depend on
names, places, times or dictionary order. Nothing here knows an engine or a task.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from forgetbench.records import Request, Sampling

TOKENIZER_FILES = (
    "tokenizer.json", "tokenizer.model", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
    "vocab.json", "merges.txt", "vocab.txt",
)  # fmt: skip
TEMPLATE_FILES = ("chat_template.jinja", "chat_template.json")
CONFIG_FILES = ("config.json", "generation_config.json", "adapter_config.json")
# Written by a trainer or a save, and of no influence on what the model answers.
_VOLATILE = frozenset({"transformers_version", "_name_or_path", "is_local", "local_files_only", "torch_dtype_saved"})


def digest(value: Any) -> str:
    """Hash of anything JSON can hold; dictionaries by content, not by order."""
    return hashlib.sha256(_canonical(value).encode("utf-8", "surrogatepass")).hexdigest()


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)


def file_digest(path: Path) -> str:
    """Hash of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def checkpoint_fingerprint(folder: Path, files: Iterable[Path], hash_file: Callable[[Path], str] = file_digest) -> str:
    """Hash of all that decides a checkpoint's answers: weights, configuration, tokenizer, template, code of its own.

    `files` are those that its weights are loaded from; `hash_file` may cache, since they are large. Optimizer states,
    logs and training arguments in the same folder do not count.
    """
    weights = {path.name: hash_file(path) for path in files}
    configs = {name: _config(folder / name) for name in CONFIG_FILES if (folder / name).is_file()}
    parts: dict[str, Any] = {"weights": weights, "configs": configs, "tokenizer": tokenizer_fingerprint(folder)}
    if any(isinstance(config, dict) and "auto_map" in config for config in configs.values()):
        parts["code"] = {path.name: file_digest(path) for path in sorted(folder.glob("*.py")) if path.is_file()}
    return digest(parts)


def tokenizer_fingerprint(folder: Path) -> str:
    """Hash of the tokenizer's files and the chat template."""
    parts: dict[str, Any] = {}
    for name in (*TOKENIZER_FILES, *TEMPLATE_FILES):
        path = folder / name
        if path.is_file():
            parts[name] = _config(path) if name == "tokenizer_config.json" else file_digest(path)
    return digest(parts)


def _config(path: Path) -> Any:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return file_digest(path)
    if not isinstance(content, dict):
        return file_digest(path)
    return {key: value for key, value in content.items() if key not in _VOLATILE}


def document_hash(document: Mapping[str, Any]) -> str:
    """Hash of one document of a task, all fields included."""
    return digest(document)[:16]


class RequestKeys:
    """The ledger's keys: the same model, engine settings and token ids give the same answer.

    A key is the `digest` of all of them in a list. Whoever asks is hashed once, here, and what is asked is written out
    once (`question`) for all who ask it.
    """

    def __init__(self, checkpoint: str, engine: Mapping[str, Any], replicate: int = 0) -> None:
        """`replicate` is 0 for that answer, and counts the times that it is asked for anew to see whether it stays."""
        self._head = hashlib.sha256(f"[{_canonical(checkpoint)},{_canonical(engine)},".encode("utf-8", "surrogatepass"))
        self._tail = f",{replicate}]".encode() if replicate else b"]"

    @staticmethod
    def question(
        prompt: tuple[int, ...], continuations: tuple[tuple[int, ...], ...] = (), sampling: Sampling | None = None
    ) -> bytes:
        """What is asked, as the middle of a key's text."""
        decoding = None
        if sampling is not None:
            # Greedy decoding does not depend on the seed; leaving it out lets runs of any seed share answers.
            seed = sampling.seed if sampling.temperature > 0 else None
            decoding = [
                sampling.max_tokens, sampling.temperature, sampling.top_p, sampling.n, list(sampling.stop), seed,
            ]  # fmt: skip
        return _canonical([prompt, continuations, decoding])[1:-1].encode("utf-8", "surrogatepass")

    def key(self, question: bytes) -> str:
        """The key of a `question`."""
        hashed = self._head.copy()
        hashed.update(question + self._tail)
        return hashed.hexdigest()


def make_request(
    checkpoint: str, engine: Mapping[str, Any], prompt: tuple[int, ...],
    continuations: tuple[tuple[int, ...], ...] = (), sampling: Sampling | None = None, replicate: int = 0,
) -> Request:  # fmt: skip
    """A request with its key."""
    key = RequestKeys(checkpoint, engine, replicate).key(RequestKeys.question(prompt, continuations, sampling))
    return Request(key, checkpoint, prompt, continuations, sampling)
