"""What a checkpoint's files say of how it will be asked, before anything is loaded: tokenizer, template, end of turns.

Each of these shows nowhere else: an answer that runs on, or a prompt that ends in EOS, just looks like a weak model.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from forgetbench.errors import CheckpointError, listed, shown
from forgetbench.models.checks import PASSAGE, Finding
from forgetbench.models.folder_defaults import (
    decoding_defaults,
    end_tokens,
    generation_defaults,
    model_config,
    own_files,
)
from forgetbench.models.templates import PINNED_DAY, Message
from forgetbench.models.tokenizer import HFTokenizer, Tokenizer, has_tokenizer
from forgetbench.records import Checkpoint

_MOVED = 0.01
"""Part of the base's tokens that a sound fine-tune may have renamed."""
_ANSWER = "An apple, for instance."
_ANSWERED: tuple[Message, ...] = (
    {"role": "user", "content": "Name a fruit that grows on trees."},
    {"role": "assistant", "content": _ANSWER},
)


def folder_findings(checkpoint: Checkpoint, tokenizer: Tokenizer, *, chat: bool) -> list[Finding]:
    """What tokenizer, chat template (where it is used) and configuration show; nothing of a model without files here.

    Raises CheckpointError where prompts would hold tokens that the model has no embeddings for.
    """
    if not isinstance(tokenizer, HFTokenizer) or checkpoint.weights is None:
        return []
    findings = [*_own_files(checkpoint), *_appended(tokenizer)]
    if (checkpoint.weights / "config.json").is_file():
        findings += _embeddings(checkpoint, tokenizer, chat=chat)
        findings += _defaults(checkpoint.weights)
        ends = end_tokens(generation_defaults(checkpoint.weights), tokenizer.hf)
        findings.append(Finding("end tokens", None, f"answers end at {_named(tokenizer, ends) or 'no token at all'}"))
        if chat:
            findings += _end_of_turn(tokenizer, ends)
    return [*findings, *_template(tokenizer)] if chat else findings


def vocabulary_findings(base: Tokenizer, tuned: Tokenizer) -> list[Finding]:
    """Whether a fine-tuned checkpoint's tokens are still its base's; training adds tokens and renames reserved ones."""
    if not isinstance(base, HFTokenizer) or not isinstance(tuned, HFTokenizer) or base.vocabulary == tuned.vocabulary:
        return []
    theirs, own = base.hf.get_vocab(), tuned.hf.get_vocab()
    moved = sum(own.get(token) != number for token, number in theirs.items())
    if moved <= _MOVED * len(theirs):
        return []
    text = (
        f"{moved:,} of the base's {len(theirs):,} tokens have another id, or none, in this tokenizer: a model that was "
        "trained from that base reads other words than it is asked; copy the base's tokenizer files, if it was"
    )
    return [Finding("vocabulary", False, text)]


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
            f"the tokenizer appends {_named(tokenizer, tokenizer.appended)} to every text (add_eos_token, or its "
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
            f"checkpoint {checkpoint.path}: {what}, and prompts hold {_named(tokenizer, used[:3])}; {hint}"
        )
    if checkpoint.adapter_base is not None and checkpoint.path is not None and has_tokenizer(checkpoint.path):
        raise CheckpointError(f"adapter {checkpoint.path}: {what} on its base {checkpoint.adapter_base}; {hint}")
    yield Finding("embeddings", False, f"{what}: an item that holds one is not measured; {hint}")


def _asked(tokenizer: HFTokenizer, *, chat: bool) -> set[int]:
    """Tokens that prompts are sure to hold."""
    tokens = {tokenizer.prefix_token, *tokenizer.encode(PASSAGE)}
    if chat and tokenizer.has_chat_template:
        tokens.update(tokenizer.encode(tokenizer.render(_ANSWERED[:1], add_generation_prompt=True)))
    return tokens


def _defaults(folder: Path) -> Iterator[Finding]:
    if defaults := decoding_defaults(folder):
        settings = listed([f"{name} {value}" for name, value in defaults.items()], 6)
        yield Finding("defaults", None, f"generation_config.json sets {settings}: not used, only the task decides")


def _end_of_turn(tokenizer: HFTokenizer, ends: Sequence[int]) -> Iterator[Finding]:
    """Are the tokens that end an answer the model's, and does what the template writes after one hold one of them?"""
    if unknown := [token for token in ends if tokenizer.hf.convert_ids_to_tokens(token) is None]:
        yield Finding(
            "end tokens",
            False,
            f"eos_token_id {listed(list(map(str, unknown)), 3)} is no token of the tokenizer, so no answer ends there; "
            "correct generation_config.json or, where there is none, config.json",
        )
    if not tokenizer.has_chat_template:
        return
    try:
        text = tokenizer.template.render(_ANSWERED, add_generation_prompt=False, closed=True)
    except CheckpointError:
        return  # it takes no answers: examples are then refused by the rendering itself
    after = tokenizer.encode(text.rpartition(_ANSWER)[2], special=False) if _ANSWER in text else []
    if any(token in ends for token in after):
        yield Finding("end of turn", True, "chat template: an answer ends with a token that ends it")
        return
    marks = [token for token in after if token in tokenizer.hf.all_special_ids or token in _added(tokenizer)]
    if marks:
        yield Finding(
            "end of turn",
            False,
            f"the chat template ends an answer with {_named(tokenizer, marks[:1])}, which is not among the tokens that "
            f"end one here ({_named(tokenizer, ends) or 'none'}), so answers run on; add it to eos_token_id in "
            "generation_config.json",
        )


def _template(tokenizer: HFTokenizer) -> Iterator[Finding]:
    if not tokenizer.has_chat_template:
        return
    if (tokenizer.chat_template or "").startswith("\ufeff"):
        text = "the chat template begins with a byte order mark, which stands in every prompt; save it as UTF-8 without"
        yield Finding("byte order mark", False, text)
    if tokenizer.template.takes_parts:
        yield Finding("parts", None, "chat template: takes contents as lists of parts, and is given them so")
    if tokenizer.template.writes_the_date:
        day = f"{PINNED_DAY:%d %b %Y}"
        yield Finding("date", None, f"chat template: writes the date, pinned to {day} so that answers can be kept")


def _added(tokenizer: HFTokenizer) -> set[int]:
    return set(tokenizer.hf.get_added_vocab().values())


def _named(tokenizer: HFTokenizer, tokens: Sequence[int]) -> str:
    return ", ".join(f"{shown(str(tokenizer.hf.convert_ids_to_tokens(token)))} ({token})" for token in tokens)
