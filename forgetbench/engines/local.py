"""What engines have in common that load a checkpoint's weights from a folder on this machine."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from forgetbench.engines.base import EngineOptions
from forgetbench.errors import EngineError
from forgetbench.fingerprint import file_digest, tokenizer_fingerprint
from forgetbench.models.checkpoints import Consent, resolve
from forgetbench.models.tokenizer import Tokenizer, checkpoint_tokenizer
from forgetbench.models.weights import read_json, stray_files
from forgetbench.models.windows import window_of
from forgetbench.records import Checkpoint


class LocalEngine:
    """Checkpoints are folders with full weights or adapters; tokenizer and window are read from their files."""

    takes: ClassVar[frozenset[str]] = frozenset(
        {"dtype", "max_model_len", "replicas", "ray_address", "allow_pickle", "trust_remote_code"}
    )

    def __init__(self, options: EngineOptions) -> None:
        self._options = options
        self._views: dict[Path, Path] = {}
        self.loaded: tuple[Checkpoint, ...] = ()
        self._tokenizers: dict[tuple[str | None, ...], Tokenizer] = {}
        """By the files they come from, and by what they are."""

    @classmethod
    def resolve(
        cls,
        text: str,
        options: EngineOptions,
        *,
        base: Checkpoint | None = None,
        hash_file: Callable[[Path], str] = file_digest,
    ) -> Checkpoint:
        """A local folder, or a hub id; an adapter only where the engine serves its kind."""
        consent = Consent(pickle=options.allow_pickle, remote_code=options.trust_remote_code)
        checkpoint = resolve(text, base=base, consent=consent, hash_file=hash_file)
        if checkpoint.adapter_base is not None and checkpoint.path is not None:
            cls.check_adapter(checkpoint.path, checkpoint.adapter_base)
        return checkpoint

    @staticmethod
    def check_adapter(adapter: Path, base: Path) -> None:
        """Raises CheckpointError for an adapter that the engine cannot serve, with the way out."""

    def tokenizer(self, checkpoint: Checkpoint) -> Tokenizer:
        base = model_folder(checkpoint)
        # The class is named by the model's type where the tokenizer's own files do not name it.
        files = (
            tokenizer_fingerprint(checkpoint.path or base), tokenizer_fingerprint(base),
            read_json(base / "config.json").get("model_type"),
        )  # fmt: skip
        if files not in self._tokenizers:
            loaded = checkpoint_tokenizer(checkpoint, trust_remote_code=self._options.trust_remote_code)
            # An adapter without files of its own has its base's.
            alike = (loaded.fingerprint, files[-1])
            self._tokenizers[files] = self._tokenizers.setdefault(alike, loaded)
        return self._tokenizers[files]

    def max_length(self, checkpoint: Checkpoint) -> int:
        folder = model_folder(checkpoint)
        window = window_of(folder, trust_remote_code=self._options.trust_remote_code)
        return min(window or self._options.max_model_len, self._options.max_model_len)

    def _weights_alone(self, folder: Path) -> Path:
        """The folder that a library may be given: what is hashed of it is all that it finds there.

        That is the folder itself, or one of links to all but its stray files.
        """
        stray = stray_files(folder)
        if not stray:
            return folder
        if folder not in self._views:
            view = Path(tempfile.mkdtemp(prefix="forgetbench-"))
            weakref.finalize(self, shutil.rmtree, view, ignore_errors=True)
            for path in folder.iterdir():
                if path not in stray:
                    (view / path.name).symlink_to(path.resolve())
            self._views[folder] = view
        return self._views[folder]


def model_folder(checkpoint: Checkpoint) -> Path:
    """The folder of the full weights. EngineError for a checkpoint without one."""
    if checkpoint.weights is None:
        raise EngineError(f"checkpoint {checkpoint.name} has no folder, and this engine loads weights from one")
    return checkpoint.weights
