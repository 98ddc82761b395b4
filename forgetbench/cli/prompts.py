"""One short item as base and candidate are asked it, side by side: what the eye finds faster than any check."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from forgetbench.models.prompting import own_tokenizer
from forgetbench.models.templates import Message
from forgetbench.models.tokenizer import HFTokenizer, Tokenizer, encode_pair
from forgetbench.sanitize import printable

WIDTH = 100
_QUESTION, _ANSWER = "What is the capital of France?", " Paris"
_CHAT: tuple[Message, ...] = ({"role": "user", "content": _QUESTION},)
_LINE_END = "⏎"


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt as one checkpoint is asked it."""

    name: str
    tokens: tuple[int, ...]
    text: str
    """What the tokens stand for, special ones spelled out."""

    @property
    def title(self) -> str:
        """Whose it is, and how long."""
        return f"{self.name}: {len(self.tokens)} tokens" if self.tokens else f"{self.name}: no chat template"

    @property
    def lines(self) -> list[str]:
        """The text with its line ends seen, and nothing in it that steers a terminal."""
        return [printable(line).replace("\n", _LINE_END) for line in self.text.splitlines(keepends=True)]


def shown_prompts(sides: Sequence[tuple[str, Tokenizer]], system_prompt: str | None = None) -> Iterator[str]:
    """Lines for a terminal of `WIDTH` columns: an item in the chat and in the completion protocol, of one checkpoint
    or of two side by side; a line that differs is marked."""
    yield from _block(
        "chat protocol", [_prompt(name, tokenizer, _chat(tokenizer, system_prompt)) for name, tokenizer in sides]
    )
    yield ""
    plain = f"Question: {_QUESTION}\nAnswer:"
    prompts = [_prompt(name, one, encode_pair(one, plain, _ANSWER)[0]) for name, one in sides]
    yield from _block(f"completion protocol, before '{_ANSWER}' is rated", prompts)


def _chat(tokenizer: Tokenizer, system_prompt: str | None) -> tuple[int, ...]:
    if not tokenizer.has_chat_template:
        return ()
    system: list[Message] = [{"role": "system", "content": system_prompt}] if system_prompt else []
    return tuple(tokenizer.encode(tokenizer.render([*system, *_CHAT], add_generation_prompt=True)))


def _prompt(name: str, tokenizer: Tokenizer, tokens: tuple[int, ...]) -> Prompt:
    tokenizer = own_tokenizer(tokenizer)
    if isinstance(tokenizer, HFTokenizer):
        text = str(tokenizer.hf.decode(list(tokens), skip_special_tokens=False, clean_up_tokenization_spaces=False))
    else:
        text = bytes(token for token in tokens if token < 256).decode("utf-8", "replace")
    return Prompt(printable(name), tokens, text)


def _block(title: str, prompts: Sequence[Prompt]) -> Iterator[str]:
    if len(prompts) == 1:
        (one,) = prompts
        yield f"{title}, {one.title}"
        yield from (f"  {part}" for line in one.lines for part in _folded(line, WIDTH - 2))
        return
    left, right = prompts
    yield f"{title}: {_compared(left, right)}"
    yield _beside(left.title, " ", right.title)
    yield "─" * WIDTH
    for mark, here, there in _aligned(left.lines, right.lines):
        folded = zip_longest(*(_folded(line, _COLUMN) for line in (here, there)), fillvalue="")
        yield from (_beside(first, mark, second) for first, second in folded)


_COLUMN = (WIDTH - 3) // 2


def _compared(left: Prompt, right: Prompt) -> str:
    if left.tokens == right.tokens:
        return "the same tokens"
    if left.text == right.text:
        place = next(i for i, (a, b) in enumerate(zip_longest(left.tokens, right.tokens)) if a != b)
        return f"the same text in other tokens, from token {place + 1} on"
    return "they differ (≠)"


def _aligned(left: list[str], right: list[str]) -> Iterator[tuple[str, str, str]]:
    """(mark, left line, right line), equal lines beside each other."""
    for kind, a, b, c, d in difflib.SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        mark = " " if kind == "equal" else "≠"
        yield from ((mark, one, other) for one, other in zip_longest(left[a:b], right[c:d], fillvalue=""))


def _folded(line: str, width: int) -> list[str]:
    return [line[start : start + width] for start in range(0, len(line), width)] or [""]


def _beside(left: str, mark: str, right: str) -> str:
    return f"{left[:_COLUMN]:<{_COLUMN}} {mark} {right[:_COLUMN]}".rstrip()
