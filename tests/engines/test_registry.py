"""Engines by name: which there are, what they take, and what is said of one that is not to be had."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from forgetbench.engines import registry
from forgetbench.engines.base import EngineOptions
from forgetbench.engines.openai import OpenAIEngine
from forgetbench.engines.registry import engine_class, engine_names, make_engine, resolve_checkpoint
from forgetbench.engines.scripted import ScriptedEngine
from forgetbench.errors import EngineError, InputError

BUILT_IN = ("openai", "scripted", "transformers", "vllm")


def plug_in(monkeypatch: pytest.MonkeyPatch, name: str, place: str) -> None:
    entry = EntryPoint(name, place, registry.ENTRY_POINTS)
    monkeypatch.setattr(registry.importlib.metadata, "entry_points", lambda group: [entry])


def test_the_engines_of_this_package() -> None:
    assert set(BUILT_IN) <= set(engine_names())
    assert [engine_class(name).__name__.lower() for name in BUILT_IN] == [f"{name}engine" for name in BUILT_IN]


def test_a_class_is_found_without_importing_its_library() -> None:
    code = (
        "import sys; from forgetbench.engines.registry import engine_class, engine_names\n"
        "[engine_class(name) for name in engine_names()]\n"
        "print(sorted({'vllm', 'torch', 'openai', 'ray'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(InputError, match="unknown engine 'vlmm'; did you mean 'vllm'"):
        make_engine(EngineOptions("vlmm"))


def test_each_engine_resolves_its_own_checkpoints(tiny_model: Path) -> None:
    assert resolve_checkpoint("a=word", EngineOptions("scripted")).where == "word"
    served = resolve_checkpoint("a=small", EngineOptions("openai", base_url="http://host/v1"))
    assert (served.where, served.path) == ("small", None)
    assert resolve_checkpoint(f"a={tiny_model}", EngineOptions("transformers")).path == tiny_model


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            EngineOptions("scripted", base_url="http://host/v1"),
            "--base-url is not for --engine scripted; leave",
        ),
        (
            EngineOptions("vllm", tokenizer=Path("folder")),
            "--tokenizer is not for .* add --engine openai",
        ),
        (EngineOptions("openai", replicas=2), "--replicas is .* add --engine scripted or transformers or vllm"),
        (EngineOptions("openai", ray_address="auto"), "--ray-address is not for --engine openai"),
        (EngineOptions("transformers", tensor_parallel=2), "--tensor-parallel is not .* add --engine vllm"),
        (EngineOptions("scripted", allow_pickle=True), "--allow-pickle is not for --engine scripted"),
    ],
)
def test_an_option_that_the_engine_does_not_take_is_refused(options: EngineOptions, message: str) -> None:
    for use in (make_engine, lambda options: resolve_checkpoint("a", options)):
        with pytest.raises(InputError, match=message):
            use(options)


def test_options_reach_the_engine() -> None:
    engine = make_engine(EngineOptions("openai", base_url="http://host/v1", concurrency=3))
    assert isinstance(engine, OpenAIEngine)
    assert engine.settings["server"] == "http://host/v1"


def test_a_plug_in_is_an_engine_like_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    plug_in(monkeypatch, "mine", "forgetbench.engines.scripted:ScriptedEngine")
    assert "mine" in engine_names()
    assert isinstance(make_engine(EngineOptions("mine")), ScriptedEngine)


def test_a_plug_in_does_not_take_the_place_of_an_engine_of_this_package(monkeypatch: pytest.MonkeyPatch) -> None:
    plug_in(monkeypatch, "openai", "forgetbench.engines.scripted:ScriptedEngine")
    assert engine_class("openai") is OpenAIEngine


def test_a_plug_in_that_cannot_be_imported_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    plug_in(monkeypatch, "mine", "no_such_module:Mine")
    with pytest.raises(EngineError, match=r"engine 'mine' of a plug-in \(no_such_module:Mine\) cannot be imported: "):
        make_engine(EngineOptions("mine"))
