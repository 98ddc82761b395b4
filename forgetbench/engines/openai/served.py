"""A served model as a checkpoint: an address, a name, and perhaps a folder with its tokenizer."""

from __future__ import annotations

from pathlib import Path

from forgetbench.errors import CheckpointError
from forgetbench.fingerprint import TOKENIZER_FILES, digest
from forgetbench.models.checkpoints import default_name, shown_place, split_argument
from forgetbench.records import Checkpoint


def served_checkpoint(text: str, server: str, tokenizer: Path | None = None) -> Checkpoint:
    """A model behind the OpenAI-compatible API at the address `server`; WHERE is its name there.

    `path` is the folder of its tokenizer: `tokenizer`, else WHERE where that is a local folder with one. Nothing
    shows the server's weights, so the fingerprint covers address, name and revision alone. Raises CheckpointError.
    """
    name, model, revision = split_argument(text)
    folder = tokenizer or Path(model)
    has_tokenizer = any((folder / file).is_file() for file in TOKENIZER_FILES)
    if tokenizer is not None and not has_tokenizer:
        raise CheckpointError(f"--tokenizer {tokenizer}: no tokenizer here; give a folder with tokenizer.json")
    return Checkpoint(
        name=name or default_name(Path(model), model),
        where=shown_place(model) if revision is None and "@" not in model else f"{shown_place(model)}@{revision or ''}",
        fingerprint=digest(["openai", server, model, revision]),
        path=folder if has_tokenizer else None,
    )


def served_model(checkpoint: Checkpoint) -> str:
    """What the server calls a served checkpoint."""
    where = checkpoint.where
    model = where.rpartition("@")[0] if "@" in where else where
    return f"{Path.home()}{model[1:]}" if model.startswith("~/") else model
