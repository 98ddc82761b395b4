"""Addresses, names and windows of served models."""

from __future__ import annotations

from pathlib import Path

import pytest
from served_model import Served

from forgetbench.engines.base import EngineOptions
from forgetbench.engines.openai import (
    OpenAIEngine,
    ServedTokenizer,
    served_checkpoint,
    served_model,
    server_url,
)
from forgetbench.errors import CheckpointError, InputError


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://Host:80/v1/", "http://host:80/v1"),
        ("https://api.example.org/v1?token=abcdefgh#part", "https://api.example.org/v1"),
    ],
)
def test_the_address_as_results_show_it(text: str, shown: str) -> None:
    assert server_url(text) == shown
    assert OpenAIEngine(EngineOptions("openai", base_url=text)).settings == {"name": "openai", "server": shown}


@pytest.mark.parametrize(
    "text", ["", "host:8000", "ftp://host/v1", "http://", "http://user:hunter2@host/v1", "http://u:hunter2@h:port/"]
)
def test_an_unusable_address_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(InputError) as caught:
        server_url(text)
    assert "hunter2" not in str(caught.value)


def test_a_served_checkpoint_is_its_address_name_and_revision(letters: Path) -> None:
    plain = served_checkpoint("org/small", "http://host/v1")
    assert (plain.name, plain.where, plain.path, plain.step) == ("small", "org/small", None, None)
    named = served_checkpoint("base=org/small@two", "http://host/v1", letters)
    assert (named.name, named.where, named.path) == ("base", "org/small@two", letters)
    others = (
        plain,
        named,
        served_checkpoint("org/small", "http://host:1/v1"),
        served_checkpoint("x", "http://host/v1"),
    )
    assert len({item.fingerprint for item in others}) == 4
    assert served_checkpoint("base=org/small", "http://host/v1", letters).fingerprint == plain.fingerprint
    with pytest.raises(CheckpointError, match="no tokenizer here"):
        served_checkpoint("x", "http://host/v1", letters.parent)


def test_a_folder_that_is_served_brings_its_tokenizer(letters: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert served_checkpoint(str(letters), "http://host/v1").path == letters
    monkeypatch.setenv("HOME", str(letters.parent))
    shown = served_checkpoint(f"{letters}@two", "http://host/v1")
    assert shown.where == f"~/{letters.name}@two"


@pytest.mark.parametrize("text", ["small", "org/small", "org/small@two", "a@b@two", "n=a=b", "~/x@1", "/served/x"])
def test_the_server_hears_the_name_it_knows(text: str) -> None:
    model = text.removeprefix("n=").removesuffix("@two").removesuffix("@1").replace("~", str(Path.home()))
    assert served_model(served_checkpoint(text, "http://host/v1")) == model


def test_the_window(server: Served, letters: Path) -> None:
    """The server's where it says it, else the model's; of bytes it says nothing."""
    engine = OpenAIEngine(EngineOptions("openai", base_url=server.url))
    with_ids = served_checkpoint("small", server.url, letters)
    assert engine.max_length(served_checkpoint("small", server.url)) == 1_000_000
    assert engine.max_length(with_ids) == 99, "one token is generated behind what is rated"
    engine.close()
    server.models = None
    assert engine.max_length(with_ids) == 999_999
    engine.close()


def test_text_survives_the_byte_tokenizer() -> None:
    tokenizer = ServedTokenizer()
    text = "naïve 🙂\n"
    assert tokenizer.decode(tokenizer.encode(text)) == text
    assert tokenizer.decode(tokenizer.encode(text)[:-3]) == "naïve ", "a cut character is dropped"
    assert tokenizer.encode_all([text, "\ud800"]) == [tokenizer.encode(text), [ord("?")]]
