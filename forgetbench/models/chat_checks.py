"""What a chat template makes of a conversation, in the tokens of its tokenizer: do turns end, does the prompt lead into
an answer as conversations do, is every mark a token, is the system's text written?

What a template says beside the tokenizer is in `checks`; here each mark is held against what the model would read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from forgetbench.errors import CheckpointError, listed, shown
from forgetbench.models.checks import Finding
from forgetbench.models.templates import PINNED_DAY, Message
from forgetbench.models.tokenizer import HFTokenizer

_SYSTEM, _ASKED, _ANSWER, _AGAIN = (
    "Speak of the weather.",
    "Name a fruit that grows on trees.",
    "An apple, for instance.",
    "And another one?",
)
_QUESTION: tuple[Message, ...] = ({"role": "user", "content": _ASKED},)
_ANSWERED: tuple[Message, ...] = (*_QUESTION, {"role": "assistant", "content": _ANSWER})
_TURNS: tuple[Message, ...] = (*_ANSWERED, {"role": "user", "content": _AGAIN})
_INSTRUCTED: tuple[Message, ...] = ({"role": "system", "content": _SYSTEM}, *_QUESTION)

_MARK = re.compile(r"<\|[^|<>\s]{1,40}\|>|<｜[^｜<>\s]{1,40}｜>|</?s>|<(?:start|end)_of_turn>|<[be]os>")
"""What families of models have as one token."""
_ROLE = re.compile(r"<[|｜](user|assistant|system|human|model|bot|prompter)[|｜]>", re.IGNORECASE)
"""What some write in words all the same: Zephyr's turns begin with <|user|> in seven pieces."""
_THOUGHT = re.compile(r"[<\[◁][^<>\[\]◁▷]{0,20}(?:think|thought|reason)[^<>\[\]◁▷]{0,20}[>\]▷]", re.IGNORECASE)


def chat_findings(tokenizer: HFTokenizer, ends: Sequence[int] | None) -> Iterator[Finding]:
    """What its chat template shows; nothing of a tokenizer without.

    `ends` are the tokens that end an answer, None where they are not known.
    """
    if not tokenizer.has_chat_template:
        return
    yield from _text(tokenizer)
    if tokenizer.template.drops_system and "system" in (tokenizer.chat_template or ""):
        yield Finding(
            "system turn",
            False,
            "the chat template knows a system turn and leaves its text out without a word; write it, or let the "
            "template refuse it with raise_exception",
        )
    yield from _pieces(tokenizer)
    if ends is not None:
        yield from _end_of_turn(tokenizer, ends)
        yield from _turns(tokenizer, ends)


def _text(tokenizer: HFTokenizer) -> Iterator[Finding]:
    if (tokenizer.chat_template or "").startswith("\ufeff"):
        text = "the chat template begins with a byte order mark, which stands in every prompt; save it as UTF-8 without"
        yield Finding("byte order mark", False, text)
    if tokenizer.template.takes_parts:
        yield Finding("parts", None, "chat template: takes contents as lists of parts, and is given them so")
    if tokenizer.template.writes_the_date:
        day = f"{PINNED_DAY:%d %b %Y}"
        yield Finding("date", None, f"chat template: writes the date, pinned to {day} so that answers can be kept")


def _written(tokenizer: HFTokenizer, turns: Sequence[Message], *, prompt: bool = True) -> str:
    """A conversation as the template writes it; '' where it takes none of that kind, which rendering tells."""
    try:
        return tokenizer.template.render(turns, add_generation_prompt=prompt, closed=not prompt)
    except CheckpointError:
        return ""


def _pieces(tokenizer: HFTokenizer) -> Iterator[Finding]:
    """Marks that this tokenizer has not: the model reads them letter by letter."""
    texts = (_written(tokenizer, turns) for turns in (_TURNS, _INSTRUCTED))
    marks = dict.fromkeys(mark for text in texts for mark in _MARK.findall(text) if not _ROLE.fullmatch(mark))
    vocabulary = tokenizer.hf.get_vocab()
    split = [mark for mark in marks if vocabulary.get(mark) not in tokenizer.encode(mark, special=False)]
    if not split:
        return
    after = _between(_written(tokenizer, _TURNS), _ANSWER, _AGAIN)
    ends = " (no answer ends with such a mark)" if any(mark in after for mark in split) else ""
    yield Finding(
        "marks",
        False,
        f"the chat template writes {listed([shown(mark) for mark in split], 3)}, which this tokenizer has not as a "
        f"token, so the model reads it in pieces{ends}; take the template that belongs to this tokenizer, or the "
        "tokenizer that was trained with these marks",
    )


def _end_of_turn(tokenizer: HFTokenizer, ends: Sequence[int]) -> Iterator[Finding]:
    """Are the tokens that end an answer the model's, and does what the template writes after one hold one of them?"""
    text = _written(tokenizer, _ANSWERED, prompt=False)
    after = tokenizer.encode(text.rpartition(_ANSWER)[2], special=False) if _ANSWER in text else []
    if any(token in ends for token in after):
        yield Finding("end of turn", True, "chat template: an answer ends with a token that ends it")
        return
    if marks := _marks(tokenizer, after):
        yield Finding(
            "end of turn",
            False,
            f"the chat template ends an answer with {named(tokenizer, marks[:1])}, which is not among the tokens that "
            f"end one here ({named(tokenizer, ends) or 'none'}), so answers run on; add it to eos_token_id in "
            "generation_config.json",
        )


def _turns(tokenizer: HFTokenizer, ends: Sequence[int]) -> Iterator[Finding]:
    """Does a prompt go on as conversations do, and is the user's turn closed where others are?"""
    prompt, conversation = _written(tokenizer, _QUESTION), _written(tokenizer, _TURNS)
    if any(text not in conversation for text in (_ASKED, _ANSWER, _AGAIN)):
        return
    tail = prompt.rpartition(_ASKED)[2]
    lead, after = _between(conversation, _ASKED, _ANSWER), _between(conversation, _ANSWER, _AGAIN)
    last = tokenizer.encode(tail.rstrip(), special=False)[-1:]
    if last and last[0] in ends and not lead.startswith(tail.rstrip()):
        text = (
            f"a prompt of the chat template ends with {named(tokenizer, last)}, which ends an answer before it begins"
        )
        yield Finding("lead-in", False, f"{text}; take it out behind the generation prompt")
    elif not _goes_on(tail, lead):
        yield Finding(
            "lead-in",
            False,
            f"the chat template writes {shown(tail)!r} behind the question it asks, and {shown(lead)!r} before an "
            "answer in a conversation; write the same in both (the end of the user's turn, then the generation prompt)",
        )
    elif _is_open(tokenizer, (prompt.partition(_ASKED)[0], lead, after), ends):
        yield Finding(
            "open turn",
            False,
            "the chat template does not end the user's turn, though it ends others: what follows is a part of the "
            f"question; write {named(tokenizer, _marks(tokenizer, tokenizer.encode(after, special=False))[:1])} "
            "behind the user's text",
        )


def _goes_on(tail: str, lead: str) -> bool:
    """Whether one of two texts begins the other, but for what is thought in between."""
    one, other = ("".join(_THOUGHT.split(text)[0].split()) for text in (tail, lead))
    return one.startswith(other) or other.startswith(one)


def _is_open(tokenizer: HFTokenizer, around: tuple[str, str, str], ends: Sequence[int]) -> bool:
    """Whether the user's turn has no end where others have one.

    `around`: what stands before a question, between it and its answer, and behind that. Where a family has other marks
    for each role (<|User|>, [INST]), the next one is an end by itself.
    """
    before, opening, closing = (_marks(tokenizer, tokenizer.encode(text, special=False)) for text in around)
    if not closing or closing[0] not in ends or closing[0] in (*before, *opening):
        return False
    if opening and opening[:1] == closing[1:2]:
        return True
    system = _between(_written(tokenizer, _INSTRUCTED), _SYSTEM, _ASKED)
    return closing[0] in tokenizer.encode(system, special=False)


def _between(text: str, one: str, other: str) -> str:
    """What stands between two texts; '' where they do not follow each other."""
    before, found, _ = text.partition(one)[2].partition(other)
    return before if found else ""


def _marks(tokenizer: HFTokenizer, tokens: Sequence[int]) -> list[int]:
    special = {*tokenizer.hf.all_special_ids, *tokenizer.hf.get_added_vocab().values()}
    return [token for token in tokens if token in special]


def named(tokenizer: HFTokenizer, tokens: Sequence[int]) -> str:
    """Tokens as a reader knows them, with their ids."""
    return ", ".join(f"{shown(str(tokenizer.hf.convert_ids_to_tokens(token)))} ({token})" for token in tokens)
