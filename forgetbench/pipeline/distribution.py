"""How far the candidate's next-token distributions lie from the base's, asked of both models."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import numpy as np

from forgetbench.comparison.sft_data import SftPrompt, read_sft_prompts
from forgetbench.diagnosis.asked import Distribution, Source
from forgetbench.diagnosis.distribution import Rated, calibration, distribution_row
from forgetbench.diagnosis.divergence import TextSums, TopTokens
from forgetbench.diagnosis.measure import Measure
from forgetbench.engines.base import Engine
from forgetbench.engines.next_tokens import ScoredTokens, TellsAll, TellsTop
from forgetbench.errors import InputError
from forgetbench.models.tokenizer import HFTokenizer, Tokenizer, check_shared_vocabulary
from forgetbench.pipeline.two_models import Models
from forgetbench.records import Comparison, Sampling
from forgetbench.storage.files import read_text
from forgetbench.storage.folder import ResultsFolder
from forgetbench.storage.jsonl import iter_jsonl
from forgetbench.storage.runs import Run, is_run, load_run
from forgetbench.suites.suite import tasks_folder

T = TypeVar("T")

WINDOW: Final = 512
"""Tokens that are looked at together: longer texts are cut, and the logits of one window are what memory must hold."""
TOP_K: Final = 20
"""What vLLM tells of a prompt's places unless it is started otherwise."""
N_PROMPTS: Final = 64
"""Training prompts, drawn by the seed."""
ANSWER_TOKENS: Final = 48
"""What the base says to each of them: the divergence is of what it would say, not of what the data says."""


@dataclass(frozen=True, slots=True)
class CutText:
    """A text in windows, each scored token in one of them."""

    source: Source
    cluster: str
    n_bytes: int
    """0 where bytes are not told."""
    windows: tuple[ScoredTokens, ...]

    @property
    def sums(self) -> TextSums:
        """Nothing summed yet."""
        return TextSums(self.cluster, self.n_bytes)


def measure_distribution(
    models: Models, *, sft_data: Path | None, text: Path | None, n_texts: int | None, seed: int, alpha: float
) -> Distribution:
    """Divergence, entropies and losses on the embedded passages, on `text`, and on the prompts of `sft_data`.

    `n_texts` of each are looked at, drawn by the seed; where it is None, all texts and `N_PROMPTS` prompts.
    Exact where the engine tells whole distributions, with both models in memory at once; else of the likeliest tokens,
    one model after the other. Raises InputError for models of different vocabularies, for files that cannot be read,
    and for an engine that tells neither.
    """
    engine = models.engine
    if not isinstance(engine, (TellsAll, TellsTop)):
        raise InputError(
            f"--distribution: engine {models.options.engine} tells no next-token distributions; use --engine "
            "transformers (exact) or vllm (the likeliest tokens), without --replicas"
        )
    tokenizer = models.tokenizer(models.base)
    check_shared_vocabulary(tokenizer, models.tokenizer(models.candidate))
    texts = [
        _cut(tokenizer, source, name, words)
        for kind in _neutral(text)
        for source, name, words in _drawn(kind, n_texts, seed)
    ]
    if sft_data is not None:
        texts += _answered(models, sft_data, n_texts or N_PROMPTS, seed)
    models.progress.start("next tokens", sum(len(each.tokens) for cut in texts for each in cut.windows))
    exact = isinstance(engine, TellsAll)
    sums, vocabularies = _exact(models, texts) if exact else _of_top(models, texts)
    by_source: dict[Source, list[TextSums]] = {}
    for cut, total in zip(texts, sums, strict=True):
        if total.n_tokens:
            by_source.setdefault(cut.source, []).append(total)
    rows = tuple(distribution_row(source, of_source, alpha) for source, of_source in by_source.items())
    return Distribution("exact" if exact else "top_k", None if exact else TOP_K, vocabularies, rows)


def measure_calibration(results: ResultsFolder, compared: Comparison) -> tuple[Measure, ...]:
    """Calibration of the choices that both runs of a comparison rated; () where the runs are not at hand."""
    sides = (compared.base.run_id, compared.candidate.run_id)
    if not all(is_run(results.run(run_id)) for run_id in sides):
        return ()
    before, after = (_rated(load_run(results.run(run_id))) for run_id in sides)
    items = [
        Rated(cluster, right, ratings, after[key][2])
        for key, (cluster, right, ratings) in before.items()
        if key in after and len(after[key][2]) == len(ratings)
    ]
    return calibration(items, compared.alpha)


def _rated(run: Run) -> dict[tuple[str, str], tuple[str, int, tuple[float, ...]]]:
    """By task and item: cluster, number of the right option, and the options' log-likelihoods."""
    at = [number for number, view in enumerate(run.table.column("view").to_pylist()) if view == "choice"]
    names = ("task", "item_id", "cluster", "gold", "choices", "loglikelihoods")
    rows = zip(*(run.table.column(name).take(at).to_pylist() for name in names), strict=True)
    return {
        (task, item): (cluster, list(choices).index(gold), tuple(ratings))
        for task, item, cluster, gold, choices, ratings in rows
        if choices and gold in choices and len(ratings or ()) == len(choices)
    }


# --- texts ------------------------------------------------------------------------------------


def _neutral(own: Path | None) -> Iterator[list[tuple[Source, str, str]]]:
    """Source, name and words of general texts, by kind."""
    rows = iter_jsonl(tasks_folder() / "language" / "passages.jsonl")
    yield [("passages", str(row["cluster"]), str(row["text"])) for _number, row in rows]
    if own is not None:
        yield [("text", str(number), words) for number, words in enumerate(_own_texts(own))]


def _drawn(texts: Sequence[T], n_texts: int | None, seed: int) -> Sequence[T]:
    """So many of them, or all; those of a smaller number are among those of a larger one."""
    return texts if n_texts is None else random.Random(seed).sample(texts, len(texts))[:n_texts]


def _own_texts(path: Path) -> list[str]:
    """Rows of a JSONL file with `text`, or the paragraphs of any other text file. InputError where there is none."""
    if path.suffix == ".jsonl":
        texts = []
        for number, row in iter_jsonl(path):
            if not isinstance(row.get("text"), str):
                raise InputError(
                    f"{path}:{number}: no field 'text' with a text; one per row, or give a plain text file"
                )
            texts.append(row["text"])
    else:
        texts = read_text(path).split("\n\n")
    if not any(each.strip() for each in texts):
        raise InputError(f"{path}: holds no text")
    return [each for each in texts if each.strip()]


def _cut(tokenizer: Tokenizer, source: Source, name: str, words: str) -> CutText:
    """A text in windows: each is conditioned on the last token before it, the first on BOS or EOS."""
    tokens = (tokenizer.prefix_token, *tokenizer.encode(words, special=False))
    windows = tuple(ScoredTokens(tokens[start : start + WINDOW + 1], 1) for start in range(0, len(tokens) - 1, WINDOW))
    return CutText(source, name, len(words.encode("utf-8", "replace")), windows)


def _answered(models: Models, path: Path, n_prompts: int, seed: int) -> list[CutText]:
    """Training prompts with what the base says to them, of which alone the tokens are scored."""
    prompts = read_sft_prompts(path)
    if not prompts:
        models.progress.note(f"{path}: its rows have answers and no prompts, so nothing is said of the prompts")
    drawn = _drawn(prompts, n_prompts, seed)
    tokenizer = models.tokenizer(models.base)
    asked = [_prompt_tokens(models, prompt)[-WINDOW:] for prompt in drawn]
    answers = models.sampled(
        "answers of the base",
        [
            (models.base, prompt, Sampling(ANSWER_TOKENS, temperature=1.0, seed=seed + number))
            for number, prompt in enumerate(asked)
        ],
    )
    cut = []
    for number, (prompt, samples) in enumerate(zip(asked, answers, strict=True)):
        for sample in samples:
            said = tokenizer.encode(sample.text, special=False)
            if sample.finish_reason == "stop" and tokenizer.eos is not None:
                said.append(tokenizer.eos)
            if said and prompt:
                window = ScoredTokens((*prompt, *said), len(prompt))
                cut.append(CutText("prompts", str(number), 0, (window,)))
    return cut


def _prompt_tokens(models: Models, prompt: SftPrompt) -> list[int]:
    """In the base's vocabulary; a conversation in the candidate's chat template, which it was trained with."""
    tokenizer, own = models.tokenizer(models.base), models.tokenizer(models.candidate)
    if isinstance(prompt, str):
        return tokenizer.encode(prompt)
    if own.has_chat_template:
        return tokenizer.encode(own.render(prompt, add_generation_prompt=True))
    return tokenizer.encode("\n\n".join(message["content"] for message in prompt) + "\n\n")


# --- the two ways -----------------------------------------------------------------------------


def _exact(models: Models, texts: Sequence[CutText]) -> tuple[list[TextSums], tuple[int, int]]:
    """Of whole distributions, both models side by side; some places of both are all that is held."""
    sums, widths = [cut.sums for cut in texts], (0, 0)
    with models.beside(models.candidate) as after:
        before = models.load(models.base)
        for cut, total in zip(texts, sums, strict=True):
            for window in cut.windows:
                widths = _add_window(before, after, window, total)
                models.progress.advance(len(window.tokens))
    return sums, widths


def _add_window(before: Engine, after: Engine, window: ScoredTokens, total: TextSums) -> tuple[int, int]:
    assert isinstance(before, TellsAll) and isinstance(after, TellsAll)  # noqa: S101 - one class, looked at before
    tokens, at, widths = np.array(window.scored), 0, (0, 0)
    for rows, others in zip(before.next_tokens(window), after.next_tokens(window), strict=True):
        total.add_rows(rows, others, tokens[at : at + len(rows)])
        at, widths = at + len(rows), (rows.shape[-1], others.shape[-1])
    return widths


def _of_top(models: Models, texts: Sequence[CutText]) -> tuple[list[TextSums], tuple[int, int]]:
    """Of the likeliest tokens, one model after the other; those of the base are held, 250 bytes a token."""
    sums = [cut.sums for cut in texts]
    windows = [(total, window) for cut, total in zip(texts, sums, strict=True) for window in cut.windows]
    pieces = [window for _total, window in windows]
    kept: dict[int, TopTokens] = {}
    for checkpoint in (models.base, models.candidate):
        engine = models.load(checkpoint)
        assert isinstance(engine, TellsTop)  # noqa: S101 - looked at before
        for number, ids, logprobs in engine.top_tokens(checkpoint, pieces, TOP_K):
            top, (total, window) = TopTokens(ids, logprobs), windows[number]
            if checkpoint is models.base:
                kept[number] = top
            else:
                total.add_top(kept.pop(number), top, np.array(window.scored))
            models.progress.advance(len(window.tokens) // 2)
    before, after = (_size(models.tokenizer(side)) for side in (models.base, models.candidate))
    return sums, (before, after)


def _size(tokenizer: Tokenizer) -> int:
    return tokenizer.vocabulary.size if isinstance(tokenizer, HFTokenizer) else 0
