"""What the user names becomes a checkpoint, or one clear line that says why not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from tiny_models import make_adapter, make_tiny_model

from forgetbench.errors import CheckpointError
from forgetbench.models import checkpoints
from forgetbench.models.checkpoints import Consent, resolve, split_argument
from forgetbench.models.weights import quantisation, stored_tensors, weight_files


@pytest.fixture
def model(tiny_model: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    return Path(shutil.copytree(tiny_model, tmp_path / "model"))


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
    with pytest.raises(CheckpointError, match="neither a local folder nor in the hub's local cache") as refused:
        resolve("no-such-org/no-such-model")
    assert "Error" not in str(refused.value)


def test_a_folder_has_no_revision(model: Path) -> None:
    with pytest.raises(CheckpointError, match="is a folder, which has no revision; leave out '@v2'"):
        resolve(f"tuned={model}@v2")
    at = model.rename(f"{model}@v2")
    assert resolve(str(at)).path == at


def test_a_revision_of_the_hub_is_written_down(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of an adapter, and an adapter's declared base is the given one at a revision."""
    places = {"org/model": model, "org/adapter": make_adapter(model, tmp_path / "adapter")}
    asked = []

    def download(hub_id: str, revision: str | None) -> Path:
        asked.append((hub_id, revision))
        return places[hub_id]

    monkeypatch.setattr(checkpoints, "_download", download)
    config = places["org/adapter"] / "adapter_config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "base_model_name_or_path": "org/model"}))
    base = resolve("org/model@v1")
    assert base.where == "org/model@v1"
    assert resolve("org/adapter@v2", base=base).where == "org/adapter@v2"
    assert asked == [("org/model", "v1"), ("org/adapter", "v2")]


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
    with pytest.raises(CheckpointError, match="for a model of another size"):
        resolve(str(adapter), base=resolve(str(model)))


# --- GGUF, quantised weights, and what the weights' headers say --------------------------------


def test_a_gguf_file_is_refused_with_the_way_out(tmp_path: Path) -> None:
    file = tmp_path / "model.Q4_0.gguf"
    file.write_bytes(b"GGUF")
    for where in (file, tmp_path):
        with pytest.raises(CheckpointError, match=r"is a GGUF file.*gguf_file='model\.Q4_0\.gguf'.*dequantize=True"):
            resolve(str(where))


def test_gguf_beside_a_config_is_refused_too(model: Path) -> None:
    (model / "model.safetensors").rename(model / "model.gguf")
    with pytest.raises(CheckpointError, match="is a GGUF file"):
        resolve(str(model))


def test_gguf_beside_safetensors_does_no_harm(model: Path) -> None:
    before = resolve(str(model)).fingerprint
    (model / "model.gguf").write_bytes(b"GGUF")
    assert resolve(str(model)).fingerprint == before


@pytest.mark.parametrize(
    ("config", "method"),
    [
        ({}, None),
        ({"quantization_config": None}, None),
        ({"quantization_config": {"quant_method": "AWQ", "bits": 4}}, "awq"),
        ({"quantization_config": {"quant_method": "compressed_tensors"}}, "compressed-tensors"),
        ({"compression_config": {"quant_method": "compressed-tensors"}}, "compressed-tensors"),
        ({"text_config": {"quantization_config": {"quant_method": "fp8"}}}, "fp8"),
        ({"quantization_config": {"load_in_4bit": True}}, "bitsandbytes"),
        ({"quantization_config": {"quantization": {"quant_algo": "FP8"}}}, "modelopt"),
        ({"quantization_config": {"bits": 4}}, "a method that config.json does not name"),
    ],
)
def test_how_the_weights_are_quantised(tmp_path: Path, config: dict[str, object], method: str | None) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert quantisation(tmp_path) == method


def test_the_sidecar_of_a_quantised_checkpoint(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "hf_quant_config.json").write_text("{}")
    assert quantisation(tmp_path) == "modelopt"


def test_the_header_tells_every_tensor(tiny_model: Path) -> None:
    tensors = stored_tensors(weight_files(tiny_model))
    assert tensors["lm_head.weight"]["shape"] == [258, 32]
    assert {entry["dtype"] for entry in tensors.values()} == {"F32"}


def test_weights_that_are_there_twice_count_once(model: Path) -> None:
    shutil.copy(model / "model.safetensors", model / "consolidated.safetensors")
    expected = stored_tensors(weight_files(model))
    (model / "model.safetensors").rename(model / "model-00001-of-00001.safetensors")
    index = {"weight_map": dict.fromkeys(expected, "model-00001-of-00001.safetensors")}
    (model / "model.safetensors.index.json").write_text(json.dumps(index))
    assert stored_tensors(weight_files(model)) == expected


def test_a_download_that_broke_off(model: Path) -> None:
    whole = (model / "model.safetensors").read_bytes()
    (model / "model.safetensors").write_bytes(whole[:-1])
    with pytest.raises(CheckpointError, match=rf"cut short, {len(whole) - 1:,} bytes of the {len(whole):,}"):
        stored_tensors(weight_files(model))


@pytest.mark.parametrize("shape", [[2**64, 2], [10**400], [2**40, 2**40], [0, 2**64], [True], [2.0], [-1], "2"])
def test_a_shape_that_the_file_cannot_hold_is_no_tensor(tmp_path: Path, shape: object) -> None:
    header = json.dumps({"a": {"dtype": "F32", "shape": shape, "data_offsets": [0, 8]}}).encode()
    path = tmp_path / "model.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(8))
    with pytest.raises(CheckpointError, match="not a safetensors file"):
        stored_tensors([path])
