"""`forgetbench doctor`: rows that say ok, warn or FAIL, of the machine and of a checkpoint."""

from __future__ import annotations

import importlib.metadata
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_models import make_broken

from forgetbench.cli.doctor import Row, examine, machine, prompts_of
from forgetbench.engines.base import EngineOptions
from forgetbench.evaluation import free_memory, preflight

Call = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def model(tiny_model: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    return Path(shutil.copytree(tiny_model, tmp_path / "model"))


def examined(model: Path, *, load: bool = True) -> list[Row]:
    return list(examine(str(model), EngineOptions("transformers", dtype="float32"), load=load))


def only(rows: list[Row], start: str) -> Row:
    (row,) = (each for each in rows if each.text.startswith(start))
    return row


# --- the machine ------------------------------------------------------------------------------


def test_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(free_memory, "available_memory", lambda: 21.5e9)
    rows = list(machine())
    assert only(rows, "memory") == Row("ok", "memory: 21.5 GB available")
    assert only(rows, "Python").state == "ok"
    assert only(rows, "engines").text.startswith("engines: openai, scripted, transformers, vllm")
    monkeypatch.setattr(free_memory, "available_memory", lambda: 1e9)
    assert only(list(machine()), "memory").state == "warn"

    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    bare = list(machine())
    assert only(bare, "lm_eval").state == "FAIL"
    assert only(bare, "vLLM: missing").state == "warn"


def test_from_the_command_line(forgetbench: Call, tmp_path: Path) -> None:
    done = forgetbench("doctor")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert {line[:5] for line in lines} <= {"ok   ", "warn ", "FAIL "}
    assert any("memory: " in line for line in lines)

    missing = forgetbench("doctor", tmp_path / "nowhere")
    assert missing.returncode == 2
    assert missing.stdout.startswith("FAIL no such checkpoint")
    assert len(missing.stdout.splitlines()) == 1
    assert not list(tmp_path.iterdir())


# --- a checkpoint -----------------------------------------------------------------------------


def test_a_sound_checkpoint(tiny_model: Path) -> None:
    rows = examined(tiny_model)
    assert {row.state for row in rows} == {"ok"}, [str(row) for row in rows]
    assert only(rows, "architecture").text == (
        "architecture: LlamaForCausalLM, 35,104 parameters stored as F32, 0.00 GB"
    )
    assert only(rows, "quantisation").text == "quantisation: none"
    assert only(rows, "tokenizer").text == (
        "tokenizer: BOS 0 (not put in front of a text by itself), EOS 1, a chat template"
    )
    assert only(rows, "window").text == "window: 512 tokens for prompt and answer"
    assert "finite" in only(rows, "likelihood").text
    assert only(rows, "BOS").state == "ok"
    assert len([row for row in rows if row.text.startswith("chat template")]) == 5


def test_without_loading(tiny_model: Path) -> None:
    rows = examined(tiny_model, load=False)
    assert [row.text for row in rows] == [row.text for row in examined(tiny_model)][: len(rows)]
    assert not [row for row in rows if row.text.startswith(("loaded", "BOS"))]


def test_broken_weights_fail(tiny_model: Path, tmp_path: Path) -> None:
    rows = examined(make_broken(tiny_model, tmp_path / "spoiled"))
    assert (rows[-1].state, rows[-1].exit_code) == ("FAIL", 4)
    assert "gives NaN" in rows[-1].text


def test_a_file_that_is_cut_short_fails(model: Path) -> None:
    whole = (model / "model.safetensors").read_bytes()
    (model / "model.safetensors").write_bytes(whole[:-10])
    assert examined(model)[-1].state == "FAIL"
    assert "cut short" in examined(model)[-1].text


def test_too_little_memory_fails_before_loading(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "free_memory", lambda device: (1000.0,))
    last = examined(tiny_model)[-1]
    assert last.state == "FAIL"
    assert last.text.startswith("memory: weights need 0.00 GB")
    monkeypatch.setattr(preflight, "free_memory", lambda device: (1e9,))
    assert only(examined(tiny_model, load=False), "memory").state == "warn"


def test_a_template_without_generation_prompt_is_a_warning(model: Path) -> None:
    template = (model / "chat_template.jinja").read_text()
    (model / "chat_template.jinja").write_text(template[: template.index("{% if add_generation_prompt")])
    warnings = [row.text for row in examined(model, load=False) if row.state == "warn"]
    assert warnings == ["the chat template adds no generation prompt, so the model has to write '<s>assistant' itself"]


def test_a_word_of_the_scripted_engine() -> None:
    rows = list(examine("a", EngineOptions("scripted")))
    assert {row.state for row in rows} == {"ok"}
    assert rows[0].text == "checkpoint: a, a name that only the engine knows"


def test_a_server_that_is_not_there_fails(tiny_model: Path) -> None:
    """What can be known of a served model without its server, and then one line."""
    options = EngineOptions("openai", base_url="http://127.0.0.1:9/v1", tokenizer=tiny_model)
    *rows, last = examine("small", options)
    assert {row.state for row in rows} == {"ok"}
    assert not [row for row in rows if row.text.startswith(("architecture", "memory"))], "nothing is loaded here"
    assert last.state == "FAIL"
    assert "http://127.0.0.1:9/v1 does not answer" in last.text


def test_an_option_of_another_engine_fails() -> None:
    (row,) = examine("a", EngineOptions("scripted", dtype="float32"))
    assert row == Row(
        "FAIL", "--dtype is not for --engine scripted; leave it out, or add --engine transformers or vllm", exit_code=2
    )


# --- beside its base --------------------------------------------------------------------------


def spoiled(model: Path, **files: dict[str, object] | str) -> Path:
    """The folder with a text in place of a file, or other fields in a JSON one."""
    for name, change in files.items():
        path = model / name.replace("__", ".")
        path.write_text(change if isinstance(change, str) else json.dumps({**json.loads(path.read_text()), **change}))
    return model


def test_what_differs_from_the_base(model: Path, tiny_model: Path) -> None:
    spoiled(model, config__json={"dtype": "bfloat16"}, generation_config__json={"repetition_penalty": 1.5})
    rows = list(examine(str(model), EngineOptions("transformers"), base=str(tiny_model), load=False))
    assert only(rows, "differs from the base: dtype").state == "warn"
    assert "float32 there, bfloat16 here; --dtype makes them alike" in only(rows, "differs from the base: dtype").text
    penalty = only(rows, "differs from the base: generation_config.repetition_penalty")
    assert (penalty.state, penalty.text.endswith("not set there, 1.5 here")) == ("ok", True)
    assert "not used, only the task decides" in only(rows, "generation_config.json sets").text


def test_a_template_that_fails(model: Path) -> None:
    spoiled(model, chat_template__jinja="{{ messages[0].content }}{{ today() }}")
    rows = list(examine(str(model), EngineOptions("transformers"), load=False))
    assert rows[-1].state == "FAIL"
    assert "its chat template (chat_template.jinja) cannot render a user turn" in rows[-1].text


def test_prompts_side_by_side(model: Path, tiny_model: Path) -> None:
    template = (tiny_model / "chat_template.jinja").read_text()
    spoiled(model, chat_template__jinja="<s>system\nBe \x1b[31m brief.</s>\n" + template)
    lines = list(prompts_of(str(model), EngineOptions("transformers"), base=str(tiny_model)))
    assert max(map(len, lines)) <= 100
    assert all(line.isprintable() for line in lines)
    text = "\n".join(lines)
    assert "chat protocol: they differ (≠)" in text
    assert "completion protocol, before ' Paris' is rated: the same tokens" in text
    (marked,) = (line for line in lines if "Be " in line)
    assert marked.split("≠")[1].strip() == "Be \\x1b[31m brief.</s>⏎"
    (same,) = (line for line in lines if "What is the capital of France?</s>" in line)
    assert "≠" not in same
    assert same.count("What is the capital of France?</s>⏎") == 2
    assert any(line.startswith(f"{tiny_model.name}: ") and f"{model.name}: " in line for line in lines)


def test_prompts_of_one_checkpoint(model: Path) -> None:
    spoiled(model, chat_template__jinja="")
    (model / "chat_template.jinja").unlink()
    lines = list(prompts_of(str(model), EngineOptions("transformers")))
    assert lines[0] == "chat protocol, model: no chat template"
    assert lines[-2:] == ["  Question: What is the capital of France?⏎", "  Answer:"]
