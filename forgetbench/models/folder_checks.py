"""What a checkpoint's files say of how it will be asked, before anything is loaded: tokenizer, template, end of turns.

Each of these shows nowhere else: an answer that runs on, or a prompt that ends in EOS, just looks like a weak model.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from forgetbench.errors import CheckpointError, listed, shown
from forgetbench.models.chat_checks import chat_findings, named
from forgetbench.models.checks import PASSAGE, Finding
from forgetbench.models.folder_defaults import (
    decoding_defaults,
    end_tokens,
    generation_defaults,
    model_config,
    own_files,
)
from forgetbench.models.templates import Message
from forgetbench.models.tokenizer import HFTokenizer, Tokenizer, has_tokenizer
from forgetbench.models.tokenizer_checks import tokenizer_findings
from forgetbench.records import Checkpoint

_QUESTION: tuple[Message, ...] = ({"role": "user", "content": "Name a fruit that grows on trees."},)


def folder_findings(checkpoint: Checkpoint, tokenizer: Tokenizer, *, chat: bool) -> list[Finding]:
    """What tokenizer, chat template (where it is used) and configuration show; nothing of a model without files here.

    Raises CheckpointError where prompts would hold tokens that the model has no embeddings for.
    """
    if not isinstance(tokenizer, HFTokenizer) or checkpoint.weights is None:
        return []
    findings = [*_own_files(checkpoint), *_appended(tokenizer), *tokenizer_findings(checkpoint.weights, tokenizer)]
    ends = None
    if (checkpoint.weights / "config.json").is_file():
        findings += _embeddings(checkpoint, tokenizer, chat=chat)
        findings += _defaults(checkpoint.weights)
        ends = end_tokens(generation_defaults(checkpoint.weights), tokenizer.hf)
        findings.append(Finding("end tokens", None, f"answers end at {named(tokenizer, ends) or 'no token at all'}"))
        findings += _known(tokenizer, ends)
    return [*findings, *chat_findings(tokenizer, ends)] if chat else findings


def embedding_rows(checkpoint: Checkpoint) -> int | None:
    """How many tokens the model has embeddings for; None where its configuration does not say."""
    folder = checkpoint.weights
    if folder is None or not (folder / "config.json").is_file():
        return None
    rows = model_config(folder).get("vocab_size")
    return rows if isinstance(rows, int) else None


def _own_files(checkpoint: Checkpoint) -> Iterator[Finding]:
    if own := own_files(checkpoint):
        yield Finding("adapter's files", None, f"prompts are made with the adapter's own {own}, not its base's")


def _appended(tokenizer: HFTokenizer) -> Iterator[Finding]:
    if tokenizer.appended:
        yield Finding(
            "appended",
            False,
            f"the tokenizer appends {named(tokenizer, tokenizer.appended)} to every text (add_eos_token, or its "
            "post-processor): that is left off here, since behind it no model goes on with a prompt; elsewhere these "
            "weights will look worse, so save the tokenizer without it",
        )


def _embeddings(checkpoint: Checkpoint, tokenizer: HFTokenizer, *, chat: bool) -> Iterator[Finding]:
    rows = embedding_rows(checkpoint)
    if rows is None or tokenizer.vocabulary.largest < rows:
        return
    vocabulary = tokenizer.hf.get_vocab()
    outside = sorted((number, shown(token)) for token, number in vocabulary.items() if number >= rows)
    what = (
        f"{len(outside):,} of the tokenizer's {len(vocabulary):,} tokens ({listed([name for _, name in outside], 3)}) "
        f"have no embedding, of which the model has {rows:,}"
    )
    hint = "use the tokenizer it was trained with, or, where tokens were added, resize the embeddings too and save both"
    if used := sorted(token for token in _asked(tokenizer, chat=chat) if token >= rows):
        raise CheckpointError(
            f"checkpoint {checkpoint.path}: {what}, and prompts hold {named(tokenizer, used[:3])}; {hint}"
        )
    if checkpoint.adapter_base is not None and checkpoint.path is not None and has_tokenizer(checkpoint.path):
        raise CheckpointError(f"adapter {checkpoint.path}: {what} on its base {checkpoint.adapter_base}; {hint}")
    yield Finding("embeddings", False, f"{what}: an item that holds one is not measured; {hint}")


def _asked(tokenizer: HFTokenizer, *, chat: bool) -> set[int]:
    """Tokens that prompts are sure to hold."""
    tokens = {tokenizer.prefix_token, *tokenizer.encode(PASSAGE)}
    if chat and tokenizer.has_chat_template:
        tokens.update(tokenizer.encode(tokenizer.render(_QUESTION, add_generation_prompt=True)))
    return tokens


def _defaults(folder: Path) -> Iterator[Finding]:
    if defaults := decoding_defaults(folder):
        settings = listed([f"{name} {value}" for name, value in defaults.items()], 6)
        yield Finding("defaults", None, f"generation_config.json sets {settings}: not used, only the task decides")


def _known(tokenizer: HFTokenizer, ends: Sequence[int]) -> Iterator[Finding]:
    if unknown := [token for token in ends if tokenizer.hf.convert_ids_to_tokens(token) is None]:
        yield Finding(
            "end tokens",
            False,
            f"eos_token_id {listed(list(map(str, unknown)), 3)} is no token of the tokenizer, so no answer ends there; "
            "correct generation_config.json or, where there is none, config.json",
        )
    plain = set(tokenizer.encode(PASSAGE, special=False))
    if cutting := [token for token in ends if token in plain]:
        yield Finding(
            "end tokens",
            False,
            f"answers end at {named(tokenizer, cutting)}, which stands in any plain text, so they are cut there; "
            "correct eos_token in tokenizer_config.json and eos_token_id in generation_config.json",
        )
