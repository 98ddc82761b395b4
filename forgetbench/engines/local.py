"""What engines have in common that load a checkpoint's weights from a folder on this machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from forgetbench.engines.base import EngineOptions
from forgetbench.errors import EngineError
from forgetbench.fingerprint import file_digest
from forgetbench.models.checkpoints import Consent, read_json, resolve
from forgetbench.models.tokenizer import HFTokenizer, Tokenizer
from forgetbench.records import Checkpoint


class LocalEngine:
    """Checkpoints are folders with full weights or adapters; tokenizer and window are read from their files."""

    takes: ClassVar[frozenset[str]] = frozenset(
        {"dtype", "replicas", "ray_address", "allow_pickle", "trust_remote_code"}
    )

    def __init__(self, options: EngineOptions) -> None:
        self._options = options
        self.loaded: tuple[Checkpoint, ...] = ()

    @classmethod
    def resolve(
        cls,
        text: str,
        options: EngineOptions,
        *,
        base: Checkpoint | None = None,
        hash_file: Callable[[Path], str] = file_digest,
    ) -> Checkpoint:
        """A local folder, or a hub id."""
        consent = Consent(pickle=options.allow_pickle, remote_code=options.trust_remote_code)
        return resolve(text, base=base, consent=consent, hash_file=hash_file)

    def tokenizer(self, checkpoint: Checkpoint) -> Tokenizer:
        return HFTokenizer(model_folder(checkpoint), trust_remote_code=self._options.trust_remote_code)

    def max_length(self, checkpoint: Checkpoint) -> int:
        return max_positions(model_folder(checkpoint))


def model_folder(checkpoint: Checkpoint) -> Path:
    """The folder of the full weights. EngineError for a checkpoint without one."""
    if checkpoint.weights is None:
        raise EngineError(f"checkpoint {checkpoint.name} has no folder, and this engine loads weights from one")
    return checkpoint.weights


def max_positions(folder: Path) -> int:
    """Context length in tokens that a folder's config.json declares (8192 where it is silent)."""
    config = read_json(folder / "config.json")
    config = config.get("text_config") or config
    return int(config.get("max_position_embeddings") or 8192)
