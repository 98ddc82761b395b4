"""A served model, and an engine that has loaded it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import tokenizers
import transformers
from served_model import ALPHABET, KEY, Served, spelled

from forgetbench.engines.base import EngineOptions
from forgetbench.engines.openai import OpenAIEngine, served_checkpoint
from forgetbench.records import Checkpoint


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that must not leak, no proxy in between, and a back-off of milliseconds."""
    for name in ("OPENAI_BASE_URL", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setattr("forgetbench.engines.openai.http.FIRST_PAUSE", 0.01)
    monkeypatch.setattr("forgetbench.engines.openai.http.LONGEST_PAUSE", 0.02)


@pytest.fixture
def server() -> Iterator[Served]:
    with Served() as served:
        thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield served
        served.ended.set()
        served.shutdown()
        thread.join(timeout=10)
        assert not thread.is_alive()


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tokenizer folder whose tokens are bytes; id 0 begins a text."""
    vocabulary = {character: number for number, character in enumerate(["<s>", *ALPHABET])}
    backend = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=vocabulary, merges=[]))
    backend.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = tokenizers.decoders.ByteLevel()
    backend.add_special_tokens(["<s>"])
    folder = tmp_path_factory.mktemp("letters")
    template = "{% for message in messages %}<s>{{ message['content'] }}{% endfor %}"
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=backend, bos_token="<s>", eos_token="<s>")
    tokenizer.chat_template = template
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture
def loaded(server: Served) -> Iterator[Callable[..., tuple[OpenAIEngine, Checkpoint]]]:
    """An engine that has loaded the served model, in text mode or with a tokenizer's folder."""
    engines = []

    def make(tokenizer: Path | None = None, **settings: Any) -> tuple[OpenAIEngine, Checkpoint]:
        retries = {"max_retries": settings.pop("max_retries")} if "max_retries" in settings else {}
        engine = OpenAIEngine(EngineOptions("openai", base_url=server.url, **settings), **retries)
        engines.append(engine)
        if tokenizer is not None:
            server.spell = spelled
        checkpoint = served_checkpoint("small", server.url, tokenizer)
        engine.load([checkpoint])
        return engine, checkpoint

    yield make
    for engine in engines:
        engine.close()
