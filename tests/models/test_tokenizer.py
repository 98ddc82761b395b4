"""Tokenizers of checkpoints: what they add by themselves, an adapter's own, and none at all."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from tiny_models import CHAT_TEMPLATE

from forgetbench.errors import CheckpointError
from forgetbench.models.tokenizer import HFTokenizer, checkpoint_tokenizer, encode_pair, encode_pairs
from forgetbench.records import Checkpoint

TEXTS = ["", "a", "Where is it?", "<s>begun", "one more\n", "ends</s>"]


def with_processor(model: Path, folder: Path, front: tuple[str, ...], back: tuple[str, ...]) -> Path:
    """A copy whose tokenizer puts special tokens around every text."""
    shutil.copytree(model, folder)
    path = folder / "tokenizer.json"
    content = json.loads(path.read_text())
    ids = {"<s>": 0, "</s>": 1}

    def piece(token: str) -> dict[str, object]:
        return {"SpecialToken": {"id": token, "type_id": 0}}

    content["post_processor"] = {
        "type": "TemplateProcessing",
        "single": [*map(piece, front), {"Sequence": {"id": "A", "type_id": 0}}, *map(piece, back)],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {token: {"id": token, "ids": [ids[token]], "tokens": [token]} for token in {*front, *back}},
    }
    path.write_text(json.dumps(content))
    return folder


@pytest.mark.parametrize("front", [(), ("<s>",)], ids=["no BOS", "BOS"])
def test_what_is_appended_is_left_off(tiny_model: Path, tmp_path: Path, front: tuple[str, ...]) -> None:
    plain = HFTokenizer(with_processor(tiny_model, tmp_path / "plain", front, ()))
    appends = HFTokenizer(with_processor(tiny_model, tmp_path / "appends", front, ("</s>",)))
    assert (plain.appended, appends.appended) == ((), (1,))
    assert appends.hf.encode("a")[-1] == 1, "transformers' own call appends it"
    for text in TEXTS:
        for special in (True, False):
            assert appends.encode(text, special=special) == plain.encode(text, special=special)
    assert appends.encode_all(TEXTS) == plain.encode_all(TEXTS)
    pairs = [("Where?", " Here"), ("", "Here"), ("Where?  ", "There")]
    assert encode_pairs(appends, pairs) == encode_pairs(plain, pairs)
    assert encode_pair(appends, *pairs[0])[0] == (*((0,) if front else ()), *plain.encode("Where?", special=False))


def test_several_appended_tokens(tiny_model: Path, tmp_path: Path) -> None:
    tokenizer = HFTokenizer(with_processor(tiny_model, tmp_path / "both", ("<s>",), ("</s>", "</s>")))
    assert tokenizer.appended == (1, 1)
    assert tokenizer.encode("ab") == [0, *tokenizer.encode("ab", special=False)]


def test_a_folder_without_a_tokenizer(tiny_model: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_model, tmp_path / "bare"))
    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja"):
        (folder / name).unlink(missing_ok=True)
    with pytest.raises(
        CheckpointError, match=r"bare has no tokenizer; copy its base's tokenizer files .*tokenizer.json"
    ):
        HFTokenizer(folder)


# --- adapters ---------------------------------------------------------------------------------


def adapter(tiny_model: Path, folder: Path, *own: str) -> Checkpoint:
    """An adapter whose folder holds some of its base's files."""
    folder.mkdir()
    for name in own:
        shutil.copy(tiny_model / name, folder / name)
    return Checkpoint("tuned", "tuned", "f", folder, adapter_base=tiny_model)


def test_an_adapter_without_files_of_its_own_has_its_base_s(tiny_model: Path, tmp_path: Path) -> None:
    tokenizer = checkpoint_tokenizer(adapter(tiny_model, tmp_path / "bare"))
    assert tokenizer.chat_template == CHAT_TEMPLATE
    assert tokenizer.fingerprint == HFTokenizer(tiny_model).fingerprint


def test_an_adapter_s_own_tokenizer(tiny_model: Path, tmp_path: Path) -> None:
    base = Path(shutil.copytree(tiny_model, tmp_path / "base"))
    (base / "chat_template.jinja").unlink()
    own = adapter(base, tmp_path / "own", "tokenizer.json", "tokenizer_config.json")
    assert own.path is not None
    (own.path / "chat_template.jinja").write_text("own{{ messages[0].content }}")
    tokenizer = checkpoint_tokenizer(own)
    assert tokenizer.render([{"role": "user", "content": "x"}], add_generation_prompt=True) == "ownx"
    assert not HFTokenizer(base).has_chat_template


def test_an_adapter_s_own_template_alone(tiny_model: Path, tmp_path: Path) -> None:
    checkpoint = adapter(tiny_model, tmp_path / "own")
    assert checkpoint.path is not None
    (checkpoint.path / "chat_template.jinja").write_text("own{{ messages[0].content }}")
    tokenizer = checkpoint_tokenizer(checkpoint)
    assert tokenizer.chat_template == "own{{ messages[0].content }}"
    assert tokenizer.encode("abc") == HFTokenizer(tiny_model).encode("abc")
    assert tokenizer.fingerprint != HFTokenizer(tiny_model).fingerprint


def test_an_adapter_s_tokenizer_without_a_template_takes_its_base_s(tiny_model: Path, tmp_path: Path) -> None:
    tokenizer = checkpoint_tokenizer(adapter(tiny_model, tmp_path / "own", "tokenizer.json", "tokenizer_config.json"))
    assert tokenizer.chat_template == CHAT_TEMPLATE


def test_a_base_without_a_tokenizer_leaves_the_adapter_s(tiny_model: Path, tmp_path: Path) -> None:
    own = adapter(tiny_model, tmp_path / "own", "tokenizer.json", "tokenizer_config.json")
    assert own.path is not None
    bare = tmp_path / "bare"
    bare.mkdir()
    tokenizer = checkpoint_tokenizer(Checkpoint("tuned", "tuned", "f", own.path, adapter_base=bare))
    assert not tokenizer.has_chat_template
    assert tokenizer.encode("abc") == HFTokenizer(tiny_model).encode("abc")
