"""What is hashed is what is loaded: one list of files, inside the folder."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from tiny_models import make_adapter, make_tiny_model

from forgetbench.engines.base import EngineOptions
from forgetbench.engines.transformers import TransformersEngine
from forgetbench.errors import CheckpointError
from forgetbench.fingerprint import make_request
from forgetbench.models.checkpoints import Consent, resolve, split_argument
from forgetbench.models.weights import stray_files, tensor_slice, weight_files


@pytest.fixture
def model(tiny_model: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    return Path(shutil.copytree(tiny_model, tmp_path / "model"))


def make_shards(model: Path, count: int = 2) -> dict[str, str]:
    """Divide model.safetensors into shards with an index; the index's map."""
    from safetensors.torch import load_file, save_file

    tensors = load_file(model / "model.safetensors")
    (model / "model.safetensors").unlink()
    weight_map = {}
    for shard in range(count):
        name = f"model-{shard + 1:05}-of-{count:05}.safetensors"
        part = {key: tensors[key] for key in sorted(tensors)[shard::count]}
        save_file(part, model / name, {"format": "pt"})
        weight_map |= dict.fromkeys(part, name)
    write_index(model, weight_map)
    return weight_map


def write_index(model: Path, weight_map: dict[str, str]) -> None:
    (model / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))


def make_pickle(model: Path) -> None:
    import torch
    from safetensors.torch import load_file

    torch.save(load_file(model / "model.safetensors"), model / "pytorch_model.bin")
    (model / "model.safetensors").unlink()


def make_dummy(path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    save_file({"x": torch.zeros(1)}, path)


def loglikelihood(model: Path, options: EngineOptions = EngineOptions("transformers", dtype="float32")) -> float:
    engine = TransformersEngine(options)
    checkpoint = TransformersEngine.resolve(str(model), options)
    engine.load([checkpoint])
    (response,) = engine.score([make_request(checkpoint.fingerprint, engine.settings, (5, 6), ((7, 8, 9),))])
    engine.close()
    return response.continuations[0].loglikelihood


# --- which files ------------------------------------------------------------------------------


def test_precedence_is_transformers(model: Path) -> None:
    whole = weight_files(model)
    for name in ("pytorch_model.bin", "pytorch_model.fp16.bin", "model.fp16.safetensors", "other.safetensors"):
        shutil.copy(model / "model.safetensors", model / name)
    write_index(model, {"x": "other.safetensors"})
    assert weight_files(model) == whole == [model / "model.safetensors"]


def test_a_pickle_needs_consent_whatever_lies_beside_it(model: Path) -> None:
    make_pickle(model)
    make_dummy(model / "dummy.safetensors")
    with pytest.raises(CheckpointError, match=r"as pickles only \(pytorch_model\.bin\).*--allow-pickle"):
        resolve(str(model))
    before = resolve(str(model), consent=Consent(pickle=True)).fingerprint
    (model / "pytorch_model.bin").write_bytes(b"other weights")
    assert resolve(str(model), consent=Consent(pickle=True)).fingerprint != before


@pytest.mark.parametrize("place", ["../other/model.safetensors", "/etc/passwd", "sub/model.safetensors", "..", "w.bin"])
def test_an_index_names_files_of_its_folder(model: Path, tmp_path: Path, place: str) -> None:
    make_tiny_model(tmp_path / "other", seed=5)
    weight_map = make_shards(model)
    write_index(model, dict.fromkeys(weight_map, place))
    with pytest.raises(CheckpointError, match=r"index\.json: names .*no \.safetensors file of this folder"):
        resolve(str(model))


def test_shards_that_are_not_there(model: Path) -> None:
    make_shards(model, 3)
    (model / "model-00002-of-00003.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"lacks 1 of the 3 shards .*model-00002-of-00003.*copy or download"):
        resolve(str(model))


@pytest.mark.parametrize("content", ["{}", '{"weight_map": []}', '{"weight_map": {"a": 1}}', "[]", "{"])
def test_an_index_that_is_none(model: Path, content: str) -> None:
    make_shards(model)
    (model / "model.safetensors.index.json").write_text(content)
    with pytest.raises(CheckpointError, match=r"model\.safetensors\.index\.json"):
        resolve(str(model))


def test_a_tensor_in_two_shards(model: Path) -> None:
    make_shards(model)
    shutil.copy(model / "model-00001-of-00002.safetensors", model / "model-00002-of-00002.safetensors")
    with pytest.raises(CheckpointError, match="which another shard of its index holds too"):
        resolve(str(model))


def test_every_shard_is_hashed(model: Path, tiny_model: Path) -> None:
    make_shards(model)
    before = resolve(str(model)).fingerprint
    with (model / "model-00002-of-00002.safetensors").open("r+b") as stream:
        stream.seek(-1, os.SEEK_END)
        stream.write(b"\x01")
    assert resolve(str(model)).fingerprint != before


def test_the_hub_s_cache_is_made_of_links(model: Path, tmp_path: Path) -> None:
    blobs, snapshot = tmp_path / "blobs", tmp_path / "snapshots" / "main"
    blobs.mkdir()
    snapshot.mkdir(parents=True)
    for number, path in enumerate(model.iterdir()):
        shutil.copy(path, blobs / str(number))
        (snapshot / path.name).symlink_to(Path("../../blobs") / str(number))
    assert resolve(str(snapshot)).fingerprint == resolve(str(model)).fingerprint
    assert not stray_files(snapshot)
    assert loglikelihood(snapshot) == loglikelihood(model)


def test_a_pipe_is_no_file(model: Path) -> None:
    (model / "model.safetensors").unlink()
    os.mkfifo(model / "model.safetensors")
    with pytest.raises(CheckpointError, match="holds no weights"):
        resolve(str(model))


@pytest.mark.parametrize(
    "header",
    [
        b"[]", b"7", b'{"a": 1}', b'{"a": {}}', b'{"a": {"dtype": 1, "shape": [1], "data_offsets": [0, 4]}}',
        b'{"a": {"dtype": "F32", "shape": ["x"], "data_offsets": [0, 4]}}', b"[" * 100_000,
        b'{"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 0]}}',
    ],
)  # fmt: skip
def test_a_header_that_is_none(model: Path, header: bytes) -> None:
    (model / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + b"\0" * 8)
    with pytest.raises(CheckpointError, match="not a safetensors file"):
        resolve(str(model))


def test_a_pointer_of_git_lfs(model: Path) -> None:
    (model / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    with pytest.raises(CheckpointError, match="git lfs pull"):
        resolve(str(model))


def test_weights_that_config_json_names_itself(model: Path) -> None:
    config = json.loads((model / "config.json").read_text())
    (model / "config.json").write_text(json.dumps({**config, "transformers_weights": "other.safetensors"}))
    with pytest.raises(CheckpointError, match="transformers_weights"):
        resolve(str(model))


def test_code_of_its_own_is_hashed(model: Path) -> None:
    config = json.loads((model / "config.json").read_text())
    config["auto_map"] = {"AutoModelForCausalLM": "modeling_x.X"}
    (model / "config.json").write_text(json.dumps(config))
    (model / "modeling_x.py").write_text("X = 1\n")
    before = resolve(str(model), consent=Consent(remote_code=True)).fingerprint
    (model / "modeling_x.py").write_text("X = 2\n")
    assert resolve(str(model), consent=Consent(remote_code=True)).fingerprint != before


def test_a_part_of_a_tensor(model: Path) -> None:
    make_shards(model)
    assert tensor_slice(weight_files(model), "lm_head.weight")[3:5].shape == (2, 32)


# --- what lies beside them --------------------------------------------------------------------


def test_a_library_finds_what_was_hashed_and_nothing_else(model: Path, tmp_path: Path) -> None:
    expected = loglikelihood(model)
    other = make_tiny_model(tmp_path / "other", seed=5)
    for name in ("consolidated.safetensors", "another.safetensors"):
        shutil.copy(other / "model.safetensors", model / name)
    make_adapter(other, tmp_path / "adapter")
    shutil.copy(tmp_path / "adapter" / "adapter_config.json", model)
    assert [path.name for path in stray_files(model)] == [
        "adapter_config.json", "another.safetensors", "consolidated.safetensors",
    ]  # fmt: skip
    engine = TransformersEngine(EngineOptions("transformers", dtype="float32"))
    view = engine._weights_alone(model)
    assert view != model
    assert {path.name for path in view.iterdir() if path.suffix == ".safetensors"} == {"model.safetensors"}
    assert not (view / "adapter_config.json").exists()
    assert loglikelihood(model) == expected


def test_a_folder_with_nothing_else_is_given_as_it_is(model: Path) -> None:
    for name in ("optimizer.pt", "training_args.bin", "rng_state.pth"):
        (model / name).write_bytes(b"anything")
    assert TransformersEngine()._weights_alone(model) == model


def test_full_weights_with_a_left_over_adapter_config(model: Path, tmp_path: Path) -> None:
    make_adapter(model, tmp_path / "adapter", declared="some/model")
    shutil.copy(tmp_path / "adapter" / "adapter_config.json", model)
    checkpoint = resolve(str(model))
    assert checkpoint.adapter_base is None
    assert checkpoint.weights == model
    shutil.copy(tmp_path / "adapter" / "adapter_model.safetensors", model)
    with pytest.raises(CheckpointError, match=r"full weights \(model\.safetensors\) and an adapter"):
        resolve(str(model))


LEFTOVERS = {
    "zero_to_fp32.py": "DeepSpeed ZeRO.*python zero_to_fp32",
    "global_step8/zero_pp_rank_0_mp_rank_00_optim_states.pt": "DeepSpeed ZeRO",
    "pytorch_model_fsdp_0/__0_0.distcp": "FSDP.*accelerate merge-weights",
    "__0_0.distcp": "FSDP.*accelerate merge-weights",
    "pytorch_model_fsdp.bin": "FSDP's full state dict",
    "iter_0000100/mp_rank_00/model_optim_rng.pt": "Megatron",
    "model-00001-of-00002.safetensors": r"no model\.safetensors\.index\.json",
    "consolidated.00.pth": "publisher's own format",
    "adapter_model.safetensors": "without its adapter_config.json",
    "weights.safetensors": "no loader reads weights.safetensors",
    "model.safetensors.incomplete": "download of model.safetensors.incomplete broke off",
    "epoch=1.ckpt": "pickle of its own kind",
    "tf_model.h5": "TensorFlow",
    "optimizer.pt": "only what a trainer needs to go on.*optimizer.pt",
    "state.bin": "no loader reads state.bin",
    "final/model.safetensors": "copy model.safetensors there",
}


@pytest.mark.parametrize("name", LEFTOVERS)
@pytest.mark.parametrize("configured", [True, False])
def test_a_folder_without_weights_names_the_way_out(model: Path, name: str, configured: bool) -> None:
    (model / "model.safetensors").unlink()
    if not configured:
        (model / "config.json").unlink()
    (model / name).parent.mkdir(exist_ok=True, parents=True)
    (model / name).write_bytes(b"anything")
    with pytest.raises(CheckpointError, match=LEFTOVERS[name]):
        resolve(str(model))


@pytest.mark.parametrize("inner", ["final", "checkpoint-12"])
def test_the_model_is_one_folder_further(model: Path, inner: str) -> None:
    shutil.copytree(model, model / inner)
    (model / "model.safetensors").unlink()
    (model / "optimizer.pt").write_bytes(b"anything")
    with pytest.raises(CheckpointError, match=f"{inner}.*give"):
        resolve(str(model))


# --- names ------------------------------------------------------------------------------------


def test_a_folder_that_exists_wins_over_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lr=1e-4" / "checkpoint-2").mkdir(parents=True)
    (tmp_path / "a@b").mkdir()
    assert split_argument("lr=1e-4") == (None, "lr=1e-4", None)
    assert split_argument("./lr=1e-4") == (None, "./lr=1e-4", None)
    assert split_argument("lr=1e-4/checkpoint-2") == (None, "lr=1e-4/checkpoint-2", None)
    assert split_argument("sft=lr=1e-4") == ("sft", "lr=1e-4", None)
    assert split_argument("sft=a@b") == ("sft", "a@b", None)
    assert split_argument("lr=1e-5") == ("lr", "1e-5", None)
    (tmp_path / "lr=1e-4" / "config.json").write_text('{"model_type": "llama"}')
    with pytest.raises(CheckpointError, match=r"lr=1e-4 holds no weights that an engine loads; copy"):
        resolve("lr=1e-4")
