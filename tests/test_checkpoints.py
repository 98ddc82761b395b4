"""What the user names becomes a checkpoint, or one clear line that says why not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from conftest import make_tiny_model

from forgetbench.checkpoints import Consent, resolve, scripted_checkpoint, split_argument
from forgetbench.errors import CheckpointError


@pytest.fixture
def model(tiny_model: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    return Path(shutil.copytree(tiny_model, tmp_path / "model"))


def make_adapter(base: Path, folder: Path, declared: str | None = None, seed: int = 1) -> Path:
    import peft
    import torch
    import transformers

    torch.manual_seed(seed)
    network = transformers.AutoModelForCausalLM.from_pretrained(base)
    adapted = peft.get_peft_model(network, peft.LoraConfig(r=4, target_modules=["q_proj"], init_lora_weights=False))
    adapted.save_pretrained(folder)
    config = json.loads((folder / "adapter_config.json").read_text())
    config["base_model_name_or_path"] = declared if declared is not None else str(base)
    (folder / "adapter_config.json").write_text(json.dumps(config))
    return folder


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("org/model", (None, "org/model", None)),
        ("base=org/model@main", ("base", "org/model", "main")),
        ("./folder=odd/model", (None, "./folder=odd/model", None)),
        ("tuned=./out", ("tuned", "./out", None)),
    ],
)
def test_splitting_an_argument(text: str, expected: tuple[str | None, str, str | None]) -> None:
    assert split_argument(text) == expected


@pytest.mark.parametrize("text", ["", "=folder", "name="])
def test_half_an_argument_is_refused(text: str) -> None:
    with pytest.raises(CheckpointError, match=r"expected \[NAME=\]WHERE"):
        split_argument(text)


def test_the_same_word_is_the_same_scripted_checkpoint() -> None:
    assert scripted_checkpoint("x=a").fingerprint == scripted_checkpoint("a").fingerprint
    assert scripted_checkpoint("a").fingerprint != scripted_checkpoint("b").fingerprint


def test_same_content_same_fingerprint_wherever_it_lies(model: Path, tiny_model: Path) -> None:
    assert resolve(f"copy={model}").fingerprint == resolve(str(tiny_model)).fingerprint


@pytest.mark.parametrize("name", ["config.json", "chat_template.jinja", "tokenizer.json", "model.safetensors"])
def test_every_part_that_decides_answers_counts(model: Path, name: str) -> None:
    before = resolve(str(model)).fingerprint
    path = model / name
    if name.endswith(".safetensors"):
        path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    elif name == "config.json":
        path.write_text(json.dumps({**json.loads(path.read_text()), "rms_norm_eps": 0.1}))
    else:
        path.write_text(path.read_text() + " ")
    assert resolve(str(model)).fingerprint != before


def test_logs_and_optimizer_states_do_not_count(model: Path) -> None:
    before = resolve(str(model)).fingerprint
    for name in ("optimizer.pt", "training_args.bin", "trainer_log.jsonl"):
        (model / name).write_bytes(b"anything")
    (model / "trainer_state.json").write_text(json.dumps({"global_step": 7}))
    checkpoint = resolve(str(model))
    assert checkpoint.fingerprint == before
    assert checkpoint.step == 7


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no such checkpoint"):
        resolve(str(tmp_path / "nowhere"))


def test_a_hub_id_that_cannot_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(CheckpointError, match="neither a local folder nor a model that the hub"):
        resolve("no-such-org/no-such-model")


def test_a_file_is_not_a_folder(model: Path) -> None:
    with pytest.raises(CheckpointError, match="is a file; give the folder"):
        resolve(str(model / "config.json"))


def test_a_folder_without_config(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"has no config\.json"):
        resolve(str(tmp_path))


def test_a_trainer_folder_names_its_checkpoints(model: Path, tmp_path: Path) -> None:
    model.rename(tmp_path / "checkpoint-10")
    with pytest.raises(CheckpointError, match="checkpoint-10"):
        resolve(str(tmp_path))


def test_pickles_need_consent(model: Path) -> None:
    (model / "model.safetensors").rename(model / "pytorch_model.bin")
    with pytest.raises(CheckpointError, match="--allow-pickle"):
        resolve(str(model))
    assert resolve(str(model), consent=Consent(pickle=True)).path == model


def test_remote_code_needs_consent(model: Path) -> None:
    config = json.loads((model / "config.json").read_text())
    config |= {"auto_map": {"AutoModelForCausalLM": "modeling_x.X"}, "model_type": "something_of_its_own"}
    (model / "config.json").write_text(json.dumps(config))
    with pytest.raises(CheckpointError, match="--trust-remote-code"):
        resolve(str(model))
    assert resolve(str(model), consent=Consent(remote_code=True)).path == model


def test_weights_are_missing(model: Path) -> None:
    (model / "model.safetensors").unlink()
    with pytest.raises(CheckpointError, match="holds no weights"):
        resolve(str(model))


def test_broken_json_is_named(model: Path) -> None:
    (model / "config.json").write_text("{")
    with pytest.raises(CheckpointError, match=r"config\.json: cannot be read as JSON"):
        resolve(str(model))


def test_an_adapter_sits_on_its_base(model: Path, tmp_path: Path) -> None:
    base = resolve(str(model))
    adapter = resolve(str(make_adapter(model, tmp_path / "adapter")), base=base)
    assert adapter.adapter_base == model
    assert adapter.weights == model
    assert adapter.fingerprint != base.fingerprint


def test_an_adapter_of_another_model_is_refused(model: Path, tmp_path: Path) -> None:
    other = make_tiny_model(tmp_path / "other", seed=3)
    adapter = make_adapter(other, tmp_path / "adapter")
    with pytest.raises(CheckpointError, match="was trained on"):
        resolve(str(adapter), base=resolve(str(model)))


def test_an_adapter_that_claims_the_base_but_has_another_size(model: Path, tmp_path: Path) -> None:
    larger = make_tiny_model(tmp_path / "larger", hidden_size=64)
    adapter = make_adapter(larger, tmp_path / "adapter", declared="somewhere/else/model")
    with pytest.raises(CheckpointError, match="hidden size 64"):
        resolve(str(adapter), base=resolve(str(model)))
