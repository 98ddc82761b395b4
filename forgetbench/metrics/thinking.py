"""What a model thinks aloud before it answers, told apart from the answer.

Marks are those that model families use: tags in angle or square brackets or triangles (<think>, [THINK], ◁think▷,
<seed:think>, <|begin_of_thought|>, <reasoning>), and harmony's channels (gpt-oss), also without their special tokens.
"""

from __future__ import annotations

import re
from itertools import zip_longest

_WORD = (
    r"(?:(?:ant)?think(?:ing)?|thoughts?|reason(?:ing)?|reflect(?:ion)?|analysis|scratch_?pad|cot|chain[-_]of[-_]thought"
    r"|(?:inner|internal)_monologue)"
)
_NAME = rf"(?:\w{{1,20}}:)?(?:(?:begin|start)_(?:of_)?)?{_WORD}"
_ATTRIBUTES = r"(?:\s[^<>\[\]]{0,80})?"
_OPEN = re.compile(
    rf"<\|?{_NAME}{_ATTRIBUTES}\|?>|(?-i:\[(?:THINK|REASON)(?:ING)?\])|\u25c1{_NAME}\u25b7"
    r"|<unused94>(?:thought)?",
    re.IGNORECASE,
)
_CLOSE = re.compile(
    rf"<\|?/\s?{_NAME}\s?\|?>|<\|end_(?:of_)?{_WORD}\|>|(?-i:\[/(?:THINK|REASON)(?:ING)?\])|\u25c1/{_NAME}\u25b7"
    rf"|<{_NAME}\s?/>|<unused95>",
    re.IGNORECASE,
)
_QUOTE_OPENS = re.compile(r"(?:[\u201c\u2018\u300c]|(?<![^\W_])[`\"'])\s*\Z")
_QUOTE_CLOSES = re.compile(r"\s*[`\"'\u201d\u2019\u300d]")
_ANSWER = re.compile(
    r"(?:<(?:answer|solution|response)>|<\|begin_of_solution\|>|<\|START_RESPONSE\|>)\s*(.*?)\s*"
    r"(?:</(?:answer|solution|response)>|<\|end_of_solution\|>|<\|END_RESPONSE\|>)?\s*",
    re.DOTALL,
)
"""What some models put the answer into that follows their thinking."""
_GREETING_CHARS = 120
"""So much may be said before the thinking begins: "Sure!"."""
_ANNOUNCEMENT = re.compile(
    r"(?:sure(?: thing)?|ok(?:ay)?|al(?:l )?right|well|so|h+m+|uh|oh|great|certainly|of course|absolutely"
    r"|hello|hi|good question"
    r"|(?:let me|let's|let us|(?:one|just a) (?:moment|second|sec|minute)|give me|hold on|wait|thinking|first"
    r"|i (?:need|have|want) to|i'?(?:ll| will))\b.*"
    r"|好的?|当然|嗯+|你好|您好|让我.*|我(?:先|来|得|需要).*|稍等.*|想一?想.*)",
    re.IGNORECASE | re.DOTALL,
)
"""What is said before a thought and answers nothing."""
_MARKS = re.compile(r"[.,!:;?\u2026\u3002\uff01\uff0c\uff1a\uff1f\n]+")

# Harmony: <|channel|>NAME<|message|>TEXT<|end|>; without special tokens "analysisTEXTassistantfinalTEXT" is left.
_CHANNEL = re.compile(r"(?:<\|start\|>\s?assistant\s?)?<\|channel\|>\s?(\w+)[^<]{0,80}<\|message\|>")
_CHANNEL_END = re.compile(r"<\|(?:end|return|call|start)\|>")
_BARE_CHANNEL = re.compile(r"\s*analysis(?=[A-Z\"'\u3400-\u9fff])")
_BARE_FINAL = re.compile(r"assistant\s?final")


def split_thinking(text: str, *, opened: bool = False) -> tuple[str, str]:
    """The thinking around an answer, and the answer; ('', text) where there is none.

    `opened` says that the prompt ended with the opening tag, as some chat templates make it. A pair of marks that the
    thinking quotes ends nothing. Thinking that is never closed leaves no answer: the token limit came first, or the
    model never came to an end. Where nothing follows a thought, what stood before it is the answer, unless it only
    announced the thought.
    """
    channels = _split_channels(text)
    if channels is not None:
        return channels
    start = _opening(text)
    after = ""
    if start is None and not opened:
        text, after = _split_afterthought(text)
    begin = start.end() if start else 0
    end = _closing(text, begin)
    before = text[: start.start()].strip() if start and not opened else ""
    if end is None:
        return (text[begin:].strip(), _said(before)) if start or opened else (after, text)
    # A closing mark without an opening one: the prompt had it, or the engine dropped it as a special token.
    answer, later = _split_afterthought(text[end.end() :].lstrip())
    wrapped = _ANSWER.fullmatch(answer)
    answer = "" if _OPEN.match(answer) else wrapped[1] if wrapped else answer
    thinking = "\n".join(filter(None, (text[begin : end.start()].strip(), later or after)))
    return thinking, answer if answer.strip() else _said(before)


def _split_afterthought(text: str) -> tuple[str, str]:
    """An answer and the thought behind it: closed where the text ends, or begun on a line of its own and cut."""
    opening = next((mark for mark in _OPEN.finditer(text) if not _is_quoted(text, mark)), None)
    if opening is None or not text[: opening.start()].strip():
        return text, ""
    answer, thought = text[: opening.start()], text[opening.end() :]
    closing = list(_CLOSE.finditer(thought))
    ends = not thought[closing[-1].end() :].strip() if closing else answer.rstrip(" \t").endswith("\n")
    return (answer.rstrip(), _CLOSE.sub("", thought).strip()) if ends else (text, "")


def _said(before: str) -> str:
    """What was said before a thought, if it is more than a greeting or an announcement."""
    phrases = [phrase for phrase in _MARKS.split(before) if phrase.strip()]
    return "" if all(_ANNOUNCEMENT.fullmatch(phrase.strip()) for phrase in phrases) else before


def opens_thinking(prompt: str) -> bool:
    """Whether a prompt ends inside a thinking block, so that the answer begins there."""
    tail = prompt.rstrip()[-200:]
    marks = list(_OPEN.finditer(tail))
    return bool(marks) and marks[-1].end() == len(tail)


def is_mark(token: str) -> bool:
    """Whether a special token of a vocabulary begins or ends thinking, or is one of harmony's."""
    ends_something_else = token.startswith("<|end_of_") and not re.search("th(?:ink|ought)|reason|solution", token)
    mark = _OPEN.fullmatch(token) or (_CLOSE.fullmatch(token) and not ends_something_else)
    return bool(mark) or token in ("<|channel|>", "<|message|>")


def with_thinking(thinking: str, answer: str) -> str:
    """What a server gives apart as one text, as `split_thinking` reads it; without an answer it is left open."""
    if not thinking.strip():
        return answer
    bare = _CLOSE.sub("", _OPEN.sub("", thinking))
    return f"<think>{bare}</think>\n{answer}" if answer else f"<think>{bare}"


def _opening(text: str) -> re.Match[str] | None:
    """The opening mark, at the beginning of the text or of a line after a few words of greeting."""
    for match in _OPEN.finditer(text[: _GREETING_CHARS + 100]):
        before = text[: match.start()]
        if _CLOSE.search(before):
            return None
        if not before.strip() or (len(before) <= _GREETING_CHARS and before.rstrip(" \t").endswith("\n")):
            return match
    return None


def _closing(text: str, begin: int) -> re.Match[str] | None:
    """The mark that closes the thinking which begins at `begin`; the last one where marks do not match.

    Another thought that begins at once after it belongs to the same thinking.
    """
    found = sorted([*_OPEN.finditer(text, begin), *_CLOSE.finditer(text, begin)], key=lambda mark: mark.start())
    marks = [mark for mark in found if not _is_quoted(text, mark)]
    depth, last = 1, None
    for mark, following in zip_longest(marks, marks[1:]):
        closes = _CLOSE.fullmatch(mark.group()) is not None
        depth += -1 if closes else 1
        last = mark if closes else last
        goes_on = following is not None and not text[mark.end() : following.start()].strip()
        if depth <= 0 and not goes_on:
            return mark
    return last


def _is_quoted(text: str, mark: re.Match[str]) -> bool:
    """Whether a quotation or code opens right before a mark and closes right after it: the mark is spoken of."""
    before, after = text[max(mark.start() - 5, 0) : mark.start()], text[mark.end() : mark.end() + 5]
    return _QUOTE_OPENS.search(before) is not None and _QUOTE_CLOSES.match(after) is not None


def _split_channels(text: str) -> tuple[str, str] | None:
    """Harmony's channels: the final one is the answer, what stands in the others is thinking. None without channels."""
    heads = list(_CHANNEL.finditer(text))
    if heads and not text[: heads[0].start()].strip():
        ends = [head.start() for head in heads[1:]] + [len(text)]
        parts = [
            (head.group(1), _CHANNEL_END.split(text[head.end() : end], maxsplit=1)[0].strip())
            for head, end in zip(heads, ends, strict=True)
        ]
        thinking = "\n".join(part for name, part in parts if name != "final")
        return thinking, next((part for name, part in reversed(parts) if name == "final"), "")
    if (bare := _BARE_CHANNEL.match(text)) and (final := _BARE_FINAL.search(text, bare.end())):
        return text[bare.end() : final.start()].strip(), text[final.end() :].lstrip()
    return None
