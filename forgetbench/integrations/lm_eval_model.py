"""A forgetbench engine as an lm-eval model: prompts computed once, answers kept in the ledger, lm-eval's own numbers.

This module imports lm-eval, so nothing imports it but `forgetbench.ForgetbenchLM`, on first use.
"""

from __future__ import annotations

import contextlib
import importlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from lm_eval.api.model import LM

from forgetbench.engines.base import Engine, EngineOptions
from forgetbench.engines.registry import make_engine, resolve_checkpoint
from forgetbench.errors import CheckpointError, EngineError, InputError
from forgetbench.fingerprint import digest, file_digest
from forgetbench.lm_eval_bridge.decoding import MAX_TOKENS, decoding
from forgetbench.lm_eval_bridge.planning import (
    AnswerLocation,
    PromptContext,
    encode_instances,
    refusal,
    scoring_locations,
)
from forgetbench.lm_eval_bridge.scoring import ratings_of
from forgetbench.models.templates import Message
from forgetbench.models.tokenizer import HFTokenizer
from forgetbench.records import Checkpoint, Request, Response, Sampling
from forgetbench.storage.admission import admitted
from forgetbench.storage.ledger import Ledger

_READ = frozenset({"until", "do_sample", "temperature", "top_p", *MAX_TOKENS})
_SHAPES_SAMPLES = frozenset({"top_k", "min_p", "typical_p"})
_NEUTRAL: Mapping[str, tuple[float, ...]] = {
    "top_k": (0, -1), "min_p": (0,), "typical_p": (1,), "num_beams": (1,), "repetition_penalty": (1,),
}  # fmt: skip
"""Values at which a setting that engines here do not have changes nothing."""


class ForgetbenchLM(LM):  # type: ignore[misc]
    """A checkpoint behind one of forgetbench's engines, for `lm_eval.simple_evaluate(model=ForgetbenchLM(...))`.

    Log-likelihoods, greedy flags and greedy texts are those of lm-eval's own models. Two things differ. What does
    not fit the model's window raises InputError, where lm-eval's models cut the prompt's beginning off and go on.
    And with `repeats` above 1 a prompt is computed once: the samples come from one request, while greedy
    decoding is asked for one text.

    As a context manager it stops the engine at the end.
    """

    def __init__(
        self,
        checkpoint: str | Checkpoint,
        *,
        options: EngineOptions = EngineOptions(),
        engine: Engine | None = None,
        ledger: Path | str | None = None,
        seed: int = 0,
        log_file: Path | str | None = None,
    ) -> None:
        """Find and check the checkpoint; its weights are loaded when something is first asked.

        `checkpoint` is `[NAME=]WHERE[@REVISION]`, a folder or a hub id. `options` name the engine and how it runs;
        `engine` is one that is there already and that its maker closes: the options are then only those that a
        checkpoint's text is resolved with. `ledger` is a file that keeps every answer, for instance
        `results/.ledger.sqlite` of earlier runs. `seed` is for sampling. `log_file` takes what the engine prints.
        Raises InputError, CheckpointError, EngineError or StorageError.
        """
        super().__init__()
        self._log_file = Path(log_file) if log_file is not None else None
        with contextlib.ExitStack() as opened:
            self._ledger = opened.enter_context(Ledger(Path(ledger))) if ledger is not None else None
            if isinstance(checkpoint, str):
                hash_file = self._ledger.file_digest if self._ledger is not None else file_digest
                checkpoint = resolve_checkpoint(checkpoint, options, hash_file=hash_file)
            if engine is None:
                engine = make_engine(options, [checkpoint])
                opened.callback(engine.close)
            # Whatever fails above closes what it opened.
            self._resources = opened.pop_all()
        self._checkpoint = checkpoint
        self._engine = engine
        self._context = PromptContext(
            checkpoint=checkpoint.fingerprint,
            engine=dict(engine.settings),
            tokenizer=engine.tokenizer(checkpoint),
            chat=False,  # lm-eval renders chats through `apply_chat_template`; prompts arrive as plain text
            max_length=engine.max_length(checkpoint),
            seed=seed,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop the engine, unless it was handed in, and close the ledger."""
        self._resources.close()

    # --- what lm-eval asks ----------------------------------------------------------------------

    def loglikelihood(self, requests: Sequence[Any], disable_tqdm: bool = False) -> list[tuple[float, bool]]:
        """(log-likelihood in nats, is greedy) of each (context, continuation), in the order of the instances.

        Raises InputError where one does not fit the window, EngineError where the engine fails.
        """
        locations = self._scoring_locations(requests)
        ratings = [(0.0, False)] * len(requests)
        for position, responses in self._answered("loglikelihood", requests, locations, disable_tqdm):
            (rating,) = ratings_of(locations[position], responses)
            ratings[position] = (rating.loglikelihood, rating.is_greedy)
            self.cache_hook.add_partial("loglikelihood", requests[position].args, ratings[position])
        return ratings

    def loglikelihood_rolling(self, requests: Sequence[Any], disable_tqdm: bool = False) -> list[float]:
        """Log-likelihood (nats) of each whole text, rated in windows that each predict new tokens only.

        Raises EngineError where the engine fails.
        """
        locations = self._scoring_locations(requests)
        totals = [0.0] * len(requests)
        for position, responses in self._answered("loglikelihood_rolling", requests, locations, disable_tqdm):
            totals[position] = sum(rating.loglikelihood for rating in ratings_of(locations[position], responses))
            self.cache_hook.add_partial("loglikelihood_rolling", requests[position].args, totals[position])
        return totals

    def generate_until(self, requests: Sequence[Any], disable_tqdm: bool = False) -> list[str]:
        """The text each (context, generation_kwargs) is continued with, in the order of the instances.

        Instances alike share a request: they get its samples one after the other, or the same greedy text.
        Raises InputError for settings no engine here has and for what does not fit the window.
        """
        locations = self._generation_locations(requests)
        texts = [""] * len(requests)
        for position, responses in self._answered("generate_until", requests, locations, disable_tqdm):
            (location,) = locations[position]
            texts[position] = responses[location.request.key].samples[location.indices[0]].text
            self.cache_hook.add_partial("generate_until", requests[position].args, texts[position])
        return texts

    # --- what lm-eval looks up ------------------------------------------------------------------

    @property
    def tokenizer_name(self) -> str:
        """Fingerprint of tokenizer and chat template: lm-eval keys its cache of built prompts by it."""
        return self._context.tokenizer.fingerprint

    @property
    def max_length(self) -> int:
        """The window: longest prompt plus answer, in tokens."""
        return self._context.max_length

    @property
    def max_gen_toks(self) -> int:
        """Tokens generated where a task does not say how many."""
        return decoding({}, n=1, seed=0).max_tokens

    def apply_chat_template(self, chat_history: list[Message], add_generation_prompt: bool = True) -> str:
        """The messages as one prompt. CheckpointError where the checkpoint has no chat template."""
        self._check_chat_template()
        return self._context.tokenizer.render(chat_history, add_generation_prompt=add_generation_prompt)

    def chat_template(self, chat_template: bool | str = False) -> str | None:
        """The template's text, which lm-eval writes beside its results; None when it is not to be applied."""
        if chat_template is False or chat_template is None:
            return None
        self._check_chat_template()
        tokenizer = self._context.tokenizer
        # lm-eval's word for a template that is applied elsewhere, by a server for instance, is the empty text.
        return tokenizer.chat_template if isinstance(tokenizer, HFTokenizer) else ""

    def get_model_info(self) -> dict[str, Any]:
        """What lm-eval's results say of the model."""
        return {
            "checkpoint": self._checkpoint.where,
            "checkpoint_fingerprint": self._checkpoint.fingerprint,
            "engine": dict(self._context.engine),
        }

    def _check_chat_template(self) -> None:
        if not self._context.tokenizer.has_chat_template:
            raise CheckpointError(
                f"checkpoint {self._checkpoint.name} has no chat template; evaluate it without apply_chat_template"
            )

    # --- asking ---------------------------------------------------------------------------------

    def _scoring_locations(self, requests: Sequence[Any]) -> list[tuple[AnswerLocation, ...]]:
        """Where the answers to each instance stand; the choices of one document share a request, as in a run."""
        encoded = encode_instances(self._context, requests)
        documents: defaultdict[tuple[str | None, int | None], list[int]] = defaultdict(list)
        for position, instance in enumerate(requests):
            documents[instance.task_name, instance.doc_id].append(position)
        locations: list[tuple[AnswerLocation, ...]] = [()] * len(requests)
        for positions in documents.values():
            rows = scoring_locations(self._context, [encoded[position] for position in positions])
            for position, row in zip(positions, rows, strict=True):
                locations[position] = row
        return locations

    def _generation_locations(self, requests: Sequence[Any]) -> list[tuple[AnswerLocation, ...]]:
        """Which sample of which request answers each instance; instances alike share a request."""
        alike: defaultdict[tuple[tuple[int, ...], Sampling], list[int]] = defaultdict(list)
        for position, ((prompt, _),) in enumerate(encode_instances(self._context, requests)):
            alike[prompt, self._sampling(*requests[position].args)].append(position)
        locations: list[tuple[AnswerLocation, ...]] = [()] * len(requests)
        for (prompt, one), positions in alike.items():
            n = len(positions) if one.temperature > 0 else 1
            request = self._context.request(prompt, sampling=replace(one, n=n))
            for number, position in enumerate(positions):
                locations[position] = (AnswerLocation(request, (number % n,)),)
        return locations

    def _sampling(self, context: str, settings: Mapping[str, Any]) -> Sampling:
        sampling = decoding(settings, n=1, seed=int(digest([self._context.seed, context])[:8], 16))
        neutral = {name for name, value in settings.items() if value is None or value in _NEUTRAL.get(name, ())}
        unread = set(settings) - _READ - neutral - (_SHAPES_SAMPLES if sampling.temperature == 0 else set())
        if unread:
            raise InputError(
                f"generation_kwargs {', '.join(sorted(unread))}: forgetbench's engines have no such setting; they take "
                f"{', '.join(sorted(_READ))}"
            )
        return sampling

    def _answered(
        self, what: str, requests: Sequence[Any], locations: Sequence[tuple[AnswerLocation, ...]], disable_tqdm: bool
    ) -> Iterator[tuple[int, Mapping[str, Response]]]:
        """(position, responses so far) of each instance, as soon as all of its own are among them."""
        self._check_fit(what, requests, locations)
        lacking = [{location.request.key for location in row} for row in locations]
        waiting: defaultdict[str, list[int]] = defaultdict(list)
        for position, keys in enumerate(lacking):
            for key in keys:
                waiting[key].append(position)
        responses: dict[str, Response] = {}
        tqdm = importlib.import_module("tqdm").tqdm
        with tqdm(total=len(requests), desc=f"Running {what} requests", disable=disable_tqdm) as bar:
            for response in self._answers([location.request for row in locations for location in row]):
                responses[response.key] = response
                for position in waiting[response.key]:
                    lacking[position].discard(response.key)
                    if not lacking[position]:
                        yield position, responses
                        bar.update()

    def _check_fit(self, what: str, requests: Sequence[Any], locations: Sequence[tuple[AnswerLocation, ...]]) -> None:
        """Refuse the whole call before anything is asked when some of it cannot be answered."""
        window = self._context.max_length
        refused = [(place, reason) for place, row in enumerate(locations) if (reason := refusal(row, window))]
        if refused:
            place, reason = refused[0]
            raise InputError(
                f"{len(refused)} of {len(requests)} {what} requests do not go into a window of {window} tokens, the "
                f"first one document {requests[place].doc_id} of {requests[place].task_name}: {reason}; no prompt is "
                "cut here: take fewer few-shot examples or a smaller max_gen_toks, or leave these documents out"
            )

    def _answers(self, requests: Iterable[Request]) -> Iterator[Response]:
        """The response to each distinct request: the ledger's at once, then the engine's as they arrive."""
        distinct = {request.key: request for request in requests}
        recorded = self._ledger.answers(distinct) if self._ledger is not None else {}
        yield from recorded.values()
        lacking = {key: request for key, request in distinct.items() if key not in recorded}
        if not lacking:
            return
        self._load()
        first = next(iter(lacking.values()))
        answer = self._engine.score if first.sampling is None else self._engine.generate
        for response in map(admitted, answer(list(lacking.values()))):
            if response.refusal is not None:
                raise InputError(f"the engine cannot answer: {response.refusal}")
            if self._ledger is not None:
                self._ledger.put(response)
            del lacking[response.key]
            yield response
        if lacking:
            raise EngineError(f"the engine left {len(lacking)} of {len(distinct)} requests without an answer")

    def _load(self) -> None:
        # An engine that others use too may hold another checkpoint by now.
        if self._checkpoint not in self._engine.loaded:
            self._engine.load([self._checkpoint], self._log_file)
