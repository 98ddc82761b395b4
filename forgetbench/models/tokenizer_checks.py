"""Does a tokenizer give back the text that it is given, do BOS and EOS mean what they mean to the model, and is it
still its base's?

A library that builds a tokenizer anew from its class's name, a pre-tokenizer of another model or two settings that
changed places leave the weights as they are: the model reads other words than it is asked, and just looks weak.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

from forgetbench.errors import shown
from forgetbench.models.checks import PASSAGE, Finding
from forgetbench.models.folder_defaults import generation_defaults, model_config
from forgetbench.models.tokenizer import HFTokenizer, Tokenizer
from forgetbench.models.weights import read_json

_PLAIN = ("Name a fruit that grows on trees.", "The answer is 42, and B comes after A.")
"""What every tokenizer of a model that writes gives back as it stands."""
_LAID_OUT = (
    *_PLAIN,
    PASSAGE,
    "def less(a, b):\n    return a < b\n\n\n\tprint(1984)",
    "  two  spaces,   three   and NO end  ",
    "3.14 * 10 - 2 = 29.4; it's e-mail@example.org (or not?)",
    "é, ß, 日本語, “quoted” and 🙂",
)
"""What two tokenizers with the same tokens read alike, if they are the same."""
_MOVED = 0.01
"""Part of the base's tokens that a sound fine-tune may have renamed."""
_COPY = "copy the base's tokenizer files"
_AS_THE_FILE_STANDS = ("PreTrainedTokenizerFast", "TokenizersBackend")
"""Classes that take tokenizer.json as it stands; the second is transformers 5's name."""


def tokenizer_findings(folder: Path, tokenizer: HFTokenizer) -> Iterator[Finding]:
    """What a checkpoint's tokenizer shows beside the folder of its weights, `folder`."""
    yield from _round_trip(tokenizer)
    if (folder / "config.json").is_file() and (told := _changed_places(folder, tokenizer)):
        yield Finding("BOS and EOS", False, told)


def beside_base_findings(base: Tokenizer, tuned: Tokenizer) -> list[Finding]:
    """Whether a fine-tuned checkpoint's tokenizer and template are still made as its base's; nothing of one that is
    no model's own."""
    if not isinstance(base, HFTokenizer) or not isinstance(tuned, HFTokenizer) or base.fingerprint == tuned.fingerprint:
        return []
    # Where the tokens are others, so is all that is made of them.
    findings = list(_vocabulary(base, tuned)) or [*_reads_otherwise(base, tuned), *_roles(base, tuned)]
    return [*findings, *_system_turn(base, tuned)]


# --- a tokenizer by itself --------------------------------------------------------------------


def _round_trip(tokenizer: HFTokenizer) -> Iterator[Finding]:
    for text in _PLAIN:
        back = str(tokenizer.hf.decode(tokenizer.encode(text, special=False))).strip()
        if back.casefold() == text.casefold():
            continue
        how = "loses or adds spaces" if _bare(back) == _bare(text) else "does not give back what it is given"
        yield Finding(
            "round trip",
            False,
            f"the tokenizer {how}: {text!r} comes back as {shown(back)[:60]!r}, and every prompt is read so; "
            f"{_way_out(tokenizer)}",
        )
        return


def _bare(text: str) -> str:
    return "".join(text.split()).casefold()


def _way_out(tokenizer: HFTokenizer) -> str:
    """How text is read as it was in training: by tokenizer.json as it stands, if its class's name builds another."""
    kind = type(tokenizer.hf).__name__
    if kind in _AS_THE_FILE_STANDS:
        return f"its tokenizer.json makes it so (normalizer, pre_tokenizer or decoder): {_COPY}"
    return (
        f"transformers reads it as a {kind}: set tokenizer_class to PreTrainedTokenizerFast in tokenizer_config.json, "
        f"which takes tokenizer.json as it stands, or {_COPY}"
    )


def _changed_places(folder: Path, tokenizer: HFTokenizer) -> str | None:
    """That the tokenizer's BOS is an end to the model, or its EOS the model's beginning; None where all is well."""
    # As it is written: what transformers fills in is no word of the model's.
    config = read_json(folder / "config.json")
    begin = (config.get("text_config") or config).get("bos_token_id")
    declared = generation_defaults(folder).eos_token_id
    own = model_config(folder).get("eos_token_id")
    ends = {end for each in (declared, own) for end in (each if isinstance(each, list) else [each])}
    if not isinstance(begin, int) or begin in ends:
        return None
    # One token for both is no fault: GPT-2 begins with its end.
    if tokenizer.eos != begin and (tokenizer.bos not in ends - {None} or tokenizer.bos == tokenizer.eos):
        return None
    return (
        f"the tokenizer's BOS is {_spelled(tokenizer, tokenizer.bos)} and its EOS {_spelled(tokenizer, tokenizer.eos)},"
        f" where config.json has bos_token_id {begin} ({_spelled(tokenizer, begin)}): they have changed places, so "
        "texts begin with an end; correct bos_token and eos_token in tokenizer_config.json (and "
        f"special_tokens_map.json), or {_COPY}"
    )


def _spelled(tokenizer: HFTokenizer, token: int | None) -> str:
    return "none" if token is None else shown(str(tokenizer.hf.convert_ids_to_tokens(token)))


# --- beside its base's ------------------------------------------------------------------------


def _vocabulary(base: HFTokenizer, tuned: HFTokenizer) -> Iterator[Finding]:
    """Tokens that are not the base's; training adds some and renames reserved ones."""
    if base.vocabulary == tuned.vocabulary:
        return
    theirs, own = base.hf.get_vocab(), tuned.hf.get_vocab()
    moved = sum(own.get(token) != number for token, number in theirs.items())
    if moved > _MOVED * len(theirs):
        yield Finding(
            "vocabulary",
            False,
            f"{moved:,} of the base's {len(theirs):,} tokens have another id, or none, in this tokenizer: a model that "
            f"was trained from that base reads other words than it is asked; {_COPY}, if it was",
        )


def _reads_otherwise(base: HFTokenizer, tuned: HFTokenizer) -> Iterator[Finding]:
    for text in _LAID_OUT:
        theirs, own = (side.encode(text, special=False) for side in (base, tuned))
        if theirs == own:
            continue
        names = (list(map(str, side.hf.convert_ids_to_tokens(row))) for side, row in ((base, theirs), (tuned, own)))
        yield Finding(
            "spelling",
            False,
            f"the tokenizer reads text otherwise than the base's, though the tokens are the same: {_parted(*names)}; "
            f"{_way_out(tuned)}",
        )
        return


def _parted(theirs: list[str], own: list[str]) -> str:
    """The first place at which two readings part, in tokens."""
    for kind, start, end, at, to in difflib.SequenceMatcher(None, theirs, own, autojunk=False).get_opcodes():
        if kind != "equal":
            return f"{_few(theirs[start:end])} there, {_few(own[at:to])} here"
    return "nowhere"


def _few(tokens: list[str]) -> str:
    return " ".join(shown(token) for token in tokens[:4]) or "nothing"


def _roles(base: HFTokenizer, tuned: HFTokenizer) -> Iterator[Finding]:
    begin, end = base.hf.bos_token, base.hf.eos_token
    if begin is None or begin == end or end is None:
        return
    if tuned.hf.eos_token == begin or (tuned.hf.bos_token == end and tuned.hf.eos_token != end):
        yield Finding(
            "BOS and EOS",
            False,
            f"the tokenizer's BOS is {shown(str(tuned.hf.bos_token))} and its EOS {shown(str(tuned.hf.eos_token))}, "
            f"the base's are {shown(begin)} and {shown(end)}: they have changed places; correct bos_token and "
            "eos_token in tokenizer_config.json (and special_tokens_map.json)",
        )


def _system_turn(base: HFTokenizer, tuned: HFTokenizer) -> Iterator[Finding]:
    if not (base.has_chat_template and tuned.has_chat_template) or base.chat_template == tuned.chat_template:
        return
    if base.template.takes_system and tuned.template.drops_system:
        yield Finding(
            "system turn",
            False,
            "the chat template leaves a system turn out without a word, which the base's writes; take the base's, or "
            "write the system's text before the first turn",
        )
