"""generation_kwargs: what they may say, and the decoding that they ask for."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from forgetbench.records import Sampling

MAX_TOKENS = ("max_gen_toks", "max_new_tokens", "max_tokens", "max_completion_tokens")
"""What generation_kwargs may call the token limit; the first one there counts, as in lm-eval."""
_NEUTRAL: Mapping[str, tuple[Any, ...]] = {
    "num_beams": (1,), "num_return_sequences": (1,), "n": (1,), "repetition_penalty": (1,), "length_penalty": (1,),
    "no_repeat_ngram_size": (0,), "presence_penalty": (0,), "frequency_penalty": (0,), "min_new_tokens": (0,),
    "min_tokens": (0,), "early_stopping": (False,), "typical_p": (1,), "min_p": (0,), "top_k": (0, -1),
    "use_cache": (True, False),
}  # fmt: skip
"""Values of other settings that ask for nothing."""
_OF_SAMPLING = frozenset({"top_k", "min_p", "typical_p"})
"""Of no influence on greedy decoding."""


def decoding(settings: Mapping[str, Any], n: int, seed: int) -> Sampling:
    """generation_kwargs as lm-eval's transformers model reads them: greedy unless sampling is asked for."""
    until = settings.get("until") or ()
    temperature = _temperature(settings)
    return Sampling(
        max_tokens=next((int(settings[name]) for name in MAX_TOKENS if settings.get(name)), 256),
        temperature=temperature,
        top_p=float(settings.get("top_p") or 1.0),
        n=n,
        stop=tuple(text for text in ((until,) if isinstance(until, str) else until) if text),
        seed=seed if temperature > 0 else None,
    )


def _temperature(settings: Mapping[str, Any]) -> float:
    if settings.get("do_sample") is False:
        return 0.0
    if settings.get("do_sample") and "temperature" not in settings:
        return 1.0
    return float(settings.get("temperature") or 0.0)


def decoding_mistake(settings: Any) -> tuple[str, str] | None:
    """The first of generation_kwargs that cannot be honoured, and why; None when all can.

    What no engine here does must not be asked for in silence: beams and penalties change every answer.
    """
    if settings is None:
        return None
    if not isinstance(settings, Mapping):
        return "", f"a mapping is expected, not {type(settings).__name__}"
    for name, value in settings.items():
        if value is None:
            continue
        if name in _RULES and (wrong := _RULES[name](value)) is not None:
            return str(name), wrong
    greedy = _temperature(settings) == 0
    for name, value in settings.items():
        if name in _RULES or value is None or (greedy and name in _OF_SAMPLING):
            continue
        if value not in _NEUTRAL.get(str(name), ()):
            honoured = ", ".join([*_RULES][: -len(MAX_TOKENS)])
            why = f"no engine here decodes with it, only with {honoured} and max_gen_toks; leave it out"
            return str(name), why
    return None


def _number(value: Any) -> float | None:
    """A finite number, also one that is written as text, as lm-eval takes it; else None."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _until(value: Any) -> str | None:
    texts = value if isinstance(value, list) else [value]
    return (
        None
        if all(isinstance(text, str) for text in texts)
        else f"a text or a list of texts is expected, not {value!r}"
    )


def _flag(value: Any) -> str | None:
    return None if isinstance(value, bool) else f"true or false is expected, not {value!r}"


def _at_least_zero(value: Any) -> str | None:
    number = _number(value)
    return None if number is not None and number >= 0 else f"a number from 0 is expected, not {value!r}"


def _share(value: Any) -> str | None:
    number = None if isinstance(value, str) else _number(value)
    return None if number is not None and 0 < number <= 1 else f"a number above 0, up to 1, is expected, not {value!r}"


def _tokens(value: Any) -> str | None:
    right = isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 31
    return None if right else f"a number of tokens from 1 is expected, not {value!r}"


_RULES: Mapping[str, Callable[[Any], str | None]] = {
    "until": _until,
    "do_sample": _flag,
    "temperature": _at_least_zero,
    "top_p": _share,
    **dict.fromkeys(MAX_TOKENS, _tokens),
}
