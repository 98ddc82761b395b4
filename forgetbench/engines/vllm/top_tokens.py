"""The likeliest tokens at each place of a text, of vLLM's log-probabilities of prompts."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forgetbench.engines.next_tokens import ScoredTokens
from forgetbench.engines.vllm.scoring import VllmRequest

Top = tuple[NDArray[np.int64], NDArray[np.float32]]


def stream_top_tokens(
    stream: Callable[..., Iterator[Any]], checkpoint: str, texts: Sequence[ScoredTokens], k: int
) -> Iterator[tuple[int, NDArray[np.int64], NDArray[np.float32]]]:
    """Ask for each text whole, without reading the prefix cache: what comes from it has no log-probabilities."""
    params = importlib.import_module("vllm").SamplingParams
    reading = params(max_tokens=1, temperature=0.0, prompt_logprobs=k, detokenize=False)
    submissions = (VllmRequest(str(number), checkpoint, text.tokens, reading) for number, text in enumerate(texts))
    for output in stream(submissions):
        text = texts[int(output.request_id)]
        yield int(output.request_id), *top_of_rows(output.prompt_logprobs[text.n_context :], k)


def top_of_rows(rows: Sequence[Mapping[int, Any]], k: int) -> Top:
    """vLLM's rows as arrays of shape (places, k + 1), an id of -1 where a row has fewer.

    A row holds the k likeliest tokens, and the text's own where it is not one of them.
    """
    ids = np.full((len(rows), k + 1), -1, dtype=np.int64)
    logprobs = np.full((len(rows), k + 1), -np.inf, dtype=np.float32)
    for place, row in enumerate(rows):
        ids[place, : len(row)] = list(row)
        logprobs[place, : len(row)] = [entry.logprob for entry in row.values()]
    return ids, logprobs
